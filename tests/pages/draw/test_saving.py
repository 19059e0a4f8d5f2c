from pathlib import Path

from streamlit.testing.v1 import AppTest

from tests.support.canvas_app import SEVEN, draw, models, opened, stroke

__all__ = ["models"]
SAVES = ["save_png", "save_svg", "save_json"]


def offered(app: AppTest) -> list[str]:
    assert not app.exception
    return [key for button in app.get("download_button") if (key := button.key or "") in SAVES]


def test_a_drawing_is_offered_as_files_once_somebody_looks(models: Path) -> None:
    app = draw(opened(), stroke(SEVEN))
    assert offered(app) == []
    app.session_state["saving"] = True
    assert offered(app.run()) == SAVES


def test_an_empty_canvas_has_nothing_to_save(models: Path) -> None:
    app = opened()
    app.session_state["saving"] = True
    assert offered(app.run()) == []
    assert any("Draw something first" in caption.value for caption in app.caption)
    draw(app, {"type": "Path", "path": [["Q", "x"]]})
    assert offered(app) == []
