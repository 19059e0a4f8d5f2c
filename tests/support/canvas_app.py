"""The Draw page under test: opened, drawn on, waited for."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.models import model_store
from tests.support.visits import until

SEVEN: list[list[Any]] = [["M", 90, 70], ["L", 230, 70], ["L", 190, 160], ["L", 150, 270]]


def stroke(path: list[list[Any]]) -> dict[str, Any]:
    """One stroke as the canvas sends it."""
    xs, ys = [step[1] for step in path], [step[2] for step in path]
    return {
        "type": "Path",
        "path": path,
        "strokeWidth": 18,
        "stroke": "#ffffff",
        "left": (min(xs) + max(xs)) / 2,
        "top": (min(ys) + max(ys)) / 2,
    }


def draw(app: AppTest, *strokes: dict[str, Any]) -> AppTest:
    """Send a stroke as the browser does."""
    key = app.session_state["canvas_state"].key
    app.session_state[key] = {"drawing": {"raw": {"objects": list(strokes)}, "data": None}}
    return app.run()


def components(app: AppTest) -> list[dict[str, Any]]:
    """Return what the components on the page are given."""
    protos = [element.proto for element in app.get("bidi_component")]
    return [json.loads(proto.json) for proto in protos if proto.json]


def words(app: AppTest, *groups: str) -> dict[str, Any]:
    """Return the answer of the first of these groups that is on the page."""
    return next(
        part for part in components(app) if part.get("part") == "words" and part["group"] in groups
    )


def told(app: AppTest) -> dict[str, Any]:
    """The same of the drawing, with how the pen is followed."""
    return words(app, "drawing", "presented")


def answer(app: AppTest) -> str:
    """The answer to the drawing, in words."""
    shown = told(app)["answer"]
    return " ".join([shown["text"], *shown["says"], shown["quiet"]])


def is_read(app: AppTest) -> bool:
    return told(app)["answer"]["text"] != ""


def opened() -> AppTest:
    script = "from mnist_app.pages.draw import page\npage.page()"
    app = AppTest.from_string(script, default_timeout=60).run()
    assert not app.exception
    return app


def until_read(app: AppTest) -> AppTest:
    until(app, lambda: is_read(app))
    return app


@pytest.fixture
def models(tmp_path: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A models' folder that holds one small network, and nothing shipped."""
    folder = tmp_path / "models"
    folder.mkdir()
    for part in model_path.parent.glob(f"{model_path.stem}.*"):
        shutil.copy(part, folder)
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "nothing.keras")
    return folder
