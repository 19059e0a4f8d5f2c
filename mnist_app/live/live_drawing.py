"""The drawing at the other end of a connection, and its reading so far."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.layer_pictures import layer_pictures
from mnist_app.core.ink.drawings import drawing_from_pen
from mnist_app.core.models import model_cache
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition import answers
from mnist_app.core.recognition.reading import Reading, read_drawing
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.model_items import model_of
from mnist_app.live import limits
from mnist_app.live.messages import AskLayers, Begin, Points, Refused


@dataclass
class LiveDrawing:
    """One drawing, which grows."""

    begin: Begin
    model: StoredModel
    strokes: list[list[float]] = field(default_factory=list)
    reading: Reading = field(default_factory=lambda: Reading(()))

    @property
    def points(self) -> int:
        """Return the number of points so far."""
        return sum(map(len, self.strokes)) // 2

    def answer(self) -> dict[str, Any]:
        """Return the text's content that answers the browser; takes a few milliseconds."""
        self.reading = self._read()
        return {
            "drawing": self.begin.drawing,
            "points": self.points,
            "answer": answers.as_dict(self.reading, self.model.names),
        }

    def look(self, maps: int) -> dict[str, Any]:
        """Return what the network finds in what was last answered.

        Args:
            maps: of each layer.

        Raises:
            Refused: nothing was read, or the model is gone.
        """
        if not self.reading.digits:
            raise Refused("nothing read")
        try:
            pictures = layer_pictures(self.model.path)
        except DigitLabError as error:
            raise Refused("unknown model") from error
        found = pictures.of(self.reading.digits[0].image, maps)
        return {"drawing": self.begin.drawing, "look": found}

    def _read(self) -> Reading:
        strokes = [np.array(stroke).reshape(-1, 2) for stroke in self.strokes]
        try:
            drawing = drawing_from_pen(strokes, self.begin.pen)
            classifier = model_cache.loaded(self.model.path)
            return read_drawing(drawing, classifier, self.begin.is_number)
        except DigitLabError as error:
            return Reading((), str(error))


def after(
    drawing: LiveDrawing | None, message: Begin | Points | AskLayers, visitor: str
) -> LiveDrawing:
    """Return the drawing as it is after a message.

    Raises:
        Refused: the message belongs to no drawing, or makes too much of one.
    """
    if isinstance(message, Begin):
        drawing = LiveDrawing(message, reader(message.model, visitor), message.strokes)
    elif drawing is None or message.drawing != drawing.begin.drawing:
        raise Refused("no drawing")
    elif isinstance(message, Points):
        _extend(drawing.strokes, message)
    if drawing.points > limits.POINTS:
        raise Refused("too much ink")
    return drawing


def reader(name: str, visitor: str) -> StoredModel:
    """Return the model of a name that a page offers to a visitor.

    Raises:
        Refused: there is none.
    """
    item = shelf.find(name, visitor)
    model = model_of(item) if item else model_cache.readers().get(name)
    if model is None:
        raise Refused("unknown model")
    return model


def _extend(strokes: list[list[float]], message: Points) -> None:
    if message.stroke > len(strokes):
        raise Refused("no stroke")
    if message.stroke >= limits.STROKES:
        raise Refused("too much ink")
    if message.stroke == len(strokes):
        strokes.append([])
    strokes[message.stroke].extend(message.points)
