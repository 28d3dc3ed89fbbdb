"""What a project's Python source says of its markers, without running it.

The syntax tree (`ast`) of each file that may say something is looked at once: marks where they are spelled,
registrations by code, code that asks for markers, commands that select by them. From each of these, what is not
written there is followed through the project:

- a mark that has another name (a variable, a decorator made of several, a function that gives it) to the places where
  that name stands, through imports, packages and `import *` (`aliases`);
- a name that is computed to the constants that it may be made of: assignments, loops over constant collections,
  parameters by the calls of the function, conditions that bound it (`flow`, `texts`, `guards`). This is an abstract
  interpretation that knows no order and no context: it says too much rather than too little. What is not known is a
  hole, and a name with holes is a pattern.

A file is found by its path's suffix, as nobody knows what stands on `sys.path`. Files that cannot be parsed are read by
regular expressions, and what they say is possible, no more.
"""

from noxtasks.markers.python.model import PythonReading
from noxtasks.markers.python.reading import read

__all__ = ["PythonReading", "read"]
