import json
import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.data.handwriting import as_json_lines
from mnist_app.core.models import model_store
from mnist_app.lab.training import finetuning
from mnist_app.pages.components.corrections import EMPTY
from mnist_app.pages.session.queues import queues
from tests.support.canvas_app import SEVEN, draw, models, opened, stroke, until_read
from tests.support.gates import PATIENCE
from tests.support.shelves import network_of

__all__ = ["models"]


def tell(app: AppTest, digit: int) -> AppTest:
    return app.segmented_control(key="right_digit").set_value(digit).run()


def notes(app: AppTest) -> str:
    return " ".join(caption.value for caption in app.caption)


def corrected(app: AppTest, count: int) -> AppTest:
    """A different drawing put right, some times over."""
    for lower in range(count):
        draw(app, stroke([[step, x, y + lower] for step, x, y in SEVEN[:-1]] + SEVEN[-1:]))
        tell(app, 7)
    return app


def test_without_a_drawing_nothing_is_kept(models: Path) -> None:
    app = tell(opened(), 3)
    assert EMPTY in notes(app)
    assert not app.session_state["own_drawings"]
    app.button(key="example_2").click().run()
    assert EMPTY not in notes(app)


def test_a_drawing_is_kept_once_with_its_last_label(models: Path) -> None:
    app = tell(tell(draw(opened(), stroke(SEVEN)), 1), 7)
    assert [item.label for item in app.session_state["own_drawings"]] == [7]
    assert "Remembered as a 7" in notes(app)
    assert "4 more" in notes(app)
    assert app.segmented_control(key="right_digit").value is None
    app.button(key="clear").click().run()
    assert "Remembered" not in notes(app)


def test_a_drawing_told_again_later_is_kept_once(models: Path) -> None:
    app = opened()
    lower = [[step, x, y + 9] for step, x, y in SEVEN]
    for path, digit in ((SEVEN, 1), (lower, 2), (SEVEN, 7)):
        tell(draw(app, stroke(path)), digit)
    assert [item.label for item in app.session_state["own_drawings"]] == [2, 7]


def test_drawings_can_be_removed_again(models: Path) -> None:
    app = corrected(opened(), 3)
    app.button(key="drop_last").click().run()
    assert len(app.session_state["own_drawings"]) == 2
    app.button(key="drop_all").click().run()
    assert not app.session_state["own_drawings"]
    assert not app.exception


def test_in_a_number_the_digit_that_is_looked_at_is_kept(models: Path) -> None:
    app = opened()
    app.segmented_control(key="mode").set_value("A number").run()
    left, right = ([[step, x / 2 + dx, y / 2] for step, x, y in SEVEN] for dx in (0, 200))
    tell(until_read(draw(app, stroke(left), stroke(right))), 7)
    (kept,) = app.session_state["own_drawings"]
    assert len(kept.drawing.strokes) == 1
    is_left = kept.drawing.strokes[0][:, 0].max() < 150
    assert is_left == (app.session_state["selected_digit"] == 0)


def test_the_file_holds_a_line_for_each_drawing(models: Path) -> None:
    app = corrected(opened(), 5)
    lines = as_json_lines(app.session_state["own_drawings"]).splitlines()
    assert [json.loads(line)["label"] for line in lines] == [7] * 5
    assert "Download 5 drawings" in str(app.get("download_button")[0].proto)


def test_another_visitor_sees_nothing_of_it(models: Path) -> None:
    corrected(opened(), 2)
    other = opened()
    assert "own_drawings" not in other.session_state or not other.session_state["own_drawings"]


def test_a_hand_is_learned_and_the_copy_used(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finetuning, "STEPS", 3)
    app = corrected(opened(), 5)
    assert "the original stays as it is" in notes(app)
    app.button(key="learn").click().run()
    job = queues().finetuning.jobs()[-1]
    queues().finetuning.wait(job.id, timeout=PATIENCE)
    app.run()
    assert not app.exception
    assert not app.error
    assert app.metric[0].value.endswith("of 5")
    before = app.session_state["model"]
    app.button(key="use_own").click().run()
    used = model_store.describe(model_store.folder() / f"{app.session_state['model']}.keras")
    assert used is not None
    assert used.name != before
    assert used.title == "Tiny, my handwriting"
    assert app.button(key="use_own").disabled
    assert "goes on training “Tiny, my handwriting”" in notes(app)
    assert "stays as it is" not in notes(app)


def test_a_network_on_the_shelf_gets_no_copy_for_all() -> None:
    item = network_of("b" * 32)
    app = AppTest.from_string(
        "from mnist_app.pages.draw import page\npage.page()", default_timeout=60
    )
    app.session_state["visitor"] = "b" * 32
    app.query_params["model"] = item.id
    corrected(app.run(), 5)
    assert app.session_state["model"] == item.id
    assert "Remembered as a 7 until you close this page." in notes(app)
    assert "learn" not in {button.key for button in app.button}
    assert "drop_all" in {button.key for button in app.button}


def test_who_learns_again_gets_one_copy_of_a_name(
    models: Path, learned_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(finetuning, "STEPS", 1)
    app = corrected(opened(), 5)

    def copies(name: str) -> list[str]:
        app.text_input(key="own_title").set_value(name).run()
        app.button(key="learn").click().run()
        queues().finetuning.wait(queues().finetuning.jobs()[-1].id, timeout=PATIENCE)
        app.run()
        assert not app.error
        return sorted(model.name for model in model_store.models() if model.name != "tiny")

    assert copies("Mine") == ["mine"]
    assert copies("Mine") == ["mine"]
    assert copies("Ours") == ["mine", "ours"]
    other = corrected(opened(), 5)
    other.session_state["visitor"] = "f" * 32
    other.text_input(key="own_title").set_value("Mine").run()
    other.button(key="learn").click().run()
    queues().finetuning.wait(queues().finetuning.jobs()[-1].id, timeout=PATIENCE)
    assert (models / "mine-2.keras").is_file(), "nobody else's copy is replaced"


def test_learning_can_be_stopped_and_changes_nothing(models: Path) -> None:
    app = corrected(opened(), 5)
    app.button(key="learn").click().run()
    job = queues().finetuning.jobs()[-1]
    queues().finetuning.stop(job.id)
    queues().finetuning.wait(job.id, timeout=PATIENCE)
    time.sleep(0.1)
    app.run()
    assert any("Nothing was changed" in info.value for info in app.info)
    assert len(model_store.models()) == 1
