import io
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import photos
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mnist_app import model_store, pictures
from mnist_app.classifier import Classifier
from mnist_app.errors import DigitLabError
from mnist_app.ink import raster_to_input, strokes_to_input
from mnist_app.pictures import ink_from_picture, lift, png, with_usual_pen

FORMATS = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")


def seven(side: int = 100, ink: int = 0, paper: int = 255) -> Image.Image:
    """A 7, drawn as a person would, grey."""
    picture = Image.new("L", (side, side), paper)
    corners = [(0.3 * side, 0.25 * side), (0.7 * side, 0.25 * side), (0.45 * side, 0.8 * side)]
    ImageDraw.Draw(picture).line(corners, fill=ink, width=max(2, side // 12), joint="curve")
    return picture


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def seen(data: bytes) -> np.ndarray:
    """What the network would see, float (28, 28) in 0..255."""
    return raster_to_input(ink_from_picture(data)).astype(np.float64)


SEVEN = seen(encoded(seven()))


def likeness(image: np.ndarray, wanted: np.ndarray) -> float:
    """Correlation of two network inputs, give or take a pixel."""
    if not image.any():
        return 0.0
    moved = [np.roll(image, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float(np.corrcoef(one.ravel(), wanted.ravel())[0, 1]) for one in moved)


def is_seven(data: bytes) -> bool:
    """Whether nearly the same arrives as from the plainest picture."""
    return likeness(seen(data), SEVEN) > 0.9


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_is_read(form: str) -> None:
    assert is_seven(encoded(seven(), form))


@pytest.mark.parametrize(("ink", "paper"), [(255, 0), (0, 255), (90, 200), (200, 90), (110, 140)])
def test_polarity_and_contrast_do_not_matter(ink: int, paper: int) -> None:
    assert is_seven(encoded(seven(ink=ink, paper=paper)))


@pytest.mark.parametrize("side", [28, 64, 65, 400, 1500])
def test_size_does_not_matter(side: int) -> None:
    assert is_seven(encoded(seven(side)))


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16", "F", "CMYK"])
@pytest.mark.parametrize("side", [100, 1200])
def test_every_way_to_store_pixels_is_read(mode: str, side: int) -> None:
    if mode == "I;16":
        picture = Image.fromarray(np.asarray(seven(side)).astype(np.uint16) * 257)
    else:
        picture = seven(side).convert(mode)
    assert is_seven(encoded(picture, "TIFF"))


@pytest.mark.parametrize("mode", ["1", "L", "P"])
def test_a_thin_line_in_a_large_scan_is_not_lost(mode: str) -> None:
    scan = Image.new("L", (3000, 3000), 255)
    line = [(900, 750), (2100, 750), (1350, 2400)]
    ImageDraw.Draw(scan).line(line, fill=0, width=5)
    rows = np.flatnonzero(seen(encoded(scan.convert(mode))).any(axis=1))
    assert rows[-1] - rows[0] + 1 == 20


def test_deep_greys_use_only_part_of_their_range() -> None:
    deep = np.where(np.asarray(seven()) > 128, 900, 300).astype(np.uint16)
    assert is_seven(encoded(Image.fromarray(deep)))


def test_a_cmyk_jpeg_is_read() -> None:
    assert is_seven(encoded(seven().convert("CMYK"), "JPEG"))


@pytest.mark.parametrize("ink", [0, 255])
def test_ink_on_nothing_is_laid_on_what_it_stands_out_from(ink: int) -> None:
    picture = Image.new("LA", (100, 100), (ink, 0))
    picture.paste((ink, 255), mask=seven(ink=255, paper=0))
    assert is_seven(encoded(picture))
    assert is_seven(encoded(picture.convert("RGBA"), "WEBP", lossless=True))


def test_a_palette_may_have_a_transparent_colour() -> None:
    palette = seven().point(lambda tone: 1 if tone > 128 else 0).convert("L")
    picture = Image.fromarray(np.asarray(palette), mode=None).convert("P")
    picture.putpalette([0, 0, 0, 255, 0, 255])
    for form in ("PNG", "GIF"):
        assert is_seven(encoded(picture, form, transparency=1))


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (3, Image.Transpose.ROTATE_180),
        (6, Image.Transpose.ROTATE_90),
        (8, Image.Transpose.ROTATE_270),
    ],
)
@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_camera_held_sideways_is_turned_upright(
    orientation: int, turn: Image.Transpose, form: str
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert is_seven(encoded(seven().transpose(turn), form, exif=exif))


def test_of_an_animation_the_first_frame_is_read() -> None:
    frames = [Image.new("L", (100, 100), 255), seven().transpose(Image.Transpose.ROTATE_180)]
    for form in ("GIF", "WEBP"):
        assert is_seven(encoded(seven(), form, save_all=True, append_images=frames))


def test_a_photograph_with_a_shadow_and_noise_is_read() -> None:
    light = np.linspace(250, 110, 600)[None, :] * np.ones((600, 1))
    noise = np.random.default_rng(0).normal(0, 4, (600, 600))
    paper = np.where(np.asarray(seven(600)) < 128, light - 60, light) + noise
    photograph = Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8))
    assert is_seven(encoded(photograph, "JPEG", quality=85))


def test_dust_is_not_ink() -> None:
    picture = seven(400)
    ImageDraw.Draw(picture).rectangle((385, 10, 388, 13), fill=0)
    assert is_seven(encoded(picture))


