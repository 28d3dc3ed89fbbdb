"""The wire: every frame is read as it was written, a line is read when it is whole, and nothing else passes for one."""

from __future__ import annotations

import string
from pathlib import Path
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import NotMeasuredError
from noxtasks.probe.noxtasks_probe.frames import Real
from noxtasks.suite import wire
from noxtasks.suite.model import Benched, Failure, FixtureUse, Outcome, StateChange, Touched, Use

names = st.text(st.characters(codec="utf-8"), max_size=20)
numbers = st.integers(-(2**31), 2**31)
seconds = st.floats(0, 1e6, allow_nan=False)
facts = st.dictionaries(names, st.recursive(st.none() | st.booleans() | numbers | names, st.lists, max_leaves=4))
several = st.lists(names, max_size=4).map(tuple)
indices = st.lists(numbers, max_size=5).map(tuple)
places = st.lists(st.tuples(names, names, numbers), max_size=3).map(tuple)
sets = st.lists(st.frozensets(names, max_size=3), max_size=3).map(tuple)
failures = st.builds(
    Failure, fingerprint=names, phase=names, exception=names, message=names, frames=several, text=names
)
touched = st.none() | st.builds(Touched, read=several, imported=several, listed=several, children=st.booleans())
benched = st.builds(
    Benched,
    test=names,
    wall_s=st.lists(seconds).map(tuple),
    cpu_s=st.lists(seconds).map(tuple),
    calls=numbers,
    peak_bytes=st.none() | numbers,
)
state_changes = st.builds(StateChange, kind=names, name=names, before=names, after=names)

uses = st.builds(Use, kind=names, name=names, how=names)
fixture_uses = st.builds(FixtureUse, fixture=names, kind=names, name=names, how=names)

FRAMES: dict[type[Any], st.SearchStrategy[Any]] = {
    wire.Hello: st.builds(
        wire.Hello, version=numbers, pid=numbers, python=names, plugins=st.dictionaries(names, names), time=seconds
    ),
    wire.Importing: st.builds(wire.Importing, path=names),
    wire.Problem: st.builds(wire.Problem, problem=facts),
    wire.Facts: st.builds(wire.Facts, facts=facts),
    wire.Collected: st.builds(wire.Collected, tests=several, threads=several, rootdir=names, touched=touched),
    wire.Marked: st.builds(
        wire.Marked,
        tests=several,
        file=indices,
        marks=indices,
        files=several,
        sets=st.lists(st.frozensets(names)).map(tuple),
    ),
    wire.Remarked: st.builds(
        wire.Remarked, before=indices, after=indices, sets=st.lists(st.frozensets(names)).map(tuple)
    ),
    wire.Places: st.builds(wire.Places, made=places, added=places),
    wire.Selected: st.builds(wire.Selected, option=names, expression=names, tests=indices, error=names),
    wire.Registered: st.builds(
        wire.Registered, lines=places, plugins=st.lists(st.tuples(names, names, names), max_size=3).map(tuple)
    ),
    wire.Elsewhere: st.builds(wire.Elsewhere, files=several),
    wire.Order: st.builds(wire.Order, indices=indices),
    wire.Start: st.builds(wire.Start, index=numbers, test=names),
    wire.Finish: st.builds(
        wire.Finish,
        outcome=st.sampled_from(Outcome),
        duration_s=seconds,
        index=numbers,
        test=names,
        failure=st.none() | failures,
        reruns=numbers,
        notes=several,
    ),
    wire.Leak: st.builds(wire.Leak, test=names, note=names),
    wire.Changed: st.builds(wire.Changed, test=names, changes=st.lists(state_changes, max_size=3).map(tuple)),
    wire.Used: st.builds(
        wire.Used, test=names, uses=st.lists(uses).map(tuple), of_fixtures=st.lists(fixture_uses).map(tuple)
    ),
    wire.Ran: st.builds(wire.Ran, test=names, functions=several, touched=touched),
    wire.Rounds: st.builds(wire.Rounds, benched=benched),
    wire.Compiled: st.builds(wire.Compiled, modules=st.dictionaries(names, names)),
    wire.Unavailable: st.builds(wire.Unavailable, reason=names),
    wire.End: st.builds(wire.End, whole=st.booleans(), reason=names),
    wire.Ready: st.builds(wire.Ready),
    wire.Forked: st.builds(wire.Forked, pid=numbers, wire=names),
    wire.Missed: st.builds(wire.Missed, wire=names),
    wire.Exited: st.builds(wire.Exited, pid=numbers, code=numbers),
}
frames = st.one_of(*FRAMES.values())


def encoded(frame: wire.Frame) -> bytes:
    """The frame as the probe writes it."""
    return (Real.encode(msgspec.to_builtins(frame)) + "\n").encode("ascii")


def test_every_kind_of_frame_is_tried() -> None:
    assert set(get_args(wire.Frame)) == set(FRAMES)


@given(frames)
def test_a_frame_is_read_as_it_was_written(frame: wire.Frame) -> None:
    assert wire.decode(encoded(frame)) == frame


@given(
    st.one_of(
        st.binary(),
        st.sampled_from([b"", b"null", b"[]", b"{}", b'{"frame":"nonsense"}', b'{"frame":"start","index":"1"}']),
        st.sampled_from([b'{"frame":"finish","outcome":"fine","duration_s":1}', b'{"frame":"leak","test":"a"}']),
        frames.map(lambda frame: encoded(frame)[:-2]),
    )
)
def test_nothing_else_passes_for_a_frame(line: bytes) -> None:
    with pytest.raises(NotMeasuredError) as caught:
        wire.decode(line)
    assert "frame of the probe" in caught.value.message
    assert caught.value.remedy


def test_a_long_line_of_garbage_is_shown_in_part() -> None:
    with pytest.raises(NotMeasuredError) as caught:
        wire.decode(b"x" * 100_000)
    assert len(str(caught.value)) < 500


@given(data=st.data(), sent=st.lists(frames, min_size=1, max_size=4))
def test_a_file_is_followed_while_it_grows_wherever_its_lines_are_cut(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject, sent: list[wire.Frame]
) -> None:
    path = tmp_path_factory.mktemp("wire") / "wire"
    content = b"".join(encoded(frame) for frame in sent)
    cuts = data.draw(st.lists(st.integers(0, len(content)), max_size=8).map(sorted))
    reader = wire.Reader(path)
    assert reader.read() == []  # the process has not made it yet
    received: list[wire.Frame] = []
    with path.open("ab", buffering=0) as file:
        for start, end in zip([0, *cuts], [*cuts, len(content)], strict=True):
            file.write(content[start:end])
            received += reader.read()
            assert len(received) == content[:end].count(b"\n")
    assert received == sent
    assert reader.read() == []


def test_a_line_cut_at_any_byte_is_left_until_it_is_whole(tmp_path: Path) -> None:
    content = encoded(wire.Start(index=3, test="a\r\u2028b" + string.whitespace))
    for cut in range(len(content)):
        path = tmp_path / str(cut)
        path.write_bytes(content[:cut])
        reader = wire.Reader(path)
        assert reader.read() == []
        with path.open("ab") as file:
            file.write(content[cut:])
        assert len(reader.read()) == 1


def test_garbage_in_a_file_is_an_error_and_not_left_out(tmp_path: Path) -> None:
    (tmp_path / "wire").write_bytes(encoded(wire.Ready()) + b"Traceback (most recent call last):\n")
    with pytest.raises(NotMeasuredError, match="Traceback"):
        wire.Reader(tmp_path / "wire").read()
