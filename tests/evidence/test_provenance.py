from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks import __version__
from noxtasks.evidence import provenance
from noxtasks.evidence.provenance import Interpreter, gather, new_session_id
from noxtasks.evidence.vcs import Code, Vcs

TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - the strategy adds it
ENTROPY = st.binary(min_size=10, max_size=10)
CODE = Code(vcs=Vcs(revision="b" * 40, dirty=True), code_version="b" * 40 + "+dirty." + "c" * 64)


@given(TIMES, ENTROPY)
def test_a_session_id_is_a_uuid_of_version_7(now: datetime, entropy: bytes) -> None:
    identity = uuid.UUID(new_session_id(now, entropy))
    assert (identity.version, identity.variant) == (7, uuid.RFC_4122)
    assert identity.int >> 80 == (now - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


@given(TIMES, TIMES, ENTROPY, ENTROPY)
def test_session_ids_sort_by_time(one: datetime, other: datetime, entropy: bytes, more: bytes) -> None:
    if other - one >= timedelta(milliseconds=1):
        assert new_session_id(one, entropy) < new_session_id(other, more)


@given(TIMES, ENTROPY)
def test_74_bits_of_the_entropy_tell_sessions_of_one_millisecond_apart(now: datetime, entropy: bytes) -> None:
    lowest_bit_flipped = entropy[:-1] + bytes([entropy[-1] ^ 1])
    assert new_session_id(now, entropy) != new_session_id(now, lowest_bit_flipped)


def test_the_example_of_the_standard_comes_out() -> None:
    # RFC 9562, appendix A.6
    now = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    entropy = bytes.fromhex("0cc318c4dc0c0c07398f")
    assert new_session_id(now, entropy) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@pytest.mark.parametrize(
    ("now", "entropy", "why"),
    [
        (datetime(2025, 1, 1), b"0" * 10, "a time with a zone"),  # noqa: DTZ001 - that is the point
        (datetime(2025, 1, 1, tzinfo=UTC), b"0" * 9, "10 bytes"),
        (datetime(1969, 12, 31, tzinfo=UTC), b"0" * 10, "before 1970"),
    ],
)
def test_a_session_id_is_not_made_from_less(now: datetime, entropy: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        new_session_id(now, entropy)


def _gathered(settings: object) -> provenance.Provenance:
    created = datetime(2025, 1, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    return gather(session_id="s", created=created, code=CODE, settings=settings, tools={"pytest": "8.4"})


def test_it_says_which_tools_which_code_and_when() -> None:
    gathered = _gathered({"runs": 20})
    assert gathered.tools["noxtasks"] == __version__
    assert gathered.tools["pytest"] == "8.4"
    assert gathered.created == datetime(2025, 1, 1, 10, tzinfo=UTC)
    assert gathered.created.tzinfo is UTC
    assert (gathered.vcs, gathered.code_version) == (CODE.vcs, CODE.code_version)
    assert gathered.complete


def test_the_interpreter_is_the_one_of_the_suite_where_it_is_given() -> None:
    other = Interpreter(implementation="PyPy", version="3.11.9")
    created = datetime(2025, 1, 1, tzinfo=UTC)
    gathered = gather(session_id="s", created=created, code=CODE, settings={}, tools={}, interpreter=other)
    assert gathered.interpreter == other


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("postgresql+psycopg://me:s3cret@host:5432/db", "postgresql+psycopg://me:***@host:5432/db"),
        ("https://:token@host/x and https://a:b@c", "https://:***@host/x and https://a:***@c"),
        ("https://host:8080/a@b", "https://host:8080/a@b"),
        ("sqlite:///.noxtasks/history.db", "sqlite:///.noxtasks/history.db"),
        ("postgresql://me:p@ss@host/db", "postgresql://me:***@host/db"),
    ],
)
def test_a_password_in_a_url_is_not_published(written: str, told: str) -> None:
    assert _gathered({"history": {"urls": (written,)}}).settings == {"history": {"urls": [told]}}
