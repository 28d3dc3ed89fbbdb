"""How a project takes noxtasks on: the noxfile, the configuration and the workflow that it needs, and nothing else.

`adopt.run` shows what would change, asks, and writes all of it or nothing. The edits themselves are pure: `rules`.
"""
