"""How long the test pictures take to be evaluated: `python -m benchmarks.evaluating`."""

import os
import time
from pathlib import Path
from statistics import median

import click

from benchmarks import options
from benchmarks.report import Figure, as_json, as_table, machine
from mnist_app import datasets, model_store
from mnist_app.errors import DigitLabError
from mnist_app.evaluation import evaluate

MOST_SECONDS = 3


@click.command()
@options.model
@click.option("--repeats", type=click.IntRange(1), default=5, help="After a first evaluation.")
@options.form
def main(model: Path, repeats: int, form: str) -> None:
    """Print the time of the first evaluation in a process, and the median of others."""
    try:
        name = "mnist" if datasets.availability("mnist").place else "optdigits"
        dataset = datasets.load(name)
        classifier = model_store.classifier(model)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    seconds = []
    for _ in range(1 + repeats):
        started = time.perf_counter()
        evaluate(classifier, dataset.test_images, dataset.test_labels)
        seconds.append(time.perf_counter() - started)
    first, *others = seconds
    figures = [
        Figure("the first time", "s", first, None, MOST_SECONDS),
        Figure("again", "s", median(others), None, MOST_SECONDS),
    ]
    images = f"{len(dataset.test_labels):,} of {name}"
    facts = {"machine": machine(), "images": images, "repeats": repeats}
    click.echo(as_json(figures, facts) if form == "json" else as_table(figures, facts))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.evaluating")
