"""Pages for people: each one file that loads nothing, from a template that escapes every name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import resources

from noxtasks.evidence.display.text import shown

_STYLE = "page.css"  # what all pages look like; a template includes it among its own rules
_TEMPLATE = "page.html.jinja"


def render(package: str, *, filters: Mapping[str, Callable[..., object]] = {}, **values: object) -> bytes:
    """The page of `package` with `values`. A template has the filter `shown` for text that others have written."""
    import jinja2  # noqa: PLC0415 - 40 ms that only a page should cost

    texts = {name: _text(of, name) for of, name in ((__package__, _STYLE), (package, _TEMPLATE))}
    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.DictLoader(texts),
    )
    environment.filters.update(shown=shown, **filters)
    return environment.get_template(_TEMPLATE).render(values).encode()


def style() -> str:
    """What all pages look like, for one that has to know its whole style before it is rendered."""
    return _text(__package__, _STYLE)


def _text(package: str, name: str) -> str:
    return resources.files(package).joinpath(name).read_text("utf-8")
