"""The search for inputs that tell mutants from their originals: the package `noxtasks_search`, run by the user's Python.

This folder is put on that interpreter's `PYTHONPATH`; it holds that one package, which imports the standard library,
pytest and the probe alone. Nothing is installed.
"""
