import keras
import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks.architectures import build
from mnist_app.lab.training.engine import Engine
from mnist_app.lab.training.input_pipeline import InputPipeline

CONFIG = TrainingConfig(architecture="dense", batch_size=32, learning_rate=0.01)


@pytest.fixture
def feed(dataset: Dataset) -> InputPipeline:
    return InputPipeline(dataset.train_images, np.eye(10)[dataset.train_labels], CONFIG)


def test_it_trains_epochs_of_all_steps_and_tells_the_callbacks(feed: InputPipeline) -> None:
    engine = Engine()
    learner = engine.take(build("dense"), CONFIG, feed.steps)
    told: list[int] = []
    losses: list[float] = []
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: told.append(batch),
        on_epoch_end=lambda epoch, logs: losses.append(logs["loss"]),
    )
    before = learner.get_weights()[0]
    engine.fit(feed.batches(0), feed.steps, 2, [callback], lambda: False)
    assert told == [*range(feed.steps), *range(feed.steps)]
    assert losses[1] < losses[0]
    assert np.abs(learner.get_weights()[0] - before).max() > 0


def test_who_is_alone_decides_alone() -> None:
    assert [Engine().agrees_to_stop(wish) for wish in (True, False)] == [True, False]
    assert Engine().mean(0.25) == 0.25
