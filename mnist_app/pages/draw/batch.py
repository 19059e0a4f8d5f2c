"""Many pictures at once: a table that can be corrected and downloaded."""

from collections.abc import Sequence
from typing import Any

import streamlit as st
from streamlit.config import get_option

from mnist_app.core.errors import DigitLabError
from mnist_app.core.images.pictures import ENDINGS, KINDS
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.batch import COLUMNS, ReadingOptions, Values, csv_line
from mnist_app.core.recognition.number_pattern import Pattern
from mnist_app.pages.components.canvas import Canvas
from mnist_app.pages.draw.batch_jobs import MOST, Batch, ShownRow, begin
from mnist_app.pages.session.jobs import identity
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import POLL_SECONDS, show_progress
from mnist_app.pages.session.wording import counted, show_error
from mnist_app.pages.uploads import FILES_A_SESSION

# Rows on the screen while they come.
NEWEST = 8
ROW_HEIGHT = 56
BY_HAND = "Corrected by hand."
# What can be written in place of what was read.
CORRECTION = "^[0-9 ?]{0,100}$"


def show_batch(canvas: Canvas, model: StoredModel) -> None:
    """Choose many pictures, and see in a table what the network reads in them."""
    most_mb = FILES_A_SESSION * get_option("server.maxUploadSize")
    files = st.file_uploader(
        "Photos or scans, or ZIP files of them",
        type=[*ENDINGS, "zip"],
        accept_multiple_files=True,
        key="batch_files",
        help=f"{KINDS}. The first {MOST} are read; together they can have {most_mb} MB. "
        "Nothing is kept when you leave.",
    )
    written = _ask_for_pattern() if canvas.is_wide else ""
    if not files:
        _replace(None)
        return
    about = (*(file.file_id for file in files), written, canvas.is_wide, identity(model))
    batch: Batch | None = st.session_state.get("batch")
    if batch is None or batch.about != about:
        batch = Batch(about, [(file.name, file.getvalue()) for file in files])
        try:
            options = ReadingOptions(canvas.is_wide, Pattern(written) if written else None)
            begin(batch, model, options, visitor())
        except DigitLabError as error:
            show_error(str(error))
            return
        _replace(batch)
    _show(batch)


def _ask_for_pattern() -> str:
    return st.text_input(
        "What do the numbers look like? (optional)",
        key="batch_pattern",
        placeholder="5",
        width=320,
        help="Write 5 if each has five digits, or a regular expression: (19|20)[0-9]{2} reads "
        "years. You then get the most likely number that fits.",
    ).strip()


def _replace(batch: Batch | None) -> None:
    former: Batch | None = st.session_state.pop("batch", None)
    if former is not None:
        queues().batches.stop(former.job)
    if batch is not None:
        st.session_state.batch = batch


def _show(batch: Batch) -> None:
    job = queues().batches.snapshot(batch.job)
    if job is not None and not job.is_over:
        show_progress(queues().batches, job.id, "Reading", stop=queues().batches.stop)
        _show_newest(batch)
        return
    if job is not None and job.state is not JobState.DONE:
        if job.error:
            show_error(job.error)
        st.button(
            "Try again" if job.error else "Start again",
            key="batch_retry",
            icon=":material/refresh:",
            on_click=_replace,
            args=(None,),
        )
    if batch.rows:
        _show_table(batch)


@st.fragment(run_every=POLL_SECONDS)
def _show_newest(batch: Batch) -> None:
    if batch.rows:
        st.dataframe(_table(batch.rows[: -NEWEST - 1 : -1]), **_look())


def _show_table(batch: Batch) -> None:
    """Show all rows, those in doubt first, and offer them as a file."""
    rows = sorted(batch.rows, key=lambda row: (not row.values[3], row.values[2] or 0))
    key = f"batch_table_{batch.job}"
    edited: dict[int, dict[str, Any]] = st.session_state.get(key, {}).get("edited_rows", {})
    texts = {id(rows[place]): changes["Read"] for place, changes in edited.items()}
    doubtful = sum(bool(row.values[3]) and id(row) not in texts for row in rows)
    st.markdown(
        f"**{counted(len(rows), 'picture')}, {doubtful or 'none'} in doubt.** "
        "To correct a number, press it twice."
    )
    fixed = [name for name in _columns() if name != "Read"]
    st.data_editor(_table(rows), disabled=fixed, key=key, **_look())
    lines = [csv_line(COLUMNS), *(csv_line(_corrected(row, texts)) for row in batch.rows)]
    st.download_button(
        "Download table (CSV)",
        "".join(lines),
        "numbers.csv",
        "text/csv",
        key="download_batch",
        icon=":material/table:",
        on_click="ignore",
    )
    if len(rows) == MOST:
        st.caption(f"Only the first {MOST} pictures were read. The command line reads any number.")


def _corrected(row: ShownRow, texts: dict[int, str | None]) -> Values:
    if id(row) not in texts:
        return row.values
    return row.values[0], texts[id(row)] or "", None, BY_HAND


def _table(rows: Sequence[ShownRow]) -> list[dict[str, Any]]:
    names = list(_columns())
    return [dict(zip(names, _cells(row), strict=True)) for row in rows]


def _cells(row: ShownRow) -> tuple[Any, ...]:
    source, text, least, doubt = row.values
    return row.picture, text, least, doubt, source


def _look() -> dict[str, Any]:
    return {
        "column_config": _columns(),
        "row_height": ROW_HEIGHT,
        "hide_index": True,
        "placeholder": "",
    }


def _columns() -> dict[str, Any]:
    columns = st.column_config
    return {
        "Picture": columns.ImageColumn(width=150),
        "Read": columns.TextColumn(width=90, validate=CORRECTION),
        "Sure": columns.NumberColumn(width=80, format="percent"),
        "Doubt": columns.TextColumn(width="large"),
        "File": columns.TextColumn(),
    }
