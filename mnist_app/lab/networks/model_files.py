"""Model files made and opened by Keras, without running anybody's code."""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED
from mnist_app.core.models import layer_list
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.lab.networks.litert import to_litert
from mnist_app.lab.temporary_folder import temporary_folder

# The parts of a model file, each with the most bytes that it may unpack to.
LARGEST = {
    "metadata.json": 10_000,
    "config.json": layer_list.MOST_BYTES,
    "model.weights.h5": 500_000_000,
}
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


def packed(model: keras.Model) -> ModelFiles:
    """Return a model as the bytes of its files, without its optimizer, two thirds of its size.

    Raises:
        DigitLabError: see `litert`.
    """
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with temporary_folder() as folder:
        path = folder / "model.keras"
        bare.save(path)
        return ModelFiles(path.read_bytes(), to_litert(bare))


def opened(data: bytes, name: str) -> keras.Model:
    """Load a model from the bytes of its .keras file.

    Args:
        name: of the file, for people.

    Raises:
        DigitLabError: see `load`, or the disk is full.
    """
    with temporary_folder() as folder:
        path = folder / "model.keras"
        path.write_bytes(data)
        return load(path, name)


def load(path: Path, name: str = "") -> keras.Model:
    """Load a model that tells classes of 28 x 28 pictures apart.

    Args:
        name: for people; that of the file by default.

    Raises:
        DigitLabError: it is missing, broken, could run code, or is made for something else.
    """
    name = name or path.name
    if not path.is_file():
        raise DigitLabError(f"There is no model called {name}. Train one or choose another.")
    # By another suffix Keras would read it as an older format, which the check knows nothing of.
    if path.suffix != ".keras":
        raise DigitLabError(f"{name} is not a .keras file. Choose one that is.")
    _refuse_code(path, name)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its layers raise on foreign settings.
        raise DigitLabError(f"Keras cannot open {name}. Choose another model.") from error
    if model.input_shape != (None, 28, 28, 1) or len(model.output_shape) != 2:
        raise DigitLabError(
            f"{name} does not turn 28 x 28 x 1 pixels into one answer. Choose another model."
        )
    return model


def _refuse_code(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            for part in archive.infolist():
                if part.filename not in LARGEST:
                    raise DigitLabError(
                        f"{name} contains {part.filename!r}, which does not belong in a model "
                        "file. Choose another model."
                    )
                if part.file_size > LARGEST[part.filename]:
                    raise DigitLabError(f"{name} is too large to open. Choose another model.")
            config = json.loads(archive.read("config.json"))
        # Loading ignores how it was compiled, such as its optimizer.
        config.pop("compile_config", None)
        suspect = next(_named_things(config), None)
    except DAMAGED as error:
        raise DigitLabError(
            f"{name} is damaged, or not a Keras model. Delete it or choose another."
        ) from error
    if suspect is not None:
        raise DigitLabError(
            f"{name} contains {suspect!r}, which could run code on this computer. It was not "
            "opened: choose another model."
        )


def _named_things(value: Any) -> Iterator[str]:
    """Yield the names in a saved configuration that are no plain layers."""
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
