"""One test picture opened: large, what this model and others say, and what it is taken for."""

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models import model_cache, model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import confidence
from mnist_app.core.plots.charts import probability_bars
from mnist_app.core.recognition.confidence import candidates
from mnist_app.pages.components.explanation import show_look_inside
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.components.pixel_images import picture, picture_grid
from mnist_app.pages.components.scroll_to import scroll_to
from mnist_app.pages.predictions.embedding_jobs import AlikePictures, examples_job
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel
from mnist_app.pages.predictions.sentences import describe_neighbours
from mnist_app.pages.session.choices import other_training_dataset
from mnist_app.pages.session.jobs import loading_job
from mnist_app.pages.session.query_params import new_link_number, set_link
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import result_or_progress, show_progress
from mnist_app.pages.session.wording import escape_markdown, noun

SIDE = 224
# Half of the models that `model_cache` keeps, so that those that visitors draw for stay there.
MOST_OTHERS = 6
NEXT = ".st-key-opened_next button"


def open_picture(number: int) -> None:
    """Have the page show this test picture; for callbacks."""
    st.session_state.opened_picture = number
    scroll_to("opened", focus=NEXT)


def show_opened_picture(
    evaluated: EvaluatedModel, others: Sequence[StoredModel], found: np.ndarray
) -> None:
    """Show the picture that was opened here or by a link, if one was; the link keeps it.

    Args:
        others: models that are asked about the same picture.
        found: the pictures of the gallery in its order, int64 (n,); one can step through them.
    """
    number = _opened_number(evaluated.dataset)
    if number is None:
        if st.session_state.pop("picture_is_open", False):
            # What shows a job's progress in here would go on writing into it; a run of the whole
            # page ends that.
            st.rerun()
        return
    st.session_state.picture_is_open = True
    image = evaluated.dataset.test_images[number]
    with st.container(border=True):
        _show_head(number, found)
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _show_large(evaluated, number)
        with right:
            _show_bars(evaluated, number)
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _show_second_opinions(evaluated, others, number)
        with right:
            _show_examples(evaluated, number)
        show_look_inside(image, evaluated.model, "opened_inside", "opened", "opened")


def _opened_number(dataset: Dataset) -> int | None:
    state = st.session_state
    if state.setdefault("opened_of", dataset.name) != dataset.name:
        state.opened_of, state.opened_picture = dataset.name, None
    linked = new_link_number("picture")
    if linked is not None:
        open_picture(linked)
    number = state.get("opened_picture")
    if number is not None and not 0 <= number < len(dataset.test_labels):
        number = state.opened_picture = None
    set_link("picture", number)
    return number


def _close(number: int) -> None:
    st.session_state.opened_picture = None
    scroll_to("gallery", focus=f'.st-key-gallery [data-number="{number}"]')


def _show_head(number: int, found: np.ndarray) -> None:
    """Show the title, and buttons to the pictures beside it in the gallery."""
    places = np.flatnonzero(found == number)

    def step_button(label: str, key: str, icon: str, step: int) -> None:
        target = int(places[0]) + step if len(places) else -1
        exists = 0 <= target < len(found)
        st.button(
            label,
            key=key,
            icon=icon,
            disabled=not exists,
            on_click=open_picture,
            args=(int(found[target]) if exists else number,),
        )

    with st.container(horizontal=True, vertical_alignment="center", key="opened_steps"):
        st.subheader(f"Test picture {number + 1:,}", width="stretch")
        step_button("Previous", "opened_previous", ":material/chevron_left:", -1)
        step_button("Next", "opened_next", ":material/chevron_right:", 1)
        st.button(
            "Close", key="opened_close", icon=":material/close:", on_click=_close, args=(number,)
        )


def _show_large(evaluated: EvaluatedModel, number: int) -> None:
    ((image, _, frame),) = evaluated.items([number])
    report = evaluated.report
    true, read = (evaluated.names[of[number]] for of in (report.labels, report.predictions))
    judgement = "correct" if frame == "right" else f"wrong: it shows {true}"
    st.html(
        f'<div class="opened {frame}">'
        f"{picture(image, f'Test picture {number + 1}, which shows {true}', SIDE)}"
        f'<div role="status"><b>Read as {html.escape(read)}</b>, {html.escape(judgement)}</div>'
        "</div>"
    )