@pytest.mark.parametrize(
    "picture",
    [
        Image.new("L", (200, 200), 255),
        Image.new("L", (1, 1), 0),
        Image.new("RGBA", (50, 50), (0, 0, 0, 0)),
        Image.new("1", (2000, 3), 1),
        Image.fromarray(np.random.default_rng(0).normal(200, 2, (300, 300)).astype(np.uint8)),
        Image.new("F", (30, 30), float("nan")),
    ],
    ids=["white", "one pixel", "transparent", "a strip", "grain", "no numbers"],
)
def test_a_blank_picture_has_no_ink(picture: Image.Image) -> None:
    ink = ink_from_picture(encoded(picture, "TIFF"))
    assert not ink.any()


def test_ink_is_bounded_in_size_and_value() -> None:
    ink = ink_from_picture(encoded(seven(1500).resize((1500, 700))))
    assert max(ink.shape) == pictures.WORKING_SIDE
    assert ink.dtype == np.float64
    assert ink.min() == 0
    assert ink.max() == 1


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
        # An old format that Pillow knows and nobody here needs.
        encoded(seven(), "PPM"),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(DigitLabError, match=r"^(This is not a|The) picture.*\.$"):
        ink_from_picture(data)


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(DigitLabError, match="larger than"):
        ink_from_picture(encoded(seven()))


def test_too_many_pixels_are_refused_before_they_are_unpacked() -> None:
    bomb = encoded(Image.new("1", (20_000, 20_000)))
    assert len(bomb) < 100_000
    with pytest.raises(DigitLabError, match="million pixels"):
        ink_from_picture(bomb)


def _broken(form: str) -> Callable[[int, int, int], bytes]:
    whole = encoded(seven(60), form)

    def damage(place: int, value: int, length: int) -> bytes:
        data = bytearray(whole)
        data[place % len(data)] = value
        return bytes(data[: len(data) - length % len(data)])

    return damage


@pytest.mark.parametrize("form", FORMATS)
@given(place=st.integers(0, 5000), value=st.integers(0, 255), length=st.integers(0, 50))
@settings(max_examples=60, deadline=None)
def test_damage_anywhere_gives_ink_or_a_sentence(
    form: str, place: int, value: int, length: int
) -> None:
    try:
        ink = ink_from_picture(_broken(form)(place, value, length))
    except DigitLabError:
        return
    assert 0 <= ink.min() <= ink.max() <= 1


@pytest.fixture(scope="module")
def shipped() -> Classifier:
    return Classifier(model_store.load(model_store.SHIPPED))


@pytest.mark.parametrize("paper", photos.PAPERS)
@pytest.mark.parametrize(("side", "pen"), [(140, 0.12), (400, 0.08)])
def test_papers_and_lights_do_not_matter(
    paper: str, side: int, pen: float, shipped: Classifier
) -> None:
    rng = np.random.default_rng(7)
    # Of a 1 a network sees too little to tell it from a 7 in every hand.
    digits = [0, 2, 3, 4, 5, 6, 7, 8, 9]
    inputs = []
    for digit in digits:
        sheet = photos.written(str(digit), side, round(1.2 * side), pen=pen)
        ink = ink_from_picture(photos.taken(photos.PAPERS[paper](sheet, rng)))
        inputs.append(raster_to_input(with_usual_pen(ink)))
        assert likeness(inputs[-1], strokes_to_input(photos.drawing(digit))) > 0.85
    assert shipped.probabilities(np.stack(inputs)).argmax(axis=1).tolist() == digits


@pytest.mark.parametrize("pen", [0.01, 0.3])
def test_lines_get_as_thick_as_those_of_mnist(pen: float) -> None:
    ink = photos.written("2", 500, 500, pen=pen)
    usual = raster_to_input(photos.written("2", 500, 500))
    assert likeness(raster_to_input(with_usual_pen(ink)), usual) > 0.85
    assert likeness(raster_to_input(ink), usual) < 0.85


@pytest.mark.parametrize("ink", [np.zeros((90, 90)), np.full((90, 90), 0.3), np.ones((90, 90))])
def test_any_ink_can_be_redrawn(ink: np.ndarray) -> None:
    again = with_usual_pen(ink)
    assert again.any() == ink.any()
    assert 0 <= again.min() <= again.max() <= 1


def test_the_scale_leads_back_to_the_upright_picture() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lifted = lift(encoded(seven(1500).resize((1500, 600)), "JPEG", exif=exif))
    assert lifted.ink.shape == (512, 205)
    assert lifted.scale == pytest.approx(1500 / 512)


MEASURED = """
import sys
from mnist_app.errors import DigitLabError
from mnist_app.pictures import ink_from_picture
from scipy import ndimage
from skimage import filters, transform

def peak():
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))

data, before = sys.stdin.buffer.read(), peak()
try:
    ink_from_picture(data)
except DigitLabError:
    pass
print((peak() - before) // 1024)
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="asks Linux for the peak")
@pytest.mark.parametrize(
    ("mode", "size", "form", "megabytes"),
    [
        ("RGB", (4000, 3000), "JPEG", 100),
        ("RGBA", (4000, 3000), "PNG", 150),
        ("P", (4000, 3000), "GIF", 200),
        ("1", (20000, 20000), "PNG", 10),
    ],
)
def test_memory_is_bounded(mode: str, size: tuple[int, int], form: str, megabytes: int) -> None:
    found = subprocess.run(
        [sys.executable, "-c", MEASURED],
        cwd=Path(pictures.__file__).parent.parent,
        input=encoded(Image.new(mode, size), form),
        capture_output=True,
        check=True,
    )
    assert int(found.stdout) < megabytes


def test_an_array_becomes_a_png() -> None:
    for shape in ((5, 4), (5, 4, 3)):
        picture = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
        np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(picture)))), picture)
