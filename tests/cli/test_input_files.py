import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mnist_app.cli.input_files import inputs_from_files
from tests.support.command_line import SEVEN
from tests.support.drawings import STROKES, canvas_json


def test_the_json_of_a_canvas_is_a_drawing(tmp_path: Path) -> None:
    stroke = STROKES[0]
    contents = {"a.json": canvas_json(stroke), "b.json": {"strokes": [stroke.tolist()]}}
    for name, content in contents.items():
        (tmp_path / name).write_text(json.dumps(content))
    canvas, points = inputs_from_files([tmp_path / name for name in contents])
    assert not canvas.problem
    assert np.abs(canvas.inputs.astype(int) - points.inputs).mean() < 2


def test_files_of_every_kind_are_read_in_order(tmp_path: Path, picture: Path) -> None:
    line = json.dumps(SEVEN)
    contents = {
        "a.png": picture.read_bytes(),
        "b.json": json.dumps(SEVEN, indent=1).encode(),
        "c.jsonl": f"{line}\n\n{line}\n".encode(),
        "d.jsonl.gz": gzip.compress(line.encode()),
        "e.JSONL.GZ": gzip.compress(line.encode()),
        "f.JSON": line.encode("utf-8-sig"),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    found = list(inputs_from_files([tmp_path / name for name in contents]))
    last = ["e.JSONL.GZ:1", "f.JSON"]
    names = [Path(item.source).name for item in found]
    assert names == ["a.png", "b.json", "c.jsonl:1", "c.jsonl:3", "d.jsonl.gz:1", *last]
    assert all(item.inputs.shape == (1, 28, 28) and not item.problem for item in found)
    for item in found[2:]:
        np.testing.assert_array_equal(item.inputs, found[1].inputs)


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("x.png", b"no picture", "cannot be opened as a picture"),
        ("x.png", b"", "is empty"),
        ("x.tiff", b"II*\0\x08\0\0\0\xff\xff" + bytes(40), "cannot be opened as a picture"),
        ("x.png", None, "cannot be opened"),
        ("x.jsonl", None, "cannot be opened"),
        ("x.json", b"{}", "must look like this"),
        ("x.json", b'{"objects": [7]}', "cannot be read"),
        ("x.json", b"not json", "must look like this"),
        ("x.json", b"[" * 100_000, "must look like this"),
        ("x.json", b"\xff", "damaged or is not text"),
        ("x.jsonl", b'{"strokes": [[[1e99, 0]]]}', "two numbers that are not too large"),
        ("x.jsonl", b'{"strokes": [[[1' + b"0" * 400 + b", 0]]]}", "a list of"),
        ("x.jsonl", b"7", "must look like this"),
        ("x.jsonl.gz", b"not gzip", "cannot be opened"),
        ("x.jsonl.gz", gzip.compress(b"{}" * 99, mtime=0)[:-10], "damaged or is not text"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (item,) = inputs_from_files([tmp_path / name])
    assert item.inputs.shape == (0, 28, 28)
    assert problem in item.problem
