"""Why a test ends otherwise on another platform, where its failure shows it: rules over exception and message.

The rules are tried in order, the surest first: an error number of Windows is sure, two sides of a comparison that
differ in separators alone are nearly so. Where none applies the cause is not known, and that is said.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from enum import Enum

from noxtasks.matrix import comparisons


class Cause(Enum):
    """Why it ends otherwise."""

    FILE_IN_USE = "file in use"
    SYMLINK = "symbolic link"
    PERMISSION = "permissions"
    SYSTEM_CALL = "call that one system has"
    EXECUTABLE = "missing executable"
    ENCODING = "encoding"
    TIME_ZONE = "time zone"
    TIME_FORMAT = "time format"
    FILE_NAME = "file name"
    INTEGER = "width of integers"
    DISPLAY = "graphical display"
    MODULE = "missing module"
    LINE_ENDING = "line ending"
    TEMPORARY = "temporary folder"
    CASE = "letter case"
    SEPARATOR = "path separator"
    ORDER = "order"
    TIMING = "timing"
    ROUNDING = "rounding"
    CRASH = "crash"
    COLLECTION = "collection"
    SKIPPED = "skipped"
    EXPECTED = "expected failure"
    UNKNOWN = "unknown"


REMEDIES = {
    Cause.FILE_IN_USE: "Close the file before it is moved or removed: Windows lets nobody do that while it is open.",
    Cause.SYMLINK: "Skip where os.symlink raises: Windows allows it to administrators and in developer mode alone.",
    Cause.PERMISSION: "Assert the bits of a mode on POSIX alone; Windows keeps but one, for read-only.",
    Cause.SYSTEM_CALL: "Ask hasattr(), or sys.platform, before the call, and skip the test where there is none.",
    Cause.EXECUTABLE: "Start sys.executable, or ask shutil.which() and skip the test where there is none.",
    Cause.ENCODING: 'Give encoding="utf-8" wherever text is read, written or taken from a process.',
    Cause.TIME_ZONE: "Install tzdata where the system has no time zones, and give the zone instead of asking for it.",
    Cause.TIME_FORMAT: "Use format codes that the C standard has; take the zero off in Python instead of with %-d.",
    Cause.FILE_NAME: 'Leave out of names what Windows refuses (<>:"|?* and reserved names), and keep paths short.',
    Cause.INTEGER: "Give the width (numpy.int64): a C long has 32 bits on Windows, and 64 elsewhere.",
    Cause.DISPLAY: "Choose a backend that needs none: MPLBACKEND=Agg, QT_QPA_PLATFORM=offscreen.",
    Cause.MODULE: "Declare the dependency for this platform, or pytest.importorskip() it.",
    Cause.LINE_ENDING: 'Give newline="" or "\\n" when writing, or compare lines: text mode writes \\r\\n on Windows.',
    Cause.TEMPORARY: "Compare resolved paths: /var is a link on macOS, and Windows has short names such as RUNNER~1.",
    Cause.CASE: "Spell names alike everywhere: Windows and macOS do not tell upper from lower case, Linux does.",
    Cause.SEPARATOR: "Compare pathlib.Path objects, or .as_posix(), instead of strings with separators.",
    Cause.ORDER: "Sort what the file system lists, or compare as sets.",
    Cause.TIMING: "Wait for the event itself, and assert no durations: clocks and schedulers differ.",
    Cause.ROUNDING: "Compare with pytest.approx(): the last digits hang on the processor and its libraries.",
    Cause.CRASH: "Run the test alone on that system with faulthandler on.",
    Cause.COLLECTION: "Let the module be imported everywhere, and skip where it cannot work.",
    Cause.SKIPPED: "If the platform is the reason, say so in the reason of the skip; else provide what is missing.",
    Cause.EXPECTED: "Known to fail there: mend it, or tell in its reason where that is tracked.",
    Cause.UNKNOWN: "Read the failure in that cell's record.",
}

_SYSTEM_MODULES = (
    "fcntl|grp|pwd|resource|termios|tty|pty|posix|_posixsubprocess|readline|syslog|winreg|msvcrt|_winapi|winsound"
)
_FILE_IN_USE = re.compile(r"\[WinError (?:32|33|145)\]|being used by another process")
_SYMLINK = re.compile(
    r"\[WinError 1314\]|symbolic link privilege|privilege is not held|no attribute '(?:mksymlinkto|mklinkto|symlink)'"
)
_SYSTEM_CALL = re.compile(
    r"module '(?:os|signal|socket|asyncio|select|multiprocessing)' has no attribute"
    r"|cannot find context for|cannot import name '\w+' from '(?:os|signal|socket|select|asyncio)"
    r"|\[WinError 87\]|Can't (?:pickle|get) local object|Ran out of input|add_signal_handler|add_reader"
    rf"|No module named '(?:{_SYSTEM_MODULES})'"
)
_EXECUTABLE = re.compile(
    r"\[WinError 2\][^:]*\Z|\[WinError (?:2|193)\] .*(?:specified|application)\Z"
    r"|is not recognized as an internal or external command|: (?:command )?not found\b"
    r"|returned non-zero exit status 127"
    r"|\[Errno 2\] No such file or directory: '[\w-]+'"
)
_NO_PERMISSION = re.compile(r"\[WinError 5\]|Permission denied|Operation not permitted")
_MODES = re.compile(r"\b(?:0o(?:100)?(?:666|444|777)|438|292|511|33206|33060|16895)\b")
_OTHER_MODES = re.compile(
    r"\b(?:0o(?:100)?(?:6[04][04]|4[04]0|7[05][05])|384|416|420|256|448|488|493|33152|33188|33261)\b"
)
_ENCODING = re.compile(
    r"codec can't (?:de|en)code|charmap|\bcp(?:125\d|437|850|932|65001)\b|\xc3[\x80-\xbf]|\xe2\u20ac|unknown encoding"
)
_TIME_ZONE = re.compile(
    r"No time zone found|tzdata|time ?zone|mktime argument|no attribute 'tzset'|timestamp out of range|localtime"
)
_FILE_NAME = re.compile(
    r"\[WinError (?:123|206|267)\]|File name too long|volume label syntax|\[Errno 22\] Invalid argument: ['\"]"
)
_DISPLAY = re.compile(r"no display name|\$DISPLAY|connect to (?:X server|display)|Qt platform plugin")
_INTEGER = re.compile(r"too large to convert to C|\bint32\b.*\bint64\b|\bint64\b.*\bint32\b")
_TIMING = re.compile(r"timed out|Timeout|deadline exceeded", re.IGNORECASE)
_OF_TIME = re.compile(r"elapsed|duration|seconds|perf_counter|monotonic|\btime\b|took|delay", re.IGNORECASE)


def _is(*exceptions: str) -> Callable[[str], bool]:
    return lambda exception: exception.rpartition(".")[2] in exceptions


_asserts = _is("AssertionError", "Failed", "")
_permission, _attribute = _is("PermissionError"), _is("AttributeError", "NotImplementedError")
_unicode, _zone = _is("UnicodeDecodeError", "UnicodeEncodeError"), _is("ZoneInfoNotFoundError", "UnknownTimeZoneError")
_os, _import = _is("OSError"), _is("ModuleNotFoundError", "ImportError")
_tcl = _is("TclError")
_timeout = _is("TimeoutError", "TimeoutExpired", "Timeout")


def _is_of_modes(exception: str, message: str) -> bool:
    return _asserts(exception) and bool(_MODES.search(message) and _OTHER_MODES.search(message))


def _is_of_time_zone(exception: str, message: str) -> bool:
    no_time = _os(exception) and message.strip() == "[Errno 22] Invalid argument"  # of fromtimestamp, on Windows
    return _zone(exception) or no_time or bool(_TIME_ZONE.search(message) and not _asserts(exception))


def _is_of_timing(exception: str, message: str) -> bool:
    if _timeout(exception) or (not _asserts(exception) and _TIMING.search(message)):
        return True
    return _asserts(exception) and comparisons.is_of_order(message) and bool(_OF_TIME.search(message))


_RULES: tuple[tuple[Cause, Callable[[str, str], bool]], ...] = (
    (Cause.FILE_IN_USE, lambda _, message: bool(_FILE_IN_USE.search(message))),
    (Cause.SYMLINK, lambda _, message: bool(_SYMLINK.search(message))),
    (Cause.TIME_ZONE, _is_of_time_zone),
    (Cause.SYSTEM_CALL, lambda _, message: bool(_SYSTEM_CALL.search(message))),
    (Cause.EXECUTABLE, lambda _, message: bool(_EXECUTABLE.search(message))),
    (Cause.ENCODING, lambda exception, message: _unicode(exception) or bool(_ENCODING.search(message))),
    (Cause.TIME_FORMAT, lambda _, message: "Invalid format string" in message),
    (Cause.FILE_NAME, lambda _, message: bool(_FILE_NAME.search(message))),
    (Cause.INTEGER, lambda _, message: bool(_INTEGER.search(message))),
    (Cause.PERMISSION, lambda exception, message: _permission(exception) or bool(_NO_PERMISSION.search(message))),
    (Cause.PERMISSION, _is_of_modes),
    (Cause.DISPLAY, lambda exception, message: _tcl(exception) or bool(_DISPLAY.search(message))),
    (Cause.MODULE, lambda exception, _: _import(exception)),
    (Cause.LINE_ENDING, lambda exception, message: _asserts(exception) and comparisons.differs_in_line_ends(message)),
    (Cause.TEMPORARY, lambda exception, message: _asserts(exception) and comparisons.differs_in_temporary(message)),
    (Cause.CASE, lambda exception, message: _asserts(exception) and comparisons.differs_in_case(message)),
    (Cause.SEPARATOR, lambda exception, message: _asserts(exception) and comparisons.differs_in_separators(message)),
    (Cause.ORDER, lambda exception, message: _asserts(exception) and comparisons.differs_in_order(message)),
    (Cause.TIMING, _is_of_timing),
    (Cause.ROUNDING, lambda exception, message: _asserts(exception) and comparisons.differs_in_rounding(message)),
)


def of_failure(exception: str, message: str) -> Cause:
    """The cause that a failure shows; `UNKNOWN` where it shows none."""
    return next((cause for cause, applies in _RULES if applies(exception, message)), Cause.UNKNOWN)


_OF_SKIPS = (
    (Cause.SYMLINK, re.compile(r"sym(?:bolic )?link", re.IGNORECASE)),
    (Cause.MODULE, re.compile(r"could not import|not installed|No module named|is not available", re.IGNORECASE)),
    (Cause.EXECUTABLE, re.compile(r"\bexecutable|\bbinary\b|command|not (?:found )?(?:on|in) PATH", re.IGNORECASE)),
    (Cause.ENCODING, re.compile(r"encoding|locale|unicode", re.IGNORECASE)),
    (Cause.PERMISSION, re.compile(r"permission|\broot\b|privilege", re.IGNORECASE)),
)


def of_skip(reason: str) -> Cause:
    """The cause that the reason of a skip names; `SKIPPED` where it names none that is known."""
    return next((cause for cause, words in _OF_SKIPS if words.search(reason)), Cause.SKIPPED)


def surest(found: Iterable[Cause]) -> Cause:
    """The first that is known."""
    return next((cause for cause in found if cause is not Cause.UNKNOWN), Cause.UNKNOWN)
