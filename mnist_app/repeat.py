"""A training run -> a Python script or a notebook that repeats it without this app.

Both are copied from the functions below and all that they call, see `sources`.
"""

import importlib.metadata
import json
import math
import re
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from mnist_app import schedules
from mnist_app.datasets import Dataset, class_names, optdigits
from mnist_app.lab import architectures, learners, standing
from mnist_app.lab.feeding import Feed, Split, lessons, split
from mnist_app.model_store import ModelCard
from mnist_app.settings import TrainingConfig
from mnist_app.sources import Extract, extract

if TYPE_CHECKING:
    import keras

# The package that brings a module of another name.
PACKAGES = {"sklearn": "scikit-learn", "PIL": "pillow", "skimage": "scikit-image"}


def repeat(
    config: TrainingConfig,
    rate_changes: Sequence[tuple[int, float]] = (),
    output: str = "model.keras",
) -> None:
    """Train, test and save the model; each change of the learning rate is a step and a factor."""
    dataset = load(config)
    model = learn(config, dataset, rate_changes)
    images = dataset.test_images[..., None] / np.float32(255)
    probabilities = model.predict(images, verbose=0)
    accuracy = np.mean(probabilities.argmax(axis=1) == dataset.test_labels)
    model.save(output)
    print(f"Saved {output}: {accuracy:.2%} of {len(images):,} test pictures are read right.")


def load(config: TrainingConfig) -> Dataset:
    """The pictures of the run; Keras downloads them when it is first asked."""
    if config.dataset == "optdigits":
        return optdigits()
    import keras

    origin = getattr(keras.datasets, config.dataset)
    (images, labels), (test_images, test_labels) = origin.load_data()
    return Dataset(
        config.dataset,
        class_names(config.dataset),
        images,
        labels.astype(np.int64),
        test_images,
        test_labels.astype(np.int64),
        source="Keras",
    )


def learn(
    config: TrainingConfig, dataset: Dataset, rate_changes: Sequence[tuple[int, float]] = ()
) -> "keras.Model":
    """Train a network as the app does, without anybody watching.

    Each change is a step of the whole run, the first being 0, and what the learning rate is
    multiplied by then and later.
    """
    import keras

    keras.utils.set_random_seed(config.seed)
    parts = split(dataset, config)
    classes = len(dataset.class_names)
    feed = Feed(*lessons(config, parts, classes), config)
    # Which network it is, is asked here so that only that one is copied.
    if config.architecture == "custom":
        model = architectures._custom(classes, config.dropout, config.layers)
    else:
        model = architectures._BUILDERS[config.architecture](classes, config.dropout)
    learner = learners.prepare(model, config, feed.steps)
    _fit(config, learner, feed, parts, rate_changes)
    model.set_weights(learner.get_weights())
    return model


def _fit(
    config: TrainingConfig,
    learner: "keras.Model",
    feed: Feed,
    parts: Split,
    rate_changes: Sequence[tuple[int, float]],
) -> None:
    """Epoch by epoch; the validation loss decides as in the app what follows from it."""
    import keras

    best_loss, best = math.inf, learner.get_weights()
    since_best = on_plateau = 0
    factor = 1.0
    diverged = False

    def set_learning_rate(batch: int, logs: Any) -> None:
        step = epoch * feed.steps + batch
        rate = schedules.learning_rate(config, step, config.epochs * feed.steps)
        by_hand = math.prod(change for first, change in rate_changes if first <= step)
        learner.optimizer.learning_rate = by_hand * factor * rate

    before_each_step = keras.callbacks.LambdaCallback(on_train_batch_begin=set_learning_rate)
    for epoch in range(config.epochs):
        learned = learner.fit(
            feed.batches(epoch),
            steps_per_epoch=feed.steps,
            callbacks=[before_each_step, keras.callbacks.TerminateOnNaN()],
            shuffle=False,
            verbose=2,
        )
        loss = learned.history["loss"][-1]
        if math.isfinite(loss) and len(parts.validation_labels):
            images = parts.validation_images[..., None] / np.float32(255)
            answers = keras.utils.to_categorical(parts.validation_labels, learner.output_shape[-1])
            loss, accuracy = learner.evaluate(images, answers, verbose=0)
            print(f"epoch {epoch + 1}: validation loss {loss:.4f}, {accuracy:.2%} right")
            since_best, on_plateau = since_best + 1, on_plateau + 1
            if loss < best_loss:
                best_loss, best = loss, learner.get_weights()
                since_best = on_plateau = 0
        diverged = not math.isfinite(loss)
        if diverged:
            print("The training diverged: what it had learned best before is kept.")
            break
        # A schedule already decides the learning rate.
        if config.schedule == "constant" and 0 < config.plateau <= on_plateau:
            on_plateau = 0
            factor *= standing.PLATEAU_FACTOR
        if 0 < config.early_stopping <= since_best:
            break
    if diverged or config.early_stopping:
        learner.set_weights(best)


