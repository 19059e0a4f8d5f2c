"""One step of a convolution: the window, what is multiplied, and the map that grows."""

import numpy as np
import streamlit as st

from mnist_app.core.explaining.explanation_pictures import tinted
from mnist_app.core.explaining.explanations import Explanation
from mnist_app.core.explaining.feature_maps import (
    CONVOLUTIONS,
    ConvolutionStep,
    FeatureMaps,
    responses,
    step,
)
from mnist_app.pages.components.figures import figure, framed, number, numbers, row
from mnist_app.pages.components.stepper import stepper

SIDE = 224


def show_convolution_step(explanation: Explanation, key: str) -> None:
    """Step through the convolution that looks at the picture itself.

    Args:
        key: the first part of the keys of what is in here.
    """
    convolution, image = explanation.convolution, explanation.image
    if convolution is None:
        st.info(_why_not(explanation.layers))
        return
    st.caption(
        "A filter is a small grid of numbers, learned from examples. It slides over the picture. "
        "At each place it multiplies each pixel by the number over it and adds up the results. "
        "The sum is one pixel of a new picture, bright where the pattern fits."
    )
    maps = responses(convolution, image)
    kernel = _choose_filter(maps, f"{key}_filter")
    made = maps[..., kernel]
    place = stepper("Place", made.size, f"{key}_place", int(made.argmax()))
    now = step(convolution, image, kernel, *divmod(place, made.shape[1]))
    st.html(_pictures(image, now, made, place) + _numbers(now) + _sum(now, made, place))


def _why_not(layers: tuple[FeatureMaps, ...]) -> str:
    """Return why there is no convolution of the picture itself to step through."""
    if not any(layer.kind in CONVOLUTIONS for layer in layers):
        return "This network has no filters that slide over the picture: it reads it as a whole."
    first = layers[1].kind
    if first in CONVOLUTIONS:
        return "The first filters of this network are of a kind that cannot be stepped through."
    return (
        f"This network's first layer ({first}) is not a convolution, so its filters slide over "
        "what that layer makes of the picture. “Layer by layer” shows both."
    )


def _choose_filter(maps: np.ndarray, key: str) -> int:
    """Choose a filter; at first the one that finds most in the picture."""
    count = maps.shape[2]
    if st.session_state.get(key) not in range(count):
        st.session_state[key] = int(maps.max(axis=(0, 1)).argmax())
    return st.selectbox(
        "Filter",
        range(count),
        key=key,
        width=180,
        persist_state="session",
        format_func=lambda kernel: f"{kernel + 1} of {count}",
    )


def _pictures(image: np.ndarray, now: ConvolutionStep, made: np.ndarray, place: int) -> str:
    """Return the picture with the window, and the new picture as far as it is made."""
    down, right = divmod(place, made.shape[1])
    height, width = now.kernel.shape
    is_made = np.arange(made.size).reshape(made.shape) <= place
    so_far = np.where(is_made, made / (np.abs(made).max() or 1), np.nan)
    window = framed(
        image,
        f"The picture with a window at row {now.top + 1}, column {now.left + 1}",
        SIDE,
        (now.left, now.top, width, height),
    )
    growing = framed(
        tinted(so_far),
        f"The new picture, {place + 1} of its {made.size} pixels made so far",
        SIDE,
        (right, down, 1, 1),
    )
    pictures = [figure(window, "The window"), figure(growing, "The new picture so far")]
    return row(pictures, between="→", kind="sliding")


def _numbers(now: ConvolutionStep) -> str:
    """Return what lies under the window, the filter, and both multiplied."""
    top = float(np.abs(now.kernel).max())
    return row(
        [
            figure(numbers(now.patch, "Ink under the window", 1, is_ink=True), "Ink under it"),
            figure(numbers(now.kernel, "Weights of the filter", top), "times the filter"),
            figure(numbers(now.product, "Ink times weights", top), "is this"),
        ]
    )


def _sum(now: ConvolutionStep, made: np.ndarray, place: int) -> str:
    """Return in words what the step comes to."""
    down, right = divmod(place, made.shape[1])
    text = f"Added up, the {now.product.size} products make "
    text += f"<b>{number(float(now.product.sum()))}</b>"
    if now.bias:
        text += f"; add the filter's own {number(now.bias)} (its bias) and you get "
        text += f"<b>{number(now.total)}</b>"
    return (
        f'<p role="status">{text}: pixel {place + 1} of {made.size} of the new picture, in row '
        f"{down + 1}, column {right + 1}.</p>"
    )
