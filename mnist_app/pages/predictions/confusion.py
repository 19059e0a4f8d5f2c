"""The confusion matrix, whose cells lead to their pictures."""

import numpy as np
import streamlit as st

from mnist_app.core.plots.metric_charts import confusion_heatmap
from mnist_app.pages.components.live_chart import Cells, live_chart
from mnist_app.pages.predictions import gallery
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel
from mnist_app.pages.session.wording import counted, escape_markdown

MOST_CONFUSED = 8
COUNTS, SHARES = "Counts", "Percentages"


def show_confusion_matrix(evaluated: EvaluatedModel) -> None:
    """Show the confusion matrix; a click on a cell shows its pictures in the gallery."""
    st.caption(
        "Each row is what the pictures show, each column is what the network read. Grey: correct. "
        "Orange: mistakes; stronger means more. **Click a cell to see its pictures.** By keyboard: "
        "Tab to the matrix, arrow keys to a cell, then Enter."
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        numbers = st.segmented_control(
            "Numbers",
            [COUNTS, SHARES],
            key="matrix_numbers",
            default=COUNTS,
            required=True,
            label_visibility="collapsed",
            bind="query-params",
        )
        with_diagonal = st.toggle(
            "Show correct answers", value=True, key="matrix_diagonal", bind="query-params"
        )
    names, matrix = evaluated.names, evaluated.report.confusion_matrix

    def filter_by_cell(read: object, true: object) -> None:
        if true in names and read in names:
            chosen = names.index(str(true)), names.index(str(read))
            if matrix[chosen]:
                gallery.filter_by_cell(*chosen)

    cell = gallery.selected_cell()
    with st.container(key="confusion_matrix"):
        errors = "; ".join(_described(*pair, names) for pair in most_confused(matrix))
        live_chart(
            confusion_heatmap(matrix, names, numbers == SHARES, with_diagonal, cell),
            key="confusion_chart",
            alt="Confusion matrix: what the pictures show, and what they were read as. Most "
            f"frequent mistakes: {errors or 'none'}. Arrow keys move from cell to cell, Enter "
            "shows its pictures.",
            on_click=filter_by_cell,
            cells=_cells(matrix, names, cell),
        )


def _cells(matrix: np.ndarray, names: tuple[str, ...], selected: tuple[int, int] | None) -> Cells:
    """Return what the keys step through, from the selected cell or the most frequent error on."""
    texts = [
        [
            f"{true} read as {read}: {counted(int(count), 'picture') if count else 'no pictures'}"
            for read, count in zip(names, row, strict=True)
        ]
        for true, row in zip(names, matrix, strict=True)
    ]
    worst = most_confused(matrix)
    return Cells(names, texts, selected or (worst[0][:2] if worst else (0, 0)))


def most_confused(matrix: np.ndarray) -> list[tuple[int, int, int]]:
    """Return the most frequent errors, the worst first: true class, answer, how often."""
    errors = matrix * ~np.eye(len(matrix), dtype=bool)
    worst = np.argsort(-errors, axis=None, kind="stable")[:MOST_CONFUSED]
    cells = [divmod(int(cell), len(matrix)) for cell in worst]
    return [(true, read, int(errors[true, read])) for true, read in cells if errors[true, read]]


def show_confused_pairs(evaluated: EvaluatedModel) -> None:
    """List the most frequent errors as buttons that show their pictures in the gallery."""
    pairs = most_confused(evaluated.report.confusion_matrix)
    if not pairs:
        st.markdown("No mistakes: every picture is correct.")
    with st.container(key="confused_pairs"):
        for true, read, count in pairs:
            st.button(
                escape_markdown(_described(true, read, count, evaluated.names)),
                key=f"confused-{true}-{read}",
                on_click=gallery.filter_by_cell,
                args=(true, read),
                width="stretch",
            )


def _described(true: int, read: int, count: int, names: tuple[str, ...]) -> str:
    return f"{names[true]} read as {names[read]}: {times(count)}"


def times(count: int) -> str:
    """Return a text such as "once", "twice" or "12 times"."""
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")
