"""What a failure tells of its cause. The texts are of real suites on real systems, as people reported them."""

from __future__ import annotations

import pytest

from noxtasks.matrix import causes
from noxtasks.matrix.causes import Cause

FAILURES = [
    (
        Cause.SEPARATOR,
        "AssertionError",
        r"""assert 'C:\\Users\\N...ment-template' == 'C:\\Users\\N...ment-template'
  Skipping 76 identical leading characters in diff, use -v to show
  - plate_dir0\test_template\c-test_assignment-template
  ?           ^             ^
  + plate_dir0/test_template/c-test_assignment-template
  ?           ^             ^""",
    ),
    (
        Cause.SEPARATOR,
        "AssertionError",
        r"""assert '/test/one/tw...e\\package.py' == '/test/one/two/some/package.py'
  - /test/one/two\some\package.py
  ?              ^    ^
  + /test/one/two/some/package.py
  ?              ^    ^""",
    ),
    (Cause.SEPARATOR, "AssertionError", r"[('./apache2.LICENSE', '')] != [('.\\apache2.LICENSE', '')]"),
    (
        Cause.SEPARATOR,
        "AssertionError",
        r"assert '/pg/usr/bin' in ['\\pg\\mingw64\\bin', '\\pg\\usr\\bin', '\\pg\\bin']",
    ),
    (
        Cause.LINE_ENDING,
        "AssertionError",
        r"""assert 'todoman, ver...2+ng973d06e\n' == 'todoman, vers...ng973d06e\r\n'
  - todoman, version 2.1.0.post122+ng973d06e
  + todoman, version 2.1.0.post122+ng973d06e
  ?                                         +""",
    ),
    (
        Cause.LINE_ENDING,
        "AssertionError",
        "assert '# Demo... docs.' == '# Demo... docs.'\n  \n  - # Demo\n  + # Demo\n  ?       +\n  - \n  + \n    Read.",
    ),
    (
        Cause.LINE_ENDING,
        "AssertionError",
        r'''"Dry run protocol:\r\n\r\ncommand: ['some_co'\r\n" != "Dry run protocol:\n\n\n\ncommand: ['some_co'\n"''',
    ),
    (
        Cause.ENCODING,
        "UnicodeDecodeError",
        "'charmap' codec can't decode byte 0x81 in position 617: character maps to <undefined>",
    ),
    (
        Cause.ENCODING,
        "UnicodeEncodeError",
        "'charmap' codec can't encode characters in position 97-99: character maps to <undefined>",
    ),
    (Cause.ENCODING, "AssertionError", "assert 'caf\u00c3\u00a9' == 'caf\u00e9'"),
    (
        Cause.SYMLINK,
        "OSError",
        "[WinError 1314] A required privilege is not held by the client: 'C:\\\\a' -> 'C:\\\\b'",
    ),
    (Cause.SYMLINK, "OSError", "symbolic link privilege not held"),
    (Cause.SYMLINK, "AttributeError", "'LocalPath' object has no attribute 'mklinkto'"),
    (
        Cause.FILE_IN_USE,
        "PermissionError",
        r"[WinError 32] The process cannot access the file because it is being used by another process: 'l.db'",
    ),
    (
        Cause.PERMISSION,
        "PermissionError",
        "[WinError 5] Access is denied: 'C:\\\\Users\\\\x\\\\AppData\\\\Local\\\\Temp'",
    ),
    (Cause.PERMISSION, "AssertionError", "assert 438 == 384\n +  where 438 = S_IMODE(33206)"),
    (Cause.PERMISSION, "AssertionError", "assert '0o666' == '0o600'"),
    (Cause.SYSTEM_CALL, "AttributeError", "module 'os' has no attribute 'getuid'"),
    (Cause.SYSTEM_CALL, "AttributeError", "module 'signal' has no attribute 'SIGKILL'"),
    (Cause.SYSTEM_CALL, "ValueError", "cannot find context for 'fork'"),
    (Cause.SYSTEM_CALL, "ModuleNotFoundError", "No module named 'fcntl'"),
    (Cause.SYSTEM_CALL, "AttributeError", "Can't pickle local object 'test_it.<locals>.work'"),
    (Cause.MODULE, "ModuleNotFoundError", "No module named 'uvloop'"),
    (Cause.EXECUTABLE, "FileNotFoundError", "[WinError 2] The system cannot find the file specified"),
    (Cause.EXECUTABLE, "OSError", "[WinError 193] %1 is not a valid Win32 application"),
    (Cause.EXECUTABLE, "FileNotFoundError", "[Errno 2] No such file or directory: 'git'"),
    (Cause.TIME_ZONE, "zoneinfo._common.ZoneInfoNotFoundError", "'No time zone found with key Europe/Berlin'"),
    (Cause.TIME_ZONE, "AttributeError", "module 'time' has no attribute 'tzset'"),
    (Cause.TIME_ZONE, "OSError", "[Errno 22] Invalid argument"),
    (Cause.TIME_FORMAT, "ValueError", "Invalid format string"),
    (
        Cause.FILE_NAME,
        "OSError",
        "[WinError 123] The filename, directory name, or volume label syntax is incorrect: 'a:b'",
    ),
    (Cause.FILE_NAME, "OSError", "[Errno 22] Invalid argument: 'C:\\\\tmp\\\\2020-01-01T10:00:00.log'"),
    (
        Cause.DISPLAY,
        "_tkinter.TclError",
        "Can't find a usable tk.tcl in the following directories: \n  C:/Python313/tcl",
    ),
    (Cause.DISPLAY, "_tkinter.TclError", "no display name and no $DISPLAY environment variable"),
    (Cause.INTEGER, "OverflowError", "Python int too large to convert to C long"),
    (Cause.INTEGER, "AssertionError", "assert dtype('int32') == dtype('int64')"),
    (
        Cause.TEMPORARY,
        "AssertionError",
        "PosixPath('/var/folders/qn/...[27 chars]log') != PosixPath('/private/var/folders/qn/...[35 chars]log')",
    ),
    (Cause.TEMPORARY, "AssertionError", "assert '/private/tmp' == '/tmp'\n  - /private/tmp\n  + /tmp"),
    (
        Cause.TEMPORARY,
        "AssertionError",
        r"assert WindowsPath('C:/Users/RUNNER~1/AppData/x') == WindowsPath('C:/Users/runneradmin/AppData/x')",
    ),
    (Cause.CASE, "AssertionError", "assert 'readme.md' == 'README.md'\n  - README.md\n  + readme.md"),
    (
        Cause.ORDER,
        "AssertionError",
        "assert ['b.txt', 'a.txt'] == ['a.txt', 'b.txt']\n  At index 0 diff: 'b.txt' != 'a.txt'",
    ),
    (Cause.TIMING, "TimeoutError", ""),
    (Cause.TIMING, "subprocess.TimeoutExpired", "Command '['sleep']' timed out after 1 seconds"),
    (Cause.TIMING, "AssertionError", "assert 0.0 > 0\n +  where 0.0 = Result(n=1).elapsed"),
    (Cause.ROUNDING, "AssertionError", "assert 0.30000000000000004 == 0.3"),
    (
        Cause.ROUNDING,
        "AssertionError",
        "\nNot equal to tolerance rtol=1e-07, atol=0\n\nMismatched elements: 1 / 3 (33.3%)",
    ),
]

