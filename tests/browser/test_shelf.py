import re
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Page, expect

from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.visitors import COOKIE
from tests.browser.conftest import ROOT, bare
from tests.support.browser import CANVAS
from tests.support.gates import until
from tests.support.pen import draw, expect_read
from tests.support.servers import Server, serve
from tests.support.shelves import network_of

EMPTY = "You have not made anything yet"


def opened(page: Page, url: str, words: str) -> None:
    page.goto(url)
    expect(page.get_by_text(words)).to_be_visible()


def visitor_of(page: Page) -> str:
    found = page.wait_for_function(f"document.cookie.match(/{COOKIE}=([0-9a-f]{{32}})/)?.[1]")
    return str(found.json_value())


def test_what_one_made_is_shared_by_a_link_taken_back_and_deleted(
    page: Page, phone: Page, own_server: Server
) -> None:
    mine = f"{own_server.url}/shelf"
    opened(page, mine, EMPTY)
    maker = visitor_of(page)
    item = network_of(maker, "My network")
    opened(page, mine, "My network")
    expect(page.get_by_text("1 of 20 things, 9 of 200 MB")).to_be_visible()
    page.get_by_text("Rename, download, share or delete", exact=True).click()
    page.get_by_text("Share it with a link").click()
    shared = page.locator("code").inner_text()
    assert shared == f"{own_server.url}/?model={item.id}"

    opened(phone, shared, "“My network” now reads your drawings")
    phone.locator(CANVAS).wait_for()
    draw(phone, 3)
    expect_read(phone, 3)
    opened(phone, mine, EMPTY)

    page.get_by_text("Share it with a link").click()
    expect(page.locator("code")).to_have_count(0)
    phone.goto(shared)
    phone.locator(CANVAS).wait_for()
    expect(phone.get_by_text(re.compile("now reads your drawings"))).to_have_count(0)

    page.get_by_role("button", name="Yes, delete it").click()
    expect(page.get_by_text(EMPTY)).to_be_visible()
    assert shelf.items(maker) == []


def test_what_somebody_made_at_a_kiosk_goes_with_them(page: Page, tmp_path: Path) -> None:
    settings = {**bare(tmp_path), "MNIST_APP_KIOSK_SECONDS": "20"}
    with serve(ROOT / "app.py", ROOT, settings=settings) as server:
        page.clock.install()
        opened(page, f"{server.url}/shelf", EMPTY)
        maker = visitor_of(page)
        network_of(maker)
        opened(page, f"{server.url}/shelf", "1 of 20 things")

        def left() -> bool:
            # A press counts from a moment after the page is shown.
            page.mouse.click(5, 400)
            page.clock.fast_forward(21_000)
            page.wait_for_timeout(1000)
            return urlsplit(page.url).path == "/"

        until(left)
        page.locator(CANVAS).wait_for()
        assert visitor_of(page) != maker
        assert shelf.items(maker) == []
