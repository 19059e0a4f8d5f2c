import gzip
import json
import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_app.core.data.datasets import load
from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.metrics import evaluate
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models import model_store
from mnist_app.core.runs import outcomes
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.progress import Progress
from mnist_app.core.settings import TrainingConfig, default_title
from mnist_app.lab.networks import model_files
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training.experiment import train_model

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
    seen: list[Any] = []
    path = tmp_path / "made" / "net.keras"
    slowed = RunControl()
    slowed.scale_learning_rate(0.5)
    trained = train_model(QUICK, "My net", report=seen.append, control=slowed, command="repeat me")
    outcome = outcomes.saved(trained, path)
    card = outcome.model.card
    assert card is not None
    assert (card.title, card.dataset, card.architecture) == ("My net", "optdigits", "dense")
    assert (card.seed, card.command) == (QUICK.seed, "repeat me")
    assert TrainingConfig(**card.settings) == QUICK
    assert card.parameter_count == 784 * 128 + 128 + 128 * 10 + 10
    assert {"python", "keras", "numpy"} <= set(card.versions)
    assert card.training["epochs"] == 2
    assert [epoch for epoch, _, _ in card.training["curves"]["validation"]] == [1, 2]
    assert card.training["curves"]["training"][-1][0] == 2
    assert card.training["learning rate changes"] == [[1, 0.5]]
    assert not outcome.stopped
    assert outcome.progress == [one for one in seen if isinstance(one, Progress)][-1]
    digits = load("optdigits")
    again = evaluate(model_store.classifier(path), digits.test_images, digits.test_labels)
    assert again.accuracy == pytest.approx(outcome.report.accuracy)
    assert card.results["test"]["accuracy"] == pytest.approx(again.accuracy, abs=1e-5)
    assert card.results["test"]["images"] == len(digits.test_labels)


def test_extra_strokes_are_learned_but_for_every_fifth_writer(tmp_path: Path) -> None:
    card = train_model(QUICK, "With pens", extra_strokes=pen_file(tmp_path)).model.card
    figures = card.results["pen strokes of held-out writers"]
    assert figures["images"] == 2
    assert figures["writers"] == [0, 5]
    assert card.training["pen drawings among them"] == 8


def test_a_stopped_run_is_kept_and_says_so(tmp_path: Path) -> None:
    control = RunControl()
    control.stop()
    trained = train_model(QUICK, "Cut short", control=control)
    outcome = outcomes.saved(trained, tmp_path / "net.keras")
    assert outcome.stopped
    assert outcome.model.card is not None
    assert outcome.model.card.training["stopped early"] is True
    assert outcome.model.card.training["diverged"] is False
    assert outcome.model.card.training["epochs"] == 0
    model = model_files.load(outcome.model.path)
    blank = np.zeros((1, 28, 28), dtype=np.uint8)
    assert KerasClassifier(model).probabilities(blank).shape == (1, 10)


def test_a_run_that_diverged_says_so() -> None:
    control = RunControl()

    def spoil(told: Any) -> None:
        if isinstance(told, Progress) and told.validation:
            control.scale_learning_rate(1e200)

    config = replace(QUICK, optimizer="sgd", learning_rate=0.05)
    card = train_model(config, "Diverged", report=spoil, control=control).model.card
    assert card.training["diverged"] is True
    assert card.training["stopped early"] is True


def test_pictures_that_are_missing_are_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DigitLabError):
        train_model(QUICK, "", extra_strokes=tmp_path / "missing.jsonl.gz")
    with pytest.raises(DigitLabError):
        train_model(TrainingConfig(dataset="mnist"), "")


def test_it_goes_from_machine_to_machine_as_bytes(tmp_path: Path) -> None:
    """Reports, checkpoints and what comes of them hold nothing of Keras."""
    told: list[Any] = []
    drawing = np.zeros((28, 28), np.uint8)
    first = train_model(QUICK, "Net", report=told.append, drawing=drawing, keeps_checkpoints=True)
    sent = pickle.dumps([first, told])
    assert b"keras.src" not in sent
    checkpoint = next(one for one in told if isinstance(one, Checkpoint))
    assert checkpoint.epoch == 1
    again = train_model(QUICK, "Net", checkpoint=checkpoint.data, drawing=checkpoint.drawing)
    assert again.model.card.results == first.model.card.results
    kept = outcomes.saved(pickle.loads(sent)[0], tmp_path / "net.keras")
    assert kept.model.title == "Net"


def test_a_model_without_a_name_is_named_after_its_making() -> None:
    assert default_title(QUICK, "optdigits") == "Dense on optdigits"
