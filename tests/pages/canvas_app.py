"""The Draw page under test: opened, drawn on, waited for."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from visiting import bodies, until

from mnist_app import model_store

SEVEN: list[list[Any]] = [
    ["M", 90, 70], ["L", 230, 70], ["L", 190, 160], ["L", 150, 270],
]  # fmt: skip


def stroke(path: list[list[Any]]) -> dict[str, Any]:
    """One stroke as the canvas sends it."""
    xs, ys = [step[1] for step in path], [step[2] for step in path]
    return {
        "type": "Path", "path": path, "strokeWidth": 18, "stroke": "#ffffff",
        "left": (min(xs) + max(xs)) / 2, "top": (min(ys) + max(ys)) / 2,
    }  # fmt: skip


def draw(app: AppTest, *strokes: dict[str, Any]) -> AppTest:
    """What the browser does after a stroke."""
    key = app.session_state["canvas_state"].key
    app.session_state[key] = {"drawing": {"raw": {"objects": list(strokes)}, "data": None}}
    return app.run()


def answer(app: AppTest) -> str:
    """The HTML of the answer to the drawing."""
    return next(body for body in bodies(app) if 'class="answer"' in body)


def is_read(app: AppTest) -> bool:
    return 'class="digit' in answer(app)


def opened() -> AppTest:
    script = "from mnist_app.pages import draw\ndraw.page()"
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
    for part in (model_path, model_path.with_suffix(".json")):
        shutil.copy(part, folder)
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "nothing.keras")
    return folder
