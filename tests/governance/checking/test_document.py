"""YAML is taken as people write it; what hides, grows or is lost is refused, with its line."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.governance.checking import document
from noxtasks.governance.checking.document import Node, parse

LAUGHS = "a: &a [x, x]\n" + "".join(
    f"{chr(98 + number)}: &{chr(98 + number)} [*{chr(97 + number)}, *{chr(97 + number)}]\n" for number in range(20)
)


def refused(data: bytes | str) -> str:
    try:
        _, problems = parse(data.encode() if isinstance(data, str) else data)
    except ConfigurationError as error:
        return str(error)
    return str(ConfigurationError.all_of(problems))


def test_a_member_has_the_line_of_its_key_and_an_item_its_own() -> None:
    tree, _ = parse(b"# why\na:\n  b:\n    - x\n    - y: 1\n")
    assert isinstance(tree.value, dict)
    inner = tree.value["a"].value
    assert isinstance(inner, dict)
    items = inner["b"].value
    assert isinstance(items, tuple)
    assert (tree.value["a"].line, inner["b"].line, [each.line for each in items]) == (2, 3, [4, 5])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "governance.yaml: it is empty"),
        ("# only a comment\n", "governance.yaml: it is empty"),
        ("a: 1\nb: 2\na: 3\n", "governance.yaml:3: 'a' is there twice, first on line 1"),
        ("a:\n  - b: 1\n    b: 2\n", "governance.yaml:3: 'b' is there twice"),
        ("a: &x 1\n", "governance.yaml:1: &x is an anchor"),
        ("a: 1\nb: *a\n", "governance.yaml:2: *a stands for another place"),
        (LAUGHS, "governance.yaml:21: *t stands for another place"),
        ("a:\n\tb: 1\n", "governance.yaml:2: a tab stands where YAML takes spaces"),
        ("a: [1, 2\nb: 3\n", "governance.yaml:2: it is not YAML"),
        ("a: b: c\n", "governance.yaml:1: it is not YAML: mapping values are not allowed here"),
        ("a: 1\n---\nb: 2\n", "governance.yaml:2: a second document begins here"),
        ("a: !!python/object/apply:os.system [id]\n", "governance.yaml:1: !!python/object/apply:os.system is a tag"),
        ("a: !secret x\n", "governance.yaml:1: !secret is a tag"),
        ("[" * 40 + "]" * 40, "nested more than 12 levels deep"),
        ("[" * 100_000, "nested more than 12 levels deep"),
        ("? [a, b]\n: 1\n", "governance.yaml:1: a key has to be text"),
        ("a: 2026-13-45\n", "governance.yaml:1: '2026-13-45' cannot be read"),
        ("a: 1\nb: \x00\n", "governance.yaml:2: the character U+0000 is not allowed in YAML"),
    ],
)
def test_what_is_refused_says_where(text: str, said: str) -> None:
    assert said in refused(text)


def test_what_is_not_utf_8_says_on_which_line() -> None:
    assert "governance.yaml:2: it is not UTF-8: byte 0xe9" in refused("a: 1\nb: caf\xe9\n".encode("latin-1"))


def test_a_file_beyond_what_people_read_is_not_parsed() -> None:
    assert f"may have {document.MOST_BYTES}" in refused(b"# " + b"x" * document.MOST_BYTES)


def test_all_anchors_are_told_at_once() -> None:
    said = refused("a: &x 1\nb: &y 2\nc: *x\n")
    assert [line for line in ("&x", "&y", "*x") if line in said] == ["&x", "&y", "*x"]


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    assert parse(b"\xef\xbb\xbfa: 1\n")[0].value == {"a": Node(value=1, line=1)}


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("no", "no"), ("off", "off"), ("Yes", "Yes"), ("true", True), ("FALSE", False), ("010", 10), ("1:30", "1:30"),
        ("0x10", "0x10"), ("1_000", "1_000"), ("-2", -2), ("0.25", 0.25), (".inf", ".inf"), (".nan", ".nan"),
        ("~", None), ("'7'", "7"), ("9" * 400, float("inf")),
    ],
)  # fmt: skip
def test_a_value_is_what_people_take_it_for(written: str, value: object) -> None:
    assert parse(f"a: {written}\n".encode())[0].value == {"a": Node(value=value, line=1)}  # type: ignore[arg-type]


@given(st.binary() | st.text().map(str.encode) | st.text("ab:-[]{}&*!?|># \n\t\"'", max_size=40).map(str.encode))
def test_whatever_is_written_is_a_tree_or_a_problem_with_a_place(data: bytes) -> None:
    try:
        parse(data)
    except ConfigurationError as error:
        said = str(error)
    else:
        said = "governance.yaml"
    assert said.startswith("governance.yaml")
