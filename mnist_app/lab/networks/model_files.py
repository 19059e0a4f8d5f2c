"""Model files made and opened by Keras, without running anybody's code."""

import copy
from pathlib import Path
from typing import Any

import keras

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.lab.networks import keras2
from mnist_app.lab.networks.litert import to_litert
from mnist_app.lab.networks.untrusted_files import Contents, inspected
from mnist_app.lab.temporary_folder import temporary_folder

RECURRENT = ("SimpleRNN", "LSTM", "GRU")


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


def load_bytes(data: bytes, name: str) -> keras.Model:
    """Load a model that tells classes of 28 x 28 pictures apart.

    Args:
        data: a .keras or .h5 file.
        name: of the file, for people.

    Raises:
        DigitLabError: see `inspected` and `built`; or it is made for something else.
    """
    model = built(data, inspected(data, name), name)
    if model.input_shape != (None, 28, 28, 1) or len(model.output_shape) != 2:
        raise DigitLabError(
            f"{name} must turn a grey 28 x 28 picture into one answer. Choose another model."
        )
    return model


def load(path: Path) -> keras.Model:
    """Load the file at `path`; see `model_store.read` and `load_bytes`."""
    return load_bytes(model_store.read(path), path.name)


def built(data: bytes, contents: Contents, name: str) -> keras.Model:
    """Build the network of a model file with its weights.

    Raises:
        DigitLabError: Keras cannot, or the disk is full.
    """
    model = from_config(contents, name)
    with temporary_folder() as folder:
        # By the suffix Keras decides what it reads, which must be what was looked through.
        path = folder / f"model{contents.suffix}"
        path.write_bytes(data)
        try:
            model.load_weights(path)
        except Exception as error:  # Keras raises whatever its layers raise on foreign settings.
            raise _cannot_open(contents, name) from error
    return model


def from_config(contents: Contents, name: str) -> keras.Model:
    """Build the network of a model file without its weights.

    Raises:
        DigitLabError: Keras cannot.
    """
    # Keras takes apart what it builds from.
    config = copy.deepcopy(contents.config)
    try:
        if contents.suffix == ".h5" or not contents.version.startswith("3"):
            config = keras2.modern(config)
        _unroll(config)
        return keras.saving.deserialize_keras_object(config, safe_mode=True)
    except Exception as error:  # As above.
        raise _cannot_open(contents, name) from error


def _unroll(config: Any) -> None:
    """Have recurrent layers saved step by step, as LiteRT has no form for their loops."""
    if isinstance(config, dict):
        if config.get("class_name") in RECURRENT:
            config["config"]["unroll"] = True
        config = list(config.values())
    for part in config if isinstance(config, list) else ():
        _unroll(part)


def _cannot_open(contents: Contents, name: str) -> DigitLabError:
    if contents.version.startswith("3"):
        return DigitLabError(f"Keras cannot open {name}. Choose another model.")
    return DigitLabError(
        f"Keras {contents.version} wrote {name}, and Keras {keras.version()} cannot open it. "
        "Build the same network with Keras 3, load its weights there, and save it as .keras."
    )
