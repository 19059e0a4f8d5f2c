import io

import numpy as np
import pytest
from PIL import Image

from mnist_app.core.images.frames import framed, small
from mnist_app.core.images.pictures import WORKING_SIDE as SIDE
from mnist_app.core.images.pictures import decode
from tests.support.pictures import encoded


def pixels_of(data: bytes) -> np.ndarray:
    """Int (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB")).astype(int)


def orange(pixels: np.ndarray) -> np.ndarray:
    """Rows and columns of the frame's pixels, int (n, 2)."""
    return np.argwhere((pixels[..., 0] > 180) & (pixels[..., 2] < 120))


def test_a_frame_stands_around_its_digit_in_the_smaller_picture() -> None:
    data = encoded(Image.new("L", (2 * SIDE, SIDE), 255))
    pixels = pixels_of(framed(decode(data), [(400, 200, 200, 300)]))
    assert pixels.shape == (SIDE // 2, SIDE, 3)
    low, high = orange(pixels).min(axis=0), orange(pixels).max(axis=0)
    assert np.allclose(low, (100, 200), atol=8)
    assert np.allclose(high, (250, 300), atol=8)


def test_a_photo_that_lies_is_set_upright_first() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    data = encoded(Image.new("RGB", (1600, 800), "white"), "JPEG", exif=exif)
    pixels = pixels_of(framed(decode(data), [(0, 0, 800, 800)]))
    assert pixels.shape == (SIDE, SIDE // 2, 3)
    assert orange(pixels)[:, 0].max() == pytest.approx(SIDE / 2, abs=10)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I", "F", "CMYK"])
def test_every_kind_of_picture_can_be_shown(mode: str) -> None:
    form = "PNG" if mode in ("1", "L", "LA", "P", "RGB", "RGBA", "I;16") else "TIFF"
    assert pixels_of(framed(decode(encoded(Image.new(mode, (40, 30)), form)), [])).shape == (
        30,
        40,
        3,
    )


def test_a_small_picture_keeps_its_shape() -> None:
    pixels = pixels_of(small(decode(encoded(Image.new("L", (1000, 500), 255)))))
    assert pixels.shape == (128, 256, 3)
