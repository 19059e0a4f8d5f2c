"""A copy of the shipped network learns a few symbols from a few drawings of each, in seconds.

Its last block and its last layer know digits and nothing else: of other drawings they keep next to
nothing, because the network learned to hold back. What it sees before them serves any drawing. So
the copy ends there, and learns a last layer of its own (Yosinski et al., "How transferable are
features in deep neural networks?", 2014). `python -m benchmarks.symbols` says how well.

With that layer, as many others learn at the same time, each without a part of the drawings. How
they read the part that they have not seen is what is reported of the network (cross-validation).

What is far from every drawing that it learned from is none of them. That needs no pictures of
anything else, among which might be what somebody calls a symbol of theirs (compare Sun et al.,
"Out-of-distribution detection with deep nearest neighbors", 2022).
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import keras
import numpy as np
from keras import layers

from mnist_app.core.errors import Stopped
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.recognition.answers import NONE_OF_YOURS
from mnist_app.core.recognition.classifier import as_network_input
from mnist_app.core.runs.outcomes import UnsavedModel
from mnist_app.core.runs.progress import Point, Progress
from mnist_app.core.versions import installed_versions
from mnist_app.lab.networks import model_files
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training.augmentation import augment
from mnist_app.lab.training.experiment import LIBRARIES
from mnist_app.lab.training.finetuning import VARIATION

# As a hand varies, and a pen.
VARIED = replace(VARIATION, thickness=0.4)
# Pictures to learn from, with the changed ones; at least so many of each drawing.
PICTURES, LEAST_COPIES = 600, 3
FOLDS = 4
EPOCHS, BATCH, LEARNING_RATE, DECAY = 12, 32, 0.005, 0.0015
# What varies less than this fraction of what usually varies is not made much of.
LEAST_SPREAD = 0.05
# A drawing is none of them beyond this multiple of the distance that nearly all of a class have to
# their nearest; and how sharply so. Chosen on other drawings than the benchmark's.
USUAL, REACH, SHARPNESS = 0.9, 1.2, 12.0
# Drawings that were kept twice are no reason to call all others none of them.
LEAST_REACH = 1.0


def learn(
    source: bytes,
    source_title: str,
    names: Sequence[str],
    images: np.ndarray,
    labels: np.ndarray,
    title: str,
    *,
    report: Callable[[Progress], None] = lambda progress: None,
    control: RunControl | None = None,
    seed: int = 1,
) -> UnsavedModel:
    """Teach a copy of a residual network some symbols; the network itself stays as it is.

    Args:
        source: its `.keras` file.
        source_title: its name for people.
        names: of the classes, at least two.
        images: uint8 (n, 28, 28), at least two of each class.
        labels: int64 (n,), places in `names`.
        title: the name of the copy for people.
        report: gets the progress after each epoch; `training` holds how unseen drawings are read.
        control: asked whether to stop.

    Returns:
        The model, whose last class is `NONE_OF_YOURS`. In its card, `results["unseen"]` says how
        many drawings were read `right` of how many (`of`) by heads that had not seen them, and
        `results["mixed up"]` which were read as what else: the place of the drawing, and a class.

    Raises:
        Stopped: it was asked to stop; nothing is kept.
        DigitLabError: see `model_files.load_bytes`.
    """
    began = time.monotonic()
    control = control or RunControl()
    trunk = _trunk(model_files.load_bytes(source, source_title))
    lesson = _lesson(trunk, images, labels, len(names), seed)
    curve: list[Point] = []

    def after_epoch(epoch: int, loss: float, right: float) -> None:
        curve.append(Point(epoch + 1, loss, right))
        report(Progress(epoch + 1, EPOCHS, 1, 1, training=tuple(curve)))
        if control.should_stop():
            raise Stopped

    heads = _learned_heads(lesson, after_epoch)
    model = _with_head(trunk, lesson, heads)
    read = lesson.read_unseen(heads)
    card = ModelCard(
        title=title,
        class_names=(*names, NONE_OF_YOURS),
        parameter_count=model.count_params(),
        seed=seed,
        versions=installed_versions(LIBRARIES),
        results={
            "unseen": {"right": int((read == labels).sum()), "of": len(labels)},
            "mixed up": [[int(one), int(read[one])] for one in np.flatnonzero(read != labels)],
        },
        training={
            "fine-tuned from": source_title,
            "drawings": dict(Counter(names[label] for label in labels)),
            "seconds": round(time.monotonic() - began, 1),
            "curves": {"validation": [[one.epoch, one.loss, one.accuracy] for one in curve]},
        },
    )
    files = model_files.packed(model)
    if control.should_stop():
        raise Stopped
    return UnsavedModel(files, card)


def _trunk(model: keras.Model) -> keras.Model:
    """Return a network up to its last residual block: from pictures to features, (n, d)."""
    last_block = next(one for one in reversed(model.layers) if isinstance(one, layers.Add))
    return keras.Model(model.inputs, layers.GlobalAveragePooling2D()(last_block.input[0]))


@dataclass(frozen=True, eq=False)
class Lesson:
    """The drawings as features, float32 (n, d), standardised, and what is learned from them.

    Attributes:
        mean, spread: what features were standardised by, float32 (d,).
        own, labels: of the drawings themselves; `labels` is int64 (n,).
        varied, targets: of their varied copies; `targets` is float32 (copies, heads, classes).
        weights: of each copy for each head, float32 (copies, heads): none for a copy of a drawing
            that the head shall not see. The last head sees all.
        folds: the head that has not seen a drawing, int64 (n,).
    """

    mean: np.ndarray
    spread: np.ndarray
    own: np.ndarray
    labels: np.ndarray
    varied: np.ndarray
    targets: np.ndarray
    weights: np.ndarray
    folds: np.ndarray

    @property
    def reach(self) -> float:
        """Return the distance from the nearest drawing beyond which something is none of them."""
        is_other = self.labels[:, None] != self.labels
        np.fill_diagonal(is_other, True)
        return max(LEAST_REACH, REACH * float(np.quantile(self._nearest(is_other), USUAL)))

    def read_unseen(self, heads: keras.Model) -> np.ndarray:
        """Return what each drawing is read as by the head that has not seen it, int64 (n,).

        `classes` stands for none of them.
        """
        answers = heads.predict_on_batch(self.own)[np.arange(len(self.own)), self.folds]
        is_far = self._nearest(self.folds[:, None] == self.folds) > self.reach
        return np.where(is_far, answers.shape[1], answers.argmax(axis=1))

    def _nearest(self, left_out: np.ndarray) -> np.ndarray:
        """Return each drawing's distance to the nearest that is not left out, float (n,)."""
        squares = (self.own**2).sum(axis=1)
        distances = np.sqrt(np.maximum(squares[:, None] + squares - 2 * self.own @ self.own.T, 0))
        return np.where(left_out, np.inf, distances).min(axis=1)


