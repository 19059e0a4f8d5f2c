import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.training.input_pipeline import InputPipeline, split


@given(
    st.floats(0.01, 1), st.floats(0, 0.5), st.integers(0, 500), st.integers(8, 200), st.integers(0)
)
@settings(deadline=None)
def test_any_split_is_disjoint_and_large_enough_or_refused(
    fraction: float, kept: float, limit: int, batch: int, seed: int
) -> None:
    images = np.arange(400, dtype=np.uint16).view(np.uint8).reshape(400, 2, 1)
    labels = np.arange(400) % 10
    whole = Dataset("mnist", tuple("0123456789"), images, labels, images, labels, "made up")
    try:
        config = TrainingConfig(
            train_share=fraction,
            validation_share=kept,
            limit=limit,
            batch_size=batch,
            seed=seed % 2**31,
        )
        parts = split(whole, config)
    except DigitLabError:
        return
    learned = {picture.tobytes() for picture in parts.images}
    checked = {picture.tobytes() for picture in parts.validation_images}
    assert not learned & checked
    assert len(learned) == len(parts.labels) >= batch
    assert len(learned) + len(checked) == min(round(400 * fraction), limit or 400)


def test_a_split_keeps_the_classes_in_proportion(dataset: Dataset) -> None:
    parts = split(dataset, TrainingConfig(validation_share=0.2))
    assert np.bincount(parts.validation_labels).tolist() == [8] * 10
    assert np.bincount(parts.labels).tolist() == [32] * 10


def test_a_split_says_which_pictures_are_kept_aside(dataset: Dataset) -> None:
    parts = split(dataset, TrainingConfig(validation_share=0.2))
    chosen = parts.validation_indices
    np.testing.assert_array_equal(parts.validation_images, dataset.train_images[chosen])
    np.testing.assert_array_equal(parts.validation_labels, dataset.train_labels[chosen])


CONFIG = TrainingConfig(batch_size=8, rotation=10.0)


@pytest.fixture
def feed() -> InputPipeline:
    images = np.random.default_rng(0).integers(0, 255, (50, 28, 28), dtype=np.uint8)
    return InputPipeline(images, np.arange(50)[:, None], CONFIG)


def fed(feed: InputPipeline, first: int, epochs: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """The pictures and the answers of some epochs."""
    rows = feed.batches(first).take(epochs * feed.steps).as_numpy_iterator()
    images, answers = zip(*rows, strict=True)
    return np.concatenate(images), np.concatenate(answers)


def test_an_epoch_feeds_each_picture_once_at_most(feed: InputPipeline) -> None:
    images, answers = fed(feed, 0)
    assert feed.steps == 6
    assert images.shape == (48, 28, 28, 1)
    assert len(np.unique(answers)) == 48


def test_each_epoch_has_an_order_and_a_variation_of_its_own(feed: InputPipeline) -> None:
    (images, answers), (others, later) = fed(feed, 0), fed(feed, 1)
    assert not np.array_equal(answers, later)
    common = np.intersect1d(answers, later)[0]
    first, second = images[answers[:, 0] == common], others[later[:, 0] == common]
    assert np.abs(first - second).max() > 0.01


def test_a_run_can_be_taken_up_at_any_epoch(feed: InputPipeline) -> None:
    images, answers = fed(feed, 0, epochs=3)
    rest, last = fed(feed, 2)
    np.testing.assert_array_equal(last, answers[2 * 48 :])
    np.testing.assert_array_equal(rest, images[2 * 48 :])


def test_nothing_sleeps_when_an_epoch_ends(feed: InputPipeline) -> None:
    """TensorFlow's tuning thread does, for up to a minute, and is waited for."""
    assert feed.batches(0).options().autotune.enabled is False
