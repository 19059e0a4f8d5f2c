"""The command line: train, evaluate, read, export, datasets."""

import json
import logging
import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mnist_app.cli.classifiers import THREADS, adapted, classifiers
from mnist_app.cli.options import FILE, form_option, progress_bar
from mnist_app.cli.own_pictures import method_option, own_dataset
from mnist_app.cli.read import read
from mnist_app.cli.train import train
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import DATASETS, TrainingConfig


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
commands.add_command(read)


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
@method_option
@form_option
def evaluate(model: Path | None, dataset: str, method: str | None, form: str) -> None:
    """Test MODEL on pictures it has never seen.

    Without MODEL, the built-in one is tested.
    """
    from mnist_app.core.data import datasets
    from mnist_app.core.evaluation import metrics
    from mnist_app.core.models import model_store

    stored = model_store.describe(model or model_store.SHIPPED)
    (classifier,) = classifiers(stored, 1, THREADS)
    pictures = own_dataset(dataset, method) or datasets.load(dataset)
    if len(stored.class_names) != len(pictures.class_names):
        raise DigitLabError(
            f"{stored.name} tells {len(stored.class_names)} classes apart, but {pictures.title} "
            f"has {len(pictures.class_names)}. Choose another model or other pictures."
        )
    if stored.class_names != pictures.class_names:
        click.echo(f"Note: {stored.name} was not trained on pictures like these.", err=True)
    with progress_bar("Reading") as advance:
        report = metrics.evaluate(
            classifier,
            pictures.test_images,
            pictures.test_labels,
            report=advance,
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

    Without MODEL, the built-in one is exported. A network from elsewhere is adapted first.
    """
    from mnist_app.core.models import model_store

    stored = model_store.describe(model or model_store.SHIPPED)
    is_adapted = stored.card is not None or model_store.is_ready(stored)
    data = model_store.read(stored.path) if is_adapted else adapted(stored).keras
    from mnist_app.lab.export import write_export

    write_export(data, stored.path.name, form, output)
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
