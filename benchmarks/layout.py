"""Measure how soon each page stands, and how much it jumps: `python -m benchmarks.layout`.

A visitor whose browser keeps nothing opens each page, on a desk and on a phone: first on a server
of its own that nobody has visited (cold), then again on the same server (warm). Layout shift is
what browsers report as CLS: the largest sum of shifts that follow each other within a second, for
at most five. Below 0.1 counts as good.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from benchmarks.support import options
from benchmarks.support.report import Figure, machine, printed
from benchmarks.support.ways import this_app
from tests.support.servers import ROOT, end_when_told

if TYPE_CHECKING:
    from playwright.sync_api import Browser

MOST_SHIFT = 0.1
PAGES = ("draw", "teach", "train", "runs", "predictions", "data", "show-me", "shelf")
DEVICES: dict[str, dict[str, Any]] = {
    "desk": {"viewport": {"width": 1280, "height": 720}},
    "phone": {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True},
}
# Nothing has changed for so long: the page stands.
CALM_MS = 2_000
_WATCH = """
  window.layoutSeen = { shift: 0, lastChange: 0 };
  let sum = 0, began = 0, last = 0;
  new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
    if (entry.hadRecentInput) return;
    if (entry.startTime - last > 1000 || entry.startTime - began > 5000) {
      sum = 0;
      began = entry.startTime;
    }
    last = entry.startTime;
    sum += entry.value;
    layoutSeen.shift = Math.max(layoutSeen.shift, sum);
  })).observe({ type: "layout-shift", buffered: true });
  new MutationObserver((changes) => {
    if (changes.some(({ target }) => target !== document.head)) {
      layoutSeen.lastChange = performance.now();
    }
  }).observe(document, { subtree: true, childList: true, characterData: true });
"""
_STANDS = f"""() => document.querySelector("[data-test-script-state=notRunning]")
  && performance.now() - layoutSeen.lastChange > {CALM_MS}"""
_SEEN = """() => [layoutSeen.shift, layoutSeen.lastChange / 1000,
  performance.getEntriesByName("first-contentful-paint")[0].startTime / 1000]"""


@dataclass(frozen=True)
class Opening:
    """One visit to a page.

    Attributes:
        shift: its layout shift (CLS).
        last_change: seconds until nothing changed any more.
        first_content: seconds until something stood on the screen.
    """

    shift: float
    last_change: float
    first_content: float


def opening(browser: "Browser", url: str, device: str) -> Opening:
    """Open a page and wait until it stands."""
    from tests.support.browser import PATIENCE_MS

    context = browser.new_context(**DEVICES[device])
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.goto(url)
    page.wait_for_function(_STANDS)
    seen = page.evaluate(_SEEN)
    context.close()
    return Opening(*seen)


def openings(browser: "Browser", checkout: Path, page: str, device: str) -> Iterator[Opening]:
    """Open a page twice on a server of its own: cold, then warm."""
    with this_app(checkout) as server:
        for _ in range(2):
            yield opening(browser, f"{server.url}/{page}", device)


def figures(name: str, ours: Opening, before: Opening | None) -> list[Figure]:
    """Return what is known of a page here and before."""
    rows = (
        ("layout shift", "", "shift", MOST_SHIFT),
        ("first content", "s", "first_content", None),
        ("last change", "s", "last_change", None),
    )
    return [
        Figure(
            f"{name}: {what}",
            unit,
            getattr(ours, field),
            most=most,
            before=getattr(before, field, None),
        )
        for what, unit, field, most in rows
    ]


@click.command()
@click.option("--page", "pages", multiple=True, type=click.Choice(PAGES), help="Only this page.")
@options.before
@options.chromium
@options.form
def main(pages: tuple[str, ...], before: Path | None, chromium: str, form: str) -> None:
    """Open each page in Chromium, and watch what jumps until it stands."""
    from tests.support import browser

    facts = {"machine": machine()}
    found: list[Figure] = []
    with browser.chromium(chromium) as running:
        for page in pages or PAGES:
            for device in DEVICES:
                click.echo(f"Opening {page} on a {device} ...", err=True)
                ours = openings(running, ROOT, page, device)
                earlier = openings(running, before, page, device) if before else (None, None)
                for state, one, other in zip(("cold", "warm"), ours, earlier, strict=True):
                    found += figures(f"{page}, {device}, {state}", one, other)
    click.echo(printed(found, facts, form))


if __name__ == "__main__":
    end_when_told()
    main(prog_name="python -m benchmarks.layout")
