from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

from tests.browser.test_demo import expect_step, opened, turn
from tests.support.pen import draw, expect_read
from tests.support.servers import Server


def test_a_kiosk_begins_anew_when_nobody_touches_it_any_more(page: Page, kiosk: Server) -> None:
    page.clock.install()
    opened(page, kiosk)
    draw(page, 2)
    expect_read(page, 2)
    turn(page, "ArrowRight", 2)
    becoming = page.locator(".becoming")
    becoming.wait_for()
    page.clock.fast_forward(15_000)
    becoming.click()
    page.clock.fast_forward(15_000)
    expect_step(page, 2)
    page.clock.fast_forward(6_000)
    expect_step(page, 1)
    expect(page.locator(".st-key-prediction")).to_contain_text("Draw a digit")


def test_a_kiosk_goes_back_to_the_first_step_also_when_nothing_is_drawn(
    page: Page, kiosk: Server
) -> None:
    page.clock.install()
    opened(page, kiosk)
    turn(page, "ArrowRight", 2)
    page.clock.fast_forward(21_000)
    expect_step(page, 1)


def test_a_kiosk_clears_all_that_a_visitor_did_and_leaves_an_untouched_page_alone(
    page: Page, kiosk: Server, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.png"
    Image.new("L", (300, 300), 200).save(sheet)
    page.clock.install()
    page.goto(kiosk.url)
    page.locator("canvas.upper-canvas").wait_for()
    page.locator("canvas.upper-canvas").evaluate("node => { node.dataset.mark = 'kept' }")
    page.clock.fast_forward(21_000)
    draw(page, 2)
    expect_read(page, 2)
    assert page.locator("canvas.upper-canvas").get_attribute("data-mark") == "kept"
    page.locator(".st-key-right_digit").get_by_role("radio", name="2").click()
    expect(page.locator(".st-key-handwriting figcaption").get_by_text("a 2")).to_be_visible()
    page.get_by_role("radio", name="A number").first.click()
    expect(page.locator(".st-key-wide_canvas")).to_be_visible()
    page.get_by_text("Use a photo instead").click()
    page.locator(".st-key-picture_file input[type=file]").set_input_files(sheet)
    expect(page.locator(".st-key-picture_prediction")).to_contain_text("No writing")
    known = cookies(page)
    page.clock.fast_forward(21_000)
    expect(page.locator(".st-key-square_canvas")).to_be_visible()
    expect(page.locator(".st-key-prediction")).to_contain_text("Draw a digit")
    expect(page.locator(".st-key-handwriting figcaption").get_by_text("a 2")).to_have_count(0)
    expect(page.locator(".st-key-picture_prediction")).to_have_count(0)
    is_new = "known => !/left-/.test(document.cookie) && document.cookie !== known"
    page.wait_for_function(is_new, arg=known)


def test_a_kiosk_goes_back_to_an_empty_canvas_from_every_other_page(
    page: Page, kiosk: Server
) -> None:
    page.clock.install()
    page.goto(kiosk.url)
    draw(page, 2)
    expect_read(page, 2)
    page.get_by_role("link", name="Data", exact=True).click()
    expect(page.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    page.clock.fast_forward(21_000)
    expect(page.locator(".st-key-prediction")).to_contain_text("Draw a digit")


def cookies(page: Page) -> str:
    return str(page.evaluate("document.cookie"))
