"""Writers that are killed, that run at once, and that have no room: always the old or the new, never half."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from noxtasks.errors import EvidenceError
from noxtasks.evidence import artifacts, events, files, sums
from noxtasks.evidence.artifacts import Trouble
from noxtasks.evidence.events import EventType
from noxtasks.evidence.provenance import Provenance

NAME = "sample.report.json"
AT = datetime(2025, 1, 2, tzinfo=UTC)

WRITER = """
import json, os, signal, sys
from datetime import UTC, datetime
from pathlib import Path
import msgspec
from noxtasks.evidence import artifacts, events
from noxtasks.evidence.provenance import Provenance

folder = Path(sys.argv[1])
provenance = msgspec.convert(json.loads(sys.argv[2]), Provenance)

def write(runs):
    result = {"runs": runs, "tests": []}
    timing = {"x": "y" * 20_000}
    return artifacts.write(folder, "sample.report.json", result=result, timing=timing, provenance=provenance)

def tell(number):
    return events.append(folder, event=events.EventType.MUTATION_SCAN_START, project="p", subject="s",
        provenance=provenance, at=datetime.now(UTC), metrics={"number": number},
        attributes={"test.suite.name": "y" * 20_000})
"""

KILLED_AT_ANY_LINE = (
    WRITER
    + """
act = {"write": write, "tell": tell}[sys.argv[3]]
act(1)
line = 0

def trace(frame, event, argument, deadline):
    global line
    if "noxtasks" not in frame.f_code.co_filename:
        return None
    line += event == "line"
    if line == deadline:
        os.kill(os.getpid(), signal.SIGKILL)
    return lambda frame, event, argument: trace(frame, event, argument, deadline)

def lines_of(action):
    sys.settrace(lambda frame, event, argument: trace(frame, event, argument, -1))
    action()
    sys.settrace(None)
    return line

total = lines_of(lambda: act(1))
wanted = sys.argv[4].split(",")
for fraction in wanted:
    line = 0
    child = os.fork()
    if child == 0:
        deadline = 1 + int(float(fraction) * total)
        sys.settrace(lambda frame, event, argument: trace(frame, event, argument, deadline))
        act(2)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
    if sys.stdin.readline() == "":
        break
"""
)

FOREVER = (
    WRITER
    + """
for number in range(1, 1_000_000):
    write(number)
    tell(number)
    print(number, flush=True)
"""
)

MANY = (
    WRITER
    + """
for number in range(int(sys.argv[3])):
    write(number)
    tell(number)
