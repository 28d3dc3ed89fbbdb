"""A warning is laid at the line that asks for it, whatever is called in between."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from noxtasks.probe.noxtasks_probe import warned

BETWEEN = "between.py"


@pytest.fixture(autouse=True)
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(warnings, "warn", warnings.warn)
    warned.settle(BETWEEN)


def called(files: list[str], **arguments: Any) -> tuple[str, str]:
    """The file that a warning is laid at, and that one without the file `BETWEEN`; each file calls the next."""
    passing_over: Any = warnings.warn
    plain = [file for file in files if file != BETWEEN]
    return laid_at(files, passing_over, arguments), laid_at(plain, passing_over.__wrapped__, arguments)


def laid_at(files: list[str], warn: Callable[..., None], arguments: dict[str, Any]) -> str:
    scope: dict[str, Any] = {"warn": warn, "arguments": arguments}
    exec(compile("def call(): warn('no', **arguments)", files[-1], "exec"), scope)  # noqa: S102
    call = scope["call"]
    for file in reversed(files[:-1]):
        scope = {"inner": call}
        exec(compile("def call(): inner()", file, "exec"), scope)  # noqa: S102
        call = scope["call"]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        call()
    return caught[0].filename


@pytest.mark.parametrize("level", [-1, 0, 1, 2, 3, 4])
@pytest.mark.parametrize(
    "files",
    [
        ["a.py", "b.py", "c.py"],
        ["a.py", "b.py", BETWEEN, BETWEEN, "c.py"],
        ["a.py", BETWEEN, "b.py", "<frozen importlib._bootstrap>", BETWEEN, "c.py"],
    ],
)
def test_the_file_is_the_one_without_what_is_in_between(files: list[str], level: int) -> None:
    found, expected = called(files, stacklevel=level)
    assert found == expected


def test_far_beyond_the_first_call_python_has_its_own_name() -> None:
    found, expected = called(["a.py", BETWEEN, "b.py"], stacklevel=10_000)
    assert found == expected
