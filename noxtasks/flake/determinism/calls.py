"""Calls that are findings by what they call and what they are given."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from noxtasks.flake.determinism.controls import Controls
from noxtasks.flake.determinism.model import Kind
from noxtasks.suite.source import Source

Check = Callable[[Source, ast.Call], bool]

_NUMPY_SOUND = {
    "seed",
    "default_rng",
    "RandomState",
    "Generator",
    "SeedSequence",
    "get_state",
    "set_state",
    "PCG64",
    "PCG64DXSM",
    "MT19937",
    "Philox",
    "SFC64",
    "BitGenerator",
}
_RANDOM_SOUND = {"Random", "SystemRandom", "seed", "getstate", "setstate"}
_HTTP_VERBS = {"get", "post", "put", "patch", "delete", "head", "options", "request", "stream"}
_HTTP_CLIENTS = {
    "requests.Session",
    "requests.session",
    "requests.sessions.Session",
    "httpx.Client",
    "httpx.AsyncClient",
    "aiohttp.ClientSession",
    "urllib3.PoolManager",
}
_SERVERS = re.compile(
    r"(^|\.)(\w*(HTTP|TCP|UDP|WSGI|XMLRPC)Server|make_server|start_server|create_server|run_server|"
    r"serve|run_app|run_simple|start_http_server|listen|TCPSite)$"
)
_APPS = re.compile(r"(^|[._])(app|server|uvicorn|application)\.run$")
_SHARED = re.compile(r"(/tmp|/var/tmp|/dev/shm)/[^{}]")
_LOCALE_FORMATS = re.compile(r"%-?[cxX]")
_SHORT_S = 0.001  # less than that only lets others run
_LONG_S = 60  # nobody waits so long in a test: the sleep is there to be cut short
_LOOPBACK = re.compile(
    r"(localhost|127\.|0\.0\.0\.0$|::1?$|.*\.(localhost|test|invalid|example|local)$|testserver$)", re.IGNORECASE
)


def kind_of(source: Source, call: ast.Call) -> tuple[Kind, str] | None:
    """The kind of finding that this call is, and how it is called; None for most."""
    name = source.qualified(call.func).removeprefix("six.moves.")
    if name:
        if (found := CALLS.get(name)) is not None:
            kind, check = found
            return (kind, f"{name}()") if check(source, call) else None
        module, _, last = name.rpartition(".")
        if module == "random" and last.islower() and last not in _RANDOM_SOUND:
            return Kind.RANDOM, f"{name}()"
        if module == "numpy.random" and last not in _NUMPY_SOUND:
            return Kind.RANDOM, f"{name}()"
        if module in ("requests", "requests.api", "httpx") and last in _HTTP_VERBS and _is_remote(source, call):
            return Kind.NETWORK, f"{name}()"
    return _by_method(source, call)


def is_controlled(kind: Kind, name: str, controls: Controls) -> bool:  # noqa: PLR0911 - one for each kind
    """Whether what holds for the test takes this under control."""
    if controls.replaces(name.removesuffix("()")):
        return True
    match kind:
        case Kind.RANDOM:
            return controls.seeded and name.startswith(("random.", "numpy.", "np."))
        case Kind.CLOCK | Kind.LOCALE:
            return controls.frozen or (kind is Kind.LOCALE and "TZ" in controls.patched)
        case Kind.NETWORK:
            return controls.network or not controls.patched.isdisjoint(_SENDERS)
        case Kind.SHARED_PATH:
            return controls.files or "open" in controls.patched
        case Kind.PORT:
            return not controls.patched.isdisjoint({"socket", "bind", "run", "serve", "start_server"})
    return False


_SENDERS = {"requests", "Session", "send", "request", "urlopen", "get", "post", "httpx", "socket", "urllib"}


def _always(_source: Source, _call: ast.Call) -> bool:
    return True


def _in_the_shared_folder(_source: Source, call: ast.Call) -> bool:
    return len(call.args) < 3 and _keyword(call, "dir") is None  # noqa: PLR2004 - mktemp(suffix, prefix, dir)


def _without_arguments(_source: Source, call: ast.Call) -> bool:
    return not call.args and not call.keywords


def _with_arguments(_source: Source, call: ast.Call) -> bool:
    return bool(call.args)


def _without_seed(_source: Source, call: ast.Call) -> bool:
    given = [*call.args[:1], *(each.value for each in call.keywords if each.arg in ("seed", "x", "a"))]
    return all(isinstance(each, ast.Constant) and each.value is None for each in given)


def _without_moment(_source: Source, call: ast.Call) -> bool:
    return len(call.args) < 2 and not call.keywords  # noqa: PLR2004 - time.strftime(format, moment)


def _waits(source: Source, call: ast.Call) -> bool:
    """A sleep of some length that is neither a step of a poll nor made to be cut short."""
    if not call.args or _is_polling(source, call):
        return False
    match source.value(call.args[0]):
        case ast.Constant(value=int() | float() as seconds):
            return _SHORT_S <= seconds < _LONG_S
    return True


def _is_polling(source: Source, call: ast.Call) -> bool:
    for above in source.ancestors(call):
        match above:
            case ast.While(test=ast.Constant()) | ast.For() | ast.AsyncFor():
                if any(isinstance(node, ast.Break | ast.Return | ast.Raise) for node in ast.walk(above)):
                    return True
            case ast.While():
                return True
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.Lambda():
                return False
    return False


def _without_zone(_source: Source, call: ast.Call) -> bool:
    return len(call.args) < 2 and not any(each.arg in ("tz", None) for each in call.keywords)  # noqa: PLR2004


def _sets_locale(source: Source, call: ast.Call) -> bool:
    """`setlocale(LC_ALL, "de_DE")`; to "C", or back to what was before, is sound."""
    if len(call.args) < 2:  # noqa: PLR2004
        return False
    match source.value(call.args[1]):
        case ast.Constant(value=str(name)):
            return name not in ("C", "POSIX", "C.UTF-8")
    return False


def _is_remote(source: Source, call: ast.Call) -> bool:
    """Whether an argument is the literal URL of a host that is not this machine."""
    given = [*call.args[:2], *(each.value for each in call.keywords if each.arg in ("url", "uri"))]
    return any(_is_remote_host(_host_of(_beginning(source, each))) for each in given)


def _to_remote_address(source: Source, call: ast.Call) -> bool:
    host, _ = _address(source, call.args[0]) if call.args else ("", None)
    return _is_remote_host(host)


def _to_remote_host(source: Source, call: ast.Call) -> bool:
    host = _beginning(source, call.args[0]) if call.args else ""
    return _is_remote_host(host.partition(":")[0])


def _sends(source: Source, call: ast.Call) -> bool:
    """A connection that is made, and then used as it is: `request()` on it, and no socket of one's own put in."""
    match source.parents.get(call):
        case ast.Assign(targets=[ast.Name() as name]):
            uses = source.uses(name.id, source.owner(name) or source.tree)
            methods = {above.attr for use in uses if isinstance(above := source.parents.get(use), ast.Attribute)}
            return _to_remote_host(source, call) and not methods.isdisjoint(_CONNECTS) and "sock" not in methods
    return False


