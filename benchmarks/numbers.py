"""Measure how many whole numbers are read right: `python -m benchmarks.numbers --before CHECKOUT`.

Numbers of two to eight digits are put together from digits nobody trained on: of one held-out
writer each, at their own size, or MNIST's test pictures; drawn with thin and thick pens along
drifting lines. The command `read` reads them, so that pictures go through the whole way from paper.
A number counts as read when all of its digits are.
"""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, zip_longest
from pathlib import Path

import click
import numpy as np
from PIL import Image

from benchmarks.support import options
from benchmarks.support.commands import output
from mnist_app.core.data import composed_numbers, datasets, pen_digits
from mnist_app.core.data.composed_numbers import GAPS, Placed, Writing
from mnist_app.core.errors import DigitLabError
from tests.support.servers import ROOT

LENGTHS = (2, 9)
# In pixels: of a digit, and of the paper around a number.
HEIGHT = 80
MARGIN = 40
WAYS = ("strokes", "pictures of pen strokes", "pictures of MNIST's digits")
# Of a page: its rows, and their distance in heights of a digit.
ROWS = (2, 6)
PITCH = (1.6, 2.4)
# An answer is very sure when each of its digits has at least this probability.
VERY_SURE = 0.95


@click.command()
@click.option(
    "--count", type=click.IntRange(1), default=60, show_default=True, help="Numbers a row."
)
@options.before
def main(count: int, before: Path | None) -> None:
    """Print the fraction of numbers that are read wholly right, and how often sureness is right."""
    checkouts = [ROOT, *([before] if before else [])]
    try:
        writing = held_out()
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{'read right':44} {'now':>8}" + f" {'before':>8}" * (len(checkouts) - 1))
    everything: list[list[tuple[bool, bool]]] = [[] for _ in checkouts]
    with tempfile.TemporaryDirectory() as folder:
        for way in WAYS:
            for spacing in GAPS:
                chance = np.random.default_rng(len(spacing))
                numbers = [_number(writing, way, spacing, chance) for _ in range(count)]
                files = _written(Path(folder), numbers, as_strokes=way == "strokes")
                texts = ["".join(str(one.glyph.label) for one in number) for number in numbers]
                found = [_read(checkout, files, texts) for checkout in checkouts]
                _show(f"{way}, {spacing}", found)
                for all_of_it, part in zip(everything, found, strict=True):
                    all_of_it.extend(part)
        _show("all numbers", everything)
        sure = [[one for one in found if one[1]] for found in everything]
        _show("those of them that it is very sure of", sure)
        chance = np.random.default_rng(0)
        pages = [_page(writing, chance) for _ in range(count)]
        click.echo(f"{'lines of pages':44} {_lines_right(Path(folder), pages):8.1%}")


def number(
    writing: Writing, pictured: bool, length: int, spacing: str, chance: np.random.Generator
) -> list[Placed]:
    """Write a number in one hand, by pen or as MNIST has it."""
    write = writing.mnist_line if pictured else writing.pen_line
    return composed_numbers.spaced(write(length, HEIGHT, chance), HEIGHT, chance, spacing)


def ink_of(characters: Sequence[Placed]) -> np.ndarray:
    """Draw characters on paper that is large enough, float32 (height, width) in 0..1."""
    left, top = (min(getattr(one, side) for one in characters) for side in ("left", "top"))
    moved = [replace(one, left=one.left - left, top=one.top - top) for one in characters]
    moved = [replace(one, left=one.left + MARGIN, top=one.top + MARGIN) for one in moved]
    height = max(one.top + one.glyph.ink.shape[0] for one in moved) + MARGIN
    width = max(one.left + one.glyph.ink.shape[1] for one in moved) + MARGIN
    return composed_numbers.pasted(moved, (height, width)).ink


def save(ink: np.ndarray, path: Path) -> None:
    """Write ink as a PNG, black on white."""
    Image.fromarray(np.uint8(255 - np.round(255 * ink))).save(path)


def held_out() -> Writing:
    """Return those whom nobody trained on."""
    mnist = datasets.load("mnist", allow_download=False)
    strokes = Path(os.environ.get("MNIST_APP_DATA", "")) / pen_digits.PEN_STROKES
    hands = pen_digits.hands(strokes, held_out=True)
    return Writing(hands, mnist.test_images, mnist.test_labels, is_varied=False)


def _number(writing: Writing, way: str, spacing: str, chance: np.random.Generator) -> list[Placed]:
    return number(writing, way == WAYS[2], int(chance.integers(*LENGTHS)), spacing, chance)


def _written(folder: Path, numbers: Sequence[list[Placed]], as_strokes: bool) -> list[Path]:
    if as_strokes:
        path = folder / "numbers.jsonl"
        path.write_text("\n".join(json.dumps({"strokes": _strokes(one)}) for one in numbers))
        return [path]
    paths = [folder / f"number-{index:03}.png" for index in range(len(numbers))]
    for path, characters in zip(paths, numbers, strict=True):
        save(ink_of(characters), path)
    return paths


def _strokes(characters: Sequence[Placed]) -> list[list[list[float]]]:
    return [
        np.add(stroke, (one.left, one.top)).round(1).tolist()
        for one in characters
        for stroke in one.glyph.strokes
    ]


def _read(checkout: Path, files: Sequence[Path], texts: Sequence[str]) -> list[tuple[bool, bool]]:
    """Return for each number whether it is read right, and whether that is very sure."""
    answers = _answers(checkout, files, "number")
    return [
        (
            answer["text"] == text,
            min((digit["probability"] for digit in answer["digits"]), default=0) >= VERY_SURE,
        )
        for answer, text in zip(answers, texts, strict=True)
    ]


def _answers(checkout: Path, files: Sequence[Path], kind: str) -> list[dict]:
    command = ["-m", "mnist_app", "read", *map(str, files), "--format", "json", "--as", kind]
    return [json.loads(line) for line in output(command, checkout).splitlines()]


def _page(writing: Writing, chance: np.random.Generator) -> list[list[Placed]]:
    """Write a page in one hand after the other, each row starting about where the last did."""
    pitch = HEIGHT * chance.uniform(*PITCH)
    rows = []
    for row in range(int(chance.integers(*ROWS))):
        length, left = int(chance.integers(1, 7)), round(chance.normal(0, 0.2) * HEIGHT)
        placed = number(writing, bool(chance.random() < 0.5), length, "near", chance)
        down = round(row * pitch)
        rows.append([replace(one, left=one.left + left, top=one.top + down) for one in placed])
    return rows


def _lines_right(folder: Path, pages: Sequence[list[list[Placed]]]) -> float:
    paths = [folder / f"page-{index:03}.png" for index in range(len(pages))]
    for path, rows in zip(paths, pages, strict=True):
        save(ink_of(list(chain.from_iterable(rows))), path)
    right: list[bool] = []
    for rows, answer in zip(pages, _answers(ROOT, paths, "page"), strict=True):
        lines = ["".join(str(one.glyph.label) for one in row) for row in rows]
        found = [line.replace(" ", "") for line in answer["lines"]]
        right += [line == other for line, other in zip_longest(lines, found)]
    return float(np.mean(right))


def _show(name: str, found: Sequence[list[tuple[bool, bool]]]) -> None:
    rights = (np.mean([is_right for is_right, _ in one]) for one in found)
    click.echo(f"{name:44}" + "".join(f" {right:8.1%}" for right in rights))


if __name__ == "__main__":
    main(prog_name="python -m benchmarks.numbers")
