"""The Predictions page: how good a model is, and where it fails."""

import streamlit as st

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.settings import DATASETS
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.pages.predictions import confusion, gallery, map_panel, metrics
from mnist_app.pages.predictions.comparison import comparable_models, show_model_comparison
from mnist_app.pages.predictions.deletion import offer_deletion
from mnist_app.pages.predictions.downloads import show_report_downloads
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel, evaluate_or_stop
from mnist_app.pages.predictions.own_network import offer_own_network, show_found
from mnist_app.pages.session.choices import (
    choose,
    choose_dataset,
    fitting_datasets,
    models_at_hand,
    open_dataset,
    other_training_dataset,
)
from mnist_app.pages.session.navigation import show_train_page_button
from mnist_app.pages.session.wording import escape_markdown, noun

# The parts of the page that links lead to, by their anchors.
PARTS = {
    "mistakes": "What it mixes up",
    "map": "All test pictures at once",
    "gallery": "The test pictures",
    "confidence": "Can you trust its confidence?",
    "learning": "How it learned",
    "comparison": "Compare models",
}


def page() -> None:
    """Show the page."""
    st.title("Predictions")
    st.write("How well does a network read pictures it has never seen, and where does it fail?")
    offer_own_network()
    models = models_at_hand()
    if not models:
        st.info("There is no model here yet. Train one, then come back.")
        show_train_page_button("Train a network")
        return
    left, right = st.columns(2)
    with left:
        titles = model_store.titles(models.values())
        model = models[choose("Model", list(models), "model", titles.__getitem__)]
        offer_deletion(model)
    with right:
        fitting = fitting_datasets(model.class_names)
        if not fitting:
            _show_no_pictures(model)
            return
        name = choose_dataset(fitting)
    show_found(model)
    dataset = open_dataset(name)
    title = escape_markdown(dataset.title)
    doing = f"Reading the {len(dataset.test_labels):,} test pictures of {title}"
    evaluated = evaluate_or_stop(model, dataset, doing)
    st.markdown(" · ".join(f"[{title}](#{anchor})" for anchor, title in PARTS.items()))
    _show_quality(evaluated)
    _show_failures(evaluated, models)
    _show_details(evaluated)
    _show_title("learning")
    metrics.show_learning_curves(model)
    _show_title("comparison")
    show_model_comparison(evaluated, models)


def _show_no_pictures(model: StoredModel) -> None:
    """Say why there is nothing to test a model with."""
    learned = model.card.dataset if model.card else ""
    st.info(
        own_datasets.GONE
        if learned and learned not in DATASETS
        else "None of the data sets here fits what this model can read."
    )


def _show_title(anchor: str) -> None:
    st.header(PARTS[anchor], anchor=anchor)


def _show_quality(evaluated: EvaluatedModel) -> None:
    model, dataset = evaluated.model, evaluated.dataset
    about = (
        f"“{model.title}”, tested on the {evaluated.report.images:,} test pictures of "
        f"{dataset.title}, which are never used for training."
    )
    other = other_training_dataset(model, dataset)
    if other is not None:
        about += f" It learned from {other}, so these were written by other people."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(escape_markdown(about), width="stretch")
        with st.container(width="content"):
            show_report_downloads(evaluated, about, metrics.learning_curves(model))
    metrics.show_metrics(evaluated.report)


def _show_failures(evaluated: EvaluatedModel, models: dict[str, StoredModel]) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        _show_title("mistakes")
        confusion.show_confusion_matrix(evaluated)
    with right:
        st.header("Most frequent mistakes")
        confusion.show_confused_pairs(evaluated)
    _show_title("map")
    with st.container(key="map"):
        map_panel.show_map(evaluated)
    others = comparable_models(evaluated.model, models)
    gallery.show_gallery(evaluated, others, gallery.highlighted(evaluated.dataset))


def _show_details(evaluated: EvaluatedModel) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        _show_title("confidence")
        metrics.show_calibration(evaluated.report)
    with right:
        st.header(f"{noun(evaluated.names).capitalize()} by {noun(evaluated.names)}")
        metrics.show_class_table(evaluated.report, evaluated.names)
