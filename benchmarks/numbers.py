"""How well whole numbers are read: `python -m benchmarks.numbers`.

Numbers are put together from digits nobody trained on: pen strokes of one held-out writer each,
slanted at random, and MNIST's test pictures. A number counts as read when all of its digits are.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import click
import numpy as np

from benchmarks.support import options
from mnist_app.core.data import datasets, pen_digits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing, Strokes
from mnist_app.core.models import model_store
from mnist_app.core.recognition.reading import Reading, read_drawing, read_ink

LENGTHS = (2, 3, 5)
# Between the boxes of neighbours, in heights of a digit.
PEN_GAPS = {"spaced": (0.15, 0.5), "tight": (0.0, 0.12), "touching": (-0.15, 0.0)}
PEN_SLANT = 0.2
PEN_HEIGHT = 100.0
# Ink fainter than this does not touch its neighbour.
FULL = 0.3
# A digit's picture moves up or down by at most this many pixels.
DRIFT = 2

# What stands for one digit, and which it is.
Digits = Sequence[tuple[Strokes, int]]


@click.command()
@options.model
@click.option("--count", type=click.IntRange(1), default=200, help="Numbers a row.")
def main(model: Path, count: int) -> None:
    """Print the fraction of numbers that are read wholly right, and the time that one takes."""
    try:
        classifier = model_store.classifier(model)
        mnist = datasets.load("mnist", allow_download=False)
        writers = writers_of(pen_strokes(), held_out=True)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{'':44} {'read right':>11} {'ms':>6}")
    for name, drawings in drawn_rows(writers, count):
        read = partial(read_drawing, classifier=classifier, as_number=True)
        _show(name, [(text, *_timed(partial(read, drawing))) for drawing, text in drawings])
    for name, pictures in pictured_rows(mnist.test_images, mnist.test_labels, count):
        read = partial(read_ink, classifier=classifier, as_number=True)
        _show(name, [(text, *_timed(partial(read, picture))) for picture, text in pictures])


def pen_strokes() -> Path:
    """Return the path of the pen strokes."""
    return Path(os.environ.get("MNIST_APP_DATA", "")) / pen_digits.PEN_STROKES


def writers_of(path: Path, held_out: bool) -> list[Digits]:
    """The digits of each writer who is, or is not, held out.

    Raises:
        DigitLabError: see `pen_digits.read_pen_strokes`.
    """
    writers: dict[int, list[tuple[Strokes, int]]] = {}
    for label, writer, drawing in pen_digits.read_pen_strokes(path):
        if bool(pen_digits.is_held_out(np.array(writer))) == held_out:
            writers.setdefault(writer, []).append((drawing.strokes, label))
    return list(writers.values())


def drawn_rows(
    writers: Sequence[Digits], count: int, seed: int = 0
) -> Iterator[tuple[str, list[tuple[Drawing, str]]]]:
    """For each length and spacing its name, and `count` numbers with what they say."""
    for length in LENGTHS:
        for spacing, gaps in PEN_GAPS.items():
            chance = np.random.default_rng(seed + length)
            yield (
                f"{length} digits, pen strokes, {spacing}",
                [
                    pen_number(writers[int(chance.integers(len(writers)))], length, gaps, chance)
                    for _ in range(count)
                ],
            )


def pictured_rows(
    images: np.ndarray, labels: np.ndarray, count: int, seed: int = 0
) -> Iterator[tuple[str, list[tuple[np.ndarray, str]]]]:
    """The same for pictures of ink."""
    for length in LENGTHS:
        for spacing in ("spaced", "touching"):
            chance = np.random.default_rng(seed + length)
            yield (
                f"{length} digits, MNIST, {spacing}",
                [
                    mnist_number(images, labels, length, spacing == "touching", chance)
                    for _ in range(count)
                ],
            )


def pen_number(
    digits: Digits, length: int, gaps: tuple[float, float], chance: np.random.Generator
) -> tuple[Drawing, str]:
    """A number in one hand, its strokes in any order, and what it says."""
    strokes: list[np.ndarray] = []
    text, right = "", 0.0
    for _ in range(length):
        lines, label = digits[int(chance.integers(len(digits)))]
        points = np.concatenate(lines)
        low, high = points.min(axis=0), points.max(axis=0)
        size = PEN_HEIGHT * chance.uniform(0.85, 1.15) / max(*(high - low), 1e-9)
        left = right + (PEN_HEIGHT * chance.uniform(*gaps) if text else 0.0)
        corner = [left, PEN_HEIGHT * chance.normal(0, 0.05)]
        strokes += [(line - [low[0], high[1]]) * size + corner for line in lines]
        right = left + (high[0] - low[0]) * size
        text += str(label)
    slant = chance.normal(0, PEN_SLANT)
    slanted = [np.column_stack([line[:, 0] - slant * line[:, 1], line[:, 1]]) for line in strokes]
    return Drawing([slanted[index] for index in chance.permutation(len(slanted))], 8.0), text


def mnist_number(
    images: np.ndarray,
    labels: np.ndarray,
    length: int,
    touching: bool,
    chance: np.random.Generator,
) -> tuple[np.ndarray, str]:
    """Ink, float64 (height, width) in 0..1, and what it says."""
    side = images.shape[1]
    sheet = np.zeros((side + 4 * DRIFT, (side + 10) * length))
    text, right = "", DRIFT
    for _ in range(length):
        index = int(chance.integers(len(images)))
        columns = np.flatnonzero(images[index].any(axis=0))
        digit = np.zeros((len(sheet), len(images[index].T[columns[0] : columns[-1] + 1])))
        top = 2 * DRIFT + int(chance.integers(-DRIFT, DRIFT + 1))
        digit[top : top + side] = images[index][:, columns[0] : columns[-1] + 1] / 255
        left = right
        if text:
            left += _overlapping(sheet, digit, right) if touching else int(chance.integers(2, 8))
        place = sheet[:, left : left + digit.shape[1]]
        np.maximum(place, digit, out=place)
        right, text = left + digit.shape[1], text + str(labels[index])
    return sheet, text


def _overlapping(sheet: np.ndarray, digit: np.ndarray, right: int) -> int:
    """Return how far left a digit must move to touch, at most half its width."""
    width = digit.shape[1]
    for move in range(0, -width // 2, -1):
        place = sheet[:, right + move : right + move + width]
        if ((place > FULL) & (digit > FULL)).any():
            return move
    return -width // 2


def _timed(read: Callable[[], Reading]) -> tuple[str, float]:
    started = time.perf_counter()
    return read().text, (time.perf_counter() - started) * 1000


def _show(name: str, readings: list[tuple[str, str, float]]) -> None:
    """Print a row of what was written, what was read, and the milliseconds it took."""
    right = np.mean([text == found for text, found, _ in readings])
    click.echo(f"{name:44} {right:11.1%} {np.median([ms for _, _, ms in readings]):6.1f}")


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.numbers")
