"""Why the run of a tier is no measurement, in its own last words."""

from __future__ import annotations

import pytest

from noxtasks.ladder import measuring

INTERRUPTED = """\
=========================== short test summary info ============================
ERROR tests/integration - OSError: pytest: reading from stdin
!!!!!!!!!!!!!!!!!!!! Interrupted: 1 error during collection !!!!!!!!!!!!!!!!!!!!
=============================== 1 error in 0.63s ===============================
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (INTERRUPTED, "ERROR tests/integration - OSError: pytest: reading from stdin"),
        ("Traceback:\n  x\nModuleNotFoundError: No module named 'a'\n\n", "ModuleNotFoundError: No module named 'a'"),
        ("==== no tests ran ====\n", "==== no tests ran ===="),
        ("", ""),
        ("\n", ""),
    ],
)
def test_the_last_line_that_says_anything(text: str, said: str) -> None:
    assert measuring.last_words(text) == said
