"""The logits of a network: what its softmax makes probabilities of."""

from typing import Any

import keras

# A probability that float32 rounds to nothing would have no logarithm.
LEAST_PROBABILITY = 1e-30


def before_softmax(model: keras.Model) -> Any:
    """Return the symbolic logits whose softmax the model answers; logarithms where it has none."""
    head = model.layers[-1]
    if getattr(head, "activation", None) is keras.activations.softmax:
        if isinstance(head, keras.layers.Activation):
            return head.input
        if isinstance(head, keras.layers.Dense):
            return _without_activation(head)
    return keras.ops.log(keras.ops.maximum(model.outputs[0], LEAST_PROBABILITY))


def _without_activation(head: keras.layers.Dense) -> Any:
    """Copy a dense layer without its activation, on the same input."""
    settings = head.get_config() | {"activation": "linear", "name": f"{head.name}_logits"}
    linear = keras.layers.Dense.from_config(settings)
    logits = linear(head.input)
    linear.set_weights(head.get_weights())
    return logits
