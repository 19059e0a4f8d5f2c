"""Answers while the pen moves: on the Draw page and in the show, with mouse and finger."""

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import SHIFTS, at_rest
from tests.support.drawings import STROKES
from tests.support.pen import DIGITS, PREDICTION, canvas_points, draw, expect_read, opened
from tests.support.servers import Server, serve

ROOT = Path(__file__).parents[3]
ANSWER = f"{PREDICTION} .answer"
BARS = ".st-key-probabilities .bars"


def press(page: Page, digit: int, share: float = 1) -> None:
    """Draw the first part of a digit with the mouse, which stays down."""
    points = canvas_points(page, STROKES[DIGITS.index(digit)])
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1 : round(len(points) * share)]:
        page.mouse.move(*point)


def go_on(page: Page, digit: int, share: float) -> None:
    """The rest of it."""
    points = canvas_points(page, STROKES[DIGITS.index(digit)])
    for point in points[round(len(points) * share) :]:
        page.mouse.move(*point)
    page.mouse.up()


@pytest.mark.parametrize("path", ["/", "/show-me"])
def test_a_digit_is_read_while_the_pen_is_still_down(page: Page, server: Server, path: str) -> None:
    opened(page, server, path)
    press(page, 3)
    expect_read(page, 3)
    page.mouse.up()
    expect_read(page, 3)


def test_bars_and_picture_follow_the_pen(page: Page, server: Server) -> None:
    opened(page, server)
    press(page, 3, 0.5)
    expect(page.locator(BARS)).to_have_attribute("aria-label", re.compile("digit is: 7"))
    picture = page.locator(".st-key-model_input img").get_attribute("src")
    go_on(page, 3, 0.5)
    expect(page.locator(BARS)).to_have_attribute("aria-label", re.compile("digit is: 3"))
    assert page.locator(".st-key-model_input img").get_attribute("src") != picture


def test_a_number_is_read_while_it_is_written(page: Page, server: Server) -> None:
    opened(page, server)
    page.locator(".st-key-mode").get_by_text("A number").click()
    expect(page.locator(PREDICTION)).to_contain_text("Draw a number")
    expect(page.locator("canvas.upper-canvas")).to_have_count(1)
    box = page.locator("canvas.upper-canvas").bounding_box()
    assert box is not None
    for place, digit in enumerate((3, 7)):
        corner = np.array([box["x"] + place * 220, box["y"] + 10])
        points = (STROKES[DIGITS.index(digit)] * 0.7 + corner).tolist()
        page.mouse.move(*points[0])
        page.mouse.down()
        for point in points[1:]:
            page.mouse.move(*point)
        if place:
            expect(page.locator(f"{PREDICTION} .number")).to_have_text("37")
        page.mouse.up()
    # One of its digits is looked at by keys.
    expect(page.locator(f"{PREDICTION} .number")).to_have_text("37")
    chosen = page.locator(".selected-digit input")
    chosen.first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(BARS)).to_have_attribute("aria-label", re.compile("digit is: 7"))
    at_rest(page)
    expect(chosen.nth(1)).to_be_checked()


def test_no_digit_is_announced_before_the_pen_is_lifted(page: Page, server: Server) -> None:
    opened(page, server)
    star = [[160, 30], [220, 270], [40, 110], [280, 110], [100, 270], [160, 30]]
    points = canvas_points(page, np.array(star))
    page.mouse.move(*points[0])
    page.mouse.down()
    for point in points[1:]:
        page.mouse.move(*point, steps=5)
    expect(page.locator(ANSWER)).to_have_class(re.compile("fading"))
    expect(page.locator(ANSWER)).not_to_contain_text("does not look")
    page.mouse.up()
    expect(page.locator(ANSWER)).to_contain_text("doesn't look like a digit")
    expect(page.locator(ANSWER)).not_to_have_class(re.compile("fading"))


