"""Makes the mutants: finds the sources, copies the project, and has mutmut change the copy."""
