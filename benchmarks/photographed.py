"""Measure how well photographed digits are read: `python -m benchmarks.photographed`.

Each row is a kind of paper, light or board, each with digits of MNIST's test set and of writers
that nobody trained on, at another size, slant, place and pen every time. A picture is read twice by
the same model: the common way, shrunk to 28 x 28 as it is and inverted if it is light, and this
app's way.
"""

import io
import math
import os
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from benchmarks.drawn import TABLET
from benchmarks.support import options
from benchmarks.support.scenes import SCENES, Glyph
from mnist_app.core.data import datasets, pen_digits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import decode
from mnist_app.core.ink import SIDE
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_picture

# Ink is drawn this many times larger, then averaged.
FINE = 2


@click.command()
@click.option("--count", default=100, show_default=True, help="Pictures of each kind.")
@click.option("--seed", default=2, show_default=True, help="Where chance begins.")
@click.option("--training", is_flag=True, help="Use digits of the training sets: to try changes.")
@click.option("--kind", "kinds", multiple=True, help="Only these kinds of paper.")
@options.model
def main(count: int, seed: int, training: bool, kinds: tuple[str, ...], model: Path) -> None:
    """Print how many pictures of each kind are read right in each way."""
    try:
        classifier = model_store.classifier(model)
        digits = Handwriting(training)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{'read right, of ' + str(count):32} {'common way':>11} {'this app':>9}")
    sums = np.zeros(2)
    chosen = [name for name in SCENES if name in kinds or not kinds]
    for name in chosen:
        fractions = _measured(name, count, seed, digits, classifier)
        sums += fractions
        click.echo(f"{name:32} {fractions[0]:11.1%} {fractions[1]:9.1%}")
    click.echo(f"{'all':32} {sums[0] / len(chosen):11.1%} {sums[1] / len(chosen):9.1%}")


def _measured(
    name: str, count: int, seed: int, digits: "Handwriting", classifier: Classifier
) -> np.ndarray:
    """The fraction read right the common way and this app's way, float64 (2,)."""
    labels, common, ours = [], [], []
    for label, data in photographs(name, count, seed, digits):
        labels.append(label)
        common.append(shrunk(data))
        found = read_picture(decode(data), classifier).digits
        ours.append(found[0].image if found else np.zeros((SIDE, SIDE), dtype=np.uint8))
    answers = [classifier.probabilities(np.stack(way)).argmax(axis=1) for way in (common, ours)]
    return np.array([np.mean(answer == labels) for answer in answers])


def shrunk(data: bytes) -> np.ndarray:
    """The common way into the network: uint8 (28, 28), inverted if it is light."""
    with Image.open(io.BytesIO(data)) as picture:
        grey = picture.convert("L").resize((SIDE, SIDE))
    image = np.asarray(grey)
    return 255 - image if image.mean() > 127 else image


class Handwriting:
    """Digits by chance: half of them pictures of MNIST, half of them strokes."""

    def __init__(self, training: bool) -> None:
        mnist = datasets.load("mnist", allow_download=False)
        self._images = mnist.train_images if training else mnist.test_images
        self._labels = mnist.train_labels if training else mnist.test_labels
        strokes = Path(os.environ.get("MNIST_APP_DATA", "")) / pen_digits.PEN_STROKES
        self._drawings = [
            (label, drawing)
            for label, writer, drawing in pen_digits.read_pen_strokes(strokes)
            if bool(pen_digits.is_held_out(np.array(writer))) != training
        ]

    def draw(self, shape: tuple[int, int], rng: np.random.Generator) -> tuple[int, Glyph]:
        """A digit somewhere on a sheet of this height and width."""
        tall = rng.uniform(0.3, 0.75) * shape[0]
        slant = rng.uniform(-10, 10)
        if rng.random() < 0.5:
            number = int(rng.integers(len(self._images)))
            label, glyph = int(self._labels[number]), _enlarged(self._images[number], tall)
        else:
            label, drawing = self._drawings[int(rng.integers(len(self._drawings)))]
            glyph = written(drawing, tall, tall * math.exp(rng.uniform(math.log(0.03), -1.9)))
        turned = glyph.rotate(slant, Image.Resampling.BILINEAR, expand=True)
        return label, _placed(turned, shape, rng)


def _enlarged(image: np.ndarray, tall: float) -> Image.Image:
    """A digit of MNIST with smooth edges, `tall` pixels high; its pen is a tenth of that."""
    side = round(tall * SIDE / 20)
    large = Image.fromarray(image).resize((side, side), Image.Resampling.BICUBIC)
    soft = large.filter(ImageFilter.GaussianBlur(side / SIDE / 3))
    steep = (np.asarray(soft, dtype=np.float64) - 110) / 40
    return Image.fromarray(np.round(255 * np.clip(steep + 0.5, 0, 1)).astype(np.uint8))


def written(drawing: Drawing, tall: float, pen: float) -> Image.Image:
    """Strokes `tall` pixels in their larger extent, by a round pen this wide; "L", 255 is ink."""
    points = np.concatenate(drawing.strokes)
    low, high = points.min(axis=0), points.max(axis=0)
    scale = FINE * tall / max(float((high - low).max()), TABLET / 100)
    width, margin = FINE * max(pen, 1.2), FINE * (pen + 2)
    size = np.ceil((high - low) * scale + 2 * margin).astype(int)
    picture = Image.new("L", (int(size[0]), int(size[1])))
    canvas = ImageDraw.Draw(picture)
    for stroke in drawing.strokes:
        line = [(x, y) for x, y in ((stroke - low) * scale + margin).tolist()]
        canvas.line(line, fill=255, width=round(width), joint="curve")
        for x, y in line:
            canvas.circle((x, y), width / 2, fill=255)
    return picture.reduce(FINE)


def _placed(glyph: Image.Image, shape: tuple[int, int], rng: np.random.Generator) -> Glyph:
    height, width = shape
    sheet = Image.new("L", (width, height))
    room = (0.8 * width - glyph.width, 0.8 * height - glyph.height)
    left, top = (
        round(0.1 * side + rng.uniform(0.3, 0.7) * free)
        for side, free in zip((width, height), room, strict=True)
    )
    sheet.paste(glyph, (left, top))
    return np.asarray(sheet, dtype=np.float64) / 255


def photographs(
    name: str, count: int, seed: int, digits: Handwriting
) -> Iterator[tuple[int, bytes]]:
    """Labels and JPEG files of one kind of paper."""
    rng = np.random.default_rng([seed, *name.encode()])
    for _ in range(count):
        longer = round(math.exp(rng.uniform(math.log(240), math.log(1100))))
        shorter = round(longer * rng.uniform(0.6, 1))
        shape = (longer, shorter) if rng.random() < 0.5 else (shorter, longer)
        label, glyph = digits.draw(shape, rng)
        yield label, taken(SCENES[name](glyph, rng), rng)


def taken(view: np.ndarray, rng: np.random.Generator) -> bytes:
    """Add the noise and the JPEG artefacts of a camera."""
    noisy = view + rng.normal(0, rng.uniform(0.003, 0.02), view.shape)
    pixels = np.round(np.clip(noisy, 0, 1) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", quality=int(rng.integers(55, 96)))
    return buffer.getvalue()


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.photographed")
