"""Reading a picture from a file or the camera, in the same way as a drawing."""

import base64

import streamlit as st
from streamlit.config import get_option

from mnist_app.core.images.pictures import ENDINGS, KINDS
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition import answers
from mnist_app.core.recognition.batch import csv_line
from mnist_app.pages.components import answer
from mnist_app.pages.components.canvas import MODES, Canvas
from mnist_app.pages.components.reader import offer_number
from mnist_app.pages.draw import camera
from mnist_app.pages.draw.batch import CORRECTION, show_batch
from mnist_app.pages.session.jobs import ReadPicture, picture_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import show_failure, show_progress

SOURCES = ("A file", "The camera", "Many files")
DONE = "The writing, cut out from the background, then resized and centred."
FORGOTTEN = "Each picture is forgotten once it is read, unless you hold it."
# What is read within this time is shown at once, without a bar that only flickers.
PATIENCE_SECONDS = 0.3


@st.fragment
def show_picture_reader(canvas: Canvas, model: StoredModel, was_wide: bool) -> None:
    """Choose a picture, and see what the network reads in it.

    Args:
        canvas: the page's choice between one digit and a number.
        was_wide: what the rest of the page was shown for.
    """
    if canvas.is_wide != was_wide:
        st.rerun()
    with st.expander("Use a photo instead", icon=":material/photo_camera:"):
        chosen, answered = st.columns([5, 6], gap="large")
        with chosen:
            source = st.segmented_control(
                "Source", SOURCES, default=SOURCES[0], key="picture_source", required=True
            )
            wanted, other = MODES[::-1] if canvas.is_wide else MODES
            st.caption(f"Looks for {wanted.lower()}. To change that, choose “{other}” at the top.")
        if source == SOURCES[2]:
            show_batch(canvas, model)
            return
        is_camera = source == SOURCES[1]
        with chosen:
            picture = camera.held_picture() if is_camera else _choose_file()
        job = None if picture is None else _read(*picture, canvas.is_wide, model)
        result = job.result if job and job.state == JobState.DONE else None
        with chosen:
            if is_camera:
                still = _framed(result) if result else None
                camera.show_camera("picture", model, canvas.is_wide, still)
            elif result:
                st.html('<img class="framed" alt="{alt}" src="{src}">'.format(**_framed(result)))
        with answered:
            if result or (is_camera and job is None):
                _show_answer(canvas, result)
                if job and result and len(result.reading.rows) > 1:
                    _show_rows(result.reading.lines, job.id)
            elif job and job.state == JobState.FAILED:
                show_failure(queues().short, job, "picture_retry", is_file=True)
            elif job:
                show_progress(queues().short, job.id, "Looking for the writing")


def _choose_file() -> tuple[bytes, str] | None:
    file = st.file_uploader(
        "A photo of your handwriting, dark on light or light on dark",
        type=list(ENDINGS),
        max_upload_size=get_option("server.maxUploadSize"),
        key="picture_file",
        help=f"{KINDS}; a photo of a sheet of paper is fine.",
    )
    return (file.getvalue(), file.file_id) if file else None


def _read(data: bytes, name: str, is_number: bool, model: StoredModel) -> Snapshot:
    """Return the job that reads a picture, over already when that is soon done."""
    job = picture_job(data, name, is_number, model, visitor())
    return queues().short.wait(job.id, PATIENCE_SECONDS) or job


def _framed(result: ReadPicture) -> dict[str, str]:
    data = base64.b64encode(result.framed).decode()
    alt = f"The picture, with a frame around what was read as {result.reading.text or 'nothing'}"
    return {"src": f"data:image/jpeg;base64,{data}", "alt": alt}


def _show_answer(canvas: Canvas, result: ReadPicture | None) -> None:
    """Show what was read, or an invitation in its place until the camera sees something."""
    what = "a number" if canvas.is_wide else "a digit"
    invitation = answers.unread(f"Show the camera {what} on paper.", FORGOTTEN)
    with st.container(key="picture_prediction"):
        answer.show_words("picture", answers.as_dict(result.reading) if result else invitation)
    if result and result.is_rather_a_number:
        offer_number(canvas, "picture_as_number")
    answer.show_bars("picture")
    answer.show_inputs("picture", DONE)


def _show_rows(lines: list[str], job: int) -> None:
    """Show the rows of a page in a table that can be corrected and downloaded."""
    st.markdown(f"**It found {len(lines)} rows.** To correct one, press it twice.")
    column = st.column_config.TextColumn(validate=CORRECTION)
    rows = st.data_editor(
        [{"Read": line} for line in lines],
        column_config={"Read": column},
        hide_index=True,
        key=f"picture_rows_{job}",
    )
    texts = [(str(number), row["Read"] or "") for number, row in enumerate(rows, start=1)]
    st.download_button(
        "Download rows (CSV)",
        "".join(csv_line(values) for values in [("row", "text"), *texts]),
        "rows.csv",
        "text/csv",
        key="download_rows",
        icon=":material/table:",
        on_click="ignore",
    )
