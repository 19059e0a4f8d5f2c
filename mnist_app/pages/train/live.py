"""What one sees of a training run while it goes, and how one steers it."""

import html
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.images.pictures import signed
from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.snapshot import GaveWay, JobState, Snapshot
from mnist_app.core.plots.run_charts import (
    accuracy_curves,
    class_accuracy_curves,
    learning_rate_curve,
    loss_curves,
    opinion_curves,
)
from mnist_app.core.recognition.answers import percent
from mnist_app.core.runs.progress import HardPicture, Opinion, Progress, View
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.components.pixel_images import picture, picture_grid, tiles
from mnist_app.pages.session.jobs import dataset_job
from mnist_app.pages.session.queues import LEFT_SECONDS, PAUSE_SECONDS, queues
from mnist_app.pages.session.run_jobs import LiveRun
from mnist_app.pages.session.wording import escape_markdown, show_error

REFRESH_SECONDS = 0.4
SLOWER, FASTER = 0.5, 2.0
_GAVE_WAY = {
    GaveWay.LEFT: f"You were away for more than {LEFT_SECONDS / 60:.0f} minutes while others "
    "waited, so it gave way to them. The Runs page can continue what had begun.",
    GaveWay.PAUSED: f"It paused for more than {PAUSE_SECONDS / 60:.0f} minutes while others "
    "waited, so it gave way to them. What it learned is kept, and the Runs page can continue it.",
}
STAGES = {
    Stage.STARTING: "Starting a worker",
    Stage.WAITING: "Waiting for a worker",
    Stage.LOADING: "Loading TensorFlow",
    Stage.BEGUN: "Opening the data and building the network",
    Stage.TESTING: "Testing it on pictures it never saw",
}


@st.fragment(run_every=REFRESH_SECONDS)
def watch_live(job_id: int) -> None:
    """Show a run until it is over, more than twice a second; then run the whole page."""
    job = queues().training.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
    show(job)


def show(job: Snapshot | None, results: Callable[[], None] = lambda: None) -> None:
    """How a run stands, and what it learned; each part at the same place in every state.

    Were one missing or empty in some state, those after it would be made anew, also the charts.

    Args:
        results: shows what came of the run.
    """
    with st.container(horizontal=True, vertical_alignment="center", key="train_steering"):
        _control(job)
    with st.container(key="train_status"):
        _status(job, job.progress if job else None)
        results()
    _learning(job)


def _learning(job: Snapshot | None) -> None:
    run: LiveRun | None = job.progress if job else None
    progress = (run.progress if run else None) or Progress(1, 1, 0, 1)
    _curves(progress)
    if job is not None and run is not None:
        _closer(run, progress)


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
    for label, key, icon, factor in (
        ("Learn slower", "train_slower", ":material/keyboard_double_arrow_down:", SLOWER),
        ("Learn faster", "train_faster", ":material/keyboard_double_arrow_up:", FASTER),
    ):
        st.button(
            label,
            key=key,
            icon=icon,
            disabled=not learns,
            on_click=_scale_learning_rate,
            args=(target, factor),
            help=f"Multiplies the learning rate by {factor:g} from the next step on.",
        )
    rate = f"Learning rate {progress.learning_rate:.2g}" if progress else ""
    st.html(f'<span class="quiet">{rate}</span>', width="content")


def _scale_learning_rate(job_id: int, factor: float) -> None:
    control = queues().training.control(job_id)
    if control is not None:
        control.scale_learning_rate(factor)


def _progress(job: Snapshot) -> Progress | None:
    """The progress of a run that still learns."""
    run: LiveRun | None = job.progress
    progress = run.progress if run else None
    return None if progress is None or progress.is_over else progress


def _status(job: Snapshot | None, run: LiveRun | None) -> None:
    if job is None:
        st.progress(0.0, "No run yet. Press Start.")
    elif job.state == JobState.WAITING:
        others = "another run" if job.ahead == 1 else f"{job.ahead} other runs"
        st.progress(
            0.0, f"Waiting in line at place {job.place}: {others} first. It starts by itself."
        )
    elif job.state == JobState.FAILED:
        show_error(job.error)
    elif run is None or run.progress is None or (run.phase is not None and not job.is_over):
        share = run.progress.fraction if run is not None and run.progress else 0.0
        st.progress(share, _awaited(job, run.phase if run else None))
        _reasons(job, run)
    else:
        st.progress(run.progress.fraction, _standing(job, run.progress))
        _reasons(job, run)


