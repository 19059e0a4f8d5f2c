import pytest
from playwright.sync_api import Page, expect

from tests.support.browser import at_rest
from tests.support.drawings import STROKES
from tests.support.pen import DIGITS, PREDICTION, canvas_points, clear, draw, expect_read
from tests.support.servers import Server


def opened(page: Page, server: Server, path: str = "/") -> None:
    page.goto(server.url + path)
    page.locator("canvas.upper-canvas").wait_for()
    at_rest(page)


def touch(page: Page, digit: int) -> None:
    """With a finger, as a phone reports it."""
    device = page.context.new_cdp_session(page)
    points = canvas_points(page, STROKES[DIGITS.index(digit)])
    for index, (x, y) in enumerate(points):
        kind = "touchMove" if index else "touchStart"
        device.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    device.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


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
    touch(phone, 2)
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


def test_keys_undo_and_clear(page: Page, server: Server) -> None:
    opened(page, server)
    draw(page, 7)
    expect_read(page, 7)
    page.keyboard.press("Control+z")
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    page.locator(".st-key-example_3 button").click()
    expect_read(page, 3)
    page.keyboard.press("Escape")
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")


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
