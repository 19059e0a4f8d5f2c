"""The Runs page: look at one training run, compare several, download them."""

import html
import re

import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.percentages import percent
from mnist_app.core.plots.comparison_charts import RUN_COLOURS
from mnist_app.core.runs import convolution_comparison
from mnist_app.core.runs.run import Run, RunState, distinct_title
from mnist_app.pages.runs.comparison import show_run_comparison
from mnist_app.pages.runs.details import show_run
from mnist_app.pages.session import navigation, wording
from mnist_app.pages.session.choices import choose, default_dataset, offer_all
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.run_jobs import runs, training_job
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.wording import show_error

FOLLOW_SECONDS = 2.0
# Rows that are there at first, and runs that can be told apart in one chart.
SHOWN, MOST = 8, len(RUN_COLOURS)
ORDERS = {
    "newest": ("Newest first", "created", True),
    "accuracy": ("Most accurate first", "accuracy", True),
    "loss": ("Lowest loss first", "loss", False),
    "fastest": ("Fastest first", "seconds", False),
    "smallest": ("Fewest weights first", "parameter_count", False),
    "name": ("By name", "title", False),
}


def page() -> None:
    """Show the page."""
    st.title("Runs")
    st.write(
        "Every network you trained here, with its settings and curves. Tick one to see it, or "
        "several to compare them."
    )
    try:
        listed = runs().listed(visitor())
        if runs().notice:
            st.warning(runs().notice, icon=":material/inventory_2:")
        _show_why_convolution(listed)
        if not listed:
            st.info("No runs yet. Train a network first, then come back.")
            navigation.show_train_page_button("Go to the Train page")
            return
        left, right = st.columns([1, 2], gap="medium")
        with left:
            chosen = _show_list(listed)
        with right:
            _show_ticked([run for number in chosen for run in listed if run.id == number])
    except DigitLabError as error:
        show_error(error)
        return
    if not all(run.is_over for run in listed):
        rerun_on_change(_unfinished(listed))


def _show_ticked(chosen: list[Run]) -> None:
    if not chosen:
        st.info("Tick a run to see it.")
    elif len(chosen) == 1:
        show_run(chosen[0])
    else:
        show_run_comparison(chosen)


def _show_why_convolution(listed: list[Run]) -> None:
    is_busy = any(not run.is_over for run in listed)
    purpose = (
        "Available when your other runs have finished."
        if is_busy
        else "Trains two networks on the same pictures: one weighs all pixels at once (dense), one "
        "looks for small strokes everywhere (convolutional)."
    )
    with st.container(horizontal=True, vertical_alignment="center", key="why"):
        if st.button(
            "Why convolution?",
            key="why_convolution",
            icon=":material/compare_arrows:",
            disabled=is_busy,
        ):
            configs = convolution_comparison.pair_configs(default_dataset())
            titles = ("Dense, for comparison", "Convolutional, for comparison")
            jobs = [
                training_job(config, distinct_title(title, runs().listed()), visitor())
                for config, title in zip(configs, titles, strict=True)
            ]
            _choose([int(str(job.key)) for job in jobs])
            st.rerun()
        st.html(f'<span class="quiet">{purpose}</span>')


def _show_list(listed: list[Run]) -> list[int]:
    """Show the runs with a box to tick; return the ticked ones' numbers, first ticked first."""
    order = choose("Order", list(ORDERS), "order", lambda name: ORDERS[name][0])
    _, column, descending = ORDERS[order]
    ordered = runs().listed(visitor(), column, descending)
    chosen = _chosen(listed)
    _keep_in_link(chosen)
    shows_all = st.session_state.get("all_runs", False)
    for number, run in enumerate(ordered):
        if shows_all or number < SHOWN or run.id in chosen:
            _show_row(run, chosen)
    offer_all(len(ordered), SHOWN, "all_runs")
    return chosen


def _show_row(run: Run, chosen: list[int]) -> None:
    key = f"tick_{run.id}"
    st.session_state[key] = run.id in chosen
    with st.container(key=f"run_{run.id}", gap=None):
        st.checkbox(
            wording.escape_markdown(run.title),
            key=key,
            on_change=_toggle,
            args=(run.id,),
            disabled=len(chosen) >= MOST and run.id not in chosen,
        )
        colour = RUN_COLOURS[chosen.index(run.id)] if run.id in chosen else "transparent"
        st.html(f'<div class="run" style="border-color: {colour}">{_summary(run)}</div>')


def _summary(run: Run) -> str:
    """Return a run in two lines of HTML."""
    facts = [f"<b>{_state(run)}</b>"]
    if run.accuracy is not None:
        facts.append(f"{percent(run.accuracy, 2)} correct")
    if run.seconds:
        facts.append(wording.duration(run.seconds))
    if run.parameter_count:
        facts.append(f"{run.parameter_count:,} weights")
    about = [
        wording.setting_value(name, run.settings.get(name)) for name in ("architecture", "dataset")
    ]
    epochs = run.settings.get("epochs")
    about += [
        "1 epoch" if epochs == 1 else f"{epochs} epochs",
        wording.local_time(run.created, "%d %b, %H:%M"),
    ]
    return f"{' · '.join(facts)}<br>{html.escape(' · '.join(about))}"


def _state(run: Run) -> str:
    words = wording.STATE_LABELS[run.state]
    job = queues().training.latest(run.id) if run.state is RunState.WAITING else None
    return f"{words}, number {job.place}" if job is not None and job.place else words


def _chosen(listed: list[Run]) -> list[int]:
    """Return the numbers of the runs that are ticked or linked; at first the newest."""
    known = [run.id for run in listed]
    linked = st.query_params.get("runs")
    # While somebody ticks, the browser may still send a link from a moment ago.
    written: set[str] = st.session_state.setdefault("runs_links", set())
    if linked and linked not in written:
        named = [int(text) for text in linked.split(",") if re.fullmatch(r"[0-9]{1,9}", text)]
        _choose(list(dict.fromkeys(number for number in named if number in known)))
    chosen = st.session_state.setdefault("chosen_runs", known[:1])
    _choose([number for number in chosen if number in known][:MOST])
    return st.session_state.chosen_runs


def _choose(numbers: list[int]) -> None:
    st.session_state.chosen_runs = numbers


def _keep_in_link(chosen: list[int]) -> None:
    text = ",".join(map(str, chosen))
    if not text:
        st.query_params.pop("runs", None)
    elif text != st.query_params.get("runs"):
        st.query_params["runs"] = text
    st.session_state.runs_links.add(text)


def _toggle(number: int) -> None:
    chosen = st.session_state.chosen_runs
    is_ticked = st.session_state[f"tick_{number}"]
    _choose([other for other in chosen if other != number] + [number] * is_ticked)


def _unfinished(listed: list[Run]) -> list[tuple[int, str, float]]:
    """Return what changes by itself."""
    return [(run.id, _state(run), run.seconds) for run in listed if not run.is_over]


@st.fragment(run_every=FOLLOW_SECONDS)
def rerun_on_change(before: list[tuple[int, str, float]]) -> None:
    """Run the page again when a run has changed."""
    try:
        now = _unfinished(runs().listed(visitor()))
    except DigitLabError as error:
        show_error(error)
        return
    if now != before:
        st.rerun()
