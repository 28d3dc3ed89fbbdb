"""What one call does, as far as a test can see it: what it gives or raises, prints, and makes of its arguments."""

from __future__ import annotations

import contextlib
import dis
import inspect
import io
import os
from itertools import islice
from typing import Any

from .guard import Guard, Refused, TooLong
from .inputs import Input
from .recording import Target
from .values import UnclearError, described, without_addresses

VARIABLE = "MUTANT_UNDER_TEST"
CALL_S = 0.25
_MOST_ITEMS = 100


class WorthlessError(Exception):
    """A call that says nothing: it was refused, took too long, or cannot be compared."""


class Observation:
    """What a call did; `seen` is equal for calls that nobody could tell apart."""

    def __init__(self) -> None:
        self.value: Any = None
        self.error: BaseException | None = None
        self.is_listed = False  # it gave an iterator; `value` has its items
        self.is_awaited = False
        self.printed = ""
        self.owner: Any = None
        self.args: tuple[Any, ...] = ()
        self.result: Any = None  # described
        self.left: Any = None  # instance and arguments afterwards, described

    @property
    def is_misuse(self) -> bool:
        """Whether it raised what Python itself raises where a thing is used as what it is not."""
        if not isinstance(self.error, (TypeError, AttributeError, NameError)):
            return False
        trace = self.error.__traceback__
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        if trace is None:
            return True
        return dis.opname[trace.tb_frame.f_code.co_code[trace.tb_lasti]] != "RAISE_VARARGS"

    @property
    def seen(self) -> Any:
        """All of it, to be compared."""
        return self.result, self.printed, self.left


def observe(target: Target, one: Input, mutant: str, guard: Guard) -> Observation:
    """Call the function with copies, while `mutant` is active ("": none). Raises `WorthlessError`."""
    found = Observation()
    os.environ[VARIABLE] = mutant
    guard.refused = ""
    printed = io.StringIO()
    try:
        with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(io.StringIO()):
            guard.within(CALL_S, lambda: _call(target, one, found))
        found.result = _result(found)
        found.left = described((found.owner, found.args))
    except (Refused, TooLong, UnclearError, MemoryError, RecursionError):
        raise WorthlessError from None
    except Exception:  # an instance that cannot be copied or looked at
        raise WorthlessError from None
    finally:
        os.environ[VARIABLE] = ""
    if guard.refused:
        raise WorthlessError
    found.printed = without_addresses(printed.getvalue())
    return found


def _call(target: Target, one: Input, found: Observation) -> None:
    found.owner, found.args, kwargs = one.copies()
    try:
        if target.name == "__init__":
            value = target.class_(*found.args, **kwargs)
        elif target.class_ is None:
            value = getattr(target.module, target.name)(*found.args, **kwargs)
        elif target.is_method:
            value = target.raw.__get__(found.owner, type(found.owner))(*found.args, **kwargs)
        else:
            value = getattr(target.class_, target.name)(*found.args, **kwargs)
        if inspect.iscoroutine(value):
            value, found.is_awaited = _finished(value), True
        elif hasattr(value, "__next__"):
            value, found.is_listed = list(islice(value, _MOST_ITEMS)), True
        found.value = value
    except (Refused, TooLong, UnclearError, MemoryError):
        raise
    except BaseException as error:
        found.error = error


def _finished(coroutine: Any) -> Any:
    """What a coroutine gives that waits for nothing."""
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    finally:
        coroutine.close()
    raise UnclearError


def _result(found: Observation) -> Any:
    if found.error is not None:
        kind = type(found.error)
        return "raises", f"{kind.__module__}.{kind.__qualname__}", without_addresses(str(found.error))
    return "gives", found.is_listed, described(found.value)
