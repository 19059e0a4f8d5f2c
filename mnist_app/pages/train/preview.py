"""A preview of augmentation on real pictures of the chosen data set."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import DIGIT_NAMES, Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.settings import SETTINGS, TrainingConfig
from mnist_app.pages.components.pixel_images import picture, tiles
from mnist_app.pages.session.augmentation_jobs import augmented_copies
from mnist_app.pages.session.choices import is_at_hand
from mnist_app.pages.session.jobs import dataset_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import rerun_when_over
from mnist_app.pages.session.wording import escape_markdown

SHOWN = 7
SEED = 1
# The class whose mirror image tells most.
MIRRORED = 2
CLOTHES = "Clothes can be mirrored: a left shoe is just as much a shoe as a right one."
DIGITS = "A mirrored 2 isn't a 2. Nobody writes it that way, so training on it wastes time."
OTHERS = "Mirror pictures only if they still show the same thing in a mirror."
ROWS = tuple(row for row in SETTINGS if row.group == "Augmentation")


def show_preview(values: Mapping[str, Any]) -> None:
    """Show what each change that is on does by itself, and all together.

    Args:
        values: settings by name.
    """
    if not is_at_hand(values["dataset"]):
        st.caption("Examples appear here once the data set is on this server.")
        return
    job = dataset_job(values["dataset"])
    if job.state is JobState.DONE:
        _show_examples(job.result, {row.name: values[row.name] for row in ROWS if values[row.name]})
    elif job.is_over:
        st.caption(escape_markdown(job.error))
    else:
        rerun_when_over(queues().datasets, job.id, "Opening …")


def _show_examples(dataset: Dataset, active: Mapping[str, Any]) -> None:
    with st.container(key="flip_reason"):
        st.html(_mirrored(dataset))
    if not active:
        st.caption(
            "All are at 0, so every picture is shown unchanged. Move a slider to see what it does."
        )
        return
    images = dataset.train_images[:SHOWN]
    try:
        changed = augmented_copies(images, SEED, _configs(active), "preview")
    except DigitLabError as error:
        st.caption(escape_markdown(str(error)))
        return
    if changed:
        with st.container(key="augmentation_preview"):
            st.html(_rows({"Unchanged": images} | changed))


def _configs(active: Mapping[str, Any]) -> dict[str, TrainingConfig]:
    """Return each change by itself, and all together, by its label.

    Raises:
        DigitLabError: a value is out of its range.
    """
    labels = {row.name: row.label.split(" by up to")[0] for row in ROWS}
    configs = {labels[name]: TrainingConfig(**{name: value}) for name, value in active.items()}
    return configs | ({"All together": TrainingConfig(**active)} if len(active) > 1 else {})


def _mirrored(dataset: Dataset) -> str:
    """Return a picture, its mirror image, and whether that is still the same thing."""
    of_class = np.flatnonzero(dataset.train_labels == MIRRORED)
    index = of_class[0] if len(of_class) else 0
    image = dataset.train_images[index]
    name = html.escape(dataset.class_names[dataset.train_labels[index]])
    is_digits = dataset.class_names == DIGIT_NAMES
    reason = DIGITS if is_digits else CLOTHES if dataset.name == "fashion_mnist" else OTHERS
    return (
        f'<div class="saw">{picture(image, name, 48)}'
        f"{picture(np.ascontiguousarray(image[:, ::-1]), f'{name}, mirrored', 48)}"
        f'<span class="quiet">{reason}</span></div>'
    )


def _rows(rows: Mapping[str, np.ndarray]) -> str:
    return "".join(
        f'<div class="quiet">{html.escape(label)}</div>'
        + tiles([(image, label, "") for image in images], "examples", 36)
        for label, images in rows.items()
    )
