import itertools
import json
import math
from functools import partial

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.data.datasets import load
from mnist_app.core.errors import Stopped
from mnist_app.core.evaluation.metrics import (
    BINS,
    as_dict,
    calibration_error,
    evaluate,
    reliability,
    score,
)
from mnist_app.core.recognition.classifier import BATCH, Classifier

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
    assert report.top_2 == 1
    assert report.macro.precision == pytest.approx(2.5 / 3)
    assert report.weighted.precision == pytest.approx((0.5 + 2 * 1 + 1) / 4)
    assert report.weighted.recall == report.accuracy
    assert report.macro.f1 == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)
    np.testing.assert_allclose(report.confidences, [0.7, 0.8, 0.6, 0.4])
    assert (report.images, report.seconds) == (4, 1.5)


@pytest.mark.slow
def test_keras_finds_the_same_measures() -> None:
    import keras

    chance = np.random.default_rng(3)
    answers = chance.dirichlet(np.full(10, 0.3), 400).astype(np.float32)
    labels = np.array([chance.choice(10, p=row / row.sum()) for row in answers.astype(float)])
    report = score(answers, labels)
    one_hot = np.eye(10, dtype=np.float32)[labels]
    decided = np.eye(10, dtype=np.float32)[report.predictions]

    def by_keras(metric: "keras.Metric", given: np.ndarray = answers) -> float:
        metric.update_state(one_hot, given)
        return float(metric.result())

    near = partial(pytest.approx, abs=1e-4)
    assert report.accuracy == near(by_keras(keras.metrics.CategoricalAccuracy()))
    assert report.top_2 == near(by_keras(keras.metrics.TopKCategoricalAccuracy(k=2)))
    assert report.loss == near(by_keras(keras.metrics.CategoricalCrossentropy()))
    assert report.binary_crossentropy == near(by_keras(keras.metrics.BinaryCrossentropy()))
    assert report.macro.f1 == near(by_keras(keras.metrics.F1Score("macro"), decided))
    assert report.weighted.f1 == near(by_keras(keras.metrics.F1Score("weighted"), decided))
    by_class = []
    for label, scores in enumerate(report.per_class):
        precision, recall = keras.metrics.Precision, keras.metrics.Recall
        found = [by_keras(kind(class_id=label), decided) for kind in (precision, recall)]
        assert scores.precision == near(found[0])
        assert scores.recall == near(found[1])
        by_class.append(found)
    fractions = np.bincount(labels, minlength=10) / len(labels)
    macro, weighted = np.mean(by_class, axis=0), fractions @ np.array(by_class)
    assert report.macro.precision == near(macro[0])
    assert report.macro.recall == near(macro[1])
    assert report.weighted.precision == near(weighted[0])
    assert report.weighted.recall == near(weighted[1])


def test_the_calibration_error_is_the_gap_between_sureness_and_truth() -> None:
    labels = np.zeros(100, dtype=np.int64)
    # Always 90 % sure of class 0, which is right 80 times of 100.
    labels[:20] = 1
    probabilities = np.full((100, 10), 0.1 / 9, dtype=np.float32)
    probabilities[:, 0] = 0.9
    report = score(probabilities, labels)
    assert calibration_error(report) == pytest.approx(0.1, abs=1e-6)
    (only,) = reliability(report, bins=10)
    assert (only.images, only.accuracy) == (100, 0.8)
    assert only.confidence == pytest.approx(0.9)


def test_scikit_learn_finds_the_same_calibration() -> None:
    from sklearn.calibration import calibration_curve

    chance = np.random.default_rng(5)
    answers = chance.dirichlet(np.full(10, 0.3), 500).astype(np.float32)
    report = score(answers, chance.integers(0, 10, 500))
    right, sure = calibration_curve(report.is_right, report.confidences, n_bins=BINS)
    bins = reliability(report)
    np.testing.assert_allclose([part.accuracy for part in bins], right, atol=1e-6)
    np.testing.assert_allclose([part.confidence for part in bins], sure, atol=1e-6)
    counts = np.histogram(report.confidences, BINS, (0, 1))[0]
    weights = counts[counts > 0] / 500
    assert calibration_error(report) == pytest.approx(weights @ np.abs(right - sure), abs=1e-6)


def test_each_answer_falls_into_the_bin_of_its_confidence() -> None:
    sure = np.array([[1.0, 0.0], [0.95, 0.05], [0.55, 0.45]], dtype=np.float32)
    unsure, surer = reliability(score(sure, np.array([0, 1, 0])), bins=10)
    assert (unsure.low, unsure.images, unsure.accuracy) == (0.5, 1, 1)
    assert (surer.high, surer.images, surer.accuracy) == (1, 2, 0.5)


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
    assert report.accuracy <= report.top_2 <= 1
    assert 0 <= calibration_error(report) <= 1
    assert sum(part.images for part in reliability(report)) == count
    for scores in (*report.per_class, report.macro, report.weighted):
        assert min(scores.precision, scores.recall, scores.f1) >= 0
        assert max(scores.precision, scores.recall, scores.f1) <= 1
    assert sum(scores.images for scores in report.per_class) == count


def test_a_class_that_is_missing_scores_zero_without_a_warning(
    recwarn: pytest.WarningsRecorder,
) -> None:
    report = score(np.eye(3, dtype=np.float32)[[0, 1]], np.array([0, 1]))
    assert report.per_class[2].f1 == 0
    assert report.accuracy == 1
    assert score(np.eye(2, dtype=np.float32), np.array([0, 1])).top_2 == 1
    assert not recwarn.list


def test_the_report_is_ready_for_json() -> None:
    values = json.loads(json.dumps(as_dict(score(ANSWERS, LABELS))))
    assert values["accuracy"] == 0.75
    assert values["confusion_matrix"] == [[1, 0, 0], [1, 1, 0], [0, 0, 1]]
    assert [row["class"] for row in values["per_class"]] == [0, 1, 2]
    assert set(values["macro"]) == {"precision", "recall", "f1"}
    assert values["images"] == 4
    assert set(values["weighted"]) == set(values["macro"])
    assert {"loss", "binary_crossentropy", "top_2_accuracy", "seconds"} <= set(values)
    assert 0 <= values["calibration_error"] <= 1


def test_a_trained_network_is_measured_on_every_picture(classifier: Classifier) -> None:
    digits = load("optdigits")
    images = np.concatenate([digits.test_images, digits.test_images])
    labels = np.concatenate([digits.test_labels, digits.test_labels])
    assert len(images) > BATCH
    fractions: list[float] = []
    report = evaluate(classifier, images, labels, fractions.append)
    assert report.images == len(labels)
    assert report.accuracy > 0.85
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert report.seconds > 0


def test_told_to_stop_it_stops_between_batches(classifier: Classifier) -> None:
    asked = itertools.count()
    images = np.zeros((3 * BATCH, 28, 28), dtype=np.uint8)
    with pytest.raises(Stopped):
        evaluate(classifier, images, np.zeros(3 * BATCH), should_stop=lambda: next(asked) == 1)
    assert next(asked) == 2
