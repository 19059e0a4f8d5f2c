"""Numbers and pictures on the Draw page."""

import re
from pathlib import Path

import numpy as np
from playwright.sync_api import FilePayload, Page, expect

from tests.support.browser import at_rest
from tests.support.drawings import SIDE, STROKES
from tests.support.pen import clear
from tests.support.servers import Server

PREDICTION = ".st-key-prediction"
# 3, 7 and 0, by their places in `STROKES`.
NUMBER = (3, 5, 0)


def choose_number(page: Page, server: Server) -> None:
    page.goto(server.url)
    page.locator(".st-key-square_canvas canvas.upper-canvas").wait_for()
    at_rest(page)
    page.locator(".st-key-mode").get_by_text("A number").click()
    page.locator("canvas.upper-canvas[width='560']").wait_for()
    # For a moment both canvases stand on the page.
    expect(page.locator("canvas.upper-canvas")).to_have_count(1)
    at_rest(page)


def draw_number(page: Page) -> None:
    """With the mouse, each digit within its third of the canvas."""
    for place, index in enumerate(NUMBER):
        draw_in_third(page, place, index)


def draw_in_third(page: Page, place: int, index: int) -> None:
    """One of `STROKES`, with the mouse, within a third of the wide canvas."""
    canvas = page.locator("canvas.upper-canvas")
    canvas.scroll_into_view_if_needed()
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
    page.locator(".st-key-probabilities .selected-digit label").nth(1).click()
    chart = page.locator(".st-key-probabilities .bars")
    expect(chart).to_have_attribute("aria-label", re.compile("each digit is: 7"))
    clear(page)


def test_a_digit_on_the_right_of_the_wide_canvas_stays_on_the_square_one(
    page: Page, server: Server
) -> None:
    choose_number(page, server)
    draw_in_third(page, 2, NUMBER[0])
    expect(page.locator(f"{PREDICTION} .digit")).to_have_text("3")
    page.locator(".st-key-mode").get_by_text("One digit").click()
    page.locator(".st-key-square_canvas canvas.upper-canvas").wait_for()
    expect(page.locator("canvas.upper-canvas")).to_have_count(1)
    at_rest(page)
    expect(page.locator(f"{PREDICTION} .digit")).to_have_text("3")


def test_a_number_and_the_panel_for_a_photo_fit_on_a_phone(phone: Page, server: Server) -> None:
    choose_number(phone, server)
    draw_number(phone)
    expect_number(phone)
    main = phone.locator('[data-testid="stMain"]')
    assert main.evaluate("node => node.scrollWidth") <= 360
    phone.get_by_text("Use a photo instead").click()
    upload = phone.locator(".st-key-picture_file").bounding_box()
    assert upload is not None
    assert upload["width"] > 280


def test_a_picture_of_a_number_is_read(page: Page, server: Server, sheet: bytes) -> None:
    choose_number(page, server)
    page.get_by_text("Use a photo instead").click()
    page.locator(".st-key-picture_file input[type=file]").set_input_files(
        {"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": sheet}
    )
    expect(page.locator(".st-key-picture_prediction .number")).to_have_text("370")
    expect(page.locator("img.framed")).to_be_visible()


def test_many_pictures_become_a_table_that_is_corrected_and_downloaded(
    page: Page, server: Server, sheet: bytes
) -> None:
    choose_number(page, server)
    page.get_by_text("Use a photo instead").click()
    at_rest(page)
    page.locator(".st-key-picture_source").get_by_text("Many files").click()
    files: list[FilePayload] = [
        {"name": "sheet.jpg", "mimeType": "image/jpeg", "buffer": sheet},
        {"name": "broken.png", "mimeType": "image/png", "buffer": b"broken"},
    ]
    page.locator(".st-key-batch_files input[type=file]").set_input_files(files)
    expect(page.get_by_text("2 pictures, 1 in doubt.")).to_be_visible()
    at_rest(page)
    table = page.locator('[data-testid="stDataFrame"] .dvn-scroller').first
    # The second column of the first row, below the names: that in doubt is the first.
    table.click(position={"x": 250, "y": 60})
    page.keyboard.press("Enter")
    page.locator(":is(input, textarea):focus").fill("42")
    page.keyboard.press("Enter")
    expect(page.get_by_text("2 pictures, none in doubt.")).to_be_visible()
    at_rest(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Download table (CSV)").click()
    header, first, second = Path(download.value.path()).read_text().splitlines()
    assert header == "source,text,probability,doubt"
    assert first.startswith("sheet.jpg,370,0.")
    assert second == "broken.png,42,,Corrected by hand."
