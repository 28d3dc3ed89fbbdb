"""The site: it builds without a warning, and its pages load nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import pytest

ROOT = Path(__file__).parents[2]
ELSEWHERE = re.compile(r"url\(['\"]?(https?:)?//")
LOADED = re.compile(r"""<(?:script|img|iframe|source|link(?! rel="canonical"))[^>]*?(?:src|href)=["']?(?:https?:)?//""")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    assert "WARNING" not in built.stdout + built.stderr
    return folder


@contextmanager
def a_browser() -> Iterator[Any]:
    """The machine's own; without one, or without what drives it, the test is skipped."""
    pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    from tests.dashboard.browser import launched  # noqa: PLC0415 - where there is playwright

    with launched() as browser:
        yield browser


@pytest.mark.functional
def test_every_page_is_built_and_no_place_is_left_open(site: Path) -> None:
    sources = {path.relative_to(ROOT / "docs").with_suffix("") for path in (ROOT / "docs").rglob("*.md")}
    pages = {path.relative_to(site).with_suffix(""): path.read_text("utf-8") for path in site.rglob("*.html")}
    assert set(pages) - sources == {Path("404")}
    assert sources <= set(pages)
    assert [page for page, text in pages.items() if "<!-- " in text] == []


@pytest.mark.functional
def test_no_fence_is_left_as_it_was_written(site: Path) -> None:
    assert [path.name for path in site.rglob("*.html") if "```" in path.read_text("utf-8")] == []


@pytest.mark.functional
def test_no_page_names_anything_to_be_loaded_from_elsewhere(site: Path) -> None:
    assert [path.name for path in site.rglob("*.html") if LOADED.search(path.read_text("utf-8"))] == []
    assert [path.name for path in site.rglob("*.css") if ELSEWHERE.search(path.read_text("utf-8"))] == []


@pytest.mark.functional
def test_no_request_leaves_a_page_in_a_browser(site: Path) -> None:
    asked: list[str] = []
    complaints: list[str] = []
    with a_browser() as browser:
        page = browser.new_page()
        page.on("request", lambda request: asked.append(request.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        for name in ("index.html", "tutorial.html", "flake.html", "reference/artifacts.html"):
            page.goto((site / name).as_uri(), wait_until="networkidle")
    assert [url for url in asked if not url.startswith(("file:", "data:", "blob:"))] == []
    assert complaints == []


@pytest.mark.functional
@pytest.mark.parametrize("width", [400, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_violation_and_no_page_is_wider_than_its_window(
    site: Path, width: int, scheme: Literal["light", "dark"]
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-core is not installed").Axe()
    found: list[str] = []
    with a_browser() as browser:
        page = browser.new_page(color_scheme=scheme, viewport={"width": width, "height": 900})
        for name in ("index.html", "flake.html", "governance.html", "reference/exit-codes.html"):
            page.goto((site / name).as_uri(), wait_until="networkidle")
            found += [f"{name}: {each['id']}" for each in axe.run(page).response["violations"]]
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    assert found == []


@pytest.mark.functional
def test_who_copies_a_block_of_commands_gets_no_prompts_and_no_output(site: Path) -> None:
    with a_browser() as browser:
        page = browser.new_page()
        page.goto((site / "tutorial.html").as_uri(), wait_until="networkidle")
        code = page.locator(".highlight code").filter(has_text="--runs 60").element_handle()
        shown = code.inner_text()
        code.evaluate("element => element.setAttribute('data-md-copying', '')")  # as the theme does while it copies
        copied = code.inner_text().strip()
    assert shown.startswith("$ noxtasks flake")
    assert copied == "noxtasks flake --runs 60 --seed 4"
