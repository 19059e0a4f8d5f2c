"""Files to download: the whole report as a page, and every answer as a table."""

import streamlit as st

from mnist_app.core import html_report
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel


@st.fragment
def show_report_downloads(evaluated: EvaluatedModel, about: str, curves: LearningCurves) -> None:
    """Offer both files; they are made when somebody looks at the offer.

    Were each made when its button is pressed, Streamlit would forget it at the second run of any
    part of the page, and there are many while a progress is shown.

    Args:
        about: what was measured.
        curves: of the run that made the model.
    """
    with st.popover(
        "Download", icon=":material/download:", key="downloads", on_change="rerun"
    ) as offer:
        if not offer.open:
            return
        model, dataset, report = evaluated.model, evaluated.dataset, evaluated.report
        title, stem = f"{model.title} on {dataset.title}", f"{model.name}-{dataset.name}"
        st.download_button(
            "Report (HTML, 5 MB)",
            html_report.as_html(report, evaluated.names, title, about, curves),
            f"{stem}.html",
            "text/html",
            key="download_report",
            icon=":material/description:",
            on_click="ignore",
        )
        st.download_button(
            "All answers (CSV)",
            html_report.as_csv(report, evaluated.names),
            f"{stem}.csv",
            "text/csv",
            key="download_csv",
            icon=":material/table:",
            on_click="ignore",
        )
