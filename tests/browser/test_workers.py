"""The server and its workers, in the real app: a light server, and workers that may be lost."""

import re
from pathlib import Path
from urllib.parse import urlencode

import psutil
from playwright.sync_api import Page, expect

from tests.support.pen import draw, expect_read
from tests.support.servers import Server

STATUS = ".st-key-train_status"
EPOCH = re.compile(r"Epoch ([2-9]|\d\d) of 100, step (\d+)")
LONG = {"dataset": "optdigits", "batch_size": "8", "architecture": "deep_cnn", "epochs": "100"}
SHORT = {"dataset": "optdigits", "batch_size": "64", "architecture": "dense", "epochs": "1"}


def start(page: Page, server: Server, settings: dict[str, str]) -> None:
    page.goto(f"{server.url}/train?{urlencode(settings)}")
    page.locator(".st-key-train_start button").click()


def loaded(pid: int) -> str:
    """The names of the libraries that a process has loaded."""
    return Path(f"/proc/{pid}/maps").read_text()


def workers(server: Server) -> list[psutil.Process]:
    """The processes that have loaded TensorFlow for the server."""
    children = psutil.Process(server.pid).children(recursive=True)
    return [child for child in children if "tensorflow" in loaded(child.pid)]


def test_the_server_draws_trains_and_explains_without_tensorflow(
    page: Page, own_server: Server
) -> None:
    page.goto(own_server.url)
    page.locator("canvas.upper-canvas").wait_for()
    draw(page, 7)
    expect_read(page, 7)
    page.locator(".st-key-open_look_inside button").click()
    panel = page.locator(".st-key-drawn_looking")
    panel.get_by_text("What would change its mind", exact=True).click()
    expect(panel).to_contain_text("ink to add")
    start(page, own_server, SHORT)
    expect(page.locator(STATUS)).to_contain_text("Test accuracy")
    assert workers(own_server)
    found = loaded(own_server.pid)
    assert "ai_edge_litert" in found
    assert "tensorflow/" not in found
    assert "keras" not in found


def test_a_run_whose_worker_is_killed_goes_on_once_and_can_be_continued(
    page: Page, own_server: Server
) -> None:
    start(page, own_server, LONG)
    expect(page.locator(STATUS)).to_contain_text(EPOCH)
    (worker,) = workers(own_server)
    worker.kill()
    expect(page.locator(STATUS)).to_contain_text("It carried on from its last whole epoch")
    expect(page.locator(STATUS)).to_contain_text(EPOCH)
    (worker,) = workers(own_server)
    worker.kill()
    expect(page.locator(STATUS)).to_contain_text("stopped twice")
    page.goto(f"{own_server.url}/runs?run=1")
    expect(page.get_by_text("Interrupted").first).to_be_visible()
    page.locator(".st-key-continue_run button").first.click()
    expect(page.get_by_text("It is training now").first).to_be_visible()
    page.goto(f"{own_server.url}/train")
    expect(page.locator(STATUS)).to_contain_text(EPOCH)
