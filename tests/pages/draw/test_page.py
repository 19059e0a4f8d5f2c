import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.ink.drawings import drawing_from_canvas
from mnist_app.core.models import model_store
from mnist_app.core.shelf import shelf
from mnist_app.pages.components.canvas import INKS, SIDE, Canvas
from tests.support.canvas_app import (
    SEVEN,
    answer,
    draw,
    is_read,
    models,
    opened,
    stroke,
    told,
    until_read,
)
from tests.support.shelves import network_of
from tests.support.visits import until

__all__ = ["models"]

# Tests replace it.
SHIPPED = model_store.SHIPPED


def test_an_empty_canvas_invites_and_shows_no_digit(models: Path) -> None:
    text = answer(opened())
    assert "Draw a digit" in text
    assert not any(character.isdigit() for character in text)


def test_a_drawing_is_read_as_soon_as_the_model_is_ready(models: Path) -> None:
    app = until_read(draw(opened(), stroke(SEVEN)))
    assert told(app)["answer"]["text"] in "0123456789"
    assert "sure" in answer(app)


def test_an_example_is_read_like_a_drawing_and_can_be_undone(models: Path) -> None:
    app = opened()
    app.button(key="example_7").click()
    until_read(app.run())
    assert len(app.session_state["canvas_state"].drawing.strokes) == 1
    app.button(key="undo").click().run()
    assert "Draw a digit" in answer(app)


def test_another_network_says_that_it_reads_and_leads_back(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", SHIPPED)
    app = opened()
    app.session_state["wanted_model"] = "tiny"
    app.run()
    assert any("now reads your drawings" in text.value for text in app.markdown)
    app.button(key="use_built_in").click().run()
    assert app.session_state["model"] == "digit_lab"
    assert not any("now reads your drawings" in text.value for text in app.markdown)


def test_a_button_looks_inside(models: Path) -> None:
    app = until_read(draw(opened(), stroke(SEVEN)))
    app.button(key="open_look_inside").click().run()
    assert app.session_state["look_inside"]
    assert not app.exception


def test_clear_brings_the_invitation_back(models: Path) -> None:
    app = until_read(draw(opened(), stroke(SEVEN)))
    app.button(key="clear").click().run()
    assert not is_read(app)
    assert "Draw a digit" in answer(app)


def test_undo_takes_back_the_last_stroke_only(models: Path) -> None:
    app = draw(opened(), stroke(SEVEN), stroke([["M", 100, 170], ["L", 220, 170]]))
    app.button(key="undo").click().run()
    canvas: Canvas = app.session_state["canvas_state"]
    assert canvas.start is not None
    assert [item["path"] for item in canvas.start["objects"]] == [SEVEN]
    app.button(key="undo").click().run()
    assert app.session_state["canvas_state"].start is None
    app.button(key="redo").click().run()
    assert len(ink_of(app)) == len(SEVEN)


def test_clear_and_what_was_drawn_in_the_other_shape_can_be_undone(models: Path) -> None:
    app = draw(opened(), stroke([["M", 60, 9], ["L", 90, 311]]))
    app.button(key="clear").click().run()
    app.segmented_control(key="mode").set_value("A number").run()
    app.button(key="undo").click().run()
    assert 200 < ink_of(app).max() < Canvas(is_wide=True).size[1]


@pytest.mark.parametrize(
    ("told", "left"),
    [
        ({"strokes": [0]}, 1),
        ({"strokes": [1, 0, 7]}, 0),
        ({"strokes": "0", "key": None}, 2),
        ({"strokes": {}}, 2),
        (None, 2),
    ],
    ids=str,
)
def test_the_eraser_takes_what_it_names_and_nothing_else(
    models: Path, told: Any, left: int
) -> None:
    app = draw(opened(), stroke(SEVEN), stroke([["M", 100, 170], ["L", 220, 170]]))
    canvas: Canvas = app.session_state["canvas_state"]
    canvas.erase({"key": canvas.key, **told} if told else told)
    assert len(canvas.objects) == left


def test_another_ink_keeps_the_drawing(models: Path) -> None:
    app = draw(opened(), stroke(SEVEN))
    app.segmented_control(key="ink").set_value("Paper").run()
    start = app.session_state["canvas_state"].start
    assert start["objects"][0]["path"] == SEVEN
    assert start["objects"][0]["stroke"] != "#ffffff"


def test_the_link_chooses_the_model(models: Path, model_path: Path) -> None:
    for part in model_path.parent.glob(f"{model_path.stem}.*"):
        shutil.copy(part, models / f"other{part.suffix}")
    script = "from mnist_app.pages.draw import page\npage.page()"
    app = AppTest.from_string(script, default_timeout=60)
    app.query_params["model"] = "other"
    assert app.run().radio(key="model").value == "other"
    app = AppTest.from_string(script, default_timeout=60)
    app.query_params["model"] = "../../etc/passwd"
    app.run()
    assert not app.exception
    assert app.radio(key="model").value in {"tiny", "other"}


def test_the_choice_says_whose_each_network_is() -> None:
    me, other = "b" * 32, "f" * 32
    network_of(me, "Mine")
    theirs = network_of(other, "Theirs")
    shelf.share(theirs, other, True)
    app = AppTest.from_string("from mnist_app.pages.draw import page\npage.page()")
    app.session_state["visitor"] = me
    app.query_params["model"] = theirs.id
    options = app.run(timeout=60).radio(key="model").options
    assert [option[option.rindex("(") :] for option in options] == [
        "(built in)",
        "(own)",
        "(shared)",
    ]


def test_without_any_model_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "nothing.keras")
    app = opened()
    assert "Train one" in app.info[0].value
    assert not app.error


