"""What it means that nobody defines a fixture, and what to do: a plugin, a near name, a place that can be seen."""

from __future__ import annotations

from noxtasks.suite import distributions
from noxtasks.suite.causes import Finding, Kind
from noxtasks.suite.import_errors import Surroundings
from noxtasks.suite.problems import WantedFixture

_OF_PYTEST = frozenset(
    {"cache", "caplog", "capfd", "capsys", "doctest_namespace", "monkeypatch", "recwarn", "tmp_path", "tmpdir"}
)


def explain(wanted: WantedFixture, around: Surroundings) -> Finding:
    """Why the fixture is not found, and the remedy."""
    remedy, distribution = _remedy(wanted, around)
    asked = {
        "argument": "",  # the place says which test
        "usefixtures": f", named by usefixtures on {wanted.by}",
        "ini": ", named by the setting usefixtures",
        "fixture": f", asked for by the fixture {wanted.by}",
    }[wanted.asked]
    if wanted.by == wanted.name:
        asked = ", asked for by a fixture of that name, which overrides none"
    return Finding(
        kind=Kind.FIXTURE if wanted.asked in {"argument", "fixture"} else Kind.USEFIXTURES_UNKNOWN,
        message=f"no fixture {wanted.name}{asked}",
        remedy=remedy,
        distribution=distribution,
    )


def _remedy(wanted: WantedFixture, around: Surroundings) -> tuple[str, str]:  # noqa: PLR0911 - one for each reason
    name = wanted.name
    owner, plugin = distributions.for_fixture(name), distributions.PLUGIN_OF_FIXTURE.get(name)
    if wanted.elsewhere:
        places = ", ".join(wanted.elsewhere[:3])
        return f"{places} defines it, but not for these tests: move it into a conftest.py above both.", ""
    if name in _OF_PYTEST:
        return f"{name} is of pytest itself: take the -p no:... away that turns its plugin off.", ""
    if plugin:
        return f'Name the plugin in the conftest.py of the root directory: pytest_plugins = ["{plugin}"].', ""
    if owner:
        return _install(name, owner, around)
    if wanted.near:
        return f"Did you mean {' or '.join(wanted.near)}? If not, define {name} in a conftest.py.", ""
    if name in {"self", "cls"}:
        return f"A function that takes {name} belongs into a class; or take the argument away.", ""
    if wanted.asked == "argument":
        return f"Define {name} in a conftest.py or parametrize it; if what asks is no test, give it another name.", ""
    return f"Define {name} in a conftest.py that these tests can see, or do not ask for it.", ""


def _install(name: str, owner: str, around: Surroundings) -> tuple[str, str]:
    project = owner.partition("<")[0].partition("[")[0]
    version = around.installed.get(distributions.normalised(project))
    if version is not None and owner != project and "<" in owner:
        return f"{project} {version} no longer has {name}: port the tests, or require {owner}.", owner
    if version is not None:
        remedy = f"{project} {version} is installed, but its plugin is off or has no {name}: see -p no:..., "
        return f"{remedy}PYTEST_DISABLE_PLUGIN_AUTOLOAD and its version.", project
    also = distributions.ALSO_OF_FIXTURE.get(name)
    other = f" ({also} has one of that name too)" if also else ""
    return f"Add {owner} to the test dependencies; it defines {name}{other}.", owner
