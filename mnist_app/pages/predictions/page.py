"""How good a model is, and where it fails."""

import streamlit as st

from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.settings import DATASETS
from mnist_app.pages.predictions import confusion, deletion, gallery, map_panel, metrics
from mnist_app.pages.predictions.comparison import comparable_models, show_model_comparison
from mnist_app.pages.predictions.downloads import show_report_downloads
from mnist_app.pages.session.choices import (
    choose,
    choose_dataset,
    open_dataset,
    other_training_dataset,
)
from mnist_app.pages.session.queues import evaluation_job, queues
from mnist_app.pages.session.waiting import result_or_stop
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
        deletion.offer_deletion(model)
    with right:
        fitting = [name for name in DATASETS if datasets.class_names(name) == model.class_names]
        if not fitting:
            st.info("There is no data set here with the classes this model knows.")
            return
        name = choose_dataset(fitting)
    dataset = open_dataset(name)
    report = result_or_stop(
        queues().evaluations,
        evaluation_job(model, dataset),
        f"Reading the {len(dataset.test_labels):,} test pictures of {dataset.title}",
    )
    _how_good(model, dataset, report)
    _where_it_fails(model, dataset, report, models)
    _details(report, dataset.class_names)
    st.subheader("How it learned")
    metrics.show_learning_curves(model)
    st.subheader("Another model on the same pictures")
    show_model_comparison(model, report, dataset, models)


def _how_good(model: StoredModel, dataset: Dataset, report: EvaluationReport) -> None:
    about = _what_was_measured(model, dataset, report)
    st.caption(escape_markdown(about))
    metrics.show_metrics(report)
    title = f"{model.title} on {dataset.title}"
    stem, curves = f"{model.name}-{dataset.name}", metrics.learning_curves(model)
    show_report_downloads(report, dataset.class_names, title, about, stem, curves)


def _what_was_measured(model: StoredModel, dataset: Dataset, report: EvaluationReport) -> str:
    measured = (
        f"“{model.title}”, measured on the {report.images:,} test pictures of {dataset.title}, "
        "which are kept apart from training."
    )
    elsewhere = other_training_dataset(model, dataset)
    if elsewhere is None:
        return measured
    return f"{measured} It learned from {elsewhere}, so these come from other hands."


def _where_it_fails(
    model: StoredModel, dataset: Dataset, report: EvaluationReport, models: dict[str, StoredModel]
) -> None:
    left, right = st.columns([3, 2], gap="large")
    with left:
        st.subheader("What it confuses")
        confusion.show_confusion_matrix(report, dataset.class_names)
    with right:
        st.subheader("Most often confused")
        confusion.show_confused_pairs(report, dataset.class_names)
    st.subheader("All test pictures at once")
    with st.container(key="map"):
        map_panel.show_map(model, report, dataset)
    gallery.show_gallery(
        model, report, dataset, comparable_models(model, models), gallery.highlighted(dataset)
    )


def _details(report: EvaluationReport, names: tuple[str, ...]) -> None:
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("How honest its sureness is")
        metrics.show_calibration(report)
    with right:
        st.subheader("Class by class")
        metrics.show_class_table(report, names)
