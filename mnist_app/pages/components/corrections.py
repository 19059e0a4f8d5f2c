"""Wrong answers put right by the visitor: kept in the session, downloaded, learned from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from mnist_app.core.data.handwriting import FEWEST, LabelledDrawing, as_json_lines
from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models import model_cache
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.segmentation.numbers import drawn_digits
from mnist_app.core.runs.outcomes import FinetuningOutcome
from mnist_app.core.settings import DATASETS, short
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import picture_grid
from mnist_app.pages.session.jobs import finetuning_job, loading_job
from mnist_app.pages.session.kiosk import job_owner
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import show_progress
from mnist_app.pages.session.wording import escape_markdown, show_error

MOST = 200
EMPTY = "Draw a digit first: then tell here which one it was."
OWN_HAND = ", my handwriting"


def show_corrections(
    canvas: Canvas, model: StoredModel, when_kept: Callable[[], None] = lambda: None
) -> None:
    """Show buttons for the right answer, and what can be done with the answers given so far.

    Args:
        when_kept: called when the drawing was kept with its answer.
    """
    with st.container(key="correcting"):
        st.segmented_control(
            "**Wrong? Tell me which digit it was**",
            range(10),
            key="right_digit",
            on_change=_keep,
            args=(canvas, model, when_kept),
            help="In a number, it is the digit whose bars you see.",
        )
        if note := st.session_state.get("correcting_note"):
            st.caption(note)
        kept = kept_drawings()
        if kept:
            _show_kept(kept)
        if len(kept) >= FEWEST:
            _offer_learning(model)
        _show_learning()


def kept_drawings() -> list[LabelledDrawing]:
    """Return this session's drawings, oldest first."""
    return st.session_state.setdefault("own_drawings", [])


def _forget(count: int = MOST) -> None:
    del kept_drawings()[-count:]
    st.session_state.correcting_note = ""


def _keep(canvas: Canvas, model: StoredModel, when_kept: Callable[[], None]) -> None:
    label = st.session_state.right_digit
    # The same digit can be chosen again.
    st.session_state.right_digit = None
    if label is None:
        return
    try:
        drawing = _selected_drawing(canvas, model)
    except DigitLabError as error:
        st.session_state.correcting_note = str(error)
        return
    kept = kept_drawings()
    # A new answer to the same drawing replaces the former one.
    kept[:] = [item for item in kept if not _is_same(item.drawing, drawing)]
    kept.append(LabelledDrawing(label, drawing))
    del kept[:-MOST]
    st.session_state.correcting_note = f"Thank you: a {label}. It is kept while this page is open."
    when_kept()


def _selected_drawing(canvas: Canvas, model: StoredModel) -> Drawing:
    """Return the digit on the canvas, or of a number the one whose bars are shown.

    Raises:
        DigitLabError: there is none.
    """
    judge = None
    if canvas.is_wide:
        if loading_job(model).state != JobState.DONE:
            raise DigitLabError("The number is not read yet: tell it again in a moment.")
        judge = model_cache.loaded(model.path)
    parts = drawn_digits(canvas.drawing, judge)
    if not parts:
        raise DigitLabError(EMPTY)
    return parts[min(st.session_state.get("selected_digit", 0), len(parts) - 1)]


def _is_same(one: Drawing, other: Drawing) -> bool:
    return len(one.strokes) == len(other.strokes) and all(
        map(np.array_equal, one.strokes, other.strokes)
    )


def _show_kept(kept: list[LabelledDrawing]) -> None:
    st.html(picture_grid([(item.image, f"a {item.label}", "") for item in kept], side=56))
    with st.container(horizontal=True):
        st.button(
            "Remove the last", key="drop_last", icon=":material/undo:", on_click=_forget, args=(1,)
        )
        st.button("Remove all", key="drop_all", icon=":material/delete:", on_click=_forget)
        if len(kept) >= FEWEST:
            st.download_button(
                f"Download {len(kept)} drawings",
                lambda: as_json_lines(kept),
                "my_digits.jsonl",
                "application/jsonl",
                key="download_drawings",
                icon=":material/download:",
                on_click="ignore",
                help="A text file, one drawing a line; the command line reads and learns from it.",
            )
    if (missing := FEWEST - len(kept)) > 0:
        more = "one more" if missing == 1 else f"{missing} more"
        st.caption(f"With {more}, the network can learn from them how you write.")


