"""Options that several benchmarks take."""

from pathlib import Path

import click

from mnist_app import model_store

model = click.option(
    "--model",
    type=click.Path(path_type=Path, dir_okay=False),
    default=model_store.SHIPPED,
    help="The model that is measured; the shipped one if not given.",
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
