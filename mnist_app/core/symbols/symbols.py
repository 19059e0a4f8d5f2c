"""A set of symbols: the names of its classes, and drawings of each; kept as JSON lines."""

import base64
import json
import operator
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink import SIDE
from mnist_app.core.ink.drawings import Drawing, drawing_from_points, evenly_spaced
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.recognition.answers import NONE_OF_YOURS

FEWEST_CLASSES, MOST_CLASSES = 2, 10
# Drawings of a class: those it takes to learn at all, those it takes to learn well, and the most.
FEWEST, ENOUGH, MOST = 3, 8, 60
LONGEST_NAME = 24
# Between two points that are kept of a stroke, as a fraction of the drawing's extent.
STEP = 1 / 40
# Of a drawing with more points than this, a scribble, only its picture is kept.
MOST_POINTS = 500
# Pictures differ by less than this in the mean, of 255, only when one is a copy of the other.
SAME = 0.5
# Joins the parts of one emoji.
JOINER = "\u200d"
DAMAGED = "These symbols cannot be read. Choose a ZIP file of symbols that you downloaded here."
FULL = f"A symbol can have up to {MOST} drawings. Remove one first."


@dataclass(frozen=True, eq=False)
class Example:
    """A drawing, and the place of its class among the names.

    Attributes:
        image: as the network gets it, uint8 (28, 28).
        strokes: points, y down, in any unit; empty when only the picture is known.
    """

    label: int
    image: np.ndarray
    strokes: tuple[np.ndarray, ...] = ()


def drawn_example(label: int, drawing: Drawing) -> Example:
    """Return a drawing, not empty, as an example with few points."""
    points = np.concatenate(drawing.strokes)
    step = max(float(np.ptp(points, axis=0).max()) * STEP, 1e-9)
    strokes = tuple(evenly_spaced(stroke, step) for stroke in drawing.strokes)
    is_scribble = sum(map(len, strokes)) > MOST_POINTS
    return Example(label, strokes_to_input(drawing), () if is_scribble else strokes)


@dataclass(frozen=True, eq=False)
class Symbols:
    """The names of the classes, in the order in which they were made, and examples of them."""

    names: tuple[str, ...] = ()
    examples: tuple[Example, ...] = ()

    def of(self, label: int) -> list[Example]:
        """Return the examples of a class."""
        return [example for example in self.examples if example.label == label]

    @property
    def counts(self) -> list[int]:
        """Return the number of examples of each class."""
        return [len(self.of(label)) for label in range(len(self.names))]

    def with_class(self, text: str) -> "Symbols":
        """Add a class.

        Raises:
            DigitLabError: its name is empty, too long or taken, or there are enough classes.
        """
        if len(self.names) >= MOST_CLASSES:
            raise DigitLabError(f"You can have up to {MOST_CLASSES} symbols. Remove one first.")
        return replace(self, names=(*self.names, _checked_name(text, self.names)))

    def without_class(self, label: int) -> "Symbols":
        """Remove a class with its examples."""
        kept = (
            replace(example, label=example.label - (example.label > label))
            for example in self.examples
            if example.label != label
        )
        return Symbols((*self.names[:label], *self.names[label + 1 :]), tuple(kept))

    def with_example(self, example: Example) -> "Symbols":
        """Add an example.

        Raises:
            DigitLabError: there are enough of its class, or the class is gone.
        """
        if example.label >= len(self.names):
            raise DigitLabError("This symbol was removed. Choose another.")
        if len(self.of(example.label)) >= MOST:
            raise DigitLabError(FULL)
        return replace(self, examples=(*self.examples, example))

    def without(self, gone: Example) -> "Symbols":
        """Remove an example."""
        return replace(self, examples=tuple(one for one in self.examples if one is not gone))

    def problems(self) -> list[str]:
        """Return what keeps a network from learning these, a sentence each that says what to do."""
        if len(self.names) < FEWEST_CLASSES:
            return [f"Name at least {FEWEST_CLASSES} symbols, so that it can tell them apart."]
        found = []
        for label, name in enumerate(self.names):
            images = [example.image for example in self.of(label)]
            if not images:
                found.append(f"There is no drawing of “{name}” yet. Draw it, or remove it.")
            elif len(images) < FEWEST:
                found.append(
                    f"“{name}” needs {FEWEST} drawings or more. {ENOUGH} would be good: draw more."
                )
            elif _are_same(images):
                found.append(
                    f"All drawings of “{name}” are the same. Draw some more by hand, each a "
                    "little different."
                )
        return found

    def as_json_lines(self) -> str:
        """Return all as text, an object a line: `{"label": 0, "name": "cat", "strokes": [...]}`.

        An example from a photograph has `pixels`, its 28 x 28 bytes in base64, in place of strokes.
        A class without examples has a line of no strokes, which keeps its name.
        """
        empty = [label for label, count in enumerate(self.counts) if not count]
        lines = [*map(_plain, self.examples), *({"label": one, "strokes": []} for one in empty)]
        return "".join(
            f"{json.dumps(line | {'name': self.names[line['label']]}, ensure_ascii=False)}\n"
            for line in lines
        )


