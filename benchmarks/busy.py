"""Strokes on the Draw page while the same server trains."""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import numpy as np

from benchmarks.drawings import STROKES
from benchmarks.report import Figure
from benchmarks.servers import serve
from mnist_app.settings import PRESETS, TrainingConfig, to_query

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).parent.parent
MOST_MS = 300
# A long run of the fast preset: it goes on for as long as it takes.
CONFIG = TrainingConfig(**{**PRESETS["one-minute"], "epochs": 100})
WARM_UP = 3


def while_training(
    model: Path,
    strokes: int,
    browser: "Browser",
    pause_ms: float,
    config: TrainingConfig = CONFIG,
) -> list[Figure]:
    """Time strokes beside a run that somebody else watches, and without one.

    Args:
        model: a `.keras` file.
        strokes: how many of each.
        browser: the visitors'.
        pause_ms: the canvas component's own, taken off.
        config: of the run; it must last longer than the strokes.
    """
    from benchmarks.browser import Visitor

    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(model, Path(folder) / "benchmark.keras")
        settings = {"MNIST_APP_MODELS": folder}
        with serve(ROOT / "app.py", ROOT, settings=settings) as server:
            visitor = Visitor(browser, f"{server.url}/draw?model=benchmark")
            turns = range(-WARM_UP, strokes)
            quiet = [visitor.stroke_ms(STROKES[turn % len(STROKES)]) for turn in turns]
            with _run(browser, server.url, config):
                busy = [visitor.stroke_ms(STROKES[turn % len(STROKES)]) for turn in turns]
            visitor.leave()
    figures = []
    for share, most in ((50, None), (95, MOST_MS)):
        beside, without = (
            float(np.percentile(times[WARM_UP:], share)) - pause_ms for times in (busy, quiet)
        )
        name = f"browser, beyond the canvas' own {pause_ms:g} ms"
        figures += [
            Figure(f"{name}, while it trains, p{share}", "ms", beside, None, most=most),
            Figure(f"{name}, while it does not, p{share}", "ms", without, None),
        ]
    return figures


@contextmanager
def _run(browser: "Browser", url: str, config: TrainingConfig) -> Iterator[None]:
    """A training run that learns for as long as the block lasts, with its page open."""
    from playwright.sync_api import expect

    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{url}/train?{urlencode(to_query(config))}")
    page.locator(".st-key-train_start button").click()
    _expect_learning(page)
    yield
    _expect_learning(page)
    page.locator(".st-key-train_stop button").click()
    expect(page.locator(".st-key-train_status")).to_contain_text("Stopped at", timeout=120_000)
    context.close()


def _expect_learning(page: "Page") -> None:
    from playwright.sync_api import expect

    learning = re.compile(r"step \d+ of \d+ · [\d,]+ images a second")
    expect(page.locator(".st-key-train_status")).to_contain_text(learning, timeout=120_000)
