"""Runs the command line, and is the one place where an error becomes a message and an exit code."""

from __future__ import annotations

import io
import os
import signal
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from noxtasks import __version__, cli
from noxtasks.errors import ExitCode, NoxtasksError


def main() -> None:
    """Run the command that this process was started with, and end the process."""
    signal.signal(signal.SIGTERM, _interrupt)
    _open_output()
    sys.exit(boundary(cli.main))


def boundary(command: Callable[[], int]) -> int:
    """Run `command`; every way in which it can end, as an exit code. What went wrong is told on standard error."""
    try:
        code = command()
        sys.stdout.flush()
    except NoxtasksError as error:
        print(f"noxtasks: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("noxtasks: interrupted", file=sys.stderr)
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        # The reader has gone; what Python still flushes at its exit must not fail there again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.NOT_MEASURED
    except Exception:
        traceback.print_exc()
        print(
            f"\nnoxtasks: this is a defect of noxtasks {__version__}, not of your project.\n"
            "  Please report it, with all that stands above, where you have noxtasks from.",
            file=sys.stderr,
        )
        return ExitCode.NOT_MEASURED
    return code


def _open_output() -> None:
    """Let nothing that is printed fail: for want of a stream, or of a character in its encoding."""
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    elif isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")


def _interrupt(_signum: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    main()