NOT_TOLD = [
    ("AssertionError", "assert 3 == 4"),
    ("AssertionError", "assert 'a' == 'b'\n  - b\n  + a"),
    ("AssertionError", "assert [1, 2] == [1, 3]"),
    ("AssertionError", "assert 'and/or' == 'either or'"),
    ("AssertionError", r"assert '\\d+' == '[0-9]+'"),
    ("AssertionError", "assert False"),
    ("AssertionError", "assert 5 > 7"),
    ("KeyError", "'name'"),
    ("ValueError", "invalid literal for int() with base 10: 'x'"),
    ("FileNotFoundError", "[Errno 2] No such file or directory: 'data/in.csv'"),
    ("FileNotFoundError", r"[WinError 2] The system cannot find the file specified: 'data\\in.csv'"),
    ("AssertionError", "assert 'one\\ntwo' == 'one\\nthree'\n    one\n  - three\n  + two"),
]


@pytest.mark.parametrize(("cause", "exception", "message"), FAILURES)
def test_a_failure_shows_its_cause(cause: Cause, exception: str, message: str) -> None:
    assert causes.of_failure(exception, message) is cause


@pytest.mark.parametrize(("exception", "message"), NOT_TOLD)
def test_a_failure_that_any_system_might_have_shows_none(exception: str, message: str) -> None:
    assert causes.of_failure(exception, message) is Cause.UNKNOWN


def test_every_cause_has_a_remedy() -> None:
    assert set(causes.REMEDIES) == set(Cause)
