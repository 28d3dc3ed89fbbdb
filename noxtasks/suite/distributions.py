"""Which distribution provides what: import names, fixtures, options and settings whose owner their name does not tell.

Tables only, each with one question. They list what is well known; `for_import` says when it merely guesses.
"""

from __future__ import annotations

import re


def _by_item(owners: dict[str, str]) -> dict[str, str]:
    return {item: owner for owner, items in owners.items() for item in items.split()}


def normalised(name: str) -> str:
    """The name of a distribution as packaging compares it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def for_import(module: str) -> tuple[str, bool]:
    """The distribution that provides `module` (dotted), and whether that is known: else it is a guess by the name."""
    parts = module.split(".")
    for length in range(len(parts), 0, -1):
        known = _OF_IMPORT.get(".".join(parts[:length]))
        if known is not None:
            return known, True
    if parts[0] in _SHARED and len(parts) > 1:
        return _SHARED[parts[0]].join(parts[: _SHARED_DEPTH[_SHARED[parts[0]]]]), False
    return parts[0].replace("_", "-"), False


def for_plugin(name: str) -> tuple[str, bool]:
    """The distribution of the pytest plugin that `-p` calls `name`, and whether that is known: else it is a guess."""
    if name in _OF_PLUGIN:
        return _OF_PLUGIN[name], True
    if name.startswith("pytest_"):
        return name.replace("_", "-"), False
    return f"pytest-{name.replace('_', '-')}", False


def for_fixture(name: str) -> str:
    """The distribution whose pytest plugin is known to define the fixture `name`, perhaps with a version; or ""."""
    return _OF_FIXTURE.get(name, "")


def for_option(option: str) -> str:
    """The distribution whose pytest plugin is known to take the command line option; or ""."""
    name = option.partition("=")[0]
    if not name.startswith("--"):
        return _OF_OPTION.get(name[:2], "")
    if name in _OF_OPTION:
        return _OF_OPTION[name]
    return next((owner for prefix, owner in _OF_OPTION_PREFIX.items() if name.startswith(prefix)), "")


def for_marker(name: str) -> str:
    """The distribution whose pytest plugin is known to register the marker `name`; or ""."""
    return _OF_MARKER.get(name, "")


def for_setting(name: str) -> str:
    """The distribution whose pytest plugin is known to take the ini setting `name`; or ""."""
    return _OF_SETTING.get(name, "")


_SHARED = {
    "azure": "-",
    "backports": ".",
    "google": "-",
    "jaraco": ".",
    "opentelemetry": "-",
    "ruamel": ".",
    "sphinxcontrib": "-",
    "zope": ".",
}
"""Top-level names that many distributions share, each called after its part of the tree; and how it joins the parts."""

_SHARED_DEPTH = {"-": 3, ".": 2}

_OF_IMPORT = _by_item(
    {
        "absl-py": "absl",
        "antlr4-python3-runtime": "antlr4",
        "attrs": "attr",
        "beautifulsoup4": "bs4",
        "biopython": "Bio",
        "cffi": "_cffi_backend",
        "console-menu": "consolemenu",
        "Cython": "pyximport",
        "dbus-python": "dbus",
        "discord.py": "discord",
        "django-allauth": "allauth",
        "django-axes": "axes",
        "django-cms": "cms",
        "django-compressor": "compressor",
        "django-constance": "constance",
        "django-cors-headers": "corsheaders",
        "django-crispy-forms": "crispy_forms",
        "django-debug-toolbar": "debug_toolbar",
        "django-environ": "environ",
        "django-filter": "django_filters",
        "django-guardian": "guardian",
        "django-import-export": "import_export",
        "django-ipware": "ipware",
        "django-model-utils": "model_utils",
        "django-mptt": "mptt",
        "django-oauth-toolkit": "oauth2_provider",
        "django-pipeline": "pipeline",
        "django-polymorphic": "polymorphic",
        "django-reversion": "reversion",
        "django-rosetta": "rosetta",
        "django-simple-history": "simple_history",
        "django-storages": "storages",
        "django-taggit": "taggit",
        "django-tinymce": "tinymce",
        "django-waffle": "waffle",
        "djangorestframework": "rest_framework",
        "djangorestframework-simplejwt": "rest_framework_simplejwt",
        "dnspython": "dns",
        "factory-boy": "factory",
        "faiss-cpu": "faiss",
        "ffmpeg-python": "ffmpeg",
        "future": "past",
        "GDAL": "osgeo",
        "gevent-websocket": "geventwebsocket",
        "GitPython": "git",
        "google-api-python-client": "apiclient googleapiclient",
        "google-auth": "google.oauth2",
        "grpcio": "grpc",
        "grpcio-health-checking": "grpc_health",
        "grpcio-reflection": "grpc_reflection",
        "grpcio-status": "grpc_status",
        "grpcio-testing": "grpc_testing",
        "grpcio-tools": "grpc_tools",
        "hydra-core": "hydra",
        "imbalanced-learn": "imblearn",
        "import-linter": "importlinter",
        "JPype1": "jpype",
        "json-rpc": "jsonrpc",
        "kafka-python": "kafka",
        "libsass": "sass",
        "markdown-it-py": "markdown_it",
        "matplotlib": "mpl_toolkits pylab",
        "mecab-python3": "MeCab",
        "mysql-connector-python": "mysql.connector",
        "mysqlclient": "MySQLdb",
        "nvidia-ml-py": "pynvml",
        "odfpy": "odf",
        "opencv-python": "cv2",
        "opensearch-py": "opensearchpy",
        "opentelemetry-api": "opentelemetry",
        "paho-mqtt": "paho",
        "peewee": "playhouse",
        "Pillow": "PIL",
        "protobuf": "google.protobuf",
        "psycopg2-binary": "psycopg2",
        "py-cpuinfo": "cpuinfo",
        "PyBluez": "bluetooth",
        "pycairo": "cairo",
        "pycryptodome": "Crypto",
        "pycryptodomex": "Cryptodome",
        "PyDispatcher": "pydispatch",
        "pyelftools": "elftools",
        "pyenchant": "enchant",
        "pyerfa": "erfa",
        "PyGithub": "github",
        "PyGObject": "gi",
        "pyhumps": "humps",
        "pyjks": "jks",
        "pyjnius": "jnius",
        "PyJWT": "jwt",
        "pymongo": "bson gridfs",
        "PyMuPDF": "fitz",
        "PyNaCl": "nacl",
        "pyobjc-core": "objc",
        "pyobjc-framework-Cocoa": "AppKit Foundation",
        "pyobjc-framework-Quartz": "Quartz",
        "PyOpenGL": "OpenGL",
        "pyOpenSSL": "OpenSSL",
        "pysaml2": "saml2",
        "pyserial": "serial",
        "pyshp": "shapefile",
        "PySocks": "socks",
        "pyswisseph": "swisseph",
        "pytest": "_pytest",
        "pytest-xdist": "xdist",
        "python-augeas": "augeas",
        "python-barcode": "barcode",
        "python-benedict": "benedict",
        "python-box": "box",
        "python-can": "can",
        "python-consul": "consul",
        "python-crontab": "crontab",
        "python-daemon": "daemon",
        "python-dateutil": "dateutil",
        "python-debian": "debian",
        "python-decouple": "decouple",
        "python-docx": "docx",
        "python-dotenv": "dotenv",
        "python-engineio": "engineio",
        "python-etcd": "etcd",
        "python-frontmatter": "frontmatter",
        "python-gflags": "gflags",
        "python-gitlab": "gitlab",
        "python-gnupg": "gnupg",
        "python-hcl2": "hcl2",
        "python-jenkins": "jenkins",
        "python-jose": "jose",
        "python-json-logger": "pythonjsonlogger",
        "python-keystoneclient": "keystoneclient",
        "python-ldap": "ldap",
        "python-logstash": "logstash",
        "python-louvain": "community",
        "python-lzo": "lzo",
        "python-magic": "magic",
        "python-memcached": "memcache",
        "python-multipart": "multipart",
        "python-neutronclient": "neutronclient",
        "python-nmap": "nmap",
        "python-novaclient": "novaclient",
        "python-pam": "pam",
        "python-pptx": "pptx",
        "python-rapidjson": "rapidjson",
        "python-redis-lock": "redis_lock",
        "python-slugify": "slugify",
        "python-snappy": "snappy",
        "python-socketio": "socketio",
        "python-stdnum": "stdnum",
        "python-swiftclient": "swiftclient",
        "python-telegram-bot": "telegram",
        "python-ulid": "ulid",
        "python-whois": "whois",
        "python-xlib": "Xlib",
        "python3-openid": "openid",
        "python3-saml": "onelogin",
        "pythonnet": "clr",
        "pyusb": "usb",
        "pyvmomi": "pyVim",
        "pywin32": "pythoncom pywintypes win32api win32com win32con win32file win32gui",
        "pywinrm": "winrm",
        "pyxdg": "xdg",
        "PyYAML": "yaml",
        "pyzmq": "zmq",
        "redis-py-cluster": "rediscluster",
        "RPi.GPIO": "RPi",
        "scikit-image": "skimage",
        "scikit-learn": "sklearn",
        "setuptools": "pkg_resources",
        "slackclient": "slack",
        "snowflake-connector-python": "snowflake.connector",
        "SpeechRecognition": "speech_recognition",
        "stomp.py": "stomp",
        "toolz": "tlz",
        "umap-learn": "umap",
        "vcrpy": "vcr",
        "websocket-client": "websocket",
        "wxPython": "wx",
    }
)

_OF_PLUGIN = _by_item(
    {
        "allure-pytest": "allure_pytest",
        "anyio": "anyio",
        "hypothesis": "hypothesispytest",
        "nbval": "nbval",
        "pytest-asyncio": "asyncio pytest_asyncio",
        "pytest-benchmark": "benchmark pytest_benchmark",
        "pytest-cov": "cov pytest_cov",
        "pytest-django": "django pytest_django",
        "pytest-httpx": "pytest_httpx",
        "pytest-mock": "pytest_mock",
        "pytest-randomly": "randomly pytest_randomly",
        "pytest-rerunfailures": "rerunfailures pytest_rerunfailures",
        "pytest-timeout": "timeout pytest_timeout",
        "pytest-xdist": "xdist",
        "syrupy": "syrupy",
        "typeguard": "typeguard",
        "xdoctest": "xdoctest",
    }
)

_OF_FIXTURE = _by_item(
    {
        "anyio": (
            "anyio_backend anyio_backend_name anyio_backend_options free_tcp_port free_tcp_port_factory "
            "free_udp_port free_udp_port_factory"
        ),
        "betamax": "betamax_session betamax_parametrized_session betamax_recorder",
        "dash[testing]": "dash_duo dash_br dash_thread_server dash_process_server",
        "Faker": "faker",
        "pyfakefs": "fs fs_class fs_module fs_session",
        "pytest-aiohttp": "aiohttp_client aiohttp_server aiohttp_raw_server aiohttp_client_cls loop",
        "pytest-asyncio": (
            "event_loop_policy unused_tcp_port unused_tcp_port_factory unused_udp_port unused_udp_port_factory"
        ),
        "pytest-asyncio<1": "event_loop",
        "pytest-base-url": "base_url",
        "pytest-benchmark": "benchmark benchmark_weave",
        "pytest-cases": "current_cases",
        "pytest-celery": (
            "celery_app celery_worker celery_session_app celery_session_worker celery_config "
            "celery_parameters celery_includes"
        ),
        "pytest-click": "cli_runner isolated_cli_runner",
        "pytest-console-scripts": "script_runner script_launch_mode",
        "pytest-cov": "cov no_cover",
        "pytest-datadir": "datadir shared_datadir original_datadir lazy_datadir",
        "pytest-django": (
            "db transactional_db django_db_setup django_db_blocker django_db_reset_sequences "
            "django_db_modify_db_settings django_db_serialized_rollback django_user_model "
            "django_username_field client async_client rf async_rf admin_client admin_user settings "
            "live_server django_assert_num_queries django_assert_max_num_queries "
            "django_capture_on_commit_callbacks mailoutbox"
        ),
        "pytest-docker": (
            "docker_ip docker_services docker_compose_file docker_compose_project_name docker_setup docker_cleanup"
        ),
        "pytest-embedded": "dut",
        "pytest-flask": "client_class accept_json accept_any",
        "pytest-freezer": "freezer",
        "pytest-git": "git_repo",
        "pytest-homeassistant-custom-component": "hass hass_client hass_ws_client enable_custom_integrations",
        "pytest-httpbin": "httpbin httpbin_secure httpbin_both httpbin_ca_bundle",
        "pytest-httpserver": "httpserver httpserver_listen_address make_httpserver",
        "pytest-httpx": "httpx_mock",
        "pytest-jupyter": (
            "jp_serverapp jp_fetch jp_ws_fetch jp_environ jp_configurable_serverapp jp_asyncio_loop jp_root_dir"
        ),
        "pytest-kind": "kind_cluster",
        "pytest-lazy-fixture": "lazy_fixture",
        "pytest-localserver": "httpsserver smtpserver",
        "pytest-mock": "mocker class_mocker module_mocker package_mocker session_mocker",
        "pytest-mongodb": "mongodb",
        "pytest-mpl": "mpl_image_compare",
        "pytest-mysql": "mysql mysql_proc",
        "pytest-playwright": (
            "page new_context browser browser_context_args browser_name browser_type "
            "browser_type_launch_args playwright is_chromium is_firefox is_webkit"
        ),
        "pytest-postgresql": "postgresql postgresql_proc postgresql_noproc",
        "pytest-qt": "qtbot qapp qapp_args qapp_cls qtlog qtmodeltester",
        "pytest-recording": "vcr vcr_config vcr_cassette_dir block_network default_cassette_name",
        "pytest-redis": "redisdb redis_proc redis_nooproc",
        "pytest-regressions": (
            "data_regression file_regression num_regression dataframe_regression ndarrays_regression image_regression"
        ),
        "pytest-reraise": "reraise",
        "pytest-sanic": "sanic_client",
        "pytest-selenium": "selenium driver_kwargs chrome_options firefox_options",
        "pytest-services": "memcached_connection",
        "pytest-sftpserver": "sftpserver sftpclient",
        "pytest-shutil": "workspace",
        "pytest-socket": "socket_disabled socket_enabled",
        "pytest-spark": "spark_session spark_context",
        "pytest-splinter": "splinter_browser_load_condition browser_instance_getter",
        "pytest-subtests": "subtests",
        "pytest-textual-snapshot": "snap_compare",
        "pytest-tmp-files": "tmp_files",
        "pytest-tornado": "http_client http_server http_port http_server_client io_loop",
        "pytest-trio": "nursery autojump_clock mock_clock",
        "pytest-vcr": "vcr_cassette vcr_cassette_name",
        "pytest-virtualenv": "virtualenv",
        "pytest-xdist": "worker_id testrun_uid",
        "requests-mock": "requests_mock",
        "respx": "respx_mock",
        "syrupy": "snapshot",
        "time-machine": "time_machine",
    }
)

ALSO_OF_FIXTURE = {
    "client": "pytest-flask",
    "freezer": "pytest-freezegun",
    "httpserver": "pytest-localserver",
    "live_server": "pytest-flask",
    "snapshot": "pytest-snapshot",
    "vcr": "pytest-vcr",
}
"""Where a second plugin defines a fixture of that name."""

PLUGIN_OF_FIXTURE = _by_item(
    {
        "pytester": "pytester testdir",
        "sphinx.testing.fixtures": "app_params make_app rootdir shared_result sphinx_test_tempdir test_params",
    }
)
"""Fixtures of plugins that are active only when `pytest_plugins` names them."""

_OF_OPTION = _by_item(
    {
        "allure-pytest": "--alluredir --clean-alluredir --allure-severities",
        "flaky": "--no-flaky-report --force-flaky --max-runs --min-passes",
        "hypothesis": "--hypothesis",
        "inline-snapshot": "--inline-snapshot",
        "nbmake": "--nbmake",
        "nbval": "--nbval --nbval-lax --sanitize-with --nbval-sanitize-with --nbval-cell-timeout --nbval-kernel-name",
        "pytest-aiohttp": "--aiohttp-fast --aiohttp-loop --aiohttp-enable-loop-debug",
        "pytest-arraydiff": "--arraydiff",
        "pytest-asyncio": "--asyncio-mode --asyncio-debug",
        "pytest-azurepipelines": "--test-run-title --napoleon-docstrings",
        "pytest-base-url": "--base-url",
        "pytest-bdd": "--gherkin-terminal-reporter --cucumberjson --cucumber-json --generate-missing",
        "pytest-beartype": "--beartype-packages --beartype-skip-packages",
        "pytest-benchmark": "--benchmark",
        "pytest-black": "--black",
        "pytest-check-links": "--check-links",
        "pytest-checkdocs": "--checkdocs",
        "pytest-clarity": "--no-clarity",
        "pytest-codeblocks": "--codeblocks",
        "pytest-codspeed": "--codspeed",
        "pytest-cov": (
            "--cov --no-cov --cov-report --cov-config --cov-fail-under --cov-append --cov-branch "
            "--cov-context --no-cov-on-fail --cov-reset"
        ),
        "pytest-deadfixtures": "--dead-fixtures --dup-fixtures",
        "pytest-django": (
            "--ds --dc --reuse-db --create-db --nomigrations --no-migrations --migrations "
            "--fail-on-template-vars --liveserver"
        ),
        "pytest-docker": "--container-scope",
        "pytest-docker-compose": "--docker-compose",
        "pytest-doctestplus": (
            "--doctest-plus --doctest-rst --text-file-format --doctest-ufunc --doctest-only --doctest-plus-atol"
        ),
        "pytest-dotenv": "--envfile",
        "pytest-durations": "--pytest-durations",
        "pytest-fail-slow": "--fail-slow",
        "pytest-flake8": "--flake8",
        "pytest-flakefinder": "--flake-finder --flake-runs",
        "pytest-forked": "--forked",
        "pytest-freethreaded": "--threads --require-gil-disabled",
        "pytest-github-actions-annotate-failures": "--exclude-warning-annotations",
        "pytest-html": "--html --self-contained-html --css",
        "pytest-instafail": "--instafail",
        "pytest-isort": "--isort",
        "pytest-json-report": "--json-report",
        "pytest-markdown-docs": "--markdown-docs",
        "pytest-md": "--md",
        "pytest-memray": "--memray --most-allocations",
        "pytest-metadata": "--metadata",
        "pytest-monitor": "--no-monitor --restrict-scope-to",
        "pytest-mpl": "--mpl",
        "pytest-mypy": "--mypy --mypy-ignore-missing-imports --mypy-config-file",
        "pytest-mypy-plugins": (
            "--mypy-ini-file --mypy-pyproject-toml-file --mypy-only-local-stub --mypy-same-process"
        ),
        "pytest-openfiles": "--open-files",
        "pytest-order": "--order-scope --order-dependencies --indulgent-ordering --sparse-ordering",
        "pytest-parallel": "--workers --tests-per-worker",
        "pytest-picked": "--picked",
        "pytest-playwright": "--headed --browser --browser-channel --slowmo --tracing --video --screenshot",
        "pytest-postgresql": (
            "--postgresql-host --postgresql-port --postgresql-user --postgresql-password --postgresql-exec"
        ),
        "pytest-profiling": "--profile --profile-svg",
        "pytest-pycodestyle": "--pycodestyle --pep8",
        "pytest-pydocstyle": "--pydocstyle",
        "pytest-pylint": "--pylint",
        "pytest-qt": "--no-qt-log --qt-log-format",
        "pytest-random-order": "--random-order",
        "pytest-randomly": (
            "--randomly-seed --randomly-dont-reset-seed --randomly-dont-reorganize --randomly-seed-per-test"
        ),
        "pytest-recording": "--record-mode --block-network --disable-recording --allowed-hosts",
        "pytest-regressions": "--force-regen --regen-all --with-test-class-names",
        "pytest-remotedata": "--remote-data",
        "pytest-repeat": "--count --repeat-scope",
        "pytest-reportlog": "--report-log",
        "pytest-rerunfailures": "--reruns --reruns-delay --only-rerun --rerun-except --fail-on-flaky",
        "pytest-retry": "--retries --retry-delay",
        "pytest-reverse": "--reverse",
        "pytest-ruff": "--ruff",
        "pytest-run-parallel": "--parallel-threads --iterations",
        "pytest-selenium": "--driver",
        "pytest-skip-slow": "--slow",
        "pytest-socket": "--disable-socket --allow-hosts --allow-unix-socket --force-enable-socket",
        "pytest-split": "--splits --group --store-durations --durations-path --splitting-algorithm",
        "pytest-subtests": "--no-subtests-shortletter",
        "pytest-sugar": "--force-sugar --old-summary",
        "pytest-tap": "--tap-stream --tap-files --tap-combined",
        "pytest-testmon": "--testmon",
        "pytest-timeout": (
            "--timeout --timeout-method --timeout_method --session-timeout --timeout-disable-debugger-detection"
        ),
        "pytest-vcr": "--vcr-record --disable-vcr",
        "pytest-xdist": (
            "-n --numprocesses --dist --maxprocesses --max-worker-restart --tx --rsyncdir --looponfail -f "
            "--loadscope-reorder --no-loadscope-reorder --testrunuid"
        ),
        "pytest-xvfb": "--no-xvfb --xvfb-backend",
        "syrupy": (
            "--snapshot-update --snapshot-warn-unused --snapshot-details --snapshot-default-extension "
            "--snapshot-no-colors"
        ),
        "teamcity-messages": "--teamcity",
        "typeguard": "--typeguard-packages",
        "xdoctest": "--xdoctest --xdoc --xdoctest-modules --xdoctest-style",
    }
)

_OF_OPTION_PREFIX = {
    "--benchmark-": "pytest-benchmark",
    "--cov-": "pytest-cov",
    "--codspeed-": "pytest-codspeed",
    "--doctest-plus-": "pytest-doctestplus",
    "--hypothesis-": "hypothesis",
    "--json-report-": "pytest-json-report",
    "--mpl-": "pytest-mpl",
    "--mypy-": "pytest-mypy",
    "--nbmake-": "nbmake",
    "--nbval-": "nbval",
    "--pylint-": "pytest-pylint",
    "--random-order-": "pytest-random-order",
    "--randomly-": "pytest-randomly",
    "--snapshot-": "syrupy",
    "--testmon-": "pytest-testmon",
    "--xdoctest-": "xdoctest",
}

_OF_SETTING = _by_item(
    {
        "anyio": "anyio_mode",
        "pytest-asyncio": (
            "asyncio_mode asyncio_default_fixture_loop_scope asyncio_default_test_loop_scope asyncio_debug"
        ),
        "pytest-base-url": "base_url",
        "pytest-bdd": "bdd_features_base_dir",
        "pytest-console-scripts": "script_launch_mode",
        "pytest-dependency": "automark_dependency accept_xfail",
        "pytest-describe": "describe_prefixes",
        "pytest-django": (
            "DJANGO_SETTINGS_MODULE DJANGO_CONFIGURATION django_find_project django_debug_mode "
            "FAIL_INVALID_TEMPLATE_VARS"
        ),
        "pytest-doctestplus": (
            "doctest_plus doctest_norecursedirs doctest_rst doctest_plus_atol doctest_plus_rtol "
            "doctest_subpackage_requires text_file_format"
        ),
        "pytest-dotenv": "env_files env_override_existing_values",
        "pytest-env": "env",
        "pytest-flake8": "flake8-max-line-length flake8-ignore flake8-extensions",
        "pytest-html": (
            "render_collapsed max_asset_filename_length environment_table_redact_list generate_report_on_test"
        ),
        "pytest-memray": "memray most_allocations hide_memray_summary",
        "pytest-mock": "mock_use_standalone_module mock_traceback_monkeypatch",
        "pytest-mongodb": "mongodb_fixtures mongodb_fixture_dir mongodb_engine mongodb_host mongodb_dbname",
        "pytest-mpl": (
            "mpl mpl-baseline-path mpl-results-path mpl-deterministic mpl-use-full-test-name "
            "mpl-default-style mpl-default-tolerance"
        ),
        "pytest-mypy-plugins": "mypy_ini_file",
        "pytest-openfiles": "open_files_ignore",
        "pytest-postgresql": "postgresql_host postgresql_port postgresql_exec postgresql_load",
        "pytest-pylint": "pylint_rcfile",
        "pytest-qt": (
            "qt_api qt_log_level_fail qt_log_ignore qt_log_format qt_no_exception_capture qt_default_raising "
            "qt_wait_signal_raising"
        ),
        "pytest-redis": "redis_exec redis_timeout",
        "pytest-remotedata": "remote_data_strict",
        "pytest-rerunfailures": "reruns reruns_delay rerun_except_exceptions",
        "pytest-retry": "retries retry_delay",
        "pytest-run-parallel": "thread_unsafe_fixtures thread_unsafe_functions",
        "pytest-selenium": "selenium_capture_debug sensitive_url",
        "pytest-spec": "spec_header_format spec_test_format",
        "pytest-timeout": (
            "timeout timeout_method timeout_func_only timeout_disable_debugger_detection session_timeout "
            "faulthandler_exit"
        ),
        "pytest-trio": "trio_mode trio_run",
        "pytest-xdist": "rsyncdirs rsyncignore looponfailroots",
        "pytest-xvfb": "xvfb_width xvfb_height xvfb_colordepth xvfb_args xvfb_xauth",
        "typeguard": "typeguard-packages",
    }
)

_OF_MARKER = _by_item(
    {
        "anyio": "anyio",
        "pytest-arraydiff": "array_compare",
        "pytest-asyncio": "asyncio",
        "pytest-benchmark": "benchmark",
        "pytest-celery": "celery",
        "pytest-cov": "no_cover",
        "pytest-datafiles": "datafiles",
        "pytest-dependency": "dependency",
        "pytest-django": "django_db ignore_template_errors urls",
        "pytest-forked": "forked",
        "pytest-freezer": "freeze_time",
        "pytest-httpx": "httpx_mock",
        "pytest-memray": "limit_leaks limit_memory",
        "pytest-mpl": "mpl_image_compare",
        "pytest-openfiles": "openfiles_ignore",
        "pytest-order": "order",
        "pytest-playwright": "browser_context_args only_browser skip_browser",
        "pytest-qt": "qt_log_ignore qt_log_level_fail qt_no_exception_capture",
        "pytest-random-order": "random_order",
        "pytest-recording": "block_network default_cassette vcr",
        "pytest-remotedata": "remote_data",
        "pytest-repeat": "repeat",
        "pytest-rerunfailures": "flaky",
        "pytest-run-parallel": "iterations parallel_threads thread_unsafe",
        "pytest-socket": "allow_hosts disable_socket enable_socket",
        "pytest-timeout": "timeout",
        "pytest-tornado": "gen_test",
        "pytest-trio": "trio",
        "pytest-xdist": "xdist_group",
        "respx": "respx",
    }
)

SETTING_SINCE = {
    "collect_imported_tests": "8.4",
    "consider_namespace_packages": "8.1",
    "faulthandler_exit_on_timeout": "9.0",
    "pythonpath": "7.0",
    "strict": "9.0",
    "strict_config": "9.0",
    "strict_markers": "9.0",
    "strict_parametrization_ids": "9.0",
    "strict_xfail": "9.0",
    "tmp_path_retention_count": "7.3",
    "tmp_path_retention_policy": "7.3",
    "truncation_limit_chars": "8.4",
    "truncation_limit_lines": "8.4",
    "verbosity_assertions": "8.0",
    "verbosity_test_cases": "8.1",
}
"""Settings of pytest itself, and the version that brought them."""

REMOVED_FROM_STDLIB = _by_item(
    {
        "3.10": "formatter parser symbol",
        "3.11": "binhex",
        "3.12": "asynchat asyncore distutils imp smtpd",
        "3.13": (
            "aifc audioop cgi cgitb chunk crypt imghdr lib2to3 mailcap msilib nis nntplib ossaudiodev pipes "
            "sndhdr spwd sunau telnetlib uu xdrlib"
        ),
    }
)
"""Modules that the standard library had until before the given version."""

ADDED_TO_STDLIB = {
    "annotationlib": "3.14",
    "compression": "3.14",
    "graphlib": "3.9",
    "tomllib": "3.11",
    "zoneinfo": "3.9",
}
"""Modules that the standard library has since the given version."""

BACKPORT = {
    "asynchat": "pyasynchat",
    "asyncore": "pyasyncore",
    "audioop": "audioop-lts",
    "cgi": "legacy-cgi",
    "distutils": "setuptools",
    "telnetlib": "standard-telnetlib",
    "tomllib": "tomli",
    "zoneinfo": "backports.zoneinfo",
}
"""Distributions that stand in for a module that this interpreter's standard library lacks."""

PYTHON_2 = _by_item(
    {
        "Python 2": (
            "BaseHTTPServer ConfigParser Cookie HTMLParser Queue SimpleHTTPServer SocketServer StringIO Tkinter "
            "__builtin__ cPickle cStringIO commands cookielib copy_reg exceptions htmlentitydefs httplib md5 "
            "robotparser sets thread urllib2 urlparse xmlrpclib"
        ),
    }
)
"""Modules that only Python 2 had under that name."""
