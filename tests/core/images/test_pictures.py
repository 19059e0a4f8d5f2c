import io
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images import pictures
from mnist_app.core.images.frames import framed
from mnist_app.core.images.pictures import WORKING_SIDE, opened, png
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_picture

# The ways in which each format can store pixels.
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("1", "L", "P", "RGB"),
    "BMP": ("1", "L", "P", "RGB"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "I", "I;16", "F", "CMYK", "YCbCr"),
}
STORED = [(form, mode) for form, modes in MODES.items() for mode in modes]
ANIMATED = ("PNG", "WEBP", "GIF", "TIFF")
UPRIGHT = {
    3: Image.Transpose.ROTATE_180,
    6: Image.Transpose.ROTATE_90,
    8: Image.Transpose.ROTATE_270,
}
SENTENCE = r"^(This is not a|The) picture.*[^.]\.$"


def seven(width: int = 100, height: int = 0, ink: int = 0, paper: int = 255) -> Image.Image:
    """A 7, drawn as a person would, grey; square if no height is given."""
    picture = Image.new("L", (width, height or width), paper)
    corners = [
        (x * picture.width, y * picture.height) for x, y in ((0.3, 0.25), (0.7, 0.25), (0.45, 0.8))
    ]
    ImageDraw.Draw(picture).line(corners, fill=ink, width=max(2, width // 12), joint="curve")
    return picture


def as_mode(picture: Image.Image, mode: str) -> Image.Image:
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    return picture.convert(mode)


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def grey(data: bytes) -> np.ndarray:
    """The picture as it is seen, float64 (height, width) in 0..1."""
    picture = opened(data).colours
    assert picture.ndim == 3
    assert picture.dtype == np.float64
    assert max(picture.shape[:2]) <= WORKING_SIDE
    assert 0 <= picture.min() <= picture.max() <= 1
    return picture.mean(axis=2)


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
    picture = opened(encoded(seven(1500, 600), "JPEG", exif=exif))
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
        # An old format that Pillow knows and nobody here needs.
        encoded(seven(), "PPM"),
    ],
)
def test_what_is_no_whole_picture_is_refused_in_a_sentence(data: bytes) -> None:
    with pytest.raises(DigitLabError, match=SENTENCE):
        opened(data)


def test_too_little_memory_is_not_told_as_a_broken_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    def short_of_memory(picture: Image.Image) -> Image.Image:
        raise MemoryError

    monkeypatch.setattr(pictures, "_shrunk", short_of_memory)
    with pytest.raises(DigitLabError, match=r"not enough memory.*choose a smaller"):
        opened(png(np.zeros((5, 4), dtype=np.uint8)))


def test_too_many_bytes_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_BYTES", 100)
    with pytest.raises(DigitLabError, match="larger than"):
        opened(encoded(seven()))


def test_twelve_million_pixels_are_read_even_if_nothing_is_packed() -> None:
    """Of 16 bits a colour too; such files Pillow reads but does not write."""
    size = (4000, 3000)
    assert size[0] * size[1] * 3 * 2 < 0.95 * pictures.MAX_BYTES
    data = encoded(Image.new("RGBA", size, "white"), "TIFF")
    assert len(data) > size[0] * size[1] * 4
    assert grey(data).shape == (384, 512)


@st.composite
def files(draw: st.DrawFn) -> tuple[bytes, tuple[int, int]]:
    """Whole files of any format, kind and size, and the upright width and height of each."""
    form, mode = draw(st.sampled_from(STORED))
    width, height = draw(st.tuples(st.integers(1, 90), st.integers(1, 90)))
    options: dict[str, object] = {}
    if form in ANIMATED and draw(st.booleans()):
        frame = as_mode(seven(*draw(st.tuples(st.integers(1, 90), st.integers(1, 90)))), mode)
        same_size = frame.resize((width, height)) if form != "TIFF" else frame
        options |= {"save_all": True, "append_images": [same_size]}
    if form in ("PNG", "GIF") and mode == "P" and draw(st.booleans()):
        options["transparency"] = draw(st.integers(0, 255))
    if form in ("PNG", "JPEG", "WEBP") and draw(st.booleans()):
        exif = Image.Exif()
        exif[0x0112] = draw(st.sampled_from([1, *UPRIGHT]))
        options["exif"] = exif
        lies = exif[0x0112] >= 5
    else:
        lies = False
    paper, ink = draw(st.tuples(st.integers(0, 255), st.integers(0, 255)))
    data = encoded(as_mode(seven(width, height, ink, paper), mode), form, **options)
    return data, (height, width) if lies else (width, height)


@given(files())
@settings(max_examples=100, deadline=None)
def test_a_whole_file_of_any_kind_and_size_is_read(case: tuple[bytes, tuple[int, int]]) -> None:
    data, (width, height) = case
    assert grey(data).shape == (height, width)


class Undecided:
    """Finds any digit in anything; only the way to it and from it matters here."""

    def probabilities(self, images: np.ndarray) -> np.ndarray:
        return np.full((len(images), 10), 0.1, dtype=np.float32)


