"""Markers that well-known plugins of pytest register themselves, each with the distribution that does.

Asked only where pytest has not collected: when it has, it tells what is registered. Source: the plugins' own
documentation and their `pytest_configure`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

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
    "pytest-xdist": "xdist_group",
    "pytest-xvfb": "no_xvfb",
    "respx": "respx",
    "time-machine": "time_machine",
}

_DEPENDENCIES = re.compile(r"\.(?:toml|cfg|ini|txt|in|ya?ml|lock|json)$|(?:^|/)(?:setup|noxfile|tasks)\.py$|Dockerfile")
_NAME = re.compile(r"(?<![\w.-])(?:" + "|".join(map(re.escape, _BY_DISTRIBUTION)) + r")(?![\w-])")


def registered(texts: Mapping[str, str]) -> frozenset[str]:
    """The markers of those of the plugins that a file of the project which may name dependencies names.

    `texts` are all files of the project by their paths.
    """
    named = {name for path, text in texts.items() if _DEPENDENCIES.search(path) for name in _NAME.findall(text)}
    return frozenset(marker for name in named for marker in _BY_DISTRIBUTION[name].split())
