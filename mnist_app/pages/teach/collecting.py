"""Collecting: names of symbols, and drawings of each, by hand or from photographs."""

from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.config import get_option

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import ENDINGS
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_store
from mnist_app.core.recognition import answers
from mnist_app.core.symbols import storage
from mnist_app.core.symbols.symbols import (
    ENOUGH,
    LONGEST_NAME,
    MOST_CLASSES,
    Example,
    Symbols,
    drawn_example,
)
from mnist_app.pages.components import answer
from mnist_app.pages.components.canvas import Canvas, show_plain_canvas
from mnist_app.pages.components.click_events import handle_clicks
from mnist_app.pages.components.pixel_images import picture_grid
from mnist_app.pages.draw import camera
from mnist_app.pages.session.jobs import picture_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import show_failure, show_progress
from mnist_app.pages.session.wording import counted, escape_markdown, show_error
from mnist_app.pages.teach.current_symbols import CurrentSymbols, change, latest

SOURCES = ("Files", "The camera")
NOTHING_DRAWN = "Draw it first, then keep it."


def show_classes(current: CurrentSymbols) -> int | None:
    """Show the names of the symbols; return the place of the one that is drawn now."""
    symbols = current.symbols
    with (
        st.form("add_class", clear_on_submit=True, border=False),
        st.container(horizontal=True, vertical_alignment="bottom"),
    ):
        st.text_input(
            "Name a symbol",
            key="class_name",
            max_chars=LONGEST_NAME,
            label_visibility="collapsed",
            placeholder="Name a symbol: cat, ★, A, my 7",
            disabled=len(symbols.names) >= MOST_CLASSES,
        )
        st.form_submit_button(
            "Add", icon=":material/add:", key="add_symbol", on_click=_add_class, args=(current,)
        )
    if note := st.session_state.pop("teach_note", ""):
        show_error(note)
    if not symbols.names:
        return None
    places = range(len(symbols.names))
    if st.session_state.get("drawn_class") not in places:
        st.session_state.drawn_class = 0
    counts = symbols.counts
    return st.segmented_control(
        "Draw now",
        places,
        key="drawn_class",
        required=True,
        label_visibility="collapsed",
        format_func=lambda place: f"{escape_markdown(symbols.names[place])}: {counts[place]}",
    )


def show_symbol_canvas(canvas: Canvas, current: CurrentSymbols, label: int | None) -> None:
    """Show the canvas, and the button that keeps what is drawn as the symbol of that place."""
    show_plain_canvas(canvas, "square_canvas")
    name = "" if label is None else current.symbols.names[label]
    with st.container(key="keep"):
        st.button(
            f"Keep as {escape_markdown(name)}" if name else "Keep",
            key="keep_drawing",
            type="primary",
            icon=":material/check:",
            width="stretch",
            disabled=label is None,
            on_click=_keep_drawing,
            args=(canvas, current, label),
        )
    said = f"Draw and keep “{name}” about {ENOUGH} times." if name else "Name a symbol first."
    with st.container(key="to_draw"):
        words = answers.unread(said)
        # Nobody reads it, but eraser, keys and undo are as everywhere.
        followed = canvas.as_followed | {"model": ""}
        answer.show_words(canvas.name, words, followed, words, canvas.erase)


def show_symbol_examples(current: CurrentSymbols, label: int) -> None:
    """Show the drawings of a symbol, each of which can be thrown away."""
    symbols = current.symbols
    name, drawings = symbols.names[label], symbols.of(label)
    with st.container(key="symbol_examples"):
        st.markdown(f"**{escape_markdown(name)}: {counted(len(drawings), 'drawing')}**")
        if drawings:
            pictures = [(one.image, "Remove", "") for one in drawings]
            st.html(picture_grid(pictures, side=56, numbers=range(len(drawings))))
        handle_clicks("symbol_examples", lambda place: _throw_away(current, label, place))
        st.button(
            f"Remove “{escape_markdown(name)}”",
            key="remove_class",
            icon=":material/delete:",
            on_click=_remove_class,
            args=(current, label),
        )


