"""The Predictions page: how good a model is, and where it fails."""

import streamlit as st

from mnist_app.core.data import datasets
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.settings import DATASETS
from mnist_app.pages.predictions import confusion, gallery, map_panel, metrics
from mnist_app.pages.predictions.comparison import comparable_models, show_model_comparison
from mnist_app.pages.predictions.deletion import offer_deletion
from mnist_app.pages.predictions.downloads import show_report_downloads
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel, evaluate_or_stop
from mnist_app.pages.session.choices import (
    choose,
    choose_dataset,
    open_dataset,
    other_training_dataset,
)
from mnist_app.pages.session.wording import escape_markdown


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
        titles = model_store.titles(models.values())
        model = models[choose("Model", list(models), "model", titles.__getitem__)]
        offer_deletion(model)
    with right:
        fitting = [name for name in DATASETS if datasets.class_names(name) == model.class_names]
        if not fitting:
            st.info("There is no data set here with the classes this model knows.")
            return
        name = choose_dataset(fitting)
    dataset = open_dataset(name)
    doing = f"Reading the {len(dataset.test_labels):,} test pictures of {dataset.title}"
    evaluated = evaluate_or_stop(model, dataset, doing)
    _show_quality(evaluated)
    _show_failures(evaluated, models)
    _show_details(evaluated)
    st.subheader("How it learned")
    metrics.show_learning_curves(model)
    st.subheader("Another model on the same pictures")
    show_model_comparison(evaluated, models)


def _show_quality(evaluated: EvaluatedModel) -> None:
    model, dataset = evaluated.model, evaluated.dataset
    about = (
        f"“{model.title}”, measured on the {evaluated.report.images:,} test pictures of "
        f"{dataset.title}, which are kept apart from training."
    )
    other = other_training_dataset(model, dataset)
    if other is not None:
        about += f" It learned from {other}, so these come from other hands."
    st.caption(escape_markdown(about))
    metrics.show_metrics(evaluated.report)
    show_report_downloads(evaluated, about, metrics.learning_curves(model))


def _show_failures(evaluated: EvaluatedModel, models: dict[str, StoredModel]) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("What it confuses")
        confusion.show_confusion_matrix(evaluated)
    with right:
        st.subheader("Most often confused")
        confusion.show_confused_pairs(evaluated)
    st.subheader("All test pictures at once")
    with st.container(key="map"):
        map_panel.show_map(evaluated)
    others = comparable_models(evaluated.model, models)
    gallery.show_gallery(evaluated, others, gallery.highlighted(evaluated.dataset))


def _show_details(evaluated: EvaluatedModel) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("How honest its sureness is")
        metrics.show_calibration(evaluated.report)
    with right:
        st.subheader("Class by class")
        metrics.show_class_table(evaluated.report, evaluated.names)
