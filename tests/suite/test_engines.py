"""Both engines make the same records of the same suite, however ill-behaved it is."""

from __future__ import annotations

import json
import os
import runpy
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import pytest

from noxtasks.errors import NotMeasuredError, TimeIsUpError
from noxtasks.suite import fresh, process
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Launch, Suite
from noxtasks.suite.model import EngineKind, Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

pytestmark = pytest.mark.functional

both = pytest.mark.parametrize("kind", EngineKind)
HASH_SEED = 7


@contextmanager
def an_engine(
    root: Path, python: Path, kind: EngineKind | None, *args: str, test_timeout_s: float = 30.0
) -> Iterator[Engine]:
    suite = Suite(root=root, python=python, pytest_args=args)
    with Engine(suite, root.parent / "scratch", kind=kind, test_timeout_s=test_timeout_s) as engine:
        (root.parent / "scratch").mkdir(exist_ok=True)
        yield engine


def request(number: int, order: Order = Order.BUCKETS, tests: tuple[str, ...] | None = None) -> RunRequest:
    return RunRequest(number=number, seed=100 + number, hash_seed=HASH_SEED, order=order, tests=tests)


def runs_of(engine: Engine, *requests: RunRequest, jobs: int = 1) -> list[Run]:
    engine.collect(hash_seed=HASH_SEED)
    return sorted(engine.runs(requests, jobs=jobs), key=lambda run: run.number)


def outcomes(run: Run) -> dict[str, Outcome]:
    return {result.nodeid: result.outcome for result in run.results}


def a_suite(folder: Path, **files: str) -> Path:
    root = folder / "suite"
    root.mkdir()
    for name, content in files.items():
        (root / f"{name}.py").write_text(content, "utf-8")
    (root / "pytest.ini").write_text("[pytest]\n")
    return root


@both
def test_each_ill_behaved_test_gets_its_own_outcome_and_takes_none_along(
    kind: EngineKind, project: Callable[[str], Path], python: Path
) -> None:
    root = project("ill_behaved")
    truth = runpy.run_path(str(root / "test_ill_behaved.py"))["OUTCOMES"]
    with an_engine(root, python, kind, test_timeout_s=3.0) as engine:
        runs = runs_of(engine, request(0, Order.COLLECTED), request(1), jobs=2)
    for run in runs:
        seen = {result.nodeid.partition("::")[2]: result for result in run.results}
        assert {name: seen[name].outcome.value for name in truth} == truth
        others = {name: result.outcome for name, result in seen.items() if name not in truth}
        assert set(others.values()) == {Outcome.PASSED}
        assert [result.position for result in run.results] == list(range(len(run.results)))
        assert run.complete
        assert run.segments == 8  # one process, and one more for each test that ended its own
        assert any("bytes to stdout" in note for note in seen["test_floods"].notes)
        assert "test_hangs" in seen["test_hangs"].failure.text  # type: ignore[union-attr]


@both
def test_what_a_test_does_to_its_process_for_good_spoils_no_record(
    kind: EngineKind, project: Callable[[str], Path], python: Path
) -> None:
    root = project("lasting")
    leaves = runpy.run_path(str(root / "test_lasting.py"))["LEAVES"]
    with an_engine(root, python, kind) as engine:
        (run,) = runs_of(engine, request(0, Order.COLLECTED))
    assert set(outcomes(run).values()) == {Outcome.PASSED}
    assert run.segments == 1
    notes = {result.nodeid.partition("::")[2]: result.notes for result in run.results if result.notes}
    assert notes == {name: (f"left a process running: {command}",) for name, command in leaves.items()}


def test_both_engines_make_the_same_records(project: Callable[[str], Path], python: Path) -> None:
    root = project("flaky")
    records = []
    for kind in EngineKind:
        with an_engine(root, python, kind) as engine:
            runs = runs_of(engine, request(0, Order.COLLECTED), request(1), request(2, Order.FULL))
        records.append(
            [
                (
                    run.number,
                    result.nodeid,
                    result.position,
                    result.outcome,
                    result.failure and (result.failure.fingerprint, result.failure.exception, result.failure.frames),
                )
                for run in runs
                for result in run.results
            ]
        )
    assert records[0] == records[1]
    assert {outcome for _, _, _, outcome, _ in records[0]} == {Outcome.PASSED, Outcome.FAILED}


