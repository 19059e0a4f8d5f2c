import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import Stopped
from mnist_app.core.evaluation.neighbours import Examples, embeddings
from mnist_app.core.recognition.classifier import BATCH, Classifier


@pytest.fixture(scope="module")
def examples(classifier: Classifier, digits: Dataset) -> Examples:
    return Examples(classifier, digits.train_images)


def test_many_images_are_reported_and_can_be_stopped(classifier: Classifier) -> None:
    images = np.zeros((BATCH + 1, 28, 28), dtype=np.uint8)
    fractions: list[float] = []
    assert len(embeddings(classifier, images, report=fractions.append)) == BATCH + 1
    assert fractions == [BATCH / (BATCH + 1), 1.0]
    with pytest.raises(Stopped):
        embeddings(classifier, images, should_stop=lambda: True)


def test_a_known_picture_is_most_like_itself(examples: Examples, digits: Dataset) -> None:
    assert examples.like(digits.train_images[:20], 3)[:, 0].tolist() == list(range(20))


def test_the_most_alike_are_mostly_of_the_same_class(examples: Examples, digits: Dataset) -> None:
    found = digits.train_labels[examples.like(digits.test_images[:60], 5)]
    assert (found == digits.test_labels[:60, None]).mean() > 0.75


def test_what_is_kept_is_bounded_and_the_same_each_time(
    classifier: Classifier, digits: Dataset
) -> None:
    few, again = (
        Examples(classifier, digits.train_images, most_bytes=4 * classifier.dimensions * 10 + 1)
        for _ in range(2)
    )
    assert len(few.numbers) == len(set(few.numbers.tolist())) == 10
    assert np.array_equal(few.numbers, again.numbers)
    known = few.numbers[4]
    assert few.like(digits.train_images[[known]], 1).tolist() == [[known]]
    assert set(few.like(digits.test_images[:1], 99)[0].tolist()) == set(few.numbers.tolist())
