"""What tests leave to others is told, and what is theirs, a tool's or the system's is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from noxtasks.parallel.conflicts import watching
from noxtasks.parallel.conflicts.model import Conflict, Kind, Resource, Standing, Watch, Watched
from noxtasks.suite.model import FixtureUse, Footprint, Use

ROOT, TEMPORARY = Path("/srv/project"), Path("/tmp/nx/shared")  # noqa: S108 - no file is made there


def footprint(test: str, *uses: tuple[str, str, str], files_left: tuple[str, ...] = ()) -> Footprint:
    told = tuple(Use(kind=kind, name=name, how=how) for kind, name, how in uses)
    return Footprint(test=test, uses=told, files_left=files_left)


def found(*footprints: Footprint) -> list[tuple[Watch, str, tuple[str, ...]]]:
    watched = watching.watched(footprints, root=ROOT, temporary=TEMPORARY)
    return [(each.watch, each.what, each.tests) for each in watched]


def test_a_file_that_is_left_is_told_once_with_all_who_leave_it() -> None:
    left = ("/srv/project/out.txt",)
    expected = [(Watch.FILE, "/srv/project/out.txt", ("a", "b"))]
    assert found(footprint("a", files_left=left), footprint("b", files_left=left)) == expected


@pytest.mark.parametrize("path", [f"{TEMPORARY}/out.txt", "/home/x/.cache/tool/y", "/srv/project/htmlcov/index.html"])
def test_what_is_temporary_or_a_cache_may_stay(path: str) -> None:
    assert found(footprint("a", files_left=(path,))) == []


@pytest.mark.parametrize(("port", "is_told"), [(8080, True), (45123, False)])
def test_a_port_is_fixed_unless_the_system_may_have_chosen_it(port: int, *, is_told: bool) -> None:
    told = found(footprint("a", ("port", f"{port}/tcp", "create")), footprint("b", ("port", f"{port}/tcp", "read")))
    assert (told == [(Watch.PORT, f"{port}/tcp", ("a",))]) is is_told


def test_any_port_that_two_tests_bind_is_fixed() -> None:
    use = ("port", "45123/tcp", "create")
    assert found(footprint("a", use), footprint("b", use)) == [(Watch.PORT, "45123/tcp", ("a", "b"))]


def test_a_database_is_told_where_one_test_of_several_writes_it() -> None:
    reads, writes = ("database", "/srv/x.db", "read"), ("database", "/srv/x.db", "write")
    assert found(footprint("a", reads), footprint("b", reads)) == []
    assert found(footprint("a", reads, writes)) == []
    assert found(footprint("a", reads), footprint("b", reads, writes)) == [(Watch.DATABASE, "/srv/x.db", ("a", "b"))]


def test_what_a_test_leaves_of_its_process_is_told() -> None:
    uses = (("environment", "DEBUG", "write"), ("working directory", "/srv/project/sub", "write"))
    assert found(footprint("a", *uses)) == [
        (Watch.ENVIRONMENT, "DEBUG", ("a",)),
        (Watch.FOLDER, "/srv/project/sub", ("a",)),
    ]


def test_a_folder_elsewhere_has_no_name_as_it_is_another_each_time() -> None:
    assert found(footprint("a", ("working directory", "/elsewhere/test_a0", "write"))) == [(Watch.FOLDER, "", ("a",))]


def test_what_tools_keep_in_the_environment_is_theirs() -> None:
    assert found(footprint("a", ("environment", "COV_CORE_SOURCE", "write"))) == []


@pytest.mark.parametrize(
    ("scope", "how", "is_told"), [("session", "create", True), ("session", "read", False), ("module", "create", False)]
)
def test_a_fixture_of_the_session_that_makes_something_is_told(scope: str, how: str, *, is_told: bool) -> None:
    use = FixtureUse(fixture=f"built ({scope})", kind="file", name="/srv/project/built", how=how)
    told = watching.watched([Footprint(test="a", of_fixtures=(use,))], root=ROOT, temporary=TEMPORARY)
    expected = Watched(watch=Watch.FIXTURE, what="/srv/project/built", tests=("a",), fixture="built (session)")
    assert (told == (expected,)) is is_told


def test_what_a_conflict_tells_is_not_told_again() -> None:
    conflict = Conflict(
        standing=Standing.SUSPECTED,
        resource=Resource(kind=Kind.FILE, name="out.txt"),
        tests=("a", "b"),
        sharing=("a", "b"),
    )
    one, other = (Watched(watch=Watch.FILE, what=name, tests=("a",)) for name in ("out.txt", "log.txt"))
    assert watching.beside([one, other], [conflict]) == (other,)
