import numpy as np
import pytest

from mnist_app.datasets import Dataset
from mnist_app.lab.architectures import build
from mnist_app.lab.engine import Engine, Stopped
from mnist_app.lab.feeding import Feed
from mnist_app.settings import TrainingConfig

CONFIG = TrainingConfig(architecture="dense", batch_size=32, learning_rate=0.01)


@pytest.fixture
def feed(dataset: Dataset) -> Feed:
    return Feed(dataset.train_images, np.eye(10)[dataset.train_labels], CONFIG)


def test_each_step_of_an_epoch_is_told_with_the_means_so_far(feed: Feed) -> None:
    engine = Engine()
    learner = engine.take(build("dense"), CONFIG, feed.steps)
    told: list[tuple[int, float, float]] = []
    before = learner.get_weights()[0]
    engine.learn(feed.batches(0), feed.steps, lambda *facts: told.append(facts), lambda: False)
    assert [steps for steps, _, _ in told] == list(range(1, feed.steps + 1))
    assert told[-1][1] < told[0][1]
    assert told[-1][2] > told[0][2]
    assert np.abs(learner.get_weights()[0] - before).max() > 0


def test_an_epoch_can_be_left_at_any_step(feed: Feed) -> None:
    told: list[int] = []

    def after_step(steps: int, loss: float, accuracy: float) -> None:
        told.append(steps)
        if steps == 3:
            raise Stopped

    engine = Engine()
    engine.take(build("dense"), CONFIG, feed.steps)
    with pytest.raises(Stopped):
        engine.learn(feed.batches(0), feed.steps, after_step, lambda: False)
    assert told == [1, 2, 3]


def test_who_is_alone_decides_alone() -> None:
    assert [Engine().agrees_to_stop(wish) for wish in (True, False)] == [True, False]
    assert Engine().mean(0.25) == 0.25
