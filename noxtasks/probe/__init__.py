"""The only code of noxtasks that runs inside the user's environment: the pytest plugin `noxtasks_probe`.

This folder is put on the user interpreter's `PYTHONPATH`; it holds that one package, which imports the standard library
and pytest alone. Nothing is installed.
"""
