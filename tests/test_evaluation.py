import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.classifier import BATCH, Classifier
from mnist_app.datasets import load
from mnist_app.evaluation import as_dict, evaluate, score

LABELS = np.array([0, 1, 1, 2])
ANSWERS = np.array(
    [[0.7, 0.2, 0.1], [0.1, 0.8, 0.1], [0.6, 0.3, 0.1], [0.3, 0.3, 0.4]], dtype=np.float32
)


def test_every_measure_is_what_a_hand_works_out() -> None:
    report = score(ANSWERS, LABELS, seconds=1.5)
    assert report.accuracy == 0.75
    assert report.predictions.tolist() == [0, 1, 0, 2]
    assert report.confusion_matrix.tolist() == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    own = [0.7, 0.8, 0.3, 0.4]
    assert report.loss == pytest.approx(-sum(math.log(p) for p in own) / 4, abs=1e-6)
    others = [0.2, 0.1, 0.1, 0.1, 0.6, 0.1, 0.3, 0.3]
    yes_or_no = [math.log(p) for p in own] + [math.log(1 - p) for p in others]
    assert report.binary_crossentropy == pytest.approx(-sum(yes_or_no) / 12, abs=1e-6)
    zero, one, two = report.per_class
    assert (zero.precision, zero.recall, zero.images) == (0.5, 1, 1)
    assert (one.precision, one.recall, one.images) == (1, 0.5, 2)
    assert one.f1 == pytest.approx(2 / 3)
    assert (two.precision, two.recall, two.f1) == (1, 1, 1)
    assert report.macro.precision == pytest.approx(2.5 / 3)
    assert report.macro.f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    np.testing.assert_allclose(report.confidences, [0.7, 0.8, 0.6, 0.4])
    assert (report.images, report.seconds) == (4, 1.5)


@given(st.integers(1, 60), st.integers(0, 1000))
@settings(deadline=None, max_examples=30)
def test_measures_stay_in_range_and_agree(count: int, seed: int) -> None:
    chance = np.random.default_rng(seed)
    answers = chance.dirichlet(np.full(10, 0.2), count).astype(np.float32)
    report = score(answers, chance.integers(0, 10, count))
    assert report.confusion_matrix.sum() == count
    assert report.accuracy == pytest.approx(np.trace(report.confusion_matrix) / count)
    assert 0 <= report.loss < 40
    assert 0 <= report.binary_crossentropy < 40
    for scores in (*report.per_class, report.macro):
        assert min(scores.precision, scores.recall, scores.f1) >= 0
        assert max(scores.precision, scores.recall, scores.f1) <= 1
    assert sum(scores.images for scores in report.per_class) == count


def test_a_class_that_is_missing_scores_zero_without_a_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    report = score(np.eye(3, dtype=np.float32)[[0, 1]], np.array([0, 1]))
    assert report.per_class[2].f1 == 0
    assert report.accuracy == 1
    assert not recwarn.list


def test_the_report_is_ready_for_json() -> None:
    values = json.loads(json.dumps(as_dict(score(ANSWERS, LABELS))))
    assert values["accuracy"] == 0.75
    assert values["confusion_matrix"] == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert [row["class"] for row in values["per_class"]] == [0, 1, 2]
    assert set(values["macro"]) == {"precision", "recall", "f1"}
    assert values["images"] == 4
    assert {"loss", "binary_crossentropy", "seconds"} <= set(values)


def test_a_trained_network_is_measured_on_every_picture(classifier: Classifier) -> None:
    digits = load("optdigits")
    images = np.concatenate([digits.test_images, digits.test_images])
    labels = np.concatenate([digits.test_labels, digits.test_labels])
    assert len(images) > BATCH
    shares: list[float] = []
    report = evaluate(classifier, images, labels, shares.append)
    assert report.images == len(labels)
    assert report.accuracy > 0.85
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert report.seconds > 0


def test_told_to_stop_it_stops_between_batches(classifier: Classifier) -> None:
    asked = itertools.count()
    images = np.zeros((3 * BATCH, 28, 28), dtype=np.uint8)
    with pytest.raises(InterruptedError):
        evaluate(classifier, images, np.zeros(3 * BATCH), should_stop=lambda: next(asked) == 1)
    assert next(asked) == 2
