import pytest


@pytest.fixture(scope="class")
def of_class():
    return []


class TestTogether:
    @pytest.mark.parametrize("number", range(8))
    def test_sees_its_class(self, of_class, number):
        of_class.append(number)
        assert of_class == sorted(of_class)


@pytest.mark.parametrize("number", range(20))
def test_ends_a_module(breaks_at_the_end, worker, number):
    assert worker is not None


@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(6))
def test_stays_together(number, cache):
    import os

    seen = cache.get("group/workers", [])
    cache.set("group/workers", [*seen, os.environ.get("PYTEST_XDIST_WORKER", "")])