@both
def test_a_run_repeats_exactly(kind: EngineKind, project: Callable[[str], Path], python: Path) -> None:
    with an_engine(project("flaky"), python, kind) as engine:
        first, again = runs_of(engine, request(3), request(3, tests=None))[:2]
        replayed = next(iter(engine.runs([request(3, tests=tuple(outcomes(first)))], jobs=1)))
    assert (
        [r.nodeid for r in first.results] == [r.nodeid for r in again.results] == [r.nodeid for r in replayed.results]
    )
    assert outcomes(first) == outcomes(again) == outcomes(replayed)


@both
def test_what_a_test_draws_depends_on_the_seed_and_its_name_alone(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    body = "import random\n" + "".join(
        f"def test_{n}():\n    drawn = random.random()\n    assert not drawn\n" for n in range(4)
    )
    with an_engine(a_suite(tmp_path, test_draws=body), python, kind) as engine:
        shuffled, alone, other = runs_of(engine, request(1), request(1, tests=("test_draws.py::test_2",)), request(2))

    def drawn(run: Run, name: str) -> str:
        return next(r.failure.message for r in run.results if r.nodeid.endswith(name) and r.failure)

    assert drawn(shuffled, "test_2") == drawn(alone, "test_2")
    assert drawn(shuffled, "test_2") != drawn(shuffled, "test_1")
    assert drawn(shuffled, "test_2") != drawn(other, "test_2")


@both
def test_settings_meant_for_one_session_do_no_harm(kind: EngineKind, tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_two="def test_a(): assert 0\ndef test_b(): pass\n")
    (root / "pytest.ini").write_text(
        "[pytest]\naddopts = -x -n 2 --dist loadfile --junitxml=out.xml --lf --sw -p randomly --reruns 0\n"
    )
    with an_engine(root, python, kind) as engine:
        (run,) = runs_of(engine, request(1))
    assert set(outcomes(run).values()) == {Outcome.FAILED, Outcome.PASSED}
    assert not (root / "out.xml").exists()
    assert not (root / ".pytest_cache").exists()


@both
def test_reruns_of_a_plugin_are_told(kind: EngineKind, tmp_path: Path, python: Path) -> None:
    body = """
import pytest
tries = []
@pytest.mark.flaky(reruns=2)
def test_second_time_lucky():
    tries.append(1)
    assert len(tries) > 1
"""
    with an_engine(a_suite(tmp_path, test_lucky=body), python, kind) as engine:
        (run,) = runs_of(engine, request(0))
    (result,) = run.results
    assert (result.outcome, result.reruns) == (Outcome.RERUN, 1)
    assert result.failure is not None


@both
def test_runs_side_by_side_have_names_as_workers_of_xdist_and_folders_of_their_own(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    body = """
import os, tempfile
def test_says(worker_id, tmp_path):
    assert not (worker_id, os.environ["PYTEST_XDIST_WORKER"], tempfile.gettempdir())
"""
    with an_engine(a_suite(tmp_path, test_says=body), python, kind) as engine:
        runs = runs_of(engine, request(0), request(1), jobs=2)
    messages = [run.results[0].failure.message for run in runs if run.results[0].failure]
    assert "'gw0', 'gw0'" in messages[0] or "'gw0', 'gw0'" in messages[1]
    assert len(set(messages)) == 2


@pytest.mark.parametrize("daemon", [True, False])  # one that is none keeps its process at the end
def test_a_fork_is_not_made_where_threads_are_alive_after_collection(
    daemon: bool, tmp_path: Path, python: Path
) -> None:
    body = f"""
import threading
threading.Thread(target=threading.Event().wait, daemon={daemon}, name="worker of ours").start()
def test_a(): pass
"""
    with an_engine(a_suite(tmp_path, test_threads=body), python, None) as engine:
        (run,) = runs_of(engine, request(0))
    assert (engine.chosen, run.engine) == (EngineKind.FRESH, EngineKind.FRESH)
    assert "worker of ours" in engine.reason
    assert outcomes(run) == {"test_threads.py::test_a": Outcome.PASSED}


def test_a_thread_that_stays_keeps_no_process_that_has_collected(tmp_path: Path, python: Path) -> None:
    body = "import threading\nthreading.Thread(target=threading.Event().wait).start()\ndef test_a(): pass\n"
    suite = Suite(root=a_suite(tmp_path, test_threads=body), python=python)
    collection = fresh.collect(suite, tmp_path / "collection", Launch(hash_seed=0), timeout_s=60)
    assert collection.exit_code is None  # it would be that of the kill
    assert len(collection.threads) == 1


def test_each_hash_seed_gets_a_process_of_its_own(tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_hash="def test_hash(): assert not hash('a')\n")
    requests = [RunRequest(number=number, seed=0, hash_seed=number // 2, order=Order.COLLECTED) for number in range(6)]
    with an_engine(root, python, EngineKind.FORK) as engine:
        engine.collect(hash_seed=0)
        runs = sorted(engine.runs(requests, jobs=2), key=lambda run: run.number)
    hashes = [run.results[0].failure.message for run in runs if run.results[0].failure]
    assert hashes[0] == hashes[1] != hashes[2] == hashes[3] != hashes[4] == hashes[5]


@both
def test_ids_that_another_collection_does_not_have_are_known(kind: EngineKind, tmp_path: Path, python: Path) -> None:
    body = """
import uuid, pytest
def test_stays(): pass
@pytest.mark.parametrize("value", [uuid.uuid4().hex])
def test_differs(value): assert value
"""
    root = a_suite(tmp_path, test_ids=body)
    requests = [RunRequest(number=number, seed=0, hash_seed=number, order=Order.COLLECTED) for number in range(2)]
    with an_engine(root, python, kind) as engine:
        engine.collect(hash_seed=0)
        assert engine.unstable_ids == set()
        runs = list(engine.runs(requests, jobs=1))
    seen = [{name for name in outcomes(run) if "differs" in name} for run in runs]
    assert len(seen[0] | seen[1]) == 2
    assert engine.unstable_ids >= seen[0] | seen[1]
    assert all("test_differs[" in name for name in engine.unstable_ids)


@both
def test_an_interruption_keeps_what_was_measured_and_leaves_no_process(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    body = """
import os, pathlib, threading
def test_a(): pass
def test_b():
    pathlib.Path("pid").write_text(f"{os.getpid()}\\n")
    threading.Event().wait()
"""
    root = a_suite(tmp_path, test_waits=body)
    os.mkfifo(root / "pid")
    pids: list[int] = []

    def interrupted_while_they_go_on() -> Iterator[RunRequest]:
        yield from (request(number, Order.COLLECTED) for number in range(2))
        pids.extend(map(int, (root / "pid").read_text().split()))
        raise KeyboardInterrupt

    with an_engine(root, python, kind, test_timeout_s=600.0) as engine:
        engine.collect(hash_seed=HASH_SEED)
        with pytest.raises(KeyboardInterrupt):
            list(engine.runs(interrupted_while_they_go_on(), jobs=3))
        cut_short = engine.abandon()
    assert cut_short
    for run in cut_short:
        assert not run.complete
        assert outcomes(run) == {"test_waits.py::test_a": Outcome.PASSED}
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


WAITS = """
import os, pathlib, threading
def test_waits():
    pathlib.Path("pid").write_text(f"{os.getpid()}\\n")
    threading.Event().wait()
"""


@pytest.mark.parametrize("is_abandoned", [True, False])
def test_what_another_thread_carries_out_ends_when_it_is_abandoned_or_the_engine_left(
    is_abandoned: bool, tmp_path: Path, python: Path
) -> None:
    root = a_suite(tmp_path, test_waits=WAITS)
    os.mkfifo(root / "pid")
    ended: list[str] = []

    def carry_out(engine: Engine) -> None:
        with pytest.raises(NotMeasuredError, match="abandoned"):
            engine.run_fresh(request(0))
        ended.append("run")

    with an_engine(root, python, EngineKind.FRESH, test_timeout_s=600.0) as engine:
        other = threading.Thread(target=carry_out, args=(engine,), daemon=True)
        other.start()
        pid = int((root / "pid").read_text())
        if is_abandoned:
            engine.abandon()
            other.join(30)
            assert ended
    other.join(30)
    assert ended
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@both
def test_leaving_an_engine_ends_what_it_has_started_whatever_happened(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    root = a_suite(tmp_path, test_waits=WAITS)
    os.mkfifo(root / "pid")
    pids: list[int] = []

    def broken_while_it_goes_on() -> Iterator[RunRequest]:
        yield from (request(number) for number in range(2))  # the first is under way once the third is asked for
        pids.extend(map(int, (root / "pid").read_text().split()))
        raise ZeroDivisionError

    with an_engine(root, python, kind, test_timeout_s=600.0) as engine:
        engine.collect(hash_seed=HASH_SEED)
        with pytest.raises(ZeroDivisionError):
            list(engine.runs(broken_while_it_goes_on(), jobs=3))
    assert pids
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


@both
def test_runs_can_be_made_after_others_were_given_up(kind: EngineKind, tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_waits=WAITS, test_quick="def test_a(): pass\n")
    os.mkfifo(root / "pid")

    def given_up() -> Iterator[RunRequest]:
        yield from (request(number, tests=("test_waits.py::test_waits",)) for number in range(2))
        (root / "pid").read_text()
        raise ZeroDivisionError

    with an_engine(root, python, kind, test_timeout_s=600.0) as engine:
        engine.collect(hash_seed=HASH_SEED)
        with pytest.raises(ZeroDivisionError):
            list(engine.runs(given_up(), jobs=3))
        (run,) = engine.runs([request(2, tests=("test_quick.py::test_a",))], jobs=2)
    assert outcomes(run) == {"test_quick.py::test_a": Outcome.PASSED}


def test_a_process_that_dies_before_any_test_is_tried_once_more_and_then_no_measurement(
    tmp_path: Path, python: Path
) -> None:
    body = """
import os, resource
ORDER = '{"frame":"order","indices":[0]}\\n'
os.register_at_fork(after_in_child=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (len(ORDER),) * 2))
open("forks", "w").close()
os.register_at_fork(after_in_parent=lambda: open("forks", "a").write("x"))
def test_a(): pass
"""
    root = a_suite(tmp_path, test_full=body)
    with (
        an_engine(root, python, EngineKind.FORK) as engine,
        pytest.raises(NotMeasuredError, match="before its first test: exit status 97: it could not write"),
    ):
        runs_of(engine, request(0))
    assert (root / "forks").read_text() == "xx"


@both
def test_the_garbage_collector_shows_a_test_what_was_there_before_it(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    body = """
import gc
class Thing: pass
held = [Thing()]
def test_referrers(): assert any(each is held for each in gc.get_referrers(held[0]))
"""
    with an_engine(a_suite(tmp_path, test_gc=body), python, kind) as engine:
        (run,) = runs_of(engine, request(0))
    assert outcomes(run) == {"test_gc.py::test_referrers": Outcome.PASSED}


@both
def test_collection_errors_do_not_keep_the_sound_tests_from_running(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    root = a_suite(tmp_path, test_sound="def test_a(): pass\n", test_broken="import no_such_module\n")
    with an_engine(root, python, kind) as engine:
        collection = engine.collect(hash_seed=HASH_SEED)
        (run,) = engine.runs([request(0)], jobs=1)
    assert len(collection.problems) == 1
    assert outcomes(run) == {"test_sound.py::test_a": Outcome.PASSED}


@both
def test_the_same_failure_in_two_runs_is_one_wherever_they_work_and_is_told_with_what_was_captured(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    body = """
import logging, tempfile
def test_says(tmp_path):
    print("printed")
    logging.getLogger().warning("logged")
    raise OSError(f"{tmp_path}, {tempfile.mkdtemp()}, {__file__}")
"""
    scratch = tmp_path / "a folder that no pattern knows"
    scratch.mkdir()
    suite = Suite(root=a_suite(tmp_path, test_says=body), python=python)
    with Engine(suite, scratch, kind=kind, test_timeout_s=30.0) as engine:
        first, second = (run.results[0].failure for run in runs_of(engine, request(0), request(1)))
    assert first is not None
    assert second is not None
    assert first.message != second.message
    assert first.fingerprint == second.fingerprint
    assert "Captured stdout call -" in first.text
    assert "printed\n" in first.text
    assert "logged" in first.text.rpartition("Captured log call")[2]


@both
def test_text_that_is_no_unicode_is_kept_as_far_as_it_can_be_told(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    body = r"""
import os, pytest
@pytest.mark.parametrize("name", [0], ids=lambda name: "\udc80")
def test_says(name):
    print("captured \udcff")
    exec(compile("raise OSError(os.fsdecode(b'no \\xff'))", os.path.dirname(__file__) + "/\udc80.py", "exec"))
"""
    root = a_suite(tmp_path, test_text=body)
    option = "disable_test_id_escaping_and_forfeit_all_rights_to_community_support"
    (root / "pytest.ini").write_text(f"[pytest]\n{option} = true\n")
    with an_engine(root, python, kind) as engine:
        (run,) = runs_of(engine, request(0))
    (result,) = run.results
    assert result.nodeid == r"test_text.py::test_says[\udc80]"
    assert result.failure is not None
    assert result.failure.message == r"no \udcff"
    assert result.failure.frames[-1] == r"\udc80.py:1 in <module>"
    assert json.loads(msgspec.json.encode(run))


def test_a_report_is_json_that_any_reader_takes(project: Callable[[str], Path], python: Path) -> None:
    wire = project("flaky").parent / "record.jsonl"
    suite = Suite(root=wire.parent / "flaky", python=python)
    env = suite.environment(Launch(hash_seed=0), wire=wire, task=None)
    process.run(suite.command(Launch(hash_seed=0), "-q", "-n2"), cwd=suite.root, env=env)
    frames = [json.loads(line) for line in wire.read_text().splitlines()]
    assert frames[0]["frame"] == "hello"
    assert {f["test"] for f in frames if f["frame"] == "finish"} >= {"test_flaky.py::test_is_broken"}


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
def test_a_process_forked_before_anything_is_imported_is_as_one_that_was_started(
    project: Callable[[str], Path], python: Path
) -> None:
    root = project("ill_behaved")
    truth = runpy.run_path(str(root / "test_ill_behaved.py"))["OUTCOMES"]
    with an_engine(root, python, EngineKind.FORK, test_timeout_s=3.0) as engine:
        engine.collect(hash_seed=HASH_SEED)
        forked = list(engine.runs_fresh([request(0, Order.COLLECTED), request(1, Order.COLLECTED)], jobs=2))
    for run in forked:
        seen = {result.nodeid.partition("::")[2]: result.outcome.value for result in run.results}
        assert {name: seen[name] for name in truth} == truth
        assert (run.engine, run.segments) == (EngineKind.FRESH, 8)


@both
def test_a_run_that_stops_ends_with_its_first_failure_and_tears_down(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    test_it = """
import os, pathlib, pytest

@pytest.fixture(scope="module")
def shop():
    yield
    pathlib.Path(os.environ["CLOSED"]).touch()

def test_a(shop): pass
def test_b(shop): assert os.environ["MUTANT_UNDER_TEST"] == "none"
def test_c(shop): pass
"""
    root = a_suite(tmp_path, test_it=test_it)
    closed = tmp_path / "closed"
    with pytest.MonkeyPatch.context() as patch, an_engine(root, python, kind) as engine:
        patch.setenv("CLOSED", str(closed))
        mutated = msgspec.structs.replace(request(0, Order.COLLECTED), stops=True, mutant="it.x_f__mutmut_1")
        (run,) = runs_of(engine, mutated)
    assert list(outcomes(run).values()) == [Outcome.PASSED, Outcome.FAILED]
    assert (run.segments, run.died) == (1, None)
    assert run.results[-1].failure is not None
    assert "it.x_f__mutmut_1" in run.results[-1].failure.message
    assert closed.exists()


@both
def test_when_the_time_is_up_runs_end_and_what_was_under_way_can_be_had(
    kind: EngineKind, tmp_path: Path, python: Path
) -> None:
    waits = "import threading\n\ndef test_a(): pass\ndef test_b(): threading.Event().wait()\n"
    with an_engine(a_suite(tmp_path, test_it=waits), python, kind) as engine:
        engine.collect(hash_seed=HASH_SEED)
        engine.until_s = time.monotonic() + 2.0
        with pytest.raises(TimeIsUpError):
            list(engine.runs([request(0, Order.COLLECTED)], jobs=1))
        assert all(not run.complete for run in engine.abandon())
        with pytest.raises(TimeIsUpError):
            engine.run_fresh(request(1, Order.COLLECTED))


@both
def test_when_the_time_is_up_a_collection_ends(kind: EngineKind, tmp_path: Path, python: Path) -> None:
    root = a_suite(tmp_path, test_it="import threading\n\nthreading.Event().wait()\n")
    with an_engine(root, python, kind) as engine:
        engine.until_s = time.monotonic() + 0.5
        with pytest.raises(TimeIsUpError):
            engine.collect(hash_seed=HASH_SEED)
