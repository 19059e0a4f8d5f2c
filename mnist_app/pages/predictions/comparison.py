"""Two models on the same test pictures, side by side."""

import numpy as np
import streamlit as st

from mnist_app.core.evaluation.comparison import Comparison, compare
from mnist_app.core.evaluation.metric_explanations import measures
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components.comparison_table import comparison_table
from mnist_app.pages.components.pixel_images import picture_grid
from mnist_app.pages.predictions import gallery
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel, evaluate_or_stop
from mnist_app.pages.predictions.sentences import describe_comparison
from mnist_app.pages.session.choices import choose
from mnist_app.pages.session.navigation import show_train_page_button
from mnist_app.pages.session.wording import escape_markdown

NOBODY = ""
# Pictures shown of each side.
EXAMPLES = 16
COMPARED = ("Accuracy", "F1", "Loss", "Calibration error")


def show_model_comparison(evaluated: EvaluatedModel, models: dict[str, StoredModel]) -> None:
    """Choose a second model and show what only one of them gets right.

    Comes last on its page: until the second model is evaluated it ends this run of the page.

    Args:
        models: all there are, by name.
    """
    others = [other.name for other in comparable_models(evaluated.model, models)]
    if not others:
        st.info("There is no second model for these pictures yet. Train one, then come back.")
        show_train_page_button("Train a network")
        return
    labels = model_store.titles(models.values()) | {NOBODY: "No other model"}
    name = choose("Compare with", [NOBODY, *others], "other", labels.__getitem__)
    if name == NOBODY:
        return
    other = models[name]
    doing = f"Reading them with “{escape_markdown(other.title)}”"
    second = evaluate_or_stop(other, evaluated.dataset, doing)
    named = model_store.titles((evaluated.model, other))
    titles = named[evaluated.model.name], named[other.name]
    found = compare(evaluated.report, second.report)
    with st.container(key="comparison"):
        st.markdown(f"**{escape_markdown(describe_comparison(found, *titles))}**")
        st.html(comparison_table("Measures of both models", titles, _rows(evaluated, second)))
        st.caption(_counts(found))
        left, right = st.columns(2, gap="large")
        with left:
            _show_examples("first", titles[0], found.only_first, second)
        with right:
            _show_examples("second", titles[1], found.only_second, evaluated)


def comparable_models(model: StoredModel, models: dict[str, StoredModel]) -> list[StoredModel]:
    """Return the other models, of all there are by name, that read the same classes."""
    return [
        other
        for other in models.values()
        if other.name != model.name and other.class_names == model.class_names
    ]


def _rows(first: EvaluatedModel, second: EvaluatedModel) -> list[tuple[str, tuple[str, str]]]:
    """Return of each measure its name, and its value of each model."""
    pairs = zip(measures(first.report), measures(second.report), strict=True)
    return [(one.name, (one.value, other.value)) for one, other in pairs if one.name in COMPARED]


def _counts(found: Comparison) -> str:
    both, neither = len(found.both), len(found.neither)
    images = both + neither + len(found.only_first) + len(found.only_second)
    return (
        f"Of {images:,} pictures, both get {both:,} right and {neither:,} wrong. Only the others "
        "show which model is better, and only for pictures like these."
    )


def _show_examples(side: str, title: str, numbers: np.ndarray, wrong: EvaluatedModel) -> None:
    """Show pictures, int64 (n,), that the model of this title gets right and the other wrong."""
    st.markdown(f"**Only “{escape_markdown(title)}” gets these right: {len(numbers):,}**")
    if not len(numbers):
        st.caption("None.")
        return
    report, dataset, names = wrong.report, wrong.dataset, wrong.names
    # Those that the other was most sure of tell most.
    worst = numbers[np.argsort(-report.confidences[numbers], kind="stable")][:EXAMPLES]
    items = [
        (
            dataset.test_images[number],
            f"{names[report.labels[number]]}, not {names[report.predictions[number]]}",
            "right",
        )
        for number in worst
    ]
    st.html(picture_grid(items, 48))
    if len(numbers) > EXAMPLES:
        st.caption(f"The {EXAMPLES} most confident mistakes of the other model.")
    st.button(
        f"Show all {len(numbers):,} in the gallery",
        key=f"versus_{side}",
        icon=":material/grid_view:",
        on_click=gallery.show_selection,
        args=(dataset, numbers.tolist()),
    )
