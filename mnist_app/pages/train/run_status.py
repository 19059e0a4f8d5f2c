"""The state of a training run while it goes, and the buttons that control it."""

import time
from collections.abc import Callable

import streamlit as st

from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.snapshot import GaveWay, JobState, Snapshot
from mnist_app.core.runs.progress import Progress
from mnist_app.pages.session.queues import LEFT_SECONDS, PAUSE_SECONDS, queues
from mnist_app.pages.session.run_jobs import LiveRun
from mnist_app.pages.session.waiting import moving_bar
from mnist_app.pages.session.wording import (
    about,
    duration,
    escape_markdown,
    place_in_line,
    show_error,
)
from mnist_app.pages.train.curves import show_curves, show_details

REFRESH_SECONDS = 0.4
SLOWER = "Takes steps half as big. It learns more slowly, but overshoots less."
FASTER = "Takes steps twice as big. It learns faster, but may overshoot."
_GAVE_WAY = {
    GaveWay.LEFT: f"You were away for more than {LEFT_SECONDS / 60:.0f} minutes while others "
    "waited, so your run made room for theirs. You can continue it on the Runs page.",
    GaveWay.PAUSED: f"Your run was paused for more than {PAUSE_SECONDS / 60:.0f} minutes while "
    "others waited, so it made room for theirs. What it learned is kept: you can continue it on "
    "the Runs page.",
}
# Where a training run has more to say than other work.
STAGES = {
    Stage.BEGUN: "Opening the data and building the network",
    Stage.TESTING: "Training done. Now testing it on pictures it has never seen",
}


@st.fragment(run_every=REFRESH_SECONDS)
def watch_live(job_id: int, epochs: int) -> None:
    """Show a run until it is over, more than twice a second; then run the whole page."""
    job = queues().training.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
    show(job, epochs)


def show(job: Snapshot | None, epochs: int, results: Callable[[], None] = lambda: None) -> None:
    """Show the state of a run and what it learned; each part at the same place in every state.

    Were one missing or empty in some state, those after it would be made anew, also the charts.

    Args:
        epochs: how many there will be, as far as is known before the run says it.
        results: shows what came of the run.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="train_steering"):
        _control(job)
    with st.container(key="train_status"):
        _status(job, job.progress if job else None)
        results()
    _learning(job, epochs)


def _learning(job: Snapshot | None, epochs: int) -> None:
    run: LiveRun | None = job.progress if job else None
    progress = run.progress if run else None
    if progress is None:
        progress = Progress(1, run.config.epochs if run else epochs, 0, 1)
    show_curves(progress)
    if job is not None and run is not None:
        show_details(run, progress)


def _control(job: Snapshot | None) -> None:
    training = queues().training
    progress = _progress(job) if job else None
    learns = (
        job is not None
        and job.state == JobState.RUNNING
        and not job.stopping
        and progress is not None
    )
    paused, target = (job.paused, job.id) if job else (False, 0)
    st.button(
        "Resume" if paused else "Pause",
        key="train_pause",
        icon=":material/play_arrow:" if paused else ":material/pause:",
        on_click=training.resume if paused else training.pause,
        args=(target,),
        disabled=not learns,
    )
    for label, key, icon, factor, explained in (
        ("Learn slower", "train_slower", ":material/keyboard_double_arrow_down:", 0.5, SLOWER),
        ("Learn faster", "train_faster", ":material/keyboard_double_arrow_up:", 2.0, FASTER),
    ):
        st.button(
            label,
            key=key,
            icon=icon,
            disabled=not learns,
            on_click=_scale_learning_rate,
            args=(target, factor),
            help=explained,
        )
    rate = f"Learning rate {progress.learning_rate:.2g}" if progress else ""
    st.html(f'<span class="quiet">{rate}</span>', width="content")


def _scale_learning_rate(job_id: int, factor: float) -> None:
    control = queues().training.control(job_id)
    if control is not None:
        control.scale_learning_rate(factor)


def _progress(job: Snapshot) -> Progress | None:
    """Return the progress of a run that still learns."""
    run: LiveRun | None = job.progress
    progress = run.progress if run else None
    return None if progress is None or progress.is_over else progress


def _status(job: Snapshot | None, run: LiveRun | None) -> None:
    if job is None:
        st.progress(0.0, "No run yet. Press Start.")
    elif job.state == JobState.WAITING:
        st.progress(0.0, place_in_line(job.place))
    elif job.state == JobState.FAILED:
        show_error(job.error)
    elif run is None or run.progress is None or (run.phase is not None and not job.is_over):
        fraction = run.progress.fraction if run is not None and run.progress else 0.0
        text = _awaited(job, run.phase if run else None)
        if job.is_over:
            st.progress(fraction, text)
        else:
            moving_bar(text, "train", fraction)
        _reasons(job, run)
    else:
        st.progress(run.progress.fraction, _standing(job, run.progress))
        _reasons(job, run)


def _awaited(job: Snapshot, phase: Phase | None) -> str:
    if job.state == JobState.STOPPED:
        return "Stopped before it started."
    if job.stopping:
        return "Stopping …"
    if phase is None:
        return "Getting ready …"
    return f"{STAGES.get(phase.stage, phase.stage)} … {time.time() - phase.since:.0f} s"


def _reasons(job: Snapshot, run: LiveRun | None) -> None:
    """Show why it ended, or went on, otherwise than its visitor asked for."""
    if run is not None and run.progress is not None and run.progress.remark:
        st.info(escape_markdown(run.progress.remark), icon=":material/info:")
    if job.gave_way is not None:
        st.info(_GAVE_WAY[job.gave_way], icon=":material/timer:")


def _standing(job: Snapshot, progress: Progress) -> str:
    where = f"epoch {progress.epoch} of {progress.epochs}, step {progress.step} of {progress.steps}"
    if job.state == JobState.DONE:
        is_whole = progress.fraction == 1 and not job.result.stopped
        ended = "Finished" if is_whole else "Ended early"
        return f"{ended} after {duration(progress.seconds)} of training: {where}."
    if job.state == JobState.STOPPED:
        kept = "What it learned is kept" if job.result else "You can continue it on the Runs page"
        return f"Stopped at {where}. {kept}."
    if job.stopping:
        return "Stopping …"
    if job.paused:
        return f"Paused at {where}. Press Resume to continue."
    if progress.validated:
        doing = f" · checking it on the held-back pictures, {progress.validated:.0%}"
    elif progress.images_per_second:
        doing = f" · {progress.images_per_second:,.0f} pictures a second"
    else:
        doing = ""
    left = progress.seconds_left
    time_left = "estimating the time left …" if left is None else f"{about(left)} left"
    return f"{where[0].upper()}{where[1:]}{doing} · {time_left}"
