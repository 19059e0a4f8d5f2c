"""Looking inside a network on the Draw page."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from mnist_app.pages.components.canvas import WIDE
from tests.support.browser import CANVAS, at_rest, draw_stroke
from tests.support.drawings import SIDE, STROKES
from tests.support.pen import canvas_points, clear, drag
from tests.support.servers import Server

# A 2 and a 7, by their places in `STROKES`.
TWO, SEVEN = 2, 5
PANEL = ".st-key-drawn_looking"
PARTS = (
    "Layer by layer",
    "One filter in slow motion",
    "Where it looked",
    "What would change its mind",
)


def opened(page: Page, server: Server) -> Locator:
    """The page with a 2 on it and the look inside, which is returned."""
    page.goto(server.url)
    page.locator(CANVAS).wait_for()
    draw(page, TWO)
    page.locator(".st-key-open_look_inside button").click()
    expect(page.locator(PANEL)).to_contain_text("It reads this as 2.")
    return page.locator(PANEL)


def draw(page: Page, number: int) -> None:
    expect(page.locator(CANVAS)).to_have_count(1)
    page.locator(CANVAS).scroll_into_view_if_needed()
    draw_stroke(page, STROKES[number])
    expect(page.locator(".st-key-prediction .digit")).to_be_visible()


def choose(panel: Locator, part: str) -> None:
    panel.get_by_text(part, exact=True).click()
    expect(panel.get_by_role("radio", name=part, exact=True)).to_be_checked()


def expect_pictures(panel: Locator, widths: list[int]) -> None:
    """Wait until exactly these pictures are shown, by their widths in their own pixels."""
    panel.page.wait_for_function(
        "([pictures, widths]) => `${widths}` === "
        "`${[...document.querySelectorAll(pictures)].map(one => one.naturalWidth)}`",
        arg=[f"{PANEL} img.pixels", widths],
    )


def press(slider: Locator, key: str, panel: Locator, then: str | re.Pattern[str]) -> None:
    slider.press(key)
    expect(panel).to_contain_text(then)


def test_a_drawing_is_followed_from_the_picture_to_the_answer(page: Page, server: Server) -> None:
    panel = opened(page, server)
    expect_pictures(panel, [28])
    slider = panel.get_by_role("slider", name="Step")
    press(slider, "ArrowRight", panel, re.compile(r"Step 2 of \d+: Looking for patterns"))
    expect_pictures(panel, [4 * 29 - 1])
    expect(panel.locator("img.pixels")).to_have_attribute("alt", re.compile("^16 pictures of 28"))
    press(slider, "End", panel, re.compile(r"Step (\d+) of \1: The answer"))
    expect(panel.locator(".outputs tr")).to_have_count(10)
    panel.get_by_role("button", name="Back").press("Enter")
    expect(panel.locator(".outputs tr")).to_have_count(0)
    expect(panel).to_contain_text(re.compile(r"Step \d+ of \d+"))


def test_the_window_moves_by_keyboard_and_the_new_picture_grows(page: Page, server: Server) -> None:
    panel = opened(page, server)
    choose(panel, PARTS[1])
    slider = panel.get_by_role("slider", name="Place")
    press(slider, "Home", panel, "pixel 1 of 784")
    before = panel.locator(".stage i").first.bounding_box()
    press(slider, "ArrowRight", panel, "pixel 2 of 784")
    after = panel.locator(".stage i").first.bounding_box()
    assert before is not None
    assert after is not None
    # One pixel of 224 / 28.
    assert after["x"] - before["x"] == pytest.approx(8, abs=1)
    expect(panel.locator(".numbers")).to_have_count(3)
    expect(panel.locator(".numbers").first.locator("td")).to_have_count(9)
    growing = panel.locator("img.pixels").nth(1)
    expect(growing).to_have_attribute("alt", re.compile("2 of its 784 pixels"))


def test_maps_and_another_mind_follow_the_next_stroke(page: Page, server: Server) -> None:
    panel = opened(page, server)
    choose(panel, PARTS[2])
    expect(panel).to_contain_text("do not prove")
    expect(panel.get_by_role("link", name="Zeiler and Fergus")).to_be_visible()
    expect_pictures(panel, [28, 28, 28])
    choose(panel, PARTS[3])
    expect(panel).to_contain_text("instead of 2")
    clear(page)
    draw(page, SEVEN)
    expect(panel).to_contain_text("instead of 7")
    expect(panel.get_by_role("radio", name=PARTS[3], exact=True)).to_be_checked()


def test_the_look_inside_fits_on_a_phone(phone: Page, server: Server) -> None:
    panel = opened(phone, server)
    main = phone.locator('[data-testid="stMain"]')
    for part in PARTS:
        choose(panel, part)
        expect(panel.locator("img.pixels:visible").first).to_be_visible()
        assert main.evaluate("node => node.scrollWidth") <= 360
    choose(panel, PARTS[1])
    panel.get_by_role("button", name="Next").tap()
    expect(panel).to_contain_text(re.compile(r"pixel \d+ of 784"))


def test_of_a_number_the_pictures_of_the_layers_are_of_the_chosen_digit(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/?look_inside=true")
    page.locator(".st-key-mode").get_by_text("A number").click()
    page.locator("canvas.upper-canvas[width='560']").wait_for()
    at_rest(page)
    first, second = (
        canvas_points(page, (STROKES[number] * 0.8 + [left, 0]) * SIDE / WIDE)
        for number, left in ((SEVEN, 0), (TWO, 280))
    )
    drag(page, first)
    # What the page finds in the first digit comes while the second is drawn.
    page.mouse.move(*second[0])
    page.mouse.down()
    expect(page.locator(PANEL)).to_contain_text("It reads this as 7.")
    for point in second[1:]:
        page.mouse.move(*point)
    page.mouse.up()
    expect(page.locator(".st-key-prediction .number")).to_have_text("72")
    expect(page.locator(".way .ten")).to_have_attribute("aria-label", re.compile(": 7$"))
