"""Two plugins for a user's own suite, which do nothing unless they are asked to: a seed per test, and a frozen clock.

**Seeds** (`--noxtasks-seed=1234|last|random`, ini `noxtasks_seed`). Before each fixture and each test, every generator
that can be found is seeded from the base seed and the name of what comes next, so that what a test draws depends
neither on order nor on which other tests run. With pytest-randomly its `--randomly-seed` is the base seed.

**Time** (`@pytest.mark.frozen_time("2028-02-29")`, the fixture `frozen_time`, ini `noxtasks_frozen_time`). From before
a test's first own fixture until after its last, freezegun holds the clock. Fixtures of a wider scope see the real one.

Python 3.9+ and pytest 7+; the standard library and pytest alone, and freezegun where time is to be frozen.
"""

from __future__ import annotations

import inspect
import random
from typing import TYPE_CHECKING, Any

import pytest

from . import seeding

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "noxtasks_determinism"
"""Of the plugin, and of its entry point: pytest takes the second of a name for the first."""

_CACHED = "noxtasks/seed"
_FREEZER = "_noxtasks_freezer"
_LACKING = "freezegun is not installed here, and time cannot be frozen without it: python -m pip install freezegun"
_REAL = ["_pytest.timing"]  # pytest's own clock, by which it tells durations


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    parser.getgroup("noxtasks", "noxtasks").addoption(
        "--noxtasks-seed",
        dest="noxtasks_seed",
        metavar="SEED",
        help='seed randomness before each test: a number, "last" (as last time), "random" or "off"',
    )
    parser.addini("noxtasks_seed", "as --noxtasks-seed, which wins", default="off")
    parser.addini("noxtasks_frozen_time", "the moment at which all tests see the clock stand", default="")


@pytest.hookimpl(tryfirst=True)  # before pytest-randomly makes its seed
def pytest_configure(config: pytest.Config) -> None:
    """Check what is asked for, and make ready for it."""
    config.addinivalue_line(
        "markers",
        "frozen_time(moment, **options): the clock stands at that moment during the test and its own fixtures; "
        "None: it goes on. The options are those of freezegun.freeze_time.",
    )
    wish = _wish(config)
    if wish != "off":
        config.pluginmanager.register(_Seeding(config, wish), "noxtasks_seeding")
    moment = config.getini("noxtasks_frozen_time")
    if moment:
        try:
            _freezer((moment,), {})
        except Exception as error:
            raise pytest.UsageError(f"noxtasks_frozen_time = {moment}: {error}") from error


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the freezing before all of a test's own fixtures, and behind those that it shares."""
    everywhere = bool(config.getini("noxtasks_frozen_time"))
    for item in items:
        names: Any = getattr(item, "fixturenames", None)
        if names is not None and _FREEZER not in names and (everywhere or item.get_closest_marker("frozen_time")):
            place = _first_of_its_own(item, names)
            item.fixturenames = [*names[:place], _FREEZER, *names[place:]]  # type: ignore[attr-defined]


@pytest.fixture(name=_FREEZER)
def _frozen(request: pytest.FixtureRequest) -> Iterator[Any]:
    """Hold the clock as the nearest mark or the ini file says; None where neither does."""
    mark = request.node.get_closest_marker("frozen_time")
    moment = request.config.getini("noxtasks_frozen_time")
    args, kwargs = (mark.args, dict(mark.kwargs)) if mark is not None else ((moment,) if moment else (None,), {})
    if mark is not None and not args and "time_to_freeze" not in kwargs:
        pytest.fail('frozen_time needs a moment: @pytest.mark.frozen_time("2028-02-29")', pytrace=False)
    if args == (None,):
        yield None
        return
    if inspect.iscoroutinefunction(getattr(request.node, "function", None)):
        kwargs.setdefault("real_asyncio", True)  # or asyncio.sleep would never return
    try:
        freezer = _freezer(args, kwargs)
    except _LackingError as error:
        pytest.fail(str(error), pytrace=False)
    with freezer as clock:
        yield clock


@pytest.fixture
def frozen_time(request: pytest.FixtureRequest) -> Any:
    """The clock that stands still, as freezegun gives it: `tick()` and `move_to()` move it."""
    clock = request.getfixturevalue(_FREEZER)
    if clock is None:
        pytest.fail(
            'the fixture frozen_time has no moment: mark the test with @pytest.mark.frozen_time("2028-02-29"), '
            "or set noxtasks_frozen_time in the ini file",
            pytrace=False,
        )
    return clock


