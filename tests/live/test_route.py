"""The live channel, asked as a browser asks it."""

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

from mnist_app.core.ink.drawings import drawing_from_canvas
from mnist_app.core.models import model_cache, model_store
from mnist_app.core.recognition import answers
from mnist_app.core.recognition.reading import read_drawing
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.visitors import COOKIE
from mnist_app.live import limits
from mnist_app.live.route import IDLE
from tests.live.conftest import asked
from tests.support.drawings import BRUSH, STROKES, canvas_json
from tests.support.shelves import network_of

# A 3 and a 7, by their places in `STROKES`.
THREE, SEVEN = STROKES[3], STROKES[5]


def flat(stroke: np.ndarray) -> list[float]:
    return stroke.ravel().tolist()


def begin(*strokes: np.ndarray, **other: Any) -> dict[str, Any]:
    said = {"type": "begin", "drawing": 1, "model": "digit_lab", "number": False, "pen": BRUSH}
    return {**said, "strokes": [flat(stroke) for stroke in strokes], **other}


def points(values: Any, drawing: int = 1, stroke: int = 0) -> dict[str, Any]:
    return {"type": "points", "drawing": drawing, "stroke": stroke, "points": values}


def lets_in(url: str) -> bool:
    with connect(url) as live, suppress(ConnectionClosed):
        return "answer" in asked(live, begin(SEVEN))
    return False


def test_a_drawing_that_grows_is_answered_as_the_canvas_will_send_it(
    live: ClientConnection,
) -> None:
    assert asked(live, begin(THREE[:5]))["points"] == 5
    for start in range(5, len(THREE), 10):
        said = asked(live, points(flat(THREE[start : start + 10])))
    assert said["drawing"] == 1
    assert said["points"] == len(THREE)
    whole = drawing_from_canvas(canvas_json(THREE))
    reading = read_drawing(whole, model_cache.loaded(model_store.SHIPPED))
    assert said["answer"]["text"] == reading.text == "3"
    assert said["answer"]["digits"][0]["image"] == answers.as_dict(reading)["digits"][0]["image"]


def look(drawing: int = 1, maps: int = 4) -> dict[str, Any]:
    return {"type": "look", "drawing": drawing, "maps": maps}


def test_what_the_network_finds_is_told_of_what_was_last_answered(live: ClientConnection) -> None:
    answered = asked(live, begin(SEVEN))["answer"]["digits"][0]
    found = asked(live, look(maps=2))
    assert found["drawing"] == 1
    assert found["look"]["image"] == answered["image"]
    assert found["look"]["probabilities"] == answered["probabilities"]
    assert [len(stage["maps"]) for stage in found["look"]["stages"]] == [2, 2, 2]
    assert asked(live, points(flat(SEVEN)))["drawing"] == 1
    asked(live, begin(drawing=2))
    assert asked(live, look(drawing=2)) == {"error": "nothing read"}


def test_a_new_drawing_leaves_nothing_of_the_one_before(live: ClientConnection) -> None:
    asked(live, begin(THREE))
    said = asked(live, begin(SEVEN, drawing=2))
    assert (said["drawing"], said["answer"]["text"]) == (2, "7")
    assert asked(live, points([1, 1])) == {"error": "no drawing"}
    assert asked(live, begin(drawing=3))["answer"]["digits"] == []


def test_a_number_is_read_from_left_to_right(live: ClientConnection) -> None:
    asked(live, begin(SEVEN / 2 + [180, 0], number=True))
    said = asked(live, points(flat(THREE / 2), stroke=1))
    assert said["answer"]["text"] == "37"
    assert [digit["digit"] for digit in said["answer"]["digits"]] == [3, 7]


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("", "malformed"),
        ("[" * 100_000, "malformed"),
        ("null", "malformed"),
        ({"type": "end"}, "malformed"),
        ({"type": ["begin"]}, "malformed"),
        (begin(drawing=-1), "malformed"),
        (begin(drawing=True), "malformed"),
        (begin(pen="18"), "malformed"),
        (begin(number=1), "malformed"),
        (begin(strokes=[[1, 2, 3]]), "malformed"),
        (begin(strokes=[[]]), "malformed"),
        (begin(strokes=[["1", "2"]]), "malformed"),
        (begin(strokes=[[float("nan"), 0]]), "malformed"),
        (begin(strokes=[[1e300, 0]]), "malformed"),
        (begin(strokes={"0": [1, 2]}), "malformed"),
        (begin(model="../../etc/passwd"), "unknown model"),
        (begin(model=str(model_store.SHIPPED)), "unknown model"),
        (begin(strokes=[[1, 1]] * (limits.STROKES + 1)), "too much ink"),
        (begin(strokes=[[1, 1] * (limits.POINTS + 1)]), "too much ink"),
        (" " * (limits.MESSAGE_BYTES + 1), "too long"),
        (points([1, 1]), "no drawing"),
        (look(), "no drawing"),
        (look(maps=0), "malformed"),
        (look(maps=limits.MAPS + 1), "malformed"),
        (look(maps=True), "malformed"),
    ],
)
def test_what_is_wrong_is_told_in_a_word_and_the_next_is_answered(
    live: ClientConnection, message: Any, word: str
) -> None:
    assert asked(live, message) == {"error": word}
    assert asked(live, begin(SEVEN))["answer"]["text"] == "7"


