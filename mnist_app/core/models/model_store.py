"""Models on disk: saved whole or not at all, listed, opened for answers, deleted.

A model is a `.keras` file. Beside it lie, under the same name, its LiteRT form (`.tflite`) and its
card (`.json`), which names the hashes of both: a card of another file is none, nor is such a form.
"""

import functools
import itertools
import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from mnist_app.core import file_hashes, limits
from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import HOME, atomic_write, atomic_writes
from mnist_app.core.models.model_card import ModelCard, check_kinds, clean_title
from mnist_app.core.recognition.classifier import Classifier

SHIPPED = HOME / "models" / "digit_lab.keras"
# Formats to hand a model on in, each with the ending of its one file; see `lab.export`.
EXPORTS = {"saved_model": "-saved-model.zip", "litert": ".tflite"}
# Cards that are remembered until they change.
REMEMBERED = 1000


@dataclass(frozen=True)
class StoredModel:
    """A model on disk; `card` is None when none can be read that is its own."""

    path: Path
    card: ModelCard | None

    @property
    def name(self) -> str:
        """Return the file's name without its suffix; unique in a list."""
        return self.path.stem

    @property
    def is_shipped(self) -> bool:
        """Return whether it came with the app."""
        return self.path.resolve() == SHIPPED.resolve()

    @property
    def title(self) -> str:
        """Return the name for people."""
        return self.card.title if self.card else self.name

    @property
    def class_names(self) -> tuple[str, ...]:
        """Return the names of its outputs; digits unless its card says otherwise."""
        return self.card.class_names if self.card else DIGIT_NAMES

    @property
    def reads_digits(self) -> bool:
        """Return whether its answers are digits."""
        return self.class_names == DIGIT_NAMES

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of what it reads, where they are no digits."""
        return () if self.reads_digits else self.class_names


def folder() -> Path:
    """Return where models that users train are kept."""
    own = os.environ.get("MNIST_APP_MODELS")
    return Path(own).expanduser() if own else SHIPPED.parent


def models() -> list[StoredModel]:
    """Return all models, the shipped one first, then the newest first."""
    shipped = file_hashes.stamp(SHIPPED)
    dated = [
        (stamp, path) for path in folder().glob("*.keras") if (stamp := file_hashes.stamp(path))
    ]
    own = [path for stamp, path in sorted(dated, reverse=True) if stamp != shipped]
    return [describe(path) for path in (*([SHIPPED] if shipped else []), *own)]


def titles(stored: Iterable[StoredModel]) -> dict[str, str]:
    """Return the models' titles by their names; equal ones have the name behind them."""
    listed = list(stored)
    alike = Counter(model.title for model in listed)
    return {
        model.name: f"{model.title} ({model.name})" if alike[model.title] > 1 else model.title
        for model in listed
    }


def describe(path: Path) -> StoredModel:
    """Return a model with its card, without loading it."""
    said = _said(path)
    is_own = said.keras_sha256 in ("", file_hashes.of_file(path))
    return StoredModel(path, said.card if is_own else None)


def is_ready(stored: StoredModel) -> bool:
    """Tell whether the model's own LiteRT form lies beside it."""
    said = _said(stored.path)
    return (
        bool(said.litert_sha256)
        and said.keras_sha256 == file_hashes.of_file(stored.path)
        and said.litert_sha256 == file_hashes.of_file(stored.path.with_suffix(".tflite"))
    )


@dataclass(frozen=True)
class _Said:
    """The contents of a card file; a model of another app has hashes but no card."""

    card: ModelCard | None = None
    keras_sha256: str = ""
    litert_sha256: str = ""


def _said(model: Path) -> _Said:
    path = model.with_suffix(".json")
    stamp = file_hashes.stamp(path)
    try:
        return _read(path, stamp) if stamp else _Said()
    except OSError:
        return _Said()


@functools.lru_cache(maxsize=REMEMBERED)
def _read(path: Path, stamp: file_hashes.Stamp) -> _Said:
    """Read what a card said when it was written."""
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        hashes = {name: str(values.get(name, "")) for name in ("keras_sha256", "litert_sha256")}
    except (ValueError, AttributeError, RecursionError):
        return _Said()
    # The name of older cards.
    if "weights" in values:
        values["parameter_count"] = values.pop("weights")
    try:
        card = ModelCard(**{**values, "class_names": tuple(values["class_names"])})
        check_kinds(card)
    except (TypeError, KeyError):
        return _Said(None, **hashes)
    return _Said(card, **hashes)


def file_stem(title: str) -> str:
    """Return a name without an ending for files about something of that title."""
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:60] or "model"


@dataclass(frozen=True)
class ModelFiles:
    """A model as the bytes of its two files: in Keras' format, and in its LiteRT form."""

    keras: bytes
    litert: bytes


