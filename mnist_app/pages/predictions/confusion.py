"""What a model confuses with what; each cell leads to its pictures."""

import numpy as np
import streamlit as st

from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.plots.metric_charts import confusion_heatmap
from mnist_app.pages.components.live_chart import Cells, live_chart
from mnist_app.pages.predictions import gallery

MOST_CONFUSED = 8
COUNTS, SHARES = "Counts", "Shares"


def show_confusion_matrix(report: EvaluationReport, names: tuple[str, ...]) -> None:
    """Show the confusion matrix; a click on a cell shows its pictures in the gallery."""
    st.caption(
        "Each row holds the pictures of one class, each column one answer. Grey: read right. "
        "Orange: mistaken, the stronger the more often. **Press a cell to see its pictures**, "
        "or go to the matrix with Tab, to a cell with the arrow keys, and press Enter."
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
            "Show what is right", value=True, key="matrix_diagonal", bind="query-params"
        )

    def show(read: object, true: object) -> None:
        if true in names and read in names:
            gallery.filter_by_cell(names.index(str(true)), names.index(str(read)))

    found, cell = report.confusion_matrix, gallery.selected_cell()
    with st.container(key="confusion_matrix"):
        listed = "; ".join(_described(*pair, names) for pair in most_confused(found))
        live_chart(
            confusion_heatmap(found, names, numbers == SHARES, with_diagonal, cell),
            key="confusion_chart",
            alt="Confusion matrix: how often each class was read as each. Most often confused: "
            f"{listed or 'nothing'}. Arrow keys move from cell to cell, Enter shows its pictures.",
            on_click=show,
            cells=_cells(found, names, cell),
        )


def _cells(matrix: np.ndarray, names: tuple[str, ...], selected: tuple[int, int] | None) -> Cells:
    """What the keys step through, from the selected cell or the most frequent error on."""
    texts = [
        [
            f"true {true}, read as {read}: {gallery.counted(int(count))}"
            for read, count in zip(names, row, strict=True)
        ]
        for true, row in zip(names, matrix, strict=True)
    ]
    worst = most_confused(matrix)
    return Cells(names, texts, selected or (worst[0][:2] if worst else (0, 0)))


def most_confused(matrix: np.ndarray) -> list[tuple[int, int, int]]:
    """The most frequent errors, the worst first: true class, predicted class, how often."""
    errors = matrix * ~np.eye(len(matrix), dtype=bool)
    worst = np.argsort(-errors, axis=None, kind="stable")[:MOST_CONFUSED]
    cells = [divmod(int(cell), len(matrix)) for cell in worst]
    return [(true, read, int(errors[true, read])) for true, read in cells if errors[true, read]]


def show_confused_pairs(report: EvaluationReport, names: tuple[str, ...]) -> None:
    """List the most frequent errors as buttons that show their pictures in the gallery."""
    listed = most_confused(report.confusion_matrix)
    if not listed:
        st.markdown("Nothing: all is read right.")
    with st.container(key="confused_pairs"):
        for true, read, count in listed:
            st.button(
                _described(true, read, count, names),
                key=f"confused-{true}-{read}",
                on_click=gallery.filter_by_cell,
                args=(true, read),
                width="stretch",
            )


def _described(true: int, read: int, count: int, names: tuple[str, ...]) -> str:
    times = "once" if count == 1 else f"{count} times"
    return f"{names[true]} read as {names[read]}: {times}"
