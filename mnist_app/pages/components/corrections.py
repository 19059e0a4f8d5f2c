"""Wrong answers put right by the visitor: kept in the session, taken along, learned from."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from mnist_app.core.data.handwriting import FEWEST, LabelledDrawing, as_json_lines
from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.raster import Drawing
from mnist_app.core.jobs.job_queue import State
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.segmentation.numbers import drawn_digits
from mnist_app.core.runs.outcomes import Change, FinetuningOutcome
from mnist_app.core.settings import DATASETS, short
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import gallery
from mnist_app.pages.session.kiosk import job_owner
from mnist_app.pages.session.queues import classifier_job, finetuning_job, queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import show_progress
from mnist_app.pages.session.wording import escape_markdown, show_error

MOST = 200
EMPTY = "Draw a digit first: then tell here which one it was."
OWN_HAND = ", my handwriting"


@st.fragment
def correcting_panel(canvas: Canvas, model: StoredModel) -> None:
    """`panel` in a fragment of its own."""
    show_corrections(canvas, model)


def show_corrections(
    canvas: Canvas, model: StoredModel, when_kept: Callable[[], None] = lambda: None
) -> None:
    """Ten buttons for the right answer, and what can be done with the answers given so far.

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
            _offer(model)
        _show_learning()


def kept_drawings() -> list[LabelledDrawing]:
    """This session's drawings, oldest first."""
    return st.session_state.setdefault("own_drawings", [])


def forget(count: int = MOST) -> None:
    """Keep the last `count` of them no longer."""
    del kept_drawings()[-count:]
    st.session_state.correcting_note = ""


def _keep(canvas: Canvas, model: StoredModel, when_kept: Callable[[], None]) -> None:
    label = st.session_state.right_digit
    # None is pressed any more: the same digit can be told again.
    st.session_state.right_digit = None
    if label is None:
        return
    try:
        drawing = _meant(canvas, model)
    except DigitLabError as error:
        st.session_state.correcting_note = str(error)
        return
    kept = kept_drawings()
    # Told again, it takes the place of what was told before.
    kept[:] = [item for item in kept if not _same(item.drawing, drawing)]
    kept.append(LabelledDrawing(label, drawing))
    del kept[:-MOST]
    st.session_state.correcting_note = f"Thank you: a {label}. It is kept while this page is open."
    when_kept()


def _meant(canvas: Canvas, model: StoredModel) -> Drawing:
    """The digit on the canvas, or of a number the one that is looked at.

    Raises:
        DigitLabError: there is none.
    """
    judge = classifier_job(model).result if canvas.is_wide else None
    if canvas.is_wide and judge is None:
        raise DigitLabError("The number is not read yet: tell it again in a moment.")
    parts = drawn_digits(canvas.drawing, judge)
    place = st.session_state.get("selected_digit", 0) if len(parts) > 1 else 0
    if not parts:
        raise DigitLabError(EMPTY)
    return parts[min(place, len(parts) - 1)]


def _same(one: Drawing, other: Drawing) -> bool:
    return len(one.strokes) == len(other.strokes) and all(
        np.array_equal(a, b) for a, b in zip(one.strokes, other.strokes, strict=True)
    )


def _show_kept(kept: list[LabelledDrawing]) -> None:
    st.html(gallery([(item.image, f"a {item.label}", "") for item in kept], side=56))
    with st.container(horizontal=True):
        st.button(
            "Remove the last", key="drop_last", icon=":material/undo:", on_click=forget, args=(1,)
        )
        st.button("Remove all", key="drop_all", icon=":material/delete:", on_click=forget)
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


def _offer(model: StoredModel) -> None:
    """Learn from the drawings, unless this visitor's last learning still goes on."""
    jobs = queues().finetuning.jobs(visitor())
    is_busy = bool(jobs) and not jobs[-1].is_over
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
            disabled=is_busy,
            on_click=_learn,
            args=(model,),
        )


def _learn(model: StoredModel) -> None:
    title = st.session_state.own_title.strip() or _default_title(model)
    finetuning_job(model, tuple(kept_drawings()), _former_copy(title), title, visitor())


def _former_copy(title: str) -> Path | None:
    """The last copy of that name made here by the same person, whose place the next one takes.

    Where each visitor is a new one it is the last that anybody made, so that they stay few.
    """
    for job in reversed(queues().finetuning.jobs(job_owner())):
        if job.result is not None and job.result.stored.title == title:
            return job.result.stored.path
    return None


def _default_title(model: StoredModel) -> str:
    return model.title.removesuffix(OWN_HAND) + OWN_HAND


def _show_learning() -> None:
    """How this visitor's last learning stands, or what came of it."""
    jobs = queues().finetuning.jobs(visitor())
    if not jobs:
        return
    job = jobs[-1]
    with st.container(key="own_learning"):
        if not job.is_over:
            show_progress(queues().finetuning, job.id, "Learning how you write")
        elif job.state == State.FAILED:
            show_error(job.error)
        elif job.result is None:
            st.info("Stopped. Nothing was changed.")
        else:
            # Also when it was told to stop just as it was being saved.
            _show_outcome(job.result)


def _show_outcome(outcome: FinetuningOutcome) -> None:
    own, test = outcome.own, outcome.test
    title = escape_markdown(outcome.stored.title)
    if outcome.share:
        st.markdown(f"**“{title}” has learned how you write**")
    else:
        st.info(
            "Nothing could be learned from these drawings without forgetting how other people "
            f"write: “{title}” reads as the model did before. Draw more, and look whether each has "
            "its right answer.",
            icon=":material/info:",
        )
    yours, others = st.columns(2)
    with yours:
        st.metric("Your drawings read right", f"{_right(own)} of {own.pictures}")
        before = round(own.before * own.pictures)
        st.caption(f"Before: {before}. These are the very drawings that it learned from.")
    with others:
        st.metric("Other people's digits read right", f"{test.after:.2%}")
        title = short(DATASETS[outcome.dataset])
        st.caption(
            f"Before: {test.before:.2%}. Of {test.pictures:,} test pictures of {title}, to see "
            "whether it forgot anything."
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


def _right(change: Change) -> int:
    return round(change.after * change.pictures)
