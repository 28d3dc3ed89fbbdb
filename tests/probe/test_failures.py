"""Equal failures have equal fingerprints, whatever differs between two occurrences; other failures have others."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from noxtasks.probe.noxtasks_probe import failures

words = st.text("abcxyz ,:'()", max_size=12)
frames = st.lists(st.tuples(st.sampled_from(["a.py", "b/c.py"]), st.sampled_from(["f", "g"])), max_size=3)
exceptions = st.sampled_from(["AssertionError", "ValueError", "app.errors.Broken"])


def one_kind_twice() -> st.SearchStrategy[tuple[str, str]]:
    """Two texts that differ in nothing but the value of something that varies."""
    kinds: list[st.SearchStrategy[str]] = [
        st.integers(0, 10**9).map(str),
        st.floats(0, 1e9, allow_nan=False).map(str),
        st.integers(0, 2**64).map(hex),
        st.integers(0, 2**64).map("0x{:X}".format),
        st.uuids().map(str),
        st.uuids().map(lambda uuid: str(uuid).upper()),
        st.text("abc0123456789_", min_size=1, max_size=8).map("/tmp/{}/file.txt".format),  # noqa: S108 - no file is made
        st.text("abc0123456789_", min_size=1, max_size=8).map("/private/var/folders/{}/T".format),
        st.text("abcABC019", min_size=1, max_size=8).map(r"C:\Users\me\AppData\{}".format),
        st.text("abc0123456789_", min_size=1, max_size=8).map("/data/pytest-of-{}/pytest-12/test_a0".format),
        st.uuids().map(lambda uuid: "a1" + uuid.hex),
    ]
    return st.one_of(*[st.tuples(kind, kind) for kind in kinds])


@given(words, one_kind_twice(), words, exceptions, frames)
def test_numbers_addresses_uuids_and_temporary_paths_do_not_matter(
    before: str, pair: tuple[str, str], after: str, exception: str, where: list[tuple[str, str]]
) -> None:
    one, other = (f"{before} {value} {after}" for value in pair)
    assert failures.normalised(one) == failures.normalised(other)
    assert failures.fingerprint(exception, one, where) == failures.fingerprint(exception, other, where)


@given(st.tuples(exceptions, words, frames), st.tuples(exceptions, words, frames))
def test_another_exception_message_or_place_is_another_failure(
    one: tuple[str, str, list[tuple[str, str]]], other: tuple[str, str, list[tuple[str, str]]]
) -> None:
    assert (failures.fingerprint(*one) == failures.fingerprint(*other)) == (one == other)


@given(st.text(st.characters()))
def test_normalising_takes_any_text_and_once_is_enough(message: str) -> None:
    once = failures.normalised(message)
    assert failures.normalised(once) == once


def test_a_fingerprint_stays_what_it_is_so_that_histories_agree() -> None:
    assert failures.fingerprint("ValueError", "no 17 at 0xff", [("a.py", "f")]) == "28e851616fe65fef"


@pytest.fixture
def folders(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Has these folders, and no others, taken for temporary."""

    def known(*paths: str) -> None:
        monkeypatch.setattr(failures, "_temporary", set())
        for path in paths:
            failures.temporary(path)

    return known


def test_the_temporary_folder_of_a_run_does_not_matter_wherever_it_is(folders: Callable[..., None]) -> None:
    said = []
    for run in ("/data/scratch space/nxabc/0.1/t", "/data/scratch space/nxdef/17.2/t"):
        folders("/data/scratch space", run)
        message = f"no file '{run}/pytest/test_a0/x.txt' in {run}: {run}-not"
        said.append(failures.fingerprint("OSError", message, []))
        assert failures.normalised(message) == "no file '<tmp>' in <tmp>: <tmp>"
    assert said[0] == said[1]
    folders("/data/scratch space")
    assert failures.normalised("/data/scratch spaces/x") == "/data/scratch spaces/x"


def test_a_folder_that_is_everything_is_not_taken_for_temporary(folders: Callable[..., None]) -> None:
    folders("/", "")
    assert failures.normalised("/etc/passwd and more") == "/etc/passwd and more"


def test_a_project_may_lie_anywhere_and_have_its_temporary_folder_within(folders: Callable[..., None]) -> None:
    said = []
    for root in ("/home/me/project", "/data/ci/4711/project"):
        folders(f"{root}/made/17.1", "/data/ci")
        said.append(failures.normalised(f"{root}/tests/a.txt is not {root}/made/17.1/a or {root}2/b", root))
    assert said[0].startswith("<root>/tests/a.txt is not <tmp> or ")
    assert said[0].partition(" or ")[0] == said[1].partition(" or ")[0]


