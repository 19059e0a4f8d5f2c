import itertools
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES, Dataset
from mnist_app.core.data.handwriting import LabelledDrawing
from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.ink.drawings import drawing_from_points
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.runs import outcomes
from mnist_app.core.runs.outcomes import FinetuningOutcome, UnsavedModel
from mnist_app.lab.networks import model_files
from mnist_app.lab.training import finetuning
from mnist_app.lab.training.finetuning import finetune
from tests.support.samples import nearly_full_disk


def bar(slant: float) -> LabelledDrawing:
    """A lying line, which somebody takes for a 1."""
    return LabelledDrawing(1, drawing_from_points([[[0, 0], [50, slant], [100, 2 * slant]]]))


@pytest.fixture(scope="module")
def drawings() -> list[LabelledDrawing]:
    return [bar(slant) for slant in (-8, -4, 0, 4, 8)]


@pytest.fixture(scope="module")
def source(model_path: Path) -> StoredModel:
    return model_store.describe(model_path)


def taught(
    source: StoredModel, drawings: list[LabelledDrawing], title: str, **told: Any
) -> FinetuningOutcome[UnsavedModel]:
    """A copy of a model on disk."""
    data = source.path.read_bytes()
    return finetune(data, source.card, source.title, source.class_names, drawings, title, **told)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few steps, and large ones, whatever else they spoil."""
    for name, value in {"STEPS": 25, "LEARNING_RATE": 3e-3, "LARGEST_LOSS": 1.0}.items():
        monkeypatch.setattr(finetuning, name, value)


def test_the_copy_learns_the_hand_and_the_model_stays(
    quick: None,
    source: StoredModel,
    drawings: list[LabelledDrawing],
    classifier: Classifier,
    tmp_path: Path,
) -> None:
    outcome = outcomes.saved(taught(source, drawings, "Own"), tmp_path / "own.keras")
    assert outcome.own.before < outcome.own.after
    assert outcome.own.pictures == 5
    assert outcome.fraction == 1
    assert outcome.test.pictures > 100
    assert outcome.dataset == "optdigits"
    assert outcome.model.path != source.path
    same = model_store.classifier(source.path)
    blank = np.zeros((1, 28, 28), dtype=np.uint8)
    assert np.array_equal(same.probabilities(blank), classifier.probabilities(blank))
    card = json.loads(outcome.model.path.with_suffix(".json").read_text())
    assert card["title"] == "Own"
    assert card["training"]["fine-tuned from"] == "Tiny"
    assert card["training"]["own drawings"]["after"] == outcome.own.after
    assert card["results"]["test"]["accuracy"] == pytest.approx(outcome.test.after, abs=1e-4)


def weights(outcome: FinetuningOutcome[UnsavedModel]) -> list[np.ndarray]:
    return model_files.load_bytes(outcome.model.files.keras, "It").get_weights()


def test_when_every_way_leads_to_forgetting_the_copy_is_as_the_model_was(
    source: StoredModel, drawings: list[LabelledDrawing], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps go astray; how much may be forgotten, and what is tried then, is as shipped."""
    monkeypatch.setattr(finetuning, "LEARNING_RATE", 0.5)
    monkeypatch.setattr(finetuning, "STEPS", 20)
    held = taught(source, drawings, "Held")
    assert held.fraction == 0
    assert held.own.before == held.own.after
    assert held.test.before == held.test.after
    for old, kept in zip(model_files.load(source.path).get_weights(), weights(held), strict=True):
        np.testing.assert_array_equal(old, kept)


def test_a_small_data_set_leaves_enough_to_rehearse(
    classifier: Classifier, digits: Dataset, drawings: list[LabelledDrawing]
) -> None:
    assert len(digits.train_labels) < finetuning.CHECKED
    exam = finetuning.prepare_exam(classifier, drawings, digits, seed=1)
    assert len(exam.rehearsed) > len(exam.check[0]) > 400
    assert len(exam.rehearsed) + len(exam.check[0]) == len(digits.train_labels)


class StopsWhen(RunControl):
    """Wants to stop when `decide` says so."""

    def __init__(self, decide: Callable[[], bool]) -> None:
        super().__init__()
        self._decide = decide

    def should_stop(self) -> bool:
        return self._decide()


def test_it_reports_its_progress_and_stops_when_told(
    quick: None, source: StoredModel, drawings: list[LabelledDrawing]
) -> None:
    fractions: list[float] = []
    control = StopsWhen(lambda: len(fractions) > 3)
    with pytest.raises(Stopped):
        taught(source, drawings, "S", report=fractions.append, control=control)
    assert fractions == sorted(fractions)
    assert len(fractions) == 4
    assert 0 < fractions[0] < fractions[-1] < 1


def test_who_stops_it_at_the_very_end_gets_nothing_either(
    quick: None, source: StoredModel, drawings: list[LabelledDrawing]
) -> None:
    asked = itertools.count()
    with pytest.raises(Stopped):
        taught(source, drawings, "S", control=StopsWhen(lambda: next(asked) == finetuning.STEPS))


def test_the_same_seed_teaches_the_same(
    quick: None,
    source: StoredModel,
    drawings: list[LabelledDrawing],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(finetuning, "STEPS", 3)
    random.seed(1)
    first = weights(taught(source, drawings, "S"))
    random.seed(2)
    for one, other in zip(first, weights(taught(source, drawings, "S")), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)


def test_a_model_that_is_broken_is_one_sentence(drawings: list[LabelledDrawing]) -> None:
    with pytest.raises(DigitLabError, match="Gone is damaged"):
        finetune(b"no model", None, "Gone", DIGIT_NAMES, drawings, "New")


def test_a_full_disk_is_one_sentence(source: StoredModel, drawings: list[LabelledDrawing]) -> None:
    with nearly_full_disk(), pytest.raises(DigitLabError, match="disk space"):
        taught(source, drawings, "New")
