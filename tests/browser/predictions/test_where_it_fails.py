"""The map of all test pictures, and one of them opened, on the Predictions page."""

import math
import re
from collections.abc import Sequence
from urllib.parse import parse_qs, urlencode, urlparse

from playwright.sync_api import Locator, Page, expect

from mnist_app.core.evaluation import selection_codec
from tests.support.browser import at_rest
from tests.support.servers import Server
from tests.support.visits import IN_TEST_ORDER

GALLERY = ".st-key-gallery"
MAP = ".st-key-picture_map"
OPENED = ".st-key-opened"
STATUS = f'{GALLERY} [role="status"]'
SCROLLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
# Of each point the number of its picture and where it stands in the window.
POINTS = """(chart) => {
  const { left, top } = chart.getBoundingClientRect();
  const { xaxis, yaxis } = chart._fullLayout;
  return chart._fullData.flatMap(({ x, y, customdata }) => Array.from(customdata, (number, i) =>
    [number, left + xaxis._offset + xaxis.c2p(x[i]), top + yaxis._offset + yaxis.c2p(y[i])]));
}"""
INSIDE = """([points, outline]) => {
  const area = new Path2D(`M${outline.map((place) => place.join(" ")).join("L")}Z`);
  const pen = document.createElement("canvas").getContext("2d");
  return points.filter(([, x, y]) => pen.isPointInPath(area, x, y)).map(([number]) => number);
}"""
Places = list[tuple[float, float]]


def visit(page: Page, server: Server, more: str = "") -> Locator:
    """The page with its map in view, which is returned."""
    page.goto(f"{server.url}/predictions?model=digit_lab&dataset=optdigits{more}")
    chart = page.locator(f"{MAP} .js-plotly-plot")
    expect(chart.locator(".gl-container canvas").first).to_be_visible()
    expect(page.locator(f"{GALLERY} figure").first).to_be_visible()
    at_rest(page)
    show(chart)
    return chart


def show(chart: Locator) -> None:
    chart.evaluate("(chart) => chart.scrollIntoView({ block: 'center', behavior: 'instant' })")
    chart.page.evaluate(SCROLLED)


def circle(chart: Locator, radius: float) -> Places:
    """Places around the middle of the map, the first also the last."""
    box = chart.locator(".nsewdrag").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    steps = [2 * math.pi * step / 24 for step in range(25)]
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in steps]


def inside(chart: Locator, outline: Places) -> list[int]:
    """The numbers of the pictures whose points an outline holds."""
    points = chart.evaluate(POINTS)
    return sorted(chart.page.evaluate(INSIDE, [points, outline]))


def expect_count(page: Page, count: int) -> None:
    """The gallery says that it shows so many; what it said before may stand there a moment more."""
    said = re.compile(rf"(?<!\d){count} pictures?, [a-z ]+ first, page 1 of")
    expect(page.locator(STATUS).filter(has_text=said)).to_have_count(1)


def expect_picked(page: Page, numbers: Sequence[int]) -> None:
    """The gallery shows exactly these pictures, and so does the link."""
    expect_count(page, len(numbers))
    expect(page).to_have_url(re.compile("picked="))
    found = selection_codec.from_text(parse_qs(urlparse(page.url).query)["picked"][0], 360)
    assert found is not None
    assert found.tolist() == list(numbers)


def test_a_lasso_fills_the_gallery_with_exactly_what_it_holds(page: Page, server: Server) -> None:
    chart = visit(page, server)
    outline = circle(chart, radius=90)
    expected = inside(chart, outline)
    assert 3 < len(expected) < 300
    page.mouse.move(*outline[0])
    page.mouse.down()
    for place in outline[1:]:
        page.mouse.move(*place)
    page.mouse.up()
    expect_picked(page, expected)
    expect(chart).to_be_in_viewport(ratio=0.9)
    page.get_by_role("link", name="See them below").click()
    expect(page.locator(f"{GALLERY} figure").first).to_be_in_viewport()
    page.reload()
    expect_picked(page, expected)
    page.locator(".st-key-gallery_all button").click()
    expect_count(page, 360)
    expect(page).not_to_have_url(re.compile("picked="))


