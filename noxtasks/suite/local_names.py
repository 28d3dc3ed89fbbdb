"""Which top-level names the user's own tree would offer to `import`, if the right folder were on the path."""

from __future__ import annotations

import os
from pathlib import Path

_DEPTH = 5  # folders below the root
_LIMIT = 20_000  # files looked at
_NOT_SOURCE = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist", "venv", "env"})


def local_names(root: Path) -> dict[str, tuple[str, ...]]:
    """Top-level name to where it lies under `root`: "src/shop/__init__.py", "tests/wares.py", "tests/" (no `__init__`).

    Hidden folders, virtual environments and build output are left out.
    """
    found: dict[str, list[str]] = {}
    looked_at = 0
    for folder, folders, files in os.walk(root):
        here = Path(folder).relative_to(root)
        folders[:] = sorted(name for name in folders if _is_source(Path(folder, name)))
        if len(here.parts) >= _DEPTH:
            folders.clear()
        looked_at += len(files)
        if looked_at > _LIMIT:
            break
        _add(found, here, files)
    return {name: tuple(paths) for name, paths in sorted(found.items())}


def _add(found: dict[str, list[str]], here: Path, files: list[str]) -> None:
    modules = sorted(name for name in files if name.endswith(".py"))
    if modules and here.name.isidentifier():
        kept = "__init__.py" if "__init__.py" in modules else ""
        found.setdefault(here.name, []).append(f"{here.as_posix()}/{kept}")
    for name in modules:
        if name != "__init__.py":
            found.setdefault(name.removesuffix(".py"), []).append((here / name).as_posix())


def _is_source(folder: Path) -> bool:
    return not folder.name.startswith(".") and folder.name not in _NOT_SOURCE and not (folder / "pyvenv.cfg").is_file()
