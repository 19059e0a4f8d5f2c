"""ZIP files from outside, unpacked in memory alone: a name in one is never a place on a disk."""

import io
import zipfile
from pathlib import PurePosixPath

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED

# What one may hold: bytes once they are unpacked, of one file and of all.
LARGEST_UNPACKED = 30_000_000
MOST_UNPACKED = 500_000_000
NOT_UNPACKED = "This file in the ZIP file cannot be unpacked. Make the ZIP file again."
NO_ZIP = "This ZIP file is damaged. Make it again."
TOO_LARGE = (
    f"A picture in a ZIP file can take {LARGEST_UNPACKED // 1_000_000} MB at most, but this one "
    "takes more. Choose a smaller one."
)
# The beginning of what a ZIP file says of each of its files.
_PACKED = b"PK\x01\x02"


def too_much(most: int) -> str:
    """Say that a ZIP file holds more than `most` files, or more bytes than there is room for."""
    return (
        f"This file holds too much. It can hold at most {most:,} files and "
        f"{MOST_UNPACKED // 1_000_000} MB. Put less in it."
    )


def open_zip(data: bytes, most: int) -> zipfile.ZipFile:
    """Open a ZIP file without unpacking anything.

    Raises:
        DigitLabError: it is damaged, or says that it holds more than `most` files.
    """
    # Before it takes memory: it may say that it holds millions.
    if data.count(_PACKED) > most:
        raise DigitLabError(too_much(most))
    try:
        return zipfile.ZipFile(io.BytesIO(data))
    except DAMAGED as error:
        raise DigitLabError(NO_ZIP) from error


def require_small(packed_in: zipfile.ZipFile, most: int) -> None:
    """Refuse a ZIP file that says that it holds more than `MOST_UNPACKED` bytes.

    Args:
        most: how many files it may hold, for the sentence.
    """
    if sum(item.file_size for item in packed_in.infolist()) > MOST_UNPACKED:
        raise DigitLabError(too_much(most))


def content(packed_in: zipfile.ZipFile, item: zipfile.ZipInfo) -> bytes:
    """Return a file of a ZIP file; no more than it says it has is ever unpacked of it.

    Raises:
        One of `DAMAGED`: it cannot be unpacked.
    """
    # The other ways unpack all they can at once, however little is asked for.
    if item.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise zipfile.BadZipFile
    with packed_in.open(item) as file:
        return file.read(item.file_size)


def unpacked(packed_in: zipfile.ZipFile, item: zipfile.ZipInfo) -> bytes:
    """Return a picture's file of a ZIP file.

    Raises:
        DigitLabError: it has more than `LARGEST_UNPACKED` bytes, is damaged, needs a password, or
            is packed in a way that nobody here knows.
    """
    if item.file_size > LARGEST_UNPACKED:
        raise DigitLabError(TOO_LARGE)
    try:
        return content(packed_in, item)
    except DAMAGED as error:
        raise DigitLabError(NOT_UNPACKED) from error


def is_wanted(path: PurePosixPath, endings: tuple[str, ...]) -> bool:
    """Return whether a file ends so, and is neither hidden nor a Mac's own."""
    is_hidden = path.name.startswith(".") or "__MACOSX" in path.parts
    return path.name.lower().endswith(endings) and not is_hidden
