import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.support.drawings import STROKES
from tests.support.pen import (
    DIGITS,
    canvas_points,
    clear,
    draw,
    expect_after_progress,
    expect_read,
)
from tests.support.servers import Server

IS_DRAWN_ON = """canvas => canvas.getContext("2d")
  .getImageData(0, 0, canvas.width, canvas.height).data
  .some((value, place) => place % 4 === 0 && value > 200)"""
TITLES = ("Draw a digit", "What it saw", "How it decided", "Where it fails", "Teach it")


@pytest.fixture
def offline(page: Page, server: Server) -> Iterator[Page]:
    """A visitor who reaches the app and nothing else, and that all was well with that."""
    refused: list[str] = []

    def pass_on(route: Route) -> None:
        if urlsplit(route.request.url).netloc == urlsplit(server.url).netloc:
            route.continue_()
        else:
            refused.append(route.request.url)
            route.abort()

    page.route(lambda url: not url.startswith(("data:", "blob:")), pass_on)
    yield page
    assert not refused


def opened(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/show-me")
    page.locator("canvas.upper-canvas").wait_for()
    expect_step(page, 1)


def expect_step(page: Page, number: int) -> None:
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLES[number - 1])
    expect(page.get_by_role("status").filter(has_text=f"Step {number} of 5")).to_have_count(1)


def turn(page: Page, key: str, number: int) -> None:
    page.keyboard.press(key)
    expect_step(page, number)
    expect(page).to_have_url(re.compile(rf"step={number}$"))


def expect_above_turns(page: Page, part: str = ".st-key-demo_step") -> None:
    """All of the step, or of a part of it, stands above the bar that turns the steps."""
    page.locator(part).wait_for()
    page.wait_for_function(
        """(part) => {
          const place = (name) => document.querySelector(name).getBoundingClientRect();
          return place(part).bottom <= place(".st-key-demo_turn").top;
        }""",
        arg=part,
    )


def teach(page: Page, *digits: int) -> None:
    """Draw each and tell which it is; the next begins on an empty canvas."""
    for digit in digits:
        draw(page, digit)
        expect_read(page, digit)
        page.locator(".st-key-right_digit").get_by_role("radio", name=str(digit)).click()
        expect(page.locator(".st-key-prediction")).to_contain_text("Draw a digit")
    expect(page.get_by_text(f"Remembered as a {digits[-1]}")).to_be_visible()


def test_all_steps_are_about_the_drawing_and_turned_by_arrow_keys_without_a_network(
    offline: Page, server: Server
) -> None:
    page = offline
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, server)
    draw(page, 7)
    expect_read(page, 7)
    expect_above_turns(page)
    turn(page, "ArrowRight", 2)
    page.get_by_alt_text("The picture of 28 by 28 squares that the network gets").wait_for()
    expect_above_turns(page)
    turn(page, "ArrowRight", 3)
    expect(page.locator(".way figure")).to_have_count(6)
    expect(page.locator(".looked")).to_contain_text("Blue parts count for 7")
    bars = page.locator(".st-key-probabilities .bars")
    expect(bars).to_have_attribute("aria-label", re.compile("How likely each digit is: 7"))
    expect_above_turns(page)
    turn(page, "ArrowRight", 4)
    expect(page.locator(".gallery.worst figure")).to_have_count(6)
    expect(page.get_by_text("It read your last drawing as 7.")).to_be_visible()
    turn(page, "PageDown", 5)
    page.locator(".st-key-demo_train button").click()
    expect(page.locator(".lesson")).to_contain_text("new digits correctly")
    expect(page.locator(".lesson")).to_contain_text(re.compile(r"It reads the drawing as \d"))
    expect(page.locator(".scatterlayer path.js-line").first).to_be_attached()
    expect_above_turns(page)
    for number in (4, 3, 2, 1):
        turn(page, "ArrowLeft", number)
    expect_read(page, 7)


