"""The command of an explanation is one that we take, and stands for the very trial; what is wrong in one is told."""

from __future__ import annotations

import shlex
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.cli import build_parser
from noxtasks.errors import ConfigurationError
from noxtasks.evidence.display.text import meant
from noxtasks.flake import attempt, emit
from noxtasks.flake.cause.model import Explanation, Kind, Trial
from noxtasks.suite.launch import Suite
from noxtasks.suite.model import Circumstances

seeds = st.integers(0, 2**32 - 1)
names = st.builds("{}::{}".format, st.text(min_size=1), st.text())
clocks = st.datetimes().map(lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"))
others = st.builds(
    Circumstances,
    clock=st.none() | clocks,
    timezone=st.sampled_from([None, "Pacific/Kiritimati"]),
    umask=st.none() | st.integers(0, 0o777),
    entropy=st.none() | seeds,
    starved=st.booleans(),
    optimised=st.booleans(),
)
trials = st.builds(
    Trial, tests=st.lists(names, min_size=1, max_size=3).map(tuple), seed=seeds, hash_seed=seeds, circumstances=others
)


@given(trials, st.sampled_from(Kind), st.sampled_from([(), ("-k", "not slow"), ("--", "-x")]))
def test_the_command_of_an_explanation_stands_for_its_trial(trial: Trial, kind: Kind, extra: tuple[str, ...]) -> None:
    suite = Suite(root=Path("/project"), python=Path("/project/.venv/bin/python"), pytest_args=extra, extra_args=extra)
    command = emit.attempt_command(Explanation(test=trial.target, kind=kind, reproduce=trial), suite)
    assert command.isprintable()
    read = build_parser().parse_args(shlex.split(command)[1:])
    again = Trial(
        tests=tuple(map(meant, read.test)),
        seed=read.seed,
        hash_seed=read.hash_seed,
        circumstances=attempt.circumstances(read.given),
    )
    assert again == trial
    assert read.python == ".venv/bin/python"
    assert read.pytest_args == extra
    assert read.at_once == (2 if kind is Kind.CONCURRENCY else 1)


@pytest.mark.parametrize("given", ["clok=2028-02-29", "umask=much", "umask=8", "starved=perhaps", "=", ""])
def test_what_is_no_circumstance_is_told_with_those_that_there_are(given: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        attempt.circumstances([given])
    assert caught.value.where == "--with"
    assert "clock" in caught.value.remedy


def test_a_circumstance_without_a_value_is_switched_on() -> None:
    assert attempt.circumstances(["starved", "umask=077"]) == msgspec.convert(
        {"starved": True, "umask": 63}, Circumstances
    )
