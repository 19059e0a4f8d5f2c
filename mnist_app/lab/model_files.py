"""Model files made and opened by Keras, without running anybody's code."""

import json
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import tensorflow as tf

from mnist_app.errors import DigitLabError
from mnist_app.files import whole
from mnist_app.model_store import ModelFiles

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


# A probability that float32 rounds to nothing would have no logarithm.
LEAST_PROBABILITY = 1e-30


def packed(model: keras.Model) -> ModelFiles:
    """Return a model as the bytes of its files, without its optimizer, two thirds of its size."""
    bare = type(model).from_config(model.get_config())
    bare.set_weights(model.get_weights())
    with tempfile.TemporaryDirectory(prefix="digit-lab-") as folder:
        path = Path(folder) / "model.keras"
        bare.save(path)
        return ModelFiles(path.read_bytes(), litert(bare))


def litert(model: keras.Model) -> bytes:
    """Convert a model, which maps (n, 28, 28, 1) in 0..1 to (n, classes), to its LiteRT form.

    It has two signatures, both from `images`, float32 (n, 28, 28, 1): "answer" gives
    `probabilities`, `logits` and `features`, "look" what each layer makes of them, `layer_000` and
    so on.
    """
    shape = [tf.TensorSpec((None, *model.input_shape[1:]), tf.float32, name="images")]
    head = next((layer for layer in reversed(model.layers) if layer.weights), model.layers[-1])
    inside = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    answering = keras.Model(model.inputs, [model.outputs[0], _before_softmax(model), head.input])
    looking = keras.Model(model.inputs, [layer.output for layer in inside])

    def answer(images: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities, logits, features = answering(images, training=False)
        return {
            "probabilities": probabilities,
            "logits": logits,
            "features": tf.reshape(features, (-1, tf.reduce_prod(features.shape[1:]))),
        }

    def look(images: tf.Tensor) -> dict[str, tf.Tensor]:
        outputs = looking(images, training=False)
        return {f"layer_{place:03}": output for place, output in enumerate(outputs)}

    archive = keras.export.ExportArchive()
    archive.track(answering)
    archive.track(looking)
    archive.add_endpoint("answer", answer, shape)
    archive.add_endpoint("look", look, shape)
    with tempfile.TemporaryDirectory(prefix="digit-lab-") as folder:
        archive.write_out(folder, verbose=False)
        converter = tf.lite.TFLiteConverter.from_saved_model(
            folder, signature_keys=["answer", "look"]
        )
        return bytes(converter.convert())


def _before_softmax(model: keras.Model) -> Any:
    """The symbolic scores whose softmax the model answers; the logarithm where there are none."""
    head = model.layers[-1]
    if getattr(head, "activation", None) is keras.activations.softmax:
        if isinstance(head, keras.layers.Activation):
            return head.input
        if isinstance(head, keras.layers.Dense):
            linear = keras.layers.Dense.from_config(
                head.get_config() | {"activation": "linear", "name": f"{head.name}_logits"}
            )
            logits = linear(head.input)
            linear.set_weights(head.get_weights())
            return logits
    return keras.ops.log(keras.ops.maximum(model.outputs[0], LEAST_PROBABILITY))


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
