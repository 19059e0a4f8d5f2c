"""Choose what candidates cost in a layout: `python -m benchmarks.layout_costs`.

Numbers are put together, as `benchmarks.numbers` does, from digits that the model was trained on:
pen strokes of the writers who are not held out, and MNIST's training pictures. One cost at a time
is made smaller or larger, and kept so when more of half of the numbers are read, until nothing
helps; the other half only shows what that is worth. What is cut depends on the costs too, and stays
as it is meanwhile.
"""

import os
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np

from benchmarks import options
from benchmarks.numbers import drawn_rows, pen_strokes, pictured_rows, writers_of
from mnist_app.core.data import datasets
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.segmentation.layout import COSTS, Span, best_path
from mnist_app.core.recognition.segmentation.numbers import Judged, judge_drawing, judge_ink

FACTORS = (0.0, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0)
MOST_ROUNDS = 4
# Other numbers than the benchmark's.
SEED = 100
# A fraction that is better by less is no reason to change a cost.
LEAST_GAIN = 1e-4


@dataclass(frozen=True)
class Example:
    """A number, judged.

    Attributes:
        row: how it was put together.
        text: what it says.
        pieces: how many there are.
        digits: the best class of each candidate.
        log_probabilities: of that class, float64 (candidates,).
        features: float64 (candidates, len(COSTS)), see `Layout.features`.
    """

    row: str
    text: str
    pieces: int
    digits: dict[Span, str]
    log_probabilities: np.ndarray
    features: np.ndarray

    def is_read(self, costs: np.ndarray) -> bool:
        """Whether it is read right when candidates cost this much, float64 (len(COSTS),)."""
        gains = self.log_probabilities - self.features @ costs
        path = best_path(self.pieces, list(self.digits), gains)
        return "".join(self.digits[span] for span in path) == self.text


@click.command()
@options.model
@click.option("--count", type=click.IntRange(2), default=600, help="Numbers a row.")
def main(model: Path, count: int) -> None:
    """Print the costs that read most numbers, and the shares read before and after."""
    try:
        classifier = model_store.classifier(model)
        examples = list(_examples(classifier, count))
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    choosing, others = examples[::2], examples[1::2]
    before = np.array([*COSTS.values()])
    after = chosen(choosing, before)
    click.echo(f"{'':32} {'choosing':>17} {'others':>17}")
    fractions = [
        _fractions(half, costs) for half in (choosing, others) for costs in (before, after)
    ]
    for row in fractions[0]:
        click.echo(f"{row:32} " + " ".join(f"{fraction[row]:8.1%}" for fraction in fractions))
    means = [np.mean([*fraction.values()]) for fraction in fractions]
    click.echo(f"{'mean':32} " + " ".join(f"{mean:8.2%}" for mean in means))
    for name, old, new in zip(COSTS, before, after, strict=True):
        click.echo(f"{name:12} {old:6.2f} -> {new:6.2f}")


def _examples(classifier: Classifier, count: int) -> Iterator[Example]:
    writers = writers_of(pen_strokes(), held_out=False)
    mnist = datasets.load("mnist", allow_download=False)
    for row, drawings in drawn_rows(writers, count, SEED):
        for drawing, text in drawings:
            yield example(row, text, judge_drawing(drawing, classifier)[1])
    for row, pictures in pictured_rows(mnist.train_images, mnist.train_labels, count, SEED):
        for ink, text in pictures:
            yield example(row, text, judge_ink(ink, classifier)[1])


def example(row: str, text: str, judged: Judged) -> Example:
    """Keep of a judged number what choosing needs."""
    classes = judged.probabilities.argmax(axis=1)
    return Example(
        row,
        text,
        len(judged.layout.boxes),
        {span: str(digit) for span, digit in zip(judged.spans, classes, strict=True)},
        np.log(judged.sureness),
        judged.layout.features(judged.spans),
    )


def chosen(examples: Sequence[Example], costs: np.ndarray) -> np.ndarray:
    """Costs, float64 (len(COSTS),), with which more examples are read, each row counting alike."""
    best = _mean(examples, costs)
    for _ in range(MOST_ROUNDS):
        before = best
        for index in range(len(costs)):
            scales = np.ones((len(FACTORS), len(costs)))
            scales[:, index] = FACTORS
            tried = [(_mean(examples, costs * scale), scale) for scale in scales]
            fraction, scale = max(tried, key=lambda item: item[0])
            if fraction > best + LEAST_GAIN:
                best, costs = fraction, costs * scale
        if best == before:
            break
    return costs


def _mean(examples: Sequence[Example], costs: np.ndarray) -> float:
    return float(np.mean([*_fractions(examples, costs).values()]))


def _fractions(examples: Sequence[Example], costs: np.ndarray) -> dict[str, float]:
    read: dict[str, list[bool]] = defaultdict(list)
    for item in examples:
        read[item.row].append(item.is_read(costs))
    return {row: float(np.mean(rights)) for row, rights in read.items()}


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.layout_costs")
