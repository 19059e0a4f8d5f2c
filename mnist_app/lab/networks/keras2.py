"""Translate files of Keras 2, and those that Keras 3 writes as it did, to Keras 3."""

import inspect
from typing import Any

import keras

HOMES = (keras.layers, keras.initializers, keras.regularizers, keras.constraints, keras)
# Every layer takes them, whatever else it takes.
COMMON = ("name", "trainable", "dtype")


def modern(value: Any) -> Any:
    """Return a saved configuration of Keras 2, or any part of one, as Keras 3 would have saved it.

    Args:
        value: names nothing but plain layers, see `untrusted_files`.
    """
    if isinstance(value, list):
        return [modern(item) for item in value]
    if not isinstance(value, dict):
        return value
    # A public class, which builds all graphs of layers.
    kind = "Model" if value.get("class_name") == "Functional" else value.get("class_name", "")
    home = next((home for home in HOMES if hasattr(home, kind)), None)
    if home is None:
        return {name: modern(item) for name, item in value.items()}
    settings = _settings(kind, getattr(home, kind), value["config"])
    return value | {"class_name": kind, "module": home.__name__, "config": modern(settings)}


def _settings(kind: str, found: type, settings: Any) -> dict[str, Any]:
    """Return the settings that a class of Keras 3 knows, by the names that it has for them."""
    if kind == "Sequential":
        return _with_input(settings if isinstance(settings, dict) else {"layers": settings})
    if kind == "Model":
        return settings
    known = {*inspect.signature(found).parameters}
    if issubclass(found, keras.Layer):
        known.update(COMMON)
    renamed = {"batch_shape": settings.get("batch_input_shape")} | settings
    axis = settings.get("axis")
    if isinstance(axis, list) and len(axis) == 1:
        renamed["axis"] = axis[0]
    return {name: item for name, item in renamed.items() if name in known}


def _with_input(settings: dict[str, Any]) -> dict[str, Any]:
    """Have a chain of layers begin with its input, whose shape the first layer knew."""
    settings = {"name": "sequential"} | settings
    first, *rest = settings["layers"]
    shape = first["config"].get("batch_input_shape")
    if first["class_name"] == "InputLayer" or shape is None:
        return settings
    entry = {"class_name": "InputLayer", "config": {"batch_input_shape": shape}}
    return settings | {"layers": [entry, first, *rest]}
