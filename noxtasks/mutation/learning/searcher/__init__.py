"""The search for inputs that tell mutants from their originals: a package that is run by the user's Python.

This folder is put on its `PYTHONPATH`; it holds `noxtasks_search` alone, which imports the standard library,
pytest and the probe alone. Nothing is installed.
"""
