"""Pictures of a camera on the live channel."""

import asyncio
import json
import threading
from typing import Any

import numpy as np
import pytest
from websockets.sync.client import ClientConnection, connect

from mnist_app.core.images.pictures import png
from mnist_app.live import camera_frames, limits, route
from mnist_app.live.messages import Frame
from tests.live.conftest import asked
from tests.support import photos
from tests.support.drawings import BRUSH, STROKES
from tests.support.gates import PATIENCE


def picture(digits: str) -> bytes:
    """Dark ink on light paper, 300 x 200 pixels, JPEG."""
    return photos.taken(0.9 - 0.8 * np.pad(photos.written(digits, 100, 200), 50))


def frame(data: bytes, kind: Any = "digit", **other: Any) -> bytes:
    said = {"type": "frame", "model": "digit_lab", "as": kind, **other}
    return json.dumps(said).encode() + b"\n" + data


def begin() -> dict[str, Any]:
    """Begin to draw a 7."""
    strokes = [STROKES[5].ravel().tolist()]
    said = {"type": "begin", "drawing": 1, "model": "digit_lab", "number": False, "pen": BRUSH}
    return {**said, "strokes": strokes}


def test_a_digit_is_read_where_it_stands_in_the_picture(live: ClientConnection) -> None:
    said = asked(live, frame(picture("7")))
    assert said["answer"]["text"] == "7"
    ((x, y, width, height),) = said["boxes"]
    assert 100 < x < x + width < 200
    assert 60 < y < y + height < 140


def test_a_number_has_a_box_for_each_digit_from_left_to_right(live: ClientConnection) -> None:
    said = asked(live, frame(picture("305"), "number"))
    assert said["answer"]["text"] == "305"
    assert len(said["boxes"]) == 3
    assert said["boxes"] == sorted(said["boxes"])


def test_a_picture_leaves_the_drawing_alone(live: ClientConnection) -> None:
    asked(live, begin())
    asked(live, frame(picture("3")))
    said = asked(
        live, {"type": "points", "drawing": 1, "stroke": 1, "points": [190, 160, 191, 160]}
    )
    assert said["points"] == len(STROKES[5]) + 2


@pytest.mark.parametrize(
    ("message", "word"),
    [
        (b"\x00", "malformed"),
        (b"[" * 100_000, "malformed"),
        (frame(b"").decode(), "malformed"),
        (frame(b"", type="begin"), "malformed"),
        (frame(b"", "page"), "malformed"),
        (frame(b"", ["digit"]), "malformed"),
        (frame(b"", model=7), "malformed"),
        (frame(b"", model="../../etc/passwd"), "unknown model"),
        (frame(b" " * limits.MESSAGE_BYTES), "too long"),
    ],
)
def test_what_is_wrong_is_told_in_a_word(live: ClientConnection, message: Any, word: str) -> None:
    assert asked(live, message) == {"error": word}
    assert asked(live, frame(picture("7")))["answer"]["text"] == "7"


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "empty"),
        (b"no picture", "cannot be opened"),
        (picture("7")[:900], "damaged"),
        (png(np.zeros((1001, 1000), np.uint8)), "more than 1 million pixels"),
        (png(np.full((300, 400), 200, np.uint8)), "No writing found"),
    ],
)
def test_a_picture_without_an_answer_says_why(
    live: ClientConnection, data: bytes, words: str
) -> None:
    said = asked(live, frame(data))
    assert words in said["answer"]["says"][0]
    assert said["boxes"] == []


def test_cameras_wait_for_each_other_and_no_pen_waits_for_them(
    url: str, live: ClientConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, may_end = threading.Event(), threading.Event()

    def slow(message: Frame, visitor: str) -> dict[str, Any]:
        begun.set()
        assert may_end.wait(PATIENCE)
        return {"boxes": []}

    monkeypatch.setattr(camera_frames, "answer", slow)
    monkeypatch.setattr(route, "_frame_places", asyncio.Semaphore(1))
    with connect(url) as camera, connect(url) as other:
        camera.send(frame(b""))
        assert begun.wait(PATIENCE)
        # To be sent away again and again is no mistake.
        for _ in range(limits.MISTAKES + 1):
            assert asked(other, frame(b"")) == {"error": "busy"}
        assert asked(live, begin())["answer"]["text"] == "7"
        may_end.set()
        assert json.loads(camera.recv()) == {"boxes": []}
        assert asked(other, frame(b"")) == {"boxes": []}