def show_photos(current: CurrentSymbols, label: int) -> None:
    """Offer photographs, each of one symbol, in place of drawings."""
    with st.expander(
        "Use photos instead", icon=":material/photo_camera:", key="photos", on_change="rerun"
    ) as offer:
        if not offer.open:
            return
        source = st.segmented_control(
            "Photos from", SOURCES, default=SOURCES[0], key="photo_source", required=True
        )
        images: list[np.ndarray] = []
        unread: list[Snapshot] = []
        for data, photo in _held() if source == SOURCES[1] else _files():
            shipped = model_store.describe(model_store.SHIPPED)
            job = picture_job(data, photo, False, shipped, visitor())
            job = queues().short.wait(job.id, 0.3) or job
            if job.state is JobState.DONE:
                found = job.result.reading.digits
                images.extend(digit.image for digit in found[:1])
                if not found:
                    st.caption("Nothing was found in one of the photos. Choose a clearer one.")
            elif job.is_over:
                show_failure(queues().short, job, f"retry-{photo}", is_file=True)
            else:
                unread.append(job)
        if unread:
            show_progress(queues().short, unread[-1].id, "Looking for the drawings")
        if images:
            st.html(picture_grid([(image, "", "") for image in images], side=56))
            examples = [Example(label, image) for image in images]
            name = escape_markdown(current.symbols.names[label])
            st.button(
                f"Keep {counted(len(images), 'picture')} as {name}",
                key="keep_photos",
                type="primary",
                on_click=_keep_photos,
                args=(current, examples),
            )


def _files() -> list[tuple[bytes, str]]:
    files = st.file_uploader(
        "Photos with one drawing in each, dark on light or light on dark",
        type=list(ENDINGS),
        accept_multiple_files=True,
        max_upload_size=get_option("server.maxUploadSize"),
        key=f"symbol_photos_{st.session_state.get('photo_round', 0)}",
    )
    return [(file.getvalue(), file.file_id) for file in files]


def _held() -> list[tuple[bytes, str]]:
    camera.show_camera("photo", model_store.describe(model_store.SHIPPED), False, None)
    held = camera.held_picture()
    return [held] if held else []


def _add_class(current: CurrentSymbols) -> None:
    name = st.session_state.class_name
    if _changed(current, lambda now: now.with_class(name)):
        st.session_state.drawn_class = len(latest(current).symbols.names) - 1


def _remove_class(current: CurrentSymbols, label: int) -> None:
    _changed(current, lambda now: now.without_class(label))


def _keep_drawing(canvas: Canvas, current: CurrentSymbols, label: int) -> None:
    canvas.update()
    if canvas.is_empty:
        st.session_state.teach_note = NOTHING_DRAWN
        return

    def kept(now: Symbols) -> Symbols:
        return now.with_example(drawn_example(label, canvas.drawing))

    if _changed(current, kept):
        canvas.renew(None)
        _go_on(latest(current).symbols, label)


def _go_on(symbols: Symbols, label: int) -> None:
    """Turn to the next symbol when there are enough drawings of this one."""
    counts = symbols.counts
    missing = [place for place, count in enumerate(counts) if count < ENOUGH]
    if counts[label] == ENOUGH and missing:
        st.session_state.drawn_class = min(missing, key=lambda place: (place < label, place))


def _keep_photos(current: CurrentSymbols, found: list[Example]) -> None:
    def kept(now: Symbols) -> Symbols:
        for example in found:
            now = now.with_example(example)
        return now

    if _changed(current, kept):
        st.session_state.photo_round = st.session_state.get("photo_round", 0) + 1


def _throw_away(current: CurrentSymbols, label: int, place: int) -> None:
    def kept(now: Symbols) -> Symbols:
        drawings = now.of(label)
        return now.without(drawings[place]) if place < len(drawings) else now

    _changed(current, kept)


def _changed(current: CurrentSymbols, to: Callable[[Symbols], Symbols]) -> bool:
    """Change the symbols as they are by now; note why that could not be, and return False then."""
    try:
        now = latest(current)
        if current.item is not None and (now.item is None or now.item.id != current.item.id):
            raise DigitLabError(storage.GONE)
        change(now, to(now.symbols))
    except DigitLabError as error:
        st.session_state.teach_note = str(error)
        return False
    return True