def test_the_whole_show_needs_no_more_than_one_key(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/show-me?step=3")
    example = page.get_by_role("button", name="Use an example")
    example.wait_for()
    expect(page.get_by_text("or press Page Down")).to_be_visible()
    page.keyboard.press("PageDown")
    expect(page.locator(".looked")).to_contain_text("Blue parts count for 2")
    expect_step(page, 3)
    turn(page, "PageDown", 4)
    turn(page, "PageDown", 5)
    page.locator(".st-key-demo_train").wait_for()
    expect(page.get_by_text("or press Page Down")).to_be_visible()
    page.keyboard.press("PageDown")
    page.locator(".st-key-demo_stop button").click()
    page.locator(".st-key-demo_train").wait_for()


def test_a_phone_that_lies_shows_all_pictures_bars_and_the_curve(
    browser: Browser, server: Server
) -> None:
    context = browser.new_context(
        viewport={"width": 844, "height": 390}, has_touch=True, is_mobile=True
    )
    page = context.new_page()
    page.goto(f"{server.url}/show-me?step=3")
    page.get_by_role("button", name="Use an example").tap()
    for part in (".way", ".st-key-decision .bars", ".looked"):
        expect_above_turns(page, part)
    page.locator(".st-key-demo_next button").tap()
    expect_above_turns(page, ".gallery.worst")
    page.locator(".st-key-demo_next button").tap()
    expect_step(page, 5)
    page.locator(".st-key-demo_train button").tap()
    expect_above_turns(page, ".st-key-lesson_curve .live-chart")
    page.locator(".st-key-demo_stop button").tap()
    context.close()


def test_keys_that_are_pressed_faster_than_the_page_answers_are_not_lost(
    page: Page, server: Server
) -> None:
    opened(page, server)
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect_step(page, 5)
    page.keyboard.press("ArrowRight")
    for _ in range(2):
        page.keyboard.press("ArrowLeft")
    expect_step(page, 3)
    turn(page, " ", 4)
    page.go_back()
    expect_step(page, 3)


def test_what_the_network_finds_follows_the_pen(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/show-me?step=3")
    page.get_by_role("button", name="Use an example").click()
    ten = page.locator(".way .ten")
    expect(ten).to_have_attribute("aria-label", "The brightest of ten: 2")
    clear(page)
    found = page.locator(".way .maps img").first
    blank = found.get_attribute("src")
    first, *others = canvas_points(page, STROKES[DIGITS.index(7)])
    page.mouse.move(*first)
    page.mouse.down()
    for point in others:
        page.mouse.move(*point)
    # No run of the page has it before the pen is lifted.
    expect(found).not_to_have_attribute("src", str(blank))
    page.mouse.up()
    expect_read(page, 7)
    expect(ten).to_have_attribute("aria-label", "The brightest of ten: 7")


@pytest.mark.parametrize("press", ["keys", "button"])
def test_a_step_that_is_turned_to_at_once_has_the_drawing(
    page: Page, server: Server, press: str
) -> None:
    opened(page, server)
    draw(page, 2)
    if press == "keys":
        page.keyboard.press("ArrowRight")
        turn(page, "ArrowRight", 3)
        ten = page.locator(".way .ten")
        expect(ten).to_have_attribute("aria-label", "The brightest of ten: 2")
        canvas = page.locator("canvas.dc-canvas.lower-canvas").element_handle()
        page.wait_for_function(IS_DRAWN_ON, arg=canvas)
    else:
        page.locator(".st-key-demo_next button").click()
        page.locator(".becoming").wait_for()


def test_nothing_moves_for_who_prefers_that(page: Page, server: Server) -> None:
    moving = "document.querySelector('.squares').getAnimations({ subtree: true }).length"
    opened(page, server)
    draw(page, 2)
    expect_read(page, 2)
    turn(page, "ArrowRight", 2)
    page.locator(".becoming").wait_for()
    assert page.evaluate(moving) > 0
    page.emulate_media(reduced_motion="reduce")
    assert page.evaluate(moving) == 0


def test_what_uses_the_arrow_keys_itself_keeps_them(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/show-me?step=5")
    page.set_viewport_size({"width": 1280, "height": 720})
    expect_step(page, 5)
    teach(page, 0, 1, 2, 3, 6)
    expect_above_turns(page)
    name = page.get_by_label("Name of the copy")
    name.fill("ab")
    name.press("ArrowLeft")
    name.press("ArrowLeft")
    name.press("x")
    expect(name).to_have_value("xab")
    expect_step(page, 5)
    radios = page.locator(".st-key-right_digit").get_by_role("radio")
    radios.first.focus()
    # Who goes by Tab comes back to the options.
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    expect(radios.first).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(radios.nth(1)).to_be_focused()
    expect_step(page, 5)
    # A presenter's remote control turns on, whatever was pressed last.
    turn(page, "PageUp", 4)
    turn(page, "PageDown", 5)
    back = page.get_by_role("button", name="Back")
    back.focus()
    assert back.evaluate("node => getComputedStyle(node).outlineStyle") == "solid"
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("ArrowRight")
    expect_step(page, 5)
    turn(page, "ArrowLeft", 4)


def test_an_option_that_was_pressed_leaves_the_keys_to_the_show(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/show-me?step=5")
    expect_step(page, 5)
    teach(page, 3)
    pressed = page.locator(".st-key-right_digit").get_by_role("radio", name="3")
    expect(pressed).to_be_focused()
    turn(page, "ArrowLeft", 4)
    turn(page, "ArrowRight", 5)
    pressed.click()
    expect(pressed).to_be_focused()
    turn(page, "PageUp", 4)
    turn(page, "PageDown", 5)


def test_an_option_and_a_key_pressed_at_the_same_moment_turn_the_step(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/show-me?step=5")
    expect_step(page, 5)
    teach(page, 3)
    # As in a busy browser, which sends what came meanwhile as one.
    page.evaluate(
        "() => { const soon = setTimeout; window.setTimeout = (run, ms) => soon(run, ms || 500); }"
    )
    page.locator(".st-key-right_digit").get_by_role("radio", name="3").click()
    turn(page, "PageUp", 4)


def test_a_finger_turns_the_steps_and_the_network_learns_a_hand(
    phone: Page, server: Server
) -> None:
    opened(phone, server)
    draw(phone, 3)
    expect_read(phone, 3)
    for number in (2, 3, 4, 5):
        phone.locator(".st-key-demo_next button").tap()
        expect_step(phone, number)
    phone.locator(".st-key-right_digit").get_by_role("radio", name="3").tap()
    expect(phone.locator(".st-key-handwriting figure")).to_have_count(1)
    expect(phone.locator(".st-key-prediction")).to_contain_text("Draw a digit")
    teach(phone, 0, 1, 2, 6)
    phone.locator(".st-key-learn button").tap()
    learning = phone.locator(".st-key-own_learning")
    expect_after_progress(learning, "Your drawings it now gets right")
    expect(learning).to_contain_text("5 of 5")
    phone.locator(".st-key-demo_again button").tap()
    expect_step(phone, 1)
    expect(phone.locator(".st-key-prediction")).to_contain_text("Draw a digit")
