"""The pictures that a command learns from or tests on: by the name of a data set, or in a file."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mnist_app.cli.options import progress_bar
from mnist_app.core.settings import DATASETS

METHODS = ("ink", "resized")


def method_option(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option that says how own pictures become 28 x 28."""
    return click.option(
        "--pictures-as",
        "method",
        type=click.Choice(METHODS),
        help="How your own pictures become 28 x 28: `ink` cuts out the writing and centres it, "
        "`resized` keeps the whole picture. By default, the app picks what suits them.",
    )(command)


def own_dataset(name: str, method: str | None) -> Any:
    """Read a file of own pictures as a `Dataset`; return None for the name of a data set.

    Raises:
        DigitLabError: it holds no such pictures.
        OSError: it cannot be opened.
    """
    if name in DATASETS:
        return None
    from mnist_app.core.data.own_pictures import dataset_import
    from mnist_app.core.data.own_pictures.conversion import Method

    path = Path(name)
    source = dataset_import.source_of(path.name, path.read_bytes())
    suggested = dataset_import.suggestion(dataset_import.samples(source))
    convert = suggested.by(Method(method)) if method else suggested
    with progress_bar("Reading the pictures") as advance:
        own = dataset_import.import_dataset(source, convert, path.name, path.stem, advance)
    for sentence in own.left_out:
        click.echo(f"Left out: {sentence}", err=True)
    return own.dataset
