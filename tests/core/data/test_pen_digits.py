import gzip
import json
from pathlib import Path

import numpy as np
import pytest

from mnist_app.core.data.pen_digits import is_held_out, load_pen_strokes
from mnist_app.core.errors import DigitLabError

LINE = {"label": 7, "writer": 5, "strokes": [[[0, 0], [60, 0], [25, 90]]]}


@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_pen_strokes_become_inputs_with_labels_and_writers(tmp_path: Path, suffix: str) -> None:
    text = "".join(json.dumps({**LINE, "writer": writer}) + "\n" for writer in range(10))
    path = tmp_path / f"pen{suffix}"
    path.write_bytes(gzip.compress(text.encode()) if suffix.endswith("gz") else text.encode())
    pens = load_pen_strokes(path)
    assert pens.images.shape == (10, 28, 28)
    assert pens.images.dtype == np.uint8
    assert pens.labels.tolist() == [7] * 10
    strangers = pens.by_writer(is_held_out)
    assert strangers.writers.tolist() == [0, 5]
    assert len(pens.by_writer(lambda writers: ~is_held_out(writers)).images) == 8


@pytest.mark.parametrize(
    "content",
    [
        "",
        "no json",
        "[]",
        "7",
        "{}",
        json.dumps({**LINE, "label": 10}),
        json.dumps({**LINE, "label": "seven"}),
        json.dumps({**LINE, "label": None}),
        json.dumps({**LINE, "label": float("inf")}),
        json.dumps({**LINE, "strokes": None}),
        json.dumps({**LINE, "strokes": [[[float("nan"), 0]]]}),
        "[" * 5000,
        "\udcff",
    ],
    ids=lambda content: content[:12],
)
@pytest.mark.parametrize("suffix", [".jsonl", ".jsonl.gz"])
def test_what_is_no_file_of_pen_strokes_is_refused(
    tmp_path: Path, content: str, suffix: str
) -> None:
    raw = content.encode("utf-8", "surrogateescape")
    path = tmp_path / f"pen{suffix}"
    path.write_bytes(gzip.compress(raw) if suffix.endswith("gz") else raw)
    with pytest.raises(DigitLabError):
        load_pen_strokes(path)


def test_missing_and_half_files_of_pen_strokes_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "pen.jsonl.gz"
    with pytest.raises(DigitLabError):
        load_pen_strokes(path)
    path.write_bytes(gzip.compress(json.dumps(LINE).encode())[:-12])
    with pytest.raises(DigitLabError):
        load_pen_strokes(path)
