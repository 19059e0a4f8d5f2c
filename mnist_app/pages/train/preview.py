"""What augmentation makes of real pictures of the chosen data set."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.job_queue import State
from mnist_app.core.settings import SETTINGS, TrainingConfig
from mnist_app.pages.components.pixel_images import picture, tiles
from mnist_app.pages.session.augmentation_jobs import augmented_copies
from mnist_app.pages.session.queues import dataset_job, queues
from mnist_app.pages.session.waiting import POLL_SECONDS
from mnist_app.pages.session.wording import escape_markdown

SHOWN = 7
SEED = 1
# The class whose mirror image tells most.
MIRRORED = 2
CLOTHES = "Clothes may be mirrored: a left shoe is a shoe as well as a right one."
DIGITS = "A mirrored 2 is no 2: nobody writes it so, and time is lost on what never comes."
ROWS = tuple(row for row in SETTINGS if row.group == "Augmentation")


def show_preview(values: Mapping[str, Any]) -> None:
    """Show what each change that is on does by itself, and all together.

    Args:
        values: settings by name.
    """
    if datasets.availability(values["dataset"]).place is None:
        st.caption("Examples are shown here once the data set is on this machine.")
        return
    opening = dataset_job(values["dataset"])
    if opening.state is State.DONE:
        _preview(opening.result, {row.name: values[row.name] for row in ROWS if values[row.name]})
    elif opening.is_over:
        st.caption(escape_markdown(opening.error))
    else:
        _opening(opening.id)


@st.fragment(run_every=POLL_SECONDS)
def _opening(job_id: int) -> None:
    """Run the page again as soon as the data set is open."""
    job = queues().datasets.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
    st.caption("Opening …")


def _preview(dataset: Dataset, active: Mapping[str, Any]) -> None:
    with st.container(key="flip_reason"):
        st.html(_mirrored(dataset))
    if not active:
        st.caption("All at 0: every picture is learned as it is. Move one, and see what it does.")
        return
    images = dataset.train_images[:SHOWN]
    try:
        changed = augmented_copies(images, SEED, _configs(active), "preview")
    except DigitLabError as error:
        st.caption(escape_markdown(str(error)))
        return
    if changed:
        with st.container(key="augmentation_preview"):
            st.html(_examples({"As they are": images} | changed))


def _configs(active: Mapping[str, Any]) -> dict[str, TrainingConfig]:
    """Each change by itself, and all together, by what they are called.

    Raises:
        DigitLabError: a value is out of its range.
    """
    labels = {row.name: row.label.split(" by up to")[0] for row in ROWS}
    configs = {labels[name]: TrainingConfig(**{name: value}) for name, value in active.items()}
    return configs | ({"All together": TrainingConfig(**active)} if len(active) > 1 else {})


def _mirrored(dataset: Dataset) -> str:
    """A picture, its mirror image, and whether that is still the same thing."""
    image = dataset.train_images[np.flatnonzero(dataset.train_labels == MIRRORED)[0]]
    name = html.escape(dataset.class_names[MIRRORED])
    reason = CLOTHES if dataset.name == "fashion_mnist" else DIGITS
    return (
        f'<div class="saw">{picture(image, name, 48)}'
        f"{picture(np.ascontiguousarray(image[:, ::-1]), f'{name}, mirrored', 48)}"
        f'<span class="quiet">{reason}</span></div>'
    )


def _examples(rows: Mapping[str, np.ndarray]) -> str:
    return "".join(
        f'<div class="quiet">{html.escape(label)}</div>'
        + tiles([(one, label, "") for one in made], "examples", 36)
        for label, made in rows.items()
    )
