"""Files to download: the whole report as a page, and every answer as a table."""

import streamlit as st

from mnist_app.core import html_report
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.runs.learning_curve import LearningCurves


def show_report_downloads(
    report: EvaluationReport,
    names: tuple[str, ...],
    title: str,
    about: str,
    stem: str,
    curves: LearningCurves,
) -> None:
    """Offer both files; each is made when it is asked for.

    Args:
        title, about: what the report is called and what was measured.
        stem: the files' name without its suffix.
        curves: of the run that made the model.
    """
    with st.container(key="downloads", horizontal=True):
        st.download_button(
            "Report (HTML, 5 MB)",
            lambda: html_report.as_html(report, names, title, about, curves),
            f"{stem}.html",
            "text/html",
            key="download_report",
            icon=":material/description:",
            on_click="ignore",
        )
        st.download_button(
            "All predictions (CSV)",
            lambda: html_report.as_csv(report, names),
            f"{stem}.csv",
            "text/csv",
            key="download_csv",
            icon=":material/table:",
            on_click="ignore",
        )
