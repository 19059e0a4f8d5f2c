import io

import numpy as np
from click.testing import CliRunner
from PIL import Image

from benchmarks import photographed


def test_the_common_way_inverts_what_is_light() -> None:
    sheet = np.full((56, 56), 250, dtype=np.uint8)
    sheet[20:36, 26:30] = 10
    for pixels in (sheet, 255 - sheet):
        buffer = io.BytesIO()
        Image.fromarray(pixels).save(buffer, "PNG")
        image = photographed.shrunk(buffer.getvalue())
        assert image.shape == (28, 28)
        assert image[14, 13] > 200 > 50 > image[0, 0]


def test_without_data_it_says_so_in_one_line() -> None:
    result = CliRunner().invoke(photographed.main, [])
    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