def facts(config: pytest.Config) -> dict[str, Any]:
    """What of this holds for the whole suite, for those who read its files."""
    if not hasattr(config.option, "noxtasks_seed"):
        return {}
    seeded = hasattr(config.option, "randomly_seed") or config.getini("noxtasks_seed") != "off"
    return {"seeded": seeded, "frozen_time": config.getini("noxtasks_frozen_time")}


class _LackingError(Exception):
    pass


def _freezer(args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """What freezes. `TypeError` and `ValueError` are freezegun's, for arguments that it does not take."""
    try:
        import freezegun
    except ImportError:
        raise _LackingError(_LACKING) from None
    if "real_asyncio" in kwargs and "real_asyncio" not in inspect.signature(freezegun.freeze_time).parameters:
        del kwargs["real_asyncio"]  # freezegun before 1.4 leaves asyncio's clock alone only by `ignore`
    return freezegun.freeze_time(*args, **{**kwargs, "ignore": [*(kwargs.get("ignore") or ()), *_REAL]})


def _first_of_its_own(item: Any, names: list[str]) -> int:
    """The place of the first fixture of function scope; they stand behind those of wider scopes."""
    known = item._fixtureinfo.name2fixturedefs
    own = (place for place, name in enumerate(names) if name in known and known[name][-1].scope == "function")
    return next(own, len(names))


def _wish(config: pytest.Config) -> str:
    """A number, "last", "random" or "off"."""
    given = config.getoption("noxtasks_seed")
    wish = str(given if given is not None else config.getini("noxtasks_seed")).strip()
    if not (wish in ("last", "random", "off") or (wish.isascii() and wish.isdigit())):
        raise pytest.UsageError(f'--noxtasks-seed: expected a number, "last", "random" or "off"; got {wish!r}')
    return wish


class _Seeding:
    """Seeds before each fixture, each test and each teardown. Where pytest-randomly is, it no longer does so itself."""

    def __init__(self, config: pytest.Config, wish: str) -> None:
        self._wish = wish
        self._seed = 0
        self._seeders: list[seeding.Seeder] | None = None
        self._option = "--noxtasks-seed"
        if hasattr(config.option, "randomly_seed"):
            self._option = "--randomly-seed"
            config.option.randomly_reset_seed = False
            if config.option.randomly_seed == "default" and wish != "random":
                config.option.randomly_seed = wish if wish == "last" else int(wish)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Settle the base seed: only now is the cache there, and has pytest-randomly made its own."""
        config: Any = session.config
        if hasattr(config, "workerinput"):
            self._seed = config.workerinput["noxtasks_seed"]
        elif isinstance(getattr(config.option, "randomly_seed", None), int):
            self._seed = config.option.randomly_seed
        else:
            self._option = "--noxtasks-seed"
            self._seed = self._own(getattr(config, "cache", None))

    def _own(self, cache: Any) -> int:
        seed = int(self._wish) if self._wish.isdigit() else random.SystemRandom().getrandbits(32)
        if self._wish == "last":
            if cache is None:
                raise pytest.UsageError("--noxtasks-seed=last needs the plugin cacheprovider, which is turned off")
            seed = cache.get(_CACHED, seed)
        if cache is not None:
            cache.set(_CACHED, seed)
        return seed

    def pytest_report_header(self) -> str:
        """Say with what a failing run is repeated."""
        return f"noxtasks: each test is seeded from {self._option}={self._seed} and its name"

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give a worker of xdist the same seed."""
        node.workerinput["noxtasks_seed"] = self._seed

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Before what plugins set up."""
        self._reseed(f"{item.nodeid} setup")

    @pytest.hookimpl(tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any, request: Any) -> None:
        """Before each fixture: one that is shared is set up by whichever test comes first, and must not tell."""
        self._reseed(f"{request.node.nodeid} {fixturedef.argname} {getattr(request, 'param_index', 0)}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        """Before the test itself."""
        self._reseed(item.nodeid)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Before its fixtures are torn down."""
        self._reseed(f"{item.nodeid} teardown")

    def _reseed(self, name: str) -> None:
        if self._seeders is None:
            self._seeders = seeding.seeders()
        seed = seeding.derived(self._seed, name)
        for seeder in self._seeders:
            seeder(seed)