def _offer_learning(model: StoredModel) -> None:
    jobs = queues().finetuning.jobs(visitor())
    title = escape_markdown(model.title)
    if _former_copy(_default_title(model)) == model.path:
        what = f"“{title}” learns on from all of your drawings, or a copy of it under another name."
    else:
        what = f"A copy of “{title}” learns how you write; the model itself stays as it is."
    st.caption(
        f"{what} It takes some seconds. What has learned can be chosen by everybody who uses this "
        "app here; your drawings are shown to nobody. As long as the app runs, learning again "
        "under the same name replaces it."
    )
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.text_input(
            "Name of the copy",
            key="own_title",
            max_chars=60,
            width=320,
            placeholder=_default_title(model),
        )
        st.button(
            "Learn my handwriting",
            key="learn",
            type="primary",
            icon=":material/school:",
            disabled=bool(jobs) and not jobs[-1].is_over,
            on_click=_learn,
            args=(model,),
        )


def _learn(model: StoredModel) -> None:
    title = st.session_state.own_title.strip() or _default_title(model)
    finetuning_job(model, tuple(kept_drawings()), _former_copy(title), title, visitor())


def _former_copy(title: str) -> Path | None:
    """Return the last copy of that name that the same person made, which the next one replaces.

    In kiosk mode it is the last that anybody made, so that they stay few.
    """
    for job in reversed(queues().finetuning.jobs(job_owner())):
        if job.result is not None and job.result.stored.title == title:
            return job.result.stored.path
    return None


def _default_title(model: StoredModel) -> str:
    return model.title.removesuffix(OWN_HAND) + OWN_HAND


def _show_learning() -> None:
    """Show the progress of this visitor's last fine-tuning, or what came of it."""
    jobs = queues().finetuning.jobs(visitor())
    if not jobs:
        return
    job = jobs[-1]
    with st.container(key="own_learning"):
        if not job.is_over:
            show_progress(queues().finetuning, job.id, "Learning how you write")
        elif job.state == JobState.FAILED:
            show_error(job.error)
        elif job.result is None:
            st.info("Stopped. Nothing was changed.")
        else:
            # Also when it was told to stop just as it was being saved.
            _show_outcome(job.result)


def _show_outcome(outcome: FinetuningOutcome) -> None:
    own, test = outcome.own, outcome.test
    title = escape_markdown(outcome.stored.title)
    if outcome.fraction:
        st.markdown(f"**“{title}” has learned how you write**")
    else:
        st.info(
            "Nothing could be learned from these drawings without forgetting how other people "
            f"write: “{title}” reads as the model did before. Draw more, and look whether each has "
            "its right answer.",
            icon=":material/info:",
        )
    before, after = (round(accuracy * own.pictures) for accuracy in (own.before, own.after))
    yours, others = st.columns(2)
    yours.metric("Your drawings read right", f"{after} of {own.pictures}")
    yours.caption(f"Before: {before}. These are the very drawings that it learned from.")
    others.metric("Other people's digits read right", f"{test.after:.2%}")
    others.caption(
        f"Before: {test.before:.2%}. Of {test.pictures:,} test pictures of "
        f"{short(DATASETS[outcome.dataset])}, to see whether it forgot anything."
    )
    is_used = st.session_state.get("model") == outcome.stored.name
    if st.button(
        "It reads on this page now" if is_used else "Use it on this page",
        key="use_own",
        type="primary",
        icon=":material/draw:",
        disabled=is_used,
    ):
        # The choice itself stands outside of this fragment: the page takes this over.
        st.session_state.wanted_model = outcome.stored.name
        st.rerun()
