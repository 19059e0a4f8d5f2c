"""axe-core finds nothing to mend on any page, in light and dark."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, ViewportSize, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.test_shelf import visitor_of
from tests.support.browser import CANVAS, at_rest
from tests.support.pen import draw, expect_read
from tests.support.servers import Server
from tests.support.shelves import network_of

# What is half faded has less contrast for a moment.
STILL = """
  *, *::before, *::after { transition: none !important; animation: none !important; }
  [data-stale] { opacity: 1 !important; }
"""

WIDE: ViewportSize = {"width": 1280, "height": 720}
NARROW: ViewportSize = {"width": 390, "height": 844}
# Only what is wrong is described; a description of all the rest takes longer than finding it.
EVERYTHING: dict[str, Any] = {"resultTypes": ["violations"]}
# In the dark nothing else is different.
RULES: dict[Literal["dark", "light"], dict[str, Any]] = {
    "dark": {**EVERYTHING, "runOnly": ["color-contrast", "link-in-text-block"]},
    "light": EVERYTHING,
}
FOCUSED = """() => {
  const { activeElement: reached } = document;
  const name = reached.ariaLabel ?? reached.textContent;
  return [reached.tagName, name, getComputedStyle(reached).outlineStyle];
}"""


class Examiner:
    """A visitor at a desk who notes on each page what axe-core finds."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        self.found: list[str] = []
        self._url = url
        self._axe = Axe()

    def open(self, path: str, then: str) -> None:
        """Open a page and wait until some words stand on it."""
        self.page.goto(f"{self._url}/{path}")
        self.page.add_style_tag(content=STILL)
        self.expect(then)

    def expect(self, words: str) -> None:
        """Wait until some words stand on the page, and it rests."""
        expect(
            self.page.get_by_text(re.compile(words)).locator("visible=true").first
        ).to_be_visible()
        at_rest(self.page)

    def examine(self, what: str) -> None:
        """Note what is found on the page as it stands, in dark and light."""
        for scheme, rules in RULES.items():
            self.page.emulate_media(color_scheme=scheme)
            expect(self.page.locator(".stApp")).to_have_css("color-scheme", scheme)
            self._note(f"{what}, {scheme}", rules)

    def examine_narrow(self, what: str) -> None:
        """Note what is found on the page in a window as narrow as a phone."""
        self.page.set_viewport_size(NARROW)
        at_rest(self.page)
        self._note(f"{what}, narrow", RULES["light"])
        self.page.set_viewport_size(WIDE)

    def _note(self, what: str, rules: dict[str, Any]) -> None:
        if not self.page.evaluate("'axe' in window"):
            self.page.evaluate(self._axe.axe_script)
        found = self.page.evaluate("rules => axe.run(rules)", rules)
        for violation in found["violations"]:
            self.found += [
                f"{what}: {violation['id']}: {node['html'][:200]}" for node in violation["nodes"]
            ]


@contextmanager
def visit(browser: Browser, server: Server) -> Iterator[Examiner]:
    """A visitor at a desk."""
    context = browser.new_context(viewport=WIDE, reduced_motion="reduce", color_scheme="light")
    context.set_default_timeout(PATIENCE_MS)
    yield Examiner(context.new_page(), server.url)
    context.close()


@pytest.fixture
def examiner(browser: Browser, server: Server) -> Iterator[Examiner]:
    with visit(browser, server) as visitor:
        yield visitor


def test_nothing_is_found_on_pages_as_they_open(examiner: Examiner) -> None:
    page = examiner.page
    examiner.open("", "Draw a digit")
    page.locator(CANVAS).wait_for()
    examiner.examine("Draw, empty")
    draw(page, 3)
    expect_read(page, 3)
    page.locator(".st-key-open_look_inside button").click()
    examiner.expect("Layer by layer")
    examiner.examine("Draw, looking inside")
    examiner.examine_narrow("Draw, looking inside")
    page.get_by_text("Use a photo instead").click()
    page.get_by_text("The camera", exact=True).click()
    page.locator(".camera [data-state=on]").hover()
    examiner.examine("Draw, with the camera")
    examiner.open("teach", "Name a symbol")
    page.get_by_label("Name a symbol").fill("star")
    page.get_by_role("button", name="Add").first.click()
    page.get_by_text("Use photos instead").click()
    page.locator(".st-key-photo_source [aria-checked=true]").hover()
    examiner.examine("teach, with photos")
    page.locator(".st-key-photo_source").get_by_text("The camera").click()
    page.locator(".camera").wait_for()
    examiner.examine_narrow("teach, with the camera")
    for path, words in (
        ("train", "No run yet"),
        ("runs", "No runs yet"),
        ("data", "Augmentation"),
        ("shelf", "You have not made anything yet"),
    ):
        examiner.open(path, words)
        if path == "data":
            page.get_by_text("Use your own pictures").click()
            page.locator("input[type=file]").wait_for(state="attached")
        examiner.examine(path)
        examiner.examine_narrow(path)
    examiner.open("predictions?dataset=optdigits", "All test pictures at once")
    page.get_by_text("Use your own network").click()
    page.locator(".st-key-gallery figure").first.wait_for()
    page.locator(".st-key-picture_map .js-plotly-plot .nsewdrag").wait_for(state="attached")
    examiner.examine("Predictions")
    examiner.examine_narrow("Predictions")
    for step in range(1, 6):
        examiner.open(f"show-me?step={step}", f"Step {step} of 5")
        examiner.examine(f"Show me, step {step}")
    assert not examiner.found, "\n".join(examiner.found)


