"""How good a model is, and where it fails."""

import time
import zlib

import numpy as np
import pandas as pd
import streamlit as st

from mnist_app import datasets, model_store
from mnist_app.charts import confusion_heatmap
from mnist_app.datasets import Dataset
from mnist_app.evaluation import EvaluationReport
from mnist_app.model_store import StoredModel
from mnist_app.pages.choosing import choose, choose_dataset, opened
from mnist_app.pages.live_chart import live_chart
from mnist_app.pages.pixels import gallery
from mnist_app.pages.waiting import result_of
from mnist_app.pages.workers import evaluation_job, workers
from mnist_app.settings import DATASETS

PER_PAGE = 40
MOST_CONFUSED = 5
ANY = -1
EVERY, RIGHT, WRONG = "All", "Read right", "Read wrong"


def page() -> None:
    """Show the page."""
    st.title("Predictions")
    st.write("A network reads pictures it never learned from. How good is it, where does it fail?")
    models = {model.name: model for model in model_store.models()}
    if not models:
        st.info("There is no model here yet: train one on the Train page, then come back.")
        return
    left, right = st.columns(2)
    with left:
        model = models[choose("Model", list(models), "model", lambda name: models[name].title)]
    with right:
        fitting = [name for name in DATASETS if datasets.class_names(name) == model.class_names]
        if not fitting:
            st.info("There is no data set here with the classes this model knows.")
            return
        name = choose_dataset(fitting)
    dataset = opened(name)
    report = result_of(
        workers().evaluations,
        evaluation_job(model, dataset),
        f"Reading the {len(dataset.test_labels):,} test pictures of {dataset.title}",
    )
    _metrics(model, dataset, report)
    _errors(report, dataset.class_names)
    st.subheader("The test pictures")
    _gallery(report, dataset)


def _metrics(model: StoredModel, dataset: Dataset, report: EvaluationReport) -> None:
    st.caption(_what_was_measured(model, dataset, report))
    with st.container(key="metrics"):
        for label, value, meaning in (
            ("Accuracy", f"{report.accuracy:.2%}", "The share of pictures that it read right."),
            (
                "Loss", f"{report.loss:.4f}",
                "How wrong its probabilities are (cross-entropy): 0 is sure and right every time; "
                "being sure and wrong costs most.",
            ),
            (
                "Precision", f"{report.macro.precision:.2%}",
                "When it gives an answer, how often that answer is true; the mean over all "
                "classes (macro).",
            ),
            (
                "Recall", f"{report.macro.recall:.2%}",
                "Of the pictures of a class, how many it finds; the mean over all classes (macro).",
            ),
            (
                "F1", f"{report.macro.f1:.2%}",
                "Precision and recall in one number, low when either is low; the mean over all "
                "classes (macro).",
            ),
        ):  # fmt: skip
            st.metric(label, value, help=meaning, border=True)


def _what_was_measured(model: StoredModel, dataset: Dataset, report: EvaluationReport) -> str:
    measured = (
        f"“{model.title}”, measured on the {report.images:,} test pictures of {dataset.title}, "
        "which are kept apart from training."
    )
    if model.card is None or model.card.dataset == dataset.name:
        return measured
    learned_from = DATASETS.get(model.card.dataset, model.card.dataset).split(":")[0]
    return f"{measured} It learned from {learned_from}, so these come from other hands."


def _errors(report: EvaluationReport, names: tuple[str, ...]) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("What it confuses")
        st.caption(
            "Each row holds the pictures of one class, each column one answer. Grey: read right. "
            "Orange: mistaken, the stronger the more often."
        )
        with st.container(key="confusion_matrix"):
            confused = _most_confused(report.confusion_matrix, names)
            live_chart(
                confusion_heatmap(report.confusion_matrix, names),
                key="confusion_chart",
                alt="Confusion matrix: how often each class was read as each. Most often confused: "
                + ("; ".join(confused) or "nothing"),
            )
    with right:
        st.subheader("Most often confused")
        st.markdown("\n".join(f"1. {pair}" for pair in confused) or "Nothing: all is read right.")
        st.subheader("Class by class")
        _class_table(report, names)


