"""For each kind of finding: why it breaks, and what to do about it."""

from __future__ import annotations

import msgspec

from noxtasks.matrix.lint.model import Kind


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader of a finding is told."""

    title: str
    why: str
    advice: str


REASONS = {
    Kind.SEPARATOR: Reason(
        title="a path held against text with slashes",
        why="On Windows the system's own paths have backslashes, and PATH has semicolons.",
        advice="Compare pathlib.Path objects or .as_posix(), take .parts, and split PATH by os.pathsep.",
    ),
    Kind.FIXED_PATH: Reason(
        title="a folder or file that other systems do not have",
        why="/tmp, /dev/null and their like are not there on Windows, and some are links on macOS.",  # noqa: S108 - told
        advice="Use the fixture tmp_path, tempfile.gettempdir() or os.devnull.",
    ),
    Kind.FILE_NAME: Reason(
        title="a file name that Windows refuses",
        why='Windows allows none of <>:"|?* in a name, no dot or space at its end, and no NUL, CON, AUX, PRN or COM1.',
        advice="Give the file another name, or skip the test on Windows.",
    ),
    Kind.LETTER_CASE: Reason(
        title="names that differ in upper and lower case alone",
        why="Windows and macOS take them for one file, and Linux does not.",
        advice="Rename one of them, and spell imports as the file is spelt.",
    ),
    Kind.RENAME: Reason(
        title="a rename that is to replace a file",
        why="Where the target is there, os.rename raises FileExistsError on Windows.",
        advice="Use os.replace or Path.replace, which replace everywhere.",
    ),
    Kind.OPEN_FILE: Reason(
        title="a file that is open is removed, or opened a second time",
        why="Windows allows neither: [WinError 32], or Permission denied for a NamedTemporaryFile.",
        advice="Close it first; tmp_path, or NamedTemporaryFile(delete=False), gives a name that can be used.",
    ),
    Kind.ENCODING: Reason(
        title="text without an encoding",
        why="Without one it is the machine's own: UTF-8 on Linux and macOS, and mostly cp1252 on Windows.",
        advice='Say encoding="utf-8".',
    ),
    Kind.NEWLINE: Reason(
        title="bytes of a program's output held against \\n",
        why="Programs end their lines with \\r\\n on Windows.",
        advice="Read text (text=True), or compare .splitlines().",
    ),
    Kind.STRFTIME: Reason(
        title="a format of times that one C library has",
        why="%-d is glibc's and %#d Microsoft's; elsewhere it is a ValueError, or text of its own.",
        advice="Use codes that the C standard has, and take the zero off in Python: str(moment.day).",
    ),
    Kind.LOCALE: Reason(
        title="a locale by its name",
        why="Names differ between systems, and many machines have but one locale.",
        advice='Use the locale "C", or skip the test where setlocale raises locale.Error.',
    ),
    Kind.SYSTEM_CALL: Reason(
        title="a call or a module that some systems lack",
        why="It is an AttributeError, or an ImportError of the whole module, where the system has none.",
        advice="Ask hasattr() or sys.platform before, catch ImportError, or skip the test there.",
    ),
    Kind.PLATFORM_NAME: Reason(
        title="a name that no system has",
        why="The comparison is never true, so that what it guards never runs.",
        advice='sys.platform is "linux", "win32" or "darwin"; os.name "posix" or "nt"; platform.system() "Linux", '
        '"Windows" or "Darwin".',
    ),
    Kind.SHELL: Reason(
        title="a program that Windows does not have",
        why="There is no such program, or its shell has another language.",
        advice="Do it in Python (shutil, pathlib), start sys.executable, or ask shutil.which() before.",
    ),
    Kind.MODE_BITS: Reason(
        title="permission bits held against a number",
        why="Windows knows but one bit, read-only: what was 0o600 is 0o666 there.",
        advice='Assert it where os.name == "posix" alone.',
    ),
}
