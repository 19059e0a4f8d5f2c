"""One training run: its results, what can be done with it, and its settings."""

import html

import streamlit as st

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import percent
from mnist_app.core.plots.run_charts import LOSS, run_curves
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.run import Run, RunState, distinct_title
from mnist_app.core.runs.run_store import TITLE_LENGTH
from mnist_app.core.settings import SETTINGS
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.runs.downloads import show_run_downloads
from mnist_app.pages.session import navigation, wording
from mnist_app.pages.session.choices import choose_quantity
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.run_jobs import continuing_job, delete_run, runs
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import rerun_after
from mnist_app.pages.session.wording import show_error

INTERRUPTED = "This run was interrupted: the server stopped, or could not save the result."


def show_run(run: Run) -> None:
    """Show a run."""
    model = stored_model(run)
    with st.container(key="run_details"):
        st.header(wording.escape_markdown(run.title), anchor=False)
        _show_state(run)
        _show_figures(run)
        _show_next_steps(run, model)
        curves = runs().curves(run.id)
        _show_curves(run, curves)
        show_run_downloads(run, model, curves)
        with st.expander("Rename or delete", icon=":material/edit:"):
            _show_rename(run)
            _show_delete(run, model)
        with st.expander("All settings", icon=":material/tune:"):
            st.html(_settings(run))


def stored_model(run: Run) -> StoredModel | None:
    """Return the run's model, if it is still there."""
    if run.model is None or not run.model.exists():
        return None
    return model_store.describe(run.model)


def _show_state(run: Run) -> None:
    job = queues().training.latest(run.id)
    if run.state is RunState.WAITING and job is not None and job.place:
        st.info(wording.place_in_line(job.place), icon=":material/queue:")
    elif run.state is RunState.RUNNING:
        st.info("It is training now.", icon=":material/play_arrow:")
        navigation.show_train_page_button("Watch it on the Train page")
    elif run.state is RunState.FAILED:
        show_error(run.error)
    elif run.state is RunState.INTERRUPTED:
        why = run.error or INTERRUPTED
        advice = (
            "You can continue it from its last epoch." if run.can_continue else "Start it again."
        )
        st.warning(f"{wording.escape_markdown(why)} {advice}", icon=":material/power_off:")
    else:
        ended = "Stopped early." if run.state is RunState.STOPPED else "Finished."
        why = wording.escape_markdown(run.error)
        st.caption(f"Started {wording.local_time(run.created)}. {ended} {why}".strip())


def _show_figures(run: Run) -> None:
    if run.accuracy is None:
        return
    with st.container(key="run_figures"):
        explained = "How many test pictures it reads correctly. It had never seen them."
        st.metric("Test accuracy", percent(run.accuracy, 2), help=explained)
        loss = "unknown" if run.loss is None else f"{run.loss:.4f}"
        st.metric("Test loss", loss, help=wording.LOSS)
        explained = "Without starting up, checks and pauses."
        st.metric("Training time", wording.duration(run.seconds), help=explained)
        st.metric("Weights", f"{run.parameter_count:,}", help="How many numbers it learned.")


def _show_next_steps(run: Run, model: StoredModel | None) -> None:
    job = queues().training.latest(run.id)
    with st.container(horizontal=True, key="run_next_steps"):
        if run.can_continue and st.button(
            "Continue",
            key="continue_run",
            type="primary",
            icon=":material/play_arrow:",
            help="Continues from where it was last saved: where you stopped it, or the end of an "
            "epoch. The result is as if it had never stopped.",
        ):
            rerun_after(lambda: continuing_job(run.id))
        if job is not None and not job.is_over:
            st.button(
                "Stop",
                key="stop_run",
                icon=":material/stop:",
                disabled=job.stopping,
                on_click=queues().training.stop,
                args=(job.id,),
            )
        if model is not None:
            navigation.show_draw_button(model)
            if not model.reads_digits:
                navigation.show_try_button(model)
            navigation.show_predictions_button(model)
        navigation.show_train_button(run.config)
    if run.state is RunState.FINISHED and model is None:
        st.caption("Its model was deleted. “Train again with these settings” makes a new one.")


def _show_curves(run: Run, curves: LearningCurves) -> None:
    if not curves.training:
        return
    last, name = curves.training[-1], model_store.file_stem(run.title)
    quantities = {"run_quantity": choose_quantity(), "run_loss": LOSS}
    for column, (key, quantity) in zip(st.columns(2), quantities.items(), strict=True):
        with column:
            live_chart(
                run_curves(quantity, curves.training, curves.validation, run.config.epochs),
                key=key,
                alt=f"{quantity.title}, over epochs. At last {quantity.said(last)} on the training "
                "pictures.",
                picture=f"{name}-{quantity.name.lower()}",
            )


def _show_rename(run: Run) -> None:
    with st.form(f"rename_{run.id}", border=False):
        title = st.text_input("Name", run.title, max_chars=TITLE_LENGTH, key=f"title_{run.id}")
        if st.form_submit_button("Rename", icon=":material/edit:", key=f"rename_run_{run.id}"):
            others = [other for other in runs().listed() if other.id != run.id]
            rerun_after(lambda: runs().rename(run.id, distinct_title(title, others)))


def _show_delete(run: Run, model: StoredModel | None) -> None:
    if not run.is_over:
        st.caption("You can delete it when it has finished.")
        return
    with_model = model is not None and st.checkbox(
        "Delete its model too. Nobody will be able to use it any more.", key=f"with_model_{run.id}"
    )
    is_sure = st.checkbox("Yes, delete this run permanently", key=f"sure_{run.id}")
    if st.button("Delete", key="delete_run", icon=":material/delete:", disabled=not is_sure):
        rerun_after(lambda: delete_run(run, model if with_model else None, visitor()))


def _settings(run: Run) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(row.label)}</td>"
        f"<td>{html.escape(wording.setting_value(row.name, run.setting(row.name)))}</td></tr>"
        for row in SETTINGS
        if row.name in run.settings
    )
    return f'<table class="network"><tbody>{rows}</tbody></table>'
