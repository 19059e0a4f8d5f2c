import pytest

from mnist_app.schedules import schedule
from mnist_app.settings import SCHEDULES, TrainingConfig

STEPS = 100


def rates(name: str, factor: float = 1.0) -> list[float]:
    """The learning rate at each step of a run, and after it."""
    planned = schedule(TrainingConfig(schedule=name, learning_rate=0.01), STEPS, factor)
    return [float(planned(step)) for step in range(STEPS + 1)]


def test_a_constant_rate_stays() -> None:
    assert set(rates("constant")) == {0.01}


@pytest.mark.parametrize(("name", "peak"), [("cosine", 10), ("one_cycle", 30)])
def test_the_others_rise_and_fade_to_nothing(name: str, peak: int) -> None:
    found = rates(name)
    assert found[:peak] == sorted(found[:peak])
    assert found[peak] == pytest.approx(0.01) == max(found)
    assert found[peak:] == sorted(found[peak:], reverse=True)
    assert found[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
def test_each_can_be_multiplied(name: str) -> None:
    assert rates(name, 3.0) == pytest.approx([3 * rate for rate in rates(name)])
