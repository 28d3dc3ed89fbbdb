"""Pure decisions: which tests are nominated, which of them are tried with which, and what their trials prove."""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import combinations
from pathlib import PurePath

from packaging.version import Version

from noxtasks import stats
from noxtasks.parallel.conflicts.model import CHANGING, Kind, Nominee, Rate, Resource, Sharing
from noxtasks.suite.model import Footprint

LEVEL = 0.01
"""The chance of calling a conflict proven that is none, over all that are put to the proof."""

PROMISING = 0.5
"""The p up to which more trials may make it evident: one failure, as it was seen before the proof, is enough."""

_KINDS = {kind.value: kind for kind in Kind}
_RANK = {kind: place for place, kind in enumerate(Kind)}
_MOST_PAIRS = 6
_LOOKS = 3
_OF_A_KIND = 2  # tests that do the same with a resource, of which that many are tried

_Uses = dict[str, set[str]]  # by test, how


def clash(kind: Kind, one: Collection[str], other: Collection[str]) -> bool:
    """Whether two tests that use a thing of that kind so may meet in it: one changes what the other relies on."""
    both = {*one, *other}
    if kind is not Kind.FOLDER:
        return not CHANGING.isdisjoint(both)
    if "remove" in both or ("create" in one and "create" in other):
        return True
    return ("list" in one and "change" in other) or ("change" in one and "list" in other)


def sharings(footprints: Sequence[Footprint]) -> tuple[Sharing, ...]:
    """What two or more tests use, of which one may change what another relies on, in no order."""
    found, fixtures = _by_resource(footprints)
    _look_into_folders(found)
    places = {footprint.test: place for place, footprint in enumerate(footprints)}
    shared = (
        Sharing(
            resource=resource,
            uses={test: tuple(sorted(uses[test])) for test in sorted(uses, key=places.__getitem__)},
            fixtures={test: name for test in uses if (name := fixtures[resource].get(test, ""))},
        )
        for resource, uses in found.items()
        if len(uses) > 1
    )
    return tuple(each for each in shared if _may_clash(each))


def nominees(footprints: Sequence[Footprint]) -> tuple[Nominee, ...]:
    """The sharings, those of the same tests together; of the fewest tests first, which name a thing best."""
    by_tests: dict[tuple[str, ...], list[Sharing]] = defaultdict(list)
    for each in sharings(footprints):
        by_tests[tuple(each.uses)].append(each)
    found = [Nominee(sharings=tuple(sorted(group, key=_how_telling(group)))) for group in by_tests.values()]
    return tuple(sorted(found, key=lambda each: (len(each.main.uses), *_how_telling(())(each.main))))


def starting(footprints: Iterable[Footprint]) -> int:
    """How many tests start other programs."""
    return sum(any(use.kind == "process" for use in each.uses) for each in footprints)


def pairs(nominee: Nominee, known: Collection[tuple[str, str]] = ()) -> tuple[tuple[str, str], ...]:
    """Which two of its tests to try at the same time, the most promising first, but for those already `known`.

    Of tests that do the same with it (such as a test with many parameters), a few stand for all.
    """
    first = nominee.main.uses
    alike: dict[tuple[tuple[tuple[str, ...], ...], str], list[str]] = defaultdict(list)
    for test in first:
        alike[(tuple(each.uses[test] for each in nominee.sharings), test.partition("[")[0])].append(test)
    chosen = [test for tests in alike.values() for test in tests[:_OF_A_KIND]]
    weights: dict[tuple[str, str], int] = {}
    for pair in combinations(chosen, 2):
        met = [each for each in nominee.sharings if clash(each.resource.kind, *(each.uses[test] for test in pair))]
        if met and tuple(sorted(pair)) not in known:
            weights[pair] = sum(len(CHANGING.intersection(each.uses[test])) for each in met for test in pair)
    return tuple(sorted(weights, key=lambda pair: -weights[pair])[:_MOST_PAIRS])


def p_value(together: Rate, apart: Rate) -> float:
    """How likely chance alone makes as many of the failures fall to the trials at the same time."""
    return stats.fisher((together.failures, together.trials), (apart.failures, apart.trials))


def is_proven(together: Rate, apart: Rate, *, number: int, looks: int) -> bool:
    """Whether the `number`th (from 1) that is put to the proof is a conflict: it fails beyond chance, and never apart.

    It is looked at that many times. The levels of all that may come add up to LEVEL: 1/2 + 1/6 + 1/12 + … = 1.
    """
    return not apart.failures and p_value(together, apart) <= LEVEL / (looks * number * (number + 1))