def _awaited(job: Snapshot, phase: Phase | None) -> str:
    if job.state == JobState.STOPPED:
        return "Stopped before it began."
    if job.stopping:
        return "Stopping …"
    if phase is None:
        return "Getting ready …"
    return f"{STAGES[phase.stage]} … {time.time() - phase.since:.1f} s"


def _reasons(job: Snapshot, run: LiveRun | None) -> None:
    """Why it ended, or went on, otherwise than its visitor asked for."""
    if run is not None and run.progress is not None and run.progress.remark:
        st.info(escape_markdown(run.progress.remark), icon=":material/info:")
    if job.gave_way is not None:
        st.info(_GAVE_WAY[job.gave_way], icon=":material/timer:")


def _standing(job: Snapshot, progress: Progress) -> str:
    where = f"epoch {progress.epoch} of {progress.epochs}, step {progress.step} of {progress.steps}"
    if job.state == JobState.DONE:
        minutes, seconds = divmod(round(job.ended - job.started), 60)
        took = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        is_whole = progress.fraction == 1 and not job.result.stopped
        return f"{'Finished' if is_whole else 'Ended early'} in {took}: {where}."
    if job.state == JobState.STOPPED:
        kept = "What it learned is kept" if job.result else "It can go on from the Runs page"
        return f"Stopped at {where}. {kept}."
    if job.stopping:
        return "Stopping …"
    if job.paused:
        return f"Paused at {where}. Press Resume to go on."
    if progress.validated:
        doing = f"checking it on pictures kept aside, {progress.validated:.0%}"
    else:
        doing = f"{progress.images_per_second:,.0f} images a second"
    return f"{where[0].upper()}{where[1:]} · {doing} · {_left(progress.seconds_left)}"


def _left(seconds: float | None) -> str:
    if seconds is None:
        return "time left unknown"
    if seconds < 100:
        return f"{seconds:.0f} s left"
    return f"{seconds / 60:.0f} min left"


def _curves(progress: Progress) -> None:
    training, validation = progress.training, progress.validation
    last = training[-1] if training else None
    with st.container(key="train_curves"):
        live_chart(
            accuracy_curves(training, validation, progress.epochs),
            key="accuracy_curves",
            alt="Accuracy over epochs. "
            + (f"Now {last.accuracy:.1%} of the training pictures." if last else "No run yet."),
        )
        live_chart(
            loss_curves(training, validation, progress.epochs),
            key="loss_curves",
            alt="Loss over epochs. " + (f"Now {last.loss:.3f}." if last else "No run yet."),
        )
    st.caption(
        "Training: pictures it learns from; the thin line is each moment, the thick one smoothed. "
        "Validation: pictures kept aside, checked after each epoch. An epoch is once through all "
        "training pictures. When training keeps improving but validation does not, it learns by "
        "heart instead of understanding. With a mouse, drag over a chart to look closer; a double "
        "click shows all of it again."
    )


def _closer(run: LiveRun, progress: Progress) -> None:
    """How each class, some pictures, the filters and the own drawing are doing."""
    # Before the first step the data may still be on its way to this machine.
    dataset = dataset_job(run.config.dataset).result if progress.step else None
    with st.container(key="train_closer"):
        left, right = st.columns(2)
        with left:
            _classes(run, progress, dataset)
            _watched(progress.view, dataset)
            _hardest(progress.hardest, dataset)
        with right:
            _learning_rate(progress)
            _filters(progress.view)
            _opinions(run.drawing, progress.opinions, progress.epochs, dataset)


def _learning_rate(progress: Progress) -> None:
    live_chart(
        learning_rate_curve(progress.training, progress.epochs),
        key="learning_rate_curve",
        alt=f"The learning rate over epochs. Now {progress.learning_rate:.3g}.",
    )


