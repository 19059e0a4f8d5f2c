import io

import numpy as np
import pytest
from PIL import Image

from mnist_app.core.images.sprites import COLUMNS, SHADES, sprite_sheet


@pytest.mark.parametrize("count", [1, COLUMNS, COLUMNS + 1])
def test_each_picture_lies_where_its_number_says(count: int) -> None:
    images = np.random.default_rng(0).integers(0, 256, (count, 3, 5), dtype=np.uint8)
    sheet = np.asarray(Image.open(io.BytesIO(sprite_sheet(images))).convert("L")).astype(int)
    assert sheet.shape == (3 * -(-count // COLUMNS), 5 * COLUMNS)
    for number, image in enumerate(images):
        row, column = divmod(number, COLUMNS)
        cut_out = sheet[3 * row : 3 * row + 3, 5 * column : 5 * column + 5]
        assert abs(cut_out - image).max() <= 256 // SHADES


def test_black_stays_black_and_full_ink_stays_white() -> None:
    images = np.array([[[0, 255]]], dtype=np.uint8)
    sheet = np.asarray(Image.open(io.BytesIO(sprite_sheet(images))).convert("L"))
    assert sheet[0, :2].tolist() == [0, 255]
    assert not sheet[0, 2:].any()
