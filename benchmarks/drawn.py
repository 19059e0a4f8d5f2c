"""Measure how well real hands are read: `python -m benchmarks.drawn`.

Each row is a set of drawings nobody trained on. It is read by the network of Keras' example and by
this app's, each in two ways: shrunk, the canvas at 28 x 28 as it is, and framed, brought to MNIST's
frame first. The first column is the common way, the last this app's.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw

from benchmarks.support import example, options, strangers
from mnist_app.core.data import datasets, pen_digits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.metrics import BINS, EvaluationReport, calibration_error, evaluate
from mnist_app.core.ink import SIDE
from mnist_app.core.ink.drawings import Strokes
from mnist_app.core.ink.raster import STROKE_WIDTH, raster_to_input
from mnist_app.core.models import model_store

CANVAS = 320
BRUSH = 18
# The tablet on which the pen strokes were written, in its own units.
TABLET = 500
# Enough for a median.
SHAPES = 2_000
TEST, PENS = "MNIST's test set", "pen strokes of held-out writers"


@dataclass(frozen=True)
class Drawn:
    """A set of drawings in both ways, uint8 (n, 28, 28), with labels, int64 (n,)."""

    name: str
    shrunk: np.ndarray
    framed: np.ndarray
    labels: np.ndarray


@click.command()
@options.model
def main(model: Path) -> None:
    """Print how much is read right in each way, how honest it is, and what it holds back on."""
    try:
        classifier = model_store.classifier(model)
        mnist = datasets.load("mnist", allow_download=False)
        strokes = Path(os.environ.get("MNIST_APP_DATA", "")) / pen_digits.PEN_STROKES
        pens = pen_digits.load_pen_strokes(strokes).by_writer(pen_digits.is_held_out)
        drawn = _pen_canvases(strokes)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    networks = (example.trained(mnist), classifier)
    click.echo(f"\n{'read right':34} {'Keras example':>21} {'this network':>21}")
    click.echo(f"{'':34} {'shrunk':>10} {'framed':>10} {'shrunk':>10} {'framed':>10}")
    reports: dict[str, EvaluationReport] = {}
    sets = [Drawn(PENS, drawn, pens.images, pens.labels)]
    for drawings in [*sets, *_mnist_sets(mnist.test_images, mnist.test_labels)]:
        ways = [
            evaluate(network, images, drawings.labels)
            for network in networks
            for images in (drawings.shrunk, drawings.framed)
        ]
        reports[drawings.name] = ways[-1]
        click.echo(f"{drawings.name:34}" + "".join(f" {way.accuracy:10.2%}" for way in ways))
    click.echo(f"\nexpected calibration error, {BINS} bins")
    for name in (TEST, PENS):
        click.echo(f"{name:34} {calibration_error(reports[name]):10.2%}")
    answers = {name: reports[name].probabilities for name in (TEST, PENS)}
    click.echo("")
    for line in strangers.table(answers, classifier):
        click.echo(line)
    click.echo("\nwhat the network gets")
    click.echo(f"{'':34} {'MNIST':>10} {'strokes':>10}")
    ours_of, mnist_of = _shape(pens.images), _shape(mnist.test_images)
    for name in ours_of:
        click.echo(f"{name:34} {mnist_of[name]:10.2f} {ours_of[name]:10.2f}")


def _pen_canvases(path: Path) -> np.ndarray:
    """The held-out writers' canvases, shrunk as they are, uint8 (n, 28, 28)."""
    return np.stack(
        [
            _shrunk_canvas(drawing.strokes)
            for _, writer, drawing in pen_digits.read_pen_strokes(path)
            if pen_digits.is_held_out(np.array(writer))
        ]
    )


def _shrunk_canvas(strokes: Strokes) -> np.ndarray:
    picture = Image.new("L", (CANVAS, CANVAS))
    pen = ImageDraw.Draw(picture)
    for stroke in strokes:
        points = [(x, y) for x, y in (stroke * CANVAS / TABLET).tolist()]
        pen.line(points, fill=255, width=BRUSH, joint="curve")
    return np.asarray(picture.resize((SIDE, SIDE)))


