"""Which markers belong to plugins: those of well-known ones that the project uses, and those of its own for others.

The list is asked only where pytest has not collected: when it has, it tells what is registered. Source: the plugins'
own documentation and their `pytest_configure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

import msgspec

from noxtasks.markers.model import Registration

_BY_DISTRIBUTION = {
    "allure-pytest": "allure_label allure_link allure_display_name allure_description allure_description_html",
    "anyio": "anyio",
    "celery": "celery",
    "flaky": "flaky",
    "freezegun": "freeze_time",
    "hypothesis": "hypothesis",
    "pytest-aioresponses": "aioresponses",
    "pytest-arraydiff": "array_compare",
    "pytest-asyncio": "asyncio",
    "pytest-benchmark": "benchmark",
    "pytest-bdd": "gherkin_args",
    "pytest-codspeed": "benchmark codspeed_benchmark",
    "pytest-console-scripts": "script_launch_mode script",
    "pytest-cov": "no_cover",
    "pytest-datafiles": "datafiles",
    "pytest-dependency": "dependency",
    "pytest-django": "django_db urls ignore_template_errors",
    "pytest-docker-tools": "docker",
    "pytest-flask": "options",
    "pytest-forked": "forked",
    "pytest-httpx": "httpx_mock",
    "pytest-jira": "jira",
    "pytest-memray": "limit_memory limit_leaks",
    "pytest-mpl": "mpl_image_compare",
    "pytest-order": "order",
    "pytest-ordering": "run",
    "pytest-playwright": "skip_browser only_browser browser_context_args",
    "pytest-pyodide": "driver_timeout xfail_browsers",
    "pytest-qt": "qt_no_exception_capture qt_log_level_fail qt_log_ignore qt_log_extend no_qt_log",
    "pytest-random-order": "random_order",
    "pytest-recording": "vcr block_network allowed_hosts default_cassette",
    "pytest-remotedata": "remote_data internet_off",
    "pytest-repeat": "repeat",
    "pytest-rerunfailures": "flaky",
    "pytest-responses": "withoutresponses",
    "pytest-retry": "flaky",
    "pytest-run-parallel": "parallel_threads parallel_threads_limit thread_unsafe iterations",
    "pytest-socket": "disable_socket enable_socket allow_hosts",
    "pytest-testrail": "testrail",
    "pytest-timeout": "timeout func_only",
    "pytest-tornado": "gen_test",
    "pytest-trio": "trio",
    "pytest-vcr": "vcr",
    "pytest-xdist": "xdist_group",
    "pytest-xvfb": "no_xvfb",
    "respx": "respx",
    "time-machine": "time_machine",
}

_DEPENDENCIES = re.compile(r"\.(?:toml|cfg|ini|txt|in|ya?ml|lock|json)$|Dockerfile")
_PROGRAMS = re.compile(r"(?:^|/)(?:setup|noxfile|tasks)\.py$")
_NAME = re.compile(r"(?<![\w.-])(?:" + "|".join(map(re.escape, _BY_DISTRIBUTION)) + r")(?![\w-])")


def registered(texts: Mapping[str, str], python: Mapping[str, bytes]) -> frozenset[str]:
    """The markers of those plugins that a file of the project which may name dependencies names."""
    named = {name for text in _dependencies(texts, python) for name in _NAME.findall(text)}
    return frozenset(marker for name in named for marker in _BY_DISTRIBUTION[name].split())


def by_code(
    found: Iterable[Registration], texts: Mapping[str, str], python: Mapping[str, bytes]
) -> tuple[Registration, ...]:
    """Registrations by code; those of a project that offers no plugin to others are for itself alone."""
    if any("pytest11" in text for text in _dependencies(texts, python)):
        return tuple(found)
    return tuple(msgspec.structs.replace(each, is_shipped=False) for each in found)


def _dependencies(texts: Mapping[str, str], python: Mapping[str, bytes]) -> Iterator[str]:
    yield from (text for path, text in texts.items() if _DEPENDENCIES.search(path))
    yield from (content.decode("utf-8", "replace") for path, content in python.items() if _PROGRAMS.search(path))
