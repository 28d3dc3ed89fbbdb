"""The files of a project that need no parser to be set up: their text as it is in, the text as it should be out."""

from __future__ import annotations

IGNORED = ".gitignore"

_IGNORED_FOLDERS = (".noxtasks/", "reports/")


def ignored(present: str | None) -> str | None:
    """`.gitignore` with the folders that noxtasks writes; None where there is no such file."""
    if present is None:
        return None
    missing = [folder for folder in _IGNORED_FOLDERS if folder.strip("/") not in present.replace("/", "").split()]
    if not missing:
        return present
    newline = "\r\n" if "\r\n" in present else "\n"
    gap = "" if not present or present.endswith("\n") else newline
    return present + gap + "".join(f"{folder}{newline}" for folder in missing)
