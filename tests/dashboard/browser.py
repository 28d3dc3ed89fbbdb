"""A page in the machine's own Chromium, from an origin where nothing else is; what it asks for is noted and refused."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import msgspec
import pytest
from playwright.sync_api import Browser, Dialog, Page, Route, sync_playwright

ADDRESS = "https://page.invalid/index.html"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_VIOLATIONS = "addEventListener('securitypolicyviolation', each => console.error(`refused: ${each.blockedURI}`))"


class Opened(msgspec.Struct, kw_only=True):
    """The page, and what went wrong in it so far."""

    page: Page
    troubles: list[str]

    def ready(self) -> Page:
        """The page when all of it is unpacked."""
        self.page.wait_for_selector("html[data-ready]", state="attached")
        return self.page


@contextmanager
def launched() -> Iterator[Browser]:
    """A browser; none is downloaded, and where there is none the test is skipped."""
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        pytest.skip(f"there is no browser here: none of {', '.join(_NAMES)}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def opened(
    browser: Browser,
    content: bytes,
    *,
    fragment: str = "",
    scheme: Literal["light", "dark"] = "light",
    width: int = 1280,
    script: str = "",
    **options: Any,
) -> Iterator[Opened]:
    """`content` in a tab of its own. `script` runs before it."""
    context = browser.new_context(color_scheme=scheme, viewport={"width": width, "height": 900}, **options)
    page = context.new_page()
    found = Opened(page=page, troubles=[])

    def answer(route: Route) -> None:
        if route.request.url.partition("#")[0] == ADDRESS:
            route.fulfill(body=content, content_type="text/html; charset=utf-8")
        else:
            found.troubles.append(f"asked for {route.request.url}")
            route.abort()

    def dismiss(dialog: Dialog) -> None:
        found.troubles.append(dialog.message)
        dialog.dismiss()

    context.route("**/*", answer)
    page.on("console", lambda said: found.troubles.append(said.text) if said.type in {"error", "warning"} else None)
    page.on("pageerror", lambda error: found.troubles.append(str(error)))
    page.on("dialog", dismiss)
    page.add_init_script(_VIOLATIONS + ";" + script)
    page.goto(ADDRESS + fragment)
    yield found
    context.close()
