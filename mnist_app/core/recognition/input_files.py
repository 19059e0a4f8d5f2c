"""Files of pictures and strokes, in folders and ZIP files too -> what is to be read, one by one."""

import gzip
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from mnist_app.core import zip_files
from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import ENDINGS, MAX_BYTES
from mnist_app.core.ink.drawings import Drawing, drawing_from_canvas, drawing_from_points
from mnist_app.core.zip_files import is_wanted

PICTURES = tuple(f".{ending}" for ending in ENDINGS)
STROKES = (".json", ".jsonl", ".jsonl.gz")
# Files in a ZIP file.
MOST_PACKED = 10_000
NO_DRAWING = 'Each drawing must look like this: {"strokes": [[[x, y], ...], ...]}.'
NO_TEXT = "This file is damaged or is not text. Save it again."
EMPTY_ZIP = "There are no pictures in this ZIP file. Choose another."


@dataclass(frozen=True)
class Entry:
    """One picture or drawing that is to be read.

    Attributes:
        source: the file, for one of several in it with its line or its own name.
        content: the bytes of a picture, or a drawing; None where there is a problem.
        problem: what is wrong with it, in one sentence; empty when nothing is.
        size: how many bytes of the files it takes up, about.
    """

    source: str
    content: bytes | Drawing | None
    problem: str = ""
    size: int = 0


def files_in(paths: Iterable[Path]) -> Iterator[Path]:
    """Yield files as they are, and for a folder what can be read in it and in those below."""
    for path in paths:
        if not path.is_dir():
            yield path
        for file in sorted(path.rglob("*")) if path.is_dir() else ():
            if file.is_file() and is_wanted(
                PurePosixPath(file.relative_to(path)), PICTURES + STROKES
            ):
                yield file


def entries_of(files: Iterable[tuple[str, Callable[[], BinaryIO]]]) -> Iterator[Entry]:
    """Yield what files hold: a picture, a drawing, one drawing a line, or a ZIP of pictures.

    Args:
        files: the name of each, and what opens it.
    """
    for name, opened in files:
        try:
            with opened() as file:
                yield from _entries_in(name, file)
        except OSError as error:
            why = (error.strerror or str(error)).lower()
            yield Entry(name, None, f"This file cannot be opened ({why}).")


def entries_of_paths(paths: Iterable[Path]) -> Iterator[Entry]:
    """Yield what the files at these places hold."""

    def opener(path: Path) -> Callable[[], BinaryIO]:
        return lambda: path.open("rb")

    return entries_of((str(path), opener(path)) for path in paths)


def _entries_in(name: str, file: BinaryIO) -> Iterator[Entry]:
    ending = name.lower()
    if ending.endswith(".zip"):
        yield from _in_zip(name, file.read())
    elif ending.endswith(STROKES):
        yield from _in_text(name, file)
    else:
        data = file.read(MAX_BYTES + 1)
        yield Entry(name, data, size=len(data))


def _in_text(name: str, file: BinaryIO) -> Iterator[Entry]:
    unpacked = gzip.GzipFile(fileobj=file) if name.lower().endswith(".gz") else file
    try:
        # Windows marks its text files at their beginning.
        with io.TextIOWrapper(unpacked, encoding="utf-8-sig") as lines:
            if name.lower().endswith(".json"):
                yield _drawn(name, lines.read(), file.tell())
                return
            before = 0
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _drawn(f"{name}:{number}", line, file.tell() - before)
                    before = file.tell()
    except (EOFError, UnicodeDecodeError, zlib.error):
        yield Entry(name, None, NO_TEXT)


def _drawn(source: str, text: str, size: int) -> Entry:
    try:
        sent: Any = json.loads(text)
        drawing = (
            drawing_from_canvas(sent) if "objects" in sent else drawing_from_points(sent["strokes"])
        )
    except (ValueError, KeyError, TypeError, RecursionError):
        return Entry(source, None, NO_DRAWING, size)
    except DigitLabError as error:
        return Entry(source, None, str(error), size)
    return Entry(source, drawing, size=size)


def _in_zip(name: str, data: bytes) -> Iterator[Entry]:
    try:
        archive = zip_files.open_zip(data, MOST_PACKED)
    except DigitLabError as error:
        yield Entry(name, None, str(error), len(data))
        return
    wanted = [
        item
        for item in archive.infolist()
        if not item.is_dir() and is_wanted(PurePosixPath(item.filename), PICTURES)
    ]
    if not wanted:
        yield Entry(name, None, EMPTY_ZIP, len(data))
    room = zip_files.MOST_UNPACKED
    for packed in wanted:
        room -= packed.file_size
        if room < 0:
            yield Entry(name, None, zip_files.too_much(MOST_PACKED))
            return
        yield _unpacked(archive, packed, f"{name}: {packed.filename}")


def _unpacked(archive: zipfile.ZipFile, packed: zipfile.ZipInfo, source: str) -> Entry:
    try:
        data = zip_files.unpacked(archive, packed)
    except DigitLabError as error:
        return Entry(source, None, str(error), packed.compress_size)
    return Entry(source, data, size=packed.compress_size)