def _mnist_sets(images: np.ndarray, labels: np.ndarray) -> list[Drawn]:
    chance = np.random.default_rng(0)
    changes: dict[str, Callable[[np.ndarray], np.ndarray]] = {
        TEST: lambda image: image,
        "turned by up to 15 degrees": lambda image: _moved(image, turn=chance.uniform(-15, 15)),
        "shifted by up to 4 pixels": lambda image: _moved(image, shift=chance.uniform(-4, 4, 2)),
        "scaled by 0.7 to 1.3": lambda image: _moved(image, scale=chance.uniform(0.7, 1.3)),
        "strokes thinned by 1 pixel": lambda image: _thickened(image, -1),
        "strokes thickened by 1 pixel": lambda image: _thickened(image, 1),
    }
    sets = []
    for name, change in changes.items():
        changed = np.stack([change(image) for image in images])
        fitted = np.stack([raster_to_input(image / 255) for image in changed])
        # Another size is cut back to the field that the common way sees.
        edge = (changed.shape[1] - SIDE) // 2
        shrunk = changed[:, edge : edge + SIDE, edge : edge + SIDE]
        sets.append(Drawn(name, shrunk, fitted, labels))
    return sets


def _moved(
    image: np.ndarray, turn: float = 0.0, scale: float = 1.0, shift: np.ndarray | None = None
) -> np.ndarray:
    """Turned in degrees, scaled and shifted about the middle of a wider field, uint8 (44, 44)."""
    from skimage.transform import AffineTransform, warp

    field = np.pad(image, 8)
    middle = (field.shape[0] - 1) / 2
    there = AffineTransform(translation=(-middle, -middle))
    change = AffineTransform(
        rotation=np.deg2rad(turn), scale=scale, translation=(0, 0) if shift is None else shift
    )
    back = AffineTransform(translation=(middle, middle))
    moved = warp(field, (there + change + back).inverse, order=3, preserve_range=True)
    return np.clip(np.round(moved), 0, 255).astype(np.uint8)


def _thickened(image: np.ndarray, pixels: int) -> np.ndarray:
    """Strokes wider by `pixels`, or thinner when negative: half of it on either side."""
    from skimage.morphology import dilation, disk, erosion

    large = np.asarray(
        Image.fromarray(image).resize((4 * SIDE, 4 * SIDE), Image.Resampling.BICUBIC)
    )
    grown = (dilation if pixels > 0 else erosion)(large, disk(2 * abs(pixels)))
    return np.asarray(Image.fromarray(grown).resize((SIDE, SIDE), Image.Resampling.BOX))


def _shape(images: np.ndarray) -> dict[str, float]:
    """Medians over pictures, uint8 (n, 28, 28), of what a network sees of the ink's form."""
    from scipy import ndimage
    from skimage.morphology import skeletonize

    rows: dict[str, list[float]] = {
        f"stroke width (drawn at {STROKE_WIDTH:g} pixels)": [],
        "centre of mass, row": [],
        "centre of mass, column": [],
        "larger extent in pixels": [],
        "share of grey among the ink": [],
    }
    for image in images[:SHAPES]:
        ink = image > 0
        large = np.asarray(
            Image.fromarray(image).resize((4 * SIDE, 4 * SIDE), Image.Resampling.BILINEAR)
        )
        thick = large > 127
        width = 2 * ndimage.distance_transform_edt(thick)[skeletonize(thick)].mean() / 4
        extent = max(np.ptp(np.flatnonzero(ink.any(axis=axis))) + 1 for axis in (0, 1))
        grey = float((ink & (image < 250)).sum() / ink.sum())
        values = (width, *ndimage.center_of_mass(image), extent, grey)
        for name, value in zip(rows, values, strict=True):
            rows[name].append(float(value))
    return {name: float(np.median(values)) for name, values in rows.items()}


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.drawn")
