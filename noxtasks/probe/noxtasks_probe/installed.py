"""What is installed, read from the names of the folders that installers leave: a hundredth of reading the metadata."""

from __future__ import annotations

import json
import os
import re
import sys

_METADATA = re.compile(r"(?P<name>[^-]+)-(?P<version>[^-]+)(?:-py[\d.]+)?\.(?:dist|egg)-info")


def versions() -> dict[str, str]:
    """Version by normalised name. What was installed from a folder is left out: its version is that of its code."""
    found: dict[str, str] = {}
    for folder in sys.path:
        for entry in _listed(folder or os.curdir):
            match = _METADATA.fullmatch(entry)
            if match and not _is_of_a_folder(os.path.join(folder, entry)):
                found.setdefault(re.sub(r"[-_.]+", "-", match["name"]).lower(), match["version"])
    return dict(sorted(found.items()))


def _listed(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError:  # a zip file, or nothing
        return []


def _is_of_a_folder(metadata: str) -> bool:
    """Whether it was installed from a folder (PEP 610)."""
    try:
        with open(os.path.join(metadata, "direct_url.json"), encoding="utf-8") as file:
            return "dir_info" in json.load(file)
    except (OSError, ValueError, TypeError):
        return False
