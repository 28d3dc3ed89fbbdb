"""A copy of an environment, in which what was installed from the one tree of the repository comes from another.

Both sides have to have the same packages: plugins that nothing asks for cost time too. What is installed from the new
tree, editable or not, has to be gone from the copy, however it is known there (a distribution, a line of a `.pth` file,
a link): or the old side would run the new code, and nothing would ever be slower.
"""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import sys
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

import msgspec

from noxtasks.errors import ConfigurationError, NotMeasuredError
from noxtasks.suite import install, process

_TIMEOUT_S = 900.0
_PLACE = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
_ASKED = """
import json, site, sys
found = [path for path in site.getsitepackages() if path.endswith("-packages")]
if site.ENABLE_USER_SITE:
    found.insert(0, site.getusersitepackages())
own = [path for path in found if path.startswith(sys.prefix)] if sys.prefix != sys.base_prefix else found
print(json.dumps({"version": sys.version_info[:2], "prefix": sys.prefix, "packages": own, "sees_more": own != found}))
"""
_END_OF_NAME = r"""(?=[/\\\s'"]|$)"""
_KEPT = "kept.txt"
_HEAD = 1024  # bytes of a script that may name its interpreter


class Environment(msgspec.Struct, frozen=True, kw_only=True):
    """What an interpreter says of itself."""

    version: tuple[int, int]
    prefix: Path
    packages: tuple[Path, ...]  # where they are installed; what the first has hides what others have
    sees_more: bool  # the packages of the interpreter that it was made with


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """A distribution that was installed from a folder of the repository."""

    place: Path  # of its source, from the repository's top
    is_editable: bool


def interpreter(folder: Path) -> Path:
    """That of the environment which is made in `folder`."""
    return folder.joinpath(*_PLACE)


def describe(python: Path) -> Environment:
    """The environment of `python`."""
    asked = process.run([str(python), "-c", _ASKED], cwd=python.parent, timeout_s=_TIMEOUT_S)
    if asked.returncode:
        raise NotMeasuredError(f"{python} does not start", remedy=f"It said:\n{asked.stderr[-2000:]}")
    return msgspec.json.decode(asked.stdout, type=Environment, dec_hook=lambda kind, value: kind(value))


def others(environment: Environment, top: Path) -> list[str]:
    """The names and versions of what is installed there, and not from the repository at `top`."""
    found = (path for folder in environment.packages for path in folder.glob("*.dist-info"))
    return sorted(path.name for path in found if _origin(path, top) is None)


def copied(python: Path, to: Path, *, top: Path, tree: Path, inside: Path, install_setting: tuple[str, ...]) -> Path:
    """Make an environment in `to` with what that of `python` has, and the project in `tree`; its interpreter.

    What comes from the repository at `top` is installed from the same folder of `tree` instead. What the project
    `inside` says that its tests need is asked for only where `install_setting` says it, or where the project itself is
    not installed: what is there has served already, and other versions of it would be compared with the code. Raises
    `NotMeasuredError` where that fails.
    """
    described = describe(python)
    made = _made(python, to, described)
    packages = describe(made).packages[0]
    for folder in reversed(described.packages):
        if folder.is_dir():
            shutil.copytree(folder, packages, dirs_exist_ok=True, symlinks=True)
    _copy_scripts(python.parent, made.parent)
    from_here = forget(packages, top)
    point(packages, top, tree, kept=described.prefix)
    pip = _pip(made)
    commands = _from(tree, from_here)
    if install_setting or not any(each.place == inside for each in from_here):
        commands += _said(tree / inside, install_setting, described.version)
    kept = to / _KEPT
    kept.write_text("".join(f"{line}\n" for line in versions(packages)), "utf-8")
    for command in commands:
        _install(pip, command, tree / inside, kept)
    return made


def _made(python: Path, to: Path, described: Environment) -> Path:
    """An empty environment; without pip, which Debian's Python cannot put there, and which few need."""
    more = ["--system-site-packages"] if described.sees_more else []
    done = process.run(
        [str(python), "-m", "venv", "--without-pip", *more, str(to)], cwd=python.parent, timeout_s=_TIMEOUT_S
    )
    if done.returncode:  # nox brings virtualenv along, which needs nothing of the interpreter
        virtualenv = [sys.executable, "-I", "-m", "virtualenv", "--quiet", "--no-seed", "--python", str(python), *more]
        _run([*virtualenv, str(to)], python.parent, what="an environment")
    return interpreter(to)


def _pip(python: Path) -> list[str]:
    """What installs into the environment of `python`: its own pip; uv, which needs none there; ours; a new one."""
    own = [str(python), "-I", "-m", "pip"]
    if _works([*own, "--version"]):
        return [*own, "install", "--quiet"]
    if (uv := shutil.which("uv")) is not None:
        return [uv, "pip", "install", "--quiet", "--python", str(python)]
    outer = [sys.executable, "-I", "-m", "pip", "--python", str(python)]
    if _works([*outer, "--version"]):
        return [*outer, "install", "--quiet"]
    if _works([str(python), "-I", "-m", "ensurepip", "--default-pip"]):
        return [*own, "install", "--quiet"]
    raise NotMeasuredError(
        "there is nothing to install the code with",
        where=str(python),
        remedy="Install pip in the environment, or uv on the PATH.",
    )


def _said(project: Path, install_setting: tuple[str, ...], version: tuple[int, int]) -> tuple[tuple[str, ...], ...]:
    """What pip is told; nothing where the code says nothing, since what the working tree needs is there."""
    try:
        return install.plan(project, install=install_setting, version=version).commands
    except ConfigurationError:
        return ()


