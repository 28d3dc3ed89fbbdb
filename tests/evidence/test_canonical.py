from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import Enum

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.errors import EvidenceError
from noxtasks.evidence import canonical

TEXT = st.text(st.characters(codec="utf-8"))
SCALARS = st.none() | st.booleans() | TEXT | st.floats(allow_nan=False, allow_infinity=False)
INTEGERS = st.integers(-canonical.LARGEST_INTEGER, canonical.LARGEST_INTEGER)
DATA = st.recursive(
    SCALARS | INTEGERS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


class Colour(Enum):
    RED = "red"


class Point(msgspec.Struct, frozen=True, kw_only=True):
    x: float
    tags: tuple[str, ...]
    colour: Colour
    seen: datetime


@given(DATA)
def test_data_comes_back_as_it_was_written(value: object) -> None:
    assert canonical.loads(canonical.dumps(value, where="t")) == value


@given(DATA)
def test_what_is_read_and_written_again_has_the_same_bytes(value: object) -> None:
    once = canonical.dumps(value, where="t")
    assert canonical.dumps(canonical.loads(once), where="t") == once


@given(st.dictionaries(TEXT, INTEGERS, min_size=2), st.randoms(use_true_random=False))
def test_the_order_of_keys_does_not_change_the_bytes(value: dict[str, int], random: object) -> None:
    keys = list(value)
    random.shuffle(keys)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    assert canonical.dumps({key: value[key] for key in keys}, where="t") == canonical.dumps(value, where="t")


@given(DATA)
def test_the_bytes_are_plain_json_on_one_line(value: object) -> None:
    data = canonical.dumps(value, where="t")
    assert b"\n" not in data
    assert json.loads(data, parse_int=float) == value  # 1e20 is printed as an integer


def test_numbers_and_keys_are_written_as_the_standard_shows_them() -> None:
    # RFC 8785, sections 3.2.2 and 3.2.3
    value = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '€$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    assert canonical.dumps(value, where="t") == (
        b'{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        b'"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )


def test_structs_enums_dates_and_tuples_are_data() -> None:
    point = Point(x=1.5, tags=("a", "b"), colour=Colour.RED, seen=datetime(2025, 1, 2, tzinfo=UTC))
    expected = {"x": 1.5, "tags": ["a", "b"], "colour": "red", "seen": "2025-01-02T00:00:00Z"}
    assert canonical.plain({1: point}, where="t") == {"1": expected}


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), 2**53, -(2**53)])
def test_a_number_that_json_cannot_carry_is_refused_with_its_place(number: float) -> None:
    with pytest.raises(EvidenceError) as caught:
        canonical.dumps({"tests": [{"a/b~": number}]}, where="flake.report.json")
    assert "/tests/0/a~1b~0: " in caught.value.message
    assert caught.value.where == "flake.report.json"
    assert "defect of noxtasks" in caught.value.remedy


def test_what_is_no_data_is_refused() -> None:
    with pytest.raises(EvidenceError, match="not data"):
        canonical.dumps({"f": object()}, where="t")


def test_a_value_that_holds_itself_is_refused() -> None:
    value: list[object] = []
    value.append(value)
    with pytest.raises(EvidenceError, match="nested too deeply"):
        canonical.dumps(value, where="t")


def test_a_lone_surrogate_in_a_message_is_written_as_its_escape() -> None:
    assert canonical.loads(canonical.dumps({"\udc80": ["a\udcffb"]}, where="t")) == {"\\udc80": ["a\\udcffb"]}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b'{"a":1,"a":2}', "same key twice"),
        (b"NaN", "NaN is not JSON"),
        (b"[-Infinity]", "-Infinity is not JSON"),
        (b"[1e999]", "1e999 is beyond all numbers"),
        (b"9" * 5000, "is beyond all numbers"),
        (b"\xff", "codec can't decode"),
        (b"", "Expecting value"),
        (b"[" * 100_000, "nested too deeply"),
    ],
    ids=lambda value: value[:20] if isinstance(value, str) else "",
)
def test_what_is_no_strict_json_is_not_read(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        canonical.loads(text)


@pytest.mark.parametrize("digits", ["0", "2", "-7", str(canonical.LARGEST_INTEGER), str(-canonical.LARGEST_INTEGER)])
def test_a_whole_number_is_read_as_one(digits: str) -> None:
    """2 == 2.0, so that equality alone would not show what becomes of a count."""
    value = canonical.loads(digits.encode())
    assert (type(value), value) == (int, int(digits))


@pytest.mark.parametrize("digits", [str(canonical.LARGEST_INTEGER + 1), "-1" + "0" * 20, "9" * 300])
def test_a_whole_number_that_is_not_exact_in_json_is_read_as_a_float(digits: str) -> None:
    assert type(canonical.loads(digits.encode())) is float


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (float("inf"), "the document: inf is not a JSON number"),
        ([2**53], f"/0: the integer {2**53} is beyond 2**53 - 1, where JSON readers begin to round"),
        ({"f": object()}, "a value is not data: Encoding objects of type object is unsupported"),
    ],
)
def test_a_refusal_says_what_and_where_and_that_it_is_a_defect_of_ours(value: object, message: str) -> None:
    with pytest.raises(EvidenceError) as caught:
        canonical.dumps(value, where="flake.report.json")
    assert (caught.value.message, caught.value.where) == (message, "flake.report.json")
    assert caught.value.remedy == canonical.DEFECT
