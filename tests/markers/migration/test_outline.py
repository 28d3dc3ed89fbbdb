"""The outline has every place of the text, and leaves out what has nothing to do with the names."""

from __future__ import annotations

import ast
import re

import libcst as cst
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.markers.migration.outline import outlined

LEFT_OUT = [
    "def f():\n    return g()\n",
    "async def f(a: int = 1) -> None: a; await b()  # why\n",
    'def f():\n    """Doc.\n\n    More."""\n    # why\n    x = [\n        1,\n    ]\n',
    "class C:\n    @decorated\n    def f(self):\n        @inner\n        def g(): pass\n        return g\n",
    "if x:\n    def f():\n        'é'; y = 'ü'  # ö\nelse:\n    def f():\n        a = \\\n            1\n",
    "try:\n    pass\nexcept E:\n    def f():\n        slowly = 'not_slow slower'\n",
    "def f():\n\tpass\r\n\treturn 1\r\n",
]
KEPT = [
    "def f():\n    if 'slow' in names: pass\n",
    "def f():\n    return 'x\\tslow'\n",
    "def f(item):\n    item.add_marker(name)\n",
    "def f():\n    import pytest as pt\n",
    "NAME = 'slow'\ndef f():\n    return g(NAME)\n",
    "NAMES = ['fast', 'slow']\ndef f():\n    return g(NAMES)\n",
    "alias = pytest.mark.x\ndef f():\n    return g(alias)\n",
    "def f(: slow",
    "@pytest.mark.slow\nclass C:\n    x = 'slow'\n",
]


def blanked(text: str) -> str:
    return re.sub(r"[^\r\n]", " ", text)


@pytest.mark.parametrize("text", LEFT_OUT)
def test_a_body_that_tells_nothing_is_left_out_and_every_place_stays(text: str) -> None:
    outline = outlined(text, {"slow"})
    assert blanked(outline) == blanked(text)
    assert cst.parse_module(outline).code == outline
    functions = [
        each for each in ast.walk(ast.parse(outline)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert [[ast.unparse(each) for each in function.body] for function in functions] == [["0"]] * len(functions)
    assert functions


@pytest.mark.parametrize("text", KEPT)
def test_what_may_tell_something_stays(text: str) -> None:
    assert outlined(text, {"slow"}) == text


@given(st.lists(st.sampled_from([*LEFT_OUT[:-1], *(each for each in KEPT if "(:" not in each)])))
def test_together_each_is_as_it_is_alone(parts: list[str]) -> None:
    text = "".join(parts)
    outline = outlined(text, {"slow"})
    assert blanked(outline) == blanked(text)
    assert cst.parse_module(outline).code == outline
    for name in ("'slow'", ".slow", "add_marker"):
        assert outline.count(name) == text.count(name)
