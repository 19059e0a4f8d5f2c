"""Model files made and opened by Keras, without running anybody's code."""

import contextlib
import io
import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mnist_app.core.errors import DigitLabError
from mnist_app.core.files import whole
from mnist_app.core.jobs.run_control import Steering
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.lab.explaining.gradients import before_softmax
from mnist_app.lab.training import compilation

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


def packed(model: keras.Model) -> ModelFiles:
    """Return a model as the bytes of its files, without its optimizer, two thirds of its size.

    Raises:
        DigitLabError: see `litert`.
    """
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with _workshop() as folder:
        path = folder / "model.keras"
        bare.save(path)
        return ModelFiles(path.read_bytes(), litert(bare))


def convert(keras: bytes, name: str, *, report: Callable[[Any], None], steering: Steering) -> bytes:
    """Return the LiteRT form of a .keras file.

    Args:
        name: of the file, for people.

    Raises:
        DigitLabError: see `opened` and `litert`.
    """
    return litert(opened(keras, name))


def litert(model: keras.Model) -> bytes:
    """Convert a model, which maps (n, 28, 28, 1) in 0..1 to (n, classes), to its LiteRT form.

    It has two signatures, both from `images`, float32 (n, 28, 28, 1): "answer" gives
    `probabilities`, `logits` and `features`; "look" gives what each layer makes of them, such as
    `layer_000_conv2d`, and of a convolution that looks at the picture itself `kernels` and
    `biases`.

    Raises:
        DigitLabError: LiteRT has no form for one of its layers.
    """
    if any(layer.compute_dtype != "float32" for layer in model.layers):
        model = compilation.copy(model)
    with _workshop() as folder:
        try:
            _archive(model).write_out(str(folder), verbose=False)
            converter = tf.lite.TFLiteConverter.from_saved_model(
                str(folder), signature_keys=["answer", "look"]
            )
            return bytes(converter.convert())
        except (OSError, tf.errors.ResourceExhaustedError):
            raise
        except Exception as error:  # Whatever is met by the layer that has no form.
            raise DigitLabError(
                "LiteRT has no form for a layer of this model: choose another model."
            ) from error


