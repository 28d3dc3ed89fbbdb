"""Which of the mutants that mutmut really makes are suspects: for each source all of its suspects, and no others."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from noxtasks.mutation.learning import equivalents, lessons
from noxtasks.mutation.making import mutmut_program
from noxtasks.mutation.model import Mutant

Made = Callable[[str], list[Mutant]]


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Made:
    """All mutants that mutmut makes of a source."""

    def make(source: str) -> list[Mutant]:
        monkeypatch.chdir(tmp_path)
        (tmp_path / "shop.py").write_text(textwrap.dedent(source))
        mutmut_program._configure([])
        told = mutmut_program._instrument("shop.py", "shop")
        assert told["mutants"]
        return [Mutant(path="shop.py", id=str(number), **each) for number, each in enumerate(told["mutants"])]

    return make


def suspects(mutants: list[Mutant], *, is_told: bool = False) -> set[tuple[str, str]]:
    """What the suspects have been changed to, or from where that is gone, with the reason."""
    found = set()
    for mutant in mutants:
        reason = equivalents.suspect(mutant, is_told=is_told)
        if reason:
            found.add((lessons.changed_lines(mutant)[-1].lstrip("+- "), reason))
    return found


def changes(mutants: list[Mutant]) -> set[str]:
    return {text for text, _ in suspects(mutants)}


def test_what_is_logged(made: Made) -> None:
    found = made(
        """
        def f(self, a):
            logger.info("total %d", a + 1)
            self.log.debug("x")
            logging.getLogger("shop").warning(a)
            catalog.info("x")
            log(a)
        """
    )
    assert {text for text, reason in suspects(found) if reason == "only what is logged is changed"} == {
        'logger.info("XXtotal %dXX", a + 1)',
        'logger.info("TOTAL %D", a + 1)',
        'logger.info("total %d", a - 1)',
        'logger.info("total %d", a + 2)',
        'logger.info("total %d", None)',
        "logger.info(None, a + 1)",
        "logger.info(a + 1)",
        'logger.info("total %d", )',
        'self.log.debug("XXxXX")',
        'self.log.debug("X")',
        "self.log.debug(None)",
        'logging.getLogger("shop").warning(None)',
    }
    assert len(changes(found)) == 12


def test_texts_of_errors_and_warnings(made: Made) -> None:
    found = made(
        """
        def f(a):
            warnings.warn("old", stacklevel=2)
            raise ValueError("no", a)
        """
    )
    assert suspects(found) == {
        ('warnings.warn("XXoldXX", stacklevel=2)', "only the text or the place of a warning is changed"),
        ('warnings.warn("OLD", stacklevel=2)', "only the text or the place of a warning is changed"),
        ('warnings.warn("old", stacklevel=3)', "only the text or the place of a warning is changed"),
        ("warnings.warn(None, stacklevel=2)", "only the text or the place of a warning is changed"),
        ('raise ValueError("XXnoXX", a)', "only the message of an error is changed"),
        ('raise ValueError("NO", a)', "only the message of an error is changed"),
        ("raise ValueError(None, a)", "only the message of an error is changed"),
    }


def test_a_message_that_has_a_name(made: Made) -> None:
    found = made(
        """
        def f(a):
            message = "no"
            said = "yes"
            text = a
            if a:
                raise ValueError(said)
            if a:
                raise ValueError(text)
            print(said)
            raise ValueError(message)
        """
    )
    assert changes(found) == {
        'message = "XXnoXX"',
        'message = "NO"',
        "message = None",
        "raise ValueError(None)",
    }
    assert sum(bool(equivalents.suspect(mutant)) for mutant in found) == 4


def test_what_people_read(made: Made) -> None:
    found = made(
        """
        class Cart:
            def __repr__(self):
                return f"<{self.size + 1}>"

            def __len__(self):
                return self.size + 1

            def options(self, parser):
                parser.add_argument("--all", help="Everything", dest="every")
        """
    )
    assert suspects(found) == {
        ('return f"<{self.size - 1}>"', "only __repr__ is changed, which people read"),
        ('return f"<{self.size + 2}>"', "only __repr__ is changed, which people read"),
        *(
            (
                f'parser.add_argument("--all", help={text}, dest="every")',
                "only a text of the command line's help is changed",
            )
            for text in ('"XXEverythingXX"', '"EVERYTHING"', '"everything"', "None")
        ),
    }


@pytest.mark.parametrize(
    ("line", "equal"),
    [
        ('return a.encode("utf-8")', {'return a.encode("UTF-8")'}),
        ('return a.encode("utf-8", "strict")', {'return a.encode("UTF-8", "strict")', 'return a.encode("utf-8", )'}),
        ('return a.get("b", None)', {'return a.get("b", )'}),
        ('return a.get("b", 0)', set()),
        ("return a.pop(1, None)", set()),
        ("return range(0, a)", {"return range(a)"}),
        ("return range(1, a)", set()),
        ("return sorted(a, reverse=False)", {"return sorted(a, )", "return sorted(a, reverse=None)"}),
        ("return zip(a, a, strict=True)", set()),
        ("return a + 0", {"return a - 0"}),
        ("return a + 1", set()),
        ("return a << 0", {"return a >> 0"}),
        ("return a * 1", set()),
        ('return cast("int", a)', {'return cast("XXintXX", a)', 'return cast("INT", a)', "return cast(None, a)"}),
        ('"text"', {'"XXtextXX"', '"TEXT"'}),
        ("assert a > 1", set()),
        ("while a:\n        break", {"return"}),
        ("while a:\n        break\n    return 1", set()),
        ("if a:\n        for b in a:\n            break", {"return"}),
        ("for b in a:\n        for c in b:\n            break", set()),
        ("for b in a:\n        if b:\n            break\n    else:\n        print()", {"return"}),
        ("try:\n        for b in a:\n            break\n    finally:\n        a.close()", set()),
    ],
)
def test_changes_that_change_nothing(made: Made, line: str, equal: set[str]) -> None:
    assert changes(made(f"def f(a):\n    {line}\n")) == equal


def test_one_that_an_input_tells_from_the_original_is_not_the_same(made: Made) -> None:
    found = made('def f(a):\n    print(a + 0)\n    raise ValueError("no")\n')
    assert {reason for _, reason in suspects(found, is_told=True)} == {"only the message of an error is changed"}
