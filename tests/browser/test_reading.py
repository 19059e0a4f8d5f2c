"""Numbers and pictures on the Draw page."""

import io
import re

import numpy as np
import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from benchmarks.drawings import SIDE, STROKES
from benchmarks.servers import Server

PREDICTION = ".st-key-prediction"
# 3, 7 and 0, by their places in `STROKES`.
NUMBER = (3, 5, 0)


def choose_number(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator(".st-key-square_canvas canvas.upper-canvas").wait_for()
    page.locator(".st-key-mode").get_by_text("A number").click()
    page.locator(".st-key-wide_canvas canvas.upper-canvas").wait_for()


def draw_number(page: Page) -> None:
    """With the mouse, each digit within its third of the canvas."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
    for place, index in enumerate(NUMBER):
        box = canvas.bounding_box()
        assert box is not None
        third = box["width"] / 3
        corner = np.array([box["x"] + place * third, box["y"] + (box["height"] - third) / 2])
        points = (STROKES[index] * third / SIDE * 0.9 + corner).tolist()
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y)
        page.mouse.up()


def expect_number(page: Page) -> None:
    expect(page.locator(f"{PREDICTION} .number")).to_have_text("370")
    assert page.locator(PREDICTION).inner_text().strip().splitlines()[0] == "370"


def test_a_number_drawn_with_the_mouse_is_read_and_looked_at(page: Page, server: Server) -> None:
    choose_number(page, server)
    draw_number(page)
    expect_number(page)
    expect(page.locator(".st-key-model_input figure")).to_have_count(3)
    page.locator(".st-key-picked button").nth(1).click()
    chart = page.locator(".st-key-probabilities .live-chart")
    expect(chart).to_have_attribute("aria-label", re.compile("each digit is: 7"))
    page.locator(".st-key-clear button").click()
    expect(page.locator(PREDICTION)).to_contain_text("Draw a number")


def test_a_number_fits_on_a_phone(phone: Page, server: Server) -> None:
    choose_number(phone, server)
    phone.wait_for_timeout(1000)
    draw_number(phone)
    expect_number(phone)
    main = phone.locator('[data-testid="stMain"]')
    assert main.evaluate("node => node.scrollWidth") <= 360


@pytest.fixture(scope="module")
def sheet() -> bytes:
    """The number in dark ink on grey paper, JPEG."""
    paper = Image.new("L", (1500, 800), 215)
    pen = ImageDraw.Draw(paper)
    for place, index in enumerate(NUMBER):
        points = STROKES[index] * 1.3 + np.array([80 + place * 460, 180])
        pen.line([(x, y) for x, y in points.tolist()], fill=40, width=34, joint="curve")
    buffer = io.BytesIO()
    paper.save(buffer, format="JPEG")
    return buffer.getvalue()


def test_a_picture_of_a_number_is_read(page: Page, server: Server, sheet: bytes) -> None:
    page.goto(server.url)
    page.get_by_text("Read a picture instead").click()
    page.locator(".st-key-picture_mode").get_by_text("A number").click()
    page.locator(".st-key-picture_file input[type=file]").set_input_files(
        {"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": sheet}
    )
    expect(page.locator(".st-key-picture_prediction .number")).to_have_text("370")
    expect(page.locator("img.framed")).to_be_visible()


def test_a_broken_picture_is_one_sentence(page: Page, server: Server, sheet: bytes) -> None:
    page.goto(server.url)
    page.get_by_text("Read a picture instead").click()
    page.locator(".st-key-picture_file input[type=file]").set_input_files(
        {"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": sheet[:500]}
    )
    expect(page.locator('[data-testid="stAlert"]')).to_contain_text("The picture is broken")
    assert not page.locator('[data-testid="stException"]').count()
