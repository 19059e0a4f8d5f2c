"""Models on disk: saved whole or not at all, listed, loaded without running anybody's code.

A model is a `.keras` file with its card, a `.json` file of the same name, beside it.
"""

import json
import os
import re
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, get_origin, get_type_hints

from mnist_app.classifier import Classifier
from mnist_app.datasets import DIGIT_NAMES
from mnist_app.errors import DigitLabError
from mnist_app.files import whole

SHIPPED = Path(__file__).parent.parent / "models" / "digit_lab.keras"


@dataclass(frozen=True)
class ModelCard:
    """What a model is and how it came to be.

    Attributes:
        title: its name for people.
        dataset, architecture, settings, seed: what it was trained on and with.
        class_names: what its outputs mean.
        weights: how many numbers it learned.
        versions: of the libraries that made it.
        results: measured figures by name, all from pictures it was not trained on.
        created: when, ISO 8601, UTC.
        command: the command that repeats it, or "" when a page trained it.
        training: how long, how many pictures, whether it began with another model and how many
            taught it, whether it was stopped early and whether because it diverged, how its
            learning rate was changed by hand: see `progress.Progress.rate_changes`.
    """

    title: str
    dataset: str
    architecture: str
    settings: dict[str, Any]
    seed: int
    class_names: tuple[str, ...]
    weights: int
    versions: dict[str, str]
    results: dict[str, Any]
    created: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))
    command: str = ""
    training: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class StoredModel:
    """A model that lies on disk; `card` is None when none is beside it or it cannot be read."""

    path: Path
    card: ModelCard | None

    @property
    def name(self) -> str:
        """The file's name without its suffix; unique in a list."""
        return self.path.stem

    @property
    def is_shipped(self) -> bool:
        """Whether it came with the app."""
        return self.path.resolve() == SHIPPED.resolve()

    @property
    def title(self) -> str:
        """The name for people."""
        return self.card.title if self.card else self.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """What its outputs mean; digits unless its card says otherwise."""
        return self.card.class_names if self.card else DIGIT_NAMES

    @property
    def reads_digits(self) -> bool:
        """Whether its answers are digits."""
        return self.class_names == DIGIT_NAMES


def folder() -> Path:
    """Where models that users train are kept."""
    own = os.environ.get("MNIST_APP_MODELS")
    return Path(own).expanduser() if own else SHIPPED.parent


def models() -> list[StoredModel]:
    """All models, the shipped one first, then the newest first."""
    dated = []
    for path in folder().glob("*.keras"):
        # Somebody may have deleted it meanwhile.
        with suppress(OSError):
            dated.append((path.stat().st_mtime, path))
    own = [path for _, path in sorted(dated, reverse=True) if path.resolve() != SHIPPED.resolve()]
    return [describe(path) for path in (*([SHIPPED] if SHIPPED.exists() else []), *own)]


def titles(stored: Iterable[StoredModel]) -> dict[str, str]:
    """The models' titles by their names; equal ones have the name behind them."""
    listed = list(stored)
    alike = Counter(model.title for model in listed)
    return {
        model.name: f"{model.title} ({model.name})" if alike[model.title] > 1 else model.title
        for model in listed
    }


def describe(path: Path) -> StoredModel:
    """A model with its card, without loading it."""
    try:
        values = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        card = ModelCard(**{**values, "class_names": tuple(values["class_names"])})
        _check_kinds(card)
    except (OSError, ValueError, TypeError, KeyError):
        card = None
    return StoredModel(path, card)


def _check_kinds(card: ModelCard) -> None:
    """Raise TypeError if a value, which somebody may have written by hand, is of another kind."""
    for name, kind in get_type_hints(ModelCard).items():
        if not isinstance(getattr(card, name), get_origin(kind) or kind):
            raise TypeError(name)
    if not all(isinstance(name, str) for name in card.class_names):
        raise TypeError("class_names")


def file_stem(title: str) -> str:
    """A name without an ending for files about something of that title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "model"


def path_for(title: str) -> Path:
    """A path in the models' folder for a new model of that title; never one that is taken."""
    stem = file_stem(title)
    path, number = folder() / f"{stem}.keras", 2
    while path.exists() or path.stem == SHIPPED.stem:
        path, number = folder() / f"{stem}-{number}.keras", number + 1
    return path


@dataclass(frozen=True)
class ModelFiles:
    """A model as the bytes of its two files: in Keras' format, and in its LiteRT form."""

    keras: bytes
    litert: bytes


def save(files: ModelFiles, card: ModelCard, path: Path | None) -> StoredModel:
    """Save a model and its card, each whole or not at all, and none unless all can be.

    Args:
        path: ends in .keras; None for `path_for` the card's title, as it is free now.

    Raises:
        DigitLabError: the place cannot be written.
    """
    path = path or path_for(card.title)
    if path.suffix != ".keras":
        raise DigitLabError(f"{path} must end in .keras.")
    with (
        whole(path) as draft,
        whole(path.with_suffix(".tflite")) as litert_draft,
        whole(path.with_suffix(".json")) as card_draft,
    ):
        draft.write_bytes(files.keras)
        litert_draft.write_bytes(files.litert)
        card_draft.write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")
    return describe(path)


def classifier(path: Path, threads: int = 1) -> Classifier:
    """Load what answers for the model at `path`.

    Raises:
        DigitLabError: the model or its LiteRT form is missing or broken.
    """
    if not path.is_file():
        raise DigitLabError(f"There is no model at {path}: train one or choose another.")
    try:
        litert = path.with_suffix(".tflite").read_bytes()
    except OSError as error:
        raise DigitLabError(f"{path.name} has no LiteRT form beside it yet.") from error
    return Classifier(litert, threads)
