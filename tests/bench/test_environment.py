"""What was installed from the new tree is gone from a copy of its environment, however it is known there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from noxtasks.bench import environment
from noxtasks.bench.environment import Installed


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "repo/src/shop").mkdir(parents=True)
    return tmp_path / "repo"


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    folder = tmp_path / "venv/site-packages"
    folder.mkdir(parents=True)
    return folder


def distribution(packages: Path, name: str, url: str, *files: str, editable: bool | None = None) -> Path:
    info = packages / f"{name}-1.dist-info"
    info.mkdir()
    for file in files:
        (packages / file).parent.mkdir(parents=True, exist_ok=True)
        (packages / file).write_text("")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))
    said = {"url": url, "archive_info": {}} if editable is None else {"url": url, "dir_info": {"editable": editable}}
    (info / "direct_url.json").write_text(json.dumps(said))
    return info


def test_distributions_of_the_repository_are_removed_with_what_was_compiled_and_no_others(
    packages: Path, top: Path
) -> None:
    distribution(packages, "shop", top.as_uri(), "shop/__init__.py", "shop/more/it.py", "../bin/shop", editable=False)
    distribution(
        packages, "part", (top / "libs/part").as_uri(), "__editable___part_finder.py", "part.pth", editable=True
    )
    wheel = distribution(packages, "vendored", (top / "vendor/x.whl").as_uri(), "vendored.py")
    beside = distribution(packages, "beside", f"{top.as_uri()}-other", "beside.py", editable=True)
    (packages / "shop/__pycache__").mkdir()
    (packages / "shop/__pycache__/__init__.cpython-312.pyc").touch()
    found = environment.forget(packages, top)
    assert found == [
        Installed(place=Path("libs/part"), is_editable=True),
        Installed(place=Path(), is_editable=False),
    ]
    assert sorted(packages.iterdir()) == sorted([wheel, beside, packages / "vendored.py", packages / "beside.py"])
    assert (packages.parent / "bin/shop").exists()


def test_what_setup_py_develop_has_left_is_removed(packages: Path, top: Path) -> None:
    (packages / "shop.egg-link").write_text(f"{top}/src\n../")
    (packages / "other.egg-link").write_text("/elsewhere\n.")
    assert environment.forget(packages, top) == [Installed(place=Path("src"), is_editable=True)]
    assert [path.name for path in packages.iterdir()] == ["other.egg-link"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
def test_lines_and_links_into_the_repository_lead_into_the_tree(packages: Path, top: Path, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    kept = top / ".venv"
    lines = [f"{top}/src", f"{top}-other/src", str(top), f"import it; it.add('{top}/lib')", f"{kept}/lib", "/elsewhere"]
    (packages / "a.pth").write_text("".join(f"{line}\n" for line in lines))
    (packages / "shop").symlink_to(top / "src/shop")
    (packages / "kept").symlink_to(kept)
    (packages / "other").symlink_to(tmp_path)
    environment.point(packages, top, tree, kept=kept)
    assert (packages / "a.pth").read_text().splitlines() == [
        f"{tree}/src",
        f"{top}-other/src",
        str(tree),
        f"import it; it.add('{tree}/lib')",
        f"{kept}/lib",
        "/elsewhere",
    ]
    assert (packages / "shop").readlink() == tree / "src/shop"
    assert (packages / "kept").readlink() == kept
    assert (packages / "other").readlink() == tmp_path


def test_what_is_installed_holds_the_versions_of_what_is_added(packages: Path) -> None:
    for name in ("py_cpuinfo2-10.1.1", "torch-2.1+cpu", "zope.interface-6.0"):
        (packages / f"{name}.dist-info").mkdir()
    (packages / "no-package").mkdir()
    assert environment.versions(packages) == ["py_cpuinfo2==10.1.1", "torch==2.1+cpu", "zope.interface==6.0"]
