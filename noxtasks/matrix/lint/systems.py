"""What some systems lack: calls, modules, programs, names of systems, and permission bits."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator

from noxtasks.matrix.lint.model import Candidate, Kind
from noxtasks.suite.source import Source

_OF_POSIX = {
    "os": """fork forkpty getuid geteuid getgid getegid getgroups setuid setgid seteuid setegid setgroups initgroups
        getpgid getpgrp setpgid setpgrp setsid getsid killpg mkfifo mknod uname chown lchown fchown chroot nice wait
        wait3 wait4 waitid WIFEXITED WEXITSTATUS WIFSIGNALED WTERMSIG sysconf confstr getloadavg openpty ttyname ctermid
        statvfs fstatvfs posix_spawn posix_fallocate pread pwrite readv writev sched_getaffinity sched_setaffinity
        sched_yield fchdir pipe2 O_CLOEXEC O_NONBLOCK O_NOFOLLOW O_DIRECTORY getpriority setpriority memfd_create
        pidfd_open sendfile sync""",
    "signal": """SIGKILL SIGHUP SIGALRM SIGVTALRM SIGPROF SIGUSR1 SIGUSR2 SIGCHLD SIGCLD SIGCONT SIGSTOP SIGTSTP SIGQUIT
        SIGPIPE SIGWINCH SIGTTIN SIGTTOU SIGIO SIGURG SIGTRAP SIGSYS alarm setitimer getitimer pause pthread_sigmask
        sigwait sigwaitinfo sigtimedwait sigpending siginterrupt pthread_kill SIG_BLOCK SIG_UNBLOCK SIG_SETMASK""",
    "socket": "AF_UNIX CMSG_LEN SCM_RIGHTS send_fds recv_fds SO_REUSEPORT",
    "time": "tzset CLOCK_MONOTONIC CLOCK_REALTIME clock_gettime clock_settime pthread_getcpuclockid",
    "select": "epoll poll kqueue kevent devpoll EPOLLIN POLLIN",
}
_OF_WINDOWS = {
    "os": "startfile O_BINARY add_dll_directory",
    "signal": "CTRL_C_EVENT CTRL_BREAK_EVENT SIGBREAK",
    "subprocess": """STARTUPINFO CREATE_NEW_PROCESS_GROUP CREATE_NO_WINDOW DETACHED_PROCESS STARTF_USESHOWWINDOW
        SW_HIDE""",
    "ctypes": "windll WinDLL WinError oledll",
    "asyncio": "ProactorEventLoop WindowsSelectorEventLoopPolicy WindowsProactorEventLoopPolicy",
}
_CALLS = {
    f"{module}.{name}": system
    for table, system in ((_OF_POSIX, "POSIX"), (_OF_WINDOWS, "Windows"))
    for module, names in table.items()
    for name in names.split()
}
_MODULES = {
    **dict.fromkeys(("fcntl", "pwd", "grp", "resource", "termios", "tty", "pty", "syslog", "posix"), "POSIX"),
    **dict.fromkeys(("spwd", "crypt", "nis", "_posixsubprocess"), "POSIX"),
    **dict.fromkeys(("winreg", "msvcrt", "_winapi", "winsound", "_overlapped"), "Windows"),
    **dict.fromkeys(("win32api", "win32con", "win32file", "pywintypes"), "Windows"),
}
_PLATFORMS = {
    "sys.platform": re.compile(
        r"linux|win32|darwin|cli|cygwin|msys|aix|android|ios|emscripten|wasi|(?:free|open|net)bsd\d*|sunos5?|haiku\d*"
        r"|dragonfly\d*|java\w*|os2|atheos|zos|gnu0?|os400|vxworks|qnx|minix"
    ),
    "os.name": re.compile(r"posix|nt|java|ce|os2|riscos"),
    "platform.system()": re.compile(
        r"|Linux|Windows|Darwin|Java|\w*BSD|DragonFly|SunOS|AIX|CYGWIN.*|MSYS.*|MINGW.*|Android|iOS|iPadOS|Emscripten"
        r"|Haiku|GNU|HP-UX|Microsoft|QNX|z/?OS|OS400|Solaris|VxWorks"
    ),
}
_PROGRAMS = frozenset(
    {
        *("ls", "rm", "cp", "mv", "cat", "touch", "grep", "egrep", "sed", "awk"),
        *("chmod", "chown", "ln", "which", "pwd", "head", "tail", "kill", "killall", "pkill"),
        *("uname", "sh", "bash", "zsh", "dash", "env", "printf", "wc", "cut", "tr"),
        *("xargs", "basename", "dirname", "readlink", "realpath", "mktemp", "tee", "true", "false", "sleep"),
        *("seq", "yes", "diff", "patch", "man", "ps", "df", "du", "echo", "test"),
        *("python3", "sudo", "file", "stat", "nohup", "nproc", "ulimit", "date"),
    }
)
_OF_BOTH_SHELLS = frozenset({"echo", "date", "test"})
_SH = re.compile(
    r"[;&|]\s*(?:rm|cp|mv|cat|ls|touch|grep|sed|awk|export|source)\b|>\s*/dev/null|\$\(|\$\{?[A-Za-z_]|'|\A\./|`"
)
_RUNS = frozenset(f"subprocess.{name}" for name in ("run", "call", "check_call", "check_output", "Popen"))
_SHELLS = frozenset({"os.system", "os.popen", "subprocess.getoutput", "subprocess.getstatusoutput"})
_ASSERTS = frozenset({"assertEqual", "assertEquals", "assertNotEqual"})
_MODE = re.compile(r"\bst_mode\b|\bS_IMODE\(|\bS_IMODE\b")
_LEAST_MODE = 0o100


def candidates(source: Source) -> Iterator[Candidate]:
    """All that this module looks for."""
    for node in source.nodes:
        match node:
            case ast.Attribute(ctx=ast.Load()) if (name := source.qualified(node)) in _CALLS:
                yield Candidate(kind=Kind.SYSTEM_CALL, node=node, what=f"{name} ({_CALLS[name]})")
            case ast.Import(names=names):
                yield from _imported(node, [each.name for each in names])
            case ast.ImportFrom(module=str(module), level=0):
                yield from _imported(node, [module])
                yield from _imported_from(node, module)
            case ast.Compare():
                yield from _platforms(source, node)
                yield from _modes(source, node)
            case ast.Call():
                yield from _commands(source, node)
                yield from _asserted_modes(source, node)


def _imported(node: ast.AST, modules: list[str]) -> Iterator[Candidate]:
    for module in modules:
        if module in _MODULES:
            yield Candidate(kind=Kind.SYSTEM_CALL, node=node, what=f"import {module} ({_MODULES[module]})")


def _imported_from(node: ast.ImportFrom, module: str) -> Iterator[Candidate]:
    for each in node.names:
        if (name := f"{module}.{each.name}") in _CALLS:
            yield Candidate(kind=Kind.SYSTEM_CALL, node=node, what=f"{name} ({_CALLS[name]})")


def _platforms(source: Source, node: ast.Compare) -> Iterator[Candidate]:
    """`sys.platform == "windows"`, `platform.system() == "linux"`."""
    asked = source.qualified(node.left)
    if isinstance(node.left, ast.Call) and not node.left.args:
        asked = source.qualified(node.left.func) + "()"
    known = _PLATFORMS.get(asked)
    if known is None or len(node.ops) != 1:
        return
    given = node.comparators[0]
    if isinstance(node.ops[0], ast.Eq | ast.NotEq):
        values = [given]
    elif isinstance(node.ops[0], ast.In | ast.NotIn) and isinstance(given, ast.Tuple | ast.List | ast.Set):
        values = list(given.elts)
    else:
        return
    wrong = [
        each
        for each in values
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and not known.fullmatch(each.value)
    ]
    right = [each for each in values if each not in wrong]
    if any(isinstance(above, ast.BoolOp) and "TYPE_CHECKING" in ast.unparse(above) for above in source.ancestors(node)):
        return
    if wrong and not right:  # one of several may be there for old versions
        yield Candidate(kind=Kind.PLATFORM_NAME, node=node, what=ast.unparse(node))


def _modes(source: Source, node: ast.Compare) -> Iterator[Candidate]:
    """`assert path.stat().st_mode & 0o777 == 0o600`."""
    if not isinstance(source.parents.get(node), ast.Assert) or len(node.ops) != 1:
        return
    sides = (node.left, node.comparators[0])
    if isinstance(node.ops[0], ast.Eq | ast.NotEq) and (
        _are_modes(source, *sides) or _are_modes(source, *reversed(sides))
    ):
        yield Candidate(kind=Kind.MODE_BITS, node=node, what=ast.unparse(node))


def _asserted_modes(source: Source, node: ast.Call) -> Iterator[Candidate]:
    match node:
        case ast.Call(func=ast.Attribute(attr=attr), args=[one, other, *_]) if attr in _ASSERTS:
            if _are_modes(source, one, other) or _are_modes(source, other, one):
                yield Candidate(kind=Kind.MODE_BITS, node=node, what=ast.unparse(one))


def _are_modes(source: Source, asked: ast.AST, number: ast.AST) -> bool:
    number = source.value(number)
    if not isinstance(number, ast.Constant) or not (type(number.value) is int or isinstance(number.value, str)):
        return False
    if isinstance(number.value, str) and not re.fullmatch(r"0o?\d{3,4}|\d{3}", number.value):
        return False
    if isinstance(number.value, int) and number.value < _LEAST_MODE:
        return False
    return bool(_MODE.search(ast.unparse(source.value(asked))) or _MODE.search(ast.unparse(asked)))


def _commands(source: Source, node: ast.Call) -> Iterator[Candidate]:
    """`subprocess.run(["ls"])`, `os.system("rm -rf build")`."""
    name = source.qualified(node.func)
    if not node.args or not (name in _RUNS or name in _SHELLS):
        return
    given = source.value(node.args[0])
    in_shell = name in _SHELLS or any(
        keyword.arg == "shell" and isinstance(keyword.value, ast.Constant) and keyword.value.value is True
        for keyword in node.keywords
    )
    if isinstance(given, ast.List | ast.Tuple) and given.elts and not in_shell:
        program = _text(source.value(given.elts[0]))
        if program.rpartition("/")[2] in _PROGRAMS:
            yield Candidate(kind=Kind.SHELL, node=node, what=program)
    elif in_shell and (text := _text(given)):
        program = _first(text)
        if program in _PROGRAMS - _OF_BOTH_SHELLS or _SH.search(_unquoted(text) if program == "echo" else text):
            yield Candidate(kind=Kind.SHELL, node=node, what=program or text[:20])


def _unquoted(text: str) -> str:
    """What is told by echo may well have quotes around it."""
    return text.replace("'", "")


def _first(text: str) -> str:
    try:
        return shlex.split(text)[0].rpartition("/")[2] if text.strip() else ""
    except ValueError:
        return text.split(maxsplit=1)[0] if text.split() else ""


def _text(node: ast.AST) -> str:
    """The text of a literal, what is filled in left out."""
    match node:
        case ast.Constant(value=str(value)):
            return value
        case ast.JoinedStr(values=values):
            return "".join(
                each.value if isinstance(each, ast.Constant) and isinstance(each.value, str) else "x" for each in values
            )
    return ""
