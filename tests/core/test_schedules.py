import pytest

from mnist_app.core.schedules import learning_rate
from mnist_app.core.settings import SCHEDULES, TrainingConfig

STEPS = 100


def config(name: str) -> TrainingConfig:
    return TrainingConfig(schedule=name, learning_rate=0.01)


def rates(name: str) -> list[float]:
    """The learning rate at each step of a run, and after it."""
    return [learning_rate(config(name), step, STEPS) for step in range(STEPS + 1)]


def test_a_constant_rate_stays() -> None:
    assert set(rates("constant")) == {0.01}


@pytest.mark.parametrize(("name", "peak"), [("cosine", 10), ("one_cycle", 30)])
def test_the_others_rise_and_fade_to_nothing(name: str, peak: int) -> None:
    found = rates(name)
    assert found[:peak] == sorted(found[:peak])
    assert found[peak] == pytest.approx(0.01) == max(found)
    assert found[peak:] == sorted(found[peak:], reverse=True)
    assert found[-1] == pytest.approx(0, abs=1e-9)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "peak"), [("cosine", 10), ("one_cycle", 30)])
def test_they_are_what_keras_knows_by_that_name(name: str, peak: int) -> None:
    from keras.optimizers.schedules import CosineDecay

    theirs = CosineDecay(0.01 / 25, STEPS - peak, warmup_target=0.01, warmup_steps=peak)
    expected = [float(theirs(step)) for step in range(STEPS + 1)]
    assert rates(name) == pytest.approx(expected, rel=1e-5, abs=1e-9)


@pytest.mark.parametrize("name", SCHEDULES)
@pytest.mark.parametrize("steps", [1, 2, 3])
def test_the_shortest_runs_have_a_rate_for_each_step(name: str, steps: int) -> None:
    for step in range(steps + 1):
        assert 0 <= learning_rate(config(name), step, steps) <= 0.01
