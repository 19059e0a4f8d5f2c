"""A ZIP file with a folder of pictures for each class."""

import stat
import zipfile
from collections.abc import Sequence
from pathlib import PurePosixPath

import numpy as np

from mnist_app.core import zip_files
from mnist_app.core.data.own_pictures.source import Source, label_text
from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import ENDINGS, decode

# Bounds on what a file from anybody may make a reader do: pictures in it, and pixels of one.
MOST_PACKED = 250_000
MOST_PIXELS = 25_000_000
# More detail than this does not survive the way into 28 x 28.
SIDE = 128
PICTURES = tuple(f".{ending}" for ending in ENDINGS)
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".7z", ".rar")
TRAINING, VALIDATION, TEST = (
    {"train", "training"},
    {"val", "valid", "validation"},
    {"test", "testing"},
)
# What somebody may hide in a ZIP file to harm who opens it.
OUTSIDE = (
    "This ZIP file is not safe: a file name in it points outside the ZIP file. Make a new "
    "ZIP file of your pictures."
)
LINK = "This ZIP file holds a link to a file. Put the file itself in it."
PASSWORD = "This ZIP file needs a password. Make one without."
NESTED = "This ZIP file holds another packed file. Unpack that one, then zip its folders."
NO_FOLDERS = (
    "This ZIP file has no folders with pictures. Put the pictures of each class in a folder "
    "with the name of the class."
)


def zip_source(data: bytes) -> Source:
    """Read what is in a ZIP file; its pictures are unpacked one by one, in memory.

    Raises:
        DigitLabError: it is damaged, may do harm, or holds too much or no pictures in folders.
    """
    archive = zip_files.open_zip(data, MOST_PACKED)
    _require_harmless(archive)
    found = [
        (path, item)
        for item in archive.infolist()
        if zip_files.is_wanted(path := _path(item), PICTURES) and not item.is_dir()
    ]
    classes = _classes([path.parts[:-1] for path, _ in found])
    kept = [
        (path, item, label, is_test)
        for (path, item), (label, is_test) in zip(found, classes, strict=True)
        if label
    ]
    if not kept:
        raise DigitLabError(NO_FOLDERS)

    def colours(number: int) -> np.ndarray:
        picture = zip_files.unpacked(archive, kept[number][1])
        return decode(picture, MOST_PIXELS, SIDE).colours

    return Source(
        [label for _, _, label, _ in kept],
        [str(path) for path, _, _, _ in kept],
        colours,
        np.array([is_test for _, _, _, is_test in kept]),
        tuple(
            f"{path}: It is not in the folder of a class."
            for (path, _), (label, _) in zip(found, classes, strict=True)
            if not label
        ),
    )


def _path(item: zipfile.ZipInfo) -> PurePosixPath:
    # Some programs on Windows write its own separator.
    return PurePosixPath(item.filename.replace("\\", "/"))


def _require_harmless(archive: zipfile.ZipFile) -> None:
    """Refuse a file whose like people do not make by accident, or that cannot be read whole."""
    for item in archive.infolist():
        path = _path(item)
        if path.is_absolute() or ".." in path.parts or ":" in path.parts[:1]:
            raise DigitLabError(OUTSIDE)
        if stat.S_ISLNK(item.external_attr >> 16):
            raise DigitLabError(LINK)
        if item.flag_bits & 1:
            raise DigitLabError(PASSWORD)
        if zip_files.is_wanted(path, ARCHIVES):
            raise DigitLabError(NESTED)
    zip_files.require_small(archive, MOST_PACKED)


def _classes(folders: Sequence[tuple[str, ...]]) -> list[tuple[str, bool]]:
    """Return of each picture its class, "" where it is in none, and whether it is to test with."""
    inner = _without_shared(folders)
    parts = {folder[0].casefold() for folder in inner if folder}
    is_divided = parts <= TRAINING | VALIDATION | TEST and any(len(folder) > 1 for folder in inner)
    if not is_divided:
        return [(label_text(folder[0]) if folder else "", False) for folder in inner]
    # Where there are three parts, those to check with in between are there to learn from.
    test = TEST if parts & TEST else VALIDATION
    return [
        (label_text(folder[1]), folder[0].casefold() in test) if len(folder) > 1 else ("", False)
        for folder in inner
    ]


def _without_shared(folders: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Leave out the folders around all others, but not the last one of any picture."""
    shared = 0
    while all(len(folder) > shared + 1 for folder in folders) and (
        len({folder[shared] for folder in folders}) == 1
    ):
        shared += 1
    return [folder[shared:] for folder in folders]