def script(config: TrainingConfig, card: ModelCard | None = None, title: str = "") -> str:
    """A Python script that repeats a run: same pictures, network, augmentation and chance.

    Args:
        card: of the run's model, for what it reached and what cannot be repeated.
        title: the name for people; the card's if not given.
    """
    copied = extract(repeat, config)
    intro = _in_docstring("\n\n".join(_intro(copied, card, title)))
    sections = [f"# {section.purpose}\n\n{section.code}" for section in copied.sections]
    ending = f'if __name__ == "__main__":\n    {_call(card)}\n'
    return "\n\n\n".join([f'"""{intro}\n"""\n\n{copied.imports}', *sections, ending])


def notebook(config: TrainingConfig, card: ModelCard | None = None, title: str = "") -> str:
    """The same as a Jupyter notebook, nbformat 4.5, as JSON."""
    copied = extract(repeat, config)
    cells = [
        _cell("markdown", "# " + "\n\n".join(_intro(copied, card, title))),
        _cell("code", copied.imports),
    ]
    for section in copied.sections:
        cells += [_cell("markdown", f"## {section.purpose}"), _cell("code", section.code)]
    cells.append(_cell("code", _call(card)))
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    book = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {"kernelspec": kernel, "language_info": {"name": "python"}},
        "cells": [{"id": f"cell-{number}", **cell} for number, cell in enumerate(cells)],
    }
    return json.dumps(book, indent=1)


def _call(card: ModelCard | None) -> str:
    """The line that does it all."""
    told = card.training.get("learning rate changes", []) if card else []
    changes = [(int(step), float(factor)) for step, factor in told]
    by_hand = f", rate_changes={changes}" if changes else ""
    return f"repeat(TrainingConfig(){by_hand})"


def _cell(kind: str, text: str) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": text}
    return cell | {"execution_count": None, "outputs": []} if kind == "code" else cell


def _intro(copied: Extract, card: ModelCard | None, title: str) -> list[str]:
    """Paragraphs: the name, how to run it, what it reached, and what it cannot repeat."""
    name = title or (card.title if card else "") or "A training run of Digit Lab"
    paragraphs = [
        _one_line(name),
        "This repeats one training run of Digit Lab without the app. It needs:",
        "    pip install " + " ".join(_requirements(copied)),
    ]
    if card is None:
        return paragraphs
    for what, figures in card.results.items():
        paragraphs.append(
            f"The run read {figures['accuracy']:.2%} of {figures['images']:,} pictures right "
            f"({_one_line(what)})."
        )
    if card.training.get("pen drawings among them"):
        paragraphs.append("It also learned from pen drawings, which are missing here.")
    if card.training.get("started from a model"):
        paragraphs.append("It began with what another model knew; this begins by chance.")
    if card.training.get("teachers"):
        paragraphs.append("It learned what other models answer; this learns the labels instead.")
    if card.training.get("learning rate changes"):
        paragraphs.append("Its learning rate was changed by hand while it ran, and is here too.")
    if card.training.get("diverged"):
        paragraphs.append(
            "It diverged: its loss was no number any more. This stops there too, and keeps what it "
            "had learned best before."
        )
    elif card.training.get("stopped early"):
        paragraphs.append("It was stopped before its end; this goes on to the end.")
    return paragraphs


def _requirements(copied: Extract) -> list[str]:
    """The libraries that are imported, each in the version that is installed here."""
    text = "\n".join([copied.imports, *(section.code for section in copied.sections)])
    modules = set(re.findall(r"^ *(?:import|from) (\w+)", text, re.MULTILINE))
    modules |= {"tensorflow"}
    return sorted(
        f"{PACKAGES.get(module, module)}=={_version(PACKAGES.get(module, module))}"
        for module in modules - sys.stdlib_module_names
    )


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        # The same library without the parts for GPUs, under a name of its own.
        return importlib.metadata.version(f"{package}-cpu")


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _in_docstring(text: str) -> str:
    """Harmless between three quotes, whatever somebody called the run."""
    return text.replace("\\", "\\\\").replace('"', "'")
