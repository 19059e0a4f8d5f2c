"""A copy of a model learns one person's handwriting, in seconds, and forgets nothing else.

What it knew is kept in two ways. Most of each batch are known pictures, whose right answers are
those that the model itself gave before (Li and Hoiem, "Learning without forgetting", 2016). And the
copy's weights stay as close to the model's as it takes to read other known pictures as before
(Wortsman et al., "Robust fine-tuning of zero-shot models", 2022).
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import keras
import numpy as np
import tensorflow as tf

from mnist_app.core.data import datasets, distractors
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.data.handwriting import LabelledDrawing, as_inputs
from mnist_app.core.data.pen_digits import PEN_WIDTHS
from mnist_app.core.errors import Stopped
from mnist_app.core.evaluation.metrics import EvaluationReport, card_metrics, evaluate
from mnist_app.core.ink.raster import STROKE_WIDTH
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.recognition.classifier import Answering
from mnist_app.core.runs.outcomes import AccuracyChange, FinetuningOutcome, UnsavedModel
from mnist_app.core.settings import DATASETS, TrainingConfig
from mnist_app.lab.networks import cloning, model_files
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training.augmentation import augment
from mnist_app.lab.training.input_pipeline import without_autotuning

STEPS = 100
LEARNING_RATE = 2e-4
# Pictures in each step: the person's own, and known ones.
OWN, KNOWN = 12, 60
# Known pictures to choose from, and pictures that are no digits, so that it still abstains.
REHEARSED, NONE_OF_THEM = 3_000, 400
# How far the weights go from the old to the learned ones: as far as known pictures allow.
FRACTIONS = (1.0, 0.75, 0.5, 0.25)
CHECKED, LARGEST_LOSS = 2_000, 0.004
# Of a small data set at most this fraction is checked with; the others are there to be rehearsed.
CHECKED_FRACTION = 1 / 3
# Enough to see a change of one in a thousand, few enough to take seconds.
TESTED = 2_000
# As a hand varies from one digit to the next.
VARIATION = TrainingConfig(rotation=10.0, shift=1.0, zoom=0.1, shear=8.0, elastic=1.5)
# The parts of the whole time that reading before, and learning, take.
BEFORE_FRACTION, LEARNING_FRACTION = 0.15, 0.65


def finetune(
    source: bytes,
    card: ModelCard | None,
    source_title: str,
    class_names: tuple[str, ...],
    drawings: Sequence[LabelledDrawing],
    title: str,
    *,
    report: Callable[[float], None] = lambda fraction: None,
    control: RunControl | None = None,
    seed: int = 1,
) -> FinetuningOutcome[UnsavedModel]:
    """Teach a copy of a model somebody's drawings; the model itself stays as it is.

    Args:
        source: the model's `.keras` file.
        card: the model's, if it has one.
        source_title, class_names: the model's name for people, and what its outputs mean.
        drawings: at least one.
        title: the name of the copy for people.
        report: called with the fraction done, 0..1.
        control: asked whether to stop.

    Raises:
        Stopped: it was asked to stop; nothing is kept.
        DigitLabError: see `model_files.load_bytes`.
    """
    control = control or RunControl()
    model = _copy(source, source_title, seed)
    exam = prepare_exam(KerasClassifier(model), drawings, _known(card), seed)
    own_before, before = exam.marks()
    old = model.get_weights()
    report(BEFORE_FRACTION)

    def after_step(step: int) -> None:
        report(BEFORE_FRACTION + (step + 1) / STEPS * LEARNING_FRACTION)
        _raise_if_stopped(control)

    _learn(model, drawings, exam, after_step, seed)
    fraction = _interpolate_weights(model, old, exam)
    own_after, after = exam.marks()
    _raise_if_stopped(control)
    own = AccuracyChange(own_before, own_after, len(drawings))
    test = AccuracyChange(before.accuracy, after.accuracy, after.images)
    kept = ("architecture", "settings", "seed", "versions")
    new_card = ModelCard(
        title=title,
        class_names=class_names,
        parameter_count=model.count_params(),
        dataset=exam.known.name,
        results={"test": card_metrics(after)},
        training={
            "fine-tuned from": source_title,
            "own drawings": asdict(own),
            "test": asdict(test),
        },
        **({name: getattr(card, name) for name in kept} if card else {}),
    )
    made = UnsavedModel(model_files.packed(model), new_card)
    return FinetuningOutcome(own, test, exam.known.name, fraction, made)


def _raise_if_stopped(control: RunControl) -> None:
    if control.should_stop():
        raise Stopped


def _copy(source: bytes, name: str, seed: int) -> keras.Model:
    """Load a `.keras` file, with dropout that follows from the seed alone."""
    model = model_files.load_bytes(source, name)
    twin = cloning.seeded(model, seed)
    cloning.take_weights(twin, model)
    return twin


@dataclass(frozen=True)
class Exam:
    """The questions to a model before and after fine-tuning.

    `own`, `test` and `check` are pictures with their labels; with `check` it is decided how far the
    weights go. `rehearsed` are other pictures, without labels.
    """

    classifier: Answering
    known: Dataset
    own: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]
    check: tuple[np.ndarray, np.ndarray]
    rehearsed: np.ndarray

    def marks(self) -> tuple[float, EvaluationReport]:
        """Return the fraction read right of the own drawings, 0..1, and how the test was read."""
        return self.accuracy(*self.own), evaluate(self.classifier, *self.test)

    def accuracy(self, images: np.ndarray, labels: np.ndarray) -> float:
        return float((self.classifier.probabilities(images).argmax(axis=1) == labels).mean())


def prepare_exam(
    classifier: Answering, drawings: Sequence[LabelledDrawing], known: Dataset, seed: int
) -> Exam:
    """Choose what a model is asked before and after, by `seed`."""
    chosen = np.random.default_rng(seed).permutation(len(known.test_labels))[:TESTED]
    test = known.test_images[chosen], known.test_labels[chosen]
    order = np.random.default_rng(seed).permutation(len(known.train_labels))
    checked, rest = np.split(order, [min(CHECKED, round(CHECKED_FRACTION * len(order)))])
    check = known.train_images[checked], known.train_labels[checked]
    rehearsed = known.train_images[rest[:REHEARSED]]
    return Exam(classifier, known, as_inputs(drawings, (STROKE_WIDTH,)), test, check, rehearsed)


def _known(card: ModelCard | None) -> Dataset:
    """Load the digits that the model learned from, or others; download nothing."""
    learned = card.dataset if card else ""
    at_hand = [
        name
        for name in (learned, "mnist", "optdigits")
        if name in DATASETS and datasets.availability(name).place is not None
    ]
    return datasets.load(at_hand[0], allow_download=False)


def _interpolate_weights(model: keras.Model, old: list[np.ndarray], exam: Exam) -> float:
    """Take `model` back towards its old weights, as far as known pictures ask.

    Returns:
        The fraction of the way that is kept, 0..1; at 0 the model is as it was.
    """
    new = model.get_weights()
    model.set_weights(old)
    least = exam.accuracy(*exam.check) - LARGEST_LOSS
    for fraction in FRACTIONS:
        model.set_weights([a + fraction * (b - a) for a, b in zip(old, new, strict=True)])
        if exam.accuracy(*exam.check) >= least:
            return fraction
    model.set_weights(old)
    return 0.0


def _learn(
    model: keras.Model,
    drawings: Sequence[LabelledDrawing],
    exam: Exam,
    after_step: Callable[[int], None],
    seed: int,
) -> None:
    """Train `model` on the drawings and on what it knows; `after_step` gets the step, from 0."""
    known = np.concatenate([exam.rehearsed, distractors.make(NONE_OF_THEM, seed)])
    answers = exam.classifier.probabilities(known)
    own, labels = as_inputs(drawings, PEN_WIDTHS)
    targets = keras.utils.to_categorical(labels, answers.shape[1])
    batches = _batches((own, targets), (known, answers), seed)
    # The statistics of few drawings would spoil those of many thousands.
    frozen = [one for one in model.layers if isinstance(one, keras.layers.BatchNormalization)]
    for layer in frozen:
        layer.trainable = False
    # Fading to nothing, so that it does not end wherever its last step happened to lead.
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, STEPS)
    model.compile(keras.optimizers.Adam(rate), keras.losses.CategoricalCrossentropy())
    callback = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda step, logs: after_step(step)
    )
    model.fit(batches, callbacks=[callback], shuffle=False, verbose=0)
    for layer in frozen:
        layer.trainable = True


def _batches(
    own: tuple[np.ndarray, np.ndarray], known: tuple[np.ndarray, np.ndarray], seed: int
) -> tf.data.Dataset:
    """Return `STEPS` random batches of own and known pictures, augmented, with their targets."""
    chance = np.random.default_rng(seed)
    mine = chance.integers(len(own[0]), size=(STEPS, OWN))
    theirs = len(own[0]) + chance.integers(len(known[0]), size=(STEPS, KNOWN))
    seeds = chance.integers(2**31, size=(STEPS, 2))
    images, answers = (tf.constant(np.concatenate(pair)) for pair in zip(own, known, strict=True))

    def batch(indices: tf.Tensor, seed: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        floats = tf.cast(tf.gather(images, indices), tf.float32)[..., None] / 255
        return augment(floats, seed, VARIATION), tf.gather(answers, indices)

    chosen = np.concatenate([mine, theirs], axis=1)
    batches = tf.data.Dataset.from_tensor_slices((chosen, seeds)).map(batch).prefetch(2)
    return batches.with_options(without_autotuning())
