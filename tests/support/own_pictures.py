"""Files of pictures as people bring them."""

import functools
import io
import zipfile
from collections.abc import Mapping

import numpy as np
from PIL import Image, ImageDraw

from tests.support.pictures import encoded

SHAPES = ("circle", "cross", "square")


def shape(name: str, seed: int = 0, side: int = 80) -> Image.Image:
    """A shape in dark lines on white paper, each one a little different."""
    chance = np.random.default_rng(seed)
    left, top = chance.uniform(0.1, 0.3, 2) * side
    right, bottom = chance.uniform(0.7, 0.9, 2) * side
    paper = Image.new("RGB", (side, side), "white")
    pen, width = ImageDraw.Draw(paper), max(2, side // 16)
    if name == "circle":
        pen.ellipse((left, top, right, bottom), outline="navy", width=width)
    elif name == "square":
        pen.rectangle((left, top, right, bottom), outline="navy", width=width)
    else:
        pen.line((left, top, right, bottom), fill="navy", width=width)
        pen.line((left, bottom, right, top), fill="navy", width=width)
    return paper


def shapes(count: int, folder: str = "", seed: int = 0) -> dict[str, bytes]:
    """So many files of each shape, by their names."""
    return {
        f"{folder}{name}/{number}.png": encoded(shape(name, seed + number))
        for name in SHAPES
        for number in range(count)
    }


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A ZIP file of these files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@functools.cache
def hostile_zips() -> dict[str, tuple[bytes, str]]:
    """ZIP files that may do harm, and words of the sentence that refuses each."""
    picture = encoded(shape("circle"))
    fine = {"a/1.png": picture, "b/1.png": picture}
    link = zipfile.ZipInfo("a/link.png")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("b/1.png", picture)
        archive.writestr(link, "/etc/passwd")
    locked = bytearray(zipped(fine))
    for mark, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        locked[locked.index(mark) + place] |= 1
    bomb = {f"a/{number}.png": bytes(30_000_000) for number in range(17)}
    return {
        "a name that leads out": (zipped({**fine, "../../a/1.png": picture}), "points outside"),
        "an absolute name": (zipped({**fine, "/tmp/x/1.png": picture}), "points outside"),
        "a name of Windows": (zipped({**fine, "a\\..\\..\\1.png": picture}), "points outside"),
        "a link": (buffer.getvalue(), "holds a link"),
        "a password": (bytes(locked), "password"),
        "another ZIP file": (zipped({**fine, "a/more.zip": zipped(fine)}), "another packed file"),
        "a bomb": (zipped({**fine, **bomb}), "holds too much"),
        "millions of files": (zipped(fine) + b"PK\1\2" * 300_000, "holds too much"),
        "no ZIP at all": (b"nothing", "damaged"),
    }


def npz(**arrays: np.ndarray) -> bytes:
    """An .npz file."""
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)  # type: ignore[arg-type]
    return buffer.getvalue()
