"""What real projects have, and small samples have not: sessions on it, as their users would run them."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from noxtasks import bench
from noxtasks.config import BenchSettings, Settings
from noxtasks.errors import ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts

pytestmark = [pytest.mark.functional, pytest.mark.skipif(sys.platform == "win32", reason="the two sides need FIFOs")]

SETTINGS = Settings(bench=BenchSettings(seconds_s=0.005), install=("pytest",))
CODE = "def work(n):\n    return sum(i * i for i in range(n))\n"
BENCHMARK = "import shop\n\ndef test_work(benchmark):\n    benchmark(shop.work, 500)\n"
WAITED_S = 120


@pytest.fixture(autouse=True)
def few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p pytest_benchmark.plugin")


@pytest.fixture
def root(tmp_path: Path, git: Callable[..., str], commit: Callable[..., str]) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    git(folder, "init", "--quiet")
    (folder / "conftest.py").write_text("")
    (folder / "shop.py").write_text(CODE)
    (folder / "test_shop.py").write_text(BENCHMARK)
    commit(folder, "one")
    return folder


def told(root: Path) -> artifacts.Artifact:
    return artifacts.read(root / "reports", "perf.comparison.json")


def test_rounds_are_added_where_that_is_safe_and_marked_tests_are_timed_without_the_fixture(
    root: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "test_shop.py").write_text(
        "import pytest\nimport shop\n\n"
        "def test_none(benchmark):\n    benchmark.pedantic(shop.work, (500,))\n\n"
        "def test_setup(benchmark):\n    benchmark.pedantic(shop.work, setup=lambda: ((500,), {}), rounds=1)\n\n"
        "def test_one(benchmark):\n    benchmark.pedantic(shop.work, (500,), rounds=1)\n\n"
        "@pytest.mark.benchmark\ndef test_marked():\n    shop.work(500)\n\n"
        "def test_plain():\n    shop.work(500)\n"
    )
    assert bench.run(root, SETTINGS, python=python) is ExitCode.NOTHING_FOUND
    rounds = {each["test"].partition("::")[2]: each["rounds"] for each in told(root).timing["new"]}
    assert rounds == {"test_none": 50, "test_setup": 50, "test_one": 5, "test_marked": rounds["test_marked"]}
    assert rounds["test_marked"] >= 50
    assert "1 benchmark has but 1 round in each process" in " ".join(capsys.readouterr().out.split())


def test_benchmarks_that_pytest_does_not_find_by_itself_are_named(root: Path, python: Path) -> None:
    (root / "test_shop.py").rename(root / "speed.py")
    with pytest.raises(NotMeasuredError, match="no test that pytest finds by itself") as caught:
        bench.run(root, SETTINGS, python=python)
    assert caught.value.remedy.splitlines()[0] == "Name them: noxtasks bench -- speed.py"
    assert 'paths = ["speed.py"]' in caught.value.remedy


def test_helpers_are_brought_with_benchmarks_and_it_is_said_what_the_old_code_cannot_import(
    root: Path, python: Path
) -> None:
    """With a configuration elsewhere pytest names tests from their own folder."""
    (root / "shop.py").write_text(CODE + "\ndef new():\n    pass\n")
    folder = root / "perf"
    folder.mkdir()
    (folder / "sizes.py").write_text("SIZE = 500\n")
    (folder / "test_sized.py").write_text(
        "import sizes\nimport shop\n\ndef test_sized(benchmark):\n    benchmark(shop.work, sizes.SIZE)\n"
    )
    (folder / "test_new.py").write_text("from shop import new\n\ndef test_new(benchmark):\n    benchmark(new)\n")
    settings = Settings(bench=BenchSettings(seconds_s=0.005, budget_s=0.001), install=("pytest",))
    with pytest.raises(NotMeasuredError, match="the time was up"):
        bench.run(root, settings, python=python, against="HEAD", pytest_args=("-c", "/dev/null", "perf"))
    found = told(root).result
    assert found["brought"] == ["perf/sizes.py", "perf/test_new.py", "perf/test_sized.py"]
    assert [each["test"].partition("::")[2] for each in found["benchmarks"]] == ["test_sized"]
    (left_out,) = found["left_out"]
    assert "cannot be run with the old code" in left_out["reason"]
    assert "new" in left_out["reason"]


def test_what_is_compiled_for_one_side_alone_is_not_compared(
    root: Path, python: Path, commit: Callable[..., str]
) -> None:
    ask = "import _json; print(getattr(_json, '__file__', ''))"
    built = subprocess.run([python, "-c", ask], check=True, capture_output=True, text=True).stdout.strip()
    if not built:
        pytest.skip("this interpreter has no module that it could be tried with")
    (root / ".gitignore").write_text(f"*{EXTENSION_SUFFIXES[0]}\n")
    (root / "fast").mkdir()
    (root / "fast/__init__.py").write_text("try:\n    from fast import _json\nexcept ImportError:\n    pass\n")
    (root / "fast/_json.c").write_text("")
    (root / "test_shop.py").write_text(f"import fast\n{BENCHMARK}")
    commit(root, "with a source")
    (root / f"fast/_json{EXTENSION_SUFFIXES[0]}").write_bytes(Path(built).read_bytes())
    with pytest.raises(NotMeasuredError, match=r"the new code has the compiled module fast\._json, and the old"):
        bench.run(root, SETTINGS, python=python, against="HEAD")


def test_an_interrupted_session_writes_what_there_is_and_leaves_nothing(
    root: Path, tmp_path: Path, git: Callable[..., str], python: Path
) -> None:
    """Of the fifth process, the second one of the new code, it is waited for the word that it has begun."""
    says, starts = tmp_path / "says", tmp_path / "starts"
    subprocess.run(["mkfifo", str(says)], check=True)  # noqa: S607
    waits = f"open({str(says)!r}, 'w').close(); threading.Event().wait()"
    (root / "test_shop.py").write_text(
        f"import os, threading\n{BENCHMARK}"
        f"    open({str(starts)!r}, 'a').write('.')\n    if os.path.getsize({str(starts)!r}) == 4:\n        {waits}\n"
    )
    command = [sys.executable, "-m", "noxtasks", "bench", "--python", str(python), "--against", "HEAD"]
    command += ["-S", 'install=["pytest"]', "-S", "bench.seconds=0.005"]
    running = subprocess.Popen(
        command, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    try:
        says.read_text()
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=WAITED_S)
    finally:
        running.kill()
        running.wait()
    assert running.returncode == ExitCode.INTERRUPTED
    assert "interrupted; what was measured is written" in said
    artifact = told(root)
    assert not artifact.provenance.complete
    assert (artifact.result["verdict"], artifact.result["is_whole"]) == ("unmeasured", False)
    assert [each["pairs"] for each in artifact.result["benchmarks"]] == [1]
    tree = next((root / ".noxtasks/bench").glob("*/tree"))
    assert not list((root / ".git/worktrees").glob("*/*.lock"))
    assert git(tree, "rev-parse", "HEAD") == git(root, "rev-parse", "HEAD")
