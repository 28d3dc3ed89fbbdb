"""Copies are whole, alone, and gone afterwards."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.mutation import copying

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
