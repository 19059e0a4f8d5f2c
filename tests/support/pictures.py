"""Pictures of a 7 in files of every kind, and how they are seen."""

import io

import numpy as np
import pillow_heif
from PIL import Image, ImageDraw

from mnist_app.core.images.pictures import WORKING_SIDE, decode

# The app teaches Pillow this format when such a picture comes; here they are written.
pillow_heif.register_heif_opener()
# The ways in which each format can store pixels.
MODES = {
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "JPEG": ("L", "RGB", "CMYK"),
    "WEBP": ("RGB", "RGBA"),
    "HEIF": ("L", "RGB", "RGBA"),
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
SENTENCE = r"^This (file cannot be opened as a )?picture.*[^.]\.$"


def seven(width: int = 100, height: int = 0, ink: int = 0, paper: int = 255) -> Image.Image:
    """Draw a 7 as a person would, grey; square if no height is given."""
    picture = Image.new("L", (width, height or width), paper)
    corners = [
        (x * picture.width, y * picture.height) for x, y in ((0.3, 0.25), (0.7, 0.25), (0.45, 0.8))
    ]
    ImageDraw.Draw(picture).line(corners, fill=ink, width=max(2, width // 12), joint="curve")
    return picture


def encoded(picture: Image.Image, form: str = "PNG", **options: object) -> bytes:
    """Return a picture as the bytes of a file."""
    buffer = io.BytesIO()
    picture.save(buffer, form, **options)
    return buffer.getvalue()


def as_mode(picture: Image.Image, mode: str) -> Image.Image:
    """Return a grey picture with its pixels stored in that way."""
    if mode == "I;16":
        return Image.fromarray(np.asarray(picture).astype(np.uint16) * 257)
    return picture.convert(mode)


def grey(data: bytes) -> np.ndarray:
    """Return the picture as it is seen, float64 (height, width) in 0..1."""
    picture = decode(data).colours
    assert picture.ndim == 3
    assert picture.dtype == np.float64
    assert max(picture.shape[:2]) <= WORKING_SIDE
    assert 0 <= picture.min() <= picture.max() <= 1
    return picture.mean(axis=2)