def looks(number: int) -> tuple[int, ...]:
    """After how many trials of each kind the `number`th is looked at: what fails each time is proven at the first."""
    first = 1
    while not is_proven(Rate(failures=first, trials=first), Rate(trials=first), number=number, looks=_LOOKS):
        first += 1
    return tuple(first * times for times in range(1, _LOOKS + 1))


def heeds_groups(versions: Mapping[str, str]) -> bool:
    """Whether `--dist loadgroup` keeps marked tests together; `versions`: of pytest and pytest-xdist.

    xdist up to 3.8 writes the group into an attribute that pytest 9.2 has no longer.
    """
    return Version(versions["pytest"]) < Version("9.2.dev0") or Version(versions["pytest-xdist"]) >= Version("3.9.dev0")


def remedy(sharing: Sharing) -> str:
    """What would mend it, in words."""
    fixture = next(iter(sharing.fixtures.values()), "") if len(sharing.fixtures) == len(sharing.uses) else ""
    own = {
        Kind.PORT: "bind to port 0 and ask which it is, or take the fixture worker_port",
        Kind.SOCKET: "put the socket below tmp_path, or the fixture worker_tmp",
        Kind.DATABASE: "take the fixture worker_database, or a database below tmp_path",
        Kind.SHARED_MEMORY: "let the system choose the name, or put the worker's id in it",
        Kind.FILE: "put it below tmp_path, or the fixture worker_tmp",
        Kind.FOLDER: "use a folder below tmp_path, or the fixture worker_tmp",
    }[sharing.resource.kind]
    if fixture:
        name = fixture.partition(" ")[0]
        own = f"each worker sets up the fixture {name}: {own}; or let it be set up by once_for_all_workers"
    return f"{own}; or keep the tests together by @pytest.mark.xdist_group"


def fixture_of(sharing: Sharing) -> str:
    """The fixture through which all of the tests use it; "" where they do not."""
    names = set(sharing.fixtures.values())
    return names.pop() if len(names) == 1 and len(sharing.fixtures) == len(sharing.uses) else ""


def _by_resource(footprints: Sequence[Footprint]) -> tuple[dict[Resource, _Uses], dict[Resource, dict[str, str]]]:
    """Who uses what and how; and by resource and test the fixture through which alone it does."""
    of_fixtures: dict[str, dict[Resource, set[str]]] = defaultdict(lambda: defaultdict(set))
    for footprint in footprints:
        for use in footprint.of_fixtures:
            if use.kind in _KINDS:
                of_fixtures[use.fixture][Resource(kind=_KINDS[use.kind], name=use.name)].add(use.how)
    found: dict[Resource, _Uses] = defaultdict(lambda: defaultdict(set))
    through: dict[Resource, dict[str, str]] = defaultdict(dict)
    for footprint in footprints:
        for own in footprint.uses:
            if own.kind in _KINDS:
                found[Resource(kind=_KINDS[own.kind], name=own.name)][footprint.test].add(own.how)
        for fixture in footprint.fixtures:
            for resource, how in of_fixtures.get(fixture, {}).items():
                if footprint.test not in found[resource]:
                    through[resource][footprint.test] = fixture
                found[resource][footprint.test] |= how
    return found, through


def _look_into_folders(found: dict[Resource, _Uses]) -> None:
    """Who makes or removes something changes the folder for those who list it; who is below it, uses it."""
    looked_at = {
        resource.name: uses
        for resource, uses in found.items()
        if resource.kind is Kind.FOLDER and any(how & {"list", "remove"} for how in uses.values())
    }
    for resource, uses in list(found.items()):
        for depth, folder in enumerate(PurePath(resource.name).parents if os.sep in resource.name else ()):
            above = looked_at.get(str(folder))
            if above is None:
                continue
            for test, how in uses.items():
                above[test] |= {"below"} | ({"change"} if depth == 0 and how & {"create", "remove"} else set())


def _may_clash(sharing: Sharing) -> bool:
    ways = Counter(sharing.uses.values())
    kind = sharing.resource.kind
    return any(clash(kind, one, one) for one, tests in ways.items() if tests > 1) or any(
        clash(kind, one, other) for one, other in combinations(ways, 2)
    )


def _how_telling(group: Sequence[Sharing]) -> Callable[[Sharing], tuple[bool, int, int, str]]:
    """The order among what the same tests share: a folder that is removed says more than what is in it."""
    removed = [
        each.resource.name + os.sep
        for each in group
        if each.resource.kind is Kind.FOLDER and any("remove" in how for how in each.uses.values())
    ]

    def key(sharing: Sharing) -> tuple[bool, int, int, str]:
        resource = sharing.resource
        return resource.name.startswith(tuple(removed)), _RANK[resource.kind], len(resource.name), resource.name

    return key