def test_a_finger_draws_a_lasso_once_it_is_told_to(phone: Page, server: Server) -> None:
    chart = visit(phone, server)
    expect(phone.get_by_role("button", name="Point", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    phone.get_by_role("button", name="Lasso").tap()
    show(chart)
    outline = circle(chart, radius=70)
    expected = inside(chart, outline)
    finger = phone.context.new_cdp_session(phone)
    for number, (x, y) in enumerate(outline):
        kind = "touchMove" if number else "touchStart"
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    finger.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    expect_picked(phone, expected)


def test_pointing_shows_a_picture_and_pressing_opens_it(page: Page, server: Server) -> None:
    chart = visit(page, server)
    points = chart.evaluate(POINTS)
    # One that stands alone, so that no other is meant.
    number, x, y = max(
        points,
        key=lambda one: min(math.dist(one[1:], other[1:]) for other in points if other != one),
    )
    page.mouse.move(x - 3, y)
    page.mouse.move(x, y)
    expect(page.locator(".chart-preview")).to_contain_text(re.compile(r"\d read as \d"))
    page.mouse.click(x, y)
    expect(page.locator(OPENED)).to_contain_text(f"Test picture {number + 1}")
    expect(page).to_have_url(re.compile(f"picture={number}(&|$)"))


def test_where_two_classes_meet_is_shown_by_keyboard(page: Page, server: Server) -> None:
    visit(page, server)
    page.locator(".st-key-border_show button").focus()
    page.keyboard.press("Enter")
    expect_count(page, 60)
    expect(page.locator(f"{GALLERY} figure").first).to_be_in_viewport()


def test_a_picture_is_opened_turned_and_closed_by_keyboard(page: Page, server: Server) -> None:
    visit(page, server, f"&{urlencode(IN_TEST_ORDER)}")
    button = page.locator(f"{GALLERY} button[data-number]").nth(2)
    button.focus()
    page.keyboard.press("Enter")
    opened = page.locator(OPENED)
    expect(opened).to_contain_text("Test picture 3")
    expect(page).to_have_url(re.compile("picture=2(&|$)"))
    following = page.locator(".st-key-opened_next button")
    expect(following).to_be_focused()
    expect(opened.locator(".examples figcaption")).to_have_count(8)
    expect(opened).to_contain_text("What the other models say")
    following.focus()
    page.keyboard.press("Enter")
    expect(opened).to_contain_text("Test picture 4")
    expect(page).to_have_url(re.compile("picture=3(&|$)"))
    page.locator(".st-key-opened_close button").focus()
    page.keyboard.press("Enter")
    expect(opened.locator("img")).to_have_count(0)
    expect(page.locator(f'{GALLERY} button[data-number="3"]')).to_be_focused()
    expect(page).not_to_have_url(re.compile("picture="))


def first_error(page: Page) -> tuple[int, int, int]:
    """The most frequent error as the list beside the matrix tells it: true, read, how often."""
    pair = page.locator(".st-key-confused_pairs button").first
    told = re.match(r"(\d) read as (\d): (once|\d+)", pair.inner_text())
    assert told is not None
    return int(told[1]), int(told[2]), 1 if told[3] == "once" else int(told[3])


def expect_error(page: Page, true: int, read: int, count: int) -> None:
    """The gallery shows exactly the pictures of one kind of error."""
    expect(page).to_have_url(re.compile(f"gallery_true={true}(&|$)"))
    expect(page).to_have_url(re.compile(f"gallery_read={read}(&|$)"))
    expect_count(page, count)
    shown = page.locator(f"{GALLERY} figcaption")
    expect(shown.filter(has_text=f"{true} read as {read}")).to_have_count(count)
    expect(shown).to_have_count(count)


def test_the_matrix_is_walked_by_keyboard(page: Page, server: Server) -> None:
    visit(page, server)
    true, read, count = first_error(page)
    matrix = page.locator(".st-key-confusion_matrix .live-chart")
    said = page.locator(".st-key-confusion_matrix .chart-said")
    expect(matrix).to_have_attribute("tabindex", "0")
    expect(matrix).to_have_attribute("aria-label", re.compile("Arrow keys move"))
    # The switch of the diagonal stands right before it.
    page.locator(".st-key-matrix_diagonal input").focus()
    for _ in range(3):
        page.keyboard.press("Tab")
        if matrix.evaluate("(chart) => chart === document.activeElement"):
            break
    expect(matrix).to_be_focused()
    pictures = "1 picture" if count == 1 else f"{count} pictures"
    expect(said).to_have_text(f"{true} read as {read}: {pictures}")
    cursor = page.locator(".st-key-confusion_matrix .chart-cursor")
    cell, plot = cursor.bounding_box(), page.locator(".st-key-confusion_matrix .nsewdrag")
    area = plot.bounding_box()
    assert cell is not None
    assert area is not None
    assert abs(cell["x"] - area["x"] - area["width"] * read / 10) < 2
    assert abs(cell["y"] - area["y"] - area["height"] * true / 10) < 2
    for key in ["ArrowUp"] * 12 + ["ArrowLeft"] * 12:
        page.keyboard.press(key)
    expect(said).to_contain_text("0 read as 0:")
    # A cell without pictures opens nothing.
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("0 read as 1: no pictures")
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("0 read as 0:")
    for key in ["ArrowDown"] * true + ["ArrowRight"] * read:
        page.keyboard.press(key)
    expect(said).to_contain_text(f"{true} read as {read}:")
    expect(page).not_to_have_url(re.compile("gallery_true="))
    page.keyboard.press("Enter")
    expect_error(page, true, read, count)


def test_an_error_is_pressed_where_only_errors_are_shown(page: Page, server: Server) -> None:
    visit(page, server, "&matrix_numbers=Percentages&matrix_diagonal=false")
    true, read, count = first_error(page)
    plot = page.locator(".st-key-confusion_matrix .nsewdrag")
    written = page.locator(".st-key-confusion_matrix .textpoint")
    expect(page.locator(".st-key-confusion_matrix")).to_contain_text("% of each row")
    # Nothing is written on the diagonal.
    expect(written.nth(11)).to_have_text("\N{NO-BREAK SPACE}")
    plot.evaluate("(plot) => plot.scrollIntoView({ block: 'center', behavior: 'instant' })")
    page.evaluate(SCROLLED)
    box = plot.bounding_box()
    assert box is not None
    x, y = (read + 0.5) / 10, (true + 0.5) / 10
    page.mouse.click(box["x"] + box["width"] * x, box["y"] + box["height"] * y)
    expect_error(page, true, read, count)


def test_on_a_phone_the_pictures_are_not_far_below_their_filters(
    phone: Page, server: Server
) -> None:
    visit(phone, server)
    filters = phone.locator(GALLERY).bounding_box()
    first = phone.locator(f"{GALLERY} figure").first.bounding_box()
    assert filters is not None
    assert first is not None
    assert first["y"] - filters["y"] < 480
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
