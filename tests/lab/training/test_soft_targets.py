import keras
import numpy as np
import pytest
import tensorflow as tf

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import PRECISIONS
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training import compilation, soft_targets
from mnist_app.lab.training.fit import train
from tests.support.samples import quick

PICTURES = np.random.default_rng(3).random((6, 28, 28, 1), dtype=np.float32)
LABELS = np.eye(10, dtype=np.float32)[:6]


def network(seed: int, classes: int = 10) -> keras.Model:
    keras.utils.set_random_seed(seed)
    return compilation.build_model(quick(architecture="simple_cnn", dropout=0.5), classes)


@pytest.mark.parametrize("precision", PRECISIONS)
def test_the_mean_of_the_teachers_answers_is_learned(precision: str) -> None:
    teachers = [network(1), network(2)]
    teach = soft_targets.soft_target_map(teachers, 10, precision)
    pictures, told = teach(tf.constant(PICTURES), tf.constant(LABELS))
    mean = sum(teacher.predict(PICTURES, verbose=0) for teacher in teachers) / 2
    np.testing.assert_array_equal(pictures, PICTURES)
    np.testing.assert_allclose(told, mean, atol=0.01 if precision == "mixed_bfloat16" else 1e-6)
    is_rounded = np.abs(told - mean).max() > 1e-5
    assert is_rounded == (precision == "mixed_bfloat16")


def test_no_teacher_is_asked_about_what_is_no_digit() -> None:
    none = np.full((6, 10), 0.1, np.float32)
    answers = np.concatenate([LABELS[:3], none[:3]])
    teach = soft_targets.soft_target_map([network(1)], 10, "float32")
    told = teach(tf.constant(PICTURES), tf.constant(answers))[1].numpy()
    np.testing.assert_array_equal(told[3:], none[:3])
    assert not (told[:3] == answers[:3]).any()


def test_a_teacher_of_other_classes_is_refused() -> None:
    with pytest.raises(DigitLabError, match="the same 10 answers"):
        soft_targets.soft_target_map([network(1), network(1, classes=4)], 10, "float32")


def test_a_network_learns_from_teachers_not_from_labels(dataset: Dataset) -> None:
    """The teacher takes each class for the next one, and so does who learned from it."""
    wrong = Dataset(
        dataset.name,
        dataset.class_names,
        dataset.train_images,
        (dataset.train_labels + 1) % 10,
        dataset.test_images,
        (dataset.test_labels + 1) % 10,
        source="made up",
    )
    taught = train(quick(epochs=4, rotation=5.0), wrong).model
    # What was trained is compiled; a teacher is not.
    teacher = compilation.build_model(quick(), 10, start_from=taught)
    before = teacher.get_weights()
    learned = train(quick(epochs=4, rotation=5.0), dataset, teachers=[teacher]).model
    answers = KerasClassifier(learned).probabilities(dataset.test_images).argmax(axis=1)
    assert np.mean(answers == wrong.test_labels) > 0.9
    for old, new in zip(before, teacher.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new, "a teacher learns nothing itself")