def from_json_lines(text: str) -> Symbols:
    """Read what `Symbols.as_json_lines` wrote, or a stranger.

    Raises:
        DigitLabError: it is something else, or more than a page takes.
    """
    names: dict[int, str] = {}
    examples: list[Example] = []
    written = [line for line in text.splitlines() if line.strip()]
    # To draw them all takes long.
    if len(written) > MOST_CLASSES * MOST:
        raise DigitLabError(FULL)
    try:
        for line in map(json.loads, written):
            label = operator.index(line["label"])
            names[label] = str(line["name"])
            examples.extend(_read(label, line))
    except (ValueError, KeyError, TypeError, OverflowError, RecursionError) as error:
        raise DigitLabError(DAMAGED) from error
    if sorted(names) != list(range(len(names))):
        raise DigitLabError(DAMAGED)
    symbols = Symbols()
    for _, name in sorted(names.items()):
        symbols = symbols.with_class(name)
    symbols = replace(symbols, examples=tuple(examples))
    if max(symbols.counts, default=0) > MOST:
        raise DigitLabError(FULL)
    return symbols


def _read(label: int, line: dict[str, Any]) -> Iterable[Example]:
    if "pixels" in line:
        pixels = base64.b64decode(line["pixels"], validate=True)
        image = np.frombuffer(pixels, dtype=np.uint8).reshape(SIDE, SIDE)
        return [Example(label, image)]
    drawing = drawing_from_points(line["strokes"])
    if drawing.is_empty:
        return []
    strokes = tuple(np.asarray(stroke, dtype=np.float64) for stroke in line["strokes"] if stroke)
    return [Example(label, strokes_to_input(drawing), strokes)]


def _plain(example: Example) -> dict[str, Any]:
    if not example.strokes:
        pixels = base64.b64encode(example.image.tobytes()).decode()
        return {"label": example.label, "pixels": pixels}
    strokes = [np.round(stroke, 2).tolist() for stroke in example.strokes]
    return {"label": example.label, "strokes": strokes}


def _checked_name(text: str, others: Sequence[str]) -> str:
    """Return a name in its one form; raise DigitLabError if it will not do."""
    shown = "".join(sign for sign in text if sign.isprintable() or sign == JOINER)
    name = unicodedata.normalize("NFC", " ".join(shown.split()))
    if not name.strip(JOINER):
        raise DigitLabError("Type a name first, such as “cat” or “★”.")
    if len(name) > LONGEST_NAME:
        raise DigitLabError(f"Names can have up to {LONGEST_NAME} characters. Use a shorter one.")
    taken = [other for other in (*others, NONE_OF_YOURS) if other.casefold() == name.casefold()]
    if taken:
        raise DigitLabError(f"“{taken[0]}” is taken. Choose another name.")
    return name


def _are_same(images: Sequence[np.ndarray]) -> bool:
    pile = np.stack(images).astype(float)
    return bool(np.abs(pile - pile[0]).mean(axis=(1, 2)).max() < SAME)
