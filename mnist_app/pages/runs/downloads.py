"""What one can take along of a run: its model, the code that repeats it, its curves."""

import streamlit as st

from mnist_app.core.jobs.job_queue import State
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.runs import training_script
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.run import Run, curves_csv
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.run_jobs import export_job, export_key
from mnist_app.pages.session.waiting import show_progress
from mnist_app.pages.session.wording import show_error

FORMS = {
    "saved_model": ("SavedModel (ZIP)", "For TensorFlow Serving; with its card."),
    "litert": ("LiteRT", "For phones and small devices."),
}


def show_run_downloads(run: Run, model: StoredModel | None, curves: LearningCurves) -> None:
    """Offer all that there is of a run; what takes seconds is made when it is asked for."""
    st.markdown("**Take it along**")
    if model is not None:
        _model(model)
    _code_and_curves(run, model, curves)


def _model(model: StoredModel) -> None:
    card = model.path.with_suffix(".json")
    with st.container(horizontal=True, key="model_downloads"):
        st.download_button(
            f"Keras model ({_size(model.path.stat().st_size)})",
            model.path.read_bytes,
            model.path.name,
            "application/octet-stream",
            key="download_keras",
            icon=":material/download:",
            on_click="ignore",
        )
        if card.exists():
            st.download_button(
                "Its card (JSON)",
                card.read_bytes,
                card.name,
                "application/json",
                key="download_card",
                icon=":material/badge:",
                on_click="ignore",
                help="What it learned from, how, and how well it reads.",
            )
        for form in FORMS:
            _export(model, form)


def _export(model: StoredModel, form: str) -> None:
    """A button that makes a file, how that stands, and then a button that hands it over."""
    name, purpose = FORMS[form]
    job = queues().exports.latest(export_key(model, form))
    if job is not None and job.state == State.DONE:
        data: bytes = job.result
        st.download_button(
            f"{name}, {_size(len(data))}: ready",
            lambda: data,
            model.path.stem + model_store.EXPORTS[form],
            "application/octet-stream",
            key=f"download_{form}",
            icon=":material/download:",
            on_click="ignore",
            type="primary",
        )
    elif job is not None and not job.is_over:
        with st.container():
            show_progress(queues().exports, job.id, f"Making {name}")
    else:
        if job is not None and job.error:
            show_error(job.error)
        if st.button(f"Make {name}", key=f"make_{form}", icon=":material/package_2:", help=purpose):
            if job is not None:
                queues().exports.forget(job.id)
            export_job(model, form)
            st.rerun()


def _code_and_curves(run: Run, model: StoredModel | None, curves: LearningCurves) -> None:
    stem, card = model_store.file_stem(run.title), model.card if model else None
    with st.container(horizontal=True, key="run_downloads"):
        st.download_button(
            "Python script",
            lambda: training_script.script(run.config, card, run.title),
            f"{stem}.py",
            "text/x-python",
            key="download_script",
            icon=":material/code:",
            on_click="ignore",
            help="Trains with the settings of this run, in plain Keras.",
        )
        st.download_button(
            "Notebook",
            lambda: training_script.notebook(run.config, card, run.title),
            f"{stem}.ipynb",
            "application/x-ipynb+json",
            key="download_notebook",
            icon=":material/menu_book:",
            on_click="ignore",
            help="The same for Jupyter.",
        )
        if curves.training:
            st.download_button(
                "Curves (CSV)",
                lambda: curves_csv(curves),
                f"{stem}-curves.csv",
                "text/csv",
                key="download_curves",
                icon=":material/table:",
                on_click="ignore",
                help="As pictures they are saved with the buttons below the charts.",
            )


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{count / 1e3:.0f} kB"
