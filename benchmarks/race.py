"""Time one training on MNIST in a process of its own: `python -m benchmarks.race WAY`.

`benchmarks.training` starts one after the other; none warms the next.
"""

import importlib
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

import click
import numpy as np

from benchmarks.support import example
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import signed
from mnist_app.core.ink.drawings import drawing_from_points
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.plots import run_charts
from mnist_app.core.plots.charts import as_json
from mnist_app.core.presets import PRESETS
from mnist_app.core.runs.progress import Progress
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.components.pixel_images import picture_grid, tiles
from tests.support.drawings import STROKES

# As often as the Train page asks how a run stands.
REFRESH_SECONDS = 0.5


@dataclass(frozen=True)
class Mark:
    """A validation.

    Attributes:
        seconds, cpu_seconds: since the training was called, by the clock and of all processors.
        images: how many pictures were learned from since.
        accuracy: fraction of the validation pictures read right, 0..1.
    """

    seconds: float
    cpu_seconds: float
    images: int
    accuracy: float


class Stopwatch:
    """Takes a mark at each validation; begins when it is made."""

    def __init__(self) -> None:
        self.marks: list[Mark] = []
        self._clock, self._processors = time.perf_counter(), time.process_time()

    def mark(self, images: int, accuracy: float) -> None:
        """Note a validation after so many pictures."""
        clock, processors = time.perf_counter(), time.process_time()
        self.marks.append(
            Mark(clock - self._clock, processors - self._processors, images, accuracy)
        )


def common_way(config: TrainingConfig, dataset: Dataset) -> list[Mark]:
    """The example as it is published, by plain `fit`, with the pictures that the app would use."""
    import keras

    from mnist_app.lab.networks.architectures import build
    from mnist_app.lab.training.input_pipeline import split

    keras.utils.set_random_seed(config.seed)
    parts = split(dataset, config)
    stopwatch = Stopwatch()
    classes = len(dataset.class_names)
    images, validation_images = (
        np.expand_dims(pictures.astype("float32") / 255, -1)
        for pictures in (parts.images, parts.validation_images)
    )
    labels, validation_labels = (
        keras.utils.to_categorical(numbers, classes)
        for numbers in (parts.labels, parts.validation_labels)
    )
    model = build(config.architecture, classes)
    model.compile(loss="categorical_crossentropy", optimizer="adam", metrics=["accuracy"])

    def after_epoch(epoch: int, logs: dict[str, float]) -> None:
        stopwatch.mark((epoch + 1) * len(images), logs["val_accuracy"])

    model.fit(
        images,
        labels,
        batch_size=config.batch_size,
        epochs=config.epochs,
        validation_data=(validation_images, validation_labels),
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=after_epoch)],
        verbose=0,
    )
    return stopwatch.marks


def this_app(config: TrainingConfig, dataset: Dataset) -> list[Mark]:
    """This app's `train`, and nobody watches."""
    return _train(config, dataset, lambda progress: None, watch=False)


def watched(config: TrainingConfig, dataset: Dataset) -> list[Mark]:
    """The same, watched as on the Train page: looked at, reported, shown twice a second."""
    shown = _Page(dataset)
    with shown:
        drawing = strokes_to_input(drawing_from_points([STROKES[0]]))
        return _train(config, dataset, shown.tell, watch=True, drawing=drawing)


def _train(
    config: TrainingConfig, dataset: Dataset, tell: Callable[[Progress], None], **more: Any
) -> list[Mark]:
    from mnist_app.lab.training.fit import train

    stopwatch = Stopwatch()

    def report(progress: Progress) -> None:
        if len(progress.validation) > len(stopwatch.marks):
            steps = (progress.epoch - 1) * progress.steps + progress.step
            stopwatch.mark(steps * config.batch_size, progress.validation[-1].accuracy)
        tell(progress)

    train(config, dataset, report, **more)
    return stopwatch.marks


class _Page:
    """Turns the latest report into charts and pictures, as the Train page does."""

    def __init__(self, dataset: Dataset) -> None:
        self._dataset = dataset
        self._latest: Progress | None = None
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._show_all, daemon=True)

    def tell(self, progress: Progress) -> None:
        self._latest = progress

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._is_over.set()
        self._thread.join()

    def _show_all(self) -> None:
        while not self._is_over.wait(REFRESH_SECONDS):
            if self._latest is not None:
                show(self._latest, self._dataset)


def show(progress: Progress, dataset: Dataset) -> list[str]:
    """The charts as JSON and the pictures as HTML."""
    names, epochs = dataset.class_names, progress.epochs
    figures = [
        run_charts.run_curves(run_charts.ERROR, progress.training, progress.validation, epochs),
        run_charts.run_curves(run_charts.LOSS, progress.training, progress.validation, epochs),
        run_charts.learning_rate_curve(progress.training, epochs),
        run_charts.class_accuracy_curves(
            progress.validation, progress.class_accuracy, names, epochs
        ),
        run_charts.opinion_curves(progress.opinions, names, epochs),
    ]
    shown = [as_json(figure) for figure in figures]
    hardest = [(dataset.train_images[one.index], "", "wrong") for one in progress.hardest]
    shown.append(picture_grid(hardest))
    if progress.view is not None:
        seen = [(dataset.test_images[index], "", "right") for index in progress.view.indices]
        filters = [(signed(weights), "", "") for weights in progress.view.filters]
        shown += [tiles(seen, "watched"), tiles(filters, "filters")]
    return shown


WAYS = {"common": common_way, "ours": this_app, "watched": watched}


def config_of(way: str, seed: int, epochs: int = 0, preset: str = "one-minute") -> TrainingConfig:
    """The settings of a way; with its own number of epochs where `epochs` is 0."""
    values = example.CONFIG.as_dict() if way == "common" else PRESETS[preset]
    return TrainingConfig(**{**values, "seed": seed, **({"epochs": epochs} if epochs else {})})


@click.command()
@click.argument("way", type=click.Choice(list(WAYS)))
@click.option("--preset", type=click.Choice(list(PRESETS)), default="one-minute")
@click.option("--seed", type=click.IntRange(0), default=1)
@click.option("--epochs", type=click.IntRange(0), default=0, help="0: as many as it has.")
def main(way: str, preset: str, seed: int, epochs: int) -> None:
    """Train, and print the marks as JSON."""
    try:
        dataset = datasets.load("mnist", allow_download=False)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    # What is imported is in nobody's time.
    importlib.import_module("mnist_app.lab.training.fit")
    marks = WAYS[way](config_of(way, seed, epochs, preset), dataset)
    click.echo(json.dumps([asdict(mark) for mark in marks]))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.race")