"""
)


def _command(script: str, folder: Path, samples: str, provenance: Provenance, *arguments: str) -> list[str]:
    return [
        sys.executable,
        "-c",
        samples + script,
        str(folder),
        json.dumps(msgspec.to_builtins(provenance)),
        *arguments,
    ]


def _write(folder: Path, provenance: Provenance, *, runs: int, size: int = 0) -> sums.Digest:
    result = {"runs": runs, "tests": []}
    return artifacts.write(folder, NAME, result=result, timing={"x": "y" * size}, provenance=provenance)


def _tell(folder: Path, provenance: Provenance, *, size: int = 0) -> events.Receipt:
    return events.append(
        folder,
        event=EventType.MUTATION_SCAN_COMPLETE,
        project="p",
        subject="s",
        at=AT,
        provenance=provenance,
        attributes={"test.suite.name": "y" * size},
    )


@pytest.mark.functional
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_writer_killed_at_any_line_leaves_the_old_artifact_or_the_new(
    tmp_path: Path, samples: str, provenance: Provenance
) -> None:
    instants = [f"{number / 150:.4f}" for number in range(150)]
    command = _command(KILLED_AT_ANY_LINE, tmp_path, samples, provenance, "write", ",".join(instants))
    seen = set()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        for _ in instants:
            assert int(driver.stdout.readline()) == -signal.SIGKILL
            runs = artifacts.read(tmp_path, NAME).result["runs"]
            troubles = {finding.trouble for finding in artifacts.verify(tmp_path)}
            assert runs in {1, 2}
            assert troubles <= {Trouble.INTERRUPTED, Trouble.LEFTOVER}
            seen.add((runs, Trouble.INTERRUPTED in troubles))
            _write(tmp_path, provenance, runs=1)
            assert artifacts.verify(tmp_path) == []
            assert files.temporary_files(tmp_path) == []
            driver.stdin.write("on\n")
            driver.stdin.flush()
    assert seen == {(1, False), (1, True), (2, True), (2, False)}  # every window was hit


@pytest.mark.functional
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_an_appender_killed_at_any_line_leaves_a_chain_that_holds(
    tmp_path: Path, samples: str, provenance: Provenance
) -> None:
    instants = [f"{number / 60:.4f}" for number in range(60)]
    command = _command(KILLED_AT_ANY_LINE, tmp_path, samples, provenance, "tell", ",".join(instants))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as driver:
        assert driver.stdin is not None
        assert driver.stdout is not None
        before = ""
        for _ in instants:
            assert int(driver.stdout.readline()) == -signal.SIGKILL
            assert events.verify(tmp_path, head=before or None) == []
            before = _tell(tmp_path, provenance).head
            driver.stdin.write("on\n")
            driver.stdin.flush()


@pytest.mark.functional
def test_a_writer_killed_at_a_random_instant_leaves_a_sound_folder(
    tmp_path: Path, samples: str, provenance: Provenance
) -> None:
    chance = random.Random(20250102)
    for _ in range(6):
        with subprocess.Popen(
            _command(FOREVER, tmp_path, samples, provenance), stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            last = [writer.stdout.readline() for _ in range(chance.randint(1, 12))][-1]
            writer.kill()
        assert artifacts.read(tmp_path, NAME).result["runs"] >= int(last)
        assert {finding.trouble for finding in artifacts.verify(tmp_path)} <= {Trouble.INTERRUPTED, Trouble.LEFTOVER}
        _write(tmp_path, provenance, runs=0)
        _tell(tmp_path, provenance)
        assert artifacts.verify(tmp_path) == []
        assert events.verify(tmp_path) == []


@pytest.mark.functional
def test_eight_processes_write_and_tell_at_once(tmp_path: Path, samples: str, provenance: Provenance) -> None:
    command = _command(MANY, tmp_path, samples, provenance, "10")
    writers = [subprocess.Popen(command) for _ in range(8)]
    assert [writer.wait() for writer in writers] == [0] * 8
    assert artifacts.verify(tmp_path) == []
    assert events.verify(tmp_path) == []
    told = [event.metrics["number"] for event in events.read(tmp_path)]
    assert sorted(told) == sorted(list(range(10)) * 8)


def _fill(disk: Path) -> None:
    with (disk / "filler").open("ab", buffering=0) as filler:
        try:
            while True:
                filler.write(b"x" * 512)
        except OSError:
            pass


@pytest.mark.functional
def test_a_full_disk_is_told_and_changes_nothing(small_disk: Path, samples: str, provenance: Provenance) -> None:
    before = _write(small_disk, provenance, runs=1)
    listed = (small_disk / sums.NAME).read_bytes()
    _fill(small_disk)
    with pytest.raises(EvidenceError, match="No space left") as caught:
        _write(small_disk, provenance, runs=2, size=5000)
    assert "Free some space" in caught.value.remedy
    assert artifacts.read(small_disk, NAME).digest == before
    assert (small_disk / sums.NAME).read_bytes() == listed
    assert files.temporary_files(small_disk) == []
    assert artifacts.verify(small_disk) == []


@pytest.mark.functional
def test_an_event_that_does_not_fit_on_the_disk_is_not_half_there(
    small_disk: Path, samples: str, provenance: Provenance
) -> None:
    before = _tell(small_disk, provenance)
    data = (small_disk / events.NAME).read_bytes()
    _fill(small_disk)
    with pytest.raises(EvidenceError, match="No space left"):
        _tell(small_disk, provenance, size=8000)
    assert (small_disk / events.NAME).read_bytes() == data
    assert events.verify(small_disk, head=before.head) == []
    (small_disk / "filler").unlink()
    assert _tell(small_disk, provenance, size=8000).notice == ""


@pytest.mark.functional
def test_a_folder_that_is_read_only_is_told_and_can_be_read(
    small_disk: Path, samples: str, provenance: Provenance
) -> None:
    before = _write(small_disk, provenance, runs=1)
    head = _tell(small_disk, provenance).head
    subprocess.run([shutil.which("mount") or "", "-o", "remount,ro", str(small_disk)], check=True)
    for attempt in (lambda: _write(small_disk, provenance, runs=2), lambda: _tell(small_disk, provenance)):
        with pytest.raises(EvidenceError, match="Read-only") as caught:
            attempt()
        assert "writable" in caught.value.remedy
    assert artifacts.read(small_disk, NAME).digest == before
    assert artifacts.verify(small_disk) == []
    assert events.verify(small_disk, head=head) == []


@pytest.mark.functional
@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_file_size_limit_is_told_and_changes_nothing(tmp_path: Path, samples: str, provenance: Provenance) -> None:
    resource = pytest.importorskip("resource")
    before = _write(tmp_path, provenance, runs=1)
    head = _tell(tmp_path, provenance).head
    script = WRITER + (
        "from noxtasks.errors import EvidenceError\n"
        "for act in (write, tell):\n"
        "    try:\n        act(2)\n"
        "    except EvidenceError as error:\n        print(error.message)\n"
    )

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    command = _command(script, tmp_path, samples, provenance)
    output = subprocess.run(command, preexec_fn=limit, capture_output=True, check=True, text=True).stdout
    assert output.splitlines() == ["File too large", "File too large"]
    assert artifacts.read(tmp_path, NAME).digest == before
    assert artifacts.verify(tmp_path) == []
    assert events.verify(tmp_path, head=head) == []
    assert events.head(tmp_path) == head
