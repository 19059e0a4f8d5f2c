"""The third step of the show: from the picture over what was found in it to ten shares."""

import numpy as np
import streamlit as st

from mnist_app.explanation_pictures import attributed
from mnist_app.explanations import Explanation
from mnist_app.feature_maps import FeatureMaps
from mnist_app.model_store import StoredModel
from mnist_app.pages import answer, reader
from mnist_app.pages.canvas import Canvas
from mnist_app.pages.pixels import picture
from mnist_app.pages.visitor import visitor
from mnist_app.pages.waiting import result_of
from mnist_app.pages.workers import classifier_job, explanation_job, workers

FOUND = ("First it finds small strokes", "… then larger parts", "… then how they lie")
# Of a layer, so many as are seen from the last row.
MAPS = 4
ON_SCREEN = 240


def show(own: Canvas, model: StoredModel) -> None:
    """The way of the drawing through the network, where it looked, and the ten shares."""
    classifier = classifier_job(model)
    result_of(workers().models, classifier, "Waking up the network")
    reading, _ = reader.read(own, classifier)
    digit = reading.digits[0]
    job = explanation_job(model, digit.image, visitor())
    explanation: Explanation = result_of(workers().explanations, job, "Looking inside the network")
    st.html(f'<div class="way">{_arrow().join(_way(digit.image, explanation))}</div>')
    name = model.class_names[explanation.answer]
    shares, looked = st.columns([3, 2], gap="large")
    with shares, st.container(key="probabilities"):
        answer.show_bars(digit, model.class_names, key="demo-bars")
    with looked:
        alt = f"Where it looked: blue ink speaks for {name}, orange ink against it"
        over = attributed(digit.image, explanation.gradient_map)
        st.html(
            f'<div class="looked">{picture(over, alt, ON_SCREEN)}'
            f"<div><strong>Where it looked</strong><br>Blue ink speaks for {name}, orange ink "
            "against it. A hint, not a proof.</div></div>"
        )


def _way(image: np.ndarray, explanation: Explanation) -> list[str]:
    """The picture, and some of what was found in it, the earliest first."""
    stages = _stages(explanation.layers)
    start = _figure(picture(image, "The picture that the network gets", ON_SCREEN), "It gets this")
    return [start, *(_found(*stage) for stage in zip(stages, FOUND, strict=False))]


def _stages(layers: tuple[FeatureMaps, ...]) -> list[FeatureMaps]:
    """Three layers whose maps are pictures of what was found; the last ones hardly are."""
    maps = [one for one in layers[1:] if one.values.ndim == 3 and one.values.min() >= 0]
    places = sorted({len(maps) * third // 3 for third in range(3)}) if maps else []
    return [maps[place] for place in places]


def _found(layer: FeatureMaps, title: str) -> str:
    contrasts = layer.values.max(axis=(0, 1)) - layer.values.mean(axis=(0, 1))
    strongest = np.argsort(-contrasts, kind="stable")[:MAPS]
    maps = layer.values[..., strongest]
    light = np.round(maps / max(float(maps.max()), 1e-12) * 255).astype(np.uint8)
    alt = f"{title}: bright where it is"
    shown = (picture(light[..., place], alt, ON_SCREEN // 2) for place in range(len(strongest)))
    return _figure(f'<div class="maps">{"".join(shown)}</div>', title)


def _figure(content: str, title: str) -> str:
    return f"<figure>{content}<figcaption>{title}</figcaption></figure>"


def _arrow() -> str:
    return '<span class="becomes" aria-hidden="true">→</span>'
