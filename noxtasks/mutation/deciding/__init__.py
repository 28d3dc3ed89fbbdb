"""Decides: which mutants are tried, when it is enough, the score, and whether it will do. Pure, but for reading."""
