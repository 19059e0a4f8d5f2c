"""Files of pictures and of strokes -> network inputs, each file by itself."""

import gzip
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import drawing_from_canvas, drawing_from_points
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import inputs_from_drawing, inputs_from_picture

STROKE_SUFFIXES = (".json", ".jsonl", ".jsonl.gz")

_NOTHING = np.zeros((0, 28, 28), dtype=np.uint8)


@dataclass(frozen=True)
class FileInputs:
    """The network inputs of one drawing or picture in a file.

    Attributes:
        source: the file, for one of several drawings with its line.
        inputs: uint8 (digits, 28, 28).
        problem: what was wrong with it, in one sentence; empty when nothing was.
    """

    source: str
    inputs: np.ndarray
    problem: str = ""


def inputs_from_files(
    paths: Iterable[Path], judge: Classifier | None = None
) -> Iterator[FileInputs]:
    """Read each file in turn: one picture, one drawing, or one drawing a line.

    Args:
        judge: see `reading.inputs_from_drawing`.
    """
    for path in paths:
        if path.name.lower().endswith(STROKE_SUFFIXES):
            yield from _stroke_file(path, judge)
        else:
            yield _picture_file(path, judge)


def _picture_file(path: Path, judge: Classifier | None) -> FileInputs:
    try:
        return FileInputs(str(path), inputs_from_picture(path.read_bytes(), judge))
    except DigitLabError as error:
        return FileInputs(str(path), _NOTHING, str(error))
    except OSError as error:
        return FileInputs(str(path), _NOTHING, _unopened(error))


def _stroke_file(path: Path, judge: Classifier | None) -> Iterator[FileInputs]:
    suffix = path.suffix.lower()
    opener = gzip.open if suffix == ".gz" else open
    try:
        # Windows marks its text files at their beginning.
        with opener(path, "rt", encoding="utf-8-sig") as lines:
            if suffix == ".json":
                yield _strokes_of(str(path), lines.read(), judge)
                return
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _strokes_of(f"{path}:{number}", line, judge)
    except OSError as error:
        yield FileInputs(str(path), _NOTHING, _unopened(error))
    except (EOFError, UnicodeDecodeError, zlib.error):
        yield FileInputs(str(path), _NOTHING, "This file is damaged or is not text. Save it again.")


def _unopened(error: OSError) -> str:
    return f"This file cannot be opened ({(error.strerror or str(error)).lower()})."


def _strokes_of(source: str, text: str, judge: Classifier | None) -> FileInputs:
    try:
        sent = json.loads(text)
        drawing = (
            drawing_from_canvas(sent) if "objects" in sent else drawing_from_points(sent["strokes"])
        )
        return FileInputs(source, inputs_from_drawing(drawing, judge))
    except (ValueError, KeyError, TypeError, RecursionError):
        problem = 'Each drawing must look like this: {"strokes": [[[x, y], ...], ...]}.'
        return FileInputs(source, _NOTHING, problem)
    except DigitLabError as error:
        return FileInputs(source, _NOTHING, str(error))
