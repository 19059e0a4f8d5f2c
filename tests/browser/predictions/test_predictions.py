import re
from collections.abc import Callable

from playwright.sync_api import Locator, Page, expect

from tests.support.servers import Server

GALLERY = ".st-key-gallery"


# Two frames: by then the page has told everybody that it was scrolled.
SCROLLED = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


def choose(page: Page, name: str, text: str) -> None:
    """Open a select box and choose from its list, which closes when the page scrolls under it."""
    box = page.locator(f".st-key-{name} input")
    box.scroll_into_view_if_needed()
    page.evaluate(SCROLLED)
    box.click()
    page.get_by_role("option", name=text, exact=True).click()


def choose_by_keys(page: Page, name: str, text: str) -> None:
    """The same without a mouse."""
    box = page.locator(f".st-key-{name} input")
    box.scroll_into_view_if_needed()
    page.evaluate(SCROLLED)
    box.focus()
    page.keyboard.type(text)
    expect(page.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")


def captions(page: Page) -> Locator:
    return page.locator(f"{GALLERY} figcaption")


def counted(page: Page, pattern: str) -> int:
    """Return the number of pictures that the gallery says it shows."""
    status = page.locator(f'{GALLERY} [role="status"]')
    expect(status).to_contain_text(re.compile(pattern))
    found = re.match(r"([\d,]+) picture", status.inner_text())
    assert found is not None
    return int(found[1].replace(",", ""))


def test_a_model_is_measured_and_its_pictures_are_filtered(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/predictions?model=digit_lab&dataset=optdigits")
    expect(page.locator(".st-key-metrics")).to_contain_text("Accuracy")
    expect(page.locator(".st-key-confusion_matrix .js-plotly-plot")).to_be_visible()
    assert counted(page, "^360 pictures") == 360

    choose(page, "gallery_true", "5")
    of_five = counted(page, r"^3\d pictures")
    for caption in captions(page).all_inner_texts():
        assert caption.startswith("5 read as")

    page.locator(GALLERY).get_by_text("Correct", exact=True).click()
    expect(page.locator(f"{GALLERY} figure.wrong")).to_have_count(0)
    right = counted(page, r"pictures?, worst mistakes first")
    assert 0 < right <= of_five
    assert all("5 read as 5" in text for text in captions(page).all_inner_texts())

    choose_by_keys(page, "gallery_read", "4")
    expect(page.locator(GALLERY)).to_contain_text("No test picture matches")


def press_cell(page: Page, true: int, read: int, press: Callable[[float, float], None]) -> None:
    """Press a cell of the matrix beside its middle, as people do."""
    plot = page.locator(".st-key-confusion_matrix .nsewdrag")
    expect(page.locator(".st-key-confusion_matrix .textpoint")).to_have_count(100)
    plot.scroll_into_view_if_needed()
    page.evaluate(SCROLLED)
    box = plot.bounding_box()
    assert box is not None
    press(
        box["x"] + box["width"] * (read + 0.85) / 10, box["y"] + box["height"] * (true + 0.15) / 10
    )


def expect_cell(page: Page, true: int, read: int) -> None:
    """The gallery shows the pictures of one cell and no others, and the link says so."""
    expect(captions(page).first).to_contain_text(f"{true} read as {read}")
    texts = captions(page).all_inner_texts()
    assert counted(page, "picture") == len(texts)
    assert all(text.startswith(f"{true} read as {read}") for text in texts)
    expect(page).to_have_url(re.compile(f"gallery_true={true}(&|$)"))
    expect(page).to_have_url(re.compile(f"gallery_read={read}(&|$)"))


def test_a_pressed_cell_shows_its_pictures_and_its_link_shows_them_again(
    page: Page, server: Server
) -> None:
    page.goto(f"{server.url}/predictions?model=digit_lab&dataset=optdigits")
    press_cell(page, 3, 3, page.mouse.click)
    expect_cell(page, 3, 3)
    # Whoever pressed it need not look for what it did.
    expect(page.locator(f"{GALLERY} figure").first).to_be_in_viewport()
    page.reload()
    expect_cell(page, 3, 3)
    press_cell(page, 6, 6, page.mouse.click)
    expect_cell(page, 6, 6)


def test_a_cell_is_tapped_on_a_phone(phone: Page, server: Server) -> None:
    phone.goto(f"{server.url}/predictions?model=digit_lab&dataset=optdigits")
    press_cell(phone, 2, 2, phone.touchscreen.tap)
    expect_cell(phone, 2, 2)


def test_a_confused_pair_is_chosen_by_keyboard(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/predictions?model=digit_lab&dataset=optdigits")
    pair = page.locator(".st-key-confused_pairs button").first
    expect(pair).to_be_visible()
    named = re.match(r"(\d) read as (\d)", pair.inner_text())
    assert named is not None
    pair.focus()
    page.keyboard.press("Enter")
    expect_cell(page, int(named[1]), int(named[2]))


def test_the_report_is_downloaded_and_works_without_a_network(page: Page, server: Server) -> None:
    page.goto(f"{server.url}/predictions?model=digit_lab&dataset=optdigits")
    page.get_by_role("button", name="Download", exact=True).click()
    button = page.locator(".st-key-download_report button")
    expect(button).to_be_visible()
    with page.expect_download() as download:
        button.click()
    offline = page.context.browser.new_context(offline=True)  # type: ignore[union-attr]
    report = offline.new_page()
    report.set_content(download.value.path().read_text(encoding="utf-8"))
    expect(report.locator(".js-plotly-plot .main-svg").first).to_be_visible()
    expect(report.locator("h1")).to_contain_text("Digit Lab on")
    offline.close()
