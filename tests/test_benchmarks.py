"""The latency benchmark runs without a browser and prints what it measured."""

import json
from pathlib import Path

import keras
import pytest
from click.testing import CliRunner

from benchmarks.drawings import STROKES, canvas_json, canvas_pixels
from benchmarks.latency import main
from benchmarks.report import Figure
from mnist_app.ink import drawing_from_canvas, strokes_to_input


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("models") / "tiny.keras"
    layers = [keras.Input((28, 28, 1)), keras.layers.Flatten()]
    keras.Sequential([*layers, keras.layers.Dense(10, activation="softmax")]).save(path)
    return path


def run(model: Path, form: str) -> str:
    options = ["--strokes", "1", "--imports", "0", "--no-browser", "--format", form]
    result = CliRunner().invoke(main, [*options, "--model", str(model)], catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_the_table_has_every_figure_with_its_aim(model: Path) -> None:
    lines = run(model, "text").splitlines()
    assert "this app" in lines[0]
    assert "common way" in lines[0]
    assert lines[2].startswith("in process, p50")
    assert "at most 5 ms" in lines[2]
    assert lines[3].startswith("in process, p95")
    assert lines[-2].startswith("machine: cores ")
    assert lines[-1].startswith("repeats: strokes 1")


def test_json_says_the_same(model: Path) -> None:
    answer = json.loads(run(model, "json"))
    first, second = answer["figures"]
    assert (first["name"], first["unit"], first["most"]) == ("in process, p50", "ms", 5)
    assert second["aim"] == ""
    assert answer["machine"]["streamlit"]
    assert answer["repeats"]["strokes"] == 1


def test_a_model_that_is_missing_is_wrong_usage() -> None:
    assert CliRunner().invoke(main, ["--model", "missing.keras"]).exit_code == 2


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", "ms", 4, 40, most=5), True),
        (Figure("a", "ms", 6, 40, most=5), False),
        (Figure("a", "MB", None, None, most=5), None),
        (Figure("a", "ms", 10, 40, least_ratio=3), True),
        (Figure("a", "ms", 20, 40, least_ratio=3), False),
        (Figure("a", "ms", 20, 40), None),
    ],
)
def test_an_aim_is_met_or_not(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_json_and_pixels_of_a_stroke_show_the_same_ink() -> None:
    for stroke in STROKES:
        drawing = drawing_from_canvas(canvas_json(stroke))
        assert abs(drawing.strokes[0].mean(axis=0) - stroke.mean(axis=0)).max() < 10
        assert strokes_to_input(drawing).max() == 255
        pixels = canvas_pixels(stroke)
        assert pixels.shape == (320, 320, 4)
        x, y = stroke[len(stroke) // 2].astype(int)
        assert pixels[y, x].tolist() == [255, 255, 255, 255]