def test_a_network_on_the_shelf_answers_its_maker_and_whom_it_is_shared_with(url: str) -> None:
    ann = "a" * 32
    item = network_of(ann)
    message = begin(SEVEN, model=item.id)
    with connect(url, additional_headers={"Cookie": f"other=1; {COOKIE}={ann}"}) as live:
        assert asked(live, message)["answer"]["text"] == "7"
    with connect(url, additional_headers={"Cookie": f"{COOKIE}={'b' * 32}"}) as live:
        assert asked(live, message) == {"error": "unknown model"}
        shelf.share(item, ann, True)
        assert asked(live, message)["answer"]["text"] == "7"


def test_bytes_say_nothing(live: ClientConnection) -> None:
    assert asked(live, b"\x00") == {"error": "malformed"}


def test_a_stroke_that_leaves_one_out_and_one_too_many_are_refused(live: ClientConnection) -> None:
    asked(live, begin(SEVEN))
    assert asked(live, points([1, 1], stroke=2)) == {"error": "no stroke"}
    asked(live, begin(*[SEVEN] * limits.STROKES))
    assert asked(live, points([1, 1], stroke=limits.STROKES)) == {"error": "too much ink"}


def test_ink_that_nobody_draws_is_answered_in_a_sentence(live: ClientConnection) -> None:
    jumps = [0, 0, limits.FARTHEST, limits.FARTHEST] * (limits.POINTS // 2)
    said = asked(live, begin(strokes=[jumps]))
    assert said["answer"]["text"] == ""
    assert "too much ink" in said["answer"]["says"][0]


def test_whoever_goes_on_talking_nonsense_is_sent_away(live: ClientConnection) -> None:
    for _ in range(limits.MISTAKES):
        assert asked(live, "?") == {"error": "malformed"}
    with pytest.raises(ConnectionClosed):
        live.recv()


def test_whoever_rests_is_let_go(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "IDLE_SECONDS", 0.01)
    with connect(url) as live, pytest.raises(ConnectionClosed):
        live.recv()
    assert live.close_code == IDLE


def test_a_page_of_another_origin_is_not_let_in(url: str) -> None:
    own = url.replace("ws:", "http:").removesuffix("/api/live")
    with connect(url, origin=Origin(own)):
        pass
    with pytest.raises(InvalidStatus):
        connect(url, origin=Origin("http://elsewhere.example"))


def test_only_so_many_are_connected_and_whoever_leaves_makes_room(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONNECTIONS_OF_ONE_ADDRESS", 1)
    with connect(url) as first:
        assert asked(first, begin(SEVEN))["answer"]["text"] == "7"
        with connect(url) as second:
            assert json.loads(second.recv()) == {"error": "too many"}
    deadline = time.monotonic() + 10
    while not lets_in(url):
        assert time.monotonic() < deadline


def test_a_model_that_was_saved_anew_answers_and_one_that_is_gone_does_not(
    one_model: Path, live: ClientConnection
) -> None:
    assert asked(live, begin(SEVEN, model="tiny"))["answer"]["digits"]
    (one_model / "tiny.tflite").write_bytes(b"broken")
    assert asked(live, look()) == {"error": "unknown model"}
    assert "not ready" in asked(live, begin(SEVEN, model="tiny"))["answer"]["says"][0]
    for part in one_model.iterdir():
        part.unlink()
    assert asked(live, begin(SEVEN, model="tiny")) == {"error": "unknown model"}
