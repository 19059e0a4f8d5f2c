"""The camera reads as it looks."""

import itertools
import json
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, WebSocketRoute, expect

from tests.support.browser import SHIFTS, at_rest
from tests.support.servers import Server

ANSWER = ".st-key-picture_prediction"
# All cameras that were ever on.
LIGHTS = """
  window.lights = [];
  const cameras = navigator.mediaDevices;
  const ask = cameras.getUserMedia.bind(cameras);
  cameras.getUserMedia = async (wanted) => {
    const stream = await ask(wanted);
    lights.push(...stream.getTracks());
    return stream;
  };
"""
IS_DARK = "lights.length > 0 && lights.every((light) => light.readyState === 'ended')"
# What was shown and what was spoken, each once for as long as it stayed.
TOLD = """
  window.shown = [];
  window.spoken = [];
  const note = (list, selector) => {
    const text = document.querySelector(`.st-key-picture_prediction ${selector}`)?.textContent;
    if (text && text !== list.at(-1)) list.push(text);
  };
  new MutationObserver(() => {
    note(shown, ".digit");
    note(spoken, "[role=status]");
  }).observe(document, { subtree: true, childList: true, characterData: true });
"""


def look(page: Page, server: Server, mode: str = "A number") -> None:
    """Open the Draw page and choose the camera."""
    page.add_init_script(LIGHTS)
    page.goto(server.url)
    page.locator(".st-key-mode").get_by_text(mode).click()
    at_rest(page)
    # What moved until here is the page's, and the business of `benchmarks.layout`.
    page.evaluate("window.shifted = 0")
    page.get_by_text("Use a photo instead").click()
    page.locator(".st-key-picture_source").get_by_text("The camera").click()


def is_looking(page: Page) -> None:
    expect(page.locator(".camera [data-state=on]")).to_be_attached()


def press(page: Page, name: str) -> None:
    """Press a button by its key."""
    page.get_by_role("button", name=name, exact=True).focus()
    page.keyboard.press("Enter")


def test_a_number_is_read_as_the_camera_looks_and_stays_when_it_is_held(
    page: Page, server: Server
) -> None:
    page.add_init_script(SHIFTS)
    look(page, server)
    expect(page.locator(f"{ANSWER} .number")).to_have_text("370")
    expect(page.locator(".camera rect")).to_have_count(3)
    assert page.locator(".camera text").all_text_contents() == ["3", "7", "0"]
    press(page, "Hold")
    expect(page.get_by_role("img", name="frame around what was read as 370")).to_be_visible()
    assert page.evaluate(IS_DARK)
    expect(page.locator(f"{ANSWER} .number")).to_have_text("370")
    expect(page.get_by_role("button", name="Go on")).to_be_focused()
    at_rest(page)
    assert page.evaluate("shifted") < 0.1
    press(page, "Go on")
    is_looking(page)
    expect(page.locator(f"{ANSWER} .number")).to_have_text("370")
    assert not page.evaluate(IS_DARK)


def test_what_is_held_as_a_digit_can_be_read_as_a_number(phone: Page, server: Server) -> None:
    look(phone, server, "One digit")
    is_looking(phone)
    phone.get_by_role("button", name="Hold", exact=True).tap()
    phone.get_by_role("button", name="Read as a number").tap()
    expect(phone.locator(f"{ANSWER} .number")).to_have_text("370")
    assert phone.locator('[data-testid="stMain"]').evaluate("node => node.scrollWidth") <= 360


def hide_tab(page: Page) -> None:
    page.evaluate("""
      Object.defineProperty(document, "hidden", { value: true });
      document.dispatchEvent(new Event("visibilitychange"));
    """)


@pytest.mark.parametrize(
    "leave",
    [
        lambda page: press(page, "Stop"),
        lambda page: page.locator(".st-key-picture_source").get_by_text("A file").click(),
        lambda page: page.get_by_text("Use a photo instead").click(),
        lambda page: page.get_by_role("link", name="Data", exact=True).click(),
        hide_tab,
    ],
    ids=["stop", "a file", "the panel is closed", "another page", "another tab"],
)
def test_whoever_leaves_the_camera_turns_its_light_off(
    page: Page, server: Server, leave: Callable[[Page], None]
) -> None:
    look(page, server)
    is_looking(page)
    leave(page)
    page.wait_for_function(IS_DARK)


REFUSE = """name => {
  navigator.mediaDevices.getUserMedia = async () => { throw new DOMException("", name); };
}"""
# As a browser is without HTTPS.
HIDE = "() => Object.defineProperty(navigator, 'mediaDevices', {})"


@pytest.mark.parametrize(
    ("script", "name", "words"),
    [
        (REFUSE, "NotAllowedError", "Your browser keeps this page from the camera"),
        (REFUSE, "NotFoundError", "No camera was found"),
        (REFUSE, "NotReadableError", "Another program uses the camera"),
        (REFUSE, "AbortError", "The camera does not start"),
        (HIDE, "", "begins with https"),
    ],
)
def test_without_a_camera_a_sentence_says_why_and_a_file_can_be_chosen(
    page: Page, server: Server, script: str, name: str, words: str
) -> None:
    look(page, server)
    is_looking(page)
    press(page, "Stop")
    page.evaluate(script, name)
    press(page, "Start the camera")
    expect(page.locator(".camera [role=status]")).to_contain_text(words)
    page.locator(".st-key-picture_source").get_by_text("A file").click()
    expect(page.locator(".st-key-picture_file")).to_be_visible()


def test_an_answer_stays_until_another_was_seen_twice_and_each_is_spoken_once(
    page: Page, server: Server
) -> None:
    texts = itertools.chain("7717771771", itertools.repeat("1"))
    shares = itertools.count(951)

    def connect(route: WebSocketRoute) -> None:
        def answer(message: str | bytes) -> None:
            text, says = next(texts), [f"Very sure: {next(shares) / 10}%"]
            read = {"text": text, "says": says, "quiet": "", "digits": []}
            route.send(json.dumps({"answer": read, "boxes": []}))

        route.on_message(answer)

    page.route_web_socket(re.compile("/api/live"), connect)
    page.add_init_script(TOLD)
    look(page, server)
    expect(page.locator(f"{ANSWER} .digit")).to_have_text("1")
    assert page.evaluate("shown") == ["7", "1"]
    assert [re.findall("reads (.)", words) for words in page.evaluate("spoken")[1:]] == [
        ["7"],
        ["1"],
    ]
