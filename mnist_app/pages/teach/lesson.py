"""The lesson: a network learns the symbols, and what came of it."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import streamlit as st

from mnist_app.core import limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_store
from mnist_app.core.models.model_card import ModelCard
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.plots.run_charts import lesson_curve
from mnist_app.core.recognition.answers import NONE_OF_YOURS
from mnist_app.core.runs.progress import Point
from mnist_app.core.shelf import shelf
from mnist_app.core.symbols import storage
from mnist_app.core.symbols.symbols import Symbols
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.components.pixel_images import picture_grid
from mnist_app.pages.session.queues import cluster, queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import show_progress
from mnist_app.pages.session.wording import escape_markdown, show_error
from mnist_app.pages.teach.current_symbols import CurrentSymbols, latest

# So many of two symbols are mixed up, and so large a part, before they are said to be alike.
MIXED_UP, MIXED_UP_FRACTION = 2, 0.2
LEARNING = "Learning your symbols"


@dataclass(frozen=True)
class Result:
    """The figures on a network's card about drawings that it had not seen.

    Attributes:
        right, of: how many it read right, of how many.
        mixed_up: the place of a drawing, and the class that it was taken for.
        curve: how that changed as it learned.
    """

    right: int
    of: int
    mixed_up: list[tuple[int, int]]
    curve: list[Point]


def last_job(current: CurrentSymbols) -> Snapshot | None:
    """Return the last lesson in these symbols, if the server remembers it."""
    jobs = queues().teaching.jobs(visitor())
    own = [job for job in jobs if current.item and job.key == current.item.id]
    return own[-1] if own else None


def show_learning(current: CurrentSymbols) -> None:
    """Show the button that has a network learn, and how far it is."""
    problems = current.symbols.problems()
    job = last_job(current)
    is_learning = job is not None and not job.is_over
    with st.container(key="learn_symbols"):
        st.button(
            "Learn again" if current.model else "Learn",
            key="learn_now",
            type="primary",
            icon=":material/school:",
            disabled=bool(problems) or is_learning or current.item is None,
            width="stretch",
            on_click=_learn,
            args=(current,),
        )
        if is_learning and job:
            show_progress(queues().teaching, job.id, LEARNING, stop=queues().teaching.stop)
        elif job and job.state is JobState.FAILED:
            show_error(job.error)
        elif job and job.state is JobState.STOPPED and job.result is None:
            st.caption("Stopped. Nothing was changed.")
        for problem in problems if current.symbols.names else ():
            st.caption(escape_markdown(problem))


def show_result(current: CurrentSymbols, model: StoredModel) -> None:
    """Show how well the network reads what it has not seen, and what it mixes up."""
    result = result_of(model.card) if model.card else None
    if result is None or not result.of:
        return
    st.markdown(f"**Of {result.of} drawings that it had not seen, it gets {result.right} right.**")
    st.caption(
        "It was tested in four rounds. In each round it learned from three quarters of your "
        "drawings, then read the rest."
    )
    if model.card and storage.knows(model.card, current.symbols):
        _show_mixed_up(current.symbols, result)
    elif current.is_own:
        st.caption("You changed your drawings. Go to “Draw examples” and press Learn again.")
    with st.expander("How it learned", key="symbols_curve", on_change="rerun") as curve:
        if curve.open:
            figure = lesson_curve(result.curve, len(result.curve))
            text = f"It got {result.right} of {result.of} unseen drawings right."
            live_chart(figure, "symbols_chart", text)


def result_of(card: ModelCard) -> Result | None:
    """Return what a card says; None if somebody has damaged it."""
    try:
        unseen, curve = card.results["unseen"], card.training["curves"]["validation"]
        mixed_up = [(int(one), int(taken)) for one, taken in card.results["mixed up"]]
        points = [Point(*map(float, point)) for point in curve]
        return Result(int(unseen["right"]), int(unseen["of"]), mixed_up, points)
    except (KeyError, TypeError, ValueError):
        return None


def alike(symbols: Symbols, mixed_up: list[tuple[int, int]]) -> dict[tuple[int, int], list[int]]:
    """Return the pairs of classes that are hard to tell apart, each with the drawings mixed up."""
    pairs: dict[tuple[int, int], list[int]] = {}
    for place, taken in mixed_up:
        label = symbols.examples[place].label
        if taken < len(symbols.names):
            pairs.setdefault((min(label, taken), max(label, taken)), []).append(place)
    drawings = Counter(example.label for example in symbols.examples)
    return {
        pair: places
        for pair, places in pairs.items()
        if len(places) >= MIXED_UP
        and len(places) >= MIXED_UP_FRACTION * min(drawings[one] for one in pair)
    }


def _show_mixed_up(symbols: Symbols, result: Result) -> None:
    names = (*symbols.names, NONE_OF_YOURS)
    taken_for = dict(result.mixed_up)
    pairs = alike(symbols, result.mixed_up)
    for (one, other), places in pairs.items():
        st.warning(
            f"{escape_markdown(names[one])} and {escape_markdown(names[other])} are hard to tell "
            "apart. It mixes up the drawings below. Make the two less alike, or remove "
            "one of them.",
            icon=":material/compare:",
        )
        st.html(_pictures(symbols, places, taken_for, names))
    others = [one for one in taken_for if not any(one in places for places in pairs.values())]
    if others:
        st.caption("It got these wrong. Draw more like them, or remove the bad ones.")
        st.html(_pictures(symbols, others, taken_for, names))


def _pictures(
    symbols: Symbols, places: list[int], taken_for: dict[int, int], names: tuple[str, ...]
) -> str:
    shown = [symbols.examples[place] for place in places]
    captions = [
        f"{names[one.label]}, read as {names[taken_for[place]]}"
        for one, place in zip(shown, places, strict=True)
    ]
    return picture_grid(
        [(one.image, text, "wrong") for one, text in zip(shown, captions, strict=True)], side=56
    )


def _learn(current: CurrentSymbols) -> None:
    try:
        _learning_job(latest(current), visitor())
    except DigitLabError as error:
        st.session_state.teach_note = str(error)


def _learning_job(current: CurrentSymbols, owner: str) -> None:
    """Put a lesson in line, whose result is the `StoredModel`; while one is unfinished do nothing.

    Raises:
        DigitLabError: there are too many in line, or the shelf is full.
    """
    item, symbols = current.item, current.symbols
    if item is None:
        return

    def work(control: Control) -> StoredModel:
        shipped = model_store.describe(model_store.SHIPPED)
        made = cluster().call(
            "mnist_app.lab.symbols.learning:learn",
            model_store.read(shipped.path),
            shipped.title,
            symbols.names,
            np.stack([example.image for example in symbols.examples]),
            np.array([example.label for example in symbols.examples]),
            item.title,
            control=control,
        )
        return storage.add_model(item, owner, symbols, made)

    shelf.require_room(owner, instead_of=item.id)
    with queues().lining_up:
        unfinished = [job for job in queues().teaching.jobs() if not job.is_over]
        if any(job.owner == owner for job in unfinished):
            return
        if len(unfinished) >= limits.most("waiting"):
            raise DigitLabError("Many people are teaching it right now. Try again in a minute.")
        queues().teaching.submit(work, owner, key=item.id)
