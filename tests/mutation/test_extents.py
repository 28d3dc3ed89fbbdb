"""Scans that try a part of the mutants, or hold them against more than a number: as a whole, with real tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from noxtasks import mutation
from noxtasks.config import MutationSettings, Settings
from noxtasks.errors import ConfigurationError, ExitCode, NotMeasuredError
from noxtasks.evidence import artifacts, events
from noxtasks.mutation import emit

pytestmark = pytest.mark.functional

WAITED_S = 120


@pytest.fixture(autouse=True)
def few_plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


def settings(**given: Any) -> Settings:
    return Settings(mutation=MutationSettings(jobs=2, **given))


def functions(names: Sequence[str]) -> str:
    return "\n\n".join(f"def {name}():\n    return 1\n" for name in names)


def a_test_of(module: str, names: Sequence[str], *, untold: Sequence[str] = ()) -> str:
    """A test that calls all of the functions, and looks at what they give but for those that are `untold`."""
    lines = [f"    {module}.{name}()" if name in untold else f"    assert {module}.{name}() == 1" for name in names]
    return "\n".join([f"import {module}", "", "def test_it():", *lines])


NAMES = [f"f{number}" for number in range(60)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(functions(NAMES))
    (tmp_path / "test_shop.py").write_text(a_test_of("shop", NAMES))
    return tmp_path


def told(root: Path) -> Any:
    return artifacts.read(root / "reports", emit.REPORT).result


def test_a_gate_ends_as_soon_as_it_is_certain(root: Path, python: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert mutation.run(root, settings(gate=True), python=python) is ExitCode.NOTHING_FOUND
    result = told(root)
    assert (result["judgement"]["verdict"], result["extent"]["ending"]) == ("pass", "certain")
    assert 24 <= result["score"]["counts"]["killed"] < 60
    assert result["score"]["interval"]["low"] > 0.6
    assert "could not change the verdict" in " ".join(capsys.readouterr().out.split())
    assert artifacts.verify(root / "reports") == []


def test_a_cap_gives_a_figure_with_its_interval_and_no_verdict_that_is_not_sure(root: Path, python: Path) -> None:
    (root / "pyproject.toml").write_text("[tool.mutmut]\nmax_mutations = 6\n")
    (root / "test_shop.py").write_text(a_test_of("shop", NAMES, untold=NAMES[::2]))
    with pytest.raises(NotMeasuredError, match="6 of 60 mutants tried: between"):
        mutation.run(root, settings(), python=python)
    result = told(root)
    assert (result["judgement"]["verdict"], result["extent"]["choice"]) == ("unmeasured", "cap")
    assert (result["extent"]["mutants"], result["extent"]["chosen"]) == (60, 6)
    assert result["score"]["counts"]["unchecked"] == 54
    assert result["score"]["interval"]["low"] < result["score"]["figure"] < result["score"]["interval"]["high"]


def test_a_budget_that_does_not_allow_for_a_mutant_measures_nothing(root: Path, python: Path) -> None:
    with pytest.raises(NotMeasuredError, match="are over before a mutant could be tried"):
        mutation.run(root, settings(budget_s=1.0), python=python)
    assert not (root / "reports" / emit.REPORT).exists()
    assert list((root / ".noxtasks" / "mutation").iterdir()) == []


def test_scopes_suppressions_and_the_ratchet_say_more_than_a_number(
    tmp_path: Path, python: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = NAMES[:4]
    for module in ("bill", "cart", "rest"):
        (tmp_path / f"{module}.py").write_text(functions(names))
        (tmp_path / f"test_{module}.py").write_text(a_test_of(module, names, untold=("f0",)))
    scopes = {"billing": ("bill.py",), "carts": ("cart*",)}
    strict = settings(scopes=scopes, scope_thresholds={"carts": 0.9})
    assert mutation.run(tmp_path, strict, python=python) is ExitCode.FOUND
    before = told(tmp_path)
    assert {each["name"]: each["judgement"]["verdict"] for each in before["scopes"]} == {
        "billing": "pass",
        "carts": "fail",
    }
    assert {mutant["path"] for mutant in before["mutants"]} == {"bill.py", "cart.py"}
    assert before["score"]["figure"] == 0.75

    (tmp_path / "base.json").write_bytes((tmp_path / "reports" / emit.REPORT).read_bytes())
    survivor = next(each for each in before["mutants"] if (each["path"], each["status"]) == ("cart.py", "survived"))
    (tmp_path / "mutation.suppressions.toml").write_text(
        f'[[mutant]]\nid = "{survivor["id"]}"\nreason = "nobody asks"\nexpires = 2999-01-01\n'
        '[[mutant]]\npath = "bill.py"\nfunction = "f1"\nreason = "it was so"\nexpires = 2001-01-01\n'
    )
    ratcheted = settings(scopes=scopes, scope_thresholds={"carts": 0.9}, ratchet="base.json")
    assert mutation.run(tmp_path, ratcheted, python=python) is ExitCode.NOTHING_FOUND
    (suppressed,) = (each for each in told(tmp_path)["mutants"] if each["status"] == "skipped")
    assert (suppressed["id"], suppressed["reason"]) == (survivor["id"], "nobody asks")
    assert "expired on 2001-01-01" in capsys.readouterr().out

    (tmp_path / "cart.py").write_text(functions([*names, *NAMES[4:20]]))
    (tmp_path / "test_cart.py").write_text(a_test_of("cart", [*names, *NAMES[4:20]], untold=("f0", "f4")))
    (tmp_path / "test_bill.py").write_text(a_test_of("bill", names, untold=("f1",)))
    advisory = msgspec.structs.replace(ratcheted.mutation, blocking_after=9)
    assert mutation.run(tmp_path, Settings(mutation=advisory), python=python) is ExitCode.NOTHING_FOUND
    after = told(tmp_path)
    assert after["judgement"]["verdict"] == "fail"
    assert after["gate"] == {"is_blocking": False, "said": "advisory, and for 6 further scans"}
    by_id = {each["id"]: f"{each['path']} {each['function']}" for each in after["mutants"]}
    assert [by_id[each] for each in after["ratchet"]["regressed"]] == ["bill.py f1"]
    assert [by_id[each] for each in after["ratchet"]["new"]] == ["cart.py f4"]
    assert after["score"]["figure"] > before["score"]["figure"]


def test_what_the_settings_name_and_is_not_there_is_an_error(root: Path, python: Path) -> None:
    for given in ({"ratchet": "base.json"}, {"scopes": {"a": ("shp.py",)}}, {"paths": ("shp.py",)}):
        with pytest.raises(ConfigurationError, match=r"base\.json cannot be read|Did you mean shop\.py"):
            mutation.run(root, settings(**given), python=python)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="waits for a test to say that it waits")
def test_an_interrupted_scan_keeps_what_is_settled_and_says_that_it_is_not_whole(tmp_path: Path) -> None:
    root, fifo = tmp_path / "shop", tmp_path / "says"
    root.mkdir()
    os.mkfifo(fifo)
    (root / "shop.py").write_text(functions(["first", "second", "third"]))
    waits = f"open({str(fifo)!r}, 'w').close(); threading.Event().wait()"
    (root / "test_shop.py").write_text(
        "import threading\nimport shop\n\ndef test_first():\n    assert shop.first() == 1\n\n"
        f"def test_second():\n    if shop.second() != 1:\n        {waits}\n\n"
        "def test_third():\n    assert shop.third() == 1\n"
    )
    command = [sys.executable, "-m", "noxtasks", "mutation", "--python", sys.executable, "--jobs", "1"]
    process = subprocess.Popen(command, cwd=root, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        fifo.read_text()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=WAITED_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == ExitCode.INTERRUPTED
    assert "noxtasks: interrupted; what was measured is kept" in said
    artifact = artifacts.read(root / "reports", emit.REPORT)
    assert not artifact.provenance.complete
    assert {each["function"]: each["status"] for each in artifact.result["mutants"]} == {
        "first": "killed",
        "second": "unchecked",
        "third": "unchecked",
    }
    assert artifact.result["judgement"]["verdict"] == "unmeasured"
    assert [event.attributes.get(emit.ENDING) for event in events.read(root / "reports")] == [None, "interrupted"]
    assert list((root / ".noxtasks" / "mutation").iterdir()) == []