def _lesson(
    trunk: keras.Model, images: np.ndarray, labels: np.ndarray, classes: int, seed: int
) -> Lesson:
    """Vary the drawings, and have a network look at them."""
    copies = max(LEAST_COPIES, PICTURES // len(images))
    chosen = np.random.default_rng(seed).permutation(np.tile(np.arange(len(images)), copies))
    varied = augment(as_network_input(images[chosen]), np.array([seed, 0]), VARIED)
    sees = KerasClassifier(trunk).probabilities
    features = sees(np.round(255 * varied[..., 0]).astype(np.uint8))
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread += LEAST_SPREAD * features.std()
    folds = _folds(labels, seed)
    balance = len(labels) / (classes * np.bincount(labels, minlength=classes))
    is_seen = folds[chosen, None] != np.arange(FOLDS + 1)
    answers = keras.utils.to_categorical(labels[chosen], classes)
    return Lesson(
        mean,
        spread,
        (sees(images) - mean) / spread,
        labels,
        (features - mean) / spread,
        np.repeat(answers[:, None], FOLDS + 1, axis=1),
        (is_seen * balance[labels[chosen], None]).astype(np.float32),
        folds,
    )


def _folds(labels: np.ndarray, seed: int) -> np.ndarray:
    """Deal the drawings of each class out to the folds, int64 (n,)."""
    folds = np.zeros(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        places = np.random.default_rng(seed).permutation(np.flatnonzero(labels == label))
        folds[places] = np.arange(len(places)) % FOLDS
    return folds


def _learned_heads(lesson: Lesson, after_epoch: Callable[[int, float, float], None]) -> keras.Model:
    """Train last layers side by side, from features to probabilities, (n, heads, classes).

    Args:
        after_epoch: gets the epoch, from 0, the loss, and the fraction of unseen drawings read
            right, 0..1.
    """
    _, width, classes = lesson.targets.shape
    decay = keras.regularizers.L2(DECAY)
    heads = keras.Sequential(
        [
            layers.Input(lesson.own.shape[1:]),
            layers.Dense(width * classes, kernel_initializer="zeros", kernel_regularizer=decay),
            layers.Reshape((width, classes)),
            layers.Softmax(),
        ]
    )
    steps = EPOCHS * -(-len(lesson.varied) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    heads.compile(keras.optimizers.Adam(rate), keras.losses.CategoricalCrossentropy())
    progress = keras.callbacks.LambdaCallback(
        on_epoch_end=lambda epoch, logs: after_epoch(
            epoch, logs["loss"], float((lesson.read_unseen(heads) == lesson.labels).mean())
        )
    )
    heads.fit(
        *(lesson.varied, lesson.targets),
        sample_weight=lesson.weights,
        epochs=EPOCHS,
        batch_size=BATCH,
        shuffle=False,
        callbacks=[progress],
        verbose=0,
    )
    return heads


def _with_head(trunk: keras.Model, lesson: Lesson, heads: keras.Model) -> keras.Model:
    """Return the network that learned: from pictures to the classes, and none of them."""
    width, classes = lesson.targets.shape[1:]
    field = layers.Normalization(mean=lesson.mean, variance=lesson.spread**2)(trunk.output)
    # Minus the squared distance to each drawing, and of those the least.
    near = layers.Dense(len(lesson.own), name="distances")
    nearest = near(layers.Concatenate()([field, layers.Multiply()([field, field])]))
    nearest = layers.GlobalMaxPooling2D()(layers.Reshape((len(lesson.own), 1, 1))(nearest))
    gate = layers.Dense(1, activation="sigmoid", name="is_one_of_them")
    is_one = gate(nearest)
    # The last layer with weights: by what it sees, drawings are compared.
    head = layers.Dense(classes, activation="softmax", name="which")
    probabilities = layers.Multiply()([head(field), is_one])
    answer = layers.Concatenate()([probabilities, layers.Rescaling(-1.0, 1.0)(is_one)])
    near.set_weights(
        [
            np.vstack([2 * lesson.own.T, -np.ones_like(lesson.own.T)]),
            -(lesson.own**2).sum(axis=1),
        ]
    )
    gate.set_weights([np.array([[SHARPNESS / lesson.reach**2]]), np.array([SHARPNESS])])
    last = slice(classes * (width - 1), None)
    head.set_weights([values[..., last] for values in heads.layers[0].get_weights()])
    return keras.Model(trunk.inputs, answer)
