import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.browser import at_rest
from tests.support.drawings import STROKES
from tests.support.pen import (
    DIGITS,
    PREDICTION,
    Finger,
    canvas_points,
    clear,
    drag,
    draw,
    expect_read,
    opened,
)
from tests.support.servers import Server


def ink_on_paper(page: Page) -> None:
    """Choose it, and wait for the canvas that has it."""
    page.locator("canvas.upper-canvas").evaluate("node => { node.dataset.ink = 'white' }")
    page.get_by_text("Paper", exact=True).click()
    expect(page.locator("canvas.upper-canvas[data-ink]")).to_have_count(0)
    at_rest(page)


def test_an_empty_canvas_invites_and_shows_no_digit(page: Page, server: Server) -> None:
    opened(page, server)
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    assert not any(character.isdigit() for character in page.locator(PREDICTION).inner_text())


def test_digits_drawn_with_the_mouse_are_read_one_after_the_other(
    page: Page, server: Server
) -> None:
    opened(page, server, "/draw")
    for digit in DIGITS:
        draw(page, digit)
        expect_read(page, digit)
        clear(page)


@pytest.mark.parametrize(
    ("width", "height", "side", "parts"),
    [
        (1280, 720, 350, "prediction probabilities right_digit open_look_inside"),
        (1920, 1080, 550, "prediction probabilities right_digit open_look_inside"),
        (390, 844, 320, "prediction"),
        (844, 390, 230, "prediction"),
    ],
)
def test_all_that_is_needed_is_on_the_screen(
    browser: Browser, server: Server, width: int, height: int, side: int, parts: str
) -> None:
    is_phone = width < 900
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=is_phone, is_mobile=is_phone
    )
    page = context.new_page()
    opened(page, server)
    for part in ("canvas_tools", "mode", *parts.split()):
        expect(page.locator(f".st-key-{part}")).to_be_in_viewport(ratio=1)
    canvas = page.locator("canvas.upper-canvas")
    expect(canvas).to_be_in_viewport(ratio=1)
    box = canvas.bounding_box()
    assert box is not None
    assert box["width"] >= side
    if width == 390:
        assert box["x"] * 2 + box["width"] == pytest.approx(width, abs=2)
    page.locator(".st-key-mode").get_by_text("A number").click()
    expect(page.locator("canvas.upper-canvas[width='560']")).to_be_in_viewport(ratio=1)
    expect(page.locator(PREDICTION)).to_be_in_viewport(ratio=0.5)
    context.close()


def test_a_drawing_is_answered_without_a_run_of_the_whole_page(page: Page, server: Server) -> None:
    opened(page, server)
    draw(page, 3)
    expect_read(page, 3)
    page.evaluate("document.querySelector('h1').dataset.mark = 'kept'")
    chart = page.locator(".st-key-probabilities .bars")
    chart.evaluate("node => { node.dataset.mark = 'kept' }")
    clear(page)
    draw(page, 7)
    expect_read(page, 7)
    assert chart.get_attribute("data-mark") == "kept"
    assert page.locator("h1").first.get_attribute("data-mark") == "kept"
    assert "7" in (chart.get_attribute("aria-label") or "")


def test_a_finger_draws_and_does_not_scroll_the_page(phone: Page, server: Server) -> None:
    opened(phone, server)
    main = phone.locator('[data-testid="stMain"]')
    canvas_points(phone, STROKES[0])
    before = main.evaluate("node => node.scrollTop + window.scrollY")
    Finger(phone).draw(canvas_points(phone, STROKES[DIGITS.index(2)]))
    expect_read(phone, 2)
    assert main.evaluate("node => node.scrollTop + window.scrollY") == before


def test_undo_and_another_ink_keep_the_rest_of_the_drawing(page: Page, server: Server) -> None:
    opened(page, server)
    draw(page, 6)
    expect_read(page, 6)
    ink_on_paper(page)
    expect_read(page, 6)
    page.locator(".st-key-undo button").click()
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")


def test_two_digits_where_one_is_expected_are_read_as_a_number_at_a_press(
    page: Page, server: Server
) -> None:
    opened(page, server)
    for place, digit in enumerate((3, 7)):
        stroke = STROKES[DIGITS.index(digit)] * 0.5 + np.array([place * 150, 80])
        drag(page, canvas_points(page, stroke))
    expect(page.locator(PREDICTION)).to_contain_text("doesn't look like a digit")
    page.get_by_role("button", name="Read as a number").click()
    expect(page.locator(f"{PREDICTION} .number")).to_have_text("37")


def test_corrections_move_nothing_and_learning_goes_on_below_its_button(
    page: Page, server: Server
) -> None:
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, server)
    page.get_by_role("slider", name="Brush width").wait_for()
    page.get_by_role("radio", name="Paper").wait_for()
    parts = ("ink", "brush", "open_look_inside", "doors")
    before = {part: page.locator(f".st-key-{part}").bounding_box() for part in parts}
    for count, digit in enumerate((0, 1, 2, 3, 6), 1):
        draw(page, digit)
        expect_read(page, digit)
        at_rest(page)
        page.locator(".st-key-right_digit").get_by_role("radio", name=str(digit)).click()
        expect(page.locator(".st-key-handwriting figure")).to_have_count(count)
        after = {part: page.locator(f".st-key-{part}").bounding_box() for part in parts}
        assert after == before
        if count < 5:
            clear(page)
    expect(page.locator(".st-key-ink")).to_be_in_viewport(ratio=1)
    page.get_by_role("link", name="learn your handwriting").click()
    expect(page.locator(".st-key-learn button")).to_be_in_viewport(ratio=1)
    page.locator(".st-key-learn button").click()
    page.locator(".st-key-own_learning").wait_for()
    button, learning = (
        page.locator(f".st-key-{part}").bounding_box() for part in ("learn", "own_learning")
    )
    assert button is not None
    assert learning is not None
    assert learning["y"] > button["y"]
    page.get_by_role("button", name="Stop").click()


def test_drawing_ink_and_brush_are_still_there_after_a_look_at_another_page(
    page: Page, server: Server
) -> None:
    opened(page, server)
    brush = page.get_by_role("slider", name="Brush width")
    brush.press("End")
    expect(brush).to_have_value("40")
    at_rest(page)
    ink_on_paper(page)
    draw(page, 0)
    expect_read(page, 0)
    page.get_by_role("link", name="Data").click()
    expect(page.locator("h1")).not_to_contain_text("Digit Lab")
    page.get_by_role("link", name="Draw").click()
    expect_read(page, 0)
    expect(brush).to_have_value("40")
    expect(page.get_by_role("radio", name="Paper")).to_be_checked()
    # The ink does not stand on black.
    page.wait_for_function(
        "canvas => canvas.getContext('2d').getImageData(5, 5, 1, 1).data[0] > 200",
        arg=page.locator("canvas.dc-canvas.lower-canvas").element_handle(),
    )


@pytest.mark.parametrize("path", ["/", "/train", "/predictions", "/data", "/show-me"])
def test_no_page_is_wider_than_a_phone(phone: Page, server: Server, path: str) -> None:
    phone.goto(server.url + path)
    phone.locator("h1").wait_for()
    at_rest(phone)
    assert not phone.locator('[data-testid="stException"]').count()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 360
    widest = phone.locator('[data-testid="stMain"]').evaluate("node => node.scrollWidth")
    assert widest <= 360
