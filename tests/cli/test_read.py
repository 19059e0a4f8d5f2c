import contextlib
import csv
import io
import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from mnist_app.core.data import datasets
from mnist_app.core.images.pictures import png
from tests.support.cases import CASES
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


def test_a_page_is_read_line_by_line(run: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.png"
    page.write_bytes(png(CASES["12 over 34"][2]))
    (found,) = run("read", page, "--as", "page", "--format", "json").objects
    assert found["lines"] == ["12", "34"]
    assert found["text"] == "12\n34"
    head, *lines = run("read", page, "--as", "page").out.splitlines()
    assert head.startswith(str(page))
    assert lines == ["12", "34"]


def test_pictures_and_strokes_mix(run: Any, picture: Path, strokes: Path, model_path: Path) -> None:
    outcome = run("read", picture, strokes, picture, "--model", model_path)
    lines = outcome.out.splitlines()
    assert outcome.status == 0
    assert len(lines) == 5
    assert lines[0] == lines[4]
    assert lines[2].endswith(": No writing found.")


def test_many_drawings_stay_in_order(run: Any, tmp_path: Path, model_path: Path) -> None:
    path = tmp_path / "many.jsonl"
    path.write_text("\n".join(json.dumps(BLANK if n % 3 else SEVEN) for n in range(40)))
    found = run("read", path, "--model", model_path, "--format", "json").objects
    assert [bool(item["digits"]) for item in found] == [n % 3 == 0 for n in range(40)]
    assert [item["source"] for item in found] == [f"{path}:{n + 1}" for n in range(40)]


def test_a_folder_becomes_a_table_in_which_a_bad_file_is_a_row(
    run: Any, tmp_path: Path, picture: Path, strokes: Path, model_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no picture")
    outcome = run("read", tmp_path, "--model", model_path, "--as", "number", "--format", "csv")
    table = list(csv.DictReader(io.StringIO(outcome.out)))
    assert list(table[0]) == ["source", "text", "probability", "doubt"]
    broken, seven, blank, seventy, photo = table
    assert Path(broken["source"]).name == "broken.jpg"
    assert (broken["text"], broken["probability"]) == ("", "")
    assert "cannot be opened as a picture" in broken["doubt"]
    assert (blank["text"], blank["doubt"]) == ("", "No writing found.")
    assert [len(row["text"]) for row in (seven, seventy, photo)] == [1, 2, 1]
    assert all(0 < float(row["probability"]) < 1 for row in (seven, seventy, photo))
    assert outcome.status == 1
    assert outcome.err.count("\n") == 1
    assert "broken.jpg" in outcome.err


def test_a_pattern_decides_what_is_read(run: Any, strokes: Path, model_path: Path) -> None:
    command = ["read", strokes, "--model", model_path, "--format", "json", "--pattern"]
    read = [item["text"] for item in run(*command, "[0-6]{1,2}").objects]
    assert [len(text) for text in read] == [1, 0, 2]
    assert set("".join(read)) <= set("0123456")
    outcome = run(*command[:-2], "csv", "--pattern", "2")
    assert "1 digit was found, and none of so many match the pattern." in outcome.out
    assert outcome.status == 0
    outcome = run(*command, "2", "--as", "page")
    assert outcome.status == 2
    assert "A pattern goes with --as number" in outcome.err
    outcome = run(*command, "(")
    assert outcome.status == 2
    assert "This pattern cannot be used" in outcome.err


def test_how_far_it_is_is_shown_where_somebody_watches(
    run: Any, picture: Path, model_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[float] = []
    monkeypatch.setattr(
        "mnist_app.cli.read.progress_bar", lambda *args: contextlib.nullcontext(told.append)
    )
    run("read", picture, picture, "--model", model_path)
    assert told == [0.5, 1.0]


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
