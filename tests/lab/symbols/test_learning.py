from functools import cache

import numpy as np
import pytest

from mnist_app.core.errors import Stopped
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models import model_store
from mnist_app.core.recognition.answers import NONE_OF_YOURS
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.runs.outcomes import UnsavedModel
from mnist_app.core.runs.progress import Progress
from mnist_app.core.symbols.symbols import drawn_example
from mnist_app.lab.symbols import learning
from tests.support.symbols import symbol

NAMES = ("star", "heart", "A")


def pictures(names: tuple[str, ...], each: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    chance = np.random.default_rng(seed)
    drawn = [
        drawn_example(label, symbol(name, chance))
        for label, name in enumerate(names)
        for _ in range(each)
    ]
    return np.stack([one.image for one in drawn]), np.array([one.label for one in drawn])


def learn(names: tuple[str, ...] = NAMES, **told: object) -> UnsavedModel:
    source = model_store.SHIPPED.read_bytes()
    return learning.learn(source, "Digit Lab", names, *pictures(names, 6, 1), "Own", **told)  # type: ignore[arg-type]


@cache
def learned() -> tuple[UnsavedModel, list[Progress]]:
    reports: list[Progress] = []
    return learn(report=reports.append), reports


def test_drawings_that_it_has_not_seen_are_read_and_others_are_none() -> None:
    classifier = Classifier(learned()[0].files.litert)
    images, labels = pictures(NAMES, 20, 2)
    answers = classifier.probabilities(images)
    assert (answers.argmax(axis=1) == labels).mean() > 0.9
    assert answers.sum(axis=1) == pytest.approx(1, abs=1e-5)
    others, _ = pictures(("spiral", "E", "lightning"), 10, 3)
    assert (classifier.probabilities(others).argmax(axis=1) == len(NAMES)).mean() > 0.8


def test_the_card_tells_of_drawings_that_were_kept_aside() -> None:
    made, reports = learned()
    assert made.card.class_names == (*NAMES, NONE_OF_YOURS)
    unseen = made.card.results["unseen"]
    assert unseen["of"] == 18
    assert unseen["right"] == 18 - len(made.card.results["mixed up"])
    assert unseen["right"] >= 13
    assert reports[-1].fraction == 1
    assert reports[-1].training[-1].accuracy == pytest.approx(unseen["right"] / 18)


def test_it_stops_when_told() -> None:
    control = RunControl()
    with pytest.raises(Stopped):
        learn(control=control, report=lambda progress: control.stop())
