"""The LiteRT form of a network, which answers without TensorFlow."""

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from mnist_app.core.errors import DigitLabError
from mnist_app.lab.networks import cloning
from mnist_app.lab.networks.logits import before_softmax
from mnist_app.lab.temporary_folder import temporary_folder


def to_litert(model: keras.Model) -> bytes:
    """Convert a model, which maps (n, 28, 28, 1) in 0..1 to (n, classes), to its LiteRT form.

    It has two signatures, both from `images`, float32 (n, 28, 28, 1): "answer" gives
    `probabilities`, `logits` and `features`; "look" gives what each layer makes of them, such as
    `layer_000_conv2d`, and of a convolution that looks at the picture itself `kernels` and
    `biases`.

    Raises:
        DigitLabError: LiteRT has no form for one of its layers.
    """
    if any(layer.compute_dtype != "float32" for layer in model.layers):
        model = cloning.copy(model)
    with temporary_folder() as folder:
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
                "LiteRT cannot run one of this model's layers. Choose another model."
            ) from error


def _archive(model: keras.Model) -> keras.export.ExportArchive:
    """Collect the functions of a LiteRT form."""
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
    """Return the symbolic input of the last layer with weights."""
    head = next((layer for layer in reversed(model.layers) if layer.weights), model.layers[-1])
    return head.input if _is_reached(model, head.input) else model.outputs[0]


def _layers(model: keras.Model) -> dict[str, Any]:
    """Return the symbolic output of each layer, by the outputs' names."""
    inside = [layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer)]
    outputs = [*(layer.output for layer in inside[:-1]), model.outputs[0]]
    return {
        f"layer_{place:03}_{layer.name}": output
        for place, (layer, output) in enumerate(zip(inside, outputs, strict=True))
        if _is_reached(model, output)
    }


def _is_reached(model: keras.Model, output: Any) -> bool:
    """Return whether a tensor has numbers and depends on the picture.

    A network within a network knows its layers from its own input on.
    """
    try:
        return len(keras.Model(model.inputs, output).outputs) == 1
    except ValueError:
        return False


def _first_convolution(model: keras.Model) -> dict[str, tf.Tensor]:
    """Return the weights of the convolution on the picture itself, if there is one."""
    found = next((one for one in model.layers if isinstance(one, keras.layers.Conv2D)), None)
    if found is None or found.input is not model.inputs[0] or found.dilation_rate != (1, 1):
        return {}
    kernels = np.asarray(found.kernel)[:, :, 0]
    biases = np.asarray(found.bias) if found.use_bias else np.zeros(kernels.shape[2], np.float32)
    return {"kernels": tf.constant(kernels), "biases": tf.constant(biases)}
