"""The command line: train, evaluate, read, export, datasets."""

import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from mnist_app.cli.options import FILE, form_option, progress_bar
from mnist_app.cli.pictures import own_dataset, way_option
from mnist_app.cli.train import train
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import DATASETS, TrainingConfig

# Of the processor; nobody else waits for it here.
THREADS = os.cpu_count() or 1


def main() -> None:
    """Run a command; every failure is one plain line and exit status 1."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    logging.getLogger("absl").setLevel(logging.ERROR)
    with _own_standard_error():
        _run()


@contextmanager
def _own_standard_error() -> Iterator[None]:
    """Keep standard error for this program's own lines.

    TensorFlow's and libtiff's native code write to descriptor 2 and cannot be told not to, so it
    leads nowhere for that time; Python writes to a copy of it.
    """
    before, descriptor = sys.stderr, os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    with (
        open(descriptor, "w", buffering=1, errors="backslashreplace") as own,
        warnings.catch_warnings(),
    ):
        if not sys.warnoptions:
            warnings.simplefilter("ignore")
        os.dup2(nowhere, 2)
        os.close(nowhere)
        sys.stderr = own
        try:
            yield
        finally:
            sys.stderr = before
            os.dup2(descriptor, 2)


def _run() -> None:
    try:
        commands(prog_name="python -m mnist_app", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        _fail("Stopped.")
    except DigitLabError as error:
        _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except MemoryError:
        _fail("There is not enough memory. Use fewer or smaller pictures.")
    except OSError as error:
        _fail(f"{error.filename or 'A file'} cannot be used: {error.strerror or error}.")
    except Exception as error:
        _fail(
            f"Something unexpected went wrong. Please report it: {type(error).__name__}: {error}."
        )


def _fail(sentence: str) -> None:
    click.echo(" ".join(sentence.split()), err=True)
    sys.exit(1)


def _pattern(context: click.Context, option: click.Parameter, written: str | None) -> Any:
    """Return what somebody wrote as a pattern."""
    from mnist_app.core.recognition.pattern import Pattern

    try:
        return None if written is None else Pattern(written)
    except DigitLabError as error:
        raise click.BadParameter(str(error)) from error


def _dataset(context: click.Context, option: click.Parameter, name: str) -> str:
    """Return the name of a data set, or the path of a file that may be one."""
    try:
        return TrainingConfig(dataset=name).dataset
    except DigitLabError as error:
        raise click.BadParameter(str(error)) from error


@click.group()
def commands() -> None:
    """Train, test and use neural networks that read handwritten digits."""


commands.add_command(train)


@commands.command()
@click.argument("model", type=FILE, required=False)
@click.option(
    "--dataset",
    callback=_dataset,
    default="mnist",
    show_default=True,
    help=f"The pictures to test on: {', '.join(DATASETS)}, or a .zip, .npz or .csv file of your "
    "own.",
)
@way_option
@form_option
def evaluate(model: Path | None, dataset: str, way: str | None, form: str) -> None:
    """Test MODEL on pictures it has never seen.

    Without MODEL, the built-in one is tested.
    """
    from mnist_app.core.data import datasets
    from mnist_app.core.evaluation import metrics
    from mnist_app.core.models import model_store

    stored = model_store.describe(model or model_store.SHIPPED)
    (classifier,) = _classifiers(stored, 1, THREADS)
    pictures = own_dataset(dataset, way) or datasets.load(dataset)
    if len(stored.class_names) != len(pictures.class_names):
        raise DigitLabError(
            f"{stored.name} tells {len(stored.class_names)} classes apart, but {pictures.title} "
            f"has {len(pictures.class_names)}. Choose another model or other pictures."
        )
    if stored.class_names != pictures.class_names:
        click.echo(f"Note: {stored.name} was not trained on pictures like these.", err=True)
    with progress_bar("Reading") as bar:
        report = metrics.evaluate(
            classifier,
            pictures.test_images,
            pictures.test_labels,
            report=lambda fraction: bar.update(round(fraction * 1000) - bar.pos),
        )
    figures = metrics.as_dict(report)
    if form == "json":
        click.echo(json.dumps({"model": stored.name, "dataset": dataset, **figures}))
        return
    click.echo(f"{stored.title} on {pictures.title}: {report.images:,} pictures")
    click.echo(f"accuracy {report.accuracy:.2%}   loss {report.loss:.4f}")
    click.echo(f"{'digit' if stored.reads_digits else 'kind':12} precision  recall  F1")
    rows = [*zip(pictures.class_names, report.per_class, strict=True), ("mean", report.macro)]
    for name, scores in rows:
        click.echo(f"{name:12} {scores.precision:9.2%} {scores.recall:7.2%} {scores.f1:7.2%}")


@commands.command()
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
    from mnist_app.core.models import model_store
    from mnist_app.core.recognition import batch, entries

    if kind == "page" and pattern is not None:
        raise click.UsageError("A pattern goes with --as number: a page holds several numbers.")
    stored = model_store.describe(model or model_store.SHIPPED)
    classifiers = _classifiers(stored, THREADS)
    if not stored.reads_digits:
        click.echo(f"Note: {stored.name} was not trained on digits.", err=True)
    paths = list(entries.files_in(files))
    if not paths:
        raise DigitLabError(
            f"There are no pictures or drawings in {files[0]}. Name another folder."
        )
    way = batch.Way(kind == "number" or pattern is not None, pattern, kind == "page")
    if form == "csv":
        click.echo(batch.csv_line(batch.COLUMNS), nl=False)
    failures = []
    # Beside what is printed on the same screen a bar would be in the way.
    with progress_bar("Reading", sys.stdout.isatty()) as bar:
        total, done = sum(path.stat().st_size for path in paths if path.exists()), 0
        for row in batch.rows(entries.entries_of_paths(paths), classifiers, way):
            _echo_row(row, form, kind)
            if row.problem:
                failures.append(f"{row.source}: {row.problem}")
            done += row.size
            bar.update(round(1000 * min(1, done / max(1, total))) - bar.pos)
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


@commands.command()
@click.argument("model", type=FILE, required=False)
@click.option(
    "--format",
    "form",
    type=click.Choice(["saved_model", "litert"]),
    required=True,
    help="A SavedModel folder for TensorFlow Serving, or a LiteRT file for phones.",
)
@click.option(
    "--output",
    type=click.Path(path_type=Path),
    required=True,
    help="The folder or file to write.",
)
def export(model: Path | None, form: str, output: Path) -> None:
    """Export MODEL for TensorFlow Serving or for phones.

    Without MODEL, the built-in one is exported.
    """
    from mnist_app.core.models import model_store
    from mnist_app.lab.export import write_export

    write_export(model or model_store.SHIPPED, form, output)
    click.echo(f"Wrote {output}.")


@commands.command()
@form_option
def datasets(form: str) -> None:
    """List the data sets, where they are and how big they are."""
    from mnist_app.core.data import datasets as catalogue

    found = [catalogue.availability(name) for name in DATASETS]
    if form == "json":
        click.echo(json.dumps([vars(item) for item in found]))
        return
    for item in found:
        place = item.place or "not downloaded yet"
        click.echo(f"{item.name:14} {item.megabytes:6.1f} MB  {place}")


@commands.command(context_settings={"ignore_unknown_options": True})
@click.argument("options", nargs=-1, metavar="[STREAMLIT OPTION]...")
def app(options: tuple[str, ...]) -> None:
    """Start the app in your browser.

    Any other options are passed on to `streamlit run`.
    """
    from mnist_app.core.files import HOME, IS_INSTALLED

    if IS_INSTALLED:
        models = Path(click.get_app_dir("digit-lab")) / "models"
        os.environ.setdefault("MNIST_APP_MODELS", str(models))
    os.dup2(sys.stderr.fileno(), 2)
    command = ["streamlit", "run", str(HOME / "app.py"), *options]
    os.execv(sys.executable, [sys.executable, "-m", *command])


def _classifiers(stored: Any, count: int, threads: int = 1) -> list[Any]:
    """Return classifiers of a model, first converted to LiteRT, and adapted if it is foreign.

    Raises:
        DigitLabError: the model is missing, broken, or has no such form.
    """
    from mnist_app.core.models import model_store
    from mnist_app.core.recognition.classifier import Classifier

    if model_store.is_ready(stored):
        return [model_store.classifier(stored.path, threads) for _ in range(count)]
    data, name = model_store.read(stored.path), stored.path.name
    if stored.card is None:
        from mnist_app.lab.networks.importing import import_network

        made = import_network(data, name)
        form, is_changed = made.files.litert, made.files.keras != data
        if is_changed:
            click.echo(" ".join([f"{name}:", *made.card.training["found"]]), err=True)
    else:
        from mnist_app.lab.networks.litert import to_litert
        from mnist_app.lab.networks.model_files import opened

        form, is_changed = to_litert(opened(data, name)), False
    if not is_changed:
        with suppress(DigitLabError):
            model_store.add_litert(stored.path, form)
    return [Classifier(form, threads) for _ in range(count)]