def test_a_broken_model_is_told_in_one_sentence_and_can_be_retried(models: Path) -> None:
    for part in (*models.glob("*.keras"), *models.glob("*.tflite")):
        part.write_bytes(b"not a model")
    app = draw(opened(), stroke(SEVEN))
    until(app, lambda: bool(app.error))
    assert "damaged" in app.error[0].value
    assert not is_read(app)
    assert app.button(key="retry-model").label == "Try again"


def test_a_page_whose_model_was_deleted_meanwhile_chooses_another(models: Path) -> None:
    app = AppTest.from_string(
        "from pathlib import Path\n"
        "import streamlit as st\n"
        "from mnist_app.core.models.model_store import StoredModel\n"
        "from mnist_app.pages.components.canvas import Canvas\n"
        "from mnist_app.pages.components.reader import read_latest\n"
        "if st.session_state.setdefault('runs', 0) == 0:\n"
        "    st.session_state.runs = 1\n"
        "    read_latest(Canvas(), StoredModel(Path('deleted.keras'), None))\n"
        "    st.error('It went on with the model.')\n",
        default_timeout=60,
    ).run()
    assert not app.exception
    assert not app.error


def test_a_drawing_that_makes_no_sense_is_no_traceback(models: Path) -> None:
    app = draw(opened(), {"type": "Path", "path": [["Q", "x"]]})
    assert not app.exception
    assert not is_read(app)


def test_a_number_is_read_from_left_to_right_and_each_digit_can_be_looked_at(
    models: Path,
) -> None:
    app = opened()
    app.segmented_control(key="mode").set_value("A number").run()
    left, right = ([[step, x / 2 + dx, y / 2] for step, x, y in SEVEN] for dx in (0, 200))
    app = until_read(draw(app, stroke(right), stroke(left)))
    assert len(told(app)["answer"]["text"]) == 2
    assert len(told(app)["answer"]["digits"]) == 2
    app.session_state["selected_digit"] = 7
    app.run()
    assert not app.exception
    app.button(key="clear").click().run()
    assert "Draw a number" in answer(app)


def test_a_scribble_is_no_number_and_says_what_to_do(models: Path) -> None:
    app = opened()
    app.segmented_control(key="mode").set_value("A number").run()
    app = until_read(draw(app, stroke(SEVEN)))
    app = draw(app, *[stroke(SEVEN)] * 300)
    assert not app.exception
    assert not is_read(app)
    assert "Clear it" in answer(app)


