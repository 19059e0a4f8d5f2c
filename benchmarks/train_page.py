"""Time how soon Train opens, and how steadily a run's status moves: `benchmarks.train_page`.

Each repeat has a server of its own that nobody has visited. Times are the page's own. Start is
pressed once the charts are drawn; the status is watched from then to the sentence that says how
long the run took.
"""

import itertools
import re
import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import click

from benchmarks.support import options
from benchmarks.support.report import Figure, machine, printed
from benchmarks.support.ways import this_app
from mnist_app.core.errors import DigitLabError
from mnist_app.core.presets import PRESETS
from mnist_app.core.settings import TrainingConfig, to_query
from tests.support.servers import ROOT, end_when_told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_OPENING_S = 2
MOST_GAP_S = 1
LONGEST_RUN_MS = 600_000
SHORT_RUN = TrainingConfig(**{**PRESETS["one-minute"], "epochs": 2, "limit": 20_000})
LONG_RUN = TrainingConfig(**{**PRESETS["one-minute"], "epochs": 100})
_STATUS = ".st-key-train_status"
_START = ".st-key-train_start button"
_LEARNING = re.compile(r"step \d+ of \d+ · [\d,]+ pictures a second")
_OVER = re.compile(r"(Finished|Ended early) in|Stopped at")
# Notes when Start could be pressed, when the server had run the whole page, and each change of the
# status since the press, in milliseconds since the page was asked for.
_STOPWATCH = """
  window.statusChanges = [];
  let before = null;
  addEventListener("click", ({ target, timeStamp }) => {
    if (target.closest?.(".st-key-train_start")) statusChanges.push([timeStamp, before]);
  }, true);
  const look = () => {
    const now = performance.now();
    if (document.querySelector(".st-key-train_start button:not([disabled])")) {
      window.canStartAt ??= now;
      if (document.querySelector("[data-test-script-state=notRunning]")) window.stoodAt ??= now;
    }
    const status = document.querySelector(".st-key-train_status")?.textContent;
    if (status !== before && statusChanges.length) statusChanges.push([now, status]);
    before = status;
  };
  new MutationObserver(look).observe(
    document, { subtree: true, childList: true, characterData: true, attributes: true }
  );
"""


class TrainPage:
    """A visitor with a session of their own on the Train page."""

    def __init__(self, browser: "Browser", url: str, config: TrainingConfig) -> None:
        """Open the page of the server at `url` with those settings."""
        from tests.support.browser import PATIENCE_MS

        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        context.set_default_timeout(PATIENCE_MS)
        context.add_init_script(_STOPWATCH)
        self._page = context.new_page()
        self._url = f"{url}/train?{urlencode(to_query(config))}"
        self._page.goto(self._url)

    def look_away(self) -> None:
        """Leave the page, whose run goes on."""
        self._page.goto("about:blank")

    def look_again(self) -> None:
        """Come back to the page, as the same visitor."""
        self._page.goto(self._url)

    def leave(self) -> None:
        """End the session."""
        self._page.context.close()

    def opening_s(self) -> tuple[float, float]:
        """Wait for the page; seconds until Start could be pressed, and until all of it stood."""
        self._page.wait_for_function("window.stoodAt")
        can_start, stood = self._page.evaluate("[canStartAt, stoodAt]")
        return can_start / 1000, stood / 1000

    def wait_for_charts(self) -> None:
        """Wait until the empty charts are drawn: reading plotly.js takes the browser a second."""
        self._page.locator(".js-plotly-plot").first.wait_for()

    def start(self) -> None:
        """Press Start."""
        self._page.locator(_START).click()

    def wait_until_learning(self) -> None:
        """Wait until the run tells a speed."""
        self._expect(_LEARNING)

    def wait_until_over(self) -> list[tuple[float, str]]:
        """Wait for the end; what the status said from the press on Start on, and since when (s)."""
        self._expect(_OVER)
        return [(ms / 1000, words or "") for ms, words in self._page.evaluate("statusChanges")]

    def stop(self) -> None:
        """Stop the run and wait until it has ended."""
        self._page.locator(".st-key-train_stop button").click()
        self._expect(_OVER)

    def _expect(self, words: re.Pattern[str]) -> None:
        """Wait until the status says so; raise DigitLabError if the run failed instead."""
        status = self._page.locator(_STATUS)
        failure = status.get_by_test_id("stAlertContentError")
        status.filter(has_text=words).or_(failure).first.wait_for(timeout=LONGEST_RUN_MS)
        if failure.count():
            raise DigitLabError(failure.inner_text())


def longest_gap(changes: Sequence[tuple[float, str]]) -> tuple[float, str]:
    """Return the longest time for which a status stood, and what it said, of two or more."""
    pairs = itertools.pairwise(changes)
    return max((later - since, words) for (since, words), (later, _) in pairs)


@dataclass(frozen=True)
class Visit:
    """One visit to a fresh server.

    Attributes:
        can_start, stood: seconds until Start could be pressed and until all of the page stood.
        gap: the longest time for which the status of a run stayed the same, in seconds.
        stood_still: what it said then.
    """

    can_start: float
    stood: float
    gap: float
    stood_still: str


def visit(checkout: Path, browser: "Browser", config: TrainingConfig) -> Visit:
    """Open the page on a fresh server and train."""
    with this_app(checkout) as server:
        page = TrainPage(browser, server.url, config)
        opening = page.opening_s()
        page.wait_for_charts()
        page.start()
        gap, words = longest_gap(page.wait_until_over())
        page.leave()
    return Visit(*opening, gap, words)


def figures(ours: Sequence[Visit], before: Sequence[Visit]) -> list[Figure]:
    """Return what visits here and before, if there are any, have in common."""
    median = statistics.median
    rows: list[tuple[str, Callable[[Iterable[float]], float], str, float]] = [
        ("first visit: Start can be pressed", median, "can_start", MOST_OPENING_S),
        ("first visit: all of the page stands", median, "stood", MOST_OPENING_S),
        ("longest pause of the status from Start on", max, "gap", MOST_GAP_S),
    ]
    found = []
    for name, combined, field, most in rows:
        now, earlier = (
            combined([getattr(visit, field) for visit in visits]) if visits else None
            for visits in (ours, before)
        )
        found.append(Figure(name, "s", now, most=most, before=earlier))
    return found


@click.command()
@options.repeats(3)
@options.before
@options.chromium
@options.form
def main(repeats: int, before: Path | None, chromium: str, form: str) -> None:
    """Time the first visit to Train and watch a run's status in Chromium."""
    from tests.support import browser

    facts: dict[str, object] = {"machine": machine(), "repeats": repeats}
    visits: dict[Path, list[Visit]] = {ROOT: [], **({before: []} if before else {})}
    with browser.chromium(chromium) as running:
        for number in range(repeats):
            for checkout, found in visits.items():
                click.echo(f"Training in {checkout.name}, {number + 1} of {repeats} ...", err=True)
                found.append(visit(checkout, running, SHORT_RUN))
    for checkout, found in visits.items():
        facts[f"status that stood longest in {checkout.name}"] = max(
            (one.gap, one.stood_still) for one in found
        )[1]
    table = figures(visits[ROOT], visits[before] if before else [])
    click.echo(printed(table, facts, form))


if __name__ == "__main__":
    end_when_told()
    main(prog_name="python -m benchmarks.train_page")
