import os
from dataclasses import replace

import numpy as np
import pytest

from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation import shipped_analysis
from mnist_app.core.evaluation.metrics import score
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier

# Before a fixture hides it from each test.
DATA = os.environ.get("MNIST_APP_DATA", "")


@pytest.fixture
def mnist(monkeypatch: pytest.MonkeyPatch) -> Dataset:
    monkeypatch.setenv("MNIST_APP_DATA", DATA)
    if datasets.availability("mnist").place is None:
        pytest.skip("MNIST is not on this machine.")
    return datasets.load("mnist", allow_download=False)


def test_one_is_shipped_and_it_is_about_the_shipped_model() -> None:
    (shipped,) = shipped_analysis.FOLDER.iterdir()
    assert model_store.describe(model_store.SHIPPED).card.keras_sha256[:12] in shipped.name  # type: ignore[union-attr]


def test_it_says_what_the_model_says(mnist: Dataset, shipped: Classifier) -> None:
    found = shipped_analysis.load(model_store.SHIPPED, mnist)
    assert found is not None
    # Those that it is least sure of, and some others.
    some = np.append(
        np.argsort(found.report.probabilities.max(axis=1))[:60], np.arange(0, 10_000, 250)
    )
    answers = shipped.probabilities(mnist.test_images[some])
    np.testing.assert_allclose(found.report.probabilities[some], answers, atol=1e-5)
    assert (mnist.train_labels[found.alike] == mnist.test_labels[:, None]).mean() > 0.98
    assert found.widest.places.shape == found.neighbours.shape == (10_000, 2)
    report, scored = found.report, score(found.report.probabilities, mnist.test_labels)
    assert np.array_equal(report.confusion_matrix, scored.confusion_matrix)
    assert (report.macro, report.weighted, report.per_class) == (
        scored.macro,
        scored.weighted,
        scored.per_class,
    )
    assert (report.loss, report.top_2) == pytest.approx((scored.loss, scored.top_2), abs=1e-6)
    card = model_store.describe(model_store.SHIPPED).card
    assert card is not None
    assert round(report.accuracy, 5) == card.results["test"]["accuracy"]


@pytest.mark.slow
def test_what_is_made_is_found_again_and_only_for_the_same_pictures(
    digits: Dataset, shipped: Classifier, tmp_path: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shipped_analysis, "FOLDER", tmp_path)
    few = replace(
        digits,
        **{
            name: getattr(digits, name)[:120]
            for name in ("train_images", "train_labels", "test_images", "test_labels")
        },
    )
    shipped_analysis.make(model_store.SHIPPED, few)
    found = shipped_analysis.load(model_store.SHIPPED, few)
    assert found is not None
    np.testing.assert_allclose(
        found.report.probabilities, shipped.probabilities(few.test_images), atol=1e-5
    )
    alike = Examples(shipped, few.train_images).like(few.test_images[:9], 8)
    assert np.array_equal(found.alike[:9], alike)
    assert found.searched == 120
    changed = replace(few, test_images=255 - few.test_images)
    assert shipped_analysis.load(model_store.SHIPPED, changed) is None