def test_a_screen_reader_is_told_the_answer_and_not_the_way_to_it(
    page: Page, server: Server
) -> None:
    opened(page, server)
    press(page, 3)
    expect_read(page, 3)
    said = page.locator(f"{PREDICTION} [role=status]")
    expect(said).to_contain_text("Draw a digit")
    page.mouse.up()
    expect(said).to_contain_text("The network reads 3")


def test_who_prefers_no_motion_is_answered_when_the_pen_is_lifted(
    page: Page, server: Server
) -> None:
    page.emulate_media(reduced_motion="reduce")
    opened(page, server)
    press(page, 3)
    expect(page.locator(BARS)).to_have_attribute("aria-label", re.compile("No drawing yet"))
    page.mouse.up()
    expect_read(page, 3)


@pytest.fixture
def lines(page: Page) -> list[WebSocketRoute]:
    """The live channel's connections, which can be cut."""
    found: list[WebSocketRoute] = []

    def connect(route: WebSocketRoute) -> None:
        route.connect_to_server()
        found.append(route)

    page.route_web_socket(re.compile("/api/live"), connect)
    return found


def test_a_lost_connection_is_made_again_and_knows_what_was_drawn(
    page: Page, server: Server, lines: list[WebSocketRoute]
) -> None:
    page.goto(server.url)
    page.locator("canvas.upper-canvas").wait_for()
    at_rest(page)
    press(page, 3, 0.5)
    expect(page.locator(f"{PREDICTION} .digit")).to_have_text("7")
    lines[-1].close()
    points = canvas_points(page, STROKES[DIGITS.index(3)])
    for point in points[round(len(points) * 0.5) :]:
        page.mouse.move(*point)
    # The pen is still down: only the channel can have read the rest.
    expect_read(page, 3)
    assert len(lines) > 1
    page.mouse.up()
    expect_read(page, 3)


def test_without_the_live_channel_a_run_of_the_page_answers(page: Page, server: Server) -> None:
    page.route_web_socket(re.compile("/api/live"), lambda route: route.close())
    page.goto(server.url)
    page.locator("canvas.upper-canvas").wait_for()
    at_rest(page)
    draw(page, 3)
    expect_read(page, 3)
    page.locator(".st-key-clear button").click()
    draw(page, 7)
    expect_read(page, 7)
    page.locator(".st-key-undo button").click()
    expect(page.locator(PREDICTION)).to_contain_text("Draw a digit")


def test_a_host_that_runs_a_plain_script_answers_by_runs_of_the_page(
    page: Page, tmp_path: Path
) -> None:
    plain = tmp_path / "plain.py"
    plain.write_text(
        f"import runpy, sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"runpy.run_path({str(ROOT / 'app.py')!r})\n"
    )
    with serve(plain, ROOT) as server:
        refused: list[Any] = []
        page.on("websocket", lambda socket: refused.append(socket))
        page.goto(server.url)
        page.locator("canvas.upper-canvas").wait_for()
        draw(page, 3)
        expect_read(page, 3)
        assert any("/api/live" in socket.url for socket in refused)


def test_points_are_sent_once(page: Page, server: Server) -> None:
    sent: list[dict[str, Any]] = []

    def listen(socket: Any) -> None:
        if "/api/live" in socket.url:
            socket.on("framesent", lambda text: sent.append(json.loads(text)))

    page.on("websocket", listen)
    opened(page, server)
    draw(page, 3)
    expect_read(page, 3)
    at_rest(page)
    assert [message["type"] for message in sent].count("begin") == 1
    begun = sum(map(len, sent[0]["strokes"]))
    later = sum(len(message["points"]) for message in sent[1:])
    assert (begun + later) / 2 == pytest.approx(len(STROKES[DIGITS.index(3)]), abs=1)


@pytest.mark.parametrize("visitor", ["page", "phone"])
def test_nothing_jumps_while_the_page_appears(
    visitor: str, server: Server, request: pytest.FixtureRequest
) -> None:
    page: Page = request.getfixturevalue(visitor)
    page.add_init_script(SHIFTS)
    opened(page, server)
    expect(page.locator(BARS)).to_be_visible()
    assert page.evaluate("shifted") < 0.1
