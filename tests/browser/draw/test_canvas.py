"""Test strokes of mice and fingers on the canvas, and what takes them away again."""

import io
import re
import time

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.support.browser import at_rest
from tests.support.drawings import STROKES
from tests.support.gates import PATIENCE, until
from tests.support.pen import (
    DIGITS,
    PREDICTION,
    Finger,
    canvas_points,
    drag,
    draw,
    expect_read,
    ink,
    opened,
)
from tests.support.servers import Server

SOME_DIGIT = re.compile(r"\d")
# Beside a digit, and through it.
UNDERLINE = np.array([[40, 300], [160, 302], [280, 300]])


def test_clear_and_undo_act_at_once_and_a_stroke_begun_right_then_is_kept(
    page: Page, server: Server
) -> None:
    opened(page, server)
    draw(page, 7)
    expect_read(page, 7)
    at_rest(page)
    # In one go, faster than any hand.
    points = canvas_points(page, STROKES[DIGITS.index(3)])
    page.locator(".st-key-clear button").click()
    assert not SOME_DIGIT.search(page.locator(PREDICTION).inner_text())
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point)
    page.mouse.up()
    expect_read(page, 3)
    assert ink(page) > 3000
    draw(page, 7)
    page.locator(".st-key-undo button").click()
    expect_read(page, 3)
    at_rest(page)
    expect_read(page, 3)
    page.locator(".st-key-undo button").click()
    assert not ink(page)
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    page.locator(".st-key-redo button").click()
    expect_read(page, 3)


def test_a_stroke_begun_right_after_a_drawing_from_before_was_cleared_is_kept(
    page: Page, server: Server
) -> None:
    opened(page, server)
    points = canvas_points(page, STROKES[DIGITS.index(3)])
    drag(page, points)
    expect_read(page, 3)
    at_rest(page)
    whole = ink(page)
    page.get_by_role("link", name="Data").click()
    expect(page.locator("h1")).not_to_contain_text("Digit Lab")
    page.get_by_role("link", name="Draw").click()
    expect_read(page, 3)
    at_rest(page)
    page.mouse.move(*points[0])
    page.locator(".st-key-clear button").evaluate("button => button.click()")
    page.mouse.down()
    for point in points[1:20]:
        page.mouse.move(*point)
    # The canvas is replaced meanwhile, and moves as its successor does where both lie on the page.
    page.wait_for_function("!digitLabDrawing.isAwaited")
    at_rest(page)
    page.add_style_tag(content=".st-key-square_canvas { padding-top: 40px; }")
    for point in points[20:]:
        page.mouse.move(*point)
    page.mouse.up()
    expect_read(page, 3)
    at_rest(page)
    assert ink(page) == pytest.approx(whole, rel=0.02)
    draw(page, 7)
    page.locator(".st-key-undo button").click()
    at_rest(page)
    expect_read(page, 3)


def test_every_point_of_the_canvas_takes_ink(phone: Page, server: Server) -> None:
    opened(phone, server)
    finger = Finger(phone)
    finger.draw(canvas_points(phone, STROKES[DIGITS.index(7)]))
    expect_read(phone, 7)
    at_rest(phone)
    before = ink(phone)
    # The canvas' own toolbar would lie there.
    (corner,) = canvas_points(phone, np.array([[305, 15]]))
    finger.draw([corner, (corner[0] - 4, corner[1] + 4)])
    until(lambda: ink(phone) > before)


def test_a_second_finger_and_a_stroke_that_is_broken_off_leave_nothing_behind(
    phone: Page, server: Server
) -> None:
    opened(phone, server)
    finger = Finger(phone)
    points = canvas_points(phone, STROKES[DIGITS.index(7)])
    other = canvas_points(phone, np.array([[300, 300], [20, 300]]))
    finger.report("touchStart", points[0])
    for point in points[1:10]:
        finger.report("touchMove", point)
    finger.report("touchStart", points[10], other[0])
    for point in points[10:]:
        finger.report("touchMove", point, other[1])
    finger.report("touchEnd")
    expect_read(phone, 7)
    phone.locator(".st-key-clear button").tap()
    expect(phone.locator(PREDICTION)).to_contain_text("Draw a digit")
    finger.report("touchStart", points[0])
    for point in points[1:20]:
        finger.report("touchMove", point)
    finger.report("touchCancel")
    phone.locator(".st-key-clear button").tap()
    expect(phone.locator(PREDICTION)).to_contain_text("Draw a digit")
    finger.draw(canvas_points(phone, STROKES[DIGITS.index(3)]))
    expect_read(phone, 3)
    assert ink(phone) > 3000


def test_a_pen_that_leaves_the_canvas_and_comes_back_goes_on(page: Page, server: Server) -> None:
    opened(page, server)
    points = canvas_points(page, STROKES[DIGITS.index(3)])
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[20])
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 160, box["y"] - 5)
    page.mouse.move(box["x"] + 170, box["y"] - 5)
    page.mouse.up()
    at_rest(page)
    page.locator(".st-key-clear button").click()
    draw(page, 7)
    expect_read(page, 7)


