"""A training run -> a Python script or a notebook in plain Keras, for a learner to read and change.

Both have the settings of the run written out. They repeat it as closely as Keras' own layers and
callbacks allow, not to the digit.
"""

import json
import math
from typing import Any

from mnist_app.core import schedules
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.runs.network_script import network_code, sequential
from mnist_app.core.settings import DATASETS, TrainingConfig
from mnist_app.core.versions import installed_versions

_OPTDIGITS = """
digits = load_digits()
small = keras.ops.image.resize(digits.images[..., None] / 16, (20, 20), interpolation="bicubic")
# MNIST's digits stand in a box of 20 x 20 pixels, in the middle of 28 x 28.
images = np.pad(np.clip(small, 0, 1), ((0, 0), (4, 4), (4, 4), (0, 0)))
images, test_images, labels, test_labels = train_test_split(
    images, digits.target, test_size=0.2, random_state=0, stratify=digits.target
)
"""
_KERAS_DATA = """
(images, labels), (test_images, test_labels) = keras.datasets.{name}.load_data()
images = images[..., None].astype("float32") / 255
test_images = test_images[..., None].astype("float32") / 255
"""
# As the Data page gives it.
_OWN_DATA = """
with np.load("pictures.npz") as arrays:
    images, labels = arrays["x_train"], arrays["y_train"]
    test_images, test_labels = arrays["x_test"], arrays["y_test"]
    classes = len(arrays["class_names"])
images = images[..., None].astype("float32") / 255
test_images = test_images[..., None].astype("float32") / 255
"""
_SPLIT = """
order = np.random.default_rng(SEED).permutation(len(images)){used}
checked = round(len(order) * {validation_share})
validation, training = order[:checked], order[checked:]
answers = keras.utils.to_categorical(labels, {classes})
steps = len(training) // BATCH_SIZE
"""
_BATCHES = """
batches = (
    tf.data.Dataset.from_tensor_slices((images[training], answers[training]))
    .shuffle(len(training), seed=SEED)
    .batch(BATCH_SIZE, drop_remainder=True)
    .map(lambda picture, answer: (augmentation(picture, training=True), answer))
    .prefetch(tf.data.AUTOTUNE)
)
"""
_FIT = """
loss = keras.losses.CategoricalCrossentropy(label_smoothing={label_smoothing})
network.compile(optimizer=optimizer, loss=loss, metrics=["accuracy"])
network.fit(
    {source},
    epochs=EPOCHS,
    validation_data={checked},
    callbacks=[{callbacks}],
    verbose=2,
)
"""
_TEST = """
read = network.predict(test_images, verbose=0).argmax(axis=1)
print(f"{np.mean(read == test_labels):.2%} of {len(read):,} test pictures are read correctly.")
network.save("model.keras")
"""
_OPTIMIZERS = {"adam": "Adam", "adamw": "AdamW", "sgd": "SGD"}


def script(config: TrainingConfig, card: ModelCard | None = None, title: str = "") -> str:
    """Return a Python script that trains, tests and saves the network of a run.

    Args:
        card: of the run's model, for what it reached and what is not repeated.
        title: the name for people; the card's by default.
    """
    intro = "\n\n".join(_intro(config, card, title)).replace("\\", "\\\\").replace('"', "'")
    parts = [f"# {heading}\n{code}" for heading, code in _sections(config)]
    return "\n\n\n".join([f'"""{intro}\n"""\n\n{_imports(config)}', *parts]) + "\n"


def notebook(config: TrainingConfig, card: ModelCard | None = None, title: str = "") -> str:
    """Return the same as a Jupyter notebook, nbformat 4.5, as JSON."""
    cells = [
        _cell("markdown", "# " + "\n\n".join(_intro(config, card, title))),
        _cell("code", _imports(config)),
    ]
    for heading, code in _sections(config):
        cells += [_cell("markdown", f"## {heading}"), _cell("code", code)]
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
    }
    return json.dumps(book, indent=1)


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


def _imports(config: TrainingConfig) -> str:
    lines = ["import keras", "import numpy as np"]
    if _changes(config):
        lines.append("import tensorflow as tf")
    lines.append("from keras import layers")
    if config.dataset == "optdigits":
        lines.append("from sklearn.datasets import load_digits")
        lines.append("from sklearn.model_selection import train_test_split")
    lines += ["", f"SEED = {config.seed}", f"EPOCHS = {config.epochs}"]
    lines += [f"BATCH_SIZE = {config.batch_size}", "", "keras.utils.set_random_seed(SEED)"]
    if config.precision != "float32":
        lines.append(f'keras.config.set_dtype_policy("{config.precision}")')
    return "\n".join(lines)


def _sections(config: TrainingConfig) -> list[tuple[str, str]]:
    """Return the parts of the program: of each its heading and its code."""
    sections = [
        ("The pictures", _data(config)),
        ("The network", network_code(config, _classes(config))),
    ]
    if _changes(config):
        sections.append(("Each picture a little different every time", _augmentation(config)))
    learning = f"{_optimizer(config)}\n{_fit(config)}"
    return [*sections, ("Learning", learning), ("The test", _TEST.strip())]


def _data(config: TrainingConfig) -> str:
    known = {"optdigits": _OPTDIGITS} | {name: _KERAS_DATA for name in ("mnist", "fashion_mnist")}
    source = known.get(config.dataset, _OWN_DATA)
    used = f"round(len(images) * {config.train_share})" if config.train_share < 1 else ""
    if config.limit:
        used = f"min({used}, {config.limit})" if used else str(config.limit)
    split = _SPLIT.format(
        used=used and f"[:{used}]",
        validation_share=config.validation_share,
        classes=_classes(config),
    )
    return f"{source.format(name=config.dataset).strip()}\n{split.strip()}"


