from typing import Any

from mnist_app.core.ink import undo_history
from mnist_app.core.ink.undo_history import UndoHistory


def drawing(*strokes: int, colour: str = "white") -> list[dict[str, Any]]:
    return [{"path": [["M", stroke, stroke]], "stroke": colour} for stroke in strokes]


def test_each_stroke_is_undone_and_redone_by_itself() -> None:
    seen = UndoHistory()
    seen.see(drawing(1))
    seen.see(drawing(1, 2, 3))
    assert [seen.step(-1) for _ in range(4)] == [drawing(1, 2), drawing(1), [], None]
    assert [seen.step(1) for _ in range(4)] == [drawing(1), drawing(1, 2), drawing(1, 2, 3), None]


def test_what_replaced_a_drawing_is_undone_at_once_and_forgets_what_was_undone() -> None:
    seen = UndoHistory()
    seen.see(drawing(1, 2))
    seen.step(-1)
    seen.add(drawing(7, 8))
    assert seen.step(1) is None
    assert seen.step(-1) == drawing(1)


def test_a_canvas_that_undid_by_itself_has_not_drawn_anew() -> None:
    seen = UndoHistory()
    seen.see(drawing(1, 2))
    seen.see(drawing(1, colour="blue"))
    assert seen.step(1) == drawing(1, 2)


def test_the_oldest_are_forgotten_but_for_the_empty_beginning() -> None:
    seen = UndoHistory()
    for stroke in range(2 * undo_history.MOST_STATES):
        seen.see(drawing(*range(stroke + 1)))
    steps = 0
    last: list[dict[str, Any]] | None = None
    while (state := seen.step(-1)) is not None:
        last = state
        steps += 1
    assert last == []
    assert steps == undo_history.MOST_STATES


def test_a_drawing_from_before_can_take_another_form() -> None:
    seen = UndoHistory()
    seen.see(drawing(1))
    seen.see(drawing(1, 2))
    seen.reform(lambda objects: [{**item, "left": 5} for item in objects])
    assert seen.step(-1) == [{**drawing(1)[0], "left": 5}]
