"""Every test picture: filtered, ordered, turned page by page, all of it kept in the link."""

import random
import zlib
from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation import selection_codec
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.components.click_events import handle_clicks
from mnist_app.pages.components.pixel_images import picture_grid
from mnist_app.pages.components.scroll_to import scroll_if_asked, scroll_to
from mnist_app.pages.predictions import one_picture
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel
from mnist_app.pages.session.query_params import new_link_number, new_link_text, set_link
from mnist_app.pages.session.wording import counted

PER_PAGE = 40
ANY = -1
ANY_CONFIDENCE = (0, 100)
EVERY, RIGHT, WRONG = "All", "Correct", "Wrong"
CONFIDENTLY_WRONG, LEAST_SURE, BY_CHANCE, IN_TEST_ORDER = ORDERS = (
    "Worst mistakes first",
    "Least confident first",
    "In random order",
    "In test order",
)
NO_FILTERS = {
    "gallery_true": ANY,
    "gallery_read": ANY,
    "gallery_kind": EVERY,
    "gallery_sure": ANY_CONFIDENCE,
}
SIDES = {"Small": 48, "Medium": 64, "Large": 112}


def filter_by_cell(true: int, read: int) -> None:
    """Have the gallery show exactly the pictures of one cell of the matrix; for callbacks."""
    clear_filters()
    st.session_state.gallery_true, st.session_state.gallery_read = true, read
    scroll_to("gallery")


def select(dataset: Dataset, numbers: Sequence[int]) -> None:
    """Have the gallery show exactly these test pictures, if there are any; for callbacks."""
    clear_filters()
    existing = [number for number in set(numbers) if 0 <= number < len(dataset.test_labels)]
    if existing:
        st.session_state.gallery_selection = (dataset.name, np.sort(np.array(existing)))


def show_selection(dataset: Dataset, numbers: Sequence[int]) -> None:
    """Select these test pictures and scroll to them; for callbacks."""
    select(dataset, numbers)
    scroll_to("gallery")


def clear_filters() -> None:
    """Have the gallery show every picture; for callbacks."""
    st.session_state.gallery_selection = None
    for key, value in NO_FILTERS.items():
        # What is set is sent, and would undo what a visitor chooses before it arrives.
        if st.session_state.get(key, value) != value:
            st.session_state[key] = value


def selected_cell() -> tuple[int, int] | None:
    """Return the true class and the answer that the gallery is filtered by, if by both."""
    cell = (st.session_state.get("gallery_true", ANY), st.session_state.get("gallery_read", ANY))
    return None if ANY in cell or None in cell else cell


def selection(dataset: Dataset) -> np.ndarray | None:
    """Return the test pictures selected here or by a link, int64 (n,); None when there are none.

    The link keeps them.
    """
    count = len(dataset.test_labels)
    linked = new_link_text("picked")
    numbers = selection_codec.from_text(linked, count) if linked else None
    if numbers is not None:
        st.session_state.gallery_selection = (dataset.name, numbers)
    name, numbers = st.session_state.get("gallery_selection") or ("", None)
    if name != dataset.name:
        numbers = None
    set_link("picked", None if numbers is None else selection_codec.as_text(numbers, count))
    return numbers


def highlighted(dataset: Dataset) -> tuple[tuple[int, int] | None, bytes]:
    """Return what the charts mark of the gallery's choice, to see whether to draw them anew."""
    numbers = selection(dataset)
    return selected_cell(), b"" if numbers is None else numbers.tobytes()


@st.fragment
def show_gallery(
    evaluated: EvaluatedModel,
    others: Sequence[StoredModel],
    drawn: tuple[tuple[int, int] | None, bytes],
) -> None:
    """Show the picture that is opened, the controls and one page of the pictures.

    Args:
        others: models that are asked about the picture that is opened.
        drawn: what was `highlighted` when the charts were drawn.
    """
    opened = st.container(key="opened")
    with st.container(key="gallery"):
        st.header("The test pictures", anchor="gallery")
        passing = _filtered(evaluated)
        order, side = _choose_looks()
        found = in_order(evaluated.report, passing, order, _seed())
        if len(found):
            shown = _turn_pages(found, order)
            st.html(picture_grid(evaluated.items(shown), side, numbers=shown))
            handle_clicks("gallery", one_picture.open_picture)
        else:
            st.info("No test picture matches. Choose other filters.")
    with opened:
        one_picture.show_opened_picture(evaluated, others, found)
    scroll_if_asked()
    if highlighted(evaluated.dataset) != drawn:
        # The charts stand outside of this fragment.
        st.rerun()


