"""How soon does the page of a large project show, and does its search keep up with who types?

Run by `nox -s speed -- page`; see README.md in this folder for what is measured and what is not.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from noxtasks.dashboard import page as rendering

sys.path.insert(0, str(Path(__file__).parent.parent))
from tests.dashboard import samples

_LIMITS = {"size_mb": 15.0, "first_paint_s": 2.0}
_WORDS = "billing keeps 4711"
_READY = """() => performance.getEntriesByName("ready")[0].startTime / 1000"""
_PAINT = """() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime / 1000"""
_TYPE = """async ([word]) => {
  const input = document.querySelector("form[data-list=tests] input"), took = [];
  for (let length = 1; length <= word.length; length++) {
    input.value = word.slice(0, length);
    const began = performance.now();
    input.dispatchEvent(new Event("input", {bubbles: true}));
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    took.push((performance.now() - began) / 1000);
  }
  input.value = "";
  input.dispatchEvent(new Event("input", {bubbles: true}));
  return took;
}"""
_SORT = """async () => {
  const took = [];
  for (const button of document.querySelectorAll("table[data-list=tests] thead button")) {
    const began = performance.now();
    button.click();
    await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
    took.push((performance.now() - began) / 1000);
  }
  return took;
}"""
_OPEN = """async () => {
  const link = document.querySelector("table[data-list=tests] tbody a"), began = performance.now();
  link.click();
  while (document.getElementById("detail").hidden) await new Promise(done => setTimeout(done));
  await new Promise(done => requestAnimationFrame(() => setTimeout(done)));
  return (performance.now() - began) / 1000;
}"""


def main(argv: Sequence[str]) -> int:
    """Measure, print the table, write the JSON. 1 when a limit is passed, 3 where there is no browser."""
    options = _options(argv)
    path = options.browser or shutil.which("chromium") or shutil.which("google-chrome")
    if path is None:
        print("page: there is no chromium here; name one with --browser", file=sys.stderr)
        return 3
    project = samples.large(tests=options.tests, sessions=options.sessions)
    began = time.perf_counter()
    content = rendering.render(project)
    figures: dict[str, Any] = {"render_s": time.perf_counter() - began, "size_mb": len(content) / 1e6, "loads": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        file = Path(folder) / "index.html"
        file.write_bytes(content)
        for number in range(options.rounds):
            figures["loads"].append(os.getloadavg()[0])
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            for name, value in _visit(browser, file).items():
                figures.setdefault(name, []).append(value)
            browser.close()
            print(f"page: round {number + 1} of {options.rounds}", file=sys.stderr, flush=True)
    print(_table(figures, options))
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    return int(any(_middle(figures[name]) > limit for name, limit in _LIMITS.items()))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="page", description=__doc__, allow_abbrev=False)
    parser.add_argument("--rounds", type=int, default=7, metavar="N", help="browsers that open the page, in turn (7)")
    parser.add_argument("--tests", type=int, default=50_000, metavar="N", help="tests of the project (50000)")
    parser.add_argument("--sessions", type=int, default=30, metavar="N", help="sessions whose outcomes are kept (30)")
    parser.add_argument("--browser", metavar="FILE", help="the browser (chromium, as it is found)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    return parser.parse_args(argv)


def _visit(browser: Browser, file: Path) -> dict[str, float]:
    """One cold browser: seconds until something shows, until all is unpacked, and what searching and sorting takes."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]", state="attached")
    ready, paint = page.evaluate(_READY), page.evaluate(_PAINT)
    letters, sorts = page.evaluate(_TYPE, [_WORDS]), page.evaluate(_SORT)
    return {
        "first_paint_s": paint,
        "ready_s": ready,
        "letter_s": statistics.median(letters),
        "slowest_letter_s": max(letters),
        "slowest_sort_s": max(sorts),
        "open_s": page.evaluate(_OPEN),
        "heap_mb": page.evaluate("() => performance.memory.usedJSHeapSize / 1e6"),
    }


def _middle(figure: float | list[float]) -> float:
    return statistics.median(figure) if isinstance(figure, list) else figure


def _table(figures: dict[str, Any], options: argparse.Namespace) -> str:
    lines = [
        f"{options.tests} tests, {options.sessions} sessions; medians of {options.rounds} browsers, least and most"
    ]
    for name, figure in figures.items():
        spread = f"  {min(figure):.3f} to {max(figure):.3f}" if isinstance(figure, list) else ""
        limit = f"  (limit {_LIMITS[name]:g})" if name in _LIMITS else ""
        lines.append(f"{name:>18} {_middle(figure):8.3f}{spread}{limit}")
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
