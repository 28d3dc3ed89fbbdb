import pytest


def primes(limit):
    return [number for number in range(2, limit) if all(number % each for each in range(2, int(number**0.5) + 1))]


@pytest.fixture(scope="module")
def some_primes():
    return primes(1_000)  # as many as the tests look at


@pytest.mark.parametrize("place", range(1, 21))
def test_primes_are_odd(some_primes, place):
    assert some_primes[place] % 2
