"""Small pieces of work as projects do them, of twelve kinds; each does the units that it is told."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

_LINE = re.compile(r"(?P<host>[\w.]+) - \[(?P<time>[^\]]+)\] \"(?P<verb>[A-Z]+) (?P<path>\S+)\" (?P<status>\d{3})")
_TOKEN = re.compile(r"\s*(?:(\d+)|(.))")


def digest(units: int) -> str:
    """Hashing: a digest of many small pieces."""
    found = hashlib.sha256()
    for _ in range(units):
        found.update(b"a line as of a file that has about as many bytes as two blocks of the digest, which are 64 each")
    return found.hexdigest()


def page(units: int) -> str:
    """Building strings: a table in HTML, row by row."""
    rows = [f"<tr><td>{number % 10}</td><td>{'odd' if number % 2 else 'even'}</td></tr>" for number in range(units)]
    return "<table>" + "\n".join(rows).replace("odd", "<b>odd</b>") + "</table>"


def total(units: int) -> int:
    """Generators that feed one another."""
    return sum(_squares(_even(number + one for number in range(units) for one in range(6))))


def _even(numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        if number % 2 == 0:
            yield number


def _squares(numbers: Iterable[int]) -> Iterator[int]:
    for number in numbers:
        yield number * number


def errors(units: int) -> int:
    """Regular expressions: lines of a server's log."""
    found = 0
    for _ in range(units):
        line = '127.0.0.1 - [10/Oct/2000:13:55:36 -0700] "GET /shelf/17?page=2" 404'
        match = _LINE.match(line)
        if match is not None and match["status"].startswith("4"):
            found += len(match["path"])
    return found


@dataclass
class Parcel:
    """Something with a weight."""

    name: str
    grams: int
    fragile: bool = False

    def postage(self) -> int:
        """Cents."""
        return 120 + self.grams // 10 + (200 if self.fragile else 0)


def postage(units: int) -> int:
    """Instances of a class, made and asked."""
    parcels = [Parcel(name=f"no. {number}", grams=100 + one) for number in range(units) for one in range(4)]
    return sum(parcel.postage() for parcel in parcels)


def interest(units: int) -> Decimal:
    """Decimals: interest by the month."""
    money, rate = Decimal(1000), Decimal("1.0025")
    for _ in range(units):
        for _ in range(12):
            money = (money * rate).quantize(Decimal("0.01"))
        money = Decimal(1000)
    return money


def grouped(units: int) -> dict[str, list[int]]:
    """Dictionaries and lists: an index that is filled."""
    found: dict[str, list[int]] = {}
    for number in range(units):
        for word in ("oak", "ash", "elm", "yew", "fir", "may", "box", "bay", "fig", "nut"):
            found.setdefault(word + str(number % 7), []).append(number)
            found["last"] = [number, len(word)]
    return found


def ordered(units: int) -> int:
    """Sorting: short lists, each by a key."""
    best = 0
    for number in range(units):
        values = [(one * 7919 + number) % 101 for one in range(40)]
        best += sum(sorted(values, key=lambda value: -value)[:3])
    return best


def copied(units: int) -> int:
    """JSON, there and back."""
    parts = [{"number": number} for number in range(9)]
    record = {"id": 17, "name": "Ölkännchen", "tags": ["tin", "0.5 l"], "price": 12.5, "parts": parts}
    return sum(len(json.loads(json.dumps(record))) for _ in range(units))


def stored(units: int, folder: Path) -> int:
    """Small files, written, read and deleted: one that is written again would wait for the disk (ext4)."""
    size = 0
    for number in range(units):
        path = folder / f"{number % 10}.txt"
        path.write_text("one line\n" * 20, encoding="utf-8")
        size += len(path.read_text(encoding="utf-8"))
        path.unlink()
    return size


def evaluated(units: int) -> int:
    """Parsing: arithmetic, by recursive descent."""
    return sum(_Parser("(1 + 2) * 3 - 4 * (5 - 6 * (7 + 8)) + 9 * 10 - 11").expression() for _ in range(units))


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = [number or sign for number, sign in _TOKEN.findall(text)]
        self._place = 0

    def expression(self) -> int:
        value = self._term()
        while self._next() in ("+", "-"):
            sign = self._take()
            value = value + self._term() if sign == "+" else value - self._term()
        return value

    def _term(self) -> int:
        value = self._factor()
        while self._next() == "*":
            self._take()
            value *= self._factor()
        return value

    def _factor(self) -> int:
        if self._next() != "(":
            return int(self._take())
        self._take()
        value = self.expression()
        self._take()
        return value

    def _next(self) -> str:
        return self._tokens[self._place] if self._place < len(self._tokens) else ""

    def _take(self) -> str:
        self._place += 1
        return self._tokens[self._place - 1]


def moves(units: int) -> int:
    """Recursion: the towers of Hanoi, many small ones."""
    return sum(_hanoi(11, "a", "b", "c") for _ in range(units))


def _hanoi(height: int, source: str, goal: str, spare: str) -> int:
    if height == 0:
        return 0
    return _hanoi(height - 1, source, spare, goal) + 1 + _hanoi(height - 1, spare, goal, source)
