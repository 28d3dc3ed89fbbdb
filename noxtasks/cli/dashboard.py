"""`dashboard`: all that was measured, on one page."""

from __future__ import annotations

import argparse

from noxtasks.cli.command import Command, add_settings, add_unused_python, project, whole
from noxtasks.errors import ConfigurationError, ExitCode


def _add_dashboard_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--serve", action="store_true", help="show it on this machine, anew after each change")
    parser.add_argument(
        "--port", metavar="N", type=whole(0, 65535), help="where to show it (default: 8765); 0 is any that is free"
    )
    add_unused_python(parser)
    add_settings(parser)


def _dashboard(arguments: argparse.Namespace) -> ExitCode:
    root, settings = project(arguments)
    if arguments.port is not None and not arguments.serve:
        raise ConfigurationError("only a page that is served has a port", where="--port", remedy="Add --serve.")

    from noxtasks.dashboard import run, serving

    port = serving.PORT if arguments.port is None else arguments.port
    return run.run(root, settings, serve=arguments.serve, port=port)


DASHBOARD = Command(
    name="dashboard",
    title="Show all that was measured on one page, index.html among the reports.",
    add_options=_add_dashboard_options,
    handle=_dashboard,
)
