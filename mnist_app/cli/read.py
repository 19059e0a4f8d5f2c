"""The command `read`: digits, numbers and pages in pictures and pen strokes."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from mnist_app.cli.classifiers import THREADS, classifiers
from mnist_app.cli.options import FILE, progress_bar
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store


def _pattern(context: click.Context, option: click.Parameter, written: str | None) -> Any:
    """Return what somebody wrote as a pattern."""
    from mnist_app.core.recognition.number_pattern import Pattern

    try:
        return None if written is None else Pattern(written)
    except DigitLabError as error:
        raise click.BadParameter(str(error)) from error


@click.command()
@click.argument(
    "files", type=click.Path(path_type=Path), nargs=-1, required=True, metavar="FILE_OR_FOLDER..."
)
@click.option(
    "--as",
    "kind",
    type=click.Choice(["digit", "number", "page"]),
    default="digit",
    show_default=True,
    help="What each drawing holds: one digit, several from left to right, or rows of numbers.",
)
@click.option(
    "--pattern",
    callback=_pattern,
    help="What each number looks like: how many digits it has, or a regular expression of digits, "
    "such as (19|20)[0-9]{2}. The most probable number that matches is read.",
)
@click.option("--model", type=FILE, help="The model to read with. By default, the built-in one.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json", "csv"]),
    default="text",
    show_default=True,
    help="Text for people, JSON for programs, or a table.",
)
def read(files: tuple[Path, ...], kind: str, pattern: Any, model: Path | None, form: str) -> None:
    """Read the digits in pictures and in files of pen strokes.

    A .json file holds one drawing; .jsonl and .jsonl.gz files hold one drawing per line. Of a
    folder, all such files in it are read, and of a ZIP file all pictures.
    """
    from mnist_app.core.recognition import batch, input_files

    if kind == "page" and pattern is not None:
        raise click.UsageError("A pattern goes with --as number: a page holds several numbers.")
    stored = model_store.describe(model or model_store.SHIPPED)
    judges = classifiers(stored, THREADS)
    if not stored.reads_digits:
        click.echo(f"Note: {stored.name} was not trained on digits.", err=True)
    paths = list(input_files.files_in(files))
    if not paths:
        raise DigitLabError(
            f"There are no pictures or drawings in {files[0]}. Name another folder."
        )
    options = batch.ReadingOptions(kind == "number" or pattern is not None, pattern, kind == "page")
    if form == "csv":
        click.echo(batch.csv_line(batch.COLUMNS), nl=False)
    failures = []
    # Beside what is printed on the same screen a bar would be in the way.
    with progress_bar("Reading", sys.stdout.isatty()) as advance:
        total, done = sum(path.stat().st_size for path in paths if path.exists()), 0
        for row in batch.rows(input_files.entries_of_paths(paths), judges, options):
            _echo_row(row, form, kind)
            if row.problem:
                failures.append(f"{row.source}: {row.problem}")
            done += row.size
            advance(min(1, done / max(1, total)))
    for failure in failures:
        click.echo(failure, err=True)
    if failures:
        sys.exit(1)


def _echo_row(row: Any, form: str, kind: str) -> None:
    from mnist_app.core.percentages import confidence
    from mnist_app.core.recognition.batch import csv_line

    if form == "json":
        click.echo(json.dumps(_reading_as_dict(row, kind)))
    elif form == "csv":
        click.echo(csv_line(row.values), nl=False)
    elif row.least is not None and kind == "page":
        click.echo(f"{row.source} ({confidence(row.least)} sure): {row.doubt}".rstrip(": "))
        click.echo("\n".join(row.reading.lines))
    elif row.least is not None:
        sure = f"{row.reading.text} ({confidence(row.least)} sure)"
        click.echo(f"{row.source}: {sure} {row.doubt}".rstrip())
    elif not row.problem:
        click.echo(f"{row.source}: {row.doubt}")


def _reading_as_dict(row: Any, kind: str) -> dict[str, Any]:
    lines = row.reading.lines
    answer: dict[str, Any] = {
        "source": row.source,
        "text": "\n".join(lines) if kind == "page" else row.reading.text,
        "digits": [
            {
                "digit": digit.digit,
                "probability": digit.probability,
                "probabilities": digit.probabilities.tolist(),
            }
            for digit in row.reading.digits
        ],
    }
    if kind == "page":
        answer["lines"] = lines
    return answer if row.reading.digits else {**answer, "reason": row.doubt}
