"""noxtasks: nox sessions that tell how far a pytest suite can be trusted, and prove it with hashed artifacts.

This module is imported by every noxfile that registers the sessions, each time nox starts, so it imports nothing heavy.
"""

from __future__ import annotations

from typing import Any

__all__ = ["__version__", "register"]

__version__ = "0.1.0"


def register(*, only: list[str] | None = None, prefix: str = "", **settings: Any) -> None:
    """Add one nox session per objective to the noxfile that calls this.

    `only` names the objectives to add (all by default); `prefix` stands before each session's name. Every other keyword
    is a setting of `[tool.noxtasks]` and wins over `pyproject.toml`: `register(flake={"runs": 200})`.

    Raises `noxtasks.errors.ConfigurationError` that names every wrong setting at once.
    """
    from noxtasks import sessions  # noqa: PLC0415 - nox is imported only where nox runs

    sessions.register(only=only, prefix=prefix, settings=settings)
