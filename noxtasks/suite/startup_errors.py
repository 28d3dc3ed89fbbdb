"""What it means that pytest never got to collecting: from what it printed to the cause and the remedy.

Only for where the probe could tell nothing, since pytest gave up before it was loaded or outside of any hook. The
phrases are those of pytest 7.0 to 9.2.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from noxtasks.suite import distributions, import_errors
from noxtasks.suite.causes import Finding, Kind
from noxtasks.suite.import_errors import Surroundings
from noxtasks.suite.problems import Raised

_Explain = Callable[[re.Match[str], Surroundings], Finding]

MEND_HOOK = "Mend the hook, or bring the plugin up to date; -p no:NAME turns a plugin off."


def explain(output: str, around: Surroundings) -> Finding:
    """The cause that `output`, all that pytest printed, tells of; where no phrase is known, its last words."""
    text = re.sub(r"^(?:INTERNALERROR> ?|E   )", "", output, flags=re.MULTILINE)
    for pattern, explanation in _PHRASES:
        found = list(pattern.finditer(text))
        if found:
            return explanation(found[-1], around)
    return Finding(
        kind=Kind.CONFIGURATION,
        message=last_words(text) or "pytest ended before it collected, and said nothing",
        remedy="Run pytest --collect-only with the same interpreter, and mend what it reports.",
    )


def last_words(text: str) -> str:
    """The last line of `text` that says something: an error message rather than a rule or a place."""
    lines = [line.strip() for line in text.splitlines()]
    said = [
        line
        for line in lines
        if line and not re.match(r"[=\-^~ ]+|File \"|inifile:|rootdir:|For more information", line)
    ]
    errors = [line for line in said if re.match(r"ERROR|(?:[\w.]+)?(?:Error|Exception|Warning|Exit)\b", line)]
    return (errors or said or [""])[-1].removeprefix("ERROR:").strip()


def _options(found: re.Match[str], around: Surroundings) -> Finding:
    options = [word for word in found.group(1).split() if word.startswith("-")] or found.group(1).split()
    owners = sorted({owner for option in options if (owner := distributions.for_option(option))})
    absent = [owner for owner in owners if distributions.normalised(owner) not in around.installed]
    if absent:
        remedy = f"Add {' and '.join(absent)} to the test dependencies, or take the options out of addopts."
    elif owners:
        remedy = f"{' and '.join(owners)} is installed, but its plugin is off, or is of a version without the option."
    else:
        remedy = "Take them out of addopts and the arguments, or install the plugin that defines them."
    return Finding(
        kind=Kind.CONFIGURATION,
        message=f"pytest knows no option {' '.join(options)}",
        remedy=remedy,
        distribution=" ".join(absent),
    )


def _setting(found: re.Match[str], around: Surroundings) -> Finding:  # noqa: ARG001 - one signature for all
    names = [name.strip() for name in found.group(1).split(",")]
    owners = sorted({owner for name in names if (owner := distributions.for_setting(name))})
    since = [f"pytest {distributions.SETTING_SINCE[name]}" for name in names if name in distributions.SETTING_SINCE]
    if owners:
        remedy = f"Add {' and '.join(owners)} to the test dependencies, or take the setting away."
    elif since:
        remedy = f"It came with {since[-1]}: require that for the tests, or take the setting away."
    else:
        remedy = "Correct or remove it, or install the plugin that defines it."
    return Finding(
        kind=Kind.CONFIGURATION,
        message=f"unknown setting {', '.join(names)}, which strict configuration or a warning filter makes an error",
        remedy=remedy,
        distribution=" ".join(owners),
    )


def _required_plugins(found: re.Match[str], around: Surroundings) -> Finding:  # noqa: ARG001 - one signature for all
    missing = found.group(1).strip()
    return Finding(
        kind=Kind.PLUGIN,
        message=f"required plugins are missing: {missing}",
        remedy=f"Add {missing} to the test dependencies, or take them out of required_plugins.",
        distribution=missing.replace(",", ""),
    )


def _plugin_import(found: re.Match[str], around: Surroundings) -> Finding:
    """A plugin that `-p`, `pytest_plugins` or PYTEST_PLUGINS names."""
    name, why = found.group(1), found.group(2).strip()
    said = f"the plugin {name}, named by -p, pytest_plugins or PYTEST_PLUGINS, cannot be imported: {why}"
    missing = re.search(r"No module named '?([\w.]+)'?", why)
    if missing and missing.group(1).partition(".")[0] == name.partition(".")[0] and name.isidentifier():
        owner, known = distributions.for_plugin(name)
        remedy = f"Add {owner if known else f'that plugin (probably {owner})'} to the test dependencies."
        return Finding(kind=Kind.PLUGIN, message=said, remedy=remedy, distribution=owner, guessed=not known)
    error = Raised(bases=("ImportError",), message=why)
    return msgspec.structs.replace(import_errors.explain(error, "", around), kind=Kind.PLUGIN, message=said)


def _validation(found: re.Match[str], around: Surroundings) -> Finding:
    said = " ".join(found.group(1).split())
    pytest = f"pytest {around.pytest}" if around.pytest else "this pytest"
    place = re.search(r"from '([^']+)'", said)
    path = place.group(1) if place else ""
    return Finding(
        kind=_kind_of(path),
        message=said,
        remedy=f"It does not fit {pytest}: bring the plugin or conftest.py up to date, or require an older pytest.",
        path=path,
    )


def _kind_of(path: str) -> Kind:
    return Kind.CONFTEST if path.endswith("conftest.py") else Kind.PLUGIN


def _conftest(found: re.Match[str], around: Surroundings) -> Finding:
    path, said = found.group(1), last_words(found.group(2))
    error_type = said.partition(":")[0]
    error = Raised(type=error_type, bases=("ImportError",), message=said.partition(": ")[2])
    imports = "ModuleNotFoundError" in error_type or "ImportError" in error_type
    meaning = import_errors.explain(error, path, around) if imports else None
    return Finding(
        kind=Kind.CONFTEST,
        message=said,
        remedy=meaning.remedy if meaning else f"Mend {path}: it is imported before any test is collected.",
        distribution=meaning.distribution if meaning else "",
        guessed=meaning.guessed if meaning else False,
        path=path,
    )


def _raised(found: re.Match[str], around: Surroundings) -> Finding:
    """A traceback: a plugin of an installed distribution, or a hook, raised."""
    said = last_words(found.group(0))
    own = re.findall(r'File "([^"]+)", line (\d+), in (pytest_\w+|<module>)', found.group(0))
    name, _, why = said.partition(": ")
    of_import = name.endswith(("ModuleNotFoundError", "ImportError"))
    where = [place for place in own if not re.search(r"[/\\](?:_pytest|pytest|pluggy)[/\\]|^<", place[0])]
    hook = f" (in {where[-1][2]})" if where and where[-1][2] != "<module>" else ""
    kind, distribution, guessed = _kind_of(where[-1][0] if where else ""), "", False
    if of_import:
        meaning = import_errors.explain(Raised(type=name, bases=("ImportError",), message=why), "", around)
        remedy = f"An installed plugin needs it. {meaning.remedy}"
        distribution, guessed = meaning.distribution, meaning.guessed
    elif name.endswith("Warning"):
        kind = Kind.WARNING
        remedy = f"Do as it says, or add ignore::{name} to filterwarnings in the configuration, after error."
    else:
        remedy = MEND_HOOK
    return Finding(
        kind=kind,
        message=f"{said}{hook}",
        remedy=remedy,
        distribution=distribution,
        guessed=guessed,
        path=where[-1][0] if where else "",
        line=int(where[-1][1]) if where else 0,
    )


def _told(kind: Kind, message: str, remedy: str) -> _Explain:
    """An explanation whose sentences only quote what was found, as {0}, {1} and so on."""

    def explanation(found: re.Match[str], around: Surroundings) -> Finding:  # noqa: ARG001 - one signature for all
        quoted = [(group or "").strip() for group in found.groups()]
        return Finding(kind=kind, message=message.format(*quoted), remedy=remedy.format(*quoted))

    return explanation


_SETTINGS = Kind.CONFIGURATION
_PHRASES: tuple[tuple[re.Pattern[str], _Explain], ...] = (
    (
        re.compile(r"^\S*python\S*: No module named (pytest)\b", re.MULTILINE),
        _told(
            Kind.MISSING_IMPORT, "pytest is not installed in the environment", "Add pytest to the test dependencies."
        ),
    ),
    (re.compile(r"error: unrecognized arguments: (.+)"), _options),
    (
        re.compile(r"error: (argument .+)|error: (ambiguous option.+)"),
        _told(_SETTINGS, "{0}{1}", "Correct the option in addopts or in the arguments."),
    ),
    (re.compile(r"Unknown config options?: (.+)"), _setting),
    (
        re.compile(r"'minversion' requires pytest-([\w.]+), actual pytest-([\w.]+)"),
        _told(
            _SETTINGS,
            "minversion asks for pytest {0}, and {1} is installed",
            "Require pytest>={0} for the tests, or lower minversion.",
        ),
    ),
    (re.compile(r"Missing required plugins: (.+)"), _required_plugins),
    (re.compile(r'Error importing plugin "([^"]+)": (.+)'), _plugin_import),
    (re.compile(r"PluginValidationError: ((?:.+\n?){1,3})"), _validation),
    (re.compile(r"ImportError while loading conftest '([^']+)'\.\n([\s\S]*)"), _conftest),
    (
        re.compile(r"^ERROR: (\S+\.(?:ini|cfg|toml)(?::\d+)?): (.+)", re.MULTILINE),
        _told(_SETTINGS, "{0} cannot be read: {1}", "Correct {0}."),
    ),
    (
        re.compile(r"while parsing the following warning configuration:\s+(.+)\s+This error occurred:\s+([\s\S]*)"),
        _told(
            _SETTINGS,
            "the warning filter {0} cannot be used",
            "Correct it in filterwarnings (action:message:category:module:line); a category must be importable.",
        ),
    ),
    (
        re.compile(r"(?:file or directory not found|found no collectors for): (.+)"),
        _told(_SETTINGS, "there is nothing to collect at {0}", "Correct the path in the arguments or in addopts."),
    ),
    (
        re.compile(r"^ERROR: not found: (.+)", re.MULTILINE),
        _told(_SETTINGS, "there is no test {0}", "Correct the name; tests may have been renamed or left out."),
    ),
    (
        re.compile(r"Wrong expression passed to '(-[km])': (.+)"),
        _told(_SETTINGS, "the expression of {0} cannot be read: {1}", "Correct the expression of {0}."),
    ),
    (
        re.compile(r"^ERROR: (?!.*\berror\b.*:)((?:.+)(?:\n  .+)*)", re.MULTILINE),
        _told(_SETTINGS, "{0}", "Correct the configuration or the arguments as the message says."),
    ),
    (re.compile(r"Traceback \(most recent call last\):\n[\s\S]*"), _raised),
    (re.compile(r"Error while loading plugin [\s\S]*"), _raised),
)
"""Phrases of pytest, the most telling first, and what they mean."""