_CONNECTS = {"request", "connect", "putrequest"}


def _host_of(url: str) -> str:
    if not url.startswith(("http://", "https://", "ftp://", "ws://", "wss://")):
        return ""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_remote_host(host: str) -> bool:
    return "." in host and " " not in host and not _LOOPBACK.match(host)


def _beginning(source: Source, node: ast.AST) -> str:
    """The constant text that an expression begins with."""
    for _ in range(20):
        node = source.value(node)
        match node:
            case ast.Constant(value=str(text)):
                return text
            case ast.JoinedStr(values=[first, *_]) | ast.FormattedValue(value=first):
                node = first
            case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
                node = left
            case ast.Call(func=ast.Attribute(value=text, attr="format")):
                node = text
            case _:
                return ""
    return ""


def _address(source: Source, node: ast.AST) -> tuple[str, int | None]:
    match source.value(node):
        case ast.Tuple(elts=[host, port, *_]):
            number = source.value(port)
            value = number.value if isinstance(number, ast.Constant) and type(number.value) is int else None
            return _beginning(source, host), value
    return "", None


def _by_method(source: Source, call: ast.Call) -> tuple[Kind, str] | None:  # noqa: PLR0911 - one for each method
    written = source.written(call.func)
    name = f"{written}()"
    method = call.func.attr if isinstance(call.func, ast.Attribute) else written
    if method == "bind" and len(call.args) == 1 and _is_fixed(_address(source, call.args[0])[1]):
        return Kind.PORT, name
    if (_SERVERS.search(written) or _APPS.search(written)) and _has_fixed_port(source, call):
        return Kind.PORT, name
    if method == "connect" and len(call.args) == 1 and _to_remote_address(source, call):
        return Kind.NETWORK, name
    if method in _HTTP_VERBS and isinstance(call.func, ast.Attribute) and _is_remote(source, call):
        client = source.value(call.func.value)
        if isinstance(client, ast.Call) and source.qualified(client.func) in _HTTP_CLIENTS:
            return Kind.NETWORK, name
    if _writes_shared(source, call, method):
        return Kind.SHARED_PATH, name
    match call:
        case ast.Call(func=ast.Attribute(attr="strftime"), args=[ast.Constant(value=str(text))]):
            return (Kind.LOCALE, f'strftime("{text}")') if _LOCALE_FORMATS.search(text) else None
        case ast.Call(func=ast.Attribute(attr="timestamp", value=ast.Call() as moment), args=[]):
            naive = source.qualified(moment.func) == "datetime.datetime" and not any(
                each.arg in ("tzinfo", None) for each in moment.keywords
            )
            return (Kind.LOCALE, "timestamp() of a naive datetime") if naive and len(moment.args) < _TZINFO else None
    return None


