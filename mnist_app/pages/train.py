"""Train a network in the background and watch it learn."""

import time
from collections.abc import Callable
from itertools import groupby
from typing import Any

import numpy as np
import streamlit as st

from mnist_app import datasets, experiment
from mnist_app.charts import accuracy_curves, loss_curves
from mnist_app.errors import DigitLabError
from mnist_app.jobs import Snapshot, State
from mnist_app.pages import draw
from mnist_app.pages.choosing import default_dataset, described_dataset
from mnist_app.pages.live_chart import live_chart
from mnist_app.pages.pixels import gallery
from mnist_app.pages.visitor import visitor
from mnist_app.pages.workers import Run, training_job, workers
from mnist_app.progress import Progress
from mnist_app.settings import PRESETS, SETTINGS, Setting, TrainingConfig

REFRESH_SECONDS = 0.5
SAMPLE = 12
FIRST_TIME = "one-minute"
PRESET_LABELS = {"ten-seconds": "10 seconds", "one-minute": "One minute", "best": "Best (an hour)"}


def page() -> None:
    """Show the page."""
    st.title("Train a network")
    st.write(
        "A network starts out knowing nothing. Show it pictures with their right answers, over and "
        "over, and watch how it learns to read them."
    )
    job = _current_job()
    form, watching = st.columns([2, 3], gap="large")
    with form:
        config, title = _form()
    with watching:
        _start_and_stop(config, title, job)
        if job is not None and not job.is_over:
            _watch_live(job.id)
        else:
            _show(job)
    if job is not None and job.result is not None:
        _sample(job.result)


def _current_job() -> Snapshot | None:
    """The visitor's run that is not over, or else their last one."""
    own = workers().training.jobs(visitor())
    return next((job for job in own if not job.is_over), own[-1] if own else None)


def _form() -> tuple[TrainingConfig | None, str]:
    st.segmented_control(
        "Start from", list(PRESETS), format_func=lambda name: PRESET_LABELS[name],
        key="preset", on_change=_apply_preset,
        help="Fills in the settings below; each can still be changed.",
    )  # fmt: skip
    if "set_dataset" not in st.session_state:
        _fill({**PRESETS[FIRST_TIME], "dataset": default_dataset()})
    title = st.text_input(
        "Name of the model", key="title", max_chars=60, placeholder="made from its settings",
        help="Under this name it can be chosen on the Draw and Predictions pages.",
    )  # fmt: skip
    shown = [setting for setting in SETTINGS if setting.group != "Command line"]
    by_group = sorted(shown, key=lambda setting: _GROUPS.index(setting.group))
    for group, rows in groupby(by_group, key=lambda setting: setting.group):
        with st.expander(group, expanded=group in _OPEN_GROUPS):
            for setting in rows:
                _field(setting)
    limit = PRESETS.get(st.session_state.get("preset") or "", {}).get("limit", 0)
    values = {setting.name: st.session_state[f"set_{setting.name}"] for setting in shown}
    try:
        return TrainingConfig(**values, limit=limit), title.strip()
    except DigitLabError as error:
        st.error(str(error))
        return None, title


_OPEN_GROUPS = ("Data", "Network")
_GROUPS = (*_OPEN_GROUPS, "Training", "Augmentation", "Stopping")


def _apply_preset() -> None:
    chosen = st.session_state.preset
    if chosen:
        _fill({**PRESETS[chosen], "dataset": st.session_state.set_dataset})


def _fill(preset: dict[str, Any]) -> None:
    for setting in SETTINGS:
        st.session_state[f"set_{setting.name}"] = preset.get(setting.name, setting.default)


def _field(setting: Setting) -> None:
    key = f"set_{setting.name}"
    if setting.choices:
        describe: Callable[[str], str] = setting.choices.__getitem__
        if setting.name == "dataset":
            describe = described_dataset
        st.selectbox(
            setting.label, list(setting.choices), key=key, help=setting.help, format_func=describe
        )
    elif setting.kind is str:
        st.text_input(setting.label, key=key, help=setting.help, max_chars=200)
    elif setting.name in ("learning_rate", "seed"):
        st.number_input(
            setting.label, setting.kind(setting.minimum), setting.kind(setting.maximum),
            step=setting.kind(setting.step), key=key, help=setting.help,
            format="%.5f" if setting.kind is float else "%d",
        )  # fmt: skip
    else:
        st.slider(
            setting.label, setting.kind(setting.minimum), setting.kind(setting.maximum),
            step=setting.kind(setting.step), key=key, help=setting.help,
        )  # fmt: skip


def _start_and_stop(config: TrainingConfig | None, title: str, job: Snapshot | None) -> None:
    is_busy = job is not None and not job.is_over
    start, stop = st.columns(2)
    if start.button(
        "Start", key="train_start", type="primary", icon=":material/play_arrow:",
        width="stretch", disabled=is_busy or config is None,
    ):  # fmt: skip
        assert config is not None
        training_job(config, title or experiment.default_title(config), visitor())
        st.rerun()
    if stop.button(
        "Stop", key="train_stop", icon=":material/stop:", width="stretch", disabled=not is_busy,
    ):  # fmt: skip
        assert job is not None
        workers().training.stop(job.id)
        st.rerun()


