"""Wrong answers put right by the visitor: kept in the session, downloaded, learned from."""

from collections.abc import Callable
from itertools import chain
from pathlib import Path

import numpy as np
import streamlit as st

from mnist_app.core.data.handwriting import FEWEST, LabelledDrawing, as_json_lines
from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_cache
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.segmentation.numbers import drawn_rows
from mnist_app.core.runs.outcomes import FinetuningOutcome
from mnist_app.core.settings import DATASETS, short
from mnist_app.core.shelf.model_items import is_on_shelf
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.components.pixel_images import picture_grid
from mnist_app.pages.session.jobs import finetuning_job, loading_job
from mnist_app.pages.session.kiosk import job_owner
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import show_progress
from mnist_app.pages.session.wording import escape_markdown, show_error

MOST = 200
EMPTY = "Draw a digit first. Then say here what you drew."
OWN_HAND = ", my handwriting"
ANCHOR = "your-handwriting"


def ask_for_correction(
    canvas: Canvas,
    model: StoredModel,
    when_kept: Callable[[], None] = lambda: None,
    question: str = "Wrong? What did you draw?",
) -> None:
    """Show buttons for the correct answer, and what came of the last press.

    Args:
        when_kept: called when the drawing was kept with its answer.
        question: above the buttons.
    """
    with st.container(key="correcting"):
        st.segmented_control(
            question,
            range(10),
            key="right_digit",
            on_change=_keep,
            args=(canvas, model, when_kept),
            help="For a number, this corrects the digit selected above.",
        )
        note, drawing = st.session_state.get("correcting_note", ("", None))
        # What is said of a drawing goes with the next change of it.
        if note and drawing == canvas.lines:
            st.caption(note)


def show_handwriting(canvas: Canvas, model: StoredModel) -> None:
    """Show the drawings with the answers given so far, and what can be done with them."""
    kept, jobs = kept_drawings(), queues().finetuning.jobs(visitor())
    if not kept and not jobs:
        return
    with st.container(key="handwriting"):
        st.header("Your handwriting", anchor=ANCHOR)
        if kept:
            _show_kept(kept)
        # All may use a copy, but not what lies on a shelf.
        if len(kept) >= FEWEST and not is_on_shelf(model):
            with st.container(key="own_offer"):
                _offer_learning(canvas, model, jobs)
        if jobs:
            with st.container(key="own_learning"):
                _show_learning(jobs[-1])


def kept_drawings() -> list[LabelledDrawing]:
    """Return this session's drawings, oldest first."""
    return st.session_state.setdefault("own_drawings", [])


def _forget(count: int = MOST) -> None:
    del kept_drawings()[-count:]
    st.session_state.pop("correcting_note", None)


def _keep(canvas: Canvas, model: StoredModel, when_kept: Callable[[], None]) -> None:
    label = st.session_state.right_digit
    # The same digit can be chosen again.
    st.session_state.right_digit = None
    if label is None:
        return
    try:
        drawing = _selected_drawing(canvas, model)
    except DigitLabError as error:
        _say(str(error), canvas)
        return
    kept = kept_drawings()
    # A new answer to the same drawing replaces the former one.
    kept[:] = [item for item in kept if not _is_same(item.drawing, drawing)]
    kept.append(LabelledDrawing(label, drawing))
    del kept[:-MOST]
    when_kept()
    _say(f"Thanks! Remembered as {_a(label)}{_what_for(FEWEST - len(kept), model)}", canvas)


def _what_for(missing: int, model: StoredModel) -> str:
    if is_on_shelf(model):
        return " until you close this page."
    if missing <= 0:
        return f". It can now [learn your handwriting](#{ANCHOR})."
    more = "one more" if missing == 1 else f"{missing} more"
    return f" until you close this page. Correct {more} and it can learn your handwriting."


def _say(note: str, canvas: Canvas) -> None:
    st.session_state.correcting_note = note, canvas.lines


