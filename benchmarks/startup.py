"""Time `streamlit run` up to the first answered drawing, and measure what the server holds.

`python -m benchmarks.startup` starts servers of this app and of the common way in turn. Times begin
when the command is given; a visitor in Chromium opens the page as soon as the server answers, and
draws as soon as the canvas is on the screen. Memory is that of the server alone; its workers are
listed apart.
"""

import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.support import options
from benchmarks.support.memory import Memory, libraries, memory
from benchmarks.support.report import Figure, machine, printed
from benchmarks.support.ways import Way, ways
from benchmarks.train_page import SHORT_RUN, TrainPage
from tests.support.drawings import STROKES
from tests.support.servers import end_when_told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_CANVAS_RATIO, MOST_ANSWER_RATIO = 1.25, 0.6
MOST_DRAWING_MB, MOST_AFTER_TRAINING_MB = 250, 300
SESSIONS = 5
DIGITS_A_SESSION = 8
# A worker that has nothing to do any more is given so long to go. Python's own helper process,
# which is smaller than this, stays.
PATIENCE_S, SMALLEST_WORKER_MB = 120, 50


@dataclass(frozen=True)
class Start:
    """Seconds from the command to the canvas on the screen, and to the first answered drawing."""

    canvas: float
    answer: float


@dataclass(frozen=True)
class Held:
    """The memory of a server.

    Attributes:
        drawing: with five sessions that have drawn.
        libraries: packages of which it has loaded native code by then.
        training: when a run has just been tested and saved; None where nothing trains.
        trained: when its worker has gone, or after two minutes.
    """

    drawing: Memory
    libraries: Sequence[str]
    training: Memory | None = None
    trained: Memory | None = None


def start(way: Way, browser: "Browser") -> Start:
    """Start a server and draw on its page."""
    from tests.support.browser import Visitor

    with way() as server:
        visitor = Visitor(browser, server.url)
        canvas = time.perf_counter() - server.started
        visitor.draw(STROKES[0])
        visitor.answered()
        answer = time.perf_counter() - server.started
        visitor.leave()
    return Start(canvas, answer)


def held(way: Way, browser: "Browser", trains: bool) -> Held:
    """Start a server, let five draw at once and, where it `trains`, train and end a network."""
    from tests.support.browser import Visitor

    with way() as server:
        visitors = [Visitor(browser, server.url) for _ in range(SESSIONS)]
        for number in range(DIGITS_A_SESSION):
            for visitor in visitors:
                visitor.draw(STROKES[number % len(STROKES)])
            for visitor in visitors:
                visitor.answered()
                visitor.clear()
        drawing = memory(server.pid)
        if not trains:
            return Held(drawing, libraries(server.pid))
        page = TrainPage(browser, server.url, SHORT_RUN)
        page.start()
        page.wait_until_over()
        training = memory(server.pid)
        _wait_for_workers(server.pid)
        return Held(drawing, libraries(server.pid), training, memory(server.pid))


def _wait_for_workers(pid: int) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while memory(pid).children_pss > SMALLEST_WORKER_MB and time.monotonic() < deadline:
        time.sleep(1)


def start_figures(starts: Mapping[str, Sequence[Start]]) -> list[Figure]:
    """Return the medians of the starts of each way, by their names."""

    def medians(field: str) -> dict[str, float]:
        return {
            way: statistics.median(getattr(one, field) for one in found)
            for way, found in starts.items()
        }

    return [
        Figure(
            "start to the canvas on the screen",
            "s",
            most_ratio=MOST_CANVAS_RATIO,
            **medians("canvas"),
        ),
        Figure(
            "start to the first answered drawing",
            "s",
            most_ratio=MOST_ANSWER_RATIO,
            **medians("answer"),
        ),
    ]


def memory_figures(found: Mapping[str, Held]) -> list[Figure]:
    """Return what the servers of each way hold, by their names."""

    def values(moment: str, field: str) -> dict[str, float | None]:
        held = {way: getattr(one, moment) for way, one in found.items()}
        return {way: getattr(one, field, None) for way, one in held.items()}

    moments = {
        "drawing": (f"{SESSIONS} sessions drawing", MOST_DRAWING_MB),
        "training": ("a run has just ended", None),
        "trained": ("its worker has gone", MOST_AFTER_TRAINING_MB),
    }
    kinds = {"rss": "memory (RSS)", "pss": "memory (PSS)", "children_pss": "its workers (PSS)"}
    return [
        Figure(
            f"{kind}: {words}",
            "MB",
            most=most if field == "rss" else None,
            **values(moment, field),
        )
        for moment, (words, most) in moments.items()
        for field, kind in kinds.items()
    ]


@click.command()
@options.repeats(5)
@click.option("--no-memory", is_flag=True, help="Leave out what the servers hold.")
@options.before
@options.chromium
@options.form
def main(repeats: int, no_memory: bool, before: Path | None, chromium: str, form: str) -> None:
    """Time starts of this app and of the common way, and weigh their servers."""
    from tests.support import browser

    served = ways(before)
    facts: dict[str, object] = {"machine": machine(), "repeats": repeats}
    starts: dict[str, list[Start]] = {name: [] for name in served}
    with browser.chromium(chromium) as running:
        for number in range(repeats):
            for name, way in served.items():
                click.echo(f"Starting: {name}, {number + 1} of {repeats} ...", err=True)
                starts[name].append(start(way, running))
        figures = start_figures(starts)
        if not no_memory:
            click.echo("Drawing and training ...", err=True)
            found = {name: held(way, running, name != "common_way") for name, way in served.items()}
            figures += memory_figures(found)
            facts |= {
                f"native code in {name}": ", ".join(one.libraries) for name, one in found.items()
            }
    click.echo(printed(figures, facts, form))


if __name__ == "__main__":
    end_when_told()
    main(prog_name="python -m benchmarks.startup")
