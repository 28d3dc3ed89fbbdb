from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from noxtasks.errors import NotMeasuredError
from noxtasks.suite import process

LEAVES_A_CHILD = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
print(child.pid, flush=True)
"""


def alive(pid: int) -> bool:
    """Whether the process runs: neither gone nor a zombie that nobody has reaped."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] in "ZX")


def await_death(pid: int) -> None:
    while alive(pid):
        os.sched_yield()


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_output_and_exit_code_are_told_apart(tmp_path: Path) -> None:
    done = process.run(python("import sys; print('out'); print('err', file=sys.stderr); sys.exit(7)"), cwd=tmp_path)
    assert (done.returncode, done.stdout.split(), done.stderr.split()) == (7, ["out"], ["err"])
    assert done.duration_s > 0


def test_it_runs_in_the_folder_and_the_environment_that_were_given(tmp_path: Path) -> None:
    env = {**os.environ, "COLOUR": "grün"}
    code = "import os, sys; sys.stdout.reconfigure(encoding='utf-8'); print(os.getcwd()); print(os.environ['COLOUR'])"
    done = process.run(python(code), cwd=tmp_path, env=env)
    folder, colour = done.stdout.splitlines()
    assert Path(folder).samefile(tmp_path)
    assert colour == "grün"


def test_output_that_is_not_utf_8_is_replaced_and_never_an_error(tmp_path: Path) -> None:
    done = process.run(python(r"import sys; sys.stdout.buffer.write(b'a\xffb')"), cwd=tmp_path)
    assert done.stdout == "a\ufffdb"


def test_standard_input_is_empty_so_that_a_question_does_not_hang(tmp_path: Path) -> None:
    assert process.run(python("import sys; print(repr(sys.stdin.read()))"), cwd=tmp_path).stdout.strip() == "''"


def test_a_timeout_keeps_what_was_written(tmp_path: Path) -> None:
    code = "import time; print('so far', flush=True); time.sleep(600)"
    with pytest.raises(process.TimeoutExpired) as caught:
        process.run(python(code), cwd=tmp_path, timeout_s=2)
    assert b"so far" in caught.value.output


def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotMeasuredError, match=r"cannot start .*no-such-program"):
        process.run([str(tmp_path / "no-such-program")], cwd=tmp_path)


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_what_a_process_leaves_behind_ends_with_it(tmp_path: Path) -> None:
    done = process.run(python(LEAVES_A_CHILD + "import os; os._exit(0)"), cwd=tmp_path)
    await_death(int(done.stdout))


@pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX")
def test_killing_the_group_takes_the_grandchildren(tmp_path: Path) -> None:
    output = tmp_path / "output"
    running = process.start(python(LEAVES_A_CHILD + "import time; time.sleep(600)"), cwd=tmp_path, output=output)
    while not output.read_text().endswith("\n"):
        os.sched_yield()
    process.kill_group(running)
    await_death(int(output.read_text()))
    assert running.returncode == -9


def test_killing_what_has_ended_is_quiet(tmp_path: Path) -> None:
    ended = process.start(python(""), cwd=tmp_path, output=tmp_path / "output")
    ended.wait()
    process.kill_group(ended)
    assert ended.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="descriptors are passed on POSIX only")
def test_descriptors_are_passed_on(tmp_path: Path) -> None:
    reader, writer = os.pipe()
    started = process.start(
        python(f"import os; os.write({writer}, b'over the pipe')"),
        cwd=tmp_path,
        output=tmp_path / "output",
        pass_fds=(writer,),
    )
    os.close(writer)
    with os.fdopen(reader, "rb") as stream:
        assert stream.read() == b"over the pipe"
    assert started.wait() == 0


def test_bytes_are_given_as_they_were_written(tmp_path: Path) -> None:
    assert process.output(python(r"import sys; sys.stdout.buffer.write(b'a\xff\r\n')"), cwd=tmp_path) == b"a\xff\r\n"


@pytest.mark.parametrize("code", ["import sys; print('x'); sys.exit(1)", "import time; time.sleep(600)"])
def test_output_of_what_fails_or_hangs_is_none(tmp_path: Path, code: str) -> None:
    assert process.output(python(code), cwd=tmp_path, timeout_s=2) is None


def test_output_of_what_is_not_there_is_none(tmp_path: Path) -> None:
    assert process.output(["no-such-program-anywhere"], cwd=tmp_path) is None
