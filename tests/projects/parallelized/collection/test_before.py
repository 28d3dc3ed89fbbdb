import pytest


def primes(limit):
    return [number for number in range(2, limit) if all(number % each for each in range(2, int(number**0.5) + 1))]


PRIMES = primes(150_000)


@pytest.mark.parametrize("place", range(1, 21))
def test_primes_are_odd(place):
    assert PRIMES[place] % 2