def test_keys_undo_redo_and_clear(page: Page, server: Server) -> None:
    opened(page, server)
    draw(page, 7)
    expect_read(page, 7)
    page.keyboard.press("Control+z")
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    page.keyboard.press("Control+y")
    expect_read(page, 7)
    at_rest(page)
    seven = ink(page)
    drag(page, canvas_points(page, UNDERLINE))
    page.keyboard.press("Escape")
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    page.keyboard.press("Control+z")
    assert ink(page) > seven
    # They come back as the two strokes that they were.
    page.keyboard.press("Control+z")
    expect_read(page, 7)
    at_rest(page)
    assert ink(page) == pytest.approx(seven, rel=0.02)
    # What the page put there, it takes away and brings back.
    page.locator(".st-key-example_3 button").click()
    expect_read(page, 3)
    page.keyboard.press("Control+z")
    expect_read(page, 7)
    page.keyboard.press("Control+Shift+Z")
    expect_read(page, 3)
    page.keyboard.press("Escape")
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    # Streamlit may lose what is pressed during a run of the page.
    at_rest(page)
    page.keyboard.press("Control+z")
    expect_read(page, 3)


def test_the_eraser_takes_away_whole_strokes_and_that_can_be_undone(
    page: Page, server: Server
) -> None:
    opened(page, server)
    eraser = page.locator(".st-key-eraser button")
    eraser.press("Enter")
    expect(eraser).to_have_attribute("aria-pressed", "false")
    draw(page, 7)
    drag(page, canvas_points(page, UNDERLINE))
    at_rest(page)
    both = ink(page)
    eraser.press("Enter")
    expect(eraser).to_have_attribute("aria-pressed", "true")
    across = np.array([[100, 270], [100, 319]])
    drag(page, canvas_points(page, across))
    expect_read(page, 7)
    at_rest(page)
    expect_read(page, 7)
    assert 3000 < ink(page) < both
    drag(page, canvas_points(page, np.array([[1, 160], [319, 160]])))
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    expect(eraser).to_have_attribute("aria-pressed", "false")
    at_rest(page)
    page.keyboard.press("Control+z")
    expect_read(page, 7)
    page.keyboard.press("Control+z")
    deadline = time.monotonic() + PATIENCE
    while ink(page) != both and time.monotonic() < deadline:
        page.wait_for_timeout(50)
    assert ink(page) == both


def test_a_finger_erases_one_stroke_after_the_other(phone: Page, server: Server) -> None:
    opened(phone, server)
    finger = Finger(phone)
    finger.draw(canvas_points(phone, STROKES[DIGITS.index(7)]))
    underline = canvas_points(phone, UNDERLINE)
    finger.draw(underline)
    phone.locator(".st-key-eraser button").tap()
    # Two taps, faster than the page can follow.
    for place in (underline[1], canvas_points(phone, STROKES[DIGITS.index(7)])[5]):
        finger.draw([place])
    expect(phone.locator(PREDICTION)).to_contain_text("Draw a digit")
    at_rest(phone)
    assert not ink(phone)
    finger.draw(canvas_points(phone, STROKES[DIGITS.index(3)]))
    expect_read(phone, 3)


def test_what_is_erased_between_two_canvases_is_gone_from_the_next(
    page: Page, server: Server
) -> None:
    opened(page, server)
    draw(page, 7)
    drag(page, canvas_points(page, UNDERLINE))
    at_rest(page)
    page.locator(".st-key-eraser button").press("Enter")
    line = canvas_points(page, UNDERLINE)[1]
    seven = canvas_points(page, STROKES[DIGITS.index(7)])[5]
    # The page has not yet made the canvas without the line, and the one with it is gone.
    page.evaluate(
        """([line, seven]) => {
            const tap = (target, [clientX, clientY]) => {
                const pen = { pointerId: 1, isPrimary: true, bubbles: true, composed: true };
                for (const name of ["pointerdown", "pointerup"]) {
                    target.dispatchEvent(new PointerEvent(name, { ...pen, clientX, clientY }));
                }
            };
            const canvas = [...document.querySelectorAll(".st-key-canvas *")]
                .map((each) => each.shadowRoot?.querySelector("canvas.upper-canvas"))
                .find(Boolean);
            tap(canvas, line);
            tap(document.body, seven);
        }""",
        [line, seven],
    )
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    at_rest(page)
    assert not ink(page)


def test_a_digit_draws_itself_until_somebody_does(page: Page, server: Server) -> None:
    opened(page, server)
    expect(page.locator(".hint.moving")).to_be_visible()
    expect(page.locator(".hint.still")).to_be_hidden()
    page.emulate_media(reduced_motion="reduce")
    expect(page.locator(".hint.moving")).to_be_hidden()
    hint = page.locator(".hint.still")
    expect(hint).to_be_visible()
    place, canvas = hint.bounding_box(), page.locator("canvas.upper-canvas").bounding_box()
    assert place == pytest.approx(canvas, abs=0.5)
    # It is seen, and is no ink.
    seen = Image.open(io.BytesIO(hint.screenshot())).convert("L")
    assert 80 < np.asarray(seen)[5:-5, 5:-5].max() < 160
    assert not ink(page)
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")
    draw(page, 3)
    expect_read(page, 3)
    expect(hint).to_be_hidden()
    page.keyboard.press("Escape")
    page.emulate_media(reduced_motion="no-preference")
    expect(page.locator(".hint.moving")).to_be_hidden()
