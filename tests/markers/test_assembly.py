"""What all sources say, put together by marker."""

from __future__ import annotations

import msgspec

from noxtasks.markers import assembly, plugins, rules, taxonomy
from noxtasks.markers.assembly import Said, Seen
from noxtasks.markers.model import Class, Marker, Reference, Registration, Use

INI = "pytest.ini"


def registration(marker: str, *, path: str = INI, line: int = 2) -> Registration:
    return Registration(marker=marker, path=path, line=line, how=path, description="what it means")


def reference(marker: str, use: Use, *, path: str = "test_a.py", line: int = 1, how: str = "decorator") -> Reference:
    return Reference(marker=marker, path=path, line=line, use=use, how=how)


def said(*things: Registration | Reference) -> Said:
    return Said(
        registrations=tuple(each for each in things if isinstance(each, Registration)),
        references=tuple(each for each in things if isinstance(each, Reference)),
        selectors=(),
        sites=(),
    )


def seen(
    carriers: dict[str, set[int]],
    *things: Registration | Reference,
    elsewhere: frozenset[str] = frozenset(),
    is_whole: bool = True,
) -> Seen:
    told = said(*things)
    return Seen(
        paths=("tests/api/test_a.py", "tests/api/test_a.py", "tests/test_b.py"),
        carriers={marker: frozenset(tests) for marker, tests in carriers.items()},
        references=told.references,
        registrations=told.registrations,
        elsewhere=elsewhere,
        is_whole=is_whole,
    )


def markers(told: Said, known: Seen | None = None) -> dict[str, Marker]:
    found = assembly.assemble(
        told,
        known,
        corpus=rules.Corpus(names={}, words={}),
        ages={},
        taxonomy=taxonomy.load(),
        components=(),
    )
    return {marker.name: marker for marker in found}


def test_a_marker_is_of_the_project_when_it_registers_it_or_its_tests_carry_it() -> None:
    found = markers(
        said(
            registration("slow"),
            reference("fast", Use.APPLIED),
            reference("read", Use.READ),
            reference("after-first", Use.APPLIED, how="add_marker"),
            reference("skip", Use.APPLIED),
        )
    )
    assert {name: marker.kind for name, marker in found.items()} == {
        "slow": Class.REMOVABLE,
        "fast": Class.UNREGISTERED,
    }


def test_what_the_text_of_a_registration_says_is_no_use() -> None:
    found = markers(
        said(
            registration("slow", line=4),
            reference("slow", Use.SELECTED, path=INI, line=4, how="-m 'not slow'"),
            registration("gpu", line=5),
            reference("gpu", Use.SELECTED, path=INI, line=9, how="-m gpu"),
        )
    )
    assert (found["slow"].kind, found["gpu"].kind) == (Class.REMOVABLE, Class.SELECTED)


def test_tests_are_counted_by_the_folder_of_their_file() -> None:
    usage = markers(said(registration("slow")), seen({"slow": {0, 1, 2}}))["slow"].usage
    assert usage is not None
    assert (usage.tests, usage.folders) == (3, {"tests": 1, "tests/api": 2})


def test_a_mark_that_was_made_and_is_on_no_test_is_a_possible_use() -> None:
    made = reference("slow", Use.DYNAMIC, path="kinds.py", line=7, how="made when collected")
    told = said(registration("slow"))
    assert markers(told, seen({}, made))["slow"].kind is Class.UNRESOLVED
    assert markers(told, seen({"slow": {1}}, made))["slow"].kind is Class.DYNAMIC


def test_an_alias_that_was_made_stays_one() -> None:
    alias = reference("slow", Use.ALIASED, path="kinds.py", line=7, how="alias slow")
    made = reference("slow", Use.DYNAMIC, path="kinds.py", line=7, how="made when collected")
    assert markers(said(registration("slow"), alias), seen({}, made))["slow"].kind is Class.ALIASED


def test_what_plugins_register_is_known_from_pytest_or_else_from_a_list() -> None:
    used = reference("asyncio", Use.APPLIED)
    named = plugins.registered({"requirements.txt": "pytest\npytest-asyncio>=1\n", "notes.md": "pytest-timeout"}, {})
    assert named == {"asyncio"}
    told = msgspec.structs.replace(said(used), of_plugins=named)
    assert markers(told)["asyncio"].kind is Class.APPLIED
    assert markers(said(used))["asyncio"].kind is Class.UNREGISTERED
    assert markers(said(used), seen({"asyncio": {1}}))["asyncio"].kind is Class.UNREGISTERED
    known = seen({"asyncio": {1}}, elsewhere=frozenset({"asyncio"}))
    assert markers(said(used), known)["asyncio"].kind is Class.APPLIED


def test_a_registration_that_files_show_is_not_told_twice() -> None:
    told = said(registration("slow", path="conftest.py", line=3))
    known = seen(
        {"slow": {1}}, registration("slow", path="conftest.py", line=4), registration("dyn", path="conftest.py")
    )
    found = markers(told, known)
    assert [each.line for each in found["slow"].registrations] == [3]
    assert "dyn" in found


def test_an_unregistered_marker_that_no_test_carries_is_told_where_not_all_was_collected() -> None:
    told = said(reference("windows", Use.APPLIED))
    assert "windows" not in markers(told, seen({}))
    assert markers(told, seen({}, is_whole=False))["windows"].kind is Class.UNREGISTERED
