"""What the tests share."""

ENTRIES = []
VERSION = 1
