import gzip
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_app.cli.input_files import inputs_from_files

SEVEN = {"strokes": [[[0, 0], [60, 0], [25, 90]]]}


def picture() -> bytes:
    image = Image.new("L", (100, 100), 255)
    ImageDraw.Draw(image).line([(30, 25), (70, 25), (45, 80)], fill=0, width=8)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def test_files_of_every_kind_are_read_in_order(tmp_path: Path) -> None:
    line = json.dumps(SEVEN)
    contents = {
        "a.png": picture(),
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
        ("x.png", b"no picture", "not a picture"),
        ("x.png", None, "cannot be opened"),
        ("x.jsonl", None, "cannot be opened"),
        ("x.json", b"{}", "It needs an object"),
        ("x.json", b"\xff", "broken or no text"),
        ("x.jsonl", b'{"strokes": [[[1e99, 0]]]}', "a point"),
        ("x.jsonl.gz", gzip.compress(b"{}" * 99, mtime=0)[:-10], "broken or no text"),
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
