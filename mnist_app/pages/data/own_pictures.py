"""Own pictures on the Data page: brought as a file, looked at, kept, deleted."""

import html
from pathlib import PurePath

import streamlit as st
from streamlit.runtime.uploaded_file_manager import UploadedFile

from mnist_app.core import limits
from mnist_app.core.data.own_pictures.conversion import Method
from mnist_app.core.errors import DigitLabError
from mnist_app.core.presets import fitted
from mnist_app.core.settings import OWN_ENDINGS, TrainingConfig
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.core.shelf import shelf
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.data.own_pictures_jobs import FilePreview, keeping_job, kept_as, looking_job
from mnist_app.pages.session.navigation import show_train_button
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.upload_panel import close_panel, upload_panel
from mnist_app.pages.session.visitor import visitor
from mnist_app.pages.session.waiting import rerun_after, result_or_progress, result_or_stop
from mnist_app.pages.session.wording import counted, escape_markdown

PANEL = "own_pictures"
METHODS = {Method.INK: "Writing only", Method.RESIZED: "Whole picture"}
EXPLAINED = {
    Method.INK: "Cuts out the writing, makes it light on dark, and centres it like a drawing. "
    "Good for letters, signs and symbols.",
    Method.RESIZED: "Makes the whole picture small and grey, on a dark background. Good for "
    "objects and photos.",
}
FORMATS = (
    "- **ZIP**: one folder of pictures for each class, such as cat and dog. You may put them in a "
    "train and a test folder.\n"
    "- **NPZ**: the arrays x_train, y_train, x_test and y_test, as in the data sets of Keras.\n"
    "- **CSV**: one picture in each row: its label and its pixels, as in files from Kaggle.\n\n"
    "Any size and colour will do. If there are no test pictures, one in five is kept for testing."
)
# Samples, named classes, and pictures that were left out.
SHOWN, MOST_CLASSES, MOST_LEFT_OUT = 12, 12, 100
SIDE = 56
# However much a host allows, a browser sends no more in one piece.
MOST_MB = 2_000


def choose_kept() -> None:
    """Choose the data set that was just put on the shelf; called before the page shows a choice."""
    key = st.session_state.get("own_pictures_kept")
    kept = kept_as(key) if key else None
    if kept is not None:
        del st.session_state["own_pictures_kept"]
        close_panel(PANEL)
        st.session_state.own_left_out = {kept.id: kept.left_out}
        # Not by the link, which the browser sends anew when it has this run end early.
        st.session_state.chosen_dataset = kept.id


def show_own_pictures() -> None:
    """Show the way from a file to a data set of the visitor's own."""
    upload_panel("Use your own pictures", PANEL, _show_upload)


def _show_upload(key: str) -> None:
    most_mb = max(1, int(min(limits.most("dataset_mb"), MOST_MB)))
    st.markdown(FORMATS)
    st.caption(
        f"Up to {most_mb} MB, {limits.most('dataset_pictures'):,.0f} pictures to learn from and "
        f"{limits.most('dataset_classes'):,.0f} classes. Only you can use them, unless you share "
        f"them. They are deleted when nobody has used them for {limits.most('shelf_days'):.0f} "
        "days."
    )
    file = st.file_uploader(
        "A ZIP, NPZ or CSV file of pictures",
        type=[ending[1:] for ending in OWN_ENDINGS],
        key=key,
        max_upload_size=most_mb,
    )
    if file is None:
        return
    job = looking_job(file.file_id, file.name, file.getvalue(), visitor())
    look: FilePreview | None = result_or_progress(
        queues().batches,
        job,
        "Looking through your file",
        stop=queues().batches.stop,
        is_file=True,
    )
    if look is not None:
        _show_look(look, file)