def _selected_drawing(canvas: Canvas, model: StoredModel) -> Drawing:
    """Return the digit on the canvas, or of a number the one whose bars are shown.

    Raises:
        DigitLabError: there is none.
    """
    judge = None
    if canvas.is_wide:
        if loading_job(model).state != JobState.DONE:
            raise DigitLabError("The number has not been read yet. Try again in a moment.")
        judge = model_cache.loaded(model.path)
    digits = list(chain.from_iterable(drawn_rows(canvas.drawing, judge)))
    if not digits:
        raise DigitLabError(EMPTY)
    return digits[min(st.session_state.get("selected_digit", 0), len(digits) - 1)].part


def _a(digit: int) -> str:
    return f"an {digit}" if digit == 8 else f"a {digit}"


def _is_same(one: Drawing, other: Drawing) -> bool:
    return len(one.strokes) == len(other.strokes) and all(
        map(np.array_equal, one.strokes, other.strokes)
    )


def _show_kept(kept: list[LabelledDrawing]) -> None:
    st.html(picture_grid([(item.image, _a(item.label), "") for item in kept], side=56))
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


def _offer_learning(canvas: Canvas, model: StoredModel, jobs: list[Snapshot]) -> None:
    title = escape_markdown(model.title)
    if _former_copy(_default_title(model)) == model.path:
        what = f"This goes on training “{title}”, or a copy of it if you give another name."
    else:
        what = f"A copy of “{title}” learns; the original stays as it is."
    st.caption(
        f"{what} Others can use the copy, but never see your drawings. Using the same name "
        "again replaces it."
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
            args=(canvas, model),
        )


def _learn(canvas: Canvas, model: StoredModel) -> None:
    title = st.session_state.own_title.strip() or _default_title(model)
    try:
        finetuning_job(model, tuple(kept_drawings()), _former_copy(title), title, visitor())
    except DigitLabError as error:
        _say(str(error), canvas)


def _former_copy(title: str) -> Path | None:
    """Return the last copy of that name that the same person made, which the next one replaces.

    In kiosk mode it is the last that anybody made, so that they stay few.
    """
    for job in reversed(queues().finetuning.jobs(job_owner())):
        if job.result is not None and job.result.model.title == title:
            return job.result.model.path
    return None


def _default_title(model: StoredModel) -> str:
    return model.title.removesuffix(OWN_HAND) + OWN_HAND


def _show_learning(job: Snapshot) -> None:
    """Show the progress of a fine-tuning, or what came of it."""
    if not job.is_over:
        queue = queues().finetuning
        show_progress(queue, job.id, "Learning your handwriting", stop=queue.stop)
    elif job.state == JobState.FAILED:
        show_error(job.error)
    elif job.result is None:
        st.info("Stopped. Nothing was changed.")
    else:
        # Also when it was told to stop just as it was being saved.
        _show_outcome(job.result)


def _show_outcome(outcome: FinetuningOutcome[StoredModel]) -> None:
    own, test = outcome.own, outcome.test
    title = escape_markdown(outcome.model.title)
    if outcome.fraction:
        st.markdown(f"**“{title}” has learned your handwriting**")
    else:
        st.info(
            "It could not learn from these drawings without forgetting how other people write, so "
            f"“{title}” reads just as before. Draw more, and check that each has the correct "
            "answer.",
            icon=":material/info:",
        )
    before, after = (round(accuracy * own.pictures) for accuracy in (own.before, own.after))
    yours, others = st.columns(2)
    yours.metric("Your drawings it now gets right", f"{after} of {own.pictures}")
    yours.caption(
        f"Before: {before} of {own.pictures}. It has just studied these drawings, so this "
        "is not a fair test."
    )
    others.metric("Other people's digits it gets right", f"{test.after:.2%}")
    others.caption(
        f"Before: {test.before:.2%}. On {test.pictures:,} {short(DATASETS[outcome.dataset])} test "
        "pictures, to check it has not forgotten anything."
    )
    is_used = st.session_state.get("model") == outcome.model.name
    if st.button(
        "It now reads your drawings" if is_used else "Use it on this page",
        key="use_own",
        type="primary",
        icon=":material/draw:",
        disabled=is_used,
    ):
        # The choice itself stands outside of this fragment: the page takes this over.
        st.session_state.wanted_model = outcome.model.name
        st.rerun()
