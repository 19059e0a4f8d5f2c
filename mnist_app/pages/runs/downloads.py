"""Files to download of a run: its model, the code that repeats it, its curves."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.runs import training_script
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.run import Run, curves_csv
from mnist_app.pages.session.jobs import export_job, export_key
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import show_progress
from mnist_app.pages.session.wording import show_error

FORMS = {
    "saved_model": ("SavedModel (ZIP)", "For TensorFlow Serving, with its model card."),
    "litert": ("LiteRT", "For phones and small devices."),
}


def show_run_downloads(run: Run, model: StoredModel | None, curves: LearningCurves) -> None:
    """Offer all files of a run; what takes seconds is made when it is asked for."""
    st.markdown("**Download**")
    if model is not None:
        _show_model(model)
    _show_code_and_curves(run, model, curves)


def _show_model(model: StoredModel) -> None:
    card = model.path.with_suffix(".json")
    with st.container(horizontal=True, key="model_downloads"):
        _download(
            f"Keras model ({_size(model.path.stat().st_size)})",
            model.path.read_bytes,
            model.path.name,
            "application/octet-stream",
            key="keras",
            icon=":material/download:",
        )
        if card.exists():
            _download(
                "Model card (JSON)",
                card.read_bytes,
                card.name,
                "application/json",
                key="card",
                icon=":material/badge:",
                help="What it learned from, how, and how accurate it is.",
            )
        for form in FORMS:
            _show_export(model, form)


def _show_export(model: StoredModel, form: str) -> None:
    """Show a button that makes a file, its progress, and then a button that downloads it."""
    name, purpose = FORMS[form]
    job = queues().large.latest(export_key(model, form))
    if job is not None and job.state == JobState.DONE:
        data: bytes = job.result
        _download(
            f"Download {name} ({_size(len(data))})",
            lambda: data,
            model.path.stem + model_store.EXPORTS[form],
            "application/octet-stream",
            key=form,
            icon=":material/download:",
            type="primary",
        )
    elif job is not None and not job.is_over:
        with st.container():
            show_progress(queues().large, job.id, f"Making {name}", stop=queues().large.stop)
    else:
        if job is not None and job.error:
            show_error(job.error)
        if st.button(f"Make {name}", key=f"make_{form}", icon=":material/package_2:", help=purpose):
            if job is not None:
                queues().large.forget(job.id)
            export_job(model, form)
            st.rerun()


def _show_code_and_curves(run: Run, model: StoredModel | None, curves: LearningCurves) -> None:
    stem, card = model_store.file_stem(run.title), model.card if model else None
    with st.container(horizontal=True, key="run_downloads"):
        _download(
            "Python script",
            lambda: training_script.script(run.config, card, run.title),
            f"{stem}.py",
            "text/x-python",
            key="script",
            icon=":material/code:",
            help="Trains the same network in plain Keras.",
        )
        _download(
            "Notebook",
            lambda: training_script.notebook(run.config, card, run.title),
            f"{stem}.ipynb",
            "application/x-ipynb+json",
            key="notebook",
            icon=":material/menu_book:",
            help="The same for Jupyter.",
        )
        if curves.training:
            _download(
                "Curves (CSV)",
                lambda: curves_csv(curves),
                f"{stem}-curves.csv",
                "text/csv",
                key="curves",
                icon=":material/table:",
                help="To save them as pictures, use the buttons below the charts.",
            )


def _download(
    label: str, data: Callable[[], bytes | str], name: str, mime: str, key: str, **look: Any
) -> None:
    """Show a download button; the file is made when it is pressed."""
    st.download_button(label, data, name, mime, key=f"download_{key}", on_click="ignore", **look)


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"