def _archive(model: keras.Model) -> keras.export.ExportArchive:
    """The functions of a LiteRT form."""
    shape = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="images")]
    answering = keras.Model(
        model.inputs, [model.outputs[0], before_softmax(model), _features(model)]
    )
    layers = _layers(model)
    looking = keras.Model(model.inputs, list(layers.values()))
    first = _first_convolution(model)

    def answer(images: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities, logits, features = answering(images, training=False)
        return {
            "probabilities": probabilities,
            "logits": logits,
            "features": tf.reshape(features, (-1, tf.reduce_prod(features.shape[1:]))),
        }

    def look(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = keras.tree.flatten(looking(images, training=False))
        return dict(zip(layers, outputs, strict=True)) | first

    archive = keras.export.ExportArchive()
    archive.track(answering)
    archive.track(looking)
    archive.add_endpoint("answer", answer, shape)
    archive.add_endpoint("look", look, shape)
    return archive


def _features(model: keras.Model) -> Any:
    """What the last layer with weights sees, symbolically."""
    head = next((layer for layer in reversed(model.layers) if layer.weights), model.layers[-1])
    return head.input if _is_reached(model, head.input) else model.outputs[0]


def _layers(model: keras.Model) -> dict[str, Any]:
    """What each layer makes of the picture, symbolically, by the outputs' names."""
    inside = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    outputs = [*(layer.output for layer in inside[:-1]), model.outputs[0]]
    return {
        f"layer_{place:03}_{layer.name}": output
        for place, (layer, output) in enumerate(zip(inside, outputs, strict=True))
        if _is_reached(model, output)
    }


def _is_reached(model: keras.Model, output: Any) -> bool:
    """Whether something is one number or more that come of the picture.

    A network within a network knows its layers from its own input on.
    """
    try:
        return len(keras.Model(model.inputs, output).outputs) == 1
    except ValueError:
        return False


def _first_convolution(model: keras.Model) -> dict[str, tf.Tensor]:
    """The weights of the convolution that looks at the picture itself, if there is one."""
    found = next((one for one in model.layers if isinstance(one, keras.layers.Conv2D)), None)
    if found is None or found.input is not model.inputs[0] or found.dilation_rate != (1, 1):
        return {}
    kernels = np.asarray(found.kernel)[:, :, 0]
    biases = np.asarray(found.bias) if found.use_bias else np.zeros(kernels.shape[2], np.float32)
    return {"kernels": tf.constant(kernels), "biases": tf.constant(biases)}


def opened(data: bytes, name: str) -> keras.Model:
    """Load a model from the bytes of its .keras file.

    Args:
        name: of the file, for people.

    Raises:
        DigitLabError: see `load`.
    """
    with _workshop() as folder:
        path = folder / "model.keras"
        path.write_bytes(data)
        return load(path, name)


def load(path: Path, name: str = "") -> keras.Model:
    """Load a model of ten classes over 28 x 28 pictures.

    Args:
        name: for people; that of the file if not given.

    Raises:
        DigitLabError: it is missing, broken, could run code, or is made for something else.
    """
    name = name or path.name
    if not path.is_file():
        raise DigitLabError(f"There is no model {name}: train one or choose another.")
    # By another suffix Keras would read it as an older format, which the check knows nothing of.
    if path.suffix != ".keras":
        raise DigitLabError(f"{name} must end in .keras.")
    _refuse_code(path, name)
    try:
        model = keras.saving.load_model(path, compile=False, safe_mode=True)
    except Exception as error:  # Keras raises whatever its layers raise on foreign settings.
        raise DigitLabError(f"{name} is no model that can be loaded here.") from error
    if model.input_shape != (None, 28, 28, 1) or model.output_shape != (None, 10):
        raise DigitLabError(
            f"{name} is made for other pictures: it must map 28 x 28 x 1 to 10 classes."
        )
    return model


def _refuse_code(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > MAX_UNPACKED_BYTES:
                raise DigitLabError(f"{name} is too large to be loaded here.")
            config = json.loads(archive.read("config.json"))
        # Loading ignores how it was compiled, such as its optimizer.
        config.pop("compile_config", None)
        suspect = next(_named_things(config), None)
    except (
        OSError,
        EOFError,
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        RuntimeError,
        zipfile.BadZipFile,
        zlib.error,
        struct.error,
    ) as error:
        raise DigitLabError(
            f"{name} is broken or no .keras file: delete it or choose another."
        ) from error
    if suspect is not None:
        raise DigitLabError(f"{name} holds {suspect!r}, which could run code: it is not loaded.")


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


def export(
    keras: bytes,
    name: str,
    form: str,
    card: str = "",
    *,
    report: Callable[[Any], None],
    steering: Steering,
) -> bytes:
    """Return a .keras file in another format, as one file to hand on.

    Args:
        name: of the model, for people and for what is inside.
        form: "saved_model", a ZIP file that holds the folder, or "litert".
        card: the text of its card, which goes into a ZIP file.

    Raises:
        DigitLabError: the model cannot be loaded, or there is no room for temporary files.
    """
    model = opened(keras, name)
    with _workshop() as workshop:
        made = workshop / name
        _write(model, form, made)
        if form == "litert":
            return made.read_bytes()
        if card:
            (made / "model_card.json").write_text(card, encoding="utf-8")
        return _zipped(made)


@contextlib.contextmanager
def _workshop() -> Iterator[Path]:
    """A folder for temporary files.

    Raises:
        DigitLabError: there is no room for them.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="digit-lab-") as folder:
            yield Path(folder)
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or "TensorFlow could not write all of them"
        raise DigitLabError(
            f"There is no place for temporary files ({reason}): free some disk space."
        ) from error


def _zipped(folder: Path) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.rglob("*")):
            archive.write(part, Path(folder.name) / part.relative_to(folder))
    return data.getvalue()


def write_export(path: Path, form: str, output: Path) -> None:
    """Write the model at `path` in another format.

    Args:
        form: "saved_model" (a folder, for TensorFlow Serving) or "litert" (a file, for devices).

    Raises:
        DigitLabError: the model cannot be loaded, `output` cannot be written, or is a folder that
            holds something else.
    """
    if output.is_dir() and any(output.iterdir()) and not (output / "saved_model.pb").exists():
        raise DigitLabError(f"{output} is a folder with other things in it: give a new name.")
    model = load(path)
    with whole(output) as draft:
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
