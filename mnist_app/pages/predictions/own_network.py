"""A visitor's own network: brought as a file, adapted by a worker, kept on the shelf, chosen."""

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_app.core import limits
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.shelf import model_items as shelf_models
from mnist_app.core.shelf import shelf
from mnist_app.pages.session.navigation import show_draw_button
from mnist_app.pages.session.queues import cluster, lined_up, queues
from mnist_app.pages.session.upload_panel import close_panel, upload_panel
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import result_or_progress
from mnist_app.pages.session.wording import escape_markdown

MOST_MB = 50
PANEL = "own_network"
WELCOME = (
    "Bring a **.keras** or **.h5** file of a network that reads digits. Keras 2 or 3 may have "
    "saved it. The app finds out how it wants its pictures (their size, light or dark ink, pixels "
    "up to 1 or up to 255) and tells you."
)


def offer_own_network() -> None:
    """Show the way from a file to a network that is chosen on this page."""
    upload_panel("Use your own network", PANEL, _show_upload)


def show_found(model: StoredModel) -> None:
    """Show how a network that somebody brought was adapted; nothing for others."""
    facts = model.card.training if model.card else {}
    found, file = facts.get("found"), facts.get("file")
    if model.card is None or not isinstance(found, list):
        return
    version = model.card.versions.get("keras")
    words = [f"From {file}, saved by Keras {version}.", *map(str, found)]
    with st.container(key="found"):
        st.info(escape_markdown(" ".join(words)), icon=":material/tune:")
        show_draw_button(model)


def _show_upload(key: str) -> None:
    st.markdown(WELCOME)
    st.caption(
        f"Up to {MOST_MB} MB, with ten answers, one for each digit. Code in the file never runs, "
        "so layers with their own code are refused. Only you can use it, unless you share it. It "
        f"is deleted when nobody has used it for {limits.most('shelf_days'):.0f} days."
    )
    file = st.file_uploader(
        "A .keras or .h5 file",
        type=["keras", "h5", "hdf5"],
        key=key,
        max_upload_size=MOST_MB,
    )
    if file is None:
        return
    job = _importing_job(file, visitor())
    queue = queues().importing
    doing = f"Opening {escape_markdown(file.name)}"
    name = result_or_progress(queue, job, doing, stop=queue.stop, is_file=True)
    if not job.is_over:
        # Nothing else is on the page meanwhile, so nothing jumps when another network takes its
        # place.
        st.stop()
    if job.state == JobState.DONE:
        close_panel(PANEL)
        # Side by side with the built-in one.
        st.query_params.update(model=name, other=model_store.SHIPPED.stem)
        st.rerun()


def _importing_job(file: UploadedFile, owner: str) -> Snapshot:
    """Return the job whose result is the name of the adapted network, which only its owner has.

    Raises:
        DigitLabError: the owner's shelf is full, or too many people wait.
    """

    def work(control: Control) -> str:
        made = cluster().call(
            "mnist_app.lab.networks.importing:import_network",
            file.getvalue(),
            file.name,
            control=control,
        )
        return shelf_models.save(made.files, made.card, owner, None).name

    key, queue = ("import", owner, file.file_id), queues().importing
    if queue.latest(key) is None:
        shelf.require_room(owner)
    return lined_up(queue, key, work, owner)
