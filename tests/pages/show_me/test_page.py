import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.ink.drawings import drawing_from_canvas
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.models import model_store
from mnist_app.core.runs.run import RunState
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.predictions.confusion import times
from mnist_app.pages.session.jobs import evaluation_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.run_jobs import runs
from mnist_app.pages.show_me import lesson, page
from mnist_app.pages.show_me.mistakes import NAMED, SHOWN
from tests.support.canvas_app import SEVEN, components, is_read, models, stroke, told
from tests.support.gates import PATIENCE
from tests.support.visits import bodies, settled, visit

__all__ = ["models"]

# Tests replace it.
SHIPPED = model_store.SHIPPED
LARGE_SEVEN = [[step, x * 1.75, y * 1.75] for step, x, y in SEVEN]


def opened(step: int = 1) -> AppTest:
    return visit("show_me", {"step": str(step)})


def draw(app: AppTest, path: list[list[object]] = LARGE_SEVEN) -> AppTest:
    """Send a stroke as the browser does, and wait until it is read."""
    key = app.session_state["large_canvas"].key
    app.session_state[key] = {"drawing": {"raw": {"objects": [stroke(path)]}, "data": None}}
    return settled(app)


def turn(app: AppTest, key: str) -> AppTest:
    app.button(key=key).click()
    return settled(app)


def linked_step(app: AppTest) -> str:
    linked = app.query_params["step"]
    return linked if isinstance(linked, str) else linked[-1]


def shown(app: AppTest) -> str:
    return " ".join([*bodies(app), *(text.value for text in app.markdown)])


def test_the_link_opens_a_step_and_nonsense_the_first(models: Path) -> None:
    for number, step in enumerate(page.STEPS, 1):
        assert opened(number).title[0].value == step.title
    for nonsense in ("0", "6", "x", "2.0", "<b>"):
        assert visit("show_me", {"step": nonsense}).title[0].value == page.STEPS[0].title


def test_buttons_turn_the_steps_and_keep_the_link(models: Path) -> None:
    app = draw(opened())
    assert app.button(key="demo_back").disabled
    for number in (2, 3, 4, 5):
        turn(app, "demo_next")
        assert linked_step(app) == str(number)
        assert app.title[0].value == page.STEPS[number - 1].title
    turn(app, "demo_back")
    assert linked_step(app) == "4"
    turn(app, "demo_next")
    turn(app, "demo_again")
    assert linked_step(app) == "1"
    assert not is_read(app)
    assert app.session_state["large_canvas"].is_empty


def test_a_step_about_a_drawing_asks_for_one_or_uses_an_example(models: Path) -> None:
    for number in (2, 3):
        app = opened(number)
        assert "Nothing drawn yet" in app.info[0].value
        turn(app, "demo_first")
        assert app.title[0].value == page.STEPS[0].title
        app = turn(opened(number), "demo_example")
        assert linked_step(app) == str(number)
        assert not app.info


def test_whoever_goes_on_without_drawing_shows_an_example(models: Path) -> None:
    app = turn(opened(), "demo_next")
    assert "<figcaption>The drawing" in shown(app)
    assert is_read(turn(app, "demo_back"))
    app = turn(opened(), "example_7")
    drawn = app.session_state["large_canvas"].image
    turn(app, "demo_next")
    assert np.array_equal(app.session_state["large_canvas"].image, drawn)


def test_a_drawing_that_makes_no_sense_is_no_traceback(models: Path) -> None:
    app = opened(2)
    key = app.session_state["large_canvas"].key
    broken = {"type": "Path", "path": [["Q", "x"]]}
    app.session_state[key] = {"drawing": {"raw": {"objects": [broken]}, "data": None}}
    settled(app)
    assert "Nothing drawn yet" in app.info[0].value


def test_every_step_is_about_the_drawing(models: Path) -> None:
    app = draw(opened())
    assert is_read(app)
    read = told(app)["answer"]["text"]
    image = strokes_to_input(drawing_from_canvas({"objects": [stroke(LARGE_SEVEN)]}))
    pixels = picture(image, "", 0).split("base64,")[1]
    turn(app, "demo_next")
    assert pixels in shown(app)
    turn(app, "demo_next")
    assert is_read(app)
    (found,) = (part["found"] for part in components(app) if "found" in part)
    assert pixels == f'{found["image"]}">'
    assert len(found["stages"]) == 3
    assert f"Blue parts count for {read}" in shown(app)
    turn(app, "demo_next")
    assert f"It read your last drawing as **{read}**" in shown(app)
    turn(app, "demo_next")
    app.segmented_control(key="right_digit").set_value(7).run()
    (kept,) = app.session_state["own_drawings"]
    assert kept.label == 7
    assert np.array_equal(strokes_to_input(kept.drawing), image)
    assert app.session_state["large_canvas"].is_empty


