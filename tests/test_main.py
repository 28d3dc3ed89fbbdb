from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from noxtasks.__main__ import boundary
from noxtasks.errors import (
    ConfigurationError,
    EvidenceError,
    ExitCode,
    HistoryError,
    InterruptedRunError,
    NotMeasuredError,
    NoxtasksError,
)


def raising(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.mark.parametrize("code", list(ExitCode))
def test_the_code_of_a_command_is_the_code_of_the_process(code: ExitCode) -> None:
    assert boundary(lambda: code) == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (ConfigurationError, 2),
        (NotMeasuredError, 3),
        (EvidenceError, 3),
        (HistoryError, 3),
        (InterruptedRunError, 130),
    ],
)
def test_an_error_is_a_message_and_its_code(
    kind: type[NoxtasksError], code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert boundary(raising(kind("it is wrong", where="file: key", remedy="Mend it."))) == code
    assert capsys.readouterr().err == "noxtasks: file: key: it is wrong\n  Mend it.\n"


def test_an_interruption_ends_with_130(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary(raising(KeyboardInterrupt())) == 130
    assert "Traceback" not in capsys.readouterr().err


def test_anything_else_is_a_defect_of_ours_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert boundary(raising(ZeroDivisionError("division by zero"))) == ExitCode.NOT_MEASURED
    said = capsys.readouterr().err
    assert "Traceback" in said
    assert "ZeroDivisionError" in said
    assert "a defect of noxtasks" in said


def test_a_reader_that_has_gone_is_no_defect() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = "import sys; from noxtasks.__main__ import boundary; sys.exit(boundary(lambda: print('x' * 99) or 0))"
    ended = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (ended.returncode, ended.stderr) == (ExitCode.NOT_MEASURED, b"")


PRINTS = (
    "import noxtasks.cli as cli, noxtasks.__main__ as m\n"
    "from noxtasks.evidence.display.console import open_console\n"
    "cli.main = lambda: open_console().print('1 \\N{MICRO SIGN}s') or 0\n"
    "m.main()"
)


def test_what_an_encoding_lacks_is_no_defect() -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run([sys.executable, "-c", PRINTS], env=environment, capture_output=True, check=False)
    assert (ended.returncode, ended.stdout.strip(), ended.stderr) == (0, b"1 ?s", b"")


@pytest.mark.skipif(sys.platform == "win32", reason="the shell is a POSIX one")
def test_nobody_has_to_listen() -> None:
    argv = ["sh", "-c", '"$0" -c "$1" >&-', sys.executable, PRINTS]
    ended = subprocess.run(argv, stderr=subprocess.PIPE, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_request_to_terminate_is_an_interruption() -> None:
    code = (
        "import os, signal, noxtasks.cli as cli, noxtasks.__main__ as m\n"
        "cli.main = lambda: (os.kill(os.getpid(), signal.SIGTERM), signal.pause())\n"
        "m.main()"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (ExitCode.INTERRUPTED, "noxtasks: interrupted\n")
