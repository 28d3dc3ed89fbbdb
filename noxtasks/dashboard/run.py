"""The story of `dashboard`: make the page of what is there, and, where asked, show it."""

from __future__ import annotations

from pathlib import Path

from noxtasks.config import Settings
from noxtasks.dashboard import gathering, refreshing, serving
from noxtasks.errors import ExitCode, NotMeasuredError


def run(root: Path, settings: Settings, *, serve: bool = False, port: int = serving.PORT) -> ExitCode:
    """Write `index.html` into the reports of the project in `root`; with `serve`, show it until interrupted.

    Raises `NotMeasuredError` where there is no artifact, `EvidenceError` where the page cannot be written, and
    `ConfigurationError` where the port cannot be had.
    """
    root = root.resolve()
    reports = root / settings.reports
    interpreters = settings.python if len(settings.python) > 1 else ()
    if not any(gathering.has_any(folder) for folder in (reports, *(reports / name for name in interpreters))):
        raise NotMeasuredError(
            "there is nothing to show: no artifact is there",
            where=str(reports),
            remedy="Measure something first, as with `noxtasks flake`; or name another folder: -S reports=DIR",
        )
    for name in interpreters:
        if gathering.has_any(reports / name):
            refreshing.write(reports / name, project=settings.project_name(root))
    refreshing.refresh(root, settings)
    print(f"dashboard: {reports / refreshing.PAGE}")
    if serve:
        serving.serve(reports, project=settings.project_name(root), interpreters=interpreters, port=port)
        return ExitCode.INTERRUPTED
    return ExitCode.NOTHING_FOUND
