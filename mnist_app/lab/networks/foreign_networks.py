"""Other people's networks, made to take the pictures of this app and to answer in probabilities."""

import math
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np

from mnist_app.core import limits
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import ModelFiles
from mnist_app.core.recognition.classifier import SIDE
from mnist_app.core.runs.outcomes import UnsavedModel
from mnist_app.lab.networks import input_formats
from mnist_app.lab.networks.input_formats import InputFormat
from mnist_app.lab.networks.litert import to_litert
from mnist_app.lab.networks.model_files import built, from_config, packed
from mnist_app.lab.networks.untrusted_files import Contents, inspected

# The numbers in a network, and those that it makes of one picture: the server reads many at once.
MOST_WEIGHTS, MOST_VALUES = 10_000_000, 2_000_000
LARGEST_SIDE = 256
# Labelled digits of each class that it is tried with.
EXAMPLES = 20
# Whoever reads less than this fraction of them right reads no digits.
LEAST_FRACTION = 0.5


def adapted(data: bytes, name: str) -> UnsavedModel:
    """Open somebody's .keras or .h5 file, and adapt its network if it needs that.

    What was found stands on its card, as sentences: `training["found"]`.

    Args:
        name: of the file, which names the model too.

    Raises:
        DigitLabError: it cannot be opened or converted, is too large, or reads no digits.
    """
    contents = inspected(data, name)
    _require_fit(contents, name)
    model = built(data, contents, name)
    is_separate = _unite(model)
    images, labels = _digits()
    best, gives_logits = input_formats.best_format(model, images, labels)
    if best.right < LEAST_FRACTION * len(labels):
        raise DigitLabError(
            f"{name} gets at most {best.right} of {len(labels)} digits right, however they are "
            "shown to it. Choose a network that has learned to read digits."
        )
    found = [*_changes(model, best.form), *_ending(is_separate, gives_logits)]
    if found or contents.suffix == ".h5":
        model = _joined(model, best.form, gives_logits)
        files = packed(model)
    else:
        files = ModelFiles(data, to_litert(model))
    found.append(f"It gets {best.right} of {len(labels)} digits right.")
    card = ModelCard(
        title=name.rsplit(".", 1)[0],
        class_names=DIGIT_NAMES,
        parameter_count=model.count_params(),
        versions={"keras": contents.version},
        training={"file": name, "found": found},
    )
    return UnsavedModel(files, card)


def _require_fit(contents: Contents, name: str) -> None:
    """Refuse a network that is too large, or not made for digits, before it takes any memory.

    Raises:
        DigitLabError: see above; a network that cannot be built is refused later.
    """
    try:
        with keras.StatelessScope(initialize_variables=False):
            model = from_config(contents, name)
        _check(model, name)
    finally:
        # The weights that were never made.
        keras.backend.clear_session()


def _check(model: keras.Model, name: str) -> None:
    limits.require_weights(model.count_params())
    if model.count_params() > MOST_WEIGHTS or sum(_sizes(model)) > MOST_VALUES:
        raise DigitLabError(f"{name} is too large a network to open here. Choose a smaller one.")
    found = input_formats.input_size(model) if len(model.inputs) == 1 else None
    if found is None or found[0] > LARGEST_SIDE:
        raise DigitLabError(
            f"{name} takes pictures of {_shape(model.inputs)}. The app needs square ones, up to "
            f"{LARGEST_SIDE} pixels wide, grey or in colour. Choose another network."
        )
    if [tuple(output.shape) for output in model.outputs] != [(None, len(DIGIT_NAMES))]:
        raise DigitLabError(
            f"{name} gives {_shape(model.outputs)} answers, but there are ten digits. Choose "
            "another network."
        )


def _shape(tensors: list[Any]) -> str:
    return " and ".join(" x ".join(map(str, tensor.shape[1:])) for tensor in tensors)


def _sizes(model: keras.Model) -> Iterator[int]:
    """Yield how many numbers each layer makes of one picture."""
    for layer in model.layers:
        if isinstance(layer, keras.Model):
            yield from _sizes(layer)
        else:
            yield sum(
                math.prod(size or SIDE for size in output.shape[1:])
                for output in keras.tree.flatten(layer.output)
            )


def _unite(model: keras.Model) -> bool:
    """Make scores of ten separate probabilities, and return whether they were that.

    Given that exactly one of them is true, their odds are the odds of the ten, and the softmax of
    their logits are the probabilities.
    """
    head = model.layers[-1]
    is_separate = getattr(head, "activation", None) is keras.activations.sigmoid
    if is_separate:
        head.activation = keras.activations.linear
    return is_separate


def _digits() -> tuple[np.ndarray, np.ndarray]:
    """Return test digits that are at hand, as many of each class, and their labels."""
    name = next(one for one in ("mnist", "optdigits") if datasets.availability(one).place)
    known = datasets.load(name, allow_download=False)
    chosen = np.concatenate(
        [np.flatnonzero(known.test_labels == label)[:EXAMPLES] for label in range(len(DIGIT_NAMES))]
    )
    return known.test_images[chosen], known.test_labels[chosen]


def _changes(model: keras.Model, form: InputFormat) -> Iterator[str]:
    """Yield what has to be done with pictures before a network gets them, in sentences."""
    side, channels = input_formats.input_size(model) or (SIDE, 1)
    if side != SIDE:
        yield f"It wants pictures of {side} x {side} pixels."
    if len(model.input_shape) == 2:
        yield "It wants all pixels in one row."
    elif len(model.input_shape) == 3:
        yield "It wants pictures as plain rows of pixels."
    elif channels > 1:
        yield "It wants colour pictures, but gets grey ones."
    if form.range:
        yield form.range
    if form.is_inverted:
        yield "It wants dark ink on a light background."
    if form.is_transposed:
        yield "It wants rows and columns swapped."


def _ending(is_separate: bool, gives_logits: bool) -> Iterator[str]:
    if is_separate:
        yield "It says yes or no to each digit. The app turns that into probabilities."
    elif gives_logits:
        yield "It gives scores. The app turns them into probabilities."


def _joined(model: keras.Model, form: InputFormat, gives_logits: bool) -> keras.Model:
    """Return one network of a network's layers and those that adapt it."""
    pictures = keras.Input((SIDE, SIDE, 1), name="pictures")
    given = input_formats.formatted(pictures, form, model)

    def call(layer: keras.Layer, *arguments: Any, **keywords: Any) -> Any:
        def adapt(value: Any) -> Any:
            return given if value is pictures else value

        arguments, keywords = keras.tree.map_structure(adapt, (arguments, keywords))
        return layer(*arguments, **keywords)

    joined = keras.models.clone_model(
        # Of a chain of layers, the graph.
        keras.Model(model.inputs[0], model.outputs[0]),
        input_tensors=pictures,
        clone_function=lambda layer: layer,
        call_function=call,
    )
    answers = joined.outputs[0]
    if gives_logits:
        answers = keras.layers.Activation("softmax", name="adapted_answers")(answers)
    return keras.Model(pictures, answers)
