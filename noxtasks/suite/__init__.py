"""The user's test suite: its interpreter, how it is installed, what it collects, and how it is run many times.

Nothing of noxtasks enters the user's environment: the suite is driven from outside, through the probe's wire.
"""