_TZINFO = 8  # its place among the arguments of datetime


def _is_fixed(port: int | None) -> bool:
    return port is not None and 0 < port < 1 << 16


def _has_fixed_port(source: Source, call: ast.Call) -> bool:
    for keyword in call.keywords:
        if keyword.arg == "port":
            value = source.value(keyword.value)
            return isinstance(value, ast.Constant) and type(value.value) is int and _is_fixed(value.value)
    if call.args and _is_fixed(_address(source, call.args[0])[1]):
        return True
    for argument in call.args[:3]:
        value = source.value(argument)
        if isinstance(value, ast.Constant) and type(value.value) is int and 1024 <= value.value < 1 << 16:  # noqa: PLR2004
            return True
    return False


_WRITERS = {"makedirs", "mkdir", "write_text", "write_bytes", "touch", "copy", "copyfile", "copytree", "mkfifo"}


def _writes_shared(source: Source, call: ast.Call, method: str) -> bool:
    """Whether a file with a fixed name below a shared folder is made here."""
    name = source.qualified(call.func)
    if name in ("open", "io.open") or (method == "open" and not name):
        is_method = name not in ("open", "io.open")
        path = call.func.value if is_method and isinstance(call.func, ast.Attribute) else (call.args or [call])[0]
        mode = call.args[not is_method] if len(call.args) > (not is_method) else _keyword(call, "mode")
        text = mode.value if isinstance(mode, ast.Constant) else "r"
        return isinstance(text, str) and not {"w", "a", "x", "+"}.isdisjoint(text) and _is_shared(source, path)
    if name == "sqlite3.connect":
        return bool(call.args) and _is_shared(source, call.args[0])
    if method not in _WRITERS:
        return False
    if name.startswith("shutil."):
        return len(call.args) > 1 and _is_shared(source, call.args[1])
    if name.startswith("os."):
        return bool(call.args) and _is_shared(source, call.args[0])
    return isinstance(call.func, ast.Attribute) and _is_shared(source, call.func.value)


