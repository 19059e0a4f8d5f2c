import io

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images import pictures
from mnist_app.core.images.pictures import decode, png
from tests.support.pictures import (
    ANIMATED,
    SENTENCE,
    STORED,
    UPRIGHT,
    as_mode,
    encoded,
    grey,
    seven,
)


def is_seven(data: bytes) -> bool:
    """Tell whether a picture shows the 7, whether ink or paper is darker."""
    found = grey(data)
    wanted = np.asarray(seven(*found.shape[::-1]))
    return abs(float(np.corrcoef(found.ravel(), wanted.ravel())[0, 1])) > 0.9


@pytest.mark.parametrize(("form", "mode"), STORED)
@pytest.mark.parametrize("side", [100, 1200])
def test_every_format_and_every_way_to_store_pixels_is_read(
    form: str, mode: str, side: int
) -> None:
    assert is_seven(encoded(as_mode(seven(side), mode), form))


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_a_thin_line_in_a_large_scan_is_not_lost(mode: str) -> None:
    scan = Image.new("L", (3000, 3000), 255)
    ImageDraw.Draw(scan).line([(900, 750), (900, 2100)], fill=0, width=5)
    found = grey(encoded(scan.convert(mode)))
    assert (found[130:356].min(axis=1) < 0.5).all()


def test_deep_greys_use_only_part_of_their_range() -> None:
    deep = np.where(np.asarray(seven()) > 128, 900, 300).astype(np.uint16)
    found = grey(encoded(Image.fromarray(deep)))
    assert (found.min(), found.max()) == (0, 1)


@pytest.mark.parametrize("strange", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_none_are_taken_for_black(strange: float) -> None:
    picture = np.asarray(seven(), dtype=np.float32).copy()
    picture[:5] = strange
    found = grey(encoded(Image.fromarray(picture), "TIFF"))
    assert not found[:5].any()
    assert found[5:].max() == 1
    assert not grey(encoded(Image.new("F", (30, 30), strange), "TIFF")).any()


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_nothing_is_laid_on_what_it_stands_out_from(ink: int) -> None:
    picture = Image.new("LA", (100, 100), (ink, 0))
    picture.paste((ink, 255), mask=seven(ink=255, paper=0))
    assert is_seven(encoded(picture))
    assert is_seven(encoded(picture.convert("RGBA"), "WEBP", lossless=True))


@pytest.mark.parametrize("form", ["PNG", "GIF"])
def test_a_palette_may_have_a_transparent_colour(form: str) -> None:
    picture = seven().point(lambda tone: 1 if tone > 128 else 0).convert("P")
    picture.putpalette([0, 0, 0, 255, 0, 255])
    assert is_seven(encoded(picture, form, transparency=1))


@pytest.mark.parametrize("orientation", [3, 6, 8])
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_camera_held_sideways_is_turned_upright(orientation: int, form: str) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert is_seven(encoded(seven().transpose(UPRIGHT[orientation]), form, exif=exif))


@pytest.mark.parametrize("form", ANIMATED)
def test_of_an_animation_the_first_frame_is_read(form: str) -> None:
    frames = [Image.new("L", (100, 100), 255), seven().transpose(Image.Transpose.ROTATE_180)]
    assert is_seven(encoded(seven(), form, save_all=True, append_images=frames))


def test_the_scale_leads_back_to_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    picture = decode(encoded(seven(1500, 600), "JPEG", exif=exif))
    assert picture.colours.shape == (512, 205, 3)
    assert picture.scale == pytest.approx(1500 / 512)


NO_SIZE = b"GIF89a" + bytes(7) + b";"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a picture",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"\x89PNG\r\n\x1a\n",
        NO_SIZE,
        encoded(seven())[:150],
        encoded(seven(), "JPEG")[:400],
        encoded(seven(), "TIFF", compression="tiff_lzw")[:-100],
        encoded(seven(), "BMP")[:500],
        encoded(seven(), "HEIF")[:500],
        # An old format that Pillow knows and nobody here needs.
        encoded(seven(), "PPM"),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(DigitLabError, match=SENTENCE):
        decode(data)


def test_too_little_memory_is_not_told_as_a_broken_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def short_of_memory(picture: Image.Image, side: int) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr(pictures, "_shrunk", short_of_memory)
    with pytest.raises(DigitLabError, match=r"not enough memory.*choose a smaller"):
        decode(png(np.zeros((5, 4), dtype=np.uint8)))


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(DigitLabError, match="larger than"):
        decode(encoded(seven()))


def test_twelve_million_pixels_are_read_even_if_nothing_is_packed() -> None:
    """Of 16 bits a colour too; such files Pillow reads but does not write."""
    size = (4000, 3000)
    assert size[0] * size[1] * 3 * 2 < 0.95 * pictures.MAX_BYTES
    data = encoded(Image.new("RGBA", size, "white"), "TIFF")
    assert len(data) > size[0] * size[1] * 4
    assert grey(data).shape == (384, 512)


@pytest.mark.parametrize("shape", [(5, 4), (5, 4, 3)])
def test_an_array_becomes_a_png(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(picture)))), picture)


def test_numbers_around_zero_are_white_blue_above_and_orange_below() -> None:
    colours = pictures.signed(np.array([[0.0, 2.0], [-2.0, 1.0]]))
    assert colours.dtype == np.uint8
    assert colours[0, 0].tolist() == [255, 255, 255]
    red, _, blue = colours[0, 1].tolist()
    assert blue > red
    red, _, blue = colours[1, 0].tolist()
    assert red > blue
    assert colours[0, 1].sum() < colours[1, 1].sum() < 3 * 255


def test_all_zeros_are_white() -> None:
    assert (pictures.signed(np.zeros((3, 3))) == 255).all()


def test_a_page_keeps_more_pixels_when_asked() -> None:
    data = png(np.zeros((300, 1500), dtype=np.uint8))
    found = [decode(data), decode(data, side=1000)]
    assert [picture.colours.shape[1] for picture in found] == [512, 1000]
    assert [picture.scale for picture in found] == [pytest.approx(1500 / 512), 1.5]
