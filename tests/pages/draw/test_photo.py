import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw
from streamlit.testing.v1 import AppTest

from mnist_app.core.images.pictures import Picture, png
from mnist_app.core.models import model_store
from mnist_app.pages.draw import photo
from mnist_app.pages.session.queues import queues
from tests.support import cases
from tests.support.canvas_app import components, models, opened, words
from tests.support.gates import PATIENCE
from tests.support.pictures import encoded, seven
from tests.support.visits import bodies, jobs_about

__all__ = ["models"]

# Tests replace it.
SHIPPED = model_store.SHIPPED


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photo, "PATIENCE_SECONDS", 0.01)


def two_sevens() -> bytes:
    """Dark ink on grey paper, PNG."""
    sheet = Image.new("L", (600, 300), 210)
    pen = ImageDraw.Draw(sheet)
    for left in (80, 350):
        pen.line([(left, 60), (left + 120, 60), (left + 50, 240)], fill=30, width=18)
    buffer = io.BytesIO()
    sheet.save(buffer, format="PNG")
    return buffer.getvalue()


def uploaded(app: AppTest, data: bytes) -> AppTest:
    app.file_uploader(key="picture_file").upload("sheet.png", data, "image/png").run()
    return reread(app)


def reread(app: AppTest) -> AppTest:
    """The page once its picture was read."""
    for job in jobs_about(queues().short, "picture"):
        queues().short.wait(job.id, timeout=PATIENCE)
    app.run()
    assert not app.exception
    return app


def answer(app: AppTest) -> dict[str, Any]:
    """The answer to the picture."""
    return words(app, "picture")["answer"]


def test_a_picture_is_read_as_one_digit_or_as_a_number(models: Path) -> None:
    app = opened()
    app.segmented_control(key="mode").set_value("A number").run()
    uploaded(app, two_sevens())
    assert len(answer(app)["text"]) == len(answer(app)["digits"]) == 2
    assert any('class="framed"' in body for body in bodies(app))


def test_the_rows_of_a_page_are_a_table_to_correct_and_to_download(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", SHIPPED)
    app = opened()
    app.session_state["wanted_model"] = "digit_lab"
    app.segmented_control(key="mode").set_value("A number").run()
    uploaded(app, png(cases.rows([cases.one(), cases.two()], [cases.three(), cases.four()])))
    assert answer(app)["text"] == "12 34"
    (table,) = app.dataframe
    assert [*table.value["Read"]] == ["12", "34"]
    downloaded: list[str] = []
    monkeypatch.setattr(
        "streamlit.download_button", lambda label, data, *others, **look: downloaded.append(data)
    )
    states = app._tree.get_widget_states()
    # What the browser sends when the second row is edited.
    states.widgets.add(id=table.proto.id, string_value='{"edited_rows": {"1": {"Read": "3 4"}}}')
    app._run(states)
    assert not app.exception
    assert downloaded[-1].splitlines() == ["row,text", "1,12", "2,3 4"]


def test_a_number_that_was_taken_for_a_digit_is_read_at_a_press(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_store, "SHIPPED", SHIPPED)
    app = opened()
    app.session_state["wanted_model"] = "digit_lab"
    uploaded(app.run(), two_sevens())
    assert any("more than one digit" in text.value for text in app.markdown)
    app.button(key="picture_as_number").click()
    reread(app.run())
    assert answer(app)["text"] == "77"
    assert app.segmented_control(key="mode").value == "A number"
    assert not any("more than one digit" in text.value for text in app.markdown)


def test_a_photograph_of_an_iphone_is_read(models: Path) -> None:
    app = opened()
    app.file_uploader(key="picture_file").upload("photo.heic", encoded(seven(), "HEIF")).run()
    assert len(answer(reread(app))["digits"]) == 1


def test_a_broken_picture_is_one_sentence(models: Path) -> None:
    app = uploaded(opened(), two_sevens()[:200])
    assert len(app.error) == 1
    assert "damaged" in app.error[0].value


def test_a_picture_can_be_tried_again_after_a_failure(
    models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def short_of_memory(data: bytes) -> Picture:
        raise MemoryError

    with monkeypatch.context() as short:
        short.setattr("mnist_app.pages.session.jobs.decode", short_of_memory)
        app = uploaded(opened(), two_sevens())
        assert "Try again" in app.error[0].value
    app.button(key="picture_retry").click()
    reread(app.run())
    assert not app.error
    assert any('class="framed"' in body for body in bodies(app))


def test_a_blank_picture_says_that_there_is_no_ink(models: Path) -> None:
    buffer = io.BytesIO()
    Image.new("L", (300, 300), 200).save(buffer, format="PNG")
    app = uploaded(opened(), buffer.getvalue())
    assert "No writing" in answer(app)["says"][0]


def looking(app: AppTest) -> dict[str, Any]:
    """Return what the camera is given."""
    return next(part for part in components(app) if "still" in part)


def with_camera() -> AppTest:
    app = opened()
    assert not any("still" in part for part in components(app))
    return app.segmented_control(key="picture_source").set_value("The camera").run()


def held(app: AppTest, picture: Any) -> AppTest:
    app.session_state["camera"] = {"held": picture}
    return reread(app.run())


def test_the_camera_looks_only_when_it_is_chosen(models: Path) -> None:
    app = with_camera()
    assert not app.get("file_uploader")
    assert looking(app) == {"group": "picture", "model": "tiny", "as": "digit", "still": None}
    assert "Show the camera a digit" in answer(app)["says"][0]
    app.segmented_control(key="mode").set_value("A number").run()
    assert looking(app)["as"] == "number"
    assert "Show the camera a number" in answer(app)["says"][0]


def test_what_is_held_before_the_camera_is_read_as_a_picture_is(models: Path) -> None:
    app = with_camera()
    app.segmented_control(key="mode").set_value("A number").run()
    held(app, "data:image/png;base64," + base64.b64encode(two_sevens()).decode())
    assert len(answer(app)["digits"]) == 2
    assert looking(app)["still"]["src"].startswith("data:image/jpeg;base64,")
    assert answer(app)["text"] in looking(app)["still"]["alt"]
    held(app, None)
    assert looking(app)["still"] is None
    assert not answer(app)["digits"]


@pytest.mark.parametrize("picture", [7, "", "data:,?", "data:image/jpeg;base64,AAAA"])
def test_nothing_that_a_browser_sends_as_held_breaks_the_page(models: Path, picture: Any) -> None:
    app = held(with_camera(), picture)
    assert looking(app)["still"] is None
