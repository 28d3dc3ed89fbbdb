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

    @property
    def meaning(self) -> str:
        """What it says of the session."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.NOTHING_FOUND: "nothing was found",
    ExitCode.FOUND: "something was found: a flaky or broken test, a module that cannot be collected, ids that differ "
    "in each collection, an expired quarantine, a finding of the audit, a mutation score below its threshold, tests "
    "that differ between systems, a finding of the lint, a blocking gate that failed",
    ExitCode.WRONG_CONFIGURATION: "the configuration or the arguments are wrong",
    ExitCode.NOT_MEASURED: "it could not be measured: the suite does not collect, a tool crashed, a blocking gate is "
    "unmeasured",
    ExitCode.INTERRUPTED: "it was interrupted",
}


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
