"""What in the files breaks on another operating system?

Read are the sources and the tests, and nothing is imported or run. Precision goes before recall: what is guarded (by
`sys.platform`, `os.name`, `hasattr`, an `except`, a `skipif`, a name that says for which system it is) is no finding,
and neither is what goes out of sight. docs/playbook-cross-os.md explains each kind.
"""

from __future__ import annotations

from noxtasks.matrix.lint.run import run

__all__ = ["run"]
