"""The live channel, served and asked as a browser asks it."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.sync.client import ClientConnection, connect

from mnist_app.live.route import live_route


def asked(live: ClientConnection, message: Any) -> dict[str, Any]:
    live.send(message if isinstance(message, str | bytes) else json.dumps(message))
    return json.loads(live.recv())


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """Return the address of the route for pages of the same origin."""
    route = live_route("/api/live", lambda origin, host: origin in (None, f"http://{host}"))
    server = uvicorn.Server(uvicorn.Config(Starlette(routes=[route]), port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
        assert thread.is_alive()
    port = server.servers[0].sockets[0].getsockname()[1]
    yield f"ws://127.0.0.1:{port}/api/live"
    server.should_exit = True
    thread.join()


@pytest.fixture
def live(url: str) -> Iterator[ClientConnection]:
    with connect(url) as connection:
        yield connection
