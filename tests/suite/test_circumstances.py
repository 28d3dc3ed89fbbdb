"""A run in other circumstances: each is what it says, in both engines, and what cannot be had is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from noxtasks.probe.noxtasks_probe import circumstances
from noxtasks.suite.engine import Engine
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Circumstances, EngineKind, Order, Outcome, Run
from noxtasks.suite.runs import RunRequest

pytestmark = pytest.mark.functional

SUITE = """
import asyncio, datetime, locale, os, secrets, socket, tempfile, time, uuid, warnings
from pathlib import Path
import pytest

STATE = {"uses": 0}
DRAWN = Path(__file__).with_name("drawn")

def test_clock():
    assert datetime.datetime.now().date() == datetime.date(2028, 2, 29)
    assert time.localtime().tm_year == 2028
def test_clock_goes_on():
    began = time.time(); asyncio.run(asyncio.sleep(0.001)); assert time.time() > began
def test_timezone(): assert time.strftime("%z") == "+1400"
def test_locale(): assert locale.setlocale(locale.LC_ALL) == "C"
def test_columns(): assert os.get_terminal_size.__module__ and __import__("shutil").get_terminal_size() == (33, 33)
def test_umask(tmp_path):
    (tmp_path / "made").touch(); assert (tmp_path / "made").stat().st_mode & 0o777 == 0o600
def test_empty_home(): assert list(Path.home().iterdir()) == []
def test_elsewhere(): assert os.listdir(".") == []
def test_offline():
    with pytest.raises(OSError): socket.create_connection(("192.0.2.1", 80), timeout=0.001)
    with socket.socket() as used, pytest.raises(OSError, match="unreachable"): used.connect(("192.0.2.1", 80))
    with socket.create_server(("127.0.0.1", 0)) as server: socket.create_connection(server.getsockname()).close()
def test_unwritable_tmp():
    with pytest.raises(OSError): tempfile.mkdtemp()
def test_one_cpu(): assert os.cpu_count() == 1 == len(os.sched_getaffinity(0))
def test_strict_warnings():
    with pytest.raises(UserWarning): warnings.warn("careful")
def test_entropy():
    with DRAWN.open("a") as file: file.write(f"{secrets.token_hex(4)} {uuid.uuid4()}\\n")
def test_slow_files():
    began = time.perf_counter(); open(os.devnull).close(); assert time.perf_counter() - began >= 0.002
    began = time.perf_counter(); Path(os.devnull).read_text(); assert time.perf_counter() - began >= 0.002
def test_starved(): assert len(os.sched_getaffinity(0)) == 1
def test_xdist_worker(request):
    assert os.environ.get("PYTEST_XDIST_WORKER") == "gw7" == request.config.workerinput["workerid"]
def test_optimised(): assert not __debug__
def test_is_not_idempotent():
    STATE["uses"] += 1
    assert STATE["uses"] == 1
@pytest.fixture
def makes(tmp_path): yield tmp_path / "made"
def test_uses_a_fixture(makes): makes.mkdir()
def test_changes_much(monkeypatch):
    STATE["new"] = []
    os.environ["LEFT"] = "here"
    warnings.filterwarnings("ignore", "left")
