import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation import evaluation_store
from mnist_app.core.evaluation.metrics import EvaluationReport, as_dict, score
from tests.support.samples import blocks, nearly_full_disk

IMAGES = 50


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """Return a stand-in for a model file, of which only the bytes are read."""
    path = tmp_path / "some.keras"
    path.write_bytes(b"weights")
    return path


class Evaluations:
    """Makes reports with answers by chance, and counts them."""

    def __init__(self) -> None:
        self.made = 0

    def __call__(self) -> EvaluationReport:
        self.made += 1
        answers = np.random.default_rng(self.made).dirichlet(np.ones(10), IMAGES)
        return score(answers.astype(np.float32), blocks(IMAGES)[1], seconds=1.5)


def kept() -> list[str]:
    return os.listdir(evaluation_store.folder())


def test_the_second_time_the_same_report_comes_from_the_disk(model: Path, dataset: Dataset) -> None:
    evaluations = Evaluations()
    first = evaluation_store.stored_report(model, dataset, evaluations)
    second = evaluation_store.stored_report(model, dataset, evaluations)
    assert evaluations.made == 1
    assert as_dict(first) == as_dict(second)
    assert second.seconds == 1.5
    np.testing.assert_array_equal(first.probabilities, second.probabilities)
    assert second.probabilities.dtype == np.float32


def test_a_copy_of_the_model_is_not_evaluated_again(model: Path, dataset: Dataset) -> None:
    evaluations = Evaluations()
    evaluation_store.stored_report(model, dataset, evaluations)
    evaluation_store.stored_report(
        model.rename(model.with_name("other.keras")), dataset, evaluations
    )
    assert evaluations.made == 1


def test_another_model_of_that_name_and_other_pictures_are_evaluated(
    model: Path, dataset: Dataset
) -> None:
    evaluations = Evaluations()
    evaluation_store.stored_report(model, dataset, evaluations)
    evaluation_store.stored_report(
        model, replace(dataset, test_images=255 - dataset.test_images), evaluations
    )
    assert evaluations.made == 2
    model.write_bytes(b"changed")
    evaluation_store.stored_report(model, dataset, evaluations)
    assert evaluations.made == 3
    assert len(kept()) == 3


def write(path: Path, probabilities: np.ndarray) -> None:
    np.savez(path, probabilities=probabilities, seconds=1.0)


def object_array() -> np.ndarray:
    """Return an array that cannot be unpacked without running code."""
    answers = np.empty((IMAGES, 10), dtype=object)
    answers[:] = 0.1
    return answers


@pytest.mark.parametrize(
    "spoil",
    [
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"no archive"),
        lambda path: path.write_bytes(path.read_bytes()[:300]),
        lambda path: np.savez(path, something=np.ones(3)),
        lambda path: write(path, np.full((IMAGES - 1, 10), 0.1, dtype=np.float32)),
        lambda path: write(path, np.full((IMAGES, 10), 0.1)),
        lambda path: write(path, np.full((IMAGES, 10), np.nan, dtype=np.float32)),
        lambda path: write(path, np.full((IMAGES, 10), 0.5, dtype=np.float32)),
        lambda path: write(path, object_array()),
    ],
    ids=["empty", "text", "cut", "foreign", "short", "double", "nan", "sums", "pickled"],
)
def test_what_is_broken_or_does_not_fit_is_made_anew(
    spoil: object, model: Path, dataset: Dataset
) -> None:
    evaluations = Evaluations()
    evaluation_store.stored_report(model, dataset, evaluations)
    assert callable(spoil)
    spoil(evaluation_store.folder() / kept()[0])
    again = evaluation_store.stored_report(model, dataset, evaluations)
    assert evaluations.made == 2
    assert as_dict(evaluation_store.stored_report(model, dataset, evaluations)) == as_dict(again)
    assert evaluations.made == 2


def test_a_place_that_cannot_be_written_is_no_error(
    model: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MNIST_APP_MODELS", "/proc/none")
    assert evaluation_store.stored_report(model, dataset, Evaluations()).images == IMAGES


def test_a_full_disk_is_no_error_and_leaves_nothing(model: Path, dataset: Dataset) -> None:
    with nearly_full_disk():
        assert evaluation_store.stored_report(model, dataset, Evaluations()).images == IMAGES
    assert kept() == []


def test_an_evaluation_that_fails_is_told_and_keeps_nothing(model: Path, dataset: Dataset) -> None:
    def fail() -> EvaluationReport:
        raise DigitLabError("It is broken: delete it.")

    with pytest.raises(DigitLabError, match="broken"):
        evaluation_store.stored_report(model, dataset, fail)
    with pytest.raises(DigitLabError, match="broken"):
        evaluation_store.stored_report(model.with_name("gone.keras"), dataset, fail)
    assert not evaluation_store.folder().exists()


# One takes about 2,500 bytes.
@pytest.mark.parametrize(("limit", "most"), [("MOST_KEPT", 2), ("MOST_BYTES", 6000)])
def test_only_the_newest_are_kept(
    limit: str, most: int, model: Path, dataset: Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(evaluation_store, limit, most)
    names = []
    for number in range(4):
        model.write_bytes(bytes([number]))
        evaluation_store.stored_report(model, dataset, Evaluations())
        names += [name for name in kept() if name not in names]
        # Files of the same moment could not be told apart.
        os.utime(evaluation_store.folder() / names[-1], (number, number))
    assert len(names) == 4
    assert sorted(kept()) == sorted(names[2:])
