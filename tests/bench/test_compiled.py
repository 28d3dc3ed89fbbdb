"""What is compiled on one side alone is no change of the code; what has no source on the other may be one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from noxtasks.bench import compiled
from noxtasks.bench.compiled import Place
from noxtasks.errors import NotMeasuredError

SUFFIX = ".cpython-312-x86_64-linux-gnu.so"


def place(tmp_path: Path, which: str, *files: str, installed: tuple[str, ...] = ()) -> Place:
    tree = tmp_path / which
    for name in files:
        (tree / name).parent.mkdir(parents=True, exist_ok=True)
        (tree / name).touch()
    return Place(
        which=which,
        tree=tree,
        prefix=tree / ".venv" if which == "new" else tmp_path,
        installed=frozenset(tree / name for name in installed),
        is_working_tree=which == "new",
    )


def modules(of: Place, *files: str) -> dict[str, str]:
    return {name.removesuffix(SUFFIX).replace("/", "."): str(of.tree / name) for name in files}


@pytest.mark.parametrize("source", ["shop/_fast.pyx", "shop/_fast.c", "native/src/lib.rs"])
@pytest.mark.parametrize("lacks_new", [True, False])
def test_a_source_that_one_side_has_not_compiled_is_an_error(tmp_path: Path, source: str, lacks_new: bool) -> None:
    built = f"shop/_fast{SUFFIX}"
    old = place(tmp_path, "old", source, *([built] if lacks_new else []))
    new = place(tmp_path, "new", source, *([] if lacks_new else [built]))
    in_old = modules(old, built) if lacks_new else {}
    in_new = {} if lacks_new else modules(new, built)
    with pytest.raises(
        NotMeasuredError, match=r"has the compiled module shop\._fast, and the .* code has not"
    ) as error:
        compiled.differences(old, new, in_old, in_new)
    assert error.value.where == str((new if lacks_new else old).tree / source)
    assert "rm -r .noxtasks/bench" in error.value.remedy


def test_a_module_of_python_that_only_one_side_has_compiled_is_one_too(tmp_path: Path) -> None:
    built = f"shop/core{SUFFIX}"
    old = place(tmp_path, "old", built, "shop/core.py")
    new = place(tmp_path, "new", "shop/core.py")
    in_old = {**modules(old, built), "abc__mypyc": str(old.tree / f"abc__mypyc{SUFFIX}")}
    with pytest.raises(NotMeasuredError, match=r"shop\.core"):
        compiled.differences(old, new, in_old, {})


def test_what_the_other_code_does_without_is_said_and_no_error(tmp_path: Path) -> None:
    built = f"shop/_fast{SUFFIX}"
    old = place(tmp_path, "old", "shop/_fast.py")
    new = place(tmp_path, "new", "shop/_fast.pyx", built)
    (note,) = compiled.differences(old, new, {}, modules(new, built))
    assert note == "the new code has the compiled module shop._fast, the old code no source of it"


def test_what_is_compiled_and_not_imported_and_what_is_of_others_is_no_difference(tmp_path: Path) -> None:
    built, other = f"shop/_fast{SUFFIX}", f".venv/lib/numpy/core{SUFFIX}"
    old = place(tmp_path, "old", "shop/_fast.c", built)
    new = place(tmp_path, "new", "shop/_fast.c", built, other)
    in_new = {"numpy.core": str(new.tree / other)}
    assert compiled.differences(old, new, modules(old, built), in_new) == ()
    wheel = place(tmp_path, "wheel", other, installed=(other,))
    with pytest.raises(NotMeasuredError, match=r"the wheel code has the compiled module core"):
        compiled.differences(old, wheel, {}, {"core": str(wheel.tree / other)})


def test_a_source_that_is_newer_than_what_was_compiled_of_it_is_told(tmp_path: Path) -> None:
    built = f"shop/_fast{SUFFIX}"
    new = place(tmp_path, "new", built, "shop/_fast.pyx", "shop/_other.pyx")
    os.utime(new.tree / "shop/_fast.pyx", (1000, 1000))
    assert compiled.stale(new, modules(new, built)) == ()
    os.utime(new.tree / built, (999, 999))
    (note,) = compiled.stale(new, modules(new, built))
    assert "shop._fast was compiled" in note
    assert "before shop/_fast.pyx was last written" in note
