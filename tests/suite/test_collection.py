"""What is known of a collection, however far the process came with it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import wire
from noxtasks.suite.collection import gather

HELLO = wire.Hello(version=1, pytest="9.0")
COLLECTED = wire.Collected(tests=("a", "b"), threads=("beat",), rootdir="/r")


def told(folder: Path, *frames: wire.Frame, output: bytes = b"") -> tuple[Path, Path]:
    (folder / "wire").write_bytes(b"".join(msgspec.json.encode(frame) + b"\n" for frame in frames))
    (folder / "output").write_bytes(output)
    return folder / "wire", folder / "output"


def test_a_whole_collection_is_told_with_its_problems_and_the_last_facts(tmp_path: Path) -> None:
    frames = (
        HELLO,
        wire.Facts(facts={"items": 0}),
        wire.Importing(path="test_a.py"),
        wire.Problem(problem={"path": "test_b.py"}),
        wire.Facts(facts={"items": 2}),
        COLLECTED,
    )
    found = gather(*told(tmp_path, *frames), None)
    assert (found.tests, found.threads, found.rootdir) == (("a", "b"), ("beat",), "/r")
    assert found.facts == {"items": 2}
    assert found.problems == ({"path": "test_b.py"},)
    assert found.hello == HELLO
    assert found.exit_code is None


def test_a_process_that_died_while_importing_leaves_the_name_of_the_file(tmp_path: Path) -> None:
    frames = (HELLO, wire.Importing(path="test_a.py"), wire.Importing(path="test_b.py"))
    found = gather(*told(tmp_path, *frames, output=b"Segmentation fault"), -11)
    assert (found.tests, found.exit_code, found.facts) == ((), -11, {"importing": "test_b.py"})
    assert found.output == "Segmentation fault"


def test_a_process_that_never_spoke_is_told_by_its_output_alone(tmp_path: Path) -> None:
    (tmp_path / "output").write_bytes(b"No module named pytest\n")
    found = gather(tmp_path / "wire", tmp_path / "output", 1)
    assert (found.hello, found.tests, found.problems, found.facts) == (None, (), (), {})
    assert found.output == "No module named pytest\n"


def test_a_process_without_output_is_no_error(tmp_path: Path) -> None:
    assert gather(tmp_path / "wire", tmp_path / "output", 1).output == ""


def test_of_much_output_the_end_is_kept_and_what_is_no_text_is_replaced(tmp_path: Path) -> None:
    output = b"beginning" + b"\xff" * 50_000 + b"the error"
    found = gather(*told(tmp_path, HELLO, output=output), 3)
    assert found.output.endswith("\ufffdthe error")
    assert len(found.output) == 20_000


def test_a_frame_that_is_cut_short_is_not_read_and_garbage_is_an_error(tmp_path: Path) -> None:
    wire_path, output = told(tmp_path, HELLO)
    with wire_path.open("ab") as file:
        file.write(b'{"frame":"collected","tes')
    assert gather(wire_path, output, -9).hello == HELLO
    with wire_path.open("ab") as file:
        file.write(b"\n")
    with pytest.raises(NotMeasuredError):
        gather(wire_path, output, -9)
