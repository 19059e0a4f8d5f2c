import gzip
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mnist_app import model_store
from mnist_app.datasets import load
from mnist_app.errors import DigitLabError
from mnist_app.evaluation import evaluate
from mnist_app.lab import experiment, model_files
from mnist_app.lab.keras_classifier import KerasClassifier
from mnist_app.progress import Progress
from mnist_app.settings import TrainingConfig, default_title
from mnist_app.steering import Steering

QUICK = TrainingConfig(
    dataset="optdigits", architecture="dense", epochs=2, batch_size=32, learning_rate=0.005
)


def pen_file(folder: Path) -> Path:
    lines = [
        {"label": 1, "writer": writer, "strokes": [[[writer, 0], [writer / 2, 30]]]}
        for writer in range(10)
    ]
    path = folder / "pen.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, lines)).encode()))
    return path


def test_a_run_ends_with_a_model_whose_card_tells_the_truth(tmp_path: Path) -> None:
    seen: list[Progress] = []
    path = tmp_path / "made" / "net.keras"
    slowed = Steering()
    slowed.scale_learning_rate(0.5)
    outcome = experiment.run(QUICK, path, "My net", seen.append, slowed, command="repeat me")
    card = outcome.stored.card
    assert card is not None
    assert (card.title, card.dataset, card.architecture) == ("My net", "optdigits", "dense")
    assert (card.seed, card.command) == (QUICK.seed, "repeat me")
    assert TrainingConfig(**card.settings) == QUICK
    assert card.weights == 784 * 128 + 128 + 128 * 10 + 10
    assert {"python", "keras", "numpy"} <= set(card.versions)
    assert card.training["epochs"] == 2
    assert [epoch for epoch, _, _ in card.training["curves"]["validation"]] == [1, 2]
    assert card.training["curves"]["training"][-1][0] == 2
    assert card.training["learning rate changes"] == [[1, 0.5]]
    assert not outcome.stopped
    assert outcome.progress == seen[-1]
    digits = load("optdigits")
    again = evaluate(model_store.classifier(path), digits.test_images, digits.test_labels)
    assert again.accuracy == pytest.approx(outcome.report.accuracy)
    assert card.results["test"]["accuracy"] == pytest.approx(again.accuracy, abs=1e-5)
    assert card.results["test"]["images"] == len(digits.test_labels)


def test_extra_strokes_are_learned_but_for_every_fifth_writer(tmp_path: Path) -> None:
    outcome = experiment.run(
        QUICK, tmp_path / "net.keras", "With pens", extra_strokes=pen_file(tmp_path)
    )
    assert outcome.stored.card is not None
    figures = outcome.stored.card.results["pen strokes of held-out writers"]
    assert figures["images"] == 2
    assert figures["writers"] == [0, 5]
    assert outcome.stored.card.training["pen drawings among them"] == 8


def test_a_stopped_run_is_kept_and_says_so(tmp_path: Path) -> None:
    steering = Steering()
    steering.stop()
    outcome = experiment.run(QUICK, tmp_path / "net.keras", "Cut short", steering=steering)
    assert outcome.stopped
    assert outcome.stored.card is not None
    assert outcome.stored.card.training["stopped early"] is True
    assert outcome.stored.card.training["diverged"] is False
    assert outcome.stored.card.training["epochs"] == 0
    model = model_files.load(outcome.stored.path)
    blank = np.zeros((1, 28, 28), dtype=np.uint8)
    assert KerasClassifier(model).probabilities(blank).shape == (1, 10)


def test_a_run_that_diverged_says_so(tmp_path: Path) -> None:
    steering = Steering()

    def spoil(progress: Progress) -> None:
        if progress.validation:
            steering.scale_learning_rate(1e200)

    config = replace(QUICK, optimizer="sgd", learning_rate=0.05)
    outcome = experiment.run(config, tmp_path / "net.keras", "Diverged", spoil, steering)
    assert outcome.stored.card is not None
    assert outcome.stored.card.training["diverged"] is True
    assert outcome.stored.card.training["stopped early"] is True


def test_what_fails_leaves_no_model(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    with pytest.raises(DigitLabError):
        experiment.run(QUICK, folder / "net.keras", "", extra_strokes=tmp_path / "missing.jsonl.gz")
    with pytest.raises(DigitLabError):
        experiment.run(TrainingConfig(dataset="mnist"), folder / "net.keras", "")
    assert not folder.exists() or os.listdir(folder) == []


def test_a_model_without_a_name_is_named_after_its_making() -> None:
    assert default_title(QUICK) == "Dense on optdigits"
