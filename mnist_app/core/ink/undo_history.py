"""Keep what a canvas has shown, so that undo and redo can show it again."""

from collections.abc import Callable
from typing import Any

Objects = list[dict[str, Any]]

MOST_STATES = 100


class UndoHistory:
    """Drawings in their order, each the objects of the component's JSON, and a place in them.

    The canvas undoes and redoes by itself what was drawn on it, so a drawing that it tells may be
    one from before. Two drawings are the same when their lines are, whatever their colour.
    """

    def __init__(self) -> None:
        """Begin with an empty drawing."""
        self._states: list[Objects] = [[]]
        self._place = 0

    def see(self, objects: Objects) -> None:
        """Take what the canvas tells: a drawing from before, or one that is new."""
        lines = _lines(objects)
        same = [place for place, state in enumerate(self._states) if _lines(state) == lines]
        if same:
            self._place = min(same, key=lambda place: abs(place - self._place))
            return
        before = self._states[self._place]
        kept = before if lines[: len(before)] == _lines(before) else []
        # Strokes that are told at once are undone one by one.
        for count in range(len(kept) + 1, len(objects) + 1):
            self.add([*kept, *objects[len(kept) : count]])

    def add(self, objects: Objects) -> None:
        """Go on to a drawing; what was undone before is forgotten."""
        if _lines(objects) == _lines(self._states[self._place]):
            return
        self._states[self._place + 1 :] = [objects]
        # The empty drawing at the beginning stays.
        del self._states[1:-MOST_STATES]
        self._place = len(self._states) - 1

    def step(self, by: int) -> Objects | None:
        """Go so many drawings on, or back if negative, and return that one, or None."""
        if not 0 <= self._place + by < len(self._states):
            return None
        self._place += by
        return self._states[self._place]

    def reform(self, form: Callable[[Objects], Objects]) -> None:
        """Replace each drawing by another form of it."""
        self._states = [form(state) for state in self._states]


def _lines(objects: Objects) -> list[Any]:
    return [item.get("path") for item in objects]
