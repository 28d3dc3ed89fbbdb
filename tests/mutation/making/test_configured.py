"""What mutmut is told is heeded, in any of its versions, or said not to be."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from noxtasks.errors import ConfigurationError
from noxtasks.mutation.making.configured import Configured, configured
from noxtasks.suite.declared import Declarations


def declared(pyproject: str = "", setup_cfg: dict[str, dict[str, str]] | None = None) -> Declarations:
    return Declarations(root=Path(), pyproject=tomllib.loads(pyproject), setup_cfg=setup_cfg or {}, setup_py={})


def test_lists_and_texts_are_read_alike() -> None:
    pyproject = """
        [tool.mutmut]
        paths_to_mutate = "src,lib/till.py"
        also_copy = ["data", 3]
        pytest_add_cli_args = ["-k", "not slow"]
        tests_dir = "checks"
    """
    found = configured(declared(pyproject))
    assert found.where == "tool.mutmut in pyproject.toml"
    assert found.source_paths == ("src", "lib/till.py")
    assert found.also_copy == ("data",)
    assert found.pytest_args == ("-k", "not slow", "checks")


def test_a_section_of_setup_cfg_holds_where_there_is_no_table() -> None:
    section = {"source_paths": "\nsrc\nlib", "do_not_mutate_patterns": "log\\(a, b\\)", "runner": "make"}
    found = configured(declared(setup_cfg={"mutmut": section}))
    assert found.where == "[mutmut] in setup.cfg"
    assert found.source_paths == ("src", "lib")
    assert found.do_not_mutate_patterns == ("log\\(a, b\\)",)
    assert [name for name, _ in found.not_used] == ["runner"]
    assert not configured(declared("[tool.mutmut]\nalso_copy = []\ndebug = true", {"mutmut": section})).not_used


def test_without_any_every_file_is_taken() -> None:
    assert configured(declared()) == Configured()
    assert Configured().takes("shop.py")


@pytest.mark.parametrize(("path", "is_taken"), [("src/a.py", True), ("src/b.py", False), ("src/ab.py", False)])
def test_patterns_choose_files(path: str, is_taken: bool) -> None:
    assert Configured(only_mutate=("src/a*",), do_not_mutate=("*b.py",)).takes(path) is is_taken


def test_the_cap_of_mutmut_of_old_is_one() -> None:
    assert configured(declared("[tool.mutmut]\nmax_mutations = 50")).cap == 50
    assert configured(declared(setup_cfg={"mutmut": {"max_mutations": "50"}})).cap == 50
    for wrong in ("0", "true", "'many'", "1.5"):
        with pytest.raises(ConfigurationError, match="at least 1"):
            configured(declared(f"[tool.mutmut]\nmax_mutations = {wrong}"))
