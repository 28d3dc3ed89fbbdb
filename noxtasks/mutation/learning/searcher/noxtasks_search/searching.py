"""Searches, function by function, and tries what it has found once more, as a test would."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from typing import Any

from .guard import Guard, in_child
from .inputs import Input, candidates, literals
from .observing import VARIABLE, Observation, WorthlessError, observe
from .recording import Target
from .tests_text import Telling

_TEST_S = 5.0
_LATER_S = 0.3  # of a search that has an answer which no test can make, for one that a test can
_SHRINK_S = 0.2  # to make the input of an answer simpler
_START_S = 0.5
_PATIENCE = 4  # seconds on the clock for one of processor time, of which other processes have a share
_BEST = 4


def search(
    target: Target, mutants: list[dict[str, str]], folder: str, limit_s: float
) -> tuple[list[dict[str, str]], str]:
    """What tells each of `mutants` from the original, tried in processes of their own; and a defect of ours."""
    constants = literals([mutants[0]["before"], *(mutant["after"] for mutant in mutants)])

    def work(guard: Guard) -> Iterator[str]:
        return _found(target, [mutant["name"] for mutant in mutants], constants, guard, limit_s)

    told: dict[str, dict[str, str]] = {}
    lines, error = in_child(work, folder, _PATIENCE * limit_s + _START_S)
    for line in lines:
        one = json.loads(line)
        if not one["test"] or _holds(one["test"], one["name"], folder):
            told[one["name"]] = one
    return list(told.values()), error


def _found(target: Target, names: list[str], constants: list[Any], guard: Guard, limit_s: float) -> Iterator[str]:
    """Lines of JSON: of each mutant the first difference, and a better one where that comes."""
    ends_s = time.process_time() + limit_s
    open_ = dict.fromkeys(names, ends_s)  # until when an answer is waited for, or a better one
    grades = dict.fromkeys(names, 0)
    for one in candidates(target, constants):
        now_s = time.process_time()
        open_ = {name: until_s for name, until_s in open_.items() if now_s < until_s}
        if not open_:
            return
        try:
            original, again = (observe(target, one, "", guard) for _ in range(2))
        except WorthlessError:
            continue
        if original.seen != again.seen:
            continue
        for name in list(open_):
            told = _told(target, one, original, name, guard)
            if told is None or (grade := _grade(told)) <= grades[name]:
                continue
            yield json.dumps(_smallest(target, one, told, guard) if told["test"] else told)
            grades[name] = grade
            open_[name] = now_s if grade == _BEST else min(ends_s, now_s + _LATER_S)


def _grade(told: dict[str, str]) -> int:
    """How good an answer is: best is one that a test can give, and not to a misuse on which the original raises."""
    return 1 + 2 * bool(told["test"]) + (not told["is_misuse"])


def _smallest(target: Target, one: Input, told: dict[str, str], guard: Guard) -> dict[str, str]:
    """The answer for the simplest input that can be reached from `one` step by step, in a short time."""
    ends_s = time.process_time() + _SHRINK_S
    while True:
        for other in one.smaller():
            if time.process_time() > ends_s:
                return told
            try:
                original = observe(target, other, "", guard)
            except WorthlessError:
                continue
            better = _told(target, other, original, told["name"], guard)
            if better is not None and better["test"] and _is_kept(told, better):
                one, told = other, better
                break
        else:
            return told


def _is_kept(told: dict[str, str], better: dict[str, str]) -> bool:
    """Whether the simpler input shows the same as well: no misuse that raises, no values that are equal in a way."""
    is_clear = "assert repr(" not in better["test"] or "assert repr(" in told["test"]
    return (
        is_clear
        and len(better["call"]) <= len(told["call"])
        and all(told[name].partition(" ")[0] == better[name].partition(" ")[0] for name in ("original", "mutated"))
    )


def _told(target: Target, one: Input, original: Observation, name: str, guard: Guard) -> dict[str, str] | None:
    try:
        mutated = observe(target, one, name, guard)
        if mutated.seen == original.seen or observe(target, one, name, guard).seen != mutated.seen:
            return None
        if observe(target, one, "", guard).seen != original.seen:
            return None
        if original.is_misuse and mutated.is_misuse:
            return None  # that both fail in other words on what nobody would give them teaches nothing
        telling = Telling(target, one, original, mutated)
        words = telling.said()
        test, is_misuse = telling.test(), "1" if original.is_misuse else ""
        return {
            "name": name,
            "call": telling.call,
            "original": words[0],
            "mutated": words[1],
            "test": test,
            "is_misuse": is_misuse,
        }
    except Exception:  # what cannot be written down is no answer; the next input may be
        return None


def _holds(test: str, mutant: str, folder: str) -> bool:
    """Whether `test` passes on the original and fails on the mutant, each in a process of its own."""

    def run(name: str) -> str:
        def work(guard: Guard) -> Iterator[str]:
            os.environ[VARIABLE] = name
            names: dict[str, Any] = {}
            try:
                guard.within(_TEST_S, lambda: _run(test, names))
            except Exception as error:
                yield "broken" if guard.refused else f"failed {type(error).__name__}"
            except BaseException as error:  # pytest.raises fails by one
                yield "failed" if type(error).__name__ == "Failed" and not guard.refused else "broken"
            else:
                yield "broken" if guard.refused else "passed"

        return "".join(in_child(work, folder, _TEST_S + _START_S)[0][:1])

    return run("") == "passed" and run(mutant).startswith("failed")


def _run(test: str, names: dict[str, Any]) -> None:
    exec(compile(test, "<test>", "exec", dont_inherit=True), names)
    next(function for name, function in names.items() if name.startswith("test_"))()
