"""The card of a model: what it is, and how it came to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, get_origin, get_type_hints

from mnist_app.core.errors import DigitLabError

TITLE_LENGTH = 60


@dataclass(frozen=True)
class ModelCard:
    """A model's description and origin.

    Attributes:
        title: its name for people.
        class_names: what its outputs mean.
        parameter_count: how many numbers it learned.
        dataset, architecture, settings, seed: what it was trained on and with, if that is known.
        versions: of the libraries that made it.
        results: measured figures by name, all from pictures it was not trained on.
        created: when, ISO 8601, UTC.
        command: the command that repeats it, or "" when a page trained it.
        training: how long, how many pictures, whether it began with another model and how many
            taught it, whether it was stopped early and whether because it diverged, how its
            learning rate was changed by hand: see `progress.Progress.rate_changes`.
        maker: a hash of the visitor who made it; "" for the command line and for nobody.
        keras_sha256, litert_sha256: of the two files that it describes, in hexadecimal digits; ""
            on cards from before there were any.
    """

    title: str
    class_names: tuple[str, ...]
    parameter_count: int
    dataset: str = ""
    architecture: str = ""
    settings: Mapping[str, Any] = field(default_factory=dict)
    seed: int = 0
    versions: Mapping[str, str] = field(default_factory=dict)
    results: Mapping[str, Any] = field(default_factory=dict)
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    command: str = ""
    training: Mapping[str, Any] = field(default_factory=dict)
    maker: str = ""
    keras_sha256: str = ""
    litert_sha256: str = ""


def clean_title(title: str, length: int = TITLE_LENGTH) -> str:
    """Return a name that somebody typed, on one line and not too long.

    Raises:
        DigitLabError: it is empty.
    """
    clean = " ".join(title.split())[:length]
    if not clean:
        raise DigitLabError("It needs a name. Type at least one letter.")
    return clean


def check_kinds(card: ModelCard) -> None:
    """Raise TypeError if a value, which somebody may have written by hand, is of another kind."""
    for name, kind in get_type_hints(ModelCard).items():
        if not isinstance(getattr(card, name), get_origin(kind) or kind):
            raise TypeError(name)
    if not all(isinstance(name, str) for name in card.class_names):
        raise TypeError("class_names")
