"""The layers of a network as pictures, one after the other."""

import html

import numpy as np
import streamlit as st

from mnist_app.core.explaining.explanation_pictures import sheet
from mnist_app.core.explaining.explanations import Explanation
from mnist_app.core.explaining.feature_maps import FeatureMaps
from mnist_app.core.explaining.layer_pictures import layer_pictures
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import confidence
from mnist_app.pages.component import component
from mnist_app.pages.components.figures import legend
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.components.stepper import stepper
from mnist_app.pages.session.wording import noun

SIDE = 448
SQUARE = "small square"
SCRIPTS = ("components/answer.js", "components/layer_pictures.js")
HTML = '<div class="way"></div>'
TITLES = {
    "Input": "The picture",
    "Conv2D": "Looking for patterns",
    "BatchNormalization": "A common scale",
    "ReLU": "Only what was found",
    "Add": "Remembering what was known",
    "MaxPooling2D": "Shrinking",
    "AveragePooling2D": "Shrinking",
    "GlobalAveragePooling2D": "How much of each pattern",
    "Flatten": "All in one row",
    "Dropout": "Nothing, for now",
    "Dense": "Weighing up",
}


def show_layer_pictures(group: str, image: np.ndarray, model: StoredModel) -> None:
    """Show what a network finds in a picture, all at once; on a canvas it follows the pen.

    Args:
        group: of the answer that it belongs to, see `answer.py`.
        image: uint8 (28, 28).
        model: has been loaded.

    Raises:
        DigitLabError: it is gone.
    """
    component(*SCRIPTS, html=HTML, isolate_styles=False)(
        key=f"{group}_layers",
        data={
            "group": group,
            "names": model.class_names,
            "found": layer_pictures(model.path).of(image),
        },
    )


def show_layers(explanation: Explanation, names: tuple[str, ...], key: str) -> None:
    """Show one layer, and step from the picture to the answer.

    Args:
        names: of the classes.
        key: of the slider.
    """
    st.caption(
        "A network works in small steps called layers. Each one turns the previous pictures into "
        "new ones, from your drawing to the answer."
    )
    every = explanation.layers
    place = stepper("Step", len(every), key)
    layer, is_last = every[place], place == len(every) - 1
    about, shown = st.columns([4, 5], gap="large")
    title = "The answer" if is_last else TITLES.get(layer.kind, "Another step")
    size = _size(layer, noun(names) if is_last else SQUARE)
    about.html(
        '<div class="told">'
        f'<div role="status"><strong>Step {place + 1} of {len(every)}: {title}</strong></div>'
        f"<p>{html.escape(layer.sentence)}</p>"
        f'<p class="quiet">{html.escape(size)}</p>'
        f"{'' if is_last or place == 0 else _legend(layer.values)}</div>"
    )
    shown.html(_answer(layer.values, names) if is_last else _maps(layer))


def _maps(layer: FeatureMaps) -> str:
    if layer.kind == "Input":
        image = np.round(layer.values[..., 0] * 255).astype(np.uint8)
    else:
        image = sheet(layer.values)
    return f'<div class="sheet">{picture(image, f"{_size(layer)} {layer.sentence}", SIDE)}</div>'


def _size(layer: FeatureMaps, counted: str = SQUARE) -> str:
    """Return in numbers what is to be seen; of a row of numbers each stands for a `counted`."""
    shape = layer.values.shape
    if len(shape) == 1:
        return f"{shape[0]} numbers, one for each {counted}. Layer {layer.name} ({layer.kind})."
    height, width, maps = shape
    pictures = f"{maps} pictures" if maps > 1 else "1 picture"
    return f"{pictures} of {height} x {width} pixels. Layer {layer.name} ({layer.kind})."


def _legend(values: np.ndarray) -> str:
    found = ("above", "", "pattern found here: brighter means stronger")
    return legend((found, ("below", "", "the opposite")) if values.min() < 0 else (found,))


def _answer(probabilities: np.ndarray, names: tuple[str, ...]) -> str:
    """Return the last numbers as bars, with the class each stands for."""
    rows = "".join(
        f"<tr><th>{html.escape(name)}</th>"
        f'<td><span style="width:{part:.1%}"></span></td><td>{confidence(part)}</td></tr>'
        for name, part in zip(names, probabilities.tolist(), strict=True)
    )
    return f'<table class="outputs" aria-label="How likely each answer is">{rows}</table>'
