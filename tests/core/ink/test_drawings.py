import contextlib
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink import drawings
from mnist_app.core.ink.drawings import (
    canvas_json,
    drawing_from_canvas,
    drawing_from_points,
    evenly_spaced,
)
from mnist_app.core.ink.raster import strokes_to_input

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=12,
)


def canvas(*paths: dict[str, Any]) -> dict[str, Any]:
    return {"objects": [{"type": "Path", **path} for path in paths], "background": "#000000"}


LINE = {"path": [["M", 10, 20], ["Q", 20, 20, 30, 40], ["L", 50, 60]], "strokeWidth": 12}


ZIGZAG = [[0, 0], [100, 90]]


NUMBERS = st.integers(-(10**400), 10**400) | st.floats() | st.none() | st.text(max_size=2)


@pytest.mark.parametrize(
    "garbage",
    [
        None,
        5,
        "7",
        ["7"],
        [[1, 2]],
        [[[1, 2, 3]]],
        [[[1, 2], [3]]],
        [[["a", "b"]]],
        [[[float("nan"), 0]]],
        [[[float("inf"), 0]]],
        [[[1e300, 0]]],
        [[[10**400, 0]]],
        {"strokes": []},
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_no_strokes_is_refused(garbage: Any) -> None:
    with pytest.raises(DigitLabError):
        drawing_from_points(garbage)


@pytest.mark.parametrize(
    "strokes",
    [
        [[[0, 0]] * (drawings.MAX_POINTS + 1)],
        [[[0, 0]] * (drawings.MAX_POINTS // 100 + 1)] * 100,
        [[[0, 0]]] * (drawings.MAX_STROKES + 1),
        [ZIGZAG * drawings.MAX_LENGTH],
        [ZIGZAG * 10] * (drawings.MAX_LENGTH // 10),
    ],
    ids=["long stroke", "many points", "many strokes", "much length", "much length in all"],
)
def test_more_ink_than_anybody_draws_is_refused(strokes: Any) -> None:
    paths = [{"path": [["M", *stroke[0]], *(["L", *end] for end in stroke)]} for stroke in strokes]
    with pytest.raises(DigitLabError, match="too much ink"):
        drawing_from_points(strokes)
    with pytest.raises(DigitLabError, match="too much ink"):
        drawing_from_canvas(canvas(*paths))


@given(JSON)
@settings(max_examples=80, deadline=None)
def test_any_json_as_points_gives_a_drawing_or_a_sentence(garbage: Any) -> None:
    try:
        image = strokes_to_input(drawing_from_points(garbage))
    except DigitLabError:
        return
    assert image.shape == (28, 28)


@given(
    st.lists(
        st.lists(st.sampled_from(["M", "L", "Q", "Z"]) | NUMBERS, max_size=5) | JSON, max_size=4
    ),
    st.dictionaries(
        st.sampled_from(["left", "top", "scaleX", "scaleY", "angle", "flipX", "strokeWidth"]),
        NUMBERS | JSON,
    ),
)
@settings(max_examples=80, deadline=None)
def test_any_path_gives_a_drawing_or_a_sentence(path: Any, placement: dict[str, Any]) -> None:
    try:
        image = strokes_to_input(drawing_from_canvas(canvas({"path": path, **placement})))
    except DigitLabError:
        return
    assert image.shape == (28, 28)


@given(JSON)
@settings(deadline=None)
def test_any_json_as_a_canvas_gives_a_drawing_or_a_sentence(garbage: Any) -> None:
    for raw in (garbage, {"objects": garbage}, {"objects": [garbage]}):
        with contextlib.suppress(DigitLabError):
            drawing_from_canvas(raw)


@given(JSON, st.dictionaries(st.sampled_from(["left", "scaleX", "type", "path"]), NUMBERS | JSON))
@settings(deadline=None)
def test_what_a_canvas_sent_is_cleaned_of_all_that_is_no_stroke(
    garbage: Any, changes: dict[str, Any]
) -> None:
    changed = {**canvas(LINE)["objects"][0], **changes}
    for raw in (garbage, {"objects": garbage}, {"objects": [garbage, changed]}):
        for sent in (raw, {"drawing": raw}, {"drawing": {"raw": raw}}):
            for item in canvas_json(sent)["objects"]:
                assert item["path"] == list(item["path"])
                assert item.get("left", 0.0) * item.get("scaleX", 1.0) is not None
    sent = {"drawing": {"raw": canvas(LINE)}}
    assert canvas_json(sent) == {"objects": canvas(LINE)["objects"]}


@pytest.mark.parametrize("raw", [None, {}, canvas()])
def test_an_empty_canvas_is_an_empty_drawing(raw: Any) -> None:
    assert drawing_from_canvas(raw).is_empty


def test_a_canvas_path_becomes_points_through_its_curve() -> None:
    drawing = drawing_from_canvas(json.loads(json.dumps(canvas(LINE))))
    (stroke,) = drawing.strokes
    assert drawing.pen_width == 12
    np.testing.assert_allclose(stroke[[0, -1]], [[10, 20], [50, 60]])
    # The middle of a quadratic curve: a quarter, a half and a quarter of its three points.
    assert np.abs(stroke - [20, 25]).sum(axis=1).min() < 1e-9


def test_other_objects_than_paths_are_passed_over() -> None:
    raw = {"objects": [{"type": "rect", "left": 3}, {"type": "path", **LINE}]}
    assert len(drawing_from_canvas(raw).strokes) == 1


def test_a_stroke_that_was_moved_and_scaled_is_where_the_canvas_shows_it() -> None:
    square = {"path": [["M", 0, 0], ["L", 10, 0], ["L", 10, 10], ["L", 0, 10]]}
    moved = {**square, "left": 105, "top": 205, "scaleX": 2, "scaleY": 0.5, "flipX": True}
    (stroke,) = drawing_from_canvas(canvas(moved)).strokes
    np.testing.assert_allclose(stroke, [[115, 202.5], [95, 202.5], [95, 207.5], [115, 207.5]])


def test_a_stroke_that_was_turned_is_where_the_canvas_shows_it() -> None:
    line = {"path": [["M", 0, 0], ["L", 10, 0]], "left": 5, "top": 0, "angle": 90}
    (stroke,) = drawing_from_canvas(canvas(line)).strokes
    np.testing.assert_allclose(stroke, [[5, -5], [5, 5]], atol=1e-9)


def test_evenly_spaced_points_stay_on_their_stroke() -> None:
    line, dot = (
        np.array(stroke, dtype=float) for stroke in ([[0, 0], [0, 10], [0, 10.5]], [[5, 5]])
    )
    np.testing.assert_allclose(evenly_spaced(line, 2.0)[:, 1], np.linspace(0, 10.5, 7))
    np.testing.assert_allclose(evenly_spaced(dot, 2.0), [[5, 5], [5, 5]])
