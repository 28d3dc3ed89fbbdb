"""Every error that can reach a user: what was wrong, where, and what to do about it.

One tree, so that one boundary (`noxtasks.__main__`) turns any of them into a message and an exit code. An exception
means that no verdict could be reached; a verdict that is bad news is a value, never an exception.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """How a command ends; documented in the README, and the same for every objective."""

    NOTHING_FOUND = 0
    FOUND = 1
    WRONG_CONFIGURATION = 2
    NOT_MEASURED = 3
    INTERRUPTED = 130


class NoxtasksError(Exception):
    """What was wrong (`message`), where (`where`, a file or a dotted setting), and what to do (`remedy`)."""

    exit_code: ClassVar[ExitCode] = ExitCode.NOT_MEASURED

    def __init__(self, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.remedy = remedy

    def __str__(self) -> str:
        head = f"{self.where}: {self.message}" if self.where else self.message
        return f"{head}\n  {self.remedy}" if self.remedy else head


class ConfigurationError(NoxtasksError):
    """The settings or the arguments are wrong. `problems` holds every one that was found."""

    exit_code = ExitCode.WRONG_CONFIGURATION

    def __init__(
        self, message: str, *, where: str = "", remedy: str = "", problems: tuple[ConfigurationError, ...] = ()
    ) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.problems = problems

    @classmethod
    def all_of(cls, problems: list[ConfigurationError]) -> ConfigurationError:
        """One error that tells all `problems` (at least one) at once."""
        if len(problems) == 1:
            return problems[0]
        return cls("\n".join(str(problem) for problem in problems), problems=tuple(problems))


class NotMeasuredError(NoxtasksError):
    """The question could not be answered: the suite does not start, nothing was collected, a tool crashed."""


class TimeIsUpError(NotMeasuredError):
    """The time that the user has given was over before there was an answer."""


class EvidenceError(NoxtasksError):
    """An artifact or an event log could not be written, or does not verify."""


class HistoryError(NoxtasksError):
    """The history database cannot be opened, read or written."""


class InterruptedRunError(NoxtasksError):
    """Ctrl-C or SIGTERM: what had been measured was kept."""

    exit_code = ExitCode.INTERRUPTED
