"""Would the tests notice if the code were wrong?

mutmut makes the mutants: small changes of functions, all of a file in one instrumented source, of which one at a time
is active. The tests run on a copy of the project. What a mutant is worth is decided by the tests that run its function,
in a fork of one process that has collected the suite, or, where the function runs when modules are imported, of one
that stands before its first call.

`making` makes the mutants, `trying` finds their fates, `deciding` says what they come to, `remembered` what need not be
tried again, `learning` what the survivors teach.

What mutmut does not change, the score does not speak of: module and class level, most decorated functions, nested
classes, functions under a condition.
"""

from __future__ import annotations

from noxtasks.mutation.explain import explain
from noxtasks.mutation.run import run

__all__ = ["explain", "run"]
