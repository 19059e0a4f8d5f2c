"""Reading a picture from a file or the camera, in the same way as a drawing."""

import base64
import html
from typing import Any

import streamlit as st
from streamlit.config import get_option

from mnist_app.core.images.pictures import ENDINGS, KINDS
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition import answers
from mnist_app.pages.components import answer
from mnist_app.pages.components.canvas import MODES, Canvas
from mnist_app.pages.components.reader import offer_number
from mnist_app.pages.session.jobs import ReadPicture, picture_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import show_failure, show_progress

SOURCES = ("A file", "The camera")
DONE = "The writing, cut out from the background, then resized and centred."
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
            picture = _choose_file() if source == SOURCES[0] else _take_photo()
        if picture is None:
            return
        queue = queues().short
        job = picture_job(picture.getvalue(), picture.file_id, canvas.is_wide, model, visitor())
        job = queue.wait(job.id, PATIENCE_SECONDS) or job
        if job.state == JobState.DONE:
            with chosen:
                _show_picture(job.result)
            with answered:
                _show_answer(canvas, job.result)
        elif job.state == JobState.FAILED:
            with answered:
                show_failure(queue, job, "picture_retry")
        else:
            with answered:
                show_progress(queue, job.id, "Looking for the writing")


def _choose_file() -> Any:
    return st.file_uploader(
        "A photo of your handwriting, dark on light or light on dark",
        type=list(ENDINGS),
        max_upload_size=get_option("server.maxUploadSize"),
        key="picture_file",
        help=f"{KINDS}; a photo of a sheet of paper is fine.",
    )


def _take_photo() -> Any:
    return st.camera_input("Hold the paper so it fills the frame", key="picture_photo")


def _show_picture(result: ReadPicture) -> None:
    alt = f"The picture, with a frame around what was read as {result.reading.text or 'nothing'}"
    data = base64.b64encode(result.framed).decode()
    st.html(f'<img class="framed" alt="{html.escape(alt)}" src="data:image/jpeg;base64,{data}">')
    if result.reading.digits:
        answer.show_inputs("picture", DONE)


def _show_answer(canvas: Canvas, result: ReadPicture) -> None:
    with st.container(key="picture_prediction"):
        answer.show_words("picture", answers.as_dict(result.reading))
    if result.is_rather_a_number:
        offer_number(canvas, "picture_as_number")
    if result.reading.digits:
        answer.show_bars("picture")
