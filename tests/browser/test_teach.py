import re

import numpy as np
from playwright.sync_api import Page, expect

from tests.support.drawings import SIDE
from tests.support.pen import canvas_points, drag, opened
from tests.support.servers import Server
from tests.support.symbols import strokes

NAMES = ("star", "heart", "A")
ANSWER = ".st-key-prediction .answer .digit"


def draw(page: Page, name: str, chance: np.random.Generator) -> None:
    """With the mouse, on an empty canvas."""
    page.wait_for_function("window.digitLabDrawing?.strokes.length === 0")
    for stroke in strokes(name, chance, SIDE):
        drag(page, canvas_points(page, stroke))


def test_three_symbols_are_taught_on_a_phone_and_read_right(server: Server, phone: Page) -> None:
    chance = np.random.default_rng(4)
    opened(phone, server, "/teach")
    classes = phone.locator(".st-key-drawn_class")
    for name in NAMES:
        phone.get_by_label("Name a symbol").fill(name)
        phone.get_by_role("button", name="Add").first.click()
        for count in range(1, 6):
            expect(classes).to_contain_text(f"{name}: {count - 1}")
            draw(phone, name, chance)
            phone.locator(".st-key-keep button").click()
        expect(classes).to_contain_text(f"{name}: 5")
    # Nothing is lost with a reload.
    phone.reload()
    expect(classes).to_contain_text("A: 5")
    phone.locator(".st-key-learn_now button").click()
    expect(phone.get_by_text("drawings that it had not seen, it gets")).to_be_visible()
    right = 0
    for number in range(10):
        name = NAMES[number % len(NAMES)]
        draw(phone, name, chance)
        expect(phone.locator(".st-key-prediction .quiet")).not_to_contain_text("Use a mouse")
        phone.wait_for_function(
            "!digitLabDrawing.reading.unsent() && digitLabDrawing.reading.whole"
        )
        right += phone.locator(ANSWER).all_inner_texts() == [name]
        phone.locator(".st-key-clear button").click()
    assert right >= 9
    expect(phone.locator(".named .bar")).to_have_text([re.compile(one) for one in (*NAMES, "none")])
