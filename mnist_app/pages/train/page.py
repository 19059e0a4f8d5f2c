"""Train a network in the background and watch it learn."""

import time
from functools import partial

import numpy as np
import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.snapshot import Snapshot
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import percent
from mnist_app.core.runs.outcomes import TrainingOutcome
from mnist_app.core.runs.run import RunState, distinct_title
from mnist_app.core.settings import TrainingConfig, default_title
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import picture_grid, readings
from mnist_app.pages.components.scroll_to import scroll_if_asked, scroll_to
from mnist_app.pages.session import navigation, wording
from mnist_app.pages.session.jobs import dataset_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.run_jobs import runs, training_job
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import result_or_progress
from mnist_app.pages.session.wording import show_error
from mnist_app.pages.train.form import show_form
from mnist_app.pages.train.run_status import show, watch_live
from mnist_app.pages.train.sentences import describe_limits

SAMPLE = 12


def page() -> None:
    """Show the page."""
    st.title("Train a network")
    st.write(
        "A network starts out knowing nothing. Show it pictures with the correct answers, again "
        "and again, and watch it learn."
    )
    job = _current_job()
    if job is None:
        _interrupted()
    elif st.session_state.get("has_arrived") and not st.session_state.pop("wants_form", False):
        # On a phone the settings, if they are not what somebody came for, would hide how it stands.
        scroll_to("train_status")
    settings, watching = st.columns([2, 3], gap="large")
    with settings:
        config, title = show_form()
    with watching:
        _start_and_stop(config, title, job)
        epochs = config.epochs if config else 1
        if job is not None and not job.is_over:
            watch_live(job.id, epochs)
        else:
            # A fragment has a container of its own: what follows it stays at its place.
            with st.container():
                if job is not None and job.result is not None:
                    show(job, epochs, partial(_results, job))
                else:
                    show(job, epochs)
    if job is not None and job.result is not None:
        _sample(job.result)
    scroll_if_asked()


def _current_job() -> Snapshot | None:
    """Return the visitor's run that is not over, or else their last one."""
    own = queues().training.jobs(visitor())
    return next((job for job in own if not job.is_over), own[-1] if own else None)


def _interrupted() -> None:
    """Lead to the newest of the visitor's runs that an earlier server left broken off."""
    try:
        listed = runs().listed(visitor())
    except DigitLabError:
        # Told when they start one.
        return
    broken_off = (run for run in listed if run.state is RunState.INTERRUPTED and run.can_continue)
    last = next(broken_off, None)
    if last is not None:
        with st.container(key="interrupted", border=True):
            st.write(
                f"The server stopped in the middle of “{wording.escape_markdown(last.title)}”. "
                "You can continue it from its last epoch."
            )
            navigation.show_runs_button(last.id, "Go to that run")


def _start_and_stop(config: TrainingConfig | None, title: str, job: Snapshot | None) -> None:
    is_busy = job is not None and not job.is_over
    with st.container(horizontal=True, key="train_start_and_stop"):
        start, stop = st.container(), st.container()
    try:
        if allowed := describe_limits():
            st.html(f'<span class="quiet">{allowed}</span>')
    except DigitLabError as error:
        show_error(error)
        config = None
    if start.button(
        "Start",
        key="train_start",
        type="primary",
        icon=":material/play_arrow:",
        width="stretch",
        disabled=is_busy or config is None,
    ):
        assert config is not None
        try:
            title = distinct_title(title or _title(config), runs().listed())
            training_job(config, title, visitor(), _last_drawing())
        except DigitLabError as error:
            show_error(error)
        else:
            scroll_to("train_status")
            st.rerun()
    if stop.button(
        "Stop",
        key="train_stop",
        icon=":material/stop:",
        width="stretch",
        disabled=not is_busy,
    ):
        assert job is not None
        queues().training.stop(job.id)
        st.rerun()


def _title(config: TrainingConfig) -> str:
    return default_title(config, wording.dataset_title(config.dataset))


def _last_drawing() -> np.ndarray | None:
    """Return the digit that stands on the visitor's canvas, uint8 (28, 28), or None."""
    canvas: Canvas | None = st.session_state.get("canvas_state")
    return None if canvas is None or canvas.is_wide else canvas.image


def _results(job: Snapshot) -> None:
    outcome: TrainingOutcome[StoredModel] = job.result
    report = outcome.report
    title = wording.escape_markdown(outcome.model.title)
    st.markdown(f"**Test of “{title}”: {report.images:,} pictures it has never seen**")
    accuracy, loss, errors = st.columns(3)
    accuracy.metric(
        "Test accuracy", percent(report.accuracy, 2), help="How many of them it reads correctly."
    )
    loss.metric("Test loss", f"{report.loss:.4f}", help=wording.LOSS)
    wrong = int((report.labels != report.predictions).sum())
    errors.metric("Mistakes", f"{wrong:,}", help=f"Of {report.images:,} test pictures.")
    with st.container(horizontal=True):
        if outcome.model.reads_digits:
            navigation.show_draw_button(outcome.model, primary=True)
        else:
            navigation.show_try_button(outcome.model)
            navigation.show_predictions_button(outcome.model)
        if isinstance(job.key, int):
            navigation.show_runs_button(job.key, "Compare with other runs")


def _sample(outcome: TrainingOutcome[StoredModel]) -> None:
    report = outcome.report
    names = outcome.model.class_names
    dataset = outcome.model.card.dataset if outcome.model.card else ""
    opened = result_or_progress(
        queues().datasets, dataset_job(dataset), "Opening the test pictures"
    )
    if opened is None:
        return
    images = opened.test_images
    st.write("**A random sample of test pictures.** Green: correct, red: wrong.")
    if st.button("Another sample", icon=":material/shuffle:", key="another_sample"):
        st.session_state.sample_seed = time.time_ns()
    chance = np.random.default_rng(st.session_state.get("sample_seed", 0))
    chosen = chance.choice(report.images, min(SAMPLE, report.images), replace=False)
    st.html(
        picture_grid(
            readings(images[chosen], report.labels[chosen], report.predictions[chosen], names)
        )
    )