def _from(tree: Path, installed: Iterable[Installed]) -> list[tuple[str, ...]]:
    """One call of pip for all of them, so that they find one another; of those that the tree has."""
    arguments: list[str] = []
    for each in installed:
        place = tree / each.place
        if any((place / name).is_file() for name in ("pyproject.toml", "setup.py")):
            arguments += ["-e", str(place)] if each.is_editable else [str(place)]
    return [tuple(arguments)] if arguments else []


def forget(packages: Path, top: Path) -> list[Installed]:
    """Remove from `packages` what was installed from a folder of the repository at `top`; what that was."""
    found = []
    for metadata in sorted(packages.glob("*.dist-info")):
        place = _origin(metadata, top)
        if place is None:
            continue
        said = json.loads((metadata / "direct_url.json").read_text("utf-8"))
        found.append(Installed(place=place, is_editable=bool(said["dir_info"].get("editable"))))
        for path in _recorded(metadata):
            _remove(path, packages)
        shutil.rmtree(metadata, ignore_errors=True)
    for link in packages.glob("*.egg-link"):  # of `setup.py develop`
        place = _within(Path(link.read_text("utf-8").partition("\n")[0].strip()), top)
        if place is not None:
            found.append(Installed(place=place, is_editable=True))
            link.unlink()
    return list(dict.fromkeys(found))


def _origin(metadata: Path, top: Path) -> Path | None:
    """The folder of the repository at `top`, from there, that a distribution was installed from; None: from elsewhere.

    So pip, uv, Poetry and others record it: the specification "Recording the Direct URL Origin".
    """
    try:
        said = json.loads((metadata / "direct_url.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None
    url = urlsplit(str(said.get("url", "")))
    if url.scheme != "file" or not isinstance(said.get("dir_info"), dict):
        return None
    return _within(Path(url2pathname(url.path)), top)


def _within(path: Path, top: Path) -> Path | None:
    path, top = path.resolve(), top.resolve()
    return path.relative_to(top) if path.is_relative_to(top) else None


def _recorded(metadata: Path) -> Iterator[Path]:
    with suppress(OSError), (metadata / "RECORD").open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            if row:
                yield metadata.parent / row[0]


def _remove(path: Path, packages: Path) -> None:
    """Remove a file of a distribution with what was compiled of it, and folders that it leaves empty."""
    path = Path(os.path.normpath(path))
    if not path.is_relative_to(packages):
        return
    for one in (path, *(path.parent / "__pycache__").glob(f"{path.stem}.*.pyc")):
        with suppress(OSError):
            one.unlink()
    for folder in (path.parent / "__pycache__", path.parent, *path.parent.parents):
        if folder.is_relative_to(packages) and folder != packages:
            with suppress(OSError):
                folder.rmdir()


def point(packages: Path, top: Path, tree: Path, *, kept: Path) -> None:
    """Let lines of `.pth` files and links that lead to the repository at `top` lead into `tree`.

    What leads to `kept`, an environment within the repository, stays.
    """
    names = dict.fromkeys((str(top), str(top.resolve())))
    for file in packages.glob("*.pth"):
        before = file.read_text("utf-8", "surrogateescape")
        lines = [_pointed(line, names, tree, kept) for line in before.splitlines(keepends=True)]
        if "".join(lines) != before:
            file.unlink()
            file.write_text("".join(lines), "utf-8", "surrogateescape")
    for link in (path for path in packages.iterdir() if path.is_symlink()):
        place = _within(link, top)
        if place is not None and _within(link, kept) is None:
            link.unlink()
            link.symlink_to(tree / place)


def _pointed(line: str, names: Iterable[str], tree: Path, kept: Path) -> str:
    if str(kept) in line:
        return line
    for name in names:
        line = re.sub(re.escape(name) + _END_OF_NAME, lambda _: str(tree), line)
    return line


def _copy_scripts(folder: Path, to: Path) -> None:
    """Copy the programs of installed packages, each with the interpreter that it starts."""
    for script in folder.iterdir():
        if not script.is_file() or script.is_symlink() or (to / script.name).exists():
            continue
        content = script.read_bytes()
        if content.startswith(b"#!") and os.fsencode(folder) in content[:_HEAD]:
            (to / script.name).write_bytes(content.replace(os.fsencode(folder), os.fsencode(to)))
            shutil.copymode(script, to / script.name)


def versions(packages: Path) -> list[str]:
    """What is installed there, as requirements that nothing else meets."""
    named = (path.stem.rpartition("-") for path in sorted(packages.glob("*.dist-info")))
    return [f"{name}=={version}" for name, _, version in named if name]


def _install(pip: list[str], command: tuple[str, ...], cwd: Path, kept: Path) -> None:
    """Install with the versions that are there; where that cannot be, as the code says."""
    if process.run([*pip, "-c", str(kept), *command], cwd=cwd, timeout_s=_TIMEOUT_S).returncode:
        _run([*pip, *command], cwd, what="the code and what its tests need")


def _works(argv: list[str]) -> bool:
    return process.output(argv, cwd=Path(argv[0]).parent, timeout_s=_TIMEOUT_S) is not None


def _run(argv: list[str], cwd: Path, *, what: str) -> None:
    done = process.run(argv, cwd=cwd, timeout_s=_TIMEOUT_S)
    if done.returncode:
        said = (done.stdout + done.stderr)[-2000:]
        raise NotMeasuredError(f"{what} could not be made ready", where=" ".join(argv), remedy=f"It said:\n{said}")