def _show_bars(evaluated: EvaluatedModel, number: int) -> None:
    probabilities, names = evaluated.report.probabilities[number], evaluated.names
    st.markdown(f"**How likely it thinks each {noun(names)} is**")
    ranked = np.argsort(-probabilities, kind="stable")[:3]
    live_chart(
        probability_bars(probabilities, names, candidates(probabilities)),
        key="opened_bars",
        alt=f"How likely it thinks each {noun(names)} is: "
        + ", ".join(f"{names[index]} {confidence(probabilities[index])}" for index in ranked),
    )


def _show_second_opinions(
    evaluated: EvaluatedModel, others: Sequence[StoredModel], number: int
) -> None:
    """Show what the first of the other models read, each as soon as it is loaded."""
    st.markdown("**What the other models say**")
    if not others:
        st.caption("There is no other model for these pictures yet. Train one on the Train page.")
        return
    asked, titles = others[:MOST_OTHERS], model_store.titles(others)
    jobs = {other.name: loading_job(other) for other in asked}
    rows = []
    for other in asked:
        job = jobs[other.name]
        if job.state == JobState.DONE:
            rows.append(_opinion(titles[other.name], other, evaluated, number))
        elif job.is_over:
            rows.append(_row(titles[other.name], "", job.error))
    if rows:
        st.html(f'<table class="opinions">{"".join(rows)}</table>')
    waiting = [other for other in asked if not jobs[other.name].is_over]
    if waiting:
        doing = f"Loading “{escape_markdown(titles[waiting[0].name])}”"
        show_progress(queues().short, jobs[waiting[0].name].id, doing)
    failed = [job.id for job in jobs.values() if job.state == JobState.FAILED]
    if failed and st.button("Try again", icon=":material/refresh:", key="retry_opinions"):
        for job_id in failed:
            queues().short.forget(job_id)
        st.rerun()
    if len(others) > MOST_OTHERS:
        has_shipped = any(other.is_shipped for other in asked)
        which = "the built-in model and the newest" if has_shipped else "the newest"
        st.caption(f"Showing {which}: {MOST_OTHERS} of {len(others)} other models.")


def _opinion(title: str, other: StoredModel, evaluated: EvaluatedModel, number: int) -> str:
    image = evaluated.dataset.test_images[number]
    probabilities = model_cache.loaded(other.path).probabilities(image[None])[0]
    read = int(probabilities.argmax())
    judgement = "correct" if read == evaluated.report.labels[number] else "wrong"
    return _row(
        title, evaluated.names[read], f"{confidence(probabilities[read])} sure, {judgement}"
    )


def _row(title: str, read: str, more: str) -> str:
    cells = "".join(f"<td>{html.escape(text)}</td>" for text in (read, more))
    return f"<tr><th>{html.escape(title)}</th>{cells}</tr>"


def _show_examples(evaluated: EvaluatedModel, number: int) -> None:
    """Show the training pictures that the network's last layer can hardly tell from this one."""
    st.markdown("**Training pictures the network finds most similar**")
    dataset, report, names = evaluated.dataset, evaluated.report, evaluated.names
    alike: AlikePictures | None = result_or_progress(
        queues().large,
        examples_job(evaluated.model, dataset),
        f"Looking through {len(dataset.train_labels):,} training pictures",
    )
    if alike is None:
        return
    like = alike.like(number)
    labels = dataset.train_labels[like]
    items = [
        (image, names[label], "")
        for image, label in zip(dataset.train_images[like], labels, strict=True)
    ]
    st.html(picture_grid(items, side=56, kind="examples"))
    true, read = int(report.labels[number]), int(report.predictions[number])
    st.markdown(escape_markdown(describe_neighbours(labels, true, read, names)))
    st.caption(_source(evaluated, alike.searched))


def _source(evaluated: EvaluatedModel, searched: int) -> str:
    """Return which pictures were searched, and what "similar" means."""
    dataset = evaluated.dataset
    known = len(dataset.train_labels)
    of = f"all {known:,}" if searched == known else f"{searched:,} of the {known:,}"
    title = escape_markdown(dataset.title)
    text = (
        f"Found among {of} training pictures of {title} by comparing the numbers that "
        "reach the network's last layer, not the pixels."
    )
    other = other_training_dataset(evaluated.model, dataset)
    return (
        f"{text} The network learned from {escape_markdown(other)}, not from these."
        if other
        else text
    )