def _show_look(look: FilePreview, file: UploadedFile) -> None:
    """Show what is in a file and both ways to 28 x 28, and keep it when asked."""
    st.markdown(f"**{_described(look)}**")
    method = st.segmented_control(
        "How each picture becomes 28 by 28 pixels",
        list(METHODS),
        format_func=METHODS.__getitem__,
        default=look.suggestion.method,
        required=True,
        # What suited another file need not suit this one.
        key=f"own_pictures_way_{file.file_id}",
    )
    method = Method(method or look.suggestion.method)
    st.caption(EXPLAINED[method])
    with st.container(key="own_samples"):
        st.html(_samples(look, method))
    title = st.text_input(
        "Name",
        PurePath(file.name).stem[: shelf.TITLE_LENGTH],
        max_chars=shelf.TITLE_LENGTH,
        key=f"own_pictures_title_{file.file_id}",
    )
    key = (file.file_id, method, title)
    if st.session_state.get("own_pictures_kept") != key:
        if st.button("Keep these pictures", key="own_pictures_keep", type="primary"):
            rerun_after(lambda: _begin(key))
        return
    job = keeping_job(key, file.name, file.getvalue(), look.suggestion.by(method), title, visitor())
    # Nothing else is on the page meanwhile: another data set is about to take its place.
    result_or_stop(queues().batches, job, "Reading your pictures", queues().batches.stop)
    st.rerun()


def _begin(key: tuple[str, Method, str]) -> None:
    if not key[2].strip():
        raise DigitLabError("Your pictures need a name. Type at least one letter.")
    shelf.require_room(visitor())
    st.session_state.own_pictures_kept = key


def _described(look: FilePreview) -> str:
    shown = [f"{name} {count:,}" for name, count in look.classes[:MOST_CLASSES]]
    more = len(look.classes) - len(shown)
    names = ", ".join(shown) + (f" and {more} more" if more > 0 else "")
    pictures = sum(count for _, count in look.classes)
    return escape_markdown(
        f"{counted(pictures, 'picture')} in {len(look.classes)} classes: {names}"
    )


def _samples(look: FilePreview, method: Method) -> str:
    pairs = []
    for sample in look.samples[:SHOWN]:
        image, name = sample.images[method], html.escape(sample.label)
        after = (
            picture(image, f"{sample.label}, 28 by 28", SIDE)
            if image is not None
            else '<span class="quiet">no ink found</span>'
        )
        pairs.append(
            f"<figure>{picture(sample.before, f'{sample.label}, as it is', SIDE)}"
            f'<span aria-hidden="true">→</span>{after}<figcaption>{name}</figcaption></figure>'
        )
    return f'<div class="before-after">{"".join(pairs)}</div>'


def show_own_dataset(name: str) -> None:
    """Show what can be done with a data set that somebody brought, and what is not in it."""
    left_out: tuple[str, ...] = st.session_state.get("own_left_out", {}).get(name, ())
    if left_out:
        with st.expander(
            f"{counted(len(left_out), 'picture')} left out", icon=":material/warning:"
        ):
            st.text("\n".join(left_out[:MOST_LEFT_OUT]))
            if len(left_out) > MOST_LEFT_OUT:
                st.caption(f"These are the first {MOST_LEFT_OUT}.")
    item = own_datasets.find(name, visitor())
    if item is None:
        return
    pictures = own_datasets.contents(item).training
    with st.container(horizontal=True, key="own_dataset"):
        config = TrainingConfig(**{**fitted("one-minute", pictures), "dataset": name})
        show_train_button(config, "Train a network with these")
        st.download_button(
            "Download (NPZ)",
            (item.folder / own_datasets.FILE).read_bytes,
            own_datasets.FILE,
            "application/octet-stream",
            key="download_dataset",
            icon=":material/download:",
            on_click="ignore",
        )
        if item.is_owned_by(visitor()):
            with st.popover("Delete", icon=":material/delete:", key="delete_dataset_offer"):
                _show_deletion(item)


def _show_deletion(item: shelf.Item) -> None:
    st.write(
        f"“{escape_markdown(item.title)}” will be gone for good. Networks that learned from it "
        "stay, but they cannot be tested any more."
    )
    if st.button(
        "Yes, delete it", key="delete_dataset", icon=":material/delete_forever:", type="primary"
    ):
        rerun_after(lambda: shelf.delete(item, visitor()))
