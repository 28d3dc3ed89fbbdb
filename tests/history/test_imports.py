"""Reports of other tools, read into a history: what pytest really writes, what others write, and what is no report."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from noxtasks.errors import HistoryError
from noxtasks.history import Origin, SessionKind, junit
from noxtasks.history.imports import Imports, import_junit, import_runs
from noxtasks.history.nodeids import NodeIds
from noxtasks.history.store import History
from noxtasks.suite.model import Outcome, Result, Run

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
ORIGIN = Origin(project="p", code_version="c", revision="abc", dirty=True)

SUITE = """
import pytest

calls = dict.fromkeys(["call", "setup", "teardown"], 0)

def fails_first(phase):
    calls[phase] += 1
    assert calls[phase] > 2

def test_call():
    print("captured " * 100)
    fails_first("call")

@pytest.fixture
def set_up():
    fails_first("setup")

def test_setup(set_up):
    pass

@pytest.fixture
def torn_down():
    yield
    fails_first("teardown")

def test_teardown(torn_down):
    pass

@pytest.fixture
def never_torn_down():
    yield
    raise ValueError("no way out of 17 rooms")

def test_passes_and_is_never_torn_down(never_torn_down):
    pass

def test_fails_and_is_never_torn_down(never_torn_down):
    raise KeyError("key 17")

@pytest.fixture
def never_set_up():
    raise OSError("no")

def test_never_set_up(never_set_up):
    pass

