"""Which packages import what can be called of which others, and across which borders calls were seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.ladder import edges
from noxtasks.ladder.edges import Call, Module
from noxtasks.ladder.model import Edge

CODE = "def f():\n    pass\n"


def modules(files: Mapping[str, str]) -> tuple[Module, ...]:
    """Modules by their paths: `shop/cart.py`."""
    return tuple(
        Module(
            name=path.removesuffix(".py").removesuffix("/__init__").replace("/", "."),
            is_package=path.endswith("__init__.py"),
            text=text,
        )
        for path, text in files.items()
    )


def imports(files: Mapping[str, str]) -> set[tuple[str, str]]:
    return set(edges.imports(modules(files)))


SHOP = {
    "shop/__init__.py": "",
    "shop/cart/__init__.py": "from shop.cart.models import Cart\nfrom .models import LIMIT\n",
    "shop/cart/models.py": (
        "import logging, typing\n"
        "from enum import Enum\n"
        "class Cart:\n    def total(self): pass\n"
        "class Basket(Cart): pass\n"
        "class CartError(Exception): pass\n"
        "LIMIT = 3\nNAMES = {'a': [1]}\nlog = logging.getLogger()\nT = typing.TypeVar('T')\n"
        "EMPTY = Cart()\nAlias = Cart\nshort = lambda: 1\n"
        "class Colour(Enum):\n    RED = 1\n"
    ),
    "shop/till/__init__.py": "",
    "shop/util.py": CODE,
}


@pytest.mark.parametrize(
    "text",
    [
        "from shop.cart.models import Cart",
        "from shop.cart import models\nmodels.Cart()",
        "import shop.cart.models\nshop.cart.models.Cart()",
        "import shop.cart.models as m\nm.Cart()",
        "from ..cart.models import Cart",
        "from ..cart import models as m\ndef pay(): return m.Cart().total()",
        "from .. import cart\ncart.Cart()",
        "from shop import cart\ncart.models.Cart()",
        "import shop\nshop.cart.Cart()",
        "from shop.cart import Cart",  # which hands it on
        "from shop.cart import *",
        "from shop.cart.models import *",
        "def pay():\n    from shop.cart import Cart\n    return Cart()",
        "class Till:\n    def pay(self):\n        import shop.cart.models as m\n        m.Basket()",
        "try:\n    from shop.cart import Cart\nexcept ImportError:\n    Cart = None",
        "if not TYPE_CHECKING:\n    from shop.cart import Cart",
        "if TYPE_CHECKING:\n    pass\nelse:\n    from shop.cart import Cart",
        "from shop.cart.models import Basket",
        "from shop.cart.models import EMPTY",
        "from shop.cart.models import Alias",
        "from shop.cart.models import short",
        "import shop.cart.models\nuse(shop)",
    ],
)
def test_what_can_be_called_is_an_edge_however_it_is_imported(text: str) -> None:
    text += "\ndef pay():\n    return Cart(), Basket, EMPTY, Alias, short\n"
    assert imports({**SHOP, "shop/till/pay.py": text}) == {("shop.till", "shop.cart")}


@pytest.mark.parametrize(
    "text",
    [
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from shop.cart import Cart\nCart()",
        "import typing as t\nif t.TYPE_CHECKING:\n    from shop.cart import Cart\nCart()",
        "from shop.cart import LIMIT",
        "from shop.cart.models import NAMES, CartError, Colour, log, T",
        "from shop.cart.models import missing",
        "from shop.cart import missing",
        "import shop\nuse(shop)",
        "import shop.cart\nuse(shop)",  # which has no code of its own
        "import shop.cart.models",
        "from shop.cart import Cart\n__all__ = ['Cart']",
        "from shop.cart import *\n",
        "from json import loads",
        "from ......deep import x",
        "from . import other",
        "from shop.till.other import x",
        "import importlib\nimportlib.import_module('shop.cart')",
        "'from shop.cart import Cart'",
        "",
    ],
)
def test_other_imports_are_none(text: str) -> None:
    text += "\ndef pay():\n    return LIMIT, NAMES, CartError, Colour, log, T, missing, loads, x, other, importlib\n"
    assert imports({**SHOP, "shop/till/pay.py": text}) == set()


def test_what_is_handed_on_is_followed_to_where_it_is_defined() -> None:
    files = {
        "a/__init__.py": "from b import thing as other\nfrom c import *\n",
        "b/__init__.py": "from b.inner import thing\n",
        "b/inner.py": "from c.inner import f as thing\nthing()\n",
        "c/__init__.py": "from .inner import g\nfrom . import inner\n",
        "c/inner.py": CODE + "def g(): pass\n",
        "d/__init__.py": "import a\na.other()\n",
        "e/__init__.py": "from a import g\ng()\n",
        "h/__init__.py": "from a import inner\ninner.f()\n",
    }
    assert imports(files) == {("b", "c"), ("d", "c"), ("e", "c"), ("h", "c")}


def test_circles_end() -> None:
    files = {"a/__init__.py": "from b import x\nfrom b import *", "b/__init__.py": "from a import x\nfrom a import *"}
    assert imports(files) == set()
    files = {"a/__init__.py": "from b import f\ndef g(): f()", "b/__init__.py": "from a import g\ndef f(): g()"}
    assert imports(files) == {("a", "b"), ("b", "a")}


def test_a_module_that_makes_its_names_up_can_be_called() -> None:
    files = {"a/__init__.py": "def __getattr__(name): pass", "b/__init__.py": "from a import anything\nanything()"}
    assert imports(files) == {("b", "a")}


def test_packages_without_an_init_are_packages() -> None:
    files = {
        "space/a/x.py": CODE,
        "space/b/y.py": "import space.a.x\nspace.a.x.f()",
        "cli.py": "from space.b import y\ny.f()",
    }
    assert imports({**files, "space/b/y.py": files["space/b/y.py"] + "\n" + CODE}) == {
        ("space.b", "space.a"),
        ("cli", "space.b"),
    }


def test_in_a_single_package_the_modules_are_held_against_one_another() -> None:
    files = {
        "shop/__init__.py": "from .till import f",
        "shop/cart.py": CODE,
        "shop/till.py": "from .cart import f\nf()",
    }
    assert edges.units(modules(files)) == {"shop": "shop", "shop.cart": "shop.cart", "shop.till": "shop.till"}
    assert imports(files) == {("shop.till", "shop.cart")}
    assert edges.units(modules(SHOP))["shop.cart.models"] == "shop.cart"


@pytest.mark.parametrize("text", ["def", "\0", "from shop.cart import (", "x = '\udc80'"])
def test_what_is_no_python_imports_nothing(text: str) -> None:
    assert imports({**SHOP, "shop/till/pay.py": text}) == set()


def test_sources_are_read_in_the_encoding_that_they_name(tmp_path: Path) -> None:
    (tmp_path / "shop" / "cart").mkdir(parents=True)
    (tmp_path / "shop" / "cart" / "__init__.py").write_bytes(b"# coding: latin-1\ndef f(): return '\xe9'\n")
    (tmp_path / "shop" / "till.py").write_text("from shop.cart import f\nf()\n")
    paths = {"shop.cart": "shop/cart/__init__.py", "shop.till": "shop/till.py", "shop.gone": "shop/gone.py"}
    found = edges.read(tmp_path, paths)
    assert [(each.name, each.is_package) for each in found] == [("shop.cart", True), ("shop.till", False)]
    assert edges.imports(found) == (("shop", "shop.cart"),)


def a_call(source: str, target: str, number: int = 0) -> Call:
    return Call(source=source, target=target, caller=f"{source}:f", called=f"{target}:g{number}")


def test_an_edge_is_crossed_by_as_many_calls_as_are_distinct() -> None:
    calls = [a_call("a", "b"), a_call("a", "b", 1), a_call("a", "b"), a_call("b", "a"), a_call("a", "x")]
    assert edges.crossed([("a", "b"), ("b", "c")], calls) == (
        Edge(source="a", target="b", calls=2),
        Edge(source="b", target="c", calls=0),
    )


MODULES = st.sampled_from(["a", "a.b", "a.b.c", "d", "d.e"])
LINES = st.one_of(
    st.builds("import {}".format, MODULES),
    st.builds("import {} as x\nx.f()".format, MODULES),
    st.builds("from {} import {}".format, MODULES, st.sampled_from(["*", "f", "b", "e", "g"])),
    st.builds("from {} import f".format, st.sampled_from([".", "..", "...b"])),
    st.sampled_from(["def f(): pass", "f = 1", "class g: pass", "a.b.f()", "f = x.f", "g = f()"]),
)
TEXTS = st.lists(LINES, max_size=5).map("\n".join)


@given(st.dictionaries(st.sampled_from(["a/__init__.py", "a/b/__init__.py", "a/b/c.py", "d.py", "d/e.py"]), TEXTS))
def test_edges_are_between_two_units_of_the_scope(files: dict[str, str]) -> None:
    sides = set(edges.units(modules(files)).values())
    for source, target in imports(files):
        assert source != target
        assert {source, target} <= sides
