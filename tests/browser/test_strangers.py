"""Digits that people wrote with a pen, drawn again with a real mouse."""

import os
from pathlib import Path

import numpy as np
import pytest
from pen import clear
from playwright.sync_api import Page, TimeoutError, expect

from benchmarks.servers import Server
from mnist_app.core.data import pen_digits

# Looked up before the tests get folders of their own.
PENS = Path(os.environ.get("MNIST_APP_DATA", "")) / pen_digits.PEN_STROKES
HOW_MANY, LEAST_RIGHT = 30, 29
# The tablet's units on which they were written, and where they stand on the canvas.
TABLET, SIDE, MARGIN = 500, 240, 40
PATIENCE_MS = 8_000
ANSWER = ".st-key-prediction .digit"

needs_pens = pytest.mark.skipif(
    not PENS.exists() and not os.environ.get("CI"),
    reason=f"There is no {pen_digits.PEN_STROKES} in MNIST_APP_DATA.",
)


def held_out() -> list[tuple[int, list[np.ndarray]]]:
    """Labels and strokes of writers that no model learned from, chosen by chance."""
    drawings = [
        (label, [stroke * SIDE / TABLET + MARGIN for stroke in drawing.strokes])
        for label, writer, drawing in pen_digits.read_pen_strokes(PENS)
        if pen_digits.is_held_out(np.array(writer))
    ]
    chosen = np.random.default_rng(0).choice(len(drawings), HOW_MANY, replace=False)
    return [drawings[index] for index in chosen]


def write(page: Page, strokes: list[np.ndarray]) -> None:
    """Each stroke with the mouse, point by point."""
    expect(page.locator("canvas.upper-canvas")).to_have_count(1)
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    corner = np.array([box["x"], box["y"]])
    for stroke in strokes:
        points = (stroke + corner).tolist()
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:] or points:
            page.mouse.move(x, y)
        page.mouse.up()


def is_read_as(page: Page, label: int) -> bool:
    try:
        page.locator(ANSWER).get_by_text(str(label), exact=True).wait_for(timeout=PATIENCE_MS)
    except TimeoutError:
        return False
    return True


@needs_pens
def test_strangers_digits_are_read_when_they_are_drawn(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator("canvas.upper-canvas").wait_for()
    wrong = []
    for label, strokes in held_out():
        write(page, strokes)
        if not is_read_as(page, label):
            wrong.append((label, page.locator(".st-key-prediction").inner_text()))
        clear(page)
    assert HOW_MANY - len(wrong) >= LEAST_RIGHT, wrong