def test_what_is_no_digit_is_called_none_in_any_step(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", SHIPPED)
    app = visit("show_me", {"model": "digit_lab"})
    xs, ys = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9], [0.5, *(0.2, 0.8) * 4]
    zigzag = [["L", x * 560, y * 560] for x, y in zip(xs, ys, strict=True)]
    draw(app, [["M", *zigzag[0][1:]], *zigzag])
    assert "doesn't look like a digit" in str(told(app)["answer"]["says"])
    turn(turn(app, "demo_next"), "demo_next")
    assert "doesn't look like a digit" in str(told(app)["answer"]["says"])
    assert "its closest guess" in shown(app)
    turn(app, "demo_next")
    assert "It read your last drawing" not in shown(app)
    turn(app, "demo_next")
    assert "doesn't look like a digit" in str(told(app)["answer"]["says"])


def test_it_fails_where_the_evaluation_says(models: Path) -> None:
    app = opened(4)
    (model,) = model_store.models()
    datasets = queues().datasets
    dataset = next(job.result for job in datasets.jobs() if job.key == "optdigits")
    report = evaluation_job(model, dataset).result
    wrong = int((~report.is_right).sum())
    assert f"<b>{report.images - wrong}</b> of {report.images}" in shown(app)
    assert shown(app).count('<figure class="wrong">') == min(wrong, SHOWN)
    off_diagonal = report.confusion_matrix - np.diag(np.diag(report.confusion_matrix))
    most = off_diagonal.max()
    each = " each" if (off_diagonal == most).sum() > 1 else ""
    for true, read in np.argwhere(off_diagonal == most)[:NAMED]:
        assert f"**{true} read as {read}**" in shown(app)
    assert f"({times(most)}{each})" in shown(app)


def test_without_corrections_a_new_network_learns(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "EPOCHS", {"optdigits": 2})
    app = draw(opened(5))
    app.button(key="demo_train").click().run()
    assert not app.button(key="demo_stop").disabled
    job = queues().training.jobs()[-1]
    queues().training.wait(job.id, timeout=PATIENCE)
    settled(app)
    assert "new digits correctly" in shown(app)
    assert "It reads the drawing as <b>" in shown(app)
    assert "Learning takes about" in shown(app)
    app.button(key="demo_train").click().run()
    app.button(key="demo_stop").click()
    settled(app)
    queues().training.wait(queues().training.jobs()[-1].id, timeout=PATIENCE)
    settled(app)
    assert not app.button(key="demo_train").disabled
    app.segmented_control(key="right_digit").set_value(7).run()
    assert "demo_train" not in [button.key for button in app.button]


def test_a_lesson_takes_the_place_of_the_one_before_unless_that_was_given_a_name(
    models: Path, learned_once: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lesson, "EPOCHS", {"optdigits": 1})
    app = opened(5)

    def learned() -> set[str]:
        app.button(key="demo_train").click().run()
        queues().training.wait(queues().training.jobs()[-1].id, timeout=PATIENCE)
        settled(app)
        assert not app.error
        return {model.title for model in model_store.models()}

    title = lesson.TITLE
    assert learned() == {"Tiny", title}
    assert learned() == {"Tiny", title}
    assert len(model_store.models()) == 2
    own = runs().listed()[0]
    other = runs().add(title, own.config, owner="somebody else")
    runs().finish(other.id, RunState.FINISHED)
    runs().rename(own.id, "To keep")
    learned()
    assert len(model_store.models()) == 3
    learned()
    assert len(model_store.models()) == 3
    assert runs().get(other.id).owner == "somebody else"
    # At a kiosk whoever comes next is somebody else, and one show takes the place of all before.
    monkeypatch.setenv("MNIST_APP_KIOSK_SECONDS", "60")
    learned()
    assert [run.title for run in runs().listed()] == [title, "To keep"]


def test_the_model_that_was_chosen_reads(models: Path, model_path: Path) -> None:
    for ending in ("keras", "tflite"):
        shutil.copy(model_path.with_suffix(f".{ending}"), models / f"other.{ending}")
    app = visit("show_me", {"model": "other"})
    assert app.session_state["model"] == "other"
    assert "“other”" in app.caption[0].value


def test_without_any_model_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "nothing.keras")
    for number in (1, 4, 5):
        assert "Train one" in opened(number).info[0].value
