"""Many who draw at once, without browsers: on the live channel, and in sessions of Streamlit.

Each visitor draws strokes at a hand's pace and asks as the page does, see `mnist_app/live`: again
only when the last answer has come and a frame has been shown. A finished stroke is also handed to
the visitor's session of Streamlit, as the canvas does it.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from websockets.asyncio.client import connect
from websockets.typing import Origin

from benchmarks.support.sessions import CANVAS_PAUSE_SECONDS, Session, opened
from mnist_app.core.models import model_store
from tests.support.drawings import BRUSH, FRAMES_A_SECOND, STROKES, canvas_json, paced

# As in live_reading.js.
ONE_IN = 5

ROUTE = "/api/live"
OPENING = 6
# Between one opening of the page by several at once and the next.
REST_SECONDS = 1.0


@dataclass(frozen=True)
class Answer:
    """The timing of one question.

    Attributes:
        asked: when, by `time.perf_counter`.
        seconds: from the question to the answer.
        late: of the answer to a finished stroke, seconds since the pen was lifted; else None.
    """

    asked: float
    seconds: float
    late: float | None


class Hand(Protocol):
    """Somebody who can draw a stroke that takes so many seconds, and notes the answers to it."""

    async def draw(self, stroke: np.ndarray, seconds: float) -> list[Answer]: ...


class LiveHand:
    """A visitor whose page follows the pen on the live channel."""

    def __init__(self, socket: Any, session: Session) -> None:
        """Draw on a connection to the route, and in a session."""
        self._socket, self._session = socket, session
        self._drawings = itertools.count()
        self._committed: asyncio.Task[None] | None = None

    async def draw(self, stroke: np.ndarray, seconds: float) -> list[Answer]:
        """Draw one stroke on an empty canvas."""
        points = paced(stroke, seconds).round(1)
        drawing, sent, answers = next(self._drawings), 0, []
        began = time.perf_counter()
        while sent < len(points):
            passed = (time.perf_counter() - began) / seconds
            drawn = min(len(points), 1 + int(passed * (len(points) - 1)))
            if drawn > sent:
                asked = time.perf_counter()
                await self._ask(drawing, points[:drawn], sent)
                sent, now = drawn, time.perf_counter()
                late = now - began - seconds if sent == len(points) else None
                answers.append(Answer(asked, now - asked, late))
                await self._rest(now - asked, began + seconds)
            else:
                await asyncio.sleep(1 / FRAMES_A_SECOND)
        await self._commit(stroke)
        return answers

    async def _rest(self, asked_s: float, lifted_at: float) -> None:
        """Wait as the page does after an answer, but never when the pen is up."""
        rest = (ONE_IN - 1) * (asked_s + 1 / FRAMES_A_SECOND)
        await asyncio.sleep(max(0.0, min(rest, lifted_at - time.perf_counter())))

    async def _ask(self, drawing: int, points: np.ndarray, sent: int) -> None:
        flat = points[sent:].ravel().tolist()
        message = (
            {"type": "points", "drawing": drawing, "stroke": 0, "points": flat}
            if sent
            else {
                "type": "begin",
                "drawing": drawing,
                "model": model_store.SHIPPED.stem,
                "number": False,
                "pen": BRUSH,
                "strokes": [flat],
            }
        )
        await self._socket.send(json.dumps(message))
        told = json.loads(await self._socket.recv())
        if told.get("drawing") != drawing or told.get("points") != len(points):
            raise RuntimeError(f"The live channel answered: {told}")

    async def finish(self) -> None:
        """Wait until the session has the last stroke."""
        if self._committed:
            await self._committed

    async def _commit(self, stroke: np.ndarray) -> None:
        await self.finish()
        self._committed = asyncio.create_task(_after_pause(self._session, stroke))


class RerunHand:
    """A visitor whose page answers by its runs alone."""

    def __init__(self, session: Session) -> None:
        """Draw in a session."""
        self._session = session

    async def draw(self, stroke: np.ndarray, seconds: float) -> list[Answer]:
        """Draw one stroke on an empty canvas."""
        await asyncio.sleep(seconds)
        lifted = time.perf_counter()
        await _after_pause(self._session, stroke)
        late = time.perf_counter() - lifted
        return [Answer(lifted, late, late)]


async def _after_pause(session: Session, stroke: np.ndarray) -> None:
    await asyncio.sleep(CANVAS_PAUSE_SECONDS)
    await session.draw(canvas_json(stroke))


@dataclass(frozen=True)
class Load:
    """A number of visitors and their way of drawing.

    Attributes:
        visitors: how many.
        stroke_s: how long one stroke takes, in seconds.
        every_s: from the beginning of one stroke to that of the next; 0 for no pause.
        lasts_s: no stroke is begun later than that.
        opening: whether six others open the page at once again and again.
    """

    visitors: int
    stroke_s: float
    every_s: float
    lasts_s: float
    opening: bool = False


def drawn(url: str, load: Load, live: bool = True) -> list[list[Answer]]:
    """Let visitors draw on the server at `url`.

    Args:
        live: whether its pages follow the pen.

    Returns:
        The answers that each visitor got; where others open the page, those asked for meanwhile.
    """
    # A thread of its own: where a browser is driven, this one has an event loop already.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, _drawn(url, load, live)).result()


async def _drawn(url: str, load: Load, live: bool) -> list[list[Answer]]:
    async with AsyncExitStack() as stack:
        hands = [await _hand(url, live, stack) for _ in range(load.visitors)]
        openings: list[tuple[float, float]] = []
        opener = asyncio.create_task(_open_again_and_again(url, openings)) if load.opening else None
        # All in one frame would be no crowd but a choir.
        delays = np.linspace(0, load.every_s or load.stroke_s, load.visitors, endpoint=False)
        found = await asyncio.gather(
            *(_draw(hand, load, delay) for hand, delay in zip(hands, delays.tolist(), strict=True))
        )
        if opener:
            opener.cancel()
            found = [during(openings, answers) for answers in found]
        return found


async def _hand(url: str, live: bool, stack: AsyncExitStack) -> Hand:
    session = await opened(url)
    stack.push_async_callback(session.close)
    if not live:
        return RerunHand(session)
    address = url.replace("http", "ws", 1) + ROUTE
    hand = LiveHand(await stack.enter_async_context(connect(address, origin=Origin(url))), session)
    stack.push_async_callback(hand.finish)
    return hand


async def _draw(hand: Hand, load: Load, delay: float) -> list[Answer]:
    await asyncio.sleep(delay)
    answers: list[Answer] = []
    started = time.perf_counter()
    for stroke in itertools.cycle(STROKES):
        began = time.perf_counter()
        if began - started > load.lasts_s:
            return answers
        answers += await hand.draw(stroke, load.stroke_s)
        await asyncio.sleep(max(0.0, began + load.every_s - time.perf_counter()))
    return answers


async def _open_again_and_again(url: str, openings: list[tuple[float, float]]) -> None:
    while True:
        began = time.perf_counter()
        sessions = await asyncio.gather(*(opened(url) for _ in range(OPENING)))
        openings.append((began, time.perf_counter()))
        await asyncio.gather(*(session.close() for session in sessions))
        await asyncio.sleep(REST_SECONDS)


def during(times: Sequence[tuple[float, float]], answers: Sequence[Answer]) -> list[Answer]:
    """Return the answers that somebody waited for in one of the times, each from when to when."""
    return [
        answer
        for answer in answers
        if any(
            answer.asked < until and answer.asked + answer.seconds > since for since, until in times
        )
    ]
