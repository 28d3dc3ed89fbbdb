"""Pages: one style, every name escaped, nothing forgotten."""

from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from noxtasks.evidence.display import html


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    folder = tmp_path / "a_package_with_a_page"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "page.html.jinja").write_text(
        '<style>{% include "page.css" %}</style>\n<p>{{ name }}, {{ name | shown }}, {{ 2 | double }}</p>\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    return folder.name


def test_a_page_has_the_style_of_all_and_escapes_what_it_is_given(package: str) -> None:
    page = html.render(package, filters={"double": lambda number: 2 * number}, name="<b>\x1b").decode()
    assert "color-scheme: light dark" in page
    assert page.endswith("<p>&lt;b&gt;\x1b, &lt;b&gt;\\u{1b}, 4</p>")


def test_what_a_template_asks_for_has_to_be_given(package: str) -> None:
    with pytest.raises(jinja2.UndefinedError):
        html.render(package, filters={"double": lambda number: 2 * number})


def test_a_page_that_names_its_style_by_digest_can_have_it_before_it_is_rendered(package: str) -> None:
    page = html.render(package, filters={"double": lambda number: 2 * number}, name="").decode()
    assert page.startswith(f"<style>{html.style().rstrip()}")
