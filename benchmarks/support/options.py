"""Options that several benchmarks take."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mnist_app.core.models import model_store

model = click.option(
    "--model",
    type=click.Path(path_type=Path, dir_okay=False),
    default=model_store.SHIPPED,
    help="The model that is measured; the shipped one if not given.",
)

before = click.option(
    "--before",
    type=click.Path(path_type=Path, exists=True, file_okay=False, resolve_path=True),
    help="A checkout of the commit to compare with, measured in turn with the same Python.",
)

chromium = click.option(
    "--chromium",
    envvar="MNIST_APP_CHROMIUM",
    default="/usr/bin/chromium",
    show_default=True,
    show_envvar=True,
    help="Where Chromium is.",
)

form = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="A table for people, or JSON alone for programs.",
)


def repeats(number: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return an option `--repeats` that defaults to `number`."""
    return click.option(
        "--repeats",
        type=click.IntRange(1),
        default=number,
        show_default=True,
        help="Measurements of each; the figures are their medians.",
    )