def save(files: ModelFiles, card: ModelCard, path: Path | None) -> StoredModel:
    """Save a model and its card, all whole, and none unless all can be.

    Args:
        card: without hashes, which are added.
        path: ends in .keras; None for a place of its own in the models' folder.

    Raises:
        DigitLabError: the place cannot be written.
    """
    own = replace(
        card,
        keras_sha256=file_hashes.of_bytes(files.keras),
        litert_sha256=file_hashes.of_bytes(files.litert),
    )
    with _reserved(card.title) if path is None else nullcontext(path) as place:
        if place.suffix != ".keras":
            raise DigitLabError(f"The file name {place.name} must end in .keras.")
        litert, text = place.with_suffix(".tflite"), place.with_suffix(".json")
        with atomic_writes(place, litert, text) as (keras_draft, litert_draft, card_draft):
            keras_draft.write_bytes(files.keras)
            litert_draft.write_bytes(files.litert)
            card_draft.write_text(_as_text(asdict(own)), encoding="utf-8")
    return describe(place)


@contextmanager
def _reserved(title: str) -> Iterator[Path]:
    """Reserve a path for a model of that title until it is saved.

    Raises:
        DigitLabError: the models' folder cannot be written.
    """
    path = _reserve(title)
    try:
        yield path
    except BaseException:
        path.with_suffix(".json").unlink(missing_ok=True)
        raise


def _reserve(title: str) -> Path:
    """Put an empty card, which keeps the place, at the best free path for such a model."""
    stem = file_stem(title)
    names = itertools.chain([stem], (f"{stem}-{number}" for number in itertools.count(2)))
    try:
        folder().mkdir(parents=True, exist_ok=True)
        while True:
            path = folder() / f"{next(names)}.keras"
            if not path.exists() and path.stem != SHIPPED.stem:
                with suppress(FileExistsError):
                    path.with_suffix(".json").touch(exist_ok=False)
                    return path
    except OSError as error:
        reason = error.strerror or error
        raise DigitLabError(
            f"Models cannot be saved here ({reason}). Free some disk space or use another folder."
        ) from error


def add_litert(path: Path, litert: bytes) -> None:
    """Put the LiteRT form beside the model at `path` that it was made of.

    Raises:
        DigitLabError: the model is gone, or the place cannot be written.
    """
    keras_sha256 = file_hashes.of_file(path)
    if keras_sha256 is None:
        raise _missing(path)
    said = _said(path)
    values = _values(path) if said.keras_sha256 in ("", keras_sha256) else {}
    values |= {"keras_sha256": keras_sha256, "litert_sha256": file_hashes.of_bytes(litert)}
    form, text = path.with_suffix(".tflite"), path.with_suffix(".json")
    with atomic_writes(form, text) as (litert_draft, card_draft):
        litert_draft.write_bytes(litert)
        card_draft.write_text(_as_text(values), encoding="utf-8")


def _values(path: Path) -> dict[str, Any]:
    """Return all values on the card of a model, whoever wrote it."""
    try:
        values = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return values if isinstance(values, dict) else {}


def _as_text(values: Mapping[str, Any]) -> str:
    return json.dumps(values, indent=1) + "\n"


def rename(stored: StoredModel, title: str) -> None:
    """Give a model another name for people; its files keep theirs.

    Raises:
        DigitLabError: the name is empty, the model has no card, or it cannot be written.
    """
    values = _values(stored.path)
    if stored.card is None or not values:
        raise DigitLabError(f"{stored.title} has no card, so it cannot be renamed.")
    with atomic_write(stored.path.with_suffix(".json"), stored.title) as draft:
        draft.write_text(_as_text(values | {"title": clean_title(title)}), encoding="utf-8")


def delete(stored: StoredModel) -> None:
    """Delete a model with all that lies beside it.

    Raises:
        DigitLabError: it came with the app, or cannot be deleted.
    """
    if stored.is_shipped:
        raise DigitLabError(f"{stored.title} is built in and cannot be deleted.")
    try:
        # Without the first one there is no model.
        for suffix in (".keras", ".tflite", ".json"):
            stored.path.with_suffix(suffix).unlink(missing_ok=True)
    except OSError as error:
        raise DigitLabError(
            f"{stored.path.name} could not be deleted ({error.strerror}). Delete it by hand."
        ) from error


def require_room() -> None:
    """Refuse to begin with another model where as many are kept as this host allows.

    Raises:
        DigitLabError: there are that many.
    """
    most = limits.most("models")
    if sum(not model.is_shipped for model in models()) >= most:
        raise DigitLabError(f"There is no room for more than {most:,.0f} models. Delete one first.")


def read(path: Path) -> bytes:
    """Return the file of the model at `path`.

    Raises:
        DigitLabError: it is missing or cannot be read.
    """
    if not path.is_file():
        raise _missing(path)
    try:
        return path.read_bytes()
    except OSError as error:
        raise DigitLabError(
            f"{path.name} cannot be read ({error.strerror}). Choose another model."
        ) from error


def _missing(path: Path) -> DigitLabError:
    return DigitLabError(f"There is no model called {path.name}. Train one or choose another.")


def classifier(path: Path, threads: int = 1) -> Classifier:
    """Load what answers for the model at `path`.

    Raises:
        DigitLabError: the model is missing, or its LiteRT form is missing, broken or another's.
    """
    if not path.is_file():
        raise _missing(path)
    if not is_ready(StoredModel(path, None)):
        raise DigitLabError(f"{path.name} is not ready to read yet. Try again soon.")
    try:
        litert = path.with_suffix(".tflite").read_bytes()
    except OSError as error:
        raise DigitLabError(f"{path.name} is not ready to read yet. Try again soon.") from error
    return Classifier(litert, threads)
