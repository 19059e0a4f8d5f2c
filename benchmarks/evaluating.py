"""Time the evaluation of the test pictures: `python -m benchmarks.evaluating`."""

import os
import statistics
import time
from pathlib import Path

import click

from benchmarks.support import options
from benchmarks.support.commands import told
from benchmarks.support.report import Figure, machine, printed
from mnist_app.core.data import datasets
from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.metrics import evaluate
from mnist_app.core.models import model_store
from tests.support.servers import ROOT

MOST_SECONDS = 3
MOST_FIRST_RATIO = 1


def beside(before: Path, repeats: int) -> list[Figure]:
    """Evaluate the shipped model in fresh processes, in turn here and in a checkout `before`."""
    seconds: dict[Path, list[list[float]]] = {ROOT: [], before: []}
    for _ in range(repeats):
        for checkout, found in seconds.items():
            words = ["benchmarks.evaluating", "--repeats=1", "--format=json"]
            figures = told(words, checkout)["figures"]
            found.append([figure["this_app"] for figure in figures])
    now, earlier = (
        [statistics.median(column) for column in zip(*found, strict=True)]
        for found in seconds.values()
    )
    return [
        Figure("the first time", "s", now[0], most_ratio=MOST_FIRST_RATIO, before=earlier[0]),
        Figure("again", "s", now[1], before=earlier[1]),
    ]


def alone(model: Path, repeats: int) -> list[Figure]:
    """Evaluate a model in this process, once and then `repeats` times more."""
    dataset = datasets.load(_dataset_name())
    classifier = model_store.classifier(model, threads=2)
    seconds = []
    for _ in range(1 + repeats):
        started = time.perf_counter()
        evaluate(classifier, dataset.test_images, dataset.test_labels)
        seconds.append(time.perf_counter() - started)
    first, *others = seconds
    return [
        Figure("the first time", "s", first, most=MOST_SECONDS),
        Figure("again", "s", statistics.median(others), most=MOST_SECONDS),
    ]


def _dataset_name() -> str:
    return "mnist" if datasets.availability("mnist").place else "optdigits"


@click.command()
@options.model
@options.repeats(5)
@options.before
@options.form
def main(model: Path, repeats: int, before: Path | None, form: str) -> None:
    """Print the time of the first evaluation in a process, and of those after it."""
    facts = {"machine": machine(), "images": f"the test set of {_dataset_name()}"}
    try:
        figures = beside(before, repeats) if before else alone(model, repeats)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    click.echo(printed(figures, {**facts, "repeats": repeats}, form))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.evaluating")