def read_or_refused(data: bytes, as_number: bool) -> None:
    """Fails unless the picture is read and framed as on the page, or refused in one sentence."""
    refusal = ""
    try:
        grey(data)
    except DigitLabError as error:
        refusal = str(error)
    if refusal:
        assert re.fullmatch(SENTENCE, refusal)
        return
    picture = opened(data)
    reading = read_picture(picture, cast(Classifier, Undecided()), as_number)
    shown = framed(picture, [digit.box for digit in reading.digits if digit.box is not None])
    with Image.open(io.BytesIO(shown)) as image:
        assert image.size == picture.colours.shape[1::-1]


@given(files(), st.data())
@settings(max_examples=100, deadline=None)
def test_damage_anywhere_gives_a_picture_or_a_sentence(
    case: tuple[bytes, tuple[int, int]], data: st.DataObject
) -> None:
    damaged = bytearray(case[0])
    # Headers are short, and most of what can go wrong begins there.
    place = st.integers(0, len(damaged) - 1) | st.integers(0, min(60, len(damaged) - 1))
    for where in data.draw(st.lists(place, max_size=6)):
        damaged[where] ^= data.draw(st.integers(1, 255))
    kept = data.draw(st.just(len(damaged)) | st.integers(0, len(damaged)))
    read_or_refused(bytes(damaged[:kept]), data.draw(st.booleans()))


@given(st.sampled_from([*MODES, "RIFF", "II*\0", "MM\0*"]), st.binary(max_size=300))
@settings(max_examples=100, deadline=None)
def test_noise_behind_a_true_beginning_gives_a_picture_or_a_sentence(
    form: str, noise: bytes
) -> None:
    start = encoded(seven(9), form)[:30] if form in MODES else form.encode()
    read_or_refused(start + noise, as_number=True)


def _chunk(kind: bytes, content: bytes) -> bytes:
    body = kind + content
    return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))


def _claiming(width: int, height: int, *chunks: bytes) -> bytes:
    """A PNG that says that it is so large, and holds next to nothing."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    content = _chunk(b"IDAT", zlib.compress(bytes(100))) + _chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + _chunk(b"IHDR", header) + b"".join(chunks) + content


def _resized(form: str, place: int, width: bytes, height: bytes) -> bytes:
    data = bytearray(encoded(seven(40), form))
    data[place : place + len(width) + len(height)] = width + height
    return bytes(data)


HUGE = {
    "png": _claiming(2**31 - 1, 2**31 - 1),
    "wide png": _claiming(2**31 - 1, 1),
    "just too many": _claiming(7_072, 7_072),
    "bmp": _resized("BMP", 18, struct.pack("<i", 2**31 - 1), struct.pack("<i", 2**31 - 1)),
    "gif": _resized("GIF", 6, b"\xff\xff", b"\xff\xff"),
    "squeezed to nothing": encoded(Image.new("1", (20_000, 20_000))),
    "webp": encoded(Image.new("RGB", (16_000, 4_000)), "WEBP", quality=0, method=0),
}


@pytest.mark.parametrize("name", HUGE)
def test_too_many_pixels_are_refused_before_they_are_unpacked(name: str) -> None:
    with pytest.raises(DigitLabError, match=r"million pixels|broken"):
        opened(HUGE[name])


MEASURED = """
import sys
import numpy as np
from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.frames import framed
from mnist_app.core.images.pictures import opened
from mnist_app.core.recognition.reading import read_picture
from scipy import ndimage
from skimage import filters, transform

class Undecided:
    def probabilities(self, images):
        return np.full((len(images), 10), 0.1)

def line(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))

for size in sys.argv[1:]:
    data = sys.stdin.buffer.read(int(size))
    # Sets the peak back to what is in use now.
    open("/proc/self/clear_refs", "w").write("5")
    before = line("VmRSS")
    try:
        picture = opened(data)
        reading = read_picture(picture, Undecided(), True)
        framed(picture, [digit.box for digit in reading.digits])
    except DigitLabError:
        pass
    print((line("VmHWM") - before) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/clear_refs").exists(), reason="asks Linux for the peak")
def test_memory_is_bounded() -> None:
    text = _chunk(b"zTXt", b"a\0\0" + zlib.compress(bytes(300_000_000), 1))
    limits = [
        (encoded(Image.new("RGB", (4000, 3000)), "JPEG"), 100),
        (encoded(Image.new("RGBA", (4000, 3000)), compress_level=1), 150),
        (encoded(Image.new("P", (4000, 3000)), "GIF"), 200),
        (encoded(Image.new("F", (7000, 7000)), "TIFF", compression="tiff_deflate"), 450),
        (encoded(Image.new("1", (7071, 7071))), 250),
        (encoded(Image.new("RGBA", (4000, 3000)), "TIFF"), 150),
        (encoded(Image.effect_noise((2000, 2000), 200), compress_level=1), 150),
        (_claiming(100, 100, text), 20),
        *((data, 20) for data in HUGE.values()),
    ]
    found = subprocess.run(
        [sys.executable, "-c", MEASURED, *(str(len(data)) for data, _ in limits)],
        cwd=Path(pictures.__file__).parents[3],
        input=b"".join(data for data, _ in limits),
        capture_output=True,
        check=True,
    )
    megabytes = [int(line) for line in found.stdout.split()]
    assert len(megabytes) == len(limits)
    for peak, (_, most) in zip(megabytes, limits, strict=True):
        assert peak < most, megabytes


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
