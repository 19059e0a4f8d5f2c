"""Several training runs side by side: their settings and their results."""

from collections.abc import Callable, Mapping, Sequence

import streamlit as st

from mnist_app.core.jobs.snapshot import Snapshot
from mnist_app.core.percentages import percent
from mnist_app.core.plots import comparison_charts
from mnist_app.core.plots.comparison_charts import RUN_COLOURS
from mnist_app.core.plots.run_charts import LOSS
from mnist_app.core.runs import convolution_comparison
from mnist_app.core.runs.run import Run, differing_settings
from mnist_app.pages.components.comparison_table import comparison_table
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.runs.details import stored_model
from mnist_app.pages.runs.sentences import describe_networks, describe_shift
from mnist_app.pages.session import wording
from mnist_app.pages.session.choices import choose_quantity, is_at_hand
from mnist_app.pages.session.jobs import dataset_job, shift_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.run_jobs import LiveRun, runs
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import moving_bar, result_or_progress

FOLLOW_SECONDS = 0.5

# The results of a run: a name, and a text for each run.
RESULTS: dict[str, Callable[[Run], str]] = {
    "State": lambda run: wording.STATE_LABELS[run.state],
    "Test accuracy": lambda run: "not yet" if run.accuracy is None else percent(run.accuracy, 2),
    "Test loss": lambda run: "not yet" if run.loss is None else f"{run.loss:.4f}",
    "Time": lambda run: wording.duration(run.seconds) if run.seconds else "not yet",
    "Weights": lambda run: f"{run.parameter_count:,}" if run.parameter_count else "not yet",
}


def show_run_comparison(chosen: Sequence[Run]) -> None:
    """Show two or more runs."""
    pair = convolution_comparison.find_pair(chosen)
    with st.container(key="run_comparison"):
        if pair is not None:
            _show_why_convolution(*pair)
        else:
            st.header(f"{len(chosen)} runs side by side", anchor=False)
            st.write(_best_run(chosen))
        _show_unfinished(chosen)
        st.html(_table(chosen))
        if pair is not None:
            _show_shifted(*pair)
        _show_charts(chosen)


def _best_run(chosen: Sequence[Run]) -> str:
    measured = [run for run in chosen if run.accuracy is not None]
    if len(measured) < 2:
        return "You can compare their accuracy when at least two are finished."
    if len({run.settings.get("dataset") for run in measured}) > 1:
        return (
            "They learned from different data sets, and each was tested on its own. So you cannot "
            "compare their accuracy."
        )
    best = max(measured, key=lambda run: run.accuracy or 0)
    title = wording.escape_markdown(best.title)
    return f"“{title}” is the most accurate: it reads {percent(best.accuracy or 0, 2)} correctly."


def _table(chosen: Sequence[Run]) -> str:
    """Return a column a run; a row for each setting in which they differ, and each result."""
    is_same_state = len({run.state for run in chosen}) == 1
    rows = [
        (
            wording.setting_label(name),
            [wording.setting_value(name, run.setting(name)) for run in chosen],
        )
        for name in differing_settings(chosen)
    ] + [
        (name, [text(run) for run in chosen])
        for name, text in RESULTS.items()
        if not (name == "State" and is_same_state)
    ]
    titles = [run.title for run in chosen]
    return comparison_table("Settings and results of the runs", titles, rows, RUN_COLOURS)


def _show_charts(chosen: Sequence[Run]) -> None:
    """Show the curves over each other, and accuracy against weights and time."""
    curves = [runs().curves(run.id) for run in chosen]
    if any(one.training for one in curves):
        titles = ", ".join(run.title for run in chosen)
        for key, quantity in (("runs_quantity", choose_quantity()), ("runs_loss", LOSS)):
            live_chart(
                comparison_charts.runs_curves(quantity, chosen, curves),
                key=key,
                alt=f"{quantity.title}, over epochs, of {titles}.",
                picture=f"runs-{quantity.name.lower()}",
            )
    if any(run.accuracy is not None for run in chosen):
        left, right = st.columns(2)
        with left:
            live_chart(
                comparison_charts.accuracy_against_parameter_count(chosen),
                key="runs_weights",
                alt=_points(chosen, "Weights"),
                picture="accuracy-against-weights",
            )
        with right:
            live_chart(
                comparison_charts.accuracy_against_seconds(chosen),
                key="runs_seconds",
                alt=_points(chosen, "Time"),
                picture="accuracy-against-seconds",
            )


