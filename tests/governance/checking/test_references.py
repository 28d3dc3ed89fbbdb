"""Evidence is found where it is said to stand, or the reason says what is there instead."""

from __future__ import annotations

import pytest

from noxtasks.evidence.gating.model import Document
from noxtasks.governance.checking import references
from noxtasks.governance.checking.model import Standing

from .samples import document, files, missing, words

README = """\
The shop
========

## What `flake` does: *all* of it!
```sh
# no heading
```
## Twice
## Twice
### [Linked](https://example.org) <b>bold</b>
<a id="here"></a>
- item
---
# Grüße & Küsse #
    # code
"""
RST = """\
=========
The title
=========

Part one
--------
text
"""
DOCUMENTS = {
    "a.json": document("a.json", {"claim": {"figure": 0.1, "none": None}, "tests": []}),
    "b.json": missing("b.json"),
    "old.json": Document(name="old.json", refusal="old.json is about other code (a, now b)"),
}
READ = files(README__md=README, index__rst=RST, empty__md=" \n", code__py="x = 1\n")


def found(text: str) -> tuple[Standing, str]:
    reference = references.look_up(words(text)[0], DOCUMENTS, READ)
    return reference.standing, reference.reason


@pytest.mark.parametrize(
    "text",
    [
        "README.md", "README.md#the-shop", "README.md#what-flake-does-all-of-it", "README.md#twice",
        "README.md#twice-1",
        "README.md#linked-bold", "README.md#here", "README.md#grüße--küsse", "index.rst#the-title",
        "index.rst#part-one",
        "code.py", "a.json#/result/claim", "a.json#/result/claim/figure", "a.json#/result/tests",
    ],
)  # fmt: skip
def test_what_is_there_is_found(text: str) -> None:
    assert found(text) == (Standing.FOUND, "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("READNE.md", "there is no file READNE.md"),
        ("empty.md", "empty.md is empty"),
        ("README.md#the-shp", "README.md has no heading #the-shp. Did you mean 'the-shop'?"),
        ("README.md#no-heading", "README.md has no heading #no-heading"),
        ("README.md#code", "README.md has no heading #code"),
        ("README.md#item", "README.md has no heading #item"),
        ("README.md#twice-2", "README.md has no heading #twice-2. Did you mean 'twice-1'?"),
        ("README.md#", "after the # there is nothing"),
        ("#heading", "it names no file"),
        ("code.py#x", "headings are looked for in .md, .markdown, .rst, and not in code.py"),
        ("a.json#/result/clam", "a.json: stopped at /result: it has no 'clam'; did you mean 'claim'?"),
        ("a.json#/result/tests/*", "a.json: stopped at /result/tests: it is empty"),
        ("a.json#/result/claim/none", "a.json: /result/claim/none is null"),
        ("b.json#/result", "there is no b.json"),
        ("old.json#/result", "old.json is about other code (a, now b)"),
        ("reports/a.json#/result", "an artifact is named by its file among the reports alone"),
        ("..\\a.json#/result", "an artifact is named by its file among the reports alone"),
        ("ftp://example.org", "of ftp: nothing is known; a URL begins with https://"),
        ("javascript:alert(1)", "of javascript: nothing is known; a URL begins with https://"),
        ("https://", "it is no URL that people can follow"),
        ("https://user@example.org/", "it is no URL that people can follow"),
        ("https://exa mple.org/", "it is no URL that people can follow"),
        ("https://[::1", "it is no URL: Invalid IPv6 URL"),
    ],
)
def test_what_is_not_there_says_so(text: str, reason: str) -> None:
    standing, said = found(text)
    assert standing is Standing.MISSING
    assert said.startswith(reason)


def test_a_url_is_not_fetched_and_says_so() -> None:
    assert found("https://example.org/decisions/7#why") == (Standing.UNCHECKED, "elsewhere, and not fetched")


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("# a\n# a\n# a-1\n", ["a", "a-1", "a-1-1"]),
        ("# Of `list<str>` & co\n", ["of-liststr--co"]),
        ("# Q&amp;A\n", ["qa"]),
        ('<h1 align="center">The Shop</h1>\n', ["the-shop"]),
        ('<div class="x" id="here"></div>\n', ["here"]),
        ("<!--\n# hidden\n-->\n# seen\n", ["seen"]),
        ("It begins with `<!--`.\n\n# seen\n\n-->\n", ["seen"]),
        ("# a\r\n\r\nb\r\n=\r\n", ["a", "b"]),
        ("# 日本 🎉\n", ["日本-"]),
        ("```md\n# code\n```\n~~~\n# more\n~~~\n    # code\n# seen #\n", ["seen"]),
    ],
)
def test_headings_are_linked_as_github_does(text: str, links: list[str]) -> None:
    assert list(references.anchors(text)) == links


def test_a_link_may_be_written_as_browsers_copy_it() -> None:
    assert found("README.md#gr%C3%BC%C3%9Fe--k%C3%BCsse") == (Standing.FOUND, "")