def test_a_file_of_code_that_a_test_wrote_into_its_temporary_folder_is_known_by_its_name(
    tmp_path: Path, folders: Callable[..., None]
) -> None:
    described = []
    for run in ("1.1", "2.1"):
        folder = tmp_path / "tmp" / run
        folders(str(folder))
        scope = executed("def test():\n    1/0\n", folder / "generated.py")
        described.append(failures.describe(caught(scope["test"]), "call", str(tmp_path)))
    assert described[0] == described[1]
    assert described[0]["frames"] == ["generated.py:2 in test"]


def test_where_a_long_message_is_cut_does_not_depend_on_its_numbers() -> None:
    def described(number: int) -> str:
        error = ValueError(" ".join([str(number)] * 1_000))
        found: str = failures.describe(error, "call", "/nowhere")["fingerprint"]
        return found

    assert described(7) == described(1_234_567)


def test_what_was_captured_is_shown_as_pytest_shows_it_and_cut_to_its_ends() -> None:
    sections = [("Captured stdout setup", "begun\n"), ("Captured log call", "x" * 9_000 + "warned\n\n")]
    text = failures.captured(sections, "all")
    assert text.startswith(f"\n{' Captured stdout setup ':-^80}\nbegun\n{' Captured log call ':-^80}\n[…]\nxxx")
    assert text.endswith("xwarned")
    assert len(text) < 5_000
    assert failures.captured(sections, "no") == ""
    assert "begun" not in failures.captured(sections, "log")
    assert len(failures.captured(sections * 50, "all")) < 13_000


def caught(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError


def executed(source: str, path: Path) -> dict[str, Callable[..., object]]:
    """The names that `source` defines, its frames at `path`."""
    scope: dict[str, Callable[..., object]] = {}
    exec(compile(source, str(path), "exec"), scope)  # noqa: S102 - the source stands in these tests
    return scope


def test_a_failure_is_described_by_the_users_own_frames(tmp_path: Path) -> None:
    source = tmp_path / "tests" / "test_deep.py"
    source.parent.mkdir()
    source.write_text("import json\ndef inner():\n    json.loads('{')\ndef outer():\n    inner()\n")
    scope = executed(source.read_text(), source)
    facts = failures.describe(caught(scope["outer"]), "call", str(tmp_path))
    assert facts["exception"] == "json.decoder.JSONDecodeError"
    assert facts["phase"] == "call"
    assert facts["frames"] == ["tests/test_deep.py:5 in outer", "tests/test_deep.py:3 in inner"]
    again = failures.describe(caught(scope["inner"]), "call", str(tmp_path))
    assert again["fingerprint"] != facts["fingerprint"]


def test_the_line_is_shown_but_does_not_make_another_failure(tmp_path: Path) -> None:
    def described(source: str) -> dict[str, object]:
        scope = executed(source, tmp_path / "test_a.py")
        return failures.describe(caught(scope["test"]), "call", str(tmp_path))

    one, other = described("def test():\n    1/0\n"), described("\n\ndef test():\n    1/0\n")
    assert one["fingerprint"] == other["fingerprint"]
    assert (one["frames"], other["frames"]) == (["test_a.py:2 in test"], ["test_a.py:4 in test"])


def test_without_frames_of_the_user_the_innermost_of_all_is_named() -> None:
    facts = failures.describe(caught(lambda: UUID("no")), "setup", "/nowhere")
    assert len(facts["frames"]) == 1
    assert facts["frames"][0].endswith("in __init__")
    assert facts["frames"][0].startswith("uuid.py:")


def test_an_exception_that_cannot_be_shown_is_described_all_the_same() -> None:
    class MuteError(Exception):
        def __str__(self) -> str:
            raise KeyError("no")

    facts = failures.describe(MuteError(), "call", "/nowhere")
    assert "KeyError" in facts["message"]
    assert facts["exception"].endswith("MuteError")


def test_a_deep_recursion_keeps_its_innermost_frames_and_a_message_its_beginning(tmp_path: Path) -> None:
    source = "def down(n):\n    if n == 0:\n        raise ValueError('x' * 9_000)\n    down(n - 1)\n"
    scope = executed(source, tmp_path / "test_a.py")
    facts = failures.describe(caught(lambda: scope["down"](99)), "call", str(tmp_path))
    assert len(facts["frames"]) == 12
    assert facts["frames"][-1] == "test_a.py:3 in down"
    assert facts["message"] == "x" * 2_000


@pytest.mark.parametrize("text", ["", "one line", "trace\nE   assert 3 == 4\n"])
def test_a_report_without_an_exception_is_told_by_its_last_line(text: str) -> None:
    facts = failures.from_text(text, "call")
    assert facts["message"] == text.strip().rpartition("\n")[2]
    assert facts["fingerprint"] == failures.from_text(text.replace("3", "8"), "call")["fingerprint"]


@given(st.integers(0, 50_000))
def test_a_long_rendering_is_cut_to_its_end(length: int) -> None:
    text = "x" * length + "E   the error"
    cut = failures.rendered(text)
    assert cut.endswith("E   the error")
    assert len(cut) <= 20_010
    assert (cut == text) == (len(text) <= 20_000)
