import pytest

pytestmark = [pytest.mark.black_box]


@pytest.mark.performance_efficiency
class Measured:
    pass


@pytest.mark.scheduler
class TestScheduler(Measured):
    pytestmark = pytest.mark.functional_suitability

    @pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.confirmation)])
    def test_plan(self, n):
        assert n
