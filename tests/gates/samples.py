"""The smallest results that fit the schemas, and gates over them."""

from __future__ import annotations

from datetime import date
from typing import Any

from noxtasks.evidence.gating.model import Document, Gate, Level, Operator

TODAY = date(2026, 11, 20)


def document(name: str, result: Any, **more: Any) -> Document:
    """An artifact as it is handed to the rules."""
    return Document(name=name, content={"result": result}, **more)


def gate(**parts: Any) -> Gate:
    """A gate over `/result/figure` of an artifact, which has to be at least 0.6, and blocks."""
    return Gate(
        **{
            "name": "score",
            "title": "The score suffices.",
            "artifact": "score.json",
            "pointer": "/result/figure",
            "operator": Operator.AT_LEAST,
            "threshold": 0.6,
            "level": Level.BLOCKING,
            "command": "noxtasks mutation",
            **parts,
        }
    )


def health(**parts: Any) -> dict[str, Any]:
    """A suite that collects."""
    return {
        "modules": 1,
        "broken_modules": [],
        "error_rate": 0,
        "skipped_modules": 0,
        "tests": {"collected": 2, "unrunnable": 0, "deselected": 0},
        "complete": True,
        "causes": [],
        **parts,
    }


def cause(**parts: Any) -> dict[str, Any]:
    """A module that cannot be collected."""
    return {
        "kind": "missing import",
        "message": "No module named 'shop'",
        "remedy": "Install it.",
        "path": "test_shop.py",
        "line": 3,
        "nodeid": "test_shop.py",
        "reason": None,
        "distribution": "",
        "modules": ["test_shop.py"],
        "tests": 0,
        "blocking": True,
        **parts,
    }


def comparison(*tiers: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Benchmarks that were compared with an old commit."""
    return {
        "verdict": "pass",
        "reason": "",
        "consequence": None,
        "against": "a" * 40,
        "revision": "",
        "is_stored": False,
        "is_whole": True,
        "is_apart": False,
        "machine": {"id": "x", "processor": "p", "cores": 2, "system": "Linux", "python": "3.12"},
        "benchmarks": [],
        "tiers": list(tiers),
        "limits": [],
        "trends": [],
        "notes": [],
        "left_out": [],
        "brought": [],
        "bisect": None,
        **parts,
    }


def tier(metric: str, change: float | None, verdict: str, **parts: Any) -> dict[str, Any]:
    """One benchmark under one metric; the interval reaches 2 points to both sides."""
    thresholds = {"mean": 0.1, "p50": 0.15, "p95": 0.2}
    ends = {"low": None, "high": None} if change is None else {"low": change - 0.02, "high": change + 0.02}
    return {
        "test": "test_shop.py::test_b",
        "metric": metric,
        "consequence": {"mean": "fail", "p50": "alert", "p95": "block"}[metric],
        "threshold": thresholds[metric],
        "verdict": verdict,
        "p": 0.001,
        "change": change,
        **ends,
        "pairs": 20,
        "needed": None,
        **parts,
    }


TIMING_OF_COMPARISON = {
    "duration_s": 1.0,
    "circumstances": {"load": None, "governor": None, "frequency_mhz": None},
    "new": [],
    "old": [],
}


def flakes(**parts: Any) -> dict[str, Any]:
    """A report of a suite whose tests are sound, as far as 100 runs can tell."""
    claim = {
        "verdict": "pass",
        "figure": 0.0,
        "interval": {"low": 0.0, "high": 0.037},
        "sample": 100,
        "threshold": 0.05,
        "reason": "at most 3.7% with 95% confidence",
    }
    lists = ("flaky", "broken", "quiet", "disagreements", "imported", "only_beside_others", "only_in_forks")
    more = ("unstable_ids", "never_run", "left_behind", "left_open")
    return {
        "tests": 2,
        "runs": 100,
        "engine": "fork",
        "engine_reason": "",
        "at_once": 1,
        "claim": claim,
        "disturbed": {**claim, "failures": 0},
        **{name: [] for name in (*lists, *more)},
        **parts,
    }


TIMING_OF_FLAKES = {"duration_s": 1.0, "runs": [], "first_seen": {}}


def unsteady(test: str, **parts: Any) -> dict[str, Any]:
    """A test that failed in a quarter of the runs."""
    return {
        "test": test,
        "runs": 100,
        "failures": 25,
        "rate": 0.25,
        "interval": {"low": 0.18, "high": 0.34},
        "outcomes": {"passed": 75, "failed": 25},
        "causes": [{"fingerprint": "f", "exception": "AssertionError", "message": "", "count": 25}],
        "confirmation": "reproduced",
        "repeats": {"tried": 1, "failed": 1},
        "reproduce": "noxtasks flake replay abc-0 --test=test_shop.py::test_b",
        "explanation": None,
        **parts,
    }


def mutation(*mutants: dict[str, Any], **parts: Any) -> dict[str, Any]:
    """Of a scan, what tells of places."""
    return {"mutants": list(mutants), **parts}


def mutant(**parts: Any) -> dict[str, Any]:
    """A change of the code that no test notices."""
    return {
        "id": "0f3a",
        "path": "shop.py",
        "line": 7,
        "column": 12,
        "end_line": 7,
        "end_column": 13,
        "function": "price",
        "diff": ["-    return a + b", "+    return a - b"],
        "status": "survived",
        "covering": 2,
        **parts,
    }


def scan(**parts: Any) -> dict[str, Any]:
    """Of a parallel scan, what tells of places: one suspect with two candidates, and two conflicts."""
    suspect = {"test": "test_shop.py::test_b", "outcome": "failed", "times": 2, "trials": 5}
    conflict = {
        "standing": "proven",
        "resource": {"kind": "port", "name": "8080"},
        "tests": ["test_shop.py::TestShop::test_price[a]", "test_shop.py::test_b"],
        "remedy": "Take a free port.",
        "command": "noxtasks parallel conflicts --tests test_shop.py",
    }
    return {
        "candidates": [
            {"candidate": {"mode": mode, "workers": 2}, "suspects": [suspect]} for mode in ("load", "worksteal")
        ],
        "conflicts": {"conflicts": [conflict, {**conflict, "standing": "suspected"}]},
        **parts,
    }
