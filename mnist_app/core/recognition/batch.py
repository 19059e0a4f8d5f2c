"""Many pictures and drawings, read in all threads: a row of a table for each."""

import csv
import io
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import PAGE_SIDE, WORKING_SIDE, Picture, decode
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.recognition.answers import doubts
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.input_files import Entry
from mnist_app.core.recognition.number_pattern import Pattern
from mnist_app.core.recognition.reading import Reading, read_drawing, read_picture

COLUMNS = ("source", "text", "probability", "doubt")
Values = tuple[str, str, float | None, str]


@dataclass(frozen=True)
class Row:
    """The reading of one entry.

    Attributes:
        source, size: of the entry.
        reading: no digits where there is a problem.
        problem: what was wrong, in one sentence; empty when nothing was.
        doubt: what is not sure, or why there is nothing, in a line; empty when all is sure.
        picture: what was read, unless it was a drawing.
    """

    source: str
    size: int
    reading: Reading
    problem: str
    doubt: str
    picture: Picture | None = None

    @property
    def least(self) -> float | None:
        """Return the probability of the least sure digit; None when there is none."""
        return min((digit.probability for digit in self.reading.digits), default=None)

    @property
    def values(self) -> Values:
        """Return what stands in the columns of the table; no probability is rounded to 1."""
        least = None if self.least is None else min(round(self.least, 4), 0.9999)
        return self.source, self.reading.text, least, self.doubt


@dataclass(frozen=True)
class ReadingOptions:
    """The options with which entries are read.

    Attributes:
        as_number: each holds a number, not one digit.
        pattern: what the digits of each match.
        as_page: each holds rows of numbers.
    """

    as_number: bool = False
    pattern: Pattern | None = None
    as_page: bool = False


def rows(
    entries: Iterable[Entry], classifiers: Sequence[Classifier], options: ReadingOptions
) -> Iterator[Row]:
    """Read entries in their order; one that cannot be read says why, and the others go on.

    Args:
        classifiers: one for each thread, as each answers one caller at a time.
    """
    own, unused = threading.local(), list(classifiers)

    def prepare() -> None:
        own.classifier = unused.pop()

    def read(entry: Entry) -> Row:
        return _row(entry, own.classifier, options)

    pool = ThreadPoolExecutor(len(classifiers), "batch", prepare)
    # Few, as each may be large, and enough for no thread to wait.
    ahead: deque[Future[Row]] = deque()
    try:
        for entry in entries:
            ahead.append(pool.submit(read, entry))
            if len(ahead) > len(classifiers):
                yield ahead.popleft().result()
        while ahead:
            yield ahead.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _row(entry: Entry, classifier: Classifier, options: ReadingOptions) -> Row:
    reading, picture, problem, unmatched = Reading(()), None, entry.problem, ""
    several = options.as_number or options.as_page
    try:
        if isinstance(entry.content, Drawing):
            reading = read_drawing(entry.content, classifier, several)
        elif entry.content is not None:
            picture = decode(entry.content, side=PAGE_SIDE if options.as_page else WORKING_SIDE)
            reading = read_picture(picture, classifier, several)
        if options.pattern is not None and reading.digits:
            reading, unmatched = _matched(reading, options.pattern)
    except DigitLabError as error:
        problem = str(error)
    except Exception as error:
        # Whatever one file does to the reader, the others are read.
        problem = f"Something unexpected went wrong ({type(error).__name__}). Please report it."
    doubt = problem or " ".join([*doubts(reading), unmatched]).strip()
    return Row(entry.source, entry.size, reading, problem, doubt, picture)


def _matched(reading: Reading, pattern: Pattern) -> tuple[Reading, str]:
    """Return the best reading that matches, or the same and why none does."""
    probabilities = np.stack([digit.probabilities for digit in reading.digits])
    best = pattern.best(probabilities)
    if best is None:
        count = len(reading.digits)
        found = "1 digit was found" if count == 1 else f"{count} digits were found"
        return reading, f"{found}, and none of so many match the pattern."
    digits = [
        replace(digit, digit=chosen, probability=float(digit.probabilities[chosen]), is_digit=True)
        for digit, chosen in zip(reading.digits, best, strict=True)
    ]
    return Reading((tuple(digits),)), ""


def csv_line(values: Values | tuple[str, ...]) -> str:
    """Return what stands in the columns, or their names, as a line of a CSV file."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(values)
    return line.getvalue()
