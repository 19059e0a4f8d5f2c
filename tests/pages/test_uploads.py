"""Test the limits of what a stranger's script can put into the server's memory."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack

import pytest
import requests

from benchmarks.support import sessions
from mnist_app.pages.uploads import FILES_A_SESSION, FULL, MEGABYTE, MOST_HELD_MB
from tests.support.servers import ROOT, serve

pytestmark = pytest.mark.slow
# What anybody can make up: it only has to be the same twice.
TOKEN = f"2|{'00' * 4}|{'11' * 16}|1"
LARGEST = b"\0" * (20 * MEGABYTE - 1000)


def put(url: str, session: str, name: str) -> requests.Response:
    address = f"{url}/_stcore/upload_file/{session}/{name}"
    return requests.put(
        address,
        files={"file": LARGEST},
        headers={"X-Xsrftoken": TOKEN},
        cookies={"_streamlit_xsrf": TOKEN},
        timeout=60,
    )


async def fill(url: str, visitors: int) -> list[list[requests.Response]]:
    """Send one file too many from each of some sessions, which all stay open."""
    sent = []
    async with AsyncExitStack() as stack:
        for _ in range(visitors):
            visitor = await sessions.opened(url)
            stack.push_async_callback(visitor.close)
            names = [f"made-up-{number}" for number in range(FILES_A_SESSION + 1)]
            sent.append([await asyncio.to_thread(put, url, visitor.id, name) for name in names])
    return sent


def test_neither_a_session_nor_all_together_fill_the_memory() -> None:
    fit = MOST_HELD_MB * MEGABYTE // (FILES_A_SESSION * len(LARGEST))
    with serve(ROOT / "app.py", ROOT) as server:
        assert put(server.url, "made-up-session", "photo").status_code == 400
        # A browser of other tests may have a loop in this thread.
        with ThreadPoolExecutor(1) as thread:
            *first, last = thread.submit(asyncio.run, fill(server.url, fit + 1)).result()
    for *held, refused in first:
        assert all(answer.ok for answer in held)
        assert (refused.status_code, refused.text) == (413, FULL)
    assert last[-1].text == FULL
    assert sum(answer.ok for answer in last) < FILES_A_SESSION
