from dataclasses import replace

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation import shipped_analysis
from mnist_app.core.evaluation.metrics import score
from mnist_app.core.evaluation.neighbours import Examples
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier


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
    answers = shipped.probabilities(few.test_images)
    np.testing.assert_allclose(found.report.probabilities, answers, atol=1e-5)
    alike = Examples(shipped, few.train_images).like(few.test_images[:9], 8)
    assert np.array_equal(found.alike[:9], alike)
    assert found.searched == 120
    report, scored = found.report, score(answers, few.test_labels)
    assert np.array_equal(report.confusion_matrix, scored.confusion_matrix)
    assert (report.macro, report.weighted, report.per_class) == (
        scored.macro,
        scored.weighted,
        scored.per_class,
    )
    assert (report.loss, report.top_2) == pytest.approx((scored.loss, scored.top_2), abs=1e-6)
    changed = replace(few, test_images=255 - few.test_images)
    assert shipped_analysis.load(model_store.SHIPPED, changed) is None
