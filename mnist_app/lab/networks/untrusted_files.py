"""Model files of strangers, looked through before Keras sees them, so that they run no code."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import h5py

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import DAMAGED
from mnist_app.core.models import layer_list

# Unpacked: what a small file grows to must have room in memory.
MOST_WEIGHT_BYTES = 500_000_000
# The parts of a .keras file, each with the most bytes that it may unpack to.
LARGEST = {
    "metadata.json": 10_000,
    "config.json": layer_list.MOST_BYTES,
    "model.weights.h5": MOST_WEIGHT_BYTES,
}
# Layers that only do arithmetic. A file that names anything else (a Lambda, a registered class, a
# function of some module) is refused before Keras sees it.
SAFE_CLASSES = frozenset(
    """
    Sequential Functional Model InputLayer Dense Flatten Reshape Permute RepeatVector Activation
    ReLU LeakyReLU PReLU ELU Softmax Conv1D Conv2D SeparableConv1D DepthwiseConv2D SeparableConv2D
    Conv2DTranspose MaxPooling1D AveragePooling1D GlobalMaxPooling1D GlobalAveragePooling1D
    MaxPooling2D AveragePooling2D GlobalMaxPooling2D GlobalAveragePooling2D BatchNormalization
    LayerNormalization GroupNormalization UnitNormalization SimpleRNN LSTM GRU Bidirectional
    Dropout SpatialDropout1D SpatialDropout2D AlphaDropout GaussianNoise GaussianDropout
    ActivityRegularization ZeroPadding2D Cropping2D Add Subtract Average Multiply Maximum Minimum
    Concatenate Rescaling Normalization Resizing CenterCrop RandomRotation RandomTranslation
    RandomZoom RandomFlip RandomContrast RandomBrightness UpSampling2D Identity L1 L2 L1L2
    MaxNorm MinMaxNorm NonNeg UnitNorm Zeros Ones Constant Identity GlorotUniform GlorotNormal
    HeUniform HeNormal LecunUniform LecunNormal RandomNormal RandomUniform TruncatedNormal
    Orthogonal VarianceScaling DTypePolicy __tensor__ __keras_tensor__ __tuple__ __list__
    """.split()
)
SAFE_PACKAGES = ("keras", "tf_keras", "builtins")
# Of a name in a file, as many characters are said.
MOST_SAID = 60


@dataclass(frozen=True)
class Contents:
    """The contents of a model file but for its weights.

    Attributes:
        config: of the network, as Keras wrote it; names nothing but plain layers.
        version: of the Keras that wrote it; "1" where it does not say.
        suffix: of its format: ".keras", or ".h5" as Keras 2 wrote it.
    """

    config: dict[str, Any]
    version: str
    suffix: str


def inspected(data: bytes, name: str) -> Contents:
    """Take a .keras or .h5 file apart, without running anything in it.

    Args:
        name: of the file, for people.

    Raises:
        DigitLabError: it is damaged, too large, could run code or reads other files.
    """
    try:
        contents = _of_archive(data, name) if data.startswith(b"PK") else _of_hdf5(data, name)
        # Loading ignores how it was compiled, such as its optimizer.
        contents.config.pop("compile_config", None)
        suspect = next(_suspects(contents.config), None)
    except DAMAGED as error:
        raise DigitLabError(
            f"{name} is damaged, or not a Keras model. Delete it or choose another."
        ) from error
    if suspect is not None:
        raise DigitLabError(
            f"{name} contains {suspect}, which could run code on this computer, so it was not "
            "opened. Choose a model with only standard Keras layers."
        )
    return contents


def _of_archive(data: bytes, name: str) -> Contents:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for part in archive.infolist():
            if part.filename not in LARGEST:
                raise DigitLabError(
                    f"{name} contains {part.filename!r}, which does not belong in a model file. "
                    "Choose another model."
                )
            if part.file_size > LARGEST[part.filename]:
                raise _too_large(name)
        config = json.loads(archive.read("config.json"))
        # None but Keras 3 ever left it out.
        metadata = archive.read("metadata.json") if "metadata.json" in archive.namelist() else b"{}"
        with h5py.File(io.BytesIO(archive.read("model.weights.h5"))) as file:
            _refuse_links(file, name)
    version = str(json.loads(metadata).get("keras_version", "3"))
    return Contents(config, version[:MOST_SAID], ".keras")


def _of_hdf5(data: bytes, name: str) -> Contents:
    with h5py.File(io.BytesIO(data)) as file:
        _refuse_links(file, name)
        config, version = _text(file, "model_config"), _text(file, "keras_version") or "1"
    if not config:
        raise DigitLabError(
            f"{name} holds weights without their network. In Keras, save both with "
            'model.save("name.keras").'
        )
    if len(config) > LARGEST["config.json"]:
        raise _too_large(name)
    return Contents(json.loads(config), version[:MOST_SAID], ".h5")


def _text(file: h5py.File, attribute: str) -> str:
    value = file.attrs.get(attribute, "")
    return value.decode() if isinstance(value, bytes) else str(value)


def _refuse_links(file: h5py.File, name: str) -> None:
    """Refuse an HDF5 file that takes in what lies elsewhere, or unpacks to more than is allowed."""
    links: list[tuple[str, Any]] = []
    file.visititems_links(lambda path, link: links.append((path, link)))
    unpacked = 0
    for path, link in links:
        part = file[path] if isinstance(link, h5py.HardLink) else None
        is_data = isinstance(part, h5py.Dataset)
        if part is None or (is_data and (part.external or part.is_virtual)):
            raise DigitLabError(
                f"{name} needs data from outside the file ({path}). Choose another model."
            )
        unpacked += part.nbytes if is_data else 0
    if unpacked > MOST_WEIGHT_BYTES:
        raise _too_large(name)


def _too_large(name: str) -> DigitLabError:
    return DigitLabError(f"{name} is too large to open. Choose another model.")


def _suspects(value: Any, layer: str = "") -> Iterator[str]:
    """Yield what a saved configuration names that is no plain layer, and in which layer."""
    if isinstance(value, list):
        for item in value:
            yield from _suspects(item, layer)
    elif isinstance(value, dict):
        settings = value.get("config")
        if isinstance(settings, dict) and isinstance(settings.get("name"), str):
            layer = settings["name"][:MOST_SAID]
        where = f" in its layer {layer!r}" if layer else ""
        name, module = value.get("class_name"), value.get("module")
        if name is not None and name not in SAFE_CLASSES:
            yield f"{str(name)[:MOST_SAID]!r}{where}"
        if module is not None and str(module).split(".")[0] not in SAFE_PACKAGES:
            yield f"{str(module)[:MOST_SAID]!r}{where}"
        # A package other than Keras' own is somebody's class of the same name.
        registered = value.get("registered_name")
        if registered is not None and registered not in (name, f"keras>{name}"):
            yield f"{str(registered)[:MOST_SAID]!r}{where}"
        for item in value.values():
            yield from _suspects(item, layer)
