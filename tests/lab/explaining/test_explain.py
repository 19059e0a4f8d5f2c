from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES, Dataset
from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.explaining.explanations import GradientExplanation
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.lab.explaining.explain import explain_by_gradients
from mnist_app.lab.networks import architectures

SHIPPED = model_store.SHIPPED.read_bytes()


def explained(
    keras: bytes,
    image: np.ndarray,
    target: int | None = None,
    dataset: str = "optdigits",
    names: tuple[str, ...] = DIGIT_NAMES,
) -> GradientExplanation:
    fractions: list[Any] = []
    found = explain_by_gradients(
        keras, dataset, names, image, target, report=fractions.append, control=RunControl()
    )
    assert fractions == sorted(fractions)
    return found


def test_the_shipped_model_explains_itself(shipped: Classifier, digits: Dataset) -> None:
    for image in digits.test_images[:2]:
        found = explained(SHIPPED, image)
        assert found.gradient_map.sum() > 0
        assert found.change is not None
        assert found.change.is_guided
        assert found.change.answer == shipped.probabilities(image[None])[0].argmax()
        after = shipped.probabilities(found.change.image[None])[0]
        assert after.argmax() == found.change.target != found.change.answer


@pytest.mark.parametrize("name", ["dense", "simple_cnn", "residual_cnn"])
def test_any_network_explains_itself(name: str, dataset: Dataset, tmp_path: Path) -> None:
    architectures.build(name).save(tmp_path / "new.keras")
    found = explained((tmp_path / "new.keras").read_bytes(), dataset.test_images[0])
    assert np.isfinite(found.gradient_map).all()


def test_another_class_may_be_asked_for(shipped: Classifier, digits: Dataset) -> None:
    image = digits.test_images[0]
    target = int(np.argsort(shipped.probabilities(image[None])[0])[-3])
    change = explained(SHIPPED, image, target).change
    assert change is not None
    assert change.target == target


def test_pictures_that_are_not_at_hand_are_done_without(digits: Dataset) -> None:
    image = digits.test_images[0]
    assert explained(SHIPPED, image, dataset="mnist").change is not None
    assert explained(SHIPPED, image, dataset="").change is not None
    own_names = tuple("abcdefghij")
    change = explained(SHIPPED, image, dataset="fashion_mnist", names=own_names).change
    assert change is None or not change.is_guided


def test_other_pictures_and_models_are_refused() -> None:
    with pytest.raises(DigitLabError, match="28 x 28"):
        explained(SHIPPED, np.zeros((8, 8), np.uint8))
    with pytest.raises(DigitLabError, match="This model is damaged"):
        explained(b"garbage", np.zeros((28, 28), np.uint8))


@pytest.mark.parametrize("parts", [0, 1])
def test_it_stops_between_its_parts(digits: Dataset, parts: int) -> None:
    control = RunControl()
    fractions: list[Any] = []

    def report(fraction: Any) -> None:
        fractions.append(fraction)
        if len(fractions) == parts:
            control.stop()

    if not parts:
        control.stop()
    with pytest.raises(Stopped):
        explain_by_gradients(
            SHIPPED, "", DIGIT_NAMES, digits.test_images[0], None, report=report, control=control
        )
    assert len(fractions) == parts
