"""Measure networks on pictures kept aside from training: `python -m benchmarks.validated`.

So few of them are read wrong that they are also asked for varied, as in the preset "taught", and
more strongly.
"""

import json
import os
from dataclasses import replace
from pathlib import Path

import click
import numpy as np

from benchmarks.support import options
from mnist_app.core.data import datasets
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.presets import PRESETS
from mnist_app.core.recognition.classifier import as_network_input
from mnist_app.core.settings import TrainingConfig
from mnist_app.lab.networks import model_files
from mnist_app.lab.networks.keras_classifier import KerasClassifier
from mnist_app.lab.training import augmentation
from mnist_app.lab.training.input_pipeline import split

VIEWS = 8
VARIED = TrainingConfig(**PRESETS["taught"])
STRONGLY = replace(
    VARIED, rotation=25.0, shift=2.5, zoom=0.2, shear=12.0, elastic=1.5, thickness=0.9
)


@click.command()
@click.argument("models", type=click.Path(path_type=Path, dir_okay=False), nargs=-1)
@options.form
def main(models: tuple[Path, ...], form: str) -> None:
    """Print of MODELS (the shipped one if none is given) the loss, and how many are read wrong."""
    try:
        readers = {
            str(path): KerasClassifier(model_files.load(path))
            for path in models or (model_store.SHIPPED,)
        }
        kept = split(datasets.load("mnist", allow_download=False), VARIED)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    images, labels = kept.validation_images, kept.validation_labels
    sets = {
        "as they are": images,
        f"varied, {VIEWS} times": _varied(images, VARIED),
        f"strongly varied, {VIEWS} times": _varied(images, STRONGLY),
    }
    rows = {
        path: {name: _measured(reader, seen, labels) for name, seen in sets.items()}
        for path, reader in readers.items()
    }
    if form == "json":
        click.echo(json.dumps(rows))
        return
    for path, measured in rows.items():
        click.echo(path)
        for name, figures in measured.items():
            click.echo(
                f"  {name:26} loss {figures['loss']:.4f}"
                f"   {figures['wrong']:4} of {figures['pictures']:,} wrong"
            )


def _varied(images: np.ndarray, config: TrainingConfig) -> np.ndarray:
    """Pictures uint8 (n, 28, 28), each varied anew in each view: (VIEWS * n, 28, 28)."""
    floats = as_network_input(images)
    views = [
        augmentation.augment(floats, np.array([config.seed, view]), config) for view in range(VIEWS)
    ]
    return np.round(255 * np.concatenate(views)[..., 0]).astype(np.uint8)


def _measured(reader: KerasClassifier, images: np.ndarray, labels: np.ndarray) -> dict[str, float]:
    """Of pictures whose labels are repeated as often as there are views of them."""
    from sklearn.metrics import log_loss

    true = np.resize(labels, len(images))
    found = reader.probabilities(images)
    wrong = int((found.argmax(axis=1) != true).sum())
    loss = float(log_loss(true, found, labels=np.arange(found.shape[1])))
    return {"loss": loss, "wrong": wrong, "pictures": len(images)}


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.validated")
