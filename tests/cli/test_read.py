import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mnist_app.cli import commands
from mnist_app.core.data import datasets
from tests.support.command_line import BLANK, SEVEN


def test_strokes_are_read_one_object_a_line_in_order(
    run: Any, strokes: Path, model_path: Path
) -> None:
    outcome = run("read", strokes, "--model", model_path, "--format", "json")
    seven, blank, seventy = outcome.objects
    assert (outcome.status, outcome.err) == (0, "")
    assert [item["source"] for item in outcome.objects] == [f"{strokes}:{n}" for n in (1, 3, 4)]
    (digit,) = seven["digits"]
    assert seven["text"] == str(digit["digit"])
    assert len(digit["probabilities"]) == 10
    assert digit["probability"] == max(digit["probabilities"])
    assert sum(digit["probabilities"]) == pytest.approx(1, abs=1e-4)
    assert (blank["text"], blank["digits"]) == ("", [])
    assert blank["reason"] == "No writing found."
    assert len(seventy["digits"]) == 1
    assert "reason" not in seven


def test_a_number_is_read_from_left_to_right(run: Any, strokes: Path, model_path: Path) -> None:
    outcome = run("read", strokes, "--model", model_path, "--as", "number", "--format", "json")
    assert [len(item["digits"]) for item in outcome.objects] == [1, 0, 2]
    assert [len(item["text"]) for item in outcome.objects] == [1, 0, 2]


def test_pictures_and_strokes_mix(run: Any, picture: Path, strokes: Path, model_path: Path) -> None:
    outcome = run("read", picture, strokes, picture, "--model", model_path)
    lines = outcome.out.splitlines()
    assert outcome.status == 0
    assert len(lines) == 5
    assert lines[0] == lines[4]
    assert lines[2].endswith(": No writing found.")


def test_more_drawings_than_fit_one_batch_stay_in_order(
    run: Any, tmp_path: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "CHUNK", 4)
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(json.dumps(BLANK if n % 3 else SEVEN) for n in range(10)))
    found = run("read", path, "--model", model_path, "--format", "json").objects
    assert [bool(item["digits"]) for item in found] == [n % 3 == 0 for n in range(10)]
    assert [item["source"] for item in found] == [f"{path}:{n + 1}" for n in range(10)]


def test_what_cannot_be_read_gives_a_reason_and_the_rest_is_read(
    run: Any, tmp_path: Path, picture: Path, model_path: Path
) -> None:
    broken = [tmp_path / "broken.png", tmp_path / "missing.jsonl"]
    broken[0].write_bytes(b"no picture")
    outcome = run("read", *broken, picture, "--model", model_path, "--format", "json")
    *bad, good = outcome.objects
    assert [(item["text"], item["digits"]) for item in bad] == [("", [])] * 2
    assert all(item["reason"] for item in bad)
    assert good["text"]
    assert outcome.status == 1
    assert outcome.err.count("\n") == 2
    assert "broken.png: This file cannot be opened as a picture." in outcome.err
    assert "missing.jsonl: This file cannot be opened (no such file or directory)." in outcome.err
    assert run("read", *broken, "--model", model_path).out == "", "each is told once"


def test_a_model_of_other_pictures_says_so_before_it_reads(
    run: Any, tmp_path: Path, picture: Path, model_path: Path
) -> None:
    boots = Path(shutil.copy(model_path, tmp_path / "boots.keras"))
    card = json.loads(model_path.with_suffix(".json").read_text())
    card["class_names"] = list(datasets.class_names("fashion_mnist"))
    boots.with_suffix(".json").write_text(json.dumps(card))
    outcome = run("read", picture, "--model", boots)
    assert outcome.err == "Note: boots was not trained on digits.\n"
    assert outcome.out
    assert run("read", picture, "--model", model_path).err == ""
