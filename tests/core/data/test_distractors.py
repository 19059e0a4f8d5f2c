import numpy as np
from sklearn.metrics import roc_auc_score

from mnist_app.core.data import datasets, distractors
from mnist_app.core.runs.progress import Progress
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training.fit import train


def test_they_are_network_inputs_and_no_two_are_the_same() -> None:
    pictures = distractors.make(60, seed=1)
    assert pictures.shape == (60, 28, 28)
    assert pictures.dtype == np.uint8
    assert len({picture.tobytes() for picture in pictures}) == 60
    assert (pictures.reshape(60, -1).max(axis=1) > 60).mean() > 0.9


def test_the_seed_decides_them() -> None:
    assert np.array_equal(distractors.make(15, seed=3), distractors.make(15, seed=3))
    assert not np.array_equal(distractors.make(15, seed=3), distractors.make(15, seed=4))


def test_a_network_that_saw_them_is_unsure_of_others_and_still_reads_digits() -> None:
    digits = datasets.load("optdigits")
    config = TrainingConfig(
        dataset="optdigits", epochs=8, batch_size=32, learning_rate=0.002, distractors=0.5
    )
    last: list[Progress] = []
    model = train(config, digits, report=last.append).model
    classifier = KerasClassifier(model)
    known = classifier.probabilities(digits.test_images)
    strange = classifier.probabilities(distractors.make(300, seed=99))
    assert (known.argmax(axis=1) == digits.test_labels).mean() > 0.85
    is_digit = np.repeat([1, 0], [len(known), len(strange)])
    sureness = np.concatenate([known.max(axis=1), strange.max(axis=1)])
    assert roc_auc_score(is_digit, sureness) > 0.9
    # Its curve speaks of digits alone, or half of its answers would count as wrong.
    assert last[-1].training[-1].accuracy > 0.85
