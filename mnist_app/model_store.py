"""Models on disk: saved whole or not at all, listed, loaded without running anybody's code.

A model is a `.keras` file with its card, a `.json` file of the same name, beside it.
"""

import json
import os
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin, get_type_hints

from mnist_app.datasets import DIGIT_NAMES
from mnist_app.errors import DigitLabError
from mnist_app.files import whole

if TYPE_CHECKING:
    import keras

SHIPPED = Path(__file__).parent.parent / "models" / "digit_lab.keras"
MAX_UNPACKED_BYTES = 500_000_000
# Layers that only do arithmetic. A file that names anything else (a Lambda, a registered class, a
# function of some module) is refused before Keras sees it.
SAFE_CLASSES = frozenset(
    """
    Sequential Functional InputLayer Dense Flatten Reshape Permute Activation ReLU LeakyReLU PReLU
    ELU Softmax Conv1D Conv2D DepthwiseConv2D SeparableConv2D Conv2DTranspose MaxPooling2D
    AveragePooling2D GlobalMaxPooling2D GlobalAveragePooling2D BatchNormalization LayerNormalization
    GroupNormalization Dropout SpatialDropout2D GaussianNoise GaussianDropout ZeroPadding2D Add
    Average Multiply Maximum Concatenate Rescaling Normalization RandomRotation RandomTranslation
    RandomZoom UpSampling2D Identity L1 L2 L1L2
    Zeros Ones Constant GlorotUniform GlorotNormal HeUniform HeNormal LecunUniform LecunNormal
    RandomNormal RandomUniform TruncatedNormal Orthogonal VarianceScaling DTypePolicy
    __tensor__ __keras_tensor__ __tuple__ __list__
    """.split()
)
SAFE_PACKAGES = ("keras", "builtins")


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


def save(model: "keras.Model", card: ModelCard, path: Path | None) -> StoredModel:
    """Save a model and its card, each whole or not at all, and neither unless both can be.

    Args:
        path: ends in .keras; None for `path_for` the card's title, as it is free now.

    Raises:
        DigitLabError: the place cannot be written.
    """
    path = path or path_for(card.title)
    if path.suffix != ".keras":
        raise DigitLabError(f"{path} must end in .keras.")
    # Without its optimizer a model is a third of the size.
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with whole(path) as draft, whole(path.with_suffix(".json")) as card_draft:
        bare.save(draft)
        card_draft.write_text(json.dumps(asdict(card), indent=1) + "\n", encoding="utf-8")
    return describe(path)


def load(path: Path) -> "keras.Model":
    """Load a model of ten or fewer classes over 28 x 28 pictures.

    Raises:
        DigitLabError: it is missing, broken, could run code, or is made for something else.
    """
    if not path.is_file():
        raise DigitLabError(f"There is no model at {path}: train one or choose another.")
    # By another suffix Keras would read it as an older format, which the check knows nothing of.
    if path.suffix != ".keras":
        raise DigitLabError(f"{path} must end in .keras.")
    _refuse_code(path)
    import keras

    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its layers raise on foreign settings.
        raise DigitLabError(f"{path.name} is no model that can be loaded here.") from error
    if model.input_shape != (None, 28, 28, 1) or model.output_shape != (None, 10):
        raise DigitLabError(
            f"{path.name} is made for other pictures: it must map 28 x 28 x 1 to 10 classes."
        )
    return model


def _refuse_code(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise DigitLabError(f"{path.name} is too large to be loaded here.")
            config = json.loads(archive.read("config.json"))
        # Loading ignores how it was compiled, such as its optimizer.
        config.pop("compile_config", None)
        suspect = next(_named_things(config), None)
    except (
        OSError, EOFError, KeyError, ValueError, TypeError, AttributeError, RuntimeError,
        zipfile.BadZipFile, zlib.error, struct.error,
    ) as error:  # fmt: skip
        raise DigitLabError(
            f"{path.name} is broken or no .keras file: delete it or choose another."
        ) from error
    if suspect is not None:
        raise DigitLabError(
            f"{path.name} holds {suspect!r}, which could run code: it is not loaded."
        )


def _named_things(value: Any) -> Iterator[str]:
    """What a saved configuration names beyond plain layers."""
    if isinstance(value, list):
        for item in value:
            yield from _named_things(item)
    elif isinstance(value, dict):
        name, module = value.get("class_name"), value.get("module")
        if name is not None and name not in SAFE_CLASSES:
            yield str(name)
        if module is not None and str(module).split(".")[0] not in SAFE_PACKAGES:
            yield str(module)
        # A package other than Keras' own is somebody's class of the same name.
        registered = value.get("registered_name")
        if registered is not None and registered not in (name, f"keras>{name}"):
            yield str(registered)
        for item in value.values():
            yield from _named_things(item)


def export(path: Path, form: str, output: Path) -> None:
    """Write a stored model in another format.

    Args:
        form: "saved_model" (a folder, for TensorFlow Serving) or "litert" (a file, for devices).

    Raises:
        DigitLabError: the model cannot be loaded, `output` cannot be written, or is a folder that
            holds something else.
    """
    if output.is_dir() and any(output.iterdir()) and not (output / "saved_model.pb").exists():
        raise DigitLabError(f"{output} is a folder with other things in it: give a new name.")
    model = load(path)
    import tensorflow as tf

    suffix = {"saved_model": "", "litert": ".tflite"}[form]
    keras_format = {"saved_model": "tf_saved_model", "litert": "litert"}[form]
    with whole(output) as draft:
        # Keras insists on its own suffix; the caller's name is the one that counts.
        made = draft.with_name(f"{draft.name}{suffix}")
        try:
            model.export(str(made), format=keras_format, verbose=False)
        except tf.errors.OpError as error:  # TensorFlow's own word for a disk that is full.
            raise OSError("TensorFlow could not write all of it") from error
        if made != draft:
            made.rename(draft)
