"""Every test picture: filtered, ordered, turned page by page, all of it kept in the link."""

import random
import zlib

import numpy as np
import streamlit as st

from mnist_app.datasets import Dataset
from mnist_app.evaluation import EvaluationReport
from mnist_app.pages import reveal
from mnist_app.pages.link import keep_in_link, number_of_new_link
from mnist_app.pages.pixels import gallery as grid

PER_PAGE = 40
ANY = -1
EVERY, RIGHT, WRONG = "All", "Read right", "Read wrong"
IN_TEST_ORDER, CONFIDENTLY_WRONG, LEAST_SURE, BY_CHANCE = ORDERS = (
    "In test order", "Most confidently wrong first", "Least sure first", "By chance",
)  # fmt: skip
SIDES = {"Small": 48, "Medium": 64, "Large": 112}
ALL_SURENESS = (0, 100)


def show_cell(true: int, read: int) -> None:
    """Have the gallery show exactly the pictures of one cell of the matrix; for callbacks."""
    show_all()
    st.session_state.gallery_true = true
    st.session_state.gallery_read = read
    reveal.ask()


def show_all() -> None:
    """Have the gallery show every picture; for callbacks."""
    st.session_state.gallery_true = st.session_state.gallery_read = ANY
    st.session_state.gallery_kind = EVERY
    st.session_state.gallery_sure = ALL_SURENESS


@st.fragment
def show(report: EvaluationReport, dataset: Dataset) -> None:
    """Show the controls and one page of the pictures."""
    with st.container(key="gallery"):
        passing = _filtered(report, dataset.class_names)
        order, side = _looks()
        seed = _seed()
        if not len(passing):
            st.info("No test picture is like this: choose other filters.")
            return
        found = in_order(report, passing, order, seed)
        number = _turn_pages(found, order)
        shown = found[(number - 1) * PER_PAGE : number * PER_PAGE]
        pictures = [described(report, dataset, int(index)) for index in shown]
        st.html(grid(pictures, side))


def _filtered(report: EvaluationReport, names: tuple[str, ...]) -> np.ndarray:
    """The filters, and the indices of the test pictures that pass them, int64 (n,)."""
    options = [ANY, *range(len(names))]

    def named(index: int) -> str:
        return "any" if index == ANY else names[index]

    with st.container(horizontal=True, vertical_alignment="top"):
        true = st.selectbox(
            "True", options, key="gallery_true", format_func=named, width=130, bind="query-params"
        )
        read = st.selectbox(
            "Read as", options, key="gallery_read", format_func=named, width=130,
            bind="query-params",
        )  # fmt: skip
        kind = st.segmented_control(
            "Show", [EVERY, RIGHT, WRONG], key="gallery_kind", default=EVERY, required=True,
            bind="query-params",
        )  # fmt: skip
        low, high = st.slider(
            "How sure it was", *ALL_SURENESS, ALL_SURENESS, key="gallery_sure", format="%d %%",
            width=260, bind="query-params",
        )  # fmt: skip
    passes = {EVERY: np.ones(report.images, bool), RIGHT: report.is_right, WRONG: ~report.is_right}[
        kind or EVERY
    ]
    percent = report.confidences * 100
    passes = passes & (percent >= low) & (percent <= high + 1e-3)
    if true != ANY:
        passes = passes & (report.labels == true)
    if read != ANY:
        passes = passes & (report.predictions == read)
    return np.flatnonzero(passes)


def _looks() -> tuple[str, int]:
    """The order and the side of each picture in CSS pixels, as they are chosen."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        order = st.selectbox("Order", ORDERS, key="gallery_order", width=276, bind="query-params")
        size = st.segmented_control(
            "Pictures", list(SIDES), key="gallery_size", default="Medium", required=True,
            bind="query-params",
        )  # fmt: skip
        st.button(
            "Random sample", key="gallery_random", icon=":material/shuffle:", on_click=_shuffle
        )
        st.button("Clear filters", key="gallery_all", icon=":material/close:", on_click=show_all)
    # A link that says `gallery_size=` chooses none.
    return order or IN_TEST_ORDER, SIDES[size or "Medium"]


def _shuffle() -> None:
    st.session_state.gallery_order = BY_CHANCE
    st.session_state.gallery_seed = random.randrange(10**6)


def _seed() -> int:
    """What decides the order by chance; a link can carry it."""
    linked = number_of_new_link("seed")
    if linked is not None:
        st.session_state.gallery_seed = linked
    seed = st.session_state.get("gallery_seed", 0)
    keep_in_link("seed", seed or None)
    return seed


def in_order(report: EvaluationReport, found: np.ndarray, order: str, seed: int = 0) -> np.ndarray:
    """The same indices, int64 (n,), in one of `ORDERS`."""
    if order == BY_CHANCE:
        return np.random.default_rng(seed).permutation(found)
    if order == IN_TEST_ORDER:
        return found
    confidences, is_right = report.confidences[found], report.is_right[found]
    # What is right follows what is wrong, beginning with what was nearly wrong.
    rank = confidences if order == LEAST_SURE else np.where(is_right, confidences, -confidences)
    return found[np.argsort(rank, kind="stable")]


def _turn_pages(found: np.ndarray, order: str) -> int:
    """The page control for the pictures at these indices; gives the page, from 1."""
    pages = -(-len(found) // PER_PAGE)
    # Other pictures, or another order, begin at their own first page.
    key = f"gallery-page-{zlib.crc32(found.tobytes())}"
    linked = number_of_new_link("page")
    if linked is not None and 1 <= linked <= pages:
        st.session_state[key] = linked
    number = st.pagination(pages, key=key)
    keep_in_link("page", number if number > 1 else None)
    pictures = "1 picture" if len(found) == 1 else f"{len(found):,} pictures {_lowered(order)}"
    st.html(f'<div role="status">{pictures}, page {number} of {pages}</div>')
    return number


def _lowered(text: str) -> str:
    return text[0].lower() + text[1:]


def described(
    report: EvaluationReport, dataset: Dataset, index: int
) -> tuple[np.ndarray, str, str]:
    """A test picture, what it is and was read as, and the kind of its frame."""
    names = dataset.class_names
    true, read = report.labels[index], report.predictions[index]
    sure = report.probabilities[index].max()
    caption = f"is {names[true]}, read as {names[read]}, {sure:.1%} sure"
    return dataset.test_images[index], caption, "right" if true == read else "wrong"