def test_nothing_is_found_where_data_cannot_be_had(browser: Browser, own_server: Server) -> None:
    with visit(browser, own_server) as examiner:
        for path in ("data", "predictions"):
            examiner.open(f"{path}?dataset=mnist", "MNIST is not on this server")
            examiner.examine(f"{path}, without its data")
        examiner.page.get_by_role("button", name="Download").click()
        examiner.expect("Try again")
        examiner.examine("Predictions, failed")
        examiner.open("train?dataset=mnist", "No run yet")
        examiner.page.locator(".st-key-train_start button").click()
        examiner.expect("could not be downloaded")
        examiner.examine("Train, failed")
    assert not examiner.found, "\n".join(examiner.found)


def test_nothing_is_found_among_the_things_of_a_visitor(
    browser: Browser, own_server: Server
) -> None:
    with visit(browser, own_server) as examiner:
        examiner.open("shelf", "You have not made anything yet")
        network_of(visitor_of(examiner.page))
        examiner.open("shelf", "1 of 20 things")
        examiner.page.get_by_text("Rename, download, share or delete", exact=True).click()
        examiner.page.get_by_text("Share it with a link").click()
        examiner.expect("Anyone with this link")
        examiner.examine("My things")
        examiner.examine_narrow("My things")
    assert not examiner.found, "\n".join(examiner.found)


def test_nothing_is_found_while_a_network_learns(examiner: Examiner) -> None:
    examiner.open("train?dataset=optdigits&batch_size=8&architecture=deep_cnn&epochs=100", "Start")
    examiner.page.locator(".st-key-train_start button").click()
    examiner.expect(r"Epoch \d+ of 100, step")
    examiner.examine("Train, learning")
    for path, words in (("runs", "Training"), ("", "Draw a digit"), ("show-me?step=5", "Teach it")):
        examiner.open(path, words)
        examiner.examine(f"/{path}, while a network learns")
    examiner.open("train", "Stop")
    examiner.page.locator(".st-key-train_stop button").click()
    examiner.expect("What it learned is kept")
    examiner.examine("Train, stopped")
    assert not examiner.found, "\n".join(examiner.found)


def test_a_phone_has_a_menu_that_closes_and_buttons_for_fingers(
    phone: Page, server: Server
) -> None:
    phone.goto(server.url)
    menu = phone.get_by_role("button", name="Menu", exact=True)
    menu.tap()
    phone.get_by_role("link", name="Data", exact=True).tap()
    expect(phone.get_by_role("heading", name="Data", exact=True)).to_be_visible()
    expect(phone.locator("[data-testid=stSidebar]")).to_have_attribute("data-collapsed", "true")
    expect(menu).to_be_visible()
    expect(phone.get_by_role("button", name="More samples")).to_be_visible()
    heights = phone.locator(".stApp :is(button, summary):visible").evaluate_all(
        "nodes => nodes.map(node => node.getBoundingClientRect().height)"
    )
    assert min(heights) >= 44


def test_what_the_keyboard_reaches_is_outlined(examiner: Examiner) -> None:
    examiner.open("train?dataset=optdigits", "No run yet")
    outlines = {}
    # The menu, the form up to Start, and what is behind it.
    for _ in range(30):
        examiner.page.keyboard.press("Tab")
        kind, name, outline = examiner.page.evaluate(FOCUSED)
        if kind in ("A", "BUTTON", "SUMMARY"):
            outlines[name] = outline
    assert {"Help for Network", "Skip to main content"} <= set(outlines)
    assert set(outlines.values()) == {"solid"}