def _classes(run: LiveRun, progress: Progress, dataset: Dataset | None) -> None:
    names = dataset.class_names if dataset else tuple("0123456789")
    shares = progress.class_accuracy
    words = (
        "Known after the first epoch."
        if run.config.validation_share
        else "No pictures were kept aside to check."
    )
    if shares:
        told = [
            f"{name} {share:.0%}"
            for name, share in zip(names, shares[-1], strict=True)
            if not np.isnan(share)
        ]
        words = f"Now {', '.join(told)}."
    live_chart(
        class_accuracy_curves(progress.validation, shares, names, progress.epochs, words),
        key="class_accuracy",
        alt=f"Validation pictures of each class read right, over epochs. {words}",
    )


def _watched(view: View | None, dataset: Dataset | None) -> None:
    right = int((view.labels == view.predictions).sum()) if view else 0
    _section(
        "The same test pictures",
        f"Green: read right, red: not. Now {right} of {len(view.labels)}."
        if view
        else "They appear with the first steps.",
    )
    st.html(_kept("watched", (view, dataset), lambda: _watched_tiles(view, dataset)))


def _watched_tiles(view: View | None, dataset: Dataset | None) -> str:
    if view is None or dataset is None:
        return tiles([], "watched")
    names = dataset.class_names
    return tiles(
        [
            (
                dataset.test_images[index],
                f"{names[label]}, read as {names[read]}",
                "right" if label == read else "wrong",
            )
            for index, label, read in zip(view.indices, view.labels, view.predictions, strict=True)
        ],
        "watched",
    )


def _filters(view: View | None) -> None:
    _section(
        "What its first layer looks for",
        "Each square is one filter: blue weighs ink up, orange weighs it down.",
    )
    st.html(_kept("filters", (view,), lambda: _filter_tiles(view)))


def _filter_tiles(view: View | None) -> str:
    filters = view.filters if view else ()
    return tiles(
        [(signed(weights), f"Filter {n}", "") for n, weights in enumerate(filters, start=1)],
        "filters",
    )


def _hardest(hardest: tuple[HardPicture, ...], dataset: Dataset | None) -> None:
    _section(
        "The hardest so far",
        "Validation pictures it was most wrong about, or least sure of, after the last epoch."
        if hardest
        else "Known after the first epoch, when pictures were kept aside.",
    )
    st.html(_kept("hardest", (hardest, dataset), lambda: _hard_gallery(hardest, dataset)))


def _hard_gallery(hardest: Sequence[HardPicture], dataset: Dataset | None) -> str:
    if dataset is None:
        return picture_grid([], kind="hardest")
    names = dataset.class_names
    return picture_grid(
        [
            (
                dataset.train_images[one.index],
                f"is {names[one.label]}, read as {names[one.prediction]}",
                "right" if one.label == one.prediction else "wrong",
            )
            for one in hardest
        ],
        side=48,
        kind="hardest",
    )


def _opinions(
    drawing: np.ndarray | None, opinions: Sequence[Opinion], epochs: int, dataset: Dataset | None
) -> None:
    if drawing is None:
        _section(
            "Your own drawing",
            "Draw a digit on the Draw page before you start a run, and see here how the network "
            "makes up its mind about it.",
        )
        return
    names = dataset.class_names if dataset else tuple("0123456789")
    alt = "Your drawing, as the network sees it"
    text = "What it takes your drawing for, step by step."
    if opinions:
        best = int(np.argmax(opinions[-1].probabilities))
        sure = opinions[-1].probabilities[best]
        text = f"Now it takes it for {names[best]}, {percent(sure)} sure."
    shown = _kept("own", (drawing,), lambda: picture(drawing, alt, 56))
    st.html(
        f'<div class="saw">{shown}<div><strong>Your own drawing</strong><br>'
        f'<span class="quiet">{html.escape(text)}</span></div></div>'
    )
    live_chart(opinion_curves(opinions, names, epochs), key="opinions", alt=f"{alt}. {text}")


def _section(title: str, text: str) -> None:
    st.html(
        f'<div class="section"><strong>{html.escape(title)}</strong><br>'
        f'<span class="quiet">{html.escape(text)}</span></div>'
    )


def _kept(name: str, sources: tuple[Any, ...], make: Callable[[], str]) -> str:
    """What `make` gives; made anew only when one of `sources` is another object than before."""
    kept = st.session_state.setdefault("train_kept", {})
    before, made = kept.get(name, ((), ""))
    if len(before) != len(sources) or any(
        old is not new for old, new in zip(before, sources, strict=True)
    ):
        made = make()
        kept[name] = (sources, made)
    return made
