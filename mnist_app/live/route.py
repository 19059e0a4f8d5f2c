"""The WebSocket route of the live channel."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from mnist_app.core.shelf.visitors import visitor_in
from mnist_app.live import camera_frames, limits
from mnist_app.live.live_drawing import LiveDrawing, after
from mnist_app.live.messages import AskLayers, Frame, Refused, parsed

logger = logging.getLogger(__name__)

# Codes with which a connection is closed, of RFC 6455 and, from 4000 on, of this app.
NOT_ALLOWED, IDLE = 1008, 4000
# Answers are made by few threads, first come, first served: more would only take turns.
_readers = ThreadPoolExecutor(2, "live")
# The pen does not wait for pictures, which take longer.
_frame_reader = ThreadPoolExecutor(1, "frames")
_frame_places = asyncio.Semaphore(limits.FRAMES_WAITING)

# How many connections each address has.
_open: Counter[str] = Counter()

# Whether a page of this origin may talk to this host, as their headers name them.
MayTalk = Callable[[str | None, str | None], bool]


def live_route(path: str, may_talk: MayTalk) -> WebSocketRoute:
    """Return the route that answers drawings at `path`."""

    async def live(websocket: WebSocket) -> None:
        headers = websocket.headers
        if not may_talk(headers.get("origin"), headers.get("host")):
            await websocket.close(NOT_ALLOWED)
            return
        await websocket.accept()
        try:
            with _connected(websocket.client.host if websocket.client else ""):
                await _converse(websocket)
        except Refused as refused:
            await _say(websocket, {"error": str(refused)})
            await websocket.close(NOT_ALLOWED)
        except WebSocketDisconnect:
            pass

    return WebSocketRoute(path, live)


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """Count a connection from `address` until the block ends; raise Refused if it is too many."""
    if _open.total() >= limits.CONNECTIONS or _open[address] >= limits.CONNECTIONS_OF_ONE_ADDRESS:
        raise Refused("too many")
    _open[address] += 1
    try:
        yield
    finally:
        _open[address] -= 1
        # Addresses that left are not remembered.
        if not _open[address]:
            del _open[address]


async def _converse(websocket: WebSocket) -> None:
    """Answer one message after the other until the browser leaves, rests or talks nonsense."""
    drawing: LiveDrawing | None = None
    visitor = visitor_in(websocket.cookies) or ""
    mistakes = 0
    while mistakes < limits.MISTAKES:
        try:
            said = await asyncio.wait_for(_heard(websocket), limits.IDLE_SECONDS)
        except TimeoutError:
            await websocket.close(IDLE)
            return
        is_frame = isinstance(said, bytes)
        pause = asyncio.create_task(
            asyncio.sleep(limits.SECONDS_BETWEEN_FRAMES if is_frame else limits.SECONDS_BETWEEN)
        )
        try:
            drawing, answer = await _answered(drawing, said, visitor)
        except Refused as refused:
            mistakes += 1
            answer = {"error": str(refused)}
        await _say(websocket, answer)
        await pause
    await websocket.close(NOT_ALLOWED)


async def _answered(
    drawing: LiveDrawing | None, said: str | bytes, visitor: str
) -> tuple[LiveDrawing | None, dict[str, Any]]:
    def work() -> tuple[LiveDrawing | None, dict[str, Any]]:
        message = parsed(said)
        if isinstance(message, Frame):
            return drawing, camera_frames.answer(message, visitor)
        now = after(drawing, message, visitor)
        return now, now.look(message.maps) if isinstance(message, AskLayers) else now.answer()

    run = asyncio.get_running_loop().run_in_executor
    try:
        if isinstance(said, str):
            return await run(_readers, work)
        if _frame_places.locked():
            return drawing, {"error": "busy"}
        async with _frame_places:
            return await run(_frame_reader, work)
    except Refused:
        raise
    except Exception as error:
        logger.exception("A message could not be answered")
        raise Refused("failed") from error


async def _heard(websocket: WebSocket) -> str | bytes:
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message["code"])
    return message.get("bytes") or message.get("text") or ""


async def _say(websocket: WebSocket, content: dict[str, Any]) -> None:
    await websocket.send_text(json.dumps(content, separators=(",", ":")))