def _most_confused(matrix: np.ndarray, names: tuple[str, ...]) -> list[str]:
    """The most frequent errors in words, the worst first."""
    errors = matrix * ~np.eye(len(names), dtype=bool)
    worst = np.argsort(-errors, axis=None, kind="stable")[:MOST_CONFUSED]
    pairs = [divmod(int(cell), len(names)) for cell in worst]
    return [
        f"{names[true]} read as {names[read]}: {_times(errors[true, read])}"
        for true, read in pairs
        if errors[true, read]
    ]


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _class_table(report: EvaluationReport, names: tuple[str, ...]) -> None:
    table = pd.DataFrame(
        {
            "precision": [scores.precision * 100 for scores in report.per_class],
            "recall": [scores.recall * 100 for scores in report.per_class],
            "F1": [scores.f1 * 100 for scores in report.per_class],
            "pictures": [scores.images for scores in report.per_class],
        },
        index=pd.Index(names, name="class"),
    )
    percent = st.column_config.NumberColumn(format="%.2f%%")
    st.dataframe(table, column_config=dict.fromkeys(("precision", "recall", "F1"), percent))


@st.fragment
def _gallery(report: EvaluationReport, dataset: Dataset) -> None:
    with st.container(key="gallery"):
        found = _in_order(_filtered(report, dataset.class_names))
        if not len(found):
            st.info("No test picture is like this: choose other filters.")
            return
        number = _turn_pages(found)
        shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
        st.html(gallery([_described(report, dataset, int(index)) for index in shown]))


def _filtered(report: EvaluationReport, names: tuple[str, ...]) -> np.ndarray:
    """The filters, and the indices of the test pictures that pass them, int64 (n,)."""
    options = [ANY, *range(len(names))]

    def named(index: int) -> str:
        return "any" if index == ANY else names[index]

    with st.container(horizontal=True, vertical_alignment="bottom"):
        true = st.selectbox("True", options, key="gallery_true", format_func=named, width=130)
        read = st.selectbox("Read as", options, key="gallery_read", format_func=named, width=130)
        kind = st.segmented_control(
            "Show", [EVERY, RIGHT, WRONG], key="gallery_kind", default=EVERY, required=True
        )
    is_right = report.labels == report.predictions
    passes = {EVERY: np.ones_like(is_right), RIGHT: is_right, WRONG: ~is_right}[kind]
    if true != ANY:
        passes = passes & (report.labels == true)
    if read != ANY:
        passes = passes & (report.predictions == read)
    return np.flatnonzero(passes)


def _in_order(found: np.ndarray) -> np.ndarray:
    """The same indices in the order that is chosen: as they come, or by chance."""
    with st.container(horizontal=True):
        st.button(
            "Random sample", key="gallery_random", icon=":material/shuffle:", on_click=_shuffle
        )
        seed = st.session_state.get("gallery_seed")
        if seed is None:
            return found
        st.button("In test order", key="gallery_ordered", on_click=_unshuffle)
    return np.random.default_rng(seed).permutation(found)


def _shuffle() -> None:
    st.session_state.gallery_seed = time.time_ns()


def _unshuffle() -> None:
    st.session_state.gallery_seed = None


def _turn_pages(found: np.ndarray) -> int:
    """The page control for the pictures at these indices; gives the page, from 1."""
    pages = -(-len(found) // PER_PAGE)
    # Other pictures, or another order, begin at their own first page.
    number = st.pagination(pages, key=f"gallery-page-{zlib.crc32(found.tobytes())}")
    order = "by chance" if st.session_state.get("gallery_seed") is not None else "in test order"
    pictures = "1 picture" if len(found) == 1 else f"{len(found):,} pictures {order}"
    st.html(f'<div role="status">{pictures}, page {number} of {pages}</div>')
    return number


def _described(
    report: EvaluationReport, dataset: Dataset, index: int
) -> tuple[np.ndarray, str, str]:
    """A test picture, what it is and was read as, and the kind of its frame."""
    names = dataset.class_names
    true, read = report.labels[index], report.predictions[index]
    sure = report.probabilities[index].max()
    caption = f"is {names[true]}, read as {names[read]}, {sure:.1%} sure"
    return dataset.test_images[index], caption, "right" if true == read else "wrong"
