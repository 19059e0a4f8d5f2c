"""Export of models: the LiteRT form that answers here, and files to hand on."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import atomic_write
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.lab.networks.litert import to_litert
from mnist_app.lab.networks.model_files import load_bytes
from mnist_app.lab.temporary_folder import temporary_folder


def convert(
    keras: bytes, name: str, *, report: Callable[[Any], None], control: RunControl
) -> bytes:
    """Return the LiteRT form of a .keras file.

    Args:
        name: of the file, for people.

    Raises:
        DigitLabError: see `load_bytes` and `litert`.
    """
    return to_litert(load_bytes(keras, name))


def export_model(
    keras: bytes,
    name: str,
    form: str,
    card: str = "",
    *,
    report: Callable[[Any], None],
    control: RunControl,
) -> bytes:
    """Return a .keras file in another format, as one file to hand on.

    Args:
        name: of the model, for people and for what is inside.
        form: "saved_model", a ZIP file that holds the folder, or "litert".
        card: the text of its card, which goes into a ZIP file.

    Raises:
        DigitLabError: the model cannot be loaded, or there is no room for temporary files.
    """
    model = load_bytes(keras, name)
    with temporary_folder() as workshop:
        made = workshop / name
        _write(model, form, made)
        if form == "litert":
            return made.read_bytes()
        if card:
            (made / "model_card.json").write_text(card, encoding="utf-8")
        return Path(shutil.make_archive(str(made), "zip", workshop, name)).read_bytes()


def write_export(keras: bytes, name: str, form: str, output: Path) -> None:
    """Write the model of a .keras file in another format.

    Args:
        name: of the file, for people.
        form: "saved_model" (a folder, for TensorFlow Serving) or "litert" (a file, for devices).

    Raises:
        DigitLabError: the model cannot be loaded, `output` cannot be written, or is a folder that
            holds something else.
    """
    if output.is_dir() and any(output.iterdir()) and not (output / "saved_model.pb").exists():
        raise DigitLabError(f"{output} is a folder that holds other things. Give a new name.")
    model = load_bytes(keras, name)
    with atomic_write(output) as draft:
        _write(model, form, draft)


def _write(model: keras.Model, form: str, output: Path) -> None:
    """Have Keras write a model in another format.

    Raises:
        OSError: it could not be written.
    """
    suffix, keras_format = {"saved_model": ("", "tf_saved_model"), "litert": (".tflite", "litert")}[
        form
    ]
    # Keras insists on its own suffix; the caller's name is the one that counts.
    made = output.with_name(f"{output.name}{suffix}")
    try:
        model.export(str(made), format=keras_format, verbose=False)
    except tf.errors.OpError as error:  # TensorFlow's own word for a disk that is full.
        raise OSError("TensorFlow could not write all of it") from error
    if made != output:
        made.rename(output)
