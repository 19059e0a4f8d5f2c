"""Files to download: the whole report as a page, and every answer as a table."""

import streamlit as st

from mnist_app.core import html_report
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel


def show_report_downloads(evaluated: EvaluatedModel, about: str, curves: LearningCurves) -> None:
    """Offer both files; each is made when it is asked for.

    Args:
        about: what was measured.
        curves: of the run that made the model.
    """
    model, dataset, report = evaluated.model, evaluated.dataset, evaluated.report
    title, stem = f"{model.title} on {dataset.title}", f"{model.name}-{dataset.name}"
    with st.container(key="downloads", horizontal=True):
        st.download_button(
            "Report (HTML, 5 MB)",
            lambda: html_report.as_html(report, evaluated.names, title, about, curves),
            f"{stem}.html",
            "text/html",
            key="download_report",
            icon=":material/description:",
            on_click="ignore",
        )
        st.download_button(
            "All predictions (CSV)",
            lambda: html_report.as_csv(report, evaluated.names),
            f"{stem}.csv",
            "text/csv",
            key="download_csv",
            icon=":material/table:",
            on_click="ignore",
        )
