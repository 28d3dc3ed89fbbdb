"""Puts this process into other circumstances for one run: another date, another place, no network, a busy machine.

Each is applied after collection, so what test modules have read when they were imported stays as it was. None is
undone: the process ends with the run.
"""

from __future__ import annotations

import builtins
import errno
import inspect
import io
import locale
import os
import random
import socket
import sys
import tempfile
import time
import warnings
import zoneinfo
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .frames import Real
from .isolation import own_identity

_SPINNERS = 7  # processes that compete with the tests for one core
_AT_START = ("optimised",)  # what the process has been started with
_UNWRITABLE = "/proc/self"  # not even root may make files there
_SLOW_S = 0.002  # added to each opening of a file


class UnavailableError(Exception):
    """This system, or the user's environment, lacks what a circumstance needs."""


def apply(given: dict[str, Any], config: pytest.Config, folder: str) -> None:
    """Apply what `given` names; see `noxtasks.suite.model.Circumstances` for what each means.

    `folder` is the run's own temporary folder. Raises `UnavailableError` where one of them cannot be had here.
    """
    for name, value in given.items():
        if name in _AT_START:
            continue
        try:
            _APPLY[name](value, config, folder)
        except Exception as error:
            raise UnavailableError(f"{name} {value}: {type(error).__name__}: {error}") from error


def _clock(moment: str, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    import freezegun

    options: dict[str, Any] = {"tick": True}
    if "real_asyncio" in inspect.signature(freezegun.freeze_time).parameters:
        options["real_asyncio"] = True
    freezegun.freeze_time(moment, **options).start()


def _timezone(name: str, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    zoneinfo.ZoneInfo(name)  # or an unknown name would pass for UTC
    os.environ["TZ"] = name
    time.tzset()


def _locale(name: str, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    for variable in [one for one in os.environ if one.startswith("LC_") or one in ("LANG", "LANGUAGE")]:
        del os.environ[variable]
    os.environ["LC_ALL"] = name
    locale.setlocale(locale.LC_ALL, name)


def _columns(count: int, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    os.environ["COLUMNS"] = str(count)
    os.environ["LINES"] = str(count)


def _umask(mask: int, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    os.umask(mask)


def _empty_home(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    home = Path(folder, "home")
    home.mkdir()
    for variable in [one for one in os.environ if one.startswith("XDG_")]:
        del os.environ[variable]
    os.environ["HOME"] = os.environ["USERPROFILE"] = str(home)


def _elsewhere(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    place = Path(folder, "elsewhere")
    place.mkdir()
    os.chdir(place)


def _offline(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    def guarded(real: Callable[..., Any]) -> Callable[..., Any]:
        def connect(self: socket.socket, address: Any) -> Any:
            if self.family in (socket.AF_INET, socket.AF_INET6) and not _is_loopback(str(address[0])):
                raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
            return real(self, address)

        return connect

    def getaddrinfo(host: Any, *arguments: Any, **options: Any) -> Any:
        if host is not None and not _is_loopback(host.decode() if isinstance(host, bytes) else str(host)):
            raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")
        return real_getaddrinfo(host, *arguments, **options)

    real_getaddrinfo = socket.getaddrinfo
    unsafe: Any = socket
    unsafe.getaddrinfo = getaddrinfo
    unsafe.socket.connect = guarded(socket.socket.connect)
    unsafe.socket.connect_ex = guarded(socket.socket.connect_ex)


def _is_loopback(host: str) -> bool:
    return host in ("localhost", "::1", "", "0.0.0.0") or host.startswith("127.")  # noqa: S104


def _unwritable_tmp(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    os.environ["TMPDIR"] = tempfile.tempdir = _UNWRITABLE


def _one_cpu(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    unsafe: Any = os
    unsafe.cpu_count = lambda: 1
    multiprocessing: Any = sys.modules.get("multiprocessing")
    if multiprocessing is not None:
        multiprocessing.cpu_count = lambda: 1


def _strict_warnings(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    for namespace in (config.option, config.known_args_namespace):
        namespace.pythonwarnings = [*(getattr(namespace, "pythonwarnings", None) or []), "error"]
    warnings.simplefilter("error")


def _entropy(seed: int, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    generator = random.Random(seed)  # noqa: S311 - it stands in for the system's on purpose
    unsafe: Any = os
    unsafe.urandom = generator.randbytes if hasattr(generator, "randbytes") else _randbytes(generator)
    internals: Any = random
    internals._urandom = unsafe.urandom


def _randbytes(generator: random.Random) -> Callable[[int], bytes]:
    return lambda count: generator.getrandbits(8 * count).to_bytes(count, "little") if count else b""


def _xdist_worker(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    own_identity(config, "gw7", 8)


def _starved(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    parent = Real.getpid()
    for _number in range(_SPINNERS):
        if os.fork() == 0:
            while os.getppid() == parent:
                for _turn in range(100_000):
                    pass
            Real.exit(0)


def _slow_files(_: bool, config: pytest.Config, folder: str) -> None:  # noqa: ARG001
    def slowed(real: Callable[..., Any]) -> Callable[..., Any]:
        def opening(*arguments: Any, **options: Any) -> Any:
            Real.sleep(_SLOW_S)
            return real(*arguments, **options)

        return opening

    unsafe: Any = builtins
    library: Any = io
    unsafe.open = library.open = slowed(builtins.open)
    system: Any = os
    system.open = slowed(os.open)


_APPLY: dict[str, Callable[[Any, pytest.Config, str], None]] = {
    "timezone": _timezone,
    "locale": _locale,
    "columns": _columns,
    "umask": _umask,
    "empty_home": _empty_home,
    "elsewhere": _elsewhere,
    "offline": _offline,
    "unwritable_tmp": _unwritable_tmp,
    "one_cpu": _one_cpu,
    "strict_warnings": _strict_warnings,
    "entropy": _entropy,
    "slow_files": _slow_files,
    "xdist_worker": _xdist_worker,
    "starved": _starved,
    "clock": _clock,
}
