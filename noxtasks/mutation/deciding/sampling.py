"""Which mutants are tried, and in which order: pure, and the same for the same seed, however the mutants are given."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from noxtasks.mutation.model import Mutant


def stratified(mutants: Iterable[Mutant], size: int, *, seed: int) -> list[Mutant]:
    """`size` of the mutants, or all where there are fewer, from each function and operator as large a share as of all.

    Every so-many-th of a list in which those of one file, function and operator stand together, shuffled among
    themselves, from a random start: W. G. and L. H. Madow, "On the theory of systematic sampling", Annals of
    Mathematical Statistics 15 (1944), 1-24. Each mutant is drawn with the same chance, and the number of each stratum
    is its share, rounded up or down.
    """
    draw = Random(seed)  # noqa: S311 - no secret
    ranked = sorted(
        ((mutant.path, mutant.function, mutant.operator, draw.random(), mutant.id), mutant)
        for mutant in sorted(mutants, key=_by_id)
    )
    everyone = [mutant for _, mutant in ranked]
    if size >= len(everyone):
        return everyone
    start = draw.randrange(len(everyone))
    return [everyone[(start + number * len(everyone)) // size] for number in range(size)]


def shuffled(mutants: Iterable[Mutant], *, seed: int) -> list[Mutant]:
    """The mutants in a random order: as far as one comes with it, what one has is a sample of all."""
    order = sorted(mutants, key=_by_id)
    Random(seed).shuffle(order)  # noqa: S311 - no secret
    return order


def _by_id(mutant: Mutant) -> str:
    return mutant.id
