"""Files of any kind, damaged, made up or far too large."""

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
from PIL import Image

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images import pictures
from mnist_app.core.images.frames import framed
from mnist_app.core.images.pictures import decode
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_picture
from tests.support.pictures import (
    ANIMATED,
    MODES,
    SENTENCE,
    STORED,
    UPRIGHT,
    as_mode,
    encoded,
    grey,
    seven,
)


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
    picture = decode(data)
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
    with pytest.raises(DigitLabError, match=r"million pixels|damaged"):
        decode(HUGE[name])


MEASURED = """
import sys
import numpy as np
from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.frames import framed
from mnist_app.core.images.pictures import decode
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
        picture = decode(data)
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
