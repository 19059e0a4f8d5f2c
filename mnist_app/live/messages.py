"""Messages from a browser on the live channel, validated."""

import json
import math
from dataclasses import dataclass
from typing import Any

from mnist_app.live import limits


class Refused(Exception):
    """A message that is refused; its text is the word that the browser gets."""


@dataclass(frozen=True)
class Begin:
    """A drawing begins with these strokes, each a flat list of x and y in canvas pixels."""

    drawing: int
    model: str
    is_number: bool
    pen: float
    strokes: list[list[float]]


@dataclass(frozen=True)
class Points:
    """These points, a flat list of x and y, go on with a stroke of the drawing, or begin it."""

    drawing: int
    stroke: int
    points: list[float]


@dataclass(frozen=True)
class AskLayers:
    """Ask for so many pictures of each layer of the drawing."""

    drawing: int
    maps: int


@dataclass(frozen=True)
class Frame:
    """Ask what is read in one picture of a camera, as one of `KINDS`."""

    model: str
    kind: str
    picture: bytes


KINDS = ("digit", "number")
Message = Begin | Points | AskLayers | Frame


def parsed(said: str | bytes) -> Message:
    """Return what a text says, or a text with a picture below it.

    Raises:
        Refused: it says nothing that is known, or more than is taken.
    """
    if len(said) > limits.MESSAGE_BYTES:
        raise Refused("too long")
    try:
        if isinstance(said, bytes):
            return _frame(said)
        message = json.loads(said)
        if message["type"] == "begin":
            return _begin(message)
        if message["type"] == "points":
            return _go_on(message)
        if message["type"] == "look":
            return _look(message)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise Refused("malformed") from error
    raise Refused("malformed")


def _begin(message: dict[str, Any]) -> Begin:
    strokes = message["strokes"]
    if not isinstance(strokes, list):
        raise TypeError
    if len(strokes) > limits.STROKES:
        raise Refused("too much ink")
    return Begin(
        _count(message["drawing"]),
        _of(str, message["model"]),
        _of(bool, message["number"]),
        _number(message["pen"]),
        [_points(stroke) for stroke in strokes],
    )


def _go_on(message: dict[str, Any]) -> Points:
    return Points(_count(message["drawing"]), _count(message["stroke"]), _points(message["points"]))


def _look(message: dict[str, Any]) -> AskLayers:
    maps = _count(message["maps"])
    if not 1 <= maps <= limits.MAPS:
        raise ValueError
    return AskLayers(_count(message["drawing"]), maps)


def _frame(said: bytes) -> Frame:
    text, _, picture = said.partition(b"\n")
    message = json.loads(text)
    if message["type"] != "frame" or message["as"] not in KINDS:
        raise ValueError
    return Frame(_of(str, message["model"]), message["as"], picture)


def _points(values: Any) -> list[float]:
    if len(_of(list, values)) % 2 or not values:
        raise ValueError
    return [_number(value) for value in values]


def _number(value: Any) -> float:
    # True and False are numbers to Python.
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if not math.isfinite(value) or abs(value) > limits.FARTHEST:
        raise ValueError
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or _of(int, value) < 0:
        raise ValueError
    return value


def _of(kind: type, value: Any) -> Any:
    if not isinstance(value, kind):
        raise TypeError
    return value
