"""One test picture opened: large, what this model and the others say, and what it is taken for."""

import html
from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.evaluation.neighbours import Examples, in_words
from mnist_app.core.jobs.job_queue import State
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.plots.charts import probability_bars
from mnist_app.core.recognition.answers import share
from mnist_app.core.recognition.confidence import candidates
from mnist_app.pages.components import explanation
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.components.pixel_images import gallery as grid
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.components.scroll_to import scroll_to
from mnist_app.pages.predictions.embedding_jobs import examples_job, other_job
from mnist_app.pages.session.choices import other_training_dataset
from mnist_app.pages.session.query_params import new_link_number, set_link
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import result_or_progress, show_progress
from mnist_app.pages.session.wording import escape_markdown

SIDE = 224
# So many models are kept ready.
MOST_OTHERS = 6
EXAMPLES = 8
NEXT = ".st-key-opened_next button"


def open_picture(number: int) -> None:
    """Have the page show this test picture; for callbacks."""
    st.session_state.opened_picture = number
    scroll_to("opened", focus=NEXT)


def show_opened_picture(
    model: StoredModel,
    report: EvaluationReport,
    dataset: Dataset,
    others: Sequence[StoredModel],
    found: np.ndarray,
) -> None:
    """Show the picture that was opened here or by a link, if one was; the link keeps it.

    Args:
        report: of `model` on the data set.
        others: models that are asked about the same picture.
        found: the pictures of the gallery in its order, int64 (n,); one can step through them.
    """
    number = _opened(dataset)
    if number is None:
        if st.session_state.pop("picture_is_open", False):
            # What watches a job in here would go on writing into it; a run of the whole page ends
            # that.
            st.rerun()
        return
    st.session_state.picture_is_open = True
    names, image = dataset.class_names, dataset.test_images[number]
    with st.container(border=True):
        _head(number, found)
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _large(report, names, image, number)
        with right:
            _bars(report.probabilities[number], names)
        left, right = st.columns([2, 3], gap="medium")
        with left:
            _second_opinions(others, image, int(report.labels[number]), names)
        with right:
            _examples(model, report, dataset, number)
        _look_inside(image, model)


def _opened(dataset: Dataset) -> int | None:
    if st.session_state.setdefault("opened_of", dataset.name) != dataset.name:
        st.session_state.opened_of, st.session_state.opened_picture = dataset.name, None
    linked = new_link_number("picture")
    if linked is not None:
        open_picture(linked)
    number = st.session_state.get("opened_picture")
    if number is not None and not 0 <= number < len(dataset.test_labels):
        number = st.session_state.opened_picture = None
    set_link("picture", number)
    return number


def _close(number: int) -> None:
    st.session_state.opened_picture = None
    scroll_to("gallery", focus=f'.st-key-gallery [data-number="{number}"]')


def _head(number: int, found: np.ndarray) -> None:
    """The title, and buttons to the pictures beside it in the gallery."""
    places = np.flatnonzero(found == number)
    place = int(places[0]) if len(places) else None
    with st.container(horizontal=True, vertical_alignment="center", key="opened_steps"):
        st.subheader(f"Test picture {number + 1:,}", width="stretch")
        for label, key, icon, step in (
            ("Previous", "opened_previous", ":material/chevron_left:", -1),
            ("Next", "opened_next", ":material/chevron_right:", 1),
        ):
            target = None if place is None else place + step
            there = target is not None and 0 <= target < len(found)
            st.button(
                label,
                key=key,
                icon=icon,
                disabled=not there,
                on_click=open_picture,
                args=(int(found[target]) if there else number,),
            )
        st.button(
            "Close", key="opened_close", icon=":material/close:", on_click=_close, args=(number,)
        )


def _large(report: EvaluationReport, names: Sequence[str], image: np.ndarray, number: int) -> None:
    true, read = (names[of[number]] for of in (report.labels, report.predictions))
    is_right = report.is_right[number]
    verdict = "right" if is_right else f"wrong: it is {true}"
    st.html(
        f'<div class="opened {"right" if is_right else "wrong"}">'
        f"{picture(image, f'Test picture {number + 1}, of class {true}', SIDE)}"
        f'<div role="status"><b>Read as {html.escape(read)}</b>, {html.escape(verdict)}</div></div>'
    )