@st.fragment(run_every=REFRESH_SECONDS)
def _watch_live(job_id: int) -> None:
    job = workers().training.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
    _show(job)


def _show(job: Snapshot | None) -> None:
    """How a run stands, and its curves; the same elements in every state, so nothing jumps."""
    run: Run | None = job.progress if job else None
    progress = run.progress if run else None
    with st.container(key="train_status"):
        _status(job, run)
    if job is not None and job.result is not None:
        _results(job.result)
    training = progress.training if progress else ()
    validation = progress.validation if progress else ()
    epochs = progress.epochs if progress else 1
    last = training[-1] if training else None
    with st.container(key="train_curves"):
        live_chart(
            accuracy_curves(training, validation, epochs),
            key="accuracy_curves",
            alt="Accuracy over epochs. "
            + (f"Now {last.accuracy:.1%} of the training pictures." if last else "No run yet."),
        )
        live_chart(
            loss_curves(training, validation, epochs),
            key="loss_curves",
            alt="Loss over epochs. " + (f"Now {last.loss:.3f}." if last else "No run yet."),
        )
    st.caption(
        "Training: pictures it learns from. Validation: pictures kept aside, checked after each "
        "epoch. An epoch is once through all training pictures. When training keeps improving but "
        "validation does not, it learns by heart instead of understanding."
    )


def _status(job: Snapshot | None, run: Run | None) -> None:
    if job is None:
        st.progress(0.0, "No run yet. Press Start.")
    elif job.state == State.WAITING:
        others = "another run" if job.ahead == 1 else f"{job.ahead} other runs"
        st.progress(0.0, f"Waiting in line: {others} first. It starts by itself.")
    elif job.state == State.FAILED:
        st.error(job.error, icon=":material/error:")
    elif run is None or run.progress is None:
        over = job.state == State.STOPPED
        st.progress(
            0.0, "Stopped before it began." if over else "Getting ready: opening the data …"
        )
    else:
        _running(job, run.progress)


def _running(job: Snapshot, progress: Progress) -> None:
    where = f"epoch {progress.epoch} of {progress.epochs}, step {progress.step} of {progress.steps}"
    if job.state == State.DONE:
        minutes, seconds = divmod(round(job.ended - job.started), 60)
        took = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
        text = f"Finished in {took}: {where}."
    elif job.state == State.STOPPED:
        text = f"Stopped at {where}. What it learned is kept."
    elif progress.is_over:
        ended = f"Stopped at {where}" if job.stopping else "All epochs done"
        text = f"{ended}. Testing it on pictures it never saw …"
    elif job.stopping:
        text = "Stopping …"
    else:
        speed = f"{progress.images_per_second:,.0f} images a second"
        text = f"{where[0].upper()}{where[1:]} · {speed} · {_left(progress.seconds_left)}"
    st.progress(progress.share, text)


def _left(seconds: float | None) -> str:
    if seconds is None:
        return "time left unknown"
    if seconds < 100:
        return f"{seconds:.0f} s left"
    return f"{seconds / 60:.0f} min left"


def _results(outcome: experiment.Outcome) -> None:
    report = outcome.report
    st.markdown(f"**“{outcome.stored.title}” on {report.images:,} pictures it never saw**")
    accuracy, loss, errors = st.columns(3)
    accuracy.metric("Test accuracy", f"{report.accuracy:.2%}", help="Share of pictures read right.")
    loss.metric(
        "Test loss", f"{report.loss:.4f}",
        help="How wrong its probabilities are; 0 would be certain and right every time.",
    )  # fmt: skip
    wrong = int((report.labels != report.predictions).sum())
    errors.metric("Read wrong", f"{wrong:,}", help=f"Of {report.images:,} test pictures.")
    if outcome.stored.reads_digits and st.button(
        "Use it on the Draw page", type="primary", icon=":material/draw:", key="use_model"
    ):
        st.session_state.pop("model", None)
        st.switch_page(
            st.Page(draw.page, url_path="start", default=True),
            query_params={"model": outcome.stored.name},
        )


def _sample(outcome: experiment.Outcome) -> None:
    report = outcome.report
    names = outcome.stored.class_names
    dataset = outcome.stored.card.dataset if outcome.stored.card else ""
    images = datasets.load(dataset).test_images
    st.write("**A random sample of test pictures**, framed green when read right, red when not")
    if st.button("Another sample", icon=":material/shuffle:", key="another_sample"):
        st.session_state.sample_seed = time.time_ns()
    chance = np.random.default_rng(st.session_state.get("sample_seed", 0))
    chosen = chance.choice(report.images, min(SAMPLE, report.images), replace=False)
    st.html(
        gallery(
            [
                (
                    images[index],
                    f"is {names[report.labels[index]]}, read as {names[report.predictions[index]]}",
                    "right" if report.labels[index] == report.predictions[index] else "wrong",
                )
                for index in chosen
            ]
        )
    )
