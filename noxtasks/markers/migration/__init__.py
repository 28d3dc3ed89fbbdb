"""Carries a change of the markers out: plans the edits, writes all or none, and proves that nothing else changed.

Every edit is made in the text itself, at places that a parser has found, so that all around it stays byte for byte as
it is; what a place means is read from the syntax, never guessed. A use that cannot be renamed with certainty is told
as `Unchanged`, and the caller gives up the renaming of that marker. The proof is the tests': they carry the same
(mapped) markers, and every `-m` selects the same of them.
"""
