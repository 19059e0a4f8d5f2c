"""The third step of the show: the way of a picture through the network."""

import numpy as np
import streamlit as st

from mnist_app.core.explaining.explanation_pictures import attributed
from mnist_app.core.explaining.explanations import Explanation
from mnist_app.core.explaining.feature_maps import CONVOLUTIONS, FeatureMaps
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components import answer, reader
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.session.jobs import explanation_job, loading_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import tab
from mnist_app.pages.session.waiting import result_or_stop

FOUND = STROKES, PARTS, LARGER = (
    "It finds small strokes",
    "It puts them together into larger parts",
    "And these into still larger ones",
)
COARSER, CHANGED = "It makes this coarser", "It changes how strong each is"
# Of a layer, so many as are seen from the last row.
MAPS = 4
ON_SCREEN = 240


def show_decision(canvas: Canvas, model: StoredModel) -> None:
    """Show the way of the drawing through the network, where it looked, and the ten answers."""
    result_or_stop(queues().short, loading_job(model), "Waking up the network")
    digit = reader.read_canvas(canvas, model).reading.digits[0]
    job = explanation_job(model, digit.image, tab())
    explanation: Explanation = result_or_stop(queues().short, job, "Looking inside the network")
    st.html(f'<div class="way">{_arrow().join(_path(digit.image, explanation))}</div>')
    name = model.class_names[explanation.answer]
    bars, looked = st.columns([3, 2], gap="large")
    with bars, st.container(key="probabilities"):
        answer.show_bars("decision", digit)
    with looked:
        alt = f"Where it looked: blue speaks for {name}, orange against it"
        over = attributed(digit.image, explanation.occlusion_map)
        st.html(
            f'<div class="looked">{picture(over, alt, ON_SCREEN)}'
            f"<div><strong>Where it looked</strong><br>Parts were wiped away in turn: blue speaks "
            f"for {name}, orange against it. A hint, not a proof.</div></div>"
        )


def _path(image: np.ndarray, explanation: Explanation) -> list[str]:
    """Return the picture, and some of what was found in it, the earliest first."""
    start = _figure(picture(image, "The picture that the network gets", ON_SCREEN), "It gets this")
    found = stages(explanation.layers)
    if not found:
        return [start, _figure("", "It weighs all squares at once, with no picture in between")]
    return [start, *(_stage_figure(layer, title) for layer, title in found)]


def stages(layers: tuple[FeatureMaps, ...]) -> list[tuple[FeatureMaps, str]]:
    """Return up to three layers whose maps show what was found, and a title for each.

    Layers without negative values are preferred, which show it best.
    """
    maps = [
        place
        for place, one in enumerate(layers)
        if place and one.values.ndim == 3 and one.values.shape[1] > 1
    ]
    bright = [place for place in maps if layers[place].values.min() >= 0] or maps
    chosen = sorted({bright[len(bright) * third // 3] for third in range(3) if bright})
    found = []
    before = combined = 0
    for place in chosen:
        steps = {layer.kind for layer in layers[before + 1 : place + 1]}
        if steps.intersection(CONVOLUTIONS):
            title = FOUND[combined]
            combined += 1
        else:
            title = COARSER if any("Pooling" in kind for kind in steps) else CHANGED
        found.append((layers[place], title))
        before = place
    return found


def _stage_figure(layer: FeatureMaps, title: str) -> str:
    values = np.abs(layer.values)
    contrasts = values.max(axis=(0, 1)) - values.mean(axis=(0, 1))
    strongest = np.argsort(-contrasts, kind="stable")[:MAPS]
    maps = values[..., strongest]
    light = np.round(maps / max(float(maps.max()), 1e-12) * 255).astype(np.uint8)
    alt = f"{title}: bright where it is"
    shown = (picture(light[..., place], alt, ON_SCREEN // 2) for place in range(len(strongest)))
    return _figure(f'<div class="maps">{"".join(shown)}</div>', title)


def _figure(content: str, title: str) -> str:
    return f"<figure>{content}<figcaption>{title}</figcaption></figure>"


def _arrow() -> str:
    return '<span class="becomes" aria-hidden="true">→</span>'
