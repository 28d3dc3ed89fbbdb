"""What files other than Python say of markers: configuration, commands in whatever starts pytest, docs and data.

Read as texts, not by the schema of each system, so that one that nobody has heard of is read as well.
"""
