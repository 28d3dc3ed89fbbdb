"""Where evidence stands, and whether it does.

    flake.report.json#/result/claim          a place in an artifact, by JSON pointer
    README.md#what-flake-does                a heading of a file, as GitHub and others link to it
    docs/playbook.md                         a file of the repository
    https://example.org/decision             elsewhere: its form is checked, and nothing is fetched

Pure: what is in the artifacts and in the files is handed in.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from enum import Enum
from html import unescape
from urllib.parse import unquote, urlsplit

import msgspec

from noxtasks.evidence.gating import pointers
from noxtasks.evidence.gating.pointers import Stopped
from noxtasks.governance.checking.model import Documents, Reference, Standing, Text
from noxtasks.governance.checking.names import near

_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_FENCE = re.compile(r" {0,3}(?P<fence>`{3,}|~{3,})")
_ATX = re.compile(r" {0,3}#{1,6}[ \t]+(?P<title>.*?)[ \t]*#*[ \t]*")
_SETEXT = re.compile(r" {0,3}(=+|-+)[ \t]*")
_RULED = re.compile(r"([!-/:-@[-`{-~])\1*[ \t]*")  # below a heading of reStructuredText
_LINK = re.compile(r"!?\[(?P<text>[^\]]*)\]\([^)]*\)")
_COMMENT = re.compile(r"^ {0,3}<!--.*?-->", re.DOTALL | re.MULTILINE)
_IN_HTML = re.compile(r"\s*<h(?P<level>[1-6])(?:\s[^>]*)?>(?P<title>.*?)</h(?P=level)>\s*")
_CODE = re.compile(r"(`+)(?P<text>.+?)\1")
_ANCHOR = re.compile(r"<[a-z][a-z0-9]*\s(?:[^>]*\s)?(?:id|name)=[\"'](?P<name>[^\"']+)[\"']")
_MARKUP = re.compile(r"</?[a-zA-Z][^>]*>")
_WITH_HEADINGS = (".md", ".markdown", ".rst")


class Kind(Enum):
    """Where a reference leads."""

    ARTIFACT = "artifact"
    FILE = "file"
    ELSEWHERE = "elsewhere"


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A reference, taken apart. `wrong` says why it is none."""

    kind: Kind
    target: str
    fragment: str = ""
    wrong: str = ""


def parse(text: str) -> Parsed:
    """The parts of a reference."""
    if _SCHEME.match(text):
        return Parsed(kind=Kind.ELSEWHERE, target=text, wrong=_of_url(text))
    target, hash_sign, fragment = text.partition("#")
    if fragment.startswith("/"):
        wrong = (
            "an artifact is named by its file among the reports alone" if set(target) & set("/\\") or not target else ""
        )
        return Parsed(kind=Kind.ARTIFACT, target=target, fragment=fragment, wrong=wrong)
    wrong = "it names no file" if not target else "after the # there is nothing" if hash_sign and not fragment else ""
    return Parsed(kind=Kind.FILE, target=target, fragment=fragment, wrong=wrong)


def _of_url(text: str) -> str:
    """Why a URL is none; empty where its form is right."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError as error:
        return f"it is no URL: {error}"
    if parts.scheme not in {"http", "https"}:
        return f"of {parts.scheme}: nothing is known; a URL begins with https://"
    if not host or not re.fullmatch(r"[\w.:-]+", host) or "@" in parts.netloc or re.search(r"\s", text):
        return "it is no URL that people can follow"
    return ""


def look_up(said: Text, documents: Documents, read: Callable[[str], str | None]) -> Reference:
    """What becomes of a reference. `read` gives the text of a file of the repository, None where there is none."""
    found = parse(said.text)
    standing, reason = Standing.MISSING, found.wrong
    if not found.wrong:
        if found.kind is Kind.ELSEWHERE:
            standing, reason = Standing.UNCHECKED, "elsewhere, and not fetched"
        else:
            reason = _in_artifact(found, documents) if found.kind is Kind.ARTIFACT else _in_file(found, read)
            standing = Standing.MISSING if reason else Standing.FOUND
    return Reference(text=said.text, line=said.line, standing=standing, reason=reason)


def _in_artifact(found: Parsed, documents: Documents) -> str:
    document = documents.get(found.target)
    if document is None or document.refusal:
        return document.refusal if document else f"there is no {found.target}"
    places = pointers.resolve(document.content, found.fragment)
    if isinstance(places, Stopped):
        return f"{found.target}: {places.reason}"
    if not places:
        return f"{found.target}: {pointers.missed(found.fragment, document.content)}"
    return "" if any(each.value is not None for each in places) else f"{found.target}: {found.fragment} is null"


def _in_file(found: Parsed, read: Callable[[str], str | None]) -> str:
    text = read(found.target)
    if text is None:
        return f"there is no file {found.target}"
    if not text.strip():
        return f"{found.target} is empty"
    if not found.fragment:
        return ""
    if not found.target.lower().endswith(_WITH_HEADINGS):
        return f"headings are looked for in {', '.join(_WITH_HEADINGS)}, and not in {found.target}"
    known = list(anchors(text, is_rst=found.target.lower().endswith(".rst")))
    if unquote(found.fragment) in known:
        return ""
    hint = near(found.fragment, known)
    return f"{found.target} has no heading #{found.fragment}" + (f". {hint}" if hint else "")


def anchors(text: str, *, is_rst: bool = False) -> Iterator[str]:
    """What the headings of a file are linked by: in lower case, with hyphens, the second of a name with -1."""
    seen: dict[str, int] = {}
    for title in _of_rst(text) if is_rst else _of_markdown(text):
        slug = own = _slug_of_rst(title) if is_rst else _slug(title)
        while own in seen:
            own = f"{slug}-{seen[slug] + 1}"
            seen[slug] += 1
        seen[own] = 0
        yield own
    if not is_rst:
        yield from (each["name"] for each in _ANCHOR.finditer(_COMMENT.sub("", text)))


def _of_markdown(text: str) -> Iterator[str]:
    fence, before = "", ""
    for line in _COMMENT.sub("", text).splitlines():
        mark = _FENCE.match(line)
        if fence:
            if mark and mark["fence"].startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            before = ""
        elif mark:
            fence, before = mark["fence"], ""
        elif found := _ATX.fullmatch(line) or _IN_HTML.fullmatch(line):
            yield found["title"]
            before = ""
        else:
            if before and _SETEXT.fullmatch(line):
                yield before
            before = line.strip() if not line.startswith((" " * 4, "\t", ">", "|")) else ""


def _of_rst(text: str) -> Iterator[str]:
    before = ""
    for line in text.splitlines():
        if before and _RULED.fullmatch(line) and len(line.rstrip()) >= len(before) and not _RULED.fullmatch(before):
            yield before
        before = line.strip()


def _slug(title: str) -> str:
    """As GitHub makes it: without markup and punctuation, a hyphen for each space."""
    code = _CODE.sub(lambda found: found["text"].replace("<", "").replace("&", ""), title)
    plain = unescape(_MARKUP.sub("", _LINK.sub(r"\g<text>", code))).strip().lower()
    kept = (each for each in plain if each in " -_" or unicodedata.category(each)[0] in "LNM")
    return "".join(kept).replace(" ", "-")


def _slug_of_rst(title: str) -> str:
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
