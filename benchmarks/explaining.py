"""Time how long an image takes to be explained: `python -m benchmarks.explaining`."""

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
import numpy as np

from benchmarks.support import options
from benchmarks.support.report import machine
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.counterfactual import smallest_change
from mnist_app.core.explaining.explanation_pictures import attributed, marked, sheet
from mnist_app.core.explaining.explanations import Explanation, GradientExplanation, explain
from mnist_app.core.explaining.saliency import integrated_gradients, occlusion
from mnist_app.core.images.pictures import png
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.models import layer_list, model_store
from mnist_app.lab.explaining.explain import explain_by_gradients
from mnist_app.lab.explaining.gradients import KerasLogits
from mnist_app.lab.networks import model_files

MOST_MS = 500
WARM_UP = 2


@click.command()
@options.model
@click.option("--images", type=click.IntRange(1), default=30, help="How many are explained.")
def main(model: Path, images: int) -> None:
    """Print the time of each part and of all for one image, and how many minds were changed."""
    try:
        name = "mnist" if datasets.availability("mnist").place else "optdigits"
        chosen = datasets.load(name).test_images[: WARM_UP + images]
        times, found = _times(model, name, chosen)
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{'ms an image':44} {'median':>8} {'95 %':>8} {'CPU':>8}")
    for part, rows in times.items():
        wall, cpu = np.array(rows[WARM_UP:]).T * 1000
        click.echo(
            f"{part:44} {np.median(wall):8.0f} {np.percentile(wall, 95):8.0f} {np.median(cpu):8.0f}"
        )
    slowest = np.percentile([wall for wall, _ in times["all by LiteRT"][WARM_UP:]], 95) * 1000
    met = "met" if slowest <= MOST_MS else "NOT met"
    click.echo(f"\naim: all by LiteRT in at most {MOST_MS} ms for 95 % of the images: {met}")
    click.echo(f"minds changed: {found} of {len(chosen)}, images of {name}")
    click.echo(", ".join(f"{fact} {value}" for fact, value in machine().items()))


def _times(
    model: Path, dataset: str, images: np.ndarray
) -> tuple[dict[str, list[tuple[float, float]]], int]:
    """Seconds, by the clock and of the processors, that each part took for each image.

    Args:
        dataset: the name of that whose pictures a change may go towards.
        images: uint8 (n, 28, 28).

    Returns:
        The times by part, and for how many images a change of mind was found.

    Raises:
        DigitLabError: the model is missing or broken.
    """
    classifier, layers = model_store.classifier(model), layer_list.read_layers(model)
    network = KerasLogits(model_files.load(model))
    known, data = datasets.load(dataset), model.read_bytes()

    def gradients(image: np.ndarray) -> GradientExplanation:
        return explain_by_gradients(
            data,
            dataset,
            DIGIT_NAMES,
            image,
            None,
            report=lambda fraction: None,
            control=RunControl(),
        )

    times: dict[str, list[tuple[float, float]]] = {}
    found = 0
    for image in images:
        light, heavy = explain(classifier, layers, image), gradients(image)
        answer, rival = np.argsort(-light.layers[-1].values, kind="stable")[:2].tolist()
        guides = known.train_images[known.train_labels == rival]
        parts: dict[str, Callable[[], object]] = {
            "layers": partial(classifier.inside, image.astype(np.float32) / 255),
            "occlusion": partial(occlusion, classifier, image, answer),
            "all by LiteRT": partial(explain, classifier, layers, image),
            "integrated gradients": partial(integrated_gradients, network, image, answer),
            "change of mind": partial(smallest_change, network, image, rival, guides),
            "all by a worker": partial(gradients, image),
            "pictures of all that": partial(_pictures, light, heavy),
        }
        for part, work in parts.items():
            times.setdefault(part, []).append(_seconds(work))
        found += heavy.change is not None
    return times, found


def _pictures(light: Explanation, heavy: GradientExplanation) -> list[bytes]:
    """All that a page can show of an explanation, each a PNG file."""
    image = light.image
    shown = [sheet(layer.values) for layer in light.layers]
    maps = (heavy.gradient_map, light.occlusion_map)
    shown += [attributed(image, values) for values in maps]
    if heavy.change is not None:
        shown += [marked(image, heavy.change.difference), heavy.change.image]
    return [png(picture) for picture in shown]


def _seconds(work: Callable[[], object]) -> tuple[float, float]:
    clock, processors = time.perf_counter(), time.process_time()
    work()
    return time.perf_counter() - clock, time.process_time() - processors


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.explaining")