"""


@contextmanager
def an_engine(tmp_path: Path, python: Path, kind: EngineKind) -> Iterator[Engine]:
    root = tmp_path / "suite"
    root.mkdir()
    (root / "test_it.py").write_text(SUITE)
    (root / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "scratch").mkdir()
    suite = Suite(root=root, python=python, pytest_args=("-p", "no:randomly", "-p", "no:asyncio"))
    with Engine(suite, tmp_path / "scratch", kind=kind, test_timeout_s=30.0) as engine:
        engine.collect(hash_seed=1)
        yield engine


def request(
    number: int, *names: str, circumstances: Circumstances | None = None, observed: tuple[str, ...] = ()
) -> RunRequest:
    return RunRequest(
        number=number,
        seed=1,
        hash_seed=1,
        order=Order.COLLECTED,
        tests=tuple(f"test_it.py::{name}" for name in names),
        circumstances=circumstances or Circumstances(),
        observed=observed,
    )


def outcomes(run: Run) -> list[Outcome]:
    return [result.outcome for result in run.results]


OTHERS = {
    "test_clock": Circumstances(clock="2028-02-29 12:00"),
    "test_timezone": Circumstances(timezone="Pacific/Kiritimati"),
    "test_locale": Circumstances(locale="C"),
    "test_columns": Circumstances(columns=33),
    "test_umask": Circumstances(umask=0o077),
    "test_empty_home": Circumstances(empty_home=True),
    "test_elsewhere": Circumstances(elsewhere=True),
    "test_offline": Circumstances(offline=True),
    "test_unwritable_tmp": Circumstances(unwritable_tmp=True),
    "test_one_cpu": Circumstances(one_cpu=True),
    "test_strict_warnings": Circumstances(strict_warnings=True),
    "test_slow_files": Circumstances(slow_files=True),
    "test_xdist_worker": Circumstances(xdist_worker=True),
    "test_optimised": Circumstances(optimised=True),
}


@pytest.mark.parametrize("kind", EngineKind)
def test_each_circumstance_is_what_it_says(tmp_path: Path, python: Path, kind: EngineKind) -> None:
    with an_engine(tmp_path, python, kind) as engine:
        requests = [request(n, name, circumstances=other) for n, (name, other) in enumerate(OTHERS.items())]
        found = {run.number: run for run in engine.runs(requests, jobs=2)}
        usual = next(iter(engine.runs([request(100, *OTHERS)], jobs=1)))
    assert {name: outcomes(found[n]) for n, name in enumerate(OTHERS)} == {name: [Outcome.PASSED] for name in OTHERS}
    without = {result.nodeid.partition("::")[2]: result.outcome for result in usual.results}
    told = {name for name, outcome in without.items() if outcome is Outcome.FAILED}
    assert told >= OTHERS.keys() - {"test_locale", "test_elsewhere", "test_empty_home", "test_offline"}


def test_every_circumstance_is_known_to_the_probe() -> None:
    known = {*circumstances._APPLY, *circumstances._AT_START}
    assert known == set(Circumstances.__struct_fields__)


def test_a_moved_clock_goes_on(tmp_path: Path, python: Path) -> None:
    moved = Circumstances(clock="2038-01-19 03:14:00")
    with an_engine(tmp_path, python, EngineKind.FORK) as engine:
        (run,) = engine.runs([request(0, "test_clock_goes_on", circumstances=moved)], jobs=1)
    assert outcomes(run) == [Outcome.PASSED]
    assert 0 < run.results[0].duration_s < 60


def test_the_systems_randomness_can_be_had_again(tmp_path: Path, python: Path) -> None:
    requests = [
        request(n, "test_entropy", circumstances=Circumstances(entropy=seed)) for n, seed in enumerate([1, 1, 2])
    ]
    with an_engine(tmp_path, python, EngineKind.FORK) as engine:
        assert all(outcomes(run) == [Outcome.PASSED] for run in engine.runs(requests, jobs=1))
    first, again, other = (tmp_path / "suite" / "drawn").read_text().splitlines()
    assert first == again != other


def test_what_competes_for_the_processor_ends_with_the_run(tmp_path: Path, python: Path) -> None:
    with an_engine(tmp_path, python, EngineKind.FORK) as engine:
        (run,) = engine.runs([request(0, "test_starved", circumstances=Circumstances(starved=True))], jobs=1)
    assert outcomes(run) == [Outcome.PASSED]
    assert run.results[0].notes == ()


@pytest.mark.parametrize("kind", EngineKind)
def test_what_this_system_lacks_is_told_and_nothing_is_run(tmp_path: Path, python: Path, kind: EngineKind) -> None:
    lacking = Circumstances(locale="tlh_KX.UTF-8", timezone="Mars/Base")
    with an_engine(tmp_path, python, kind) as engine:
        (run,) = engine.runs([request(0, "test_locale", circumstances=lacking)], jobs=1)
    assert run.results == ()
    assert "Mars/Base" in run.unavailable or "tlh_KX" in run.unavailable


@pytest.mark.parametrize("kind", EngineKind)
def test_a_test_can_be_run_twice_in_one_process(tmp_path: Path, python: Path, kind: EngineKind) -> None:
    names = ["test_uses_a_fixture"] * 2 + ["test_is_not_idempotent"] * 2
    with an_engine(tmp_path, python, kind) as engine:
        (run,) = engine.runs([request(0, *names)], jobs=1)
    assert [result.nodeid.partition("::")[2] for result in run.results] == names
    assert outcomes(run) == [Outcome.PASSED] * 3 + [Outcome.FAILED]


@pytest.mark.parametrize("kind", EngineKind)
def test_what_an_observed_test_leaves_changed_is_told(tmp_path: Path, python: Path, kind: EngineKind) -> None:
    observed = ("test_it.py::test_changes_much", "test_it.py::test_uses_a_fixture")
    with an_engine(tmp_path, python, kind) as engine:
        (run,) = engine.runs([request(0, "test_changes_much", "test_uses_a_fixture", observed=observed)], jobs=1)
    changes = {test: {(each.kind, each.name): each for each in changes} for test, changes in run.changes}
    much = changes[observed[0]]
    assert set(much) == {("module", "test_it.STATE"), ("environment", "LEFT")}
    assert (much["environment", "LEFT"].before, much["environment", "LEFT"].after) == ("", "here")
    assert "'new'" in much["module", "test_it.STATE"].after
    assert changes[observed[1]] == {}
