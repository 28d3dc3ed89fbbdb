"""Looks for the call on which a mutant does something else than the original, in a copy that has both side by side.

`python -m noxtasks_search` reads the JSON file that `NOXTASKS_ORDER` names. It runs a few tests once and keeps the
arguments that the functions with survivors get. Then, in a confined child process for each function, it calls original
and mutant with these, with slightly other ones, and with such as annotations and literals suggest.

Python 3.9+; the standard library, pytest and the probe alone.
"""
