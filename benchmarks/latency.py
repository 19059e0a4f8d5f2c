"""From stroke to answer: this app beside the way such apps are commonly written.

`python -m benchmarks.latency` measures both in one run, in process and in the browser. The
browser's times begin when the pen is lifted and hold all that a visitor waits for, the canvas
component's own pause among it.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from benchmarks import busy, common_app, options
from benchmarks.drawings import STROKES, canvas_json, canvas_pixels
from benchmarks.report import Figure, as_json, as_table, machine
from benchmarks.servers import Server, serve
from mnist_app import model_store
from mnist_app.ink import drawing_from_canvas
from mnist_app.reading import inputs_from_drawing, read_inputs

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from benchmarks.browser import Visitor

ROOT = Path(__file__).parent.parent
MOST_IN_PROCESS_MS = 5
LEAST_BROWSER_RATIO = 3
MOST_MEMORY_MB = 900
# The component waits this long after the pen is lifted before it sends anything.
CANVAS_PAUSE_MS = 200
BEYOND = f"browser, beyond the canvas' own {CANVAS_PAUSE_MS} ms"
SESSIONS = 5
DIGITS_A_SESSION = 8
WARM_UP = 3
PAGES = ("draw", "train", "predictions", "data")
IMPORTS_OF_THIS_APP = ", ".join(f"mnist_app.pages.{page}" for page in PAGES)
IMPORTS_OF_COMMON_WAY = "benchmarks.common_app, keras, tensorflow"


def in_process(model: Path, strokes: int) -> list[Figure]:
    """Time the way from what the canvas sends to the probabilities: no browser, no server.

    Args:
        model: a `.keras` file.
        strokes: how many each way reads; one way after the other, as neither shares its process
            with the other when it serves.
    """
    import keras

    classifier = model_store.classifier(model)
    network = keras.models.load_model(model, compile=False)

    def this_app(stroke: np.ndarray) -> Callable[[], object]:
        raw = canvas_json(stroke)
        return lambda: read_inputs(inputs_from_drawing(drawing_from_canvas(raw)), classifier)

    def common_way(stroke: np.ndarray) -> Callable[[], object]:
        pixels = canvas_pixels(stroke)
        return lambda: common_app.predict(pixels, network)

    turns = [STROKES[number % len(STROKES)] for number in range(WARM_UP + strokes)]
    ours = [_ms(this_app(stroke)) for stroke in turns][WARM_UP:]
    common = [_ms(common_way(stroke)) for stroke in turns][WARM_UP:]
    return _percentiles("in process", ours, common, most=MOST_IN_PROCESS_MS)


def _ms(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return (time.perf_counter() - started) * 1000


def imports(repeats: int) -> list[Figure]:
    """Time what each way imports before its first picture, in fresh interpreters."""
    ours, common, streamlit, tensorflow = (
        _import_seconds(modules, repeats)
        for modules in (IMPORTS_OF_THIS_APP, IMPORTS_OF_COMMON_WAY, "streamlit", "tensorflow")
    )
    return [
        Figure("import: all before the first picture", "s", ours, common),
        Figure("import: Streamlit alone", "s", streamlit, streamlit),
        Figure("import: TensorFlow alone", "s", tensorflow, tensorflow),
    ]


def _import_seconds(modules: str, repeats: int) -> float:
    script = (
        f"import time; started = time.perf_counter(); import {modules}; "
        "print(time.perf_counter() - started)"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True
        )
        for _ in range(repeats)
    ]
    return statistics.median(float(run.stdout) for run in runs)


@dataclass
class Site:
    """One way, served, and what was measured of it.

    Attributes:
        server: where it runs.
        address: its page.
        started_mb: memory before the first visitor.
        visitor: the first one, who stays.
        picture_s, answer_s: from the command to the first picture and to the first answer.
        loaded_mb: memory when the first drawing is answered.
        alone_ms, crowd_ms: from stroke to answer, one visitor at a time and five at once.
    """

    server: Server
    address: str
    started_mb: float | None
    visitor: "Visitor"
    picture_s: float
    answer_s: float
    loaded_mb: float | None
    alone_ms: list[float] = field(default_factory=list)
    crowd_ms: list[float] = field(default_factory=list)


def in_browser(model: Path, strokes: int, executable: str) -> list[Figure]:
    """Time real strokes in Chromium, from the lifting of the pen to the answer's text.

    Args:
        model: a `.keras` file.
        strokes: how many each way answers, in turn.
        executable: where Chromium is.
    """
    from benchmarks.browser import chromium

    with ExitStack() as stack:
        browser = stack.enter_context(chromium(executable))
        sites = [stack.enter_context(opened(model, browser)) for opened in (_this_app, _common_way)]
        for number in range(strokes):
            for site in sites:
                site.alone_ms.append(site.visitor.stroke_ms(STROKES[number % len(STROKES)]))
        for site in sites:
            site.visitor.leave()
            site.crowd_ms = _crowd(browser, site.address)
        return _browser_figures(*sites)


@contextmanager
def _this_app(model: Path, browser: "Browser") -> Iterator[Site]:
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(model, Path(folder) / "benchmark.keras")
        settings = {"MNIST_APP_MODELS": folder}
        with serve(ROOT / "app.py", ROOT, settings=settings) as server:
            yield _first_visit(server, f"{server.url}/?model=benchmark", browser)


@contextmanager
def _common_way(model: Path, browser: "Browser") -> Iterator[Site]:
    # An empty folder: the runner's own defaults hold.
    with (
        tempfile.TemporaryDirectory() as folder,
        serve(Path(common_app.__file__), Path(folder), [str(model.resolve())]) as server,
    ):
        yield _first_visit(server, server.url, browser)


def _first_visit(server: Server, address: str, browser: "Browser") -> Site:
    from benchmarks.browser import Visitor

    started_mb = server.memory_mb()
    visitor = Visitor(browser, address)
    picture_s = time.perf_counter() - server.started
    visitor.draw(STROKES[0])
    visitor.answer_ms()
    answer_s = time.perf_counter() - server.started
    loaded_mb = server.memory_mb()
    visitor.clear()
    for number in range(WARM_UP):
        visitor.stroke_ms(STROKES[number % len(STROKES)])
    return Site(server, address, started_mb, visitor, picture_s, answer_s, loaded_mb)


def _crowd(browser: "Browser", address: str) -> list[float]:
    from benchmarks.browser import Visitor

    visitors = [Visitor(browser, address) for _ in range(SESSIONS)]
    times = []
    for number in range(DIGITS_A_SESSION):
        for visitor in visitors:
            visitor.draw(STROKES[number % len(STROKES)])
        times += [visitor.answer_ms() for visitor in visitors]
        for visitor in visitors:
            visitor.clear()
    return times


def _browser_figures(ours: Site, common: Site) -> list[Figure]:
    beyond = [[ms - CANVAS_PAUSE_MS for ms in site.alone_ms] for site in (ours, common)]
    our_peak, common_peak = (site.server.memory_mb(peak=True) for site in (ours, common))
    return [
        *_percentiles("browser", ours.alone_ms, common.alone_ms),
        *_percentiles(BEYOND, *beyond, least_ratio=LEAST_BROWSER_RATIO),
        *_percentiles(f"browser, {SESSIONS} sessions drawing", ours.crowd_ms, common.crowd_ms),
        Figure("start to first picture", "s", ours.picture_s, common.picture_s),
        Figure("start to first answered drawing", "s", ours.answer_s, common.answer_s),
        Figure("memory: server started", "MB", ours.started_mb, common.started_mb),
        Figure("memory: first drawing answered", "MB", ours.loaded_mb, common.loaded_mb),
        Figure(
            f"memory: peak, {SESSIONS} sessions drawing",
            "MB",
            our_peak,
            common_peak,
            most=MOST_MEMORY_MB,
        ),
    ]


def _percentiles(
    name: str, ours: Sequence[float], common: Sequence[float], **aim: float
) -> list[Figure]:
    """The median, with its aim, and the 95th percentile of milliseconds."""
    (ours_50, ours_95), (common_50, common_95) = (
        np.percentile(times, [50, 95]).tolist() for times in (ours, common)
    )
    return [
        Figure(f"{name}, p50", "ms", ours_50, common_50, **aim),
        Figure(f"{name}, p95", "ms", ours_95, common_95),
    ]


@click.command(context_settings={"show_default": True})
@click.option("--strokes", default=30, type=click.IntRange(1), help="Strokes that each way reads.")
@click.option(
    "--imports",
    "fresh",
    default=3,
    type=click.IntRange(0),
    help="Fresh interpreters for each import time; 0 leaves these out.",
)
@click.option(
    "--browser/--no-browser",
    "with_browser",
    default=True,
    help="Whether to time real strokes in Chromium.",
)
@click.option(
    "--while-training",
    is_flag=True,
    help="Time only strokes in Chromium, beside a training run in the same server and without.",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    default=model_store.SHIPPED,
    show_default="the shipped model",
    help="The .keras file that both ways read with.",
)
@options.chromium
@options.form
def main(
    strokes: int,
    fresh: int,
    with_browser: bool,
    while_training: bool,
    model: Path,
    chromium: str,
    form: str,
) -> None:
    """Time this app's way from stroke to answer beside the common one."""
    repeats = {"strokes": strokes}
    # Before the work: the load is that of others.
    facts = {"machine": machine(), "repeats": repeats}
    if while_training:
        click.echo("Drawing in Chromium while the server trains ...", err=True)
        from benchmarks import browser

        with browser.chromium(chromium) as running:
            figures = busy.while_training(model, strokes, running, CANVAS_PAUSE_MS)
    else:
        repeats["fresh interpreters"] = fresh
        repeats[f"digits in each of {SESSIONS} sessions"] = DIGITS_A_SESSION
        figures = _beside_the_common_way(strokes, fresh, with_browser, model, chromium)
    click.echo((as_json if form == "json" else as_table)(figures, facts))


def _beside_the_common_way(
    strokes: int, fresh: int, with_browser: bool, model: Path, chromium: str
) -> list[Figure]:
    figures: list[Figure] = []
    if fresh:
        click.echo("Importing ...", err=True)
        figures += imports(fresh)
    click.echo("Reading in process ...", err=True)
    figures += in_process(model, strokes)
    if with_browser:
        click.echo("Drawing in Chromium ...", err=True)
        figures += in_browser(model, strokes, chromium)
    return figures


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    # Told to end, it still ends its servers and its browser first.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    main(prog_name="python -m benchmarks.latency")