def _classes(config: TrainingConfig) -> str:
    return "10" if config.dataset in DATASETS else "classes"


def _changes(config: TrainingConfig) -> list[str]:
    """Return the layers of Keras that change the pictures as the settings say."""
    empty = 'fill_mode="constant"'
    turn, shift = config.rotation / 360, config.shift / 28
    shear = math.tan(math.radians(config.shear))
    rows = (
        (turn, f"layers.RandomRotation({turn:.4f}, {empty})"),
        (shift, f"layers.RandomTranslation({shift:.4f}, {shift:.4f}, {empty})"),
        (config.zoom, f"layers.RandomZoom({config.zoom}, {config.zoom}, {empty})"),
        (shear, f"layers.RandomShear({shear:.4f}, {shear:.4f}, {empty})"),
        (
            config.elastic,
            f"layers.RandomElasticTransform(scale={config.elastic}, value_range=(0, 1), {empty})",
        ),
        (
            config.erasing,
            f"layers.RandomErasing(scale=(0, {config.erasing}), fill_value=0, value_range=(0, 1))",
        ),
        (config.flip, 'layers.RandomFlip("horizontal")'),
    )
    return [row for amount, row in rows if amount]


def _augmentation(config: TrainingConfig) -> str:
    return f"augmentation = {sequential(_changes(config))}{_BATCHES.rstrip()}"


def _optimizer(config: TrainingConfig) -> str:
    arguments = ["rate"]
    if config.optimizer == "sgd":
        arguments.append("momentum=0.9, nesterov=True")
    if config.optimizer != "adam":
        arguments.append(f"weight_decay={config.weight_decay}")
    if config.averaging:
        arguments += ["use_ema=True", f"ema_momentum=1 - 1 / max(1, {config.averaging} * steps)"]
        arguments.append("ema_overwrite_frequency=steps")
    rows = "".join(f"    {row},\n" for row in arguments)
    kind = _OPTIMIZERS[config.optimizer]
    return f"{_rate(config)}\noptimizer = keras.optimizers.{kind}(\n{rows})"


def _rate(config: TrainingConfig) -> str:
    if config.schedule == "constant":
        return f"rate = {config.learning_rate}"
    return f"""rising = max(1, round({schedules.RISING_FRACTION[config.schedule]} * steps * EPOCHS))
rate = keras.optimizers.schedules.CosineDecay(
    {config.learning_rate * schedules.FIRST_FRACTION:g},
    steps * EPOCHS - rising,
    warmup_target={config.learning_rate},
    warmup_steps=rising,
)"""


def _fit(config: TrainingConfig) -> str:
    callbacks = ["TerminateOnNaN()"]
    if config.early_stopping:
        callbacks.append(
            f"EarlyStopping(patience={config.early_stopping}, restore_best_weights=True)"
        )
    # A schedule already decides the learning rate.
    if config.plateau and config.schedule == "constant":
        callbacks.append(f"ReduceLROnPlateau(factor=0.2, patience={config.plateau})")
    plain = "images[training],\n    answers[training],\n    batch_size=BATCH_SIZE"
    checked = "(images[validation], answers[validation])"
    return _FIT.format(
        label_smoothing=config.label_smoothing,
        source="batches" if _changes(config) else plain,
        checked=checked if config.validation_share else None,
        callbacks=", ".join(f"keras.callbacks.{callback}" for callback in callbacks),
    ).strip()


def _intro(config: TrainingConfig, card: ModelCard | None, title: str) -> list[str]:
    """Return paragraphs: the name, what is needed, what the run reached, what is not repeated."""
    name = title or (card.title if card else "") or "A training run of Digit Lab"
    needed = ["keras", "numpy", "tensorflow"]
    needed += ["scikit-learn"] if config.dataset == "optdigits" else []
    known = installed_versions((*needed, "tensorflow-cpu"))
    # The same library without the parts for GPUs, under a name of its own.
    known.setdefault("tensorflow", known.get("tensorflow-cpu", ""))
    versions = " ".join(f"{package}=={known[package]}" for package in needed)
    paragraphs = [
        _one_line(name),
        "This trains with the settings of one run of Digit Lab, without the app. It needs:",
        f"    pip install {versions}",
    ]
    for what, figures in card.results.items() if card else ():
        paragraphs.append(
            f"The run read {figures['accuracy']:.2%} of {figures['images']:,} pictures correctly "
            f"({_one_line(what)})."
        )
    missing = _missing(config, card)
    return [*paragraphs, *(["Not repeated here:\n\n- " + "\n- ".join(missing)] if missing else [])]


def _missing(config: TrainingConfig, card: ModelCard | None) -> list[str]:
    """Return what of the run the program leaves out."""
    facts = card.training if card else {}
    known = (
        (
            config.dataset not in DATASETS,
            "how the pictures were made: put pictures.npz from the Data page beside this file",
        ),
        (config.thickness, "strokes made thinner or thicker: Keras has no layer for it"),
        (config.flip, "the fraction of mirrored pictures: Keras mirrors half of them"),
        (config.distractors, "made-up pictures that are no digits"),
        (facts.get("pen drawings among them"), "pen drawings that it also learned from"),
        (facts.get("started from a model"), "what another model knew, with which it began"),
        (facts.get("teachers"), "the answers of other models: this learns the labels instead"),
        (facts.get("learning rate changes"), "changes of the learning rate by hand"),
        (facts.get("stopped early"), "that it ended before its last epoch"),
    )
    return [words for holds, words in known if holds]


def _one_line(text: str) -> str:
    return " ".join(text.split())
