"""A copy of a model learns one person's handwriting, in seconds, and forgets nothing else.

What it knew is kept in two ways. Most of each batch are known pictures, whose right answers are
those that the model itself gave before (Li and Hoiem, "Learning without forgetting", 2016). And the
copy's weights stay as close to the model's as it takes to read other known pictures as before
(Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mnist_app import datasets, distractors, model_store
from mnist_app.classifier import Classifier, as_network_input
from mnist_app.datasets import PEN_WIDTHS, Dataset
from mnist_app.evaluation import EvaluationReport, evaluate, figures
from mnist_app.files import require_writable
from mnist_app.handwriting import LabelledDrawing, as_inputs
from mnist_app.ink import STROKE_WIDTH
from mnist_app.lab import model_files
from mnist_app.lab.augmentation import augment
from mnist_app.lab.keras_classifier import KerasClassifier
from mnist_app.model_store import ModelCard, StoredModel
from mnist_app.outcomes import Change, FinetuningOutcome
from mnist_app.settings import DATASETS, TrainingConfig

if TYPE_CHECKING:
    import keras

STEPS = 100
LEARNING_RATE = 2e-4
# Pictures in each step: the person's own, and such as the model knew before.
OWN, KNOWN = 12, 60
# Known pictures to choose from, and beside them such as are no digits, so that it still holds back.
REHEARSED, NONE_OF_THEM = 3_000, 400
# How far the weights go from the old to the learned ones: as far as known pictures allow.
SHARES = (1.0, 0.75, 0.5, 0.25)
CHECKED, LARGEST_LOSS = 2_000, 0.004
# Of a small data set at most this share is checked with; the others are there to be rehearsed.
CHECKED_SHARE = 1 / 3
# Enough to see a change of one in a thousand, few enough to take seconds.
TESTED = 2_000
# As a hand varies from one digit to the next.
VARIATION = TrainingConfig(rotation=10.0, shift=1.0, zoom=0.1, shear=8.0, elastic=1.5)
# The parts of the whole time that reading before, and learning, take.
BEFORE_SHARE, LEARNING_SHARE = 0.15, 0.65


def finetune(
    source: StoredModel,
    drawings: Sequence[LabelledDrawing],
    path: Path | None,
    title: str,
    report: Callable[[float], None] = lambda share: None,
    should_stop: Callable[[], bool] = lambda: False,
    seed: int = 1,
) -> FinetuningOutcome:
    """Teach a copy of a model somebody's drawings, and save it; the model itself stays as it is.

    Args:
        drawings: at least one.
        path: where the copy is saved, ending in .keras; its card goes beside it. None for a new
            place in the models' folder, chosen at the end.
        report: told the share that is done, 0..1.

    Raises:
        InterruptedError: it was told to stop; nothing is saved.
        DigitLabError: see `model_store.load` and `model_store.save`.
    """
    require_writable(path or model_store.path_for(title))
    model = model_files.load(source.path)
    exam = _exam(KerasClassifier(model), drawings, _known(source), seed)
    own_before, before = exam.marks()
    old = model.get_weights()
    report(BEFORE_SHARE)
    for done in _learn(model, drawings, exam, seed):
        report(BEFORE_SHARE + done * LEARNING_SHARE)
        if should_stop():
            raise InterruptedError
    share = _take_back(model, old, exam)
    own_after, after = exam.marks()
    own = Change(own_before, own_after, len(drawings))
    test = Change(before.accuracy, after.accuracy, after.images)
    card = _card(source, model, title, exam.known.name, after, own, test)
    if should_stop():
        raise InterruptedError
    return FinetuningOutcome(
        model_store.save(model_files.packed(model), card, path), own, test, exam.known.name, share
    )


@dataclass(frozen=True)
class _Exam:
    """What a model is asked before and after.

    `own`, `test` and `check` are pictures with their labels; with `check` it is decided how far the
    weights go. `rehearsed` are other pictures, without labels.
    """

    classifier: Classifier
    known: Dataset
    own: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    check: tuple[np.ndarray, np.ndarray]
    rehearsed: np.ndarray

    def marks(self) -> tuple[float, EvaluationReport]:
        """The share read right of the own drawings, 0..1, and how the test pictures were read."""
        return self.share_right(*self.own), evaluate(self.classifier, *self.test)

    def share_right(self, images: np.ndarray, labels: np.ndarray) -> float:
        return float((self.classifier.probabilities(images).argmax(axis=1) == labels).mean())


def _exam(
    classifier: Classifier, drawings: Sequence[LabelledDrawing], known: Dataset, seed: int
) -> _Exam:
    chosen = np.random.default_rng(seed).permutation(len(known.test_labels))[:TESTED]
    test = known.test_images[chosen], known.test_labels[chosen]
    order = np.random.default_rng(seed).permutation(len(known.train_labels))
    checked, rest = np.split(order, [min(CHECKED, round(CHECKED_SHARE * len(order)))])
    check = known.train_images[checked], known.train_labels[checked]
    rehearsed = known.train_images[rest[:REHEARSED]]
    return _Exam(classifier, known, as_inputs(drawings, (STROKE_WIDTH,)), test, check, rehearsed)


def _known(source: StoredModel) -> Dataset:
    """The digits that the model learned from, or others; never downloaded for this."""
    learned = source.card.dataset if source.card else ""
    at_hand = [
        name
        for name in (learned, "mnist", "optdigits")
        if name in DATASETS and datasets.availability(name).place is not None
    ]
    return datasets.load(at_hand[0], allow_download=False)


def _take_back(model: "keras.Model", old: list[np.ndarray], exam: _Exam) -> float:
    """Take `model` back towards its old weights, as far as known pictures ask.

    Returns:
        The share of the way that is kept, 0..1; at 0 the model is as it was.
    """
    new = model.get_weights()
    model.set_weights(old)
    least = exam.share_right(*exam.check) - LARGEST_LOSS
    for share in SHARES:
        model.set_weights([a + share * (b - a) for a, b in zip(old, new, strict=True)])
        if exam.share_right(*exam.check) >= least:
            return share
    model.set_weights(old)
    return 0.0


def _learn(
    model: "keras.Model", drawings: Sequence[LabelledDrawing], exam: _Exam, seed: int
) -> Iterator[float]:
    """Train `model` on the drawings and on what it knows; gives the share done."""
    import keras

    known = np.concatenate([exam.rehearsed, distractors.make(NONE_OF_THEM, seed)])
    answers = exam.classifier.probabilities(known)
    own, labels = as_inputs(drawings, PEN_WIDTHS)
    targets = keras.utils.to_categorical(labels, answers.shape[1])
    # The statistics of few drawings would spoil those of many thousands.
    frozen = [one for one in model.layers if isinstance(one, keras.layers.BatchNormalization)]
    for layer in frozen:
        layer.trainable = False
    # Fading to nothing, so that it does not end wherever its last step happened to lead.
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, STEPS)
    model.compile(keras.optimizers.Adam(rate), keras.losses.CategoricalCrossentropy())
    chance = np.random.default_rng(seed)
    for step in range(STEPS):
        mine, theirs = chance.integers(len(own), size=OWN), chance.integers(len(known), size=KNOWN)
        images = as_network_input(np.concatenate([own[mine], known[theirs]]))
        varied = augment(images, chance.integers(2**31, size=2), VARIATION)
        model.train_on_batch(varied, np.concatenate([targets[mine], answers[theirs]]))
        yield (step + 1) / STEPS
    for layer in frozen:
        layer.trainable = True


def _card(
    source: StoredModel,
    model: "keras.Model",
    title: str,
    dataset: str,
    report: EvaluationReport,
    own: Change,
    test: Change,
) -> ModelCard:
    """The card of the copy; what it learned from is no result, and stands under its training."""
    known = source.card
    return ModelCard(
        title=title,
        dataset=dataset,
        architecture=known.architecture if known else "",
        settings=known.settings if known else {},
        seed=known.seed if known else 0,
        class_names=source.class_names,
        weights=model.count_params(),
        versions=known.versions if known else {},
        results={"test": figures(report)},
        training={
            "fine-tuned from": source.title,
            "own drawings": asdict(own),
            "test": asdict(test),
        },
    )
