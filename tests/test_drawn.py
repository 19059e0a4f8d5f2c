import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import drawn


def test_pictures_are_thickened_and_moved_as_said() -> None:
    image = np.zeros((28, 28), dtype=np.uint8)
    image[8:20, 12:16] = 255
    assert drawn._thickened(image, 1)[14].sum() / 255 == pytest.approx(5, abs=0.3)
    assert drawn._thickened(image, -1)[14].sum() / 255 == pytest.approx(3, abs=0.3)
    moved = drawn._moved(image, shift=np.array([3.0, 0.0]))
    assert np.array_equal(moved[8:36, 11:39], image)


def test_without_data_it_says_so_in_one_line(tmp_path: Path, model_path: Path) -> None:
    result = CliRunner().invoke(drawn.main, ["--model", str(model_path)])
    assert result.exit_code == 1
    assert "mnist" in result.output
    assert len(result.output.strip().splitlines()) == 1


def test_the_common_way_keeps_place_and_size(tmp_path: Path) -> None:
    line = {"label": 1, "writer": 5, "strokes": [[[50, 50], [50, 200]]]}
    (tmp_path / "pens.jsonl").write_text(json.dumps(line))
    canvas = drawn._pen_canvases(tmp_path / "pens.jsonl")[0]
    rows, columns = np.nonzero(canvas)
    assert rows.max() < 14
    assert columns.max() < 7
