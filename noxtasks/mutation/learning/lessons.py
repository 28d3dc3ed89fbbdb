"""What survivors teach, pure: in which order they are worth a look, and how the test begins that would kill each."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import msgspec

from noxtasks.mutation import wording
from noxtasks.mutation.learning import equivalents
from noxtasks.mutation.model import Baseline, Lesson, Mutant

_WIDTH = 100


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """An input on which original and mutant differ, as in `Lesson`; `test` is a whole one or empty."""

    call: str
    original: str
    mutated: str
    test: str = ""


def lessons(survivors: Iterable[Mutant], told: Mapping[str, Told], baseline: Baseline) -> tuple[Lesson, ...]:
    """A lesson for each of `survivors`, the most instructive first.

    Survivors of one function and operator teach much the same, so they make a group, and the first of every group comes
    before the second of any. Groups are led by their best, and the better

    1. is no suspect: nobody should be sent to kill what may be unkillable;
    2. is told from the original by an input that is known, best by a test that is complete: the work is half done;
    3. lives although many tests run its function: they run it, and do not look at what it does;
    4. stands further up in the file: any order will do then, but always the same.
    """
    found = {mutant.id: (mutant, _lesson(mutant, told.get(mutant.id))) for mutant in survivors}

    def worth(pair: tuple[Mutant, Lesson]) -> tuple[bool, bool, bool, int, Mutant]:
        mutant, lesson = pair
        is_complete = bool((answer := told.get(mutant.id)) and answer.test)
        tests = len(baseline.covering.get(mutant.key, ()))
        return bool(lesson.suspect), not lesson.original, not is_complete, -tests, mutant

    return tuple(lesson for _, lesson in _in_turn(sorted(found.values(), key=worth), _group))


def _group(pair: tuple[Mutant, Lesson]) -> tuple[object, ...]:
    mutant, lesson = pair
    return bool(lesson.suspect), mutant.path, mutant.function, mutant.operator


def _in_turn(
    ranked: Iterable[tuple[Mutant, Lesson]], group: Callable[[tuple[Mutant, Lesson]], tuple[object, ...]]
) -> Iterator[tuple[Mutant, Lesson]]:
    """The first of each group, then the second of each; all suspects after all others."""
    seen: dict[tuple[object, ...], int] = {}
    turns: dict[tuple[bool, int], list[tuple[Mutant, Lesson]]] = {}
    for pair in ranked:
        name = group(pair)
        seen[name] = seen.get(name, 0) + 1
        turns.setdefault((bool(pair[1].suspect), seen[name]), []).append(pair)
    for _, pairs in sorted(turns.items()):
        yield from pairs


def _lesson(mutant: Mutant, told: Told | None) -> Lesson:
    return Lesson(
        mutant=mutant.id,
        suspect=equivalents.suspect(mutant, is_told=told is not None),
        call=told.call if told else "",
        original=told.original if told else "",
        mutated=told.mutated if told else "",
        skeleton=told.test if told and told.test else beginning(mutant, told),
    )


def beginning(mutant: Mutant, told: Told | None = None) -> str:
    """The beginning of a test for the function: the import, what is not noticed, and a call to be completed."""
    module = mutant.name.rpartition(".")[0]
    class_name, _, name = mutant.function.rpartition(".")
    stem = re.sub(r"[\W_]+", "_", mutant.function).strip("_").lower()
    lines = [f"from {module} import {class_name or name}", "", "", f"def test_{stem}():"]
    lines.append(f"    # No test notices this change of line {mutant.line}:")
    lines += [f"    #   {line[:_WIDTH]}" for line in changed_lines(mutant)]
    if told:
        call = told.call or "there is an input on which it"
        lines.append(f"    # {call}: {told.original}; with the change: {told.mutated}"[: _WIDTH + 100])
    lines += [f"    {line}" for line in _call(mutant, class_name, name)]
    return "\n".join([*lines, ""])


def changed_lines(mutant: Mutant) -> list[str]:
    """The lines that differ, with a minus and a plus, without their indentation."""
    return [f"{line[0]} {line[1:].strip()}" for line in wording.changed(wording.diff(mutant))]


def _call(mutant: Mutant, class_name: str, name: str) -> Iterator[str]:
    parameters = _parameters(mutant.before)
    if not class_name:
        yield f"assert {name}({', '.join(f'{each}=...' for each in parameters)}) == ...  # where they differ"
        return
    owner = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", class_name).lower()
    first, rest = parameters[:1], parameters[1:]
    inner = ", ".join(f"{each}=..." for each in rest)
    if name == "__init__":
        yield f"{owner} = {class_name}({inner})"
        yield f"assert {owner}. ...  # what the change makes otherwise"
        return
    if first == ["self"]:
        yield f"{owner} = {class_name}(...)"
        yield f"assert {owner}.{name}({inner}) == ...  # where they differ"
        return
    inner = inner if first == ["cls"] else ", ".join(f"{each}=..." for each in parameters)
    yield f"assert {class_name}.{name}({inner}) == ...  # where they differ"


def _parameters(source: str) -> list[str]:
    """Those of the function that have no default."""
    try:
        function = ast.parse(source).body[0]
    except (SyntaxError, IndexError):
        return []
    if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    arguments = function.args
    positional = [each.arg for each in (*arguments.posonlyargs, *arguments.args)]
    needed = positional[: len(positional) - len(arguments.defaults)] if arguments.defaults else positional
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    return [*needed, *(each.arg for each, default in pairs if default is None)]
