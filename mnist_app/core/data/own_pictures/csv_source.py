"""A CSV file with a picture a row: a column of labels, and one for each pixel."""

import csv
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

from mnist_app.core.data.own_pictures.source import (
    SAMPLED,
    Source,
    label_text,
    require_few,
    scaled,
    spread,
    square_shape,
    value_range,
)
from mnist_app.core.errors import DigitLabError

SEPARATORS = ",;\t"
# A line of more is refused before each of its cells becomes an object in memory.
MOST_COLUMNS = 200_000
# What a column of labels may be called, and one of neither labels nor pixels.
LABELS = {"label", "labels", "class", "target", "y", "category", "digit", "letter", "character"}
OTHERS = {"", "id", "index", "no", "number", "name", "file", "filename", "usage", "unnamed: 0"}
NO_TEXT = "This CSV file is not text in UTF-8. Save it again as CSV (UTF-8)."
NO_TABLE = (
    "Each row of the CSV file needs a label and the pixels of a square picture, such as 784 "
    "numbers for 28 by 28. Change the file and try again."
)


def csv_source(data: bytes) -> Source:
    """Read a table with or without a header, separated by commas, semicolons or tabs.

    Raises:
        DigitLabError: it is no such table.
    """
    try:
        lines = [line for line in data.decode("utf-8-sig").splitlines() if line.strip()]
    except UnicodeDecodeError as error:
        raise DigitLabError(NO_TEXT) from error
    if not lines:
        raise DigitLabError(NO_TABLE)
    separator = max(SEPARATORS, key=lines[0].count)
    if lines[0].count(separator) >= MOST_COLUMNS:
        raise DigitLabError(NO_TABLE)

    def cells(line: str) -> list[str]:
        try:
            return next(csv.reader([line], delimiter=separator))
        except csv.Error as error:
            raise DigitLabError(NO_TABLE) from error

    header = cells(lines[0])
    has_header = sum(not _is_number(cell) for cell in header) > len(header) / 2
    lines = lines[has_header:]
    # Before cells are made of them.
    require_few(len(lines))
    sample = [cells(lines[place]) for place in spread(len(lines), SAMPLED)] if lines else []
    sample = [row for row in sample if len(row) == len(header)]
    if not sample:
        raise DigitLabError(NO_TABLE)
    label = _named_label(header) if has_header else _likely_label(sample)
    pixels = [
        column
        for column in range(len(header))
        if column != label and not (has_header and header[column].strip().casefold() in OTHERS)
    ]
    shape = square_shape(len(pixels))
    if shape is None:
        raise DigitLabError(NO_TABLE)

    def values(row: Sequence[str]) -> np.ndarray:
        if len(row) != len(header):
            raise DigitLabError(f"It has {len(row)} values instead of {len(header)}.")
        try:
            return np.array([float(row[column]) for column in pixels])
        except ValueError as error:
            raise DigitLabError("One of its pixels is not a number.") from error

    limits = value_range(np.concatenate([_numbers(row, pixels) for row in sample]))
    labels = [_label(cells(line), label) for line in lines]
    numbers = [number for number, text in enumerate(labels) if text]
    first = 1 + has_header
    return Source(
        [labels[number] for number in numbers],
        [f"row {number + first}" for number in numbers],
        lambda place: scaled(values(cells(lines[numbers[place]])), limits).reshape(shape),
        np.zeros(len(numbers), dtype=bool),
        tuple(
            f"row {number + first}: It has no label."
            for number, text in enumerate(labels)
            if not text
        ),
    )


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(row: Sequence[str], columns: Sequence[int]) -> np.ndarray:
    return np.array([float(row[column]) for column in columns if _is_number(row[column])])


def _label(row: Sequence[str], column: int) -> str:
    return label_text(row[column]) if column < len(row) else ""


def _named_label(header: Sequence[str]) -> int:
    """Return the column of labels by its name: a usual one, or else one unlike those of pixels."""
    names = [name.strip().casefold() for name in header]
    usual = [column for column, name in enumerate(names) if name in LABELS]
    stems = [re.sub(r"[\d_x.\s]+$", "", name) for name in names]
    pixel = Counter(stems).most_common(1)[0][0]
    unlike = [
        column for column, stem in enumerate(stems) if stem != pixel and names[column] not in OTHERS
    ]
    found = usual or unlike
    if not found:
        raise DigitLabError(
            "The CSV file has no column called “label”. Give this name to the column that says "
            "what each picture shows."
        )
    return found[0]


def _likely_label(sample: Sequence[Sequence[str]]) -> int:
    """Return the column of labels by what is in it: texts, or else a first or last that varies."""
    texts = [
        column
        for column in range(len(sample[0]))
        if sum(not _is_number(row[column]) for row in sample) > len(sample) / 2
    ]
    last = len(sample[0]) - 1
    if texts:
        return texts[0]
    # Where pixels come first, the one in the corner is hardly ever ink.
    is_first = len({row[0] for row in sample}) > 1 or len({row[last] for row in sample}) == 1
    return 0 if is_first else last
