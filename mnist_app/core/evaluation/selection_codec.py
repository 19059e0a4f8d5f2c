"""A selection of pictures as a short text for a link."""

import base64
import binascii
import zlib

import numpy as np


def as_text(numbers: np.ndarray, count: int) -> str:
    """Write down which of `count` pictures are chosen: int (n,), each in 0..count-1.

    A bit for each picture, packed: letters, digits, - and _; at most 1,700 for any of 10,000.
    """
    is_chosen = np.zeros(count, dtype=bool)
    is_chosen[numbers] = True
    packed = zlib.compress(np.packbits(is_chosen).tobytes(), 9)
    return base64.urlsafe_b64encode(packed).decode().rstrip("=")


def from_text(text: str, count: int) -> np.ndarray | None:
    """Decode what `as_text` wrote: numbers, int64 (n,) rising, n >= 1; None if it is no such text.

    Anybody may have written the text: None when it makes no sense for `count` pictures.
    """
    length = (count + 7) // 8
    try:
        packed = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
        reader = zlib.decompressobj()
        data = reader.decompress(packed, length + 1)
    except (ValueError, binascii.Error, zlib.error):
        return None
    if len(data) != length or not reader.eof:
        return None
    numbers = np.flatnonzero(np.unpackbits(np.frombuffer(data, dtype=np.uint8)))
    return numbers if len(numbers) and numbers[-1] < count else None