def _points(chosen: Sequence[Run], result: str) -> str:
    accuracy, other = RESULTS["Test accuracy"], RESULTS[result]
    return f"Test accuracy against {result.lower()}: " + "; ".join(
        f"{run.title} {accuracy(run)} at {other(run)}" for run in chosen
    )


def _show_why_convolution(dense: Run, convolutional: Run) -> None:
    st.header("Why convolution?", anchor=False)
    if dense.accuracy is None or convolutional.accuracy is None:
        st.write(
            "One of them ended before it was tested, so there is nothing to compare."
            if dense.is_over and convolutional.is_over
            else "Both networks see the same pictures, the dense one first. The comparison appears "
            "here when both are finished."
        )
        return
    st.write(describe_networks(dense, convolutional))


def _show_shifted(dense: Run, convolutional: Run) -> None:
    """Show what moving the test pictures does to both, once both models are there."""
    models = [(run, model) for run in (dense, convolutional) if (model := stored_model(run))]
    name = dense.config.dataset
    if len(models) < 2 or not is_at_hand(name):
        return
    st.markdown("**What if a digit is not in the middle?**")
    dataset = result_or_progress(queues().datasets, dataset_job(name), "Opening the test pictures")
    if dataset is None:
        return
    accuracies = []
    for run, model in models:
        job = shift_job(model, dataset, visitor())
        doing = f"Moving every test picture by {convolution_comparison.SHIFT} pixels"
        moved = result_or_progress(queues().analyses, job, doing, stop=queues().analyses.stop)
        if moved is None:
            return
        accuracies.append((run.accuracy or 0.0, moved))
    of_dense, of_convolutional = accuracies
    st.write(describe_shift(of_dense, of_convolutional))


def _show_unfinished(chosen: Sequence[Run]) -> None:
    """Show how far the runs are that still wait or learn, and a button that stops them."""
    training = queues().training
    jobs = {run.title: job for run in chosen if (job := training.latest(run.id)) is not None}
    unfinished = {title: job for title, job in jobs.items() if not job.is_over}
    if unfinished:
        _watch({title: job.id for title, job in unfinished.items()})


@st.fragment(run_every=FOLLOW_SECONDS)
def _watch(numbers: Mapping[str, int]) -> None:
    """Show the progress of jobs by their titles; the page follows the runs by itself."""
    training = queues().training
    with st.container(key="unfinished"):
        for title, number in numbers.items():
            job = training.snapshot(number)
            if job is not None:
                _show_progress(wording.escape_markdown(title), job)
        if st.button("Stop", key="stop_runs", icon=":material/stop:"):
            # The last first: else it would begin when the one before it ends.
            for number in reversed(list(numbers.values())):
                training.stop(number)


def _show_progress(title: str, job: Snapshot) -> None:
    run: LiveRun | None = job.progress
    progress = run.progress if run else None
    if job.is_over:
        st.progress(1.0, f"{title}: done")
    elif job.stopping:
        moving_bar(f"{title}: stopping …", str(job.id))
    elif job.place:
        st.progress(0.0, f"{title}: waiting in line")
    elif progress is None:
        moving_bar(f"{title}: getting ready …", str(job.id))
    else:
        left = progress.seconds_left
        time_left = f", {wording.about(left)} left" if left is not None else ""
        where = f"epoch {progress.epoch} of {progress.epochs}"
        st.progress(progress.fraction, f"{title}: {where}{time_left}")
