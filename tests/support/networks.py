"""Networks as other people save them, all with what one small network has learned."""

import functools
import io
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

from mnist_app.core.data import datasets
from mnist_app.core.recognition.classifier import as_network_input

HIDDEN = 32
Weights = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]


@functools.cache
def learned() -> Weights:
    """The weights and biases of two dense layers that read pixels in 0..1."""
    digits = datasets.load("optdigits")
    keras.utils.set_random_seed(0)
    model = keras.Sequential(
        [layers.Input((784,)), layers.Dense(HIDDEN, activation="relu"), layers.Dense(10)]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(0.003), loss)
    pictures = as_network_input(digits.train_images).reshape(-1, 784)
    model.fit(pictures, digits.train_labels, epochs=5, verbose=0)
    return tuple(model.get_weights())


def network(
    shape: tuple[int, ...] = (28, 28, 1),
    ending: str = "softmax",
    change: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]] | None = None,
) -> keras.Model:
    """A network that reads as `learned` does.

    Args:
        change: of the first layer's weights, as other pixels ask for.
    """
    first, bias, *rest = learned()
    if change is not None:
        first, bias = change(first, bias)
    model = keras.Sequential(
        [
            layers.Input(shape),
            layers.Flatten(),
            layers.Dense(HIDDEN, activation="relu"),
            layers.Dense(10, activation=ending),
        ]
    )
    model.set_weights([first, bias, *rest])
    return model


def saved(model: keras.Model, suffix: str = ".keras") -> bytes:
    """The bytes of the file that Keras makes of a network."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{suffix}"
        model.save(path)
        return path.read_bytes()


def as_keras_2(model: keras.Model, version: str = "2.4.0") -> bytes:
    """An .h5 file of a network as Keras 2 wrote it, where a chain has no layer for its input."""
    listed = [_old(keras.saving.serialize_keras_object(layer)) for layer in model.layers]
    settings: dict[str, Any] = {"name": model.name, "layers": listed}
    if isinstance(model, keras.Sequential):
        listed[0]["config"]["batch_input_shape"] = model.input_shape
        return hdf5({"class_name": "Sequential", "config": settings}, version, model)
    for each, whole in zip(listed, model.get_config()["layers"], strict=True):
        nodes = whole["inbound_nodes"]
        each |= {"name": each["config"]["name"], "inbound_nodes": [[*_origins(n)] for n in nodes]}
    ends = {"input_layers": model.layers[0].name, "output_layers": model.layers[-1].name}
    settings |= {name: [[layer, 0, 0]] for name, layer in ends.items()}
    return hdf5({"class_name": "Model", "config": settings}, version, model)


def _old(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_old(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("class_name") == "DTypePolicy":
        return value["config"]["name"]
    new = ("module", "registered_name", "build_config")
    kept = {name: _old(item) for name, item in value.items() if name not in new}
    settings = kept.get("config", {})
    if kept.get("class_name") == "BatchNormalization":
        settings["axis"] = [3]
    if kept.get("class_name") in ("Zeros", "GlorotUniform"):
        settings["dtype"] = "float32"
    if kept.get("class_name") == "InputLayer":
        settings["batch_input_shape"] = settings.pop("batch_shape")
    if kept.get("class_name") == "SeparableConv2D":
        settings["groups"] = 1
    return kept


def _origins(node: Any) -> Iterator[list[Any]]:
    """Yield where the inputs of a layer come from, as Keras 2 noted it."""
    if isinstance(node, dict) and node.get("class_name") == "__keras_tensor__":
        yield [*node["config"]["keras_history"], {}]
    elif isinstance(node, dict | list | tuple):
        for item in node.values() if isinstance(node, dict) else node:
            yield from _origins(item)


def hdf5(config: Any, version: str = "2.4.0", model: keras.Model | None = None) -> bytes:
    """An .h5 file with a configuration, and the weights of a network."""
    data = io.BytesIO()
    layers = model.layers if model is not None else []
    with h5py.File(data, "w") as file:
        file.attrs["keras_version"] = version
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights")
        group.attrs["keras_version"] = version
        group.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            own = group.create_group(layer.name)
            names = [f"{layer.name}/{part.name}:0" for part in layer.weights]
            own.attrs["weight_names"] = [name.encode() for name in names]
            for name, weights in zip(names, layer.get_weights(), strict=True):
                own[name] = weights
    return data.getvalue()


def as_if_learned(model: keras.Model) -> keras.Model:
    """Return the network with what it adds and brings to one scale no longer 0 and 1."""
    chance = np.random.default_rng(0)
    for weights in model.weights:
        if weights.name in ("gamma", "moving_variance"):
            weights.assign(chance.uniform(0.5, 1.5, weights.shape))
        elif weights.name in ("beta", "bias", "moving_mean"):
            weights.assign(chance.normal(0, 0.2, weights.shape))
    return model