def _filtered(evaluated: EvaluatedModel) -> np.ndarray:
    """Show the filters, and return the test pictures that pass them, int64 (n,)."""
    names, report = evaluated.names, evaluated.report

    def choose_class(label: str, key: str) -> int:
        return st.selectbox(
            label,
            [ANY, *range(len(names))],
            key=key,
            format_func=lambda index: "any" if index == ANY else names[index],
            width=130,
            bind="query-params",
        )

    with st.container(horizontal=True, vertical_alignment="top", key="gallery_filters"):
        true = choose_class("Shows", "gallery_true")
        read = choose_class("Read as", "gallery_read")
        kind = st.segmented_control(
            "Answers",
            [EVERY, RIGHT, WRONG],
            key="gallery_kind",
            default=EVERY,
            required=True,
            bind="query-params",
        )
        low, high = st.slider(
            "Confidence",
            *ANY_CONFIDENCE,
            ANY_CONFIDENCE,
            key="gallery_sure",
            format="%d%%",
            width=260,
            bind="query-params",
        )
    sure = report.confidences * 100
    passes = (sure >= low) & (sure <= high + 1e-3)
    if kind in (RIGHT, WRONG):
        passes &= report.is_right == (kind == RIGHT)
    if true != ANY:
        passes &= report.labels == true
    if read != ANY:
        passes &= report.predictions == read
    passing, chosen = np.flatnonzero(passes), selection(evaluated.dataset)
    if chosen is None:
        return passing
    st.caption(
        f"Only the {counted(len(chosen), 'picture')} you selected. Clear the filters to see all."
    )
    return np.intersect1d(passing, chosen)


def _choose_looks() -> tuple[str, int]:
    """Choose the order and the side of each picture in CSS pixels."""
    with st.container(horizontal=True, vertical_alignment="bottom", key="gallery_looks"):
        order = st.selectbox("Order", ORDERS, key="gallery_order", width=276, bind="query-params")
        size = st.segmented_control(
            "Pictures",
            list(SIDES),
            key="gallery_size",
            default="Medium",
            required=True,
            bind="query-params",
        )
        st.button("Shuffle", key="gallery_random", icon=":material/shuffle:", on_click=_shuffle)
        st.button(
            "Clear filters", key="gallery_all", icon=":material/close:", on_click=clear_filters
        )
    # A link that says `gallery_size=` chooses none.
    return order or CONFIDENTLY_WRONG, SIDES[size or "Medium"]


def _shuffle() -> None:
    st.session_state.gallery_order = BY_CHANCE
    st.session_state.gallery_seed = random.randrange(10**6)


def _seed() -> int:
    """Return what decides the order by chance; a link can carry it."""
    linked = new_link_number("seed")
    if linked is not None:
        st.session_state.gallery_seed = linked
    seed = st.session_state.get("gallery_seed", 0)
    set_link("seed", seed or None)
    return seed


def in_order(report: EvaluationReport, found: np.ndarray, order: str, seed: int = 0) -> np.ndarray:
    """Return the same pictures, int64 (n,), in one of `ORDERS`."""
    if order == BY_CHANCE:
        return np.random.default_rng(seed).permutation(found)
    if order == IN_TEST_ORDER:
        return found
    confidences, is_right = report.confidences[found], report.is_right[found]
    # What is correct follows what is wrong, beginning with what was nearly wrong.
    rank = confidences if order == LEAST_SURE else np.where(is_right, confidences, -confidences)
    return found[np.argsort(rank, kind="stable")]


def _turn_pages(found: np.ndarray, order: str) -> list[int]:
    """Show the page control, and return the pictures of the page."""
    pages = -(-len(found) // PER_PAGE)
    # Other pictures, or another order, begin at their own first page.
    key = f"gallery-page-{zlib.crc32(found.tobytes())}"
    linked = new_link_number("page")
    if linked is not None and 1 <= linked <= pages:
        st.session_state[key] = linked
    number = st.pagination(pages, key=key)
    set_link("page", number if number > 1 else None)
    ordered = "" if len(found) == 1 else f", {order[0].lower()}{order[1:]}"
    pictures = counted(len(found), "picture")
    st.html(f'<div role="status">{pictures}{ordered}, page {number} of {pages}</div>')
    return found[(number - 1) * PER_PAGE : number * PER_PAGE].tolist()