def test_a_drawing_that_turns_out_to_be_a_number_stays(models: Path) -> None:
    app = draw(opened(), stroke(SEVEN))
    app.segmented_control(key="mode").set_value("A number").run()
    canvas: Canvas = app.session_state["canvas_state"]
    assert canvas.start is not None
    app.segmented_control(key="mode").set_value("One digit").run()
    assert ink_of(app) == pytest.approx(np.array(SEVEN)[:, 1:].astype(float))


@pytest.mark.parametrize("right", [200, 300, 500])
def test_one_digit_of_the_wide_canvas_is_moved_onto_the_square_one(
    models: Path, right: int
) -> None:
    app = opened()
    app.segmented_control(key="mode").set_value("A number").run()
    draw(app, stroke([["M", right - 100, 70], ["L", right, 70], ["L", right - 50, 250]]))
    app.segmented_control(key="mode").set_value("One digit").run()
    ink = ink_of(app)
    assert np.ptp(ink, axis=0).tolist() == [100, 180]
    assert ink[:, 0].min() >= 0
    assert ink[:, 0].max() <= SIDE


@pytest.mark.parametrize(
    ("mode", "path"),
    [
        ("One digit", [["M", 20, 70], ["L", 540, 250]]),
        ("A number", [["M", 60, 200], ["L", 90, 311]]),
        ("A number", [["M", 60, 9], ["L", 90, 311]]),
    ],
)
def test_what_would_not_fit_the_other_canvas_is_moved_and_made_smaller(
    models: Path, mode: str, path: list[list[Any]]
) -> None:
    app = opened()
    if mode == "One digit":
        app.segmented_control(key="mode").set_value("A number").run()
    draw(app, stroke(path))
    app.segmented_control(key="mode").set_value(mode).run()
    canvas: Canvas = app.session_state["canvas_state"]
    ink, drawn = ink_of(app), np.array(path)[:, 1:].astype(float)
    assert (ink.min(axis=0) >= 0).all()
    assert (ink.max(axis=0) <= canvas.size).all()
    lengths = np.ptp(ink, axis=0) / np.ptp(drawn, axis=0)
    assert lengths[0] == pytest.approx(lengths[1])
    assert 0.5 < lengths[0] <= 1


def ink_of(app: AppTest) -> np.ndarray:
    """All points of the drawing that the canvas began with."""
    return np.concatenate(drawing_from_canvas(app.session_state["canvas_state"].start).strokes)


def test_a_drawing_is_in_the_ink_that_was_chosen_meanwhile(models: Path) -> None:
    app = draw(opened(), stroke(SEVEN))
    canvas: Canvas = app.session_state["canvas_state"]
    # As when the drawing is on another page than the choice of ink.
    canvas.number += 1
    app.session_state["ink"] = "Paper"
    app.run()
    assert canvas.start is not None
    assert canvas.start["objects"][0]["stroke"] == INKS["Paper"][0]


@pytest.mark.parametrize(
    "sent",
    [
        7,
        {"drawing": {"raw": [1]}},
        {"drawing": {"raw": {"objects": 7}}},
        {
            "drawing": {
                "raw": {"objects": [7, {"type": "path", "path": [["M", 1, 2]], "left": "x"}]}
            }
        },
        {"drawing": {"raw": {"objects": [{"type": "path", "path": [7]}]}}},
    ],
    ids=str,
)
def test_what_is_no_drawing_breaks_nothing(models: Path, sent: object) -> None:
    app = opened()
    app.session_state[app.session_state["canvas_state"].key] = sent
    app.run()
    assert not app.exception
    app.button(key="undo").click().run()
    app.session_state[app.session_state["canvas_state"].key] = sent
    app.segmented_control(key="ink").set_value(list(INKS)[1]).run()
    app.session_state[app.session_state["canvas_state"].key] = sent
    app.segmented_control(key="mode").set_value("A number").run()
    assert not app.exception
