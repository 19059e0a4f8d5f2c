"""Two models on the same test pictures, side by side."""

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.comparison import Comparison, compare, in_words
from mnist_app.core.evaluation.meanings import measures
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components.comparison_table import comparison_table
from mnist_app.pages.components.pixel_images import gallery as grid
from mnist_app.pages.predictions import gallery
from mnist_app.pages.session.choices import choose
from mnist_app.pages.session.queues import evaluation_job, queues
from mnist_app.pages.session.waiting import result_or_stop
from mnist_app.pages.session.wording import escape_markdown

NOBODY = ""
# Pictures shown of each side.
EXAMPLES = 16
COMPARED = ("Accuracy", "F1", "Loss", "Calibration error")


def show_model_comparison(
    model: StoredModel, report: EvaluationReport, dataset: Dataset, models: dict[str, StoredModel]
) -> None:
    """Choose a second model and show what each reads right that the other does not.

    Comes last on its page: until the second model is evaluated it ends this run of the page.

    Args:
        report: of `model` on the data set.
        models: all there are, by name.
    """
    others = [other.name for other in comparable_models(model, models)]
    if not others:
        st.info("There is no second model with the same classes yet: train one on the Train page.")
        return
    named = model_store.titles(models.values()) | {NOBODY: "no other model"}
    name = choose("Compare with", [NOBODY, *others], "other", named.__getitem__)
    if name == NOBODY:
        return
    rival = models[name]
    second = result_or_stop(
        queues().evaluations,
        evaluation_job(rival, dataset),
        f"Reading them with “{escape_markdown(rival.title)}”",
    )
    told_apart = model_store.titles((model, rival))
    titles = told_apart[model.name], told_apart[rival.name]
    found = compare(report, second)
    with st.container(key="comparison"):
        st.markdown(f"**{escape_markdown(in_words(found, *titles))}**")
        st.html(comparison_table("Measures of both models", titles, _measured((report, second))))
        st.caption(_counts(found))
        for side, column, title, other, own in zip(
            ("first", "second"),
            st.columns(2, gap="large"),
            titles,
            (second, report),
            (found.only_first, found.only_second),
            strict=True,
        ):
            with column:
                _examples(side, title, own, other, dataset)


def comparable_models(model: StoredModel, models: dict[str, StoredModel]) -> list[StoredModel]:
    """The other models, of all there are by name, that read the same classes."""
    return [
        other
        for other in models.values()
        if other.name != model.name and other.class_names == model.class_names
    ]


def _measured(reports: tuple[EvaluationReport, ...]) -> list[tuple[str, tuple[str, ...]]]:
    """A row a measure: its name, and its value of each model."""
    return [
        (one.name, (one.value, other.value))
        for one, other in zip(*map(measures, reports), strict=True)
        if one.name in COMPARED
    ]


def _counts(found: Comparison) -> str:
    both, neither = len(found.both), len(found.neither)
    images = both + neither + len(found.only_first) + len(found.only_second)
    return (
        f"Of {images:,} pictures both read {both:,} right and {neither:,} wrong. Only where they "
        "differ can one be told from the other; the test does not know whether these pictures are "
        "like yours."
    )


def _examples(
    side: str, title: str, own: np.ndarray, other: EvaluationReport, dataset: Dataset
) -> None:
    """Pictures, indices int64 (n,), that one model reads right and the other does not."""
    st.markdown(f"**Only “{escape_markdown(title)}” reads these right: {len(own):,}**")
    if not len(own):
        st.caption("None.")
        return
    # Those that the other was most sure of tell most.
    telling = own[np.argsort(-other.confidences[own], kind="stable")][:EXAMPLES]
    names = dataset.class_names
    pictures = [
        (
            dataset.test_images[index],
            f"is {names[other.labels[index]]}, not {names[other.predictions[index]]}",
            "right",
        )
        for index in telling
    ]
    st.html(grid(pictures, 48))
    if len(own) > EXAMPLES:
        st.caption(f"The {EXAMPLES} that the other was most wrongly sure of.")
    st.button(
        f"Show all {len(own):,} in the gallery",
        key=f"versus_{side}",
        icon=":material/grid_view:",
        on_click=gallery.show_selection,
        args=(dataset, own.tolist()),
    )