def _bars(probabilities: np.ndarray, names: Sequence[str]) -> None:
    st.markdown("**How probable it finds each class**")
    ranked = np.argsort(-probabilities, kind="stable")[:3]
    live_chart(
        probability_bars(probabilities, names, candidates(probabilities)),
        key="opened_bars",
        alt="How probable each class is: "
        + ", ".join(f"{names[index]} {share(probabilities[index])}" for index in ranked),
    )


def _second_opinions(
    others: Sequence[StoredModel], image: np.ndarray, true: int, names: Sequence[str]
) -> None:
    """What the first of the other models read, each as soon as it is loaded."""
    st.markdown("**What the other models say**")
    if not others:
        st.caption("There is no other model with the same classes: train one on the Train page.")
        return
    rows = []
    waiting, failed = None, []
    asked = others[:MOST_OTHERS]
    titles = model_store.titles(others)
    for other in asked:
        title = titles[other.name]
        job = other_job(other)
        if job.state == State.DONE:
            probabilities = job.result.probabilities(image[None])[0]
            read = int(probabilities.argmax())
            rows.append(_opinion(title, names[read], probabilities[read], read == true))
        elif job.state == State.FAILED:
            rows.append(_row(title, "", job.error))
            failed.append(job.id)
        else:
            waiting = waiting or (job.id, f"Loading “{escape_markdown(title)}”")
    if rows:
        st.html(f'<table class="opinions">{"".join(rows)}</table>')
    if waiting:
        show_progress(queues().others, *waiting)
    if failed and st.button("Try again", icon=":material/refresh:", key="retry_opinions"):
        for job_id in failed:
            queues().others.forget(job_id)
        st.rerun()
    if len(others) > MOST_OTHERS:
        has_shipped = any(other.is_shipped for other in asked)
        which = "The one that comes with the app and the newest" if has_shipped else "The newest"
        st.caption(f"{which}: {MOST_OTHERS} of {len(others)} other models.")


def _opinion(title: str, read: str, sure: float, is_right: bool) -> str:
    return _row(title, read, f"{share(sure)} sure, {'right' if is_right else 'wrong'}")


def _row(title: str, read: str, more: str) -> str:
    cells = "".join(f"<td>{html.escape(text)}</td>" for text in (read, more))
    return f"<tr><th>{html.escape(title)}</th>{cells}</tr>"


def _examples(model: StoredModel, report: EvaluationReport, dataset: Dataset, number: int) -> None:
    """The training pictures that the network's last layer can hardly tell from this one."""
    st.markdown("**Training pictures that look most alike to the network**")
    known = len(dataset.train_labels)
    examples: Examples | None = result_or_progress(
        queues().examples, examples_job(model, dataset), f"Looking at {known:,} training pictures"
    )
    if examples is None:
        return
    names = dataset.class_names
    like = examples.like(dataset.test_images[number], EXAMPLES)
    labels = dataset.train_labels[like]
    true, read = int(report.labels[number]), int(report.predictions[number])
    st.html(
        grid(
            [
                (image, names[label], "")
                for image, label in zip(dataset.train_images[like], labels, strict=True)
            ],
            side=56,
            kind="examples",
        )
    )
    st.markdown(in_words(labels, true, read, names))
    st.caption(_where_from(model, dataset, len(examples.numbers)))


def _look_inside(image: np.ndarray, model: StoredModel) -> None:
    """What the network looks at in the picture, once somebody wants to know."""
    with st.expander(
        "Look inside: how did it come to that?",
        key="opened_inside",
        icon=":material/visibility:",
        on_change="rerun",
        bind="query-params",
    ) as inside:
        if inside.open:
            explanation.show_explanation(image / np.float32(255), model, "opened")


def _where_from(model: StoredModel, dataset: Dataset, looked_at: int) -> str:
    """Which pictures were looked at, and what "alike" means."""
    known = len(dataset.train_labels)
    of = f"all {known:,}" if looked_at == known else f"{looked_at:,} of the {known:,}"
    text = (
        f"Nearest among {of} training pictures of {dataset.title}, by the numbers that reach the "
        "network's last layer, not by pixels."
    )
    elsewhere = other_training_dataset(model, dataset)
    return (
        f"{text} It learned from {escape_markdown(elsewhere)}, not from these."
        if elsewhere
        else text
    )
