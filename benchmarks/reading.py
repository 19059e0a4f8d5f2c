"""Time a reading: a drawing in process, and one picture by the command.

`python -m benchmarks.reading` reads a drawing beside the common way: what the canvas sends of it to
the probabilities. With `--before` it also runs `python -m mnist_app read` of one picture, a whole
process each time, in turn with the checkout of an earlier commit.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import click
import numpy as np
from PIL import Image

from benchmarks.support import common_app, options
from benchmarks.support.report import Figure, machine, printed
from mnist_app.core.ink.drawings import drawing_from_canvas
from mnist_app.core.models import model_store
from mnist_app.core.recognition.reading import read_drawing
from tests.support.drawings import STROKES, canvas_json, canvas_pixels
from tests.support.servers import ROOT

MOST_IN_PROCESS_MS = 5
MOST_COMMAND_RATIO = 0.2
WARM_UP = 3


def in_process(drawings: int) -> list[Figure]:
    """Time the way from what the canvas sends to the probabilities: no browser, no server.

    One way after the other, as neither shares its process with the other when it serves.
    """
    import keras

    classifier = model_store.classifier(model_store.SHIPPED)
    network = keras.models.load_model(model_store.SHIPPED, compile=False)

    def this_app(stroke: np.ndarray) -> Callable[[], object]:
        raw = canvas_json(stroke)
        return lambda: read_drawing(drawing_from_canvas(raw), classifier)

    def common_way(stroke: np.ndarray) -> Callable[[], object]:
        pixels = canvas_pixels(stroke)
        return lambda: common_app.predict(pixels, network)

    turns = [STROKES[number % len(STROKES)] for number in range(WARM_UP + drawings)]
    ours, common = (
        [_seconds(way(stroke)) * 1000 for stroke in turns][WARM_UP:]
        for way in (this_app, common_way)
    )
    name, (ours_50, ours_95), (common_50, common_95) = (
        "a drawing in process",
        *(np.percentile(times, [50, 95]).tolist() for times in (ours, common)),
    )
    return [
        Figure(f"{name}, p50", "ms", ours_50, common_50, most=MOST_IN_PROCESS_MS),
        Figure(f"{name}, p95", "ms", ours_95, common_95),
    ]


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def by_command(checkouts: Sequence[Path], repeats: int) -> list[list[float]]:
    """Read one picture in a process of its own, in turn in each checkout; seconds of each."""
    times: list[list[float]] = [[] for _ in checkouts]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "one.png"
        Image.fromarray(canvas_pixels(STROKES[0])).convert("L").save(picture)
        for _ in range(repeats):
            for checkout, found in zip(checkouts, times, strict=True):
                found.append(_seconds(partial(_read, picture, checkout)))
    return times


def _read(picture: Path, checkout: Path) -> None:
    command = [sys.executable, "-m", "mnist_app", "read", str(picture)]
    subprocess.run(command, cwd=checkout, check=True, capture_output=True)


@click.command()
@click.option("--drawings", default=30, show_default=True, type=click.IntRange(1))
@options.repeats(5)
@options.before
@options.form
def main(drawings: int, repeats: int, before: Path | None, form: str) -> None:
    """Time readings beside the common way and beside an earlier commit."""
    facts = {"machine": machine(), "drawings": drawings, "repeats of the command": repeats}
    figures = in_process(drawings)
    checkouts = [ROOT, before] if before else [ROOT]
    medians = [statistics.median(times) for times in by_command(checkouts, repeats)]
    figures.append(
        Figure(
            "one picture by the command `read`",
            "s",
            medians[0],
            most_ratio=MOST_COMMAND_RATIO,
            before=medians[1] if before else None,
        )
    )
    click.echo(printed(figures, facts, form))


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.reading")
