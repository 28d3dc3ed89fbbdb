"""Copies are whole, alone, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.errors import NotMeasuredError
from noxtasks.mutation.making import copying

OURS = Path(".noxtasks", "mutation")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "cart.py").write_text("known")
    (tmp_path / "shop" / "_speed.so").write_text("ignored")
    return tmp_path


def test_a_copy_holds_what_it_is_given_and_what_lies_beside_the_code(root: Path) -> None:
    (root / "link").symlink_to("shop")
    known = [Path("shop", "cart.py"), Path("gone.py"), Path("link")]
    with copying.disposable(root, copying.with_unknown(root, known, ["shop"]), name="one") as copy:
        assert copy.is_relative_to(root / OURS)
        assert (copy / "shop" / "cart.py").read_text() == "known"
        assert (copy / "shop" / "_speed.so").read_text() == "ignored"
        assert (copy / "link").is_symlink()
        (copy / "shop" / "cart.py").write_text("mutated")
    assert (root / "shop" / "cart.py").read_text() == "known"
    assert list((root / OURS).iterdir()) == []


def test_two_copies_at_once_leave_each_other_alone_and_those_of_the_dead_go(root: Path) -> None:
    (root / OURS / "dead").mkdir(parents=True)
    (root / OURS / "dead.lock").touch()
    with copying.disposable(root, [Path("shop", "cart.py")], name="one") as first:
        with copying.disposable(root, [Path("shop", "cart.py")], name="two") as second:
            assert first != second
            assert (first / "shop" / "cart.py").is_file()
            assert not (root / OURS / "dead").exists()
        assert (first / "shop" / "cart.py").is_file()


def test_what_cannot_be_copied_is_an_error_that_leaves_nothing(root: Path) -> None:
    (root / "shop" / "huge.bin").write_bytes(b"1" * 4096)
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024, before[1]))
    try:
        with (
            pytest.raises(NotMeasuredError, match="the project cannot be copied: File too large") as error,
            copying.disposable(root, [Path("shop", "cart.py"), Path("shop", "huge.bin")], name="one"),
        ):
            pass
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert error.value.where == str(root / "shop" / "huge.bin")
    assert list((root / OURS).iterdir()) == []


def test_what_is_asked_for_besides_is_copied_and_nothing_outside_of_the_project(root: Path) -> None:
    (root / "pytest.ini").touch()
    (root / "data").mkdir()
    (root / "data" / "prices.csv").touch()
    (root.parent / "other").mkdir(exist_ok=True)
    (root.parent / "other" / "secret").touch()
    paths = set(copying.with_unknown(root, [], ["data", "../other", "gone", str(root.parent / "other")]))
    assert paths == {Path("data", "prices.csv"), Path("pytest.ini")}


@pytest.mark.parametrize("occupied", [OURS.parent, OURS])
def test_where_no_folder_can_be_made_that_is_told(root: Path, occupied: Path) -> None:
    (root / occupied.parent).mkdir(exist_ok=True)
    (root / occupied).touch()
    with pytest.raises(NotMeasuredError, match="no place for a copy"), copying.disposable(root, [], name="one"):
        pass
