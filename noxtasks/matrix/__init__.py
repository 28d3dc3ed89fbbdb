"""Does the suite behave the same everywhere?

Each cell (an operating system and an interpreter) leaves a record of its outcomes, or JUnit XML. Merged, they tell the
pass rate of each cell, the share of tests that end alike wherever they are meant to run, and who differs where.
"""
