"""The last step of the show: the network learns from the presenter, or a new one from scratch."""

import re
from contextlib import suppress
from statistics import fmean
from typing import cast

import numpy as np
import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import confidence, percent
from mnist_app.core.plots.run_charts import lesson_curve
from mnist_app.core.presets import PRESETS, training_pictures
from mnist_app.core.runs.progress import Progress
from mnist_app.core.runs.run import latest_speed
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.components import corrections, reader
from mnist_app.pages.components.canvas import Canvas, show_plain_canvas
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.session.choices import default_dataset
from mnist_app.pages.session.kiosk import job_owner
from mnist_app.pages.session.navigation import show_doors
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.run_jobs import LiveRun, runs, training_job
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import rerun_after
from mnist_app.pages.session.wording import about, show_error
from mnist_app.pages.show_me.steps import pressed_by_key

TITLE = "Learned in the show"
DOORS = (("teach", "Teach it something new", "gesture"),)
# Enough to see it learn: a data set that is small is gone through more often.
EPOCHS = {"mnist": 3, "optdigits": 12}
REFRESH_SECONDS = 0.5
# A point of the curve alone jumps up and down.
AVERAGED = 12


def show_lesson(canvas: Canvas, model: StoredModel) -> None:
    """Show the canvas, and beside it what can be taught with it."""
    found = reader.read_latest(canvas, model)
    left, right = st.columns([4, 5], gap="large")
    with right:
        # The next drawing begins on an empty canvas.
        corrections.ask_for_correction(
            canvas, model, lambda: canvas.renew(None), question="What did you draw?"
        )
        corrections.show_handwriting(canvas, model)
        if not corrections.kept_drawings():
            _show_new_network(canvas)
    with left:
        show_plain_canvas(canvas)
        reader.show_answer(found)
    reader.rerun_when_ready(found.job)


def _show_new_network(canvas: Canvas) -> None:
    job = _last_lesson()
    st.markdown("**Or watch a new network learn from scratch**")
    if job is not None and not job.is_over:
        st.button(
            "Stop",
            key="demo_stop",
            icon=":material/stop:",
            disabled=job.stopping,
            on_click=queues().training.stop,
            args=(job.id,),
        )
        _watch(job.id)
        return
    config = _config()
    # Once is enough: at the end of the show one more press begins nothing.
    with (
        pressed_by_key()
        if job is None
        else st.container(horizontal=True, vertical_alignment="center")
    ):
        started = st.button(
            "Start learning", key="demo_train", type="primary", icon=":material/school:"
        )
        if time := _usual_time(config):
            st.markdown(f"Learning takes {time} here.", width="content")
    if started:
        rerun_after(lambda: training_job(config, TITLE, visitor(), canvas.image))
    if job is None:
        # Below a learning curve it would be out of sight.
        show_doors(DOORS)
        return
    if job.state == JobState.DONE:
        _delete_former(job)
    # A fragment has a container of its own: so the chart stays where it is.
    with st.container():
        _show_curve(job)


def _config() -> TrainingConfig:
    dataset = default_dataset(list(EPOCHS))
    preset = {**PRESETS["ten-seconds"], "epochs": EPOCHS[dataset], "batch_size": 32}
    return TrainingConfig(**preset, dataset=dataset)


def _usual_time(config: TrainingConfig) -> str:
    """Return how long such a lesson takes, measured here; "" when there was none yet."""
    # That the list of runs cannot be read is told when a run is started.
    with suppress(DigitLabError):
        if speed := latest_speed(config, runs().listed()):
            return about(training_pictures(config) / speed)
    return ""


def _delete_former(job: Snapshot) -> None:
    """Delete what former shows left; who wants to keep one gives it another name."""
    new = cast(int, job.key)
    for run in runs().listed(job_owner()):
        is_former = run.is_over and run.id < new
        if is_former and (run.title, run.config) == (TITLE, job.progress.config):
            # Another page of the same person may be at it too.
            with suppress(DigitLabError):
                runs().delete(run.id, with_model=True)


def _last_lesson() -> Snapshot | None:
    """Return this visitor's last lesson, or whatever of theirs still learns."""
    jobs = queues().training.jobs(visitor())
    return next((job for job in reversed(jobs) if not job.is_over or _is_lesson(job)), None)


def _is_lesson(job: Snapshot) -> bool:
    run: LiveRun | None = job.progress
    return run is not None and run.title == TITLE


@st.fragment(run_every=REFRESH_SECONDS)
def _watch(job_id: int) -> None:
    job = queues().training.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
    _show_curve(job)


def _show_curve(job: Snapshot) -> None:
    if job.state == JobState.FAILED:
        show_error(job.error)
        return
    run: LiveRun | None = job.progress
    epochs = run.config.epochs if run else _config().epochs
    progress = (run.progress if run else None) or Progress(1, epochs, 0, 1)
    text = " ".join((_state_text(job, progress), _opinion(progress)))
    st.html(f'<div class="lesson" role="status">{text}</div>')
    figure = lesson_curve(progress.training, progress.epochs)
    said = re.sub("</?b>", "", text)
    live_chart(figure, key="lesson_curve", alt=f"How many pictures it gets right. {said}")


def _state_text(job: Snapshot, progress: Progress) -> str:
    if job.state == JobState.WAITING:
        return "Another network is learning. This one starts automatically when it ends."
    if job.result is not None:
        report = job.result.report
        return (
            f"After {progress.seconds:.0f} seconds it reads <b>{percent(report.accuracy)}</b> of "
            f"{report.images:,} new digits correctly."
        )
    if job.state == JobState.STOPPED:
        return "Stopped before it had learned anything."
    if job.stopping:
        return "Stopping …"
    if not progress.training:
        return f"{_phase(job)} … It knows nothing yet."
    steady = fmean(point.accuracy for point in progress.training[-AVERAGED:])
    return f"It now gets <b>{percent(steady, 0)}</b> right. {_time_left(progress)}"


def _time_left(progress: Progress) -> str:
    left = progress.seconds_left
    return "Estimating the time left …" if left is None else f"{about(left).capitalize()} left."


def _phase(job: Snapshot) -> str:
    run: LiveRun | None = job.progress
    return run.phase.stage if run and run.phase else "Getting ready"


def _opinion(progress: Progress) -> str:
    """Return what the new network reads the presenter's drawing as."""
    if not progress.opinions:
        return ""
    probabilities = progress.opinions[-1].probabilities
    digit = int(np.argmax(probabilities))
    return f"It reads the drawing as <b>{digit}</b> ({confidence(probabilities[digit])} sure)."
