from pathlib import Path

import numpy as np

from mnist_app.core.data.handwriting import LabelledDrawing, as_inputs, as_json_lines
from mnist_app.core.data.pen_digits import load_pen_strokes
from mnist_app.core.ink.drawings import drawing_from_points
from mnist_app.core.ink.raster import strokes_to_input

SEVEN = LabelledDrawing(7, drawing_from_points([[[10, 10], [90, 12], [40, 150]]]))
CROSS = LabelledDrawing(
    4, drawing_from_points([[[10, 0], [5, 50], [90, 52]], [[70, 20], [65, 130]]])
)


def test_a_file_of_drawings_is_read_again_as_the_same_digits(tmp_path: Path) -> None:
    path = tmp_path / "my_digits.jsonl"
    path.write_text(as_json_lines([SEVEN, CROSS]), encoding="utf-8")
    again = load_pen_strokes(path)
    assert again.labels.tolist() == [7, 4]
    straight = strokes_to_input(SEVEN.drawing).astype(int)
    assert np.abs(again.images[0] - straight).mean() < 4


def test_no_drawings_make_an_empty_file() -> None:
    assert as_json_lines([]) == ""


def test_each_drawing_is_drawn_with_each_width() -> None:
    images, labels = as_inputs([SEVEN, CROSS], (2.0, 3.5))
    assert images.shape == (4, 28, 28)
    assert images.dtype == np.uint8
    assert labels.tolist() == [7, 7, 4, 4]
    assert images[0].sum() < images[1].sum()


def test_the_picture_of_a_drawing_is_made_once() -> None:
    item = LabelledDrawing(7, SEVEN.drawing)
    assert (item.image == strokes_to_input(SEVEN.drawing)).all()
    assert item.image is item.image
