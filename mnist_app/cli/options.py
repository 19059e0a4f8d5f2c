"""Options that several commands share, and those that come from the table of settings."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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
    help="Text for people, or JSON for programs.",
)
FILE = click.Path(path_type=Path, dir_okay=False)


@contextmanager
def progress_bar(
    label: str, is_hidden: bool = False, **options: Any
) -> Iterator[Callable[..., None]]:
    """Show a bar on standard error, hidden where nobody watches.

    Yields:
        What moves it to a fraction, 0..1, and may take what `item_show_func` gets.
    """
    is_hidden = is_hidden or not sys.stderr.isatty()
    with click.progressbar(
        length=1000, label=label, file=sys.stderr, hidden=is_hidden, show_pos=False, **options
    ) as bar:
        yield lambda fraction, item=None: bar.update(round(fraction * 1000) - bar.pos, item)


def setting_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each setting; it is None where it is not given."""
    for setting in reversed(SETTINGS):
        command = click.option(
            flag(setting), type=_option_type(setting), default=None, help=_help(setting)
        )(command)
    return command


def flag(setting: Setting) -> str:
    """Return the name of a setting's option."""
    return "--" + setting.name.replace("_", "-")


def with_flags(sentence: str) -> str:
    """Return a sentence that names settings by their options, not as a form does."""
    for setting in SETTINGS:
        sentence = sentence.replace(f"“{setting.label}”", flag(setting))
    return sentence


def _option_type(setting: Setting) -> Any:
    if setting.choices and not setting.check:
        return click.Choice(list(setting.choices))
    if setting.kind is str:
        return str
    if setting.kind is int:
        return click.IntRange(int(setting.minimum), int(setting.maximum))
    return click.FloatRange(setting.minimum, setting.maximum)


def _help(setting: Setting) -> str:
    allowed = f" {setting.rule[0].upper()}{setting.rule[1:]}." if setting.check else ""
    return f"{setting.help}{allowed}  [default: {setting.default}]"
