"""Compare the answers of two commits: `python -m benchmarks.answers --before CHECKOUT`.

Both read MNIST's test set by the network alone, and by the command `read` the pen strokes of
`MNIST_APP_DATA`, photographed digits, and numbers of several digits. It prints how many answers
differ: another text, or the same one with another digit first.
"""

import itertools
import json
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import numpy as np

from benchmarks import numbers
from benchmarks.photographed import Handwriting, photographs
from benchmarks.support import options
from benchmarks.support.commands import output
from benchmarks.support.report import Figure, machine, printed
from benchmarks.support.scenes import SCENES
from mnist_app.core.data import pen_digits
from mnist_app.core.errors import DigitLabError
from tests.support.servers import ROOT

# Earlier commits have their modules in one folder, and the first of them load a model of Keras.
_TEST_SET = """
try:
    from mnist_app.core.data import datasets
    from mnist_app.core.models import model_store
except ImportError:
    from mnist_app import datasets, model_store
    from mnist_app.classifier import Classifier
classifier = (
    model_store.classifier(model_store.SHIPPED)
    if hasattr(model_store, "classifier")
    else Classifier(model_store.load(model_store.SHIPPED))
)
images = datasets.load("mnist", allow_download=False).test_images
print(*classifier.probabilities(images).argmax(axis=1), sep="\\n")
"""

Answers = list[str]


def test_set(checkout: Path) -> Answers:
    """Return the digit that the shipped model names for each picture of MNIST's test set."""
    return output(["-c", _TEST_SET], checkout).split()


def read(checkout: Path, files: Sequence[Path], *words: str) -> Answers:
    """Return what the command `read` makes of files, one text a drawing or picture."""
    command = ["-m", "mnist_app", "read", *map(str, files), "--format", "json", *words]
    return [json.loads(line)["text"] for line in output(command, checkout).splitlines()]


def write_photographs(folder: Path, count: int) -> list[Path]:
    """Write `count` pictures of each kind of paper, light or board; JPEG."""
    digits = Handwriting(training=False)
    made = (data for kind in SCENES for _, data in photographs(kind, count, 1, digits))
    paths = []
    for number, data in enumerate(made):
        paths.append(folder / f"photograph-{number}.jpg")
        paths[-1].write_bytes(data)
    return paths


def write_numbers(folder: Path, count: int) -> list[Path]:
    """Write `count` numbers of each length of pens' and MNIST's digits, wide apart; PNG."""
    writing, chance = numbers.held_out(), np.random.default_rng(0)
    paths: list[Path] = []
    for length, pictured, _ in itertools.product((2, 3, 5), (False, True), range(count)):
        paths.append(folder / f"number-{len(paths)}.png")
        written = numbers.number(writing, pictured, length, "wide", chance)
        numbers.save(numbers.ink_of(written), paths[-1])
    return paths


def differing(ours: Answers, before: Answers) -> int:
    """Return how many of as many answers differ."""
    return sum(one != other for one, other in zip(ours, before, strict=True))


@click.command()
@click.option(
    "--count", default=20, show_default=True, type=click.IntRange(1), help="Of each kind."
)
@options.before
@options.form
def main(count: int, before: Path | None, form: str) -> None:
    """Count the answers that are not those of an earlier commit."""
    if before is None:
        raise click.UsageError("Name a checkout with --before.")
    with tempfile.TemporaryDirectory() as folder:
        try:
            photographed = write_photographs(Path(folder), count)
            several = write_numbers(Path(folder), count)
        except DigitLabError as error:
            raise click.ClickException(str(error)) from error
        strokes = [Path(os.environ["MNIST_APP_DATA"]) / pen_digits.PEN_STROKES]
        ways: dict[str, Callable[[Path], Answers]] = {
            "MNIST's test set": test_set,
            "pen strokes": lambda checkout: read(checkout, strokes),
            "photographed digits": lambda checkout: read(checkout, photographed),
            "numbers": lambda checkout: read(checkout, several, "--as", "number"),
        }
        figures = [_figure(name, way, before) for name, way in ways.items()]
    click.echo(printed(figures, {"machine": machine()}, form))


def _figure(name: str, way: Callable[[Path], Answers], before: Path) -> Figure:
    click.echo(f"Reading: {name} ...", err=True)
    ours = way(ROOT)
    return Figure(
        f"{name}: other answers of {len(ours):,}", "", differing(ours, way(before)), most=0
    )


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.answers")
