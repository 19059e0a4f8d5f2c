import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mnist_app.core import file_hashes
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation import shipped_analysis
from mnist_app.core.evaluation.metrics import score
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier


@pytest.fixture
def model(tmp_path: Path) -> Path:
    for kind in (".keras", ".tflite", ".json"):
        shutil.copy(model_store.SHIPPED.with_suffix(kind), tmp_path)
    return tmp_path / model_store.SHIPPED.name


def first(dataset: Dataset, count: int, test: np.ndarray | slice | None = None) -> Dataset:
    """Return so many of the training pictures, and as many or these of the test pictures."""
    test = slice(count) if test is None else test
    return replace(
        dataset,
        train_images=dataset.train_images[:count],
        train_labels=dataset.train_labels[:count],
        test_images=dataset.test_images[test],
        test_labels=dataset.test_labels[test],
    )


@pytest.mark.slow
def test_what_is_made_is_found_again_and_only_for_the_same_model_and_pictures(
    digits: Dataset, shipped: Classifier, model: Path
) -> None:
    few = first(digits, 120)
    shipped_analysis.make(model, few)
    found = shipped_analysis.load(model, few)
    assert found is not None
    answers = shipped.probabilities(few.test_images)
    np.testing.assert_allclose(found.report.probabilities, answers, atol=1e-5)
    alike = Examples(shipped, few.train_images).like(few.test_images[:9], 8)
    assert np.array_equal(found.alike[:9], alike)
    assert found.searched == 120
    report, scored = found.report, score(answers, few.test_labels)
    assert np.array_equal(report.predictions, scored.predictions)
    assert np.array_equal(report.confusion_matrix, scored.confusion_matrix)
    assert (report.macro, report.weighted, report.per_class) == (
        scored.macro,
        scored.weighted,
        scored.per_class,
    )
    assert (report.loss, report.top_2) == pytest.approx((scored.loss, scored.top_2), abs=1e-6)
    changed = replace(few, test_images=255 - few.test_images)
    assert shipped_analysis.load(model, changed) is None
    with model.open("ab") as file:
        file.write(b"another model")
    assert shipped_analysis.load(model, few) is None


@pytest.mark.slow
def test_the_file_tells_no_label(digits: Dataset, shipped: Classifier, model: Path) -> None:
    answers = shipped.probabilities(digits.test_images).argmax(axis=1)
    few = first(digits, 40, np.flatnonzero(answers == digits.test_labels)[:40])
    with np.load(shipped_analysis.make(model, few)) as kept:
        assert not kept["first"].any()
        assert not {"labels", "predictions"} & set(kept)


def test_the_built_in_model_has_its_analysis_beside_it() -> None:
    with np.load(shipped_analysis.place_of(model_store.SHIPPED)) as kept:
        assert str(kept["model"]) == file_hashes.of_file(model_store.SHIPPED)
        assert len(kept["others"]) == 10_000
