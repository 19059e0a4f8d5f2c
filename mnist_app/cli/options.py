"""Options that several commands share, and those that come from the table of settings."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from mnist_app.core.settings import SETTINGS, Setting

form_option = click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="Lines for people, or JSON alone for programs.",
)
FILE = click.Path(path_type=Path, dir_okay=False)


def setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting; it is None where it is not given."""
    for setting in reversed(SETTINGS):
        flag = "--" + setting.name.replace("_", "-")
        command = click.option(flag, type=_option_type(setting), default=None, help=_help(setting))(
            command
        )
    return command


def _option_type(setting: Setting) -> Any:
    if setting.choices:
        return click.Choice(list(setting.choices))
    if setting.kind is str:
        return str
    if setting.kind is int:
        return click.IntRange(int(setting.minimum), int(setting.maximum))
    return click.FloatRange(setting.minimum, setting.maximum)


def _help(setting: Setting) -> str:
    return f"{setting.help}  [default: {setting.default}]"
