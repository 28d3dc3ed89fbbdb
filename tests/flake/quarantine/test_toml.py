"""quarantine.toml is edited so that all that is not ours stays as it is."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from noxtasks.errors import ConfigurationError
from noxtasks.flake.quarantine import toml
from noxtasks.flake.quarantine.model import Entry

texts = st.text(st.characters(codec="utf-8"), max_size=20)
entries = st.builds(
    Entry,
    test=texts.filter(lambda text: text.strip()),
    since=st.just(date(2026, 1, 2)),
    expires=st.dates(date(2026, 1, 2)),
    reason=texts,
    owner=texts,
    issue=texts,
    reruns=st.integers(0, 5),
)
several = st.lists(entries, min_size=1, max_size=4, unique_by=lambda entry: entry.test)

MINE = """\
# looked after by the shop team

[[test]]  # the worst
id = "a.py::t"
since = 2026-01-02
reason = '''
several
lines'''  # and a comment

# about the next one
[[test]]
id = 'b.py::t["x\\y"]'
since = 2026-01-02
expires = 2026-05-01

# the end
"""


@given(several)
@example(
    [
        Entry(
            test='a.py::t[two\nlines "q" \\ \x7f \x85 \u2028 [[test]]]',
            since=date(2026, 1, 2),
            expires=date(9999, 1, 1),
        )
    ]
)
def test_what_is_added_is_read_and_what_is_released_leaves_nothing(added: list[Entry]) -> None:
    names = [entry.test for entry in added]
    for before in (b"", MINE.encode(), MINE.replace("\n", "\r\n").encode(), MINE.strip().encode()):
        content = toml.edited(before, added=added, released=())
        assert toml.read(content) == (*toml.read(before), *added)
        assert content.startswith(before)
        assert (b"\r\n" in content) == (b"\r\n" in before)
        after = toml.edited(content, added=(), released=names)
        assert after.rstrip() == before.rstrip()


def test_an_entry_takes_its_own_lines_with_it_and_no_others() -> None:
    assert toml.edited(MINE.encode(), added=(), released=["a.py::t"]).decode() == (
        "# looked after by the shop team\n\n# about the next one\n" + MINE.partition("# about the next one\n")[2]
    )
    assert toml.edited(MINE.encode(), added=(), released=['b.py::t["x\\y"]']).decode() == (
        MINE.partition("[[test]]\nid = 'b")[0] + "\n# the end\n"
    )


def test_a_file_that_only_looks_like_entries_is_left_alone() -> None:
    tricky = b'[[test]]\nid = "a"\nsince = 2026-01-02\nreason = """\n[[test]]\n"""\n'
    with pytest.raises(ConfigurationError, match="its entries"):
        toml.edited(tricky, added=(), released=["a"])
    inline = b'test = [{id = "a", since = 2026-01-02}]\n'
    with pytest.raises(ConfigurationError, match=r"its entries|not TOML"):
        toml.edited(inline, added=(), released=["a"])
    with pytest.raises(ConfigurationError, match=r"its entries|not TOML"):
        toml.edited(inline, added=[Entry(test="b", since=date(2026, 1, 2), expires=date(2026, 1, 3))], released=())


def test_all_problems_are_problems_of_one_error() -> None:
    with pytest.raises(ConfigurationError) as caught:
        toml.read(b'[[test]]\nid = "a"\n[[test]]\nsince = 1\n')
    assert len(caught.value.problems) == 3
