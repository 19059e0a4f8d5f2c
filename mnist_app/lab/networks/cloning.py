"""Copies of a network: in another precision, with other random weights, with given weights."""

from typing import Any

import keras
import numpy as np


def copy(model: keras.Model, precision: str = "float32") -> keras.Model:
    """Return the same network in `precision`, but for its probabilities.

    Args:
        model: not compiled, as what is built or loaded.
    """

    def layer_of(layer: keras.Layer) -> keras.Layer:
        exact = layer is model.layers[-1]
        settings = layer.get_config() | {"dtype": "float32" if exact else precision}
        return type(layer).from_config(settings)

    twin = keras.models.clone_model(model, clone_function=layer_of)
    take_weights(twin, model)
    return twin


def seeded(model: keras.Model, seed: int) -> keras.Model:
    """Return the same network with weights, and later dropout, by a chance of its own.

    By default Keras draws seeds from Python's generator, which all threads share.
    """
    chance = np.random.default_rng(seed)

    def with_seeds(value: Any) -> Any:
        if isinstance(value, list | tuple):
            return type(value)(map(with_seeds, value))
        if not isinstance(value, dict):
            return value
        return {
            name: int(chance.integers(2**31)) if name == "seed" else with_seeds(part)
            for name, part in value.items()
        }

    def layer_of(layer: keras.Layer) -> keras.Layer:
        return type(layer).from_config(with_seeds(layer.get_config()))

    return keras.models.clone_model(model, clone_function=layer_of)


def take_weights(learner: keras.Model, model: keras.Model) -> None:
    """Give `learner` the weights of `model`, a network of the same design."""
    learner.set_weights(model.get_weights())
    for layer in learner.layers:
        # It computes with values derived from its weights, and updates them only on request.
        if isinstance(layer, keras.layers.Normalization):
            layer.finalize_state()