def _keyword(call: ast.Call, name: str) -> ast.expr | None:
    return next((each.value for each in call.keywords if each.arg == name), None)


def _is_shared(source: Source, path: ast.AST) -> bool:
    """`/tmp/name`, also in Path(...), joined from literals, or below gettempdir()."""
    return bool(_SHARED.match(_literal_path(source, path, 0)))


def _literal_path(source: Source, path: ast.AST, depth: int) -> str:
    """The path that an expression gives, where it is made of literals and gettempdir(); else empty."""
    path = source.value(path)
    parts: list[ast.expr] = []
    match path:
        case ast.Constant(value=str(text)):
            return text
        case ast.Call(func=function, args=arguments):
            name = source.qualified(function)
            if name == "tempfile.gettempdir":
                return "/tmp"  # noqa: S108 - the folder that is meant by it
            if name in ("os.path.join", "pathlib.Path", "pathlib.PosixPath", "str", "os.fspath"):
                parts = arguments
        case ast.BinOp(left=left, op=ast.Div(), right=right):
            parts = [left, right]
    given = [_literal_path(source, each, depth + 1) for each in parts] if depth < _DEPTH else []
    return "/".join(given) if all(given) else ""


_DEPTH = 20


CALLS: dict[str, tuple[Kind, Check]] = {
    **{
        f"secrets.{each}": (Kind.RANDOM, _always)
        for each in ("token_bytes", "token_hex", "token_urlsafe", "choice", "randbelow", "randbits")
    },
    "random.seed": (Kind.RANDOM, _without_seed),
    "random.Random": (Kind.RANDOM, _without_seed),
    "random.SystemRandom": (Kind.RANDOM, _always),
    "numpy.random.default_rng": (Kind.RANDOM, _without_seed),
    "numpy.random.RandomState": (Kind.RANDOM, _without_seed),
    "uuid.uuid1": (Kind.RANDOM, _always),
    "uuid.uuid4": (Kind.RANDOM, _always),
    "os.urandom": (Kind.RANDOM, _always),
    "os.getrandom": (Kind.RANDOM, _always),
    "time.localtime": (Kind.CLOCK, _without_arguments),
    "time.gmtime": (Kind.CLOCK, _without_arguments),
    "time.ctime": (Kind.CLOCK, _without_arguments),
    "time.asctime": (Kind.CLOCK, _without_arguments),
    "time.strftime": (Kind.CLOCK, _without_moment),
    "datetime.date.fromtimestamp": (Kind.LOCALE, _always),
    "datetime.datetime.fromtimestamp": (Kind.LOCALE, _without_zone),
    "locale.setlocale": (Kind.LOCALE, _sets_locale),
    "time.sleep": (Kind.SLEEP, _waits),
    "asyncio.sleep": (Kind.SLEEP, _waits),
    "trio.sleep": (Kind.SLEEP, _waits),
    "anyio.sleep": (Kind.SLEEP, _waits),
    "gevent.sleep": (Kind.SLEEP, _waits),
    "eventlet.sleep": (Kind.SLEEP, _waits),
    "curio.sleep": (Kind.SLEEP, _waits),
    "urllib.request.urlopen": (Kind.NETWORK, _is_remote),
    "urllib.request.urlretrieve": (Kind.NETWORK, _is_remote),
    "socket.create_connection": (Kind.NETWORK, _to_remote_address),
    "socket.gethostbyname": (Kind.NETWORK, _to_remote_host),
    "socket.getaddrinfo": (Kind.NETWORK, _to_remote_host),
    "http.client.HTTPConnection": (Kind.NETWORK, _sends),
    "http.client.HTTPSConnection": (Kind.NETWORK, _sends),
    "smtplib.SMTP": (Kind.NETWORK, _to_remote_host),
    "ftplib.FTP": (Kind.NETWORK, _to_remote_host),
    "tempfile.mktemp": (Kind.SHARED_PATH, _in_the_shared_folder),
}