class TestClass:
    class TestInner:
        @pytest.mark.parametrize("text", ["a/b.c", "x[y]", "a::b", "new\\nline", "\\u00e9", "<&\\">", "\\0"])
        def test_any(self, text):
            pass

def test_skipped():
    pytest.skip("not here")

@pytest.mark.xfail
def test_xfailed():
    assert 0

@pytest.mark.xfail(strict=True)
def test_strictly_xfailed():
    pass

def test_times_out():
    pytest.fail("Timeout (>1.0s) from pytest-timeout.")
"""

EXPECTED = {
    "pkg/test_it.py::test_call": (Outcome.RERUN, 2),
    "pkg/test_it.py::test_setup": (Outcome.RERUN, 2),
    "pkg/test_it.py::test_teardown": (Outcome.RERUN, 2),
    "pkg/test_it.py::test_passes_and_is_never_torn_down": (Outcome.ERROR, 3),
    "pkg/test_it.py::test_fails_and_is_never_torn_down": (Outcome.FAILED, 3),
    "pkg/test_it.py::test_never_set_up": (Outcome.ERROR, 3),
    "pkg/test_it.py::TestClass::TestInner::test_any[a/b.c]": (Outcome.PASSED, 0),
    "pkg/test_it.py::TestClass::TestInner::test_any[x[y]]": (Outcome.PASSED, 0),
    "pkg/test_it.py::TestClass::TestInner::test_any[a::b]": (Outcome.PASSED, 0),
    "pkg/test_it.py::TestClass::TestInner::test_any[new\\nline]": (Outcome.PASSED, 0),
    "pkg/test_it.py::TestClass::TestInner::test_any[\\xe9]": (Outcome.PASSED, 0),
    'pkg/test_it.py::TestClass::TestInner::test_any[<&">]': (Outcome.PASSED, 0),
    "pkg/test_it.py::TestClass::TestInner::test_any[\\x00]": (Outcome.PASSED, 0),
    "pkg/test_it.py::test_skipped": (Outcome.SKIPPED, 0),
    "pkg/test_it.py::test_xfailed": (Outcome.XFAILED, 0),
    "pkg/test_it.py::test_strictly_xfailed": (Outcome.FAILED, 3),
    "pkg/test_it.py::test_times_out": (Outcome.TIMED_OUT, 3),
}


@pytest.fixture
def history(tmp_path: Path) -> Iterator[History]:
    with History(f"sqlite:///{tmp_path}/history.db") as opened:
        yield opened


@pytest.fixture
def imported(history: History, tmp_path: Path) -> Callable[..., Imports]:
    def run_import(*files: str | bytes | Path, root: Path | None = None) -> Imports:
        paths = []
        for number, content in enumerate(files):
            path = content if isinstance(content, Path) else tmp_path / f"{number}.xml"
            if not isinstance(content, Path):
                path.write_bytes(content if isinstance(content, bytes) else content.encode())
            paths.append(path)
        return import_junit(history, paths, ORIGIN, root=root or tmp_path, now=NOW)

    return run_import


@pytest.fixture
def results(history: History, imported: Callable[..., Imports]) -> Callable[..., dict[str, Result]]:
    """The results of one file by node id."""

    def read(*files: str | Path, root: Path | None = None) -> dict[str, Result]:
        imports = imported(*files, root=root)
        assert imports.failed == ()
        (one,) = imports.imported
        return {result.nodeid: result for result in history.run(one.session_id, 0).run.results}

    return read


@pytest.fixture(scope="module", params=["xunit1", "xunit2"])
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What pytest with pytest-rerunfailures really writes for `SUITE` and a module that does not import."""
    folder = tmp_path_factory.mktemp("project")
    (folder / "pkg").mkdir()
    (folder / "pkg/test_it.py").write_text(SUITE, encoding="utf-8")
    (folder / "pkg/test_broken.py").write_text("import no_such_module\n", encoding="utf-8")
    options = ["-p", "no:randomly", "--reruns=3", "--continue-on-collection-errors", "--junitxml=report.xml"]
    family = ["-o", f"junit_family={request.param}", "-o", "junit_logging=all", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, *family, "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 1, done.stdout + done.stderr
    return folder / "report.xml"


@pytest.mark.functional
@pytest.mark.parametrize("in_project", [True, False])
def test_what_pytest_and_rerunfailures_write_is_understood(
    written: Path, results: Callable[..., dict[str, Result]], tmp_path: Path, in_project: bool
) -> None:
    found = results(written, root=written.parent if in_project else tmp_path)
    assert {nodeid: (result.outcome, result.reruns) for nodeid, result in found.items()} == EXPECTED
    failed = found["pkg/test_it.py::test_fails_and_is_never_torn_down"].failure
    assert failed is not None
    assert (failed.phase, failed.exception, failed.message) == ("call", "KeyError", "'key 17'")
    assert failed.frames[-1].startswith("pkg/test_it.py:")
    assert "raise KeyError" in failed.text
    torn = found["pkg/test_it.py::test_passes_and_is_never_torn_down"].failure
    assert torn is not None
    assert (torn.phase, torn.exception, torn.message) == ("teardown", "ValueError", "no way out of 17 rooms")
    assert "captured" not in repr(found)


@pytest.mark.functional
def test_a_module_that_was_not_collected_is_told_and_is_no_test(
    written: Path, imported: Callable[..., Imports], history: History
) -> None:
    (one,) = imported(written).imported
    assert one.not_collected in (("pkg/test_broken.py",), ("pkg.test_broken",))
    assert one.results == len(EXPECTED)
    assert not [nodeid for nodeid in history.nodeids("p") if "broken" in nodeid]


def test_surefires_flaky_and_rerun_elements_are_understood(results: Callable[..., dict[str, Result]]) -> None:
    found = results("""<testsuite name="s" time="1,234.5" timestamp="2026-01-02T03:04:05+00:00">
      <testcase classname="test_a" name="flaky" time="1.5">
        <flakyFailure message="expected 1" type="java.lang.AssertionError"><stackTrace>trace</stackTrace></flakyFailure>
        <flakyError message="broke"/>
      </testcase>
      <testcase classname="test_a" name="broken">
        <failure message="ValueError: x" type="ValueError">first</failure><rerunFailure message="again"/>
      </testcase>
    </testsuite>""")
    flaky, broken = found["test_a.py::flaky"], found["test_a.py::broken"]
    assert (flaky.outcome, flaky.reruns, flaky.duration_s) == (Outcome.RERUN, 2, 1.5)
    assert flaky.failure is not None
    assert (flaky.failure.exception, flaky.failure.text) == ("java.lang.AssertionError", "trace")
    assert (broken.outcome, broken.reruns) == (Outcome.FAILED, 1)
    assert broken.failure is not None
    assert (broken.failure.exception, broken.failure.message) == ("ValueError", "x")


def test_a_test_listed_twice_as_skipped_was_not_run_again(results: Callable[..., dict[str, Result]]) -> None:
    case = "<testcase classname='test_a' name='t'><skipped type='pytest.skip'/></testcase>"
    found = results(f"<testsuite>{case}{case}</testsuite>")
    assert (found["test_a.py::t"].outcome, found["test_a.py::t"].reruns) == (Outcome.SKIPPED, 0)


def test_a_file_of_several_suites_is_one_run(history: History, imported: Callable[..., Imports]) -> None:
    (one,) = imported("""<testsuites>
      <testsuite
        time="2" timestamp="2026-01-02T03:04:06+00:00"><testcase classname="test_a" name="t" time="1"/></testsuite>
      <testsuite time="3" timestamp="2026-01-02T03:04:05"><testsuite time="1">
        <testcase classname="test_a" name="t"><failure message="assert 1 == 2"/></testcase>
      </testsuite></testsuite>
    </testsuites>""").imported
    stored = history.run(one.session_id, 0)
    assert [result.outcome for result in stored.run.results] == [Outcome.PASSED, Outcome.FAILED]
    assert [result.reruns for result in stored.run.results] == [0, 0]
    assert stored.run.duration_s == 5
    assert stored.run.started == min(
        datetime(2026, 1, 2, 3, 4, 6, tzinfo=UTC),
        datetime(2026, 1, 2, 3, 4, 5).astimezone(),  # older pytests write local time
    )
    assert (stored.session.kind, stored.session.revision, stored.session.dirty) == (SessionKind.IMPORT, "abc", True)
    assert history.session(one.session_id).complete


@pytest.mark.parametrize(
    ("case", "outcome"),
    [
        ("<failure message=\"worker 'gw0' crashed while running 'test_a.py::t'\"/>", Outcome.CRASHED),
        ('<failure message="Failed: Timeout &gt;1.0s"/>', Outcome.TIMED_OUT),
        ('<error message="test setup failure">E   OSError: x</error>', Outcome.ERROR),
        ('<skipped message="expected test failure"/>', Outcome.XFAILED),
        ('<skipped message="xfail-marked test passes unexpectedly"/>', Outcome.XPASSED),
        ('<skipped type="pytest.xfail" message="quarantined since 2026-01-02: assert 0"/>', Outcome.FAILED),
        ('<skipped message="quarantined since 2026-01-02, in teardown: OSError: x"/>', Outcome.ERROR),
        ("<skipped/>", Outcome.SKIPPED),
        ("<failure/>", Outcome.FAILED),
        (
            "<properties><property name='failure'/></properties><system-out><failure/></system-out>",
            Outcome.PASSED,
        ),
    ],
)
def test_each_case_becomes_the_outcome_that_it_tells(
    results: Callable[..., dict[str, Result]], case: str, outcome: Outcome
) -> None:
    found = results(f"<testsuite><testcase classname='test_a' name='t' time='nan'>{case}</testcase></testsuite>")
    assert (found["test_a.py::t"].outcome, found["test_a.py::t"].duration_s) == (outcome, 0)


def test_a_failure_in_quarantine_is_a_failure_with_its_reason(results: Callable[..., dict[str, Result]]) -> None:
    said = "quarantined since 2026-01-02, in setup: OSError: no space"
    case = f"<testcase classname='test_a' name='t'><skipped type='pytest.xfail' message='{said}'/></testcase>"
    failure = results(f"<testsuite>{case}</testsuite>")["test_a.py::t"].failure
    assert failure is not None
    assert (failure.phase, failure.exception, failure.message) == ("setup", "OSError", "no space")


def test_the_same_failure_has_the_same_fingerprint_whatever_its_numbers(
    results: Callable[..., dict[str, Result]],
) -> None:
    def case(name: str, message: str, line: int) -> str:
        return (
            f"<testcase classname='test_a' name='{name}'><failure message='{message}'>\n"
            f"test_a.py:{line}: in helper\n    x\n/usr/lib/python3.11/json/__init__.py:3: in loads\nE   {message}"
            "</failure></testcase>"
        )

    at_0x7f, at_0x8f = "ValueError: at 0x7f in /tmp/a1/x after 3 s", "ValueError: at 0x8f in /tmp/b2/y after 4.5 s"
    cases = case("a", at_0x7f, 3) + case("b", at_0x8f, 4) + case("c", "TypeError: " + at_0x7f[12:], 3)
    found = results(f"<testsuite>{cases}</testsuite>")
    a, b, c = (found[f"test_a.py::{name}"].failure for name in "abc")
    assert a is not None
    assert b is not None
    assert c is not None
    assert a.fingerprint == b.fingerprint != c.fingerprint
    assert a.frames == ("test_a.py:3 in helper",)


def test_a_file_counts_once_under_any_name(history: History, imported: Callable[..., Imports], tmp_path: Path) -> None:
    report = "<testsuite><testcase classname='test_a' name='t'/></testsuite>"
    first = imported(report, report + "<!-- another -->", report)
    again = imported(report)
    assert [one.is_new for one in first.imported + again.imported] == [True, True, False, False]
    assert history.rates("p", "c")[0].runs == 2
    other = import_junit(history, [tmp_path / "0.xml"], Origin(project="q", code_version="c"), root=tmp_path, now=NOW)
    assert other.imported[0].is_new


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "it is empty"),
        (b"   \n", "not well-formed"),
        (b"no XML", "not well-formed"),
        (b"<testsuite><testcase classname='a' name='t'/>", "not well-formed"),
        (b"<testsuite>\xff\xfe</testsuite>", "not well-formed"),
        (b"<?xml version='1.0' encoding='no-such-encoding'?><testsuite/>", "not well-formed"),
        (b"<html><testsuite/></html>", "its root is <html>"),
        (b"<!DOCTYPE testsuite><testsuite/>", "document type"),
    ],
)
def test_a_bad_file_is_named_and_loses_no_good_one(
    history: History, imported: Callable[..., Imports], tmp_path: Path, content: bytes, said: str
) -> None:
    imports = imported(
        content, "<testsuite><testcase classname='test_a' name='good'/></testsuite>", tmp_path / "none.xml"
    )
    bad, absent = imports.failed
    assert said in bad.message
    assert bad.where == str(tmp_path / "0.xml")
    assert bad.remedy
    assert "cannot be read" in absent.message
    assert history.nodeids("p") == ["test_a.py::good"]


def test_a_folder_is_no_report(imported: Callable[..., Imports], tmp_path: Path) -> None:
    (error,) = imported(tmp_path).failed
    assert "cannot be read" in error.message


def test_an_entity_bomb_is_refused_before_it_is_armed(imported: Callable[..., Imports]) -> None:
    entities = "".join(f"<!ENTITY e{i} '{f'&e{i - 1};' * 10 if i else 'x' * 1000}'>" for i in range(20))
    bomb = f"<!DOCTYPE testsuite [{entities}]><testsuite><testcase name='&e19;'>&e19;</testcase></testsuite>"
    (error,) = imported(bomb).failed
    assert "document type" in error.message


def test_an_external_entity_is_not_fetched(imported: Callable[..., Imports], tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    document_type = f"<!DOCTYPE testsuite [<!ENTITY e SYSTEM 'file://{tmp_path}/secret'>]>"
    (error,) = imported(f"{document_type}<testsuite><testcase name='t'>&e;</testcase></testsuite>").failed
    assert "document type" in error.message


def test_a_file_that_is_too_large_is_refused_unread(
    imported: Callable[..., Imports], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "huge.xml"
    with path.open("wb") as file:
        file.truncate(junit.LARGEST_FILE + 1)  # sparse
    (error,) = imported(path).failed
    assert "larger than 512 MiB" in error.message


def test_output_and_depth_beyond_all_measure_do_no_harm(results: Callable[..., dict[str, Result]]) -> None:
    output = "<system-out>" + "x" * 5_000_000 + "</system-out>"
    deep = "<properties>" * 20_000 + "</properties>" * 20_000
    long = "<failure message='ValueError: x'>" + "y" * 1_000_000 + "\nE   end</failure>"
    cases = "".join(
        f"<testcase classname='test_a' name='t{i}'>{part}</testcase>" for i, part in enumerate((output, deep, long))
    )
    found = results(f"<testsuite>{cases}<system-err>z</system-err></testsuite>")
    assert [result.outcome for result in found.values()] == [Outcome.PASSED, Outcome.PASSED, Outcome.FAILED]
    assert found["test_a.py::t2"].failure is not None
    assert found["test_a.py::t2"].failure.text.endswith("E   end")
    assert len(found["test_a.py::t2"].failure.text) < 25_000


def test_runs_of_one_source_are_imported_all_or_none(history: History, make_run: Callable[..., Run]) -> None:
    def broken_off() -> Iterator[Run]:
        yield make_run({"t": Outcome.PASSED}, number=0)
        raise HistoryError("line 7 is no JSON", where="record.jsonl")

    with pytest.raises(HistoryError, match="line 7"):
        import_runs(history, broken_off(), ORIGIN, source="digest", started=NOW, now=NOW)
    assert history.rates("p", "c") == []
    runs = [make_run({"t": Outcome.PASSED}, number=number) for number in range(3)]
    session_id, is_new = import_runs(
        history, runs, ORIGIN, source="digest", started=NOW, now=NOW, settings={"a": 1}, base_seed=5
    )
    assert is_new
    assert import_runs(history, runs, ORIGIN, source="digest", started=NOW, now=NOW) == (session_id, False)
    assert history.rates("p", "c")[0].runs == 3
    stored = history.session(session_id)
    assert (stored.run_numbers, stored.complete, stored.session.settings) == ((0, 1, 2), True, {"a": 1})


@pytest.mark.parametrize(
    ("said", "is_error", "reason"),
    [
        (
            '<error message="collection failure">    import fcntl\nE   ImportError: no fcntl</error>',
            True,
            "ImportError: no fcntl",
        ),
        ('<error message="collection failure"/>', True, ""),
        (
            "<skipped message='collection skipped'>('D:\\\\a\\\\t.py', 3, 'Skipped: POSIX only')</skipped>",
            False,
            "POSIX only",
        ),
        ("<skipped message='collection skipped'>('t.py', 3, \"Skipped: no 'x'\")</skipped>", False, "no 'x'"),
    ],
)
def test_why_a_module_has_no_outcome_is_read(tmp_path: Path, said: str, is_error: bool, reason: str) -> None:
    case = f'<testcase classname="" name="tests.test_a">{said}</testcase>'
    (tmp_path / "a.xml").write_text(f'<testsuite name="pytest">{case}</testsuite>', "utf-8")
    (told,) = junit.read_junit(tmp_path / "a.xml", NodeIds((), is_file=lambda _: False)).uncollected
    assert (told.path, told.is_error, told.reason) == ("tests/test_a.py", is_error, reason)
