"""What augmentation makes of real pictures of the chosen data set."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np
import streamlit as st

from mnist_app import datasets
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.jobs import State
from mnist_app.pages.pixels import picture, tiles
from mnist_app.pages.waiting import POLL_SECONDS, result_if_there
from mnist_app.pages.workers import Variants, augmentation_job, dataset_job, workers
from mnist_app.settings import SETTINGS, TrainingConfig

WAKING = "Waking up TensorFlow, which makes the examples"
SHOWN = 7
SEED = 1
# The class whose mirror image tells most.
MIRRORED = 2
CLOTHES = "Clothes may be mirrored: a left shoe is a shoe as well as a right one."
DIGITS = "A mirrored 2 is no 2: nobody writes it so, and time is lost on what never comes."
ROWS = tuple(row for row in SETTINGS if row.group == "Augmentation")


def preview(values: Mapping[str, Any]) -> None:
    """Show what each change that is on does by itself, and all together.

    Args:
        values: settings by name.
    """
    if datasets.availability(values["dataset"]).place is None:
        st.caption("Examples are shown here once the data set is on this machine.")
        return
    active: dict[str, Any] = {row.name: values[row.name] for row in ROWS if values[row.name]}
    if _is_ready(values["dataset"], active):
        _preview(values["dataset"], active)
    else:
        _waiting(values["dataset"], active)


def _is_ready(dataset: str, active: Mapping[str, Any]) -> bool:
    jobs = [dataset_job(dataset), *([augmentation_job()] if active else [])]
    return all(job.is_over for job in jobs)


@st.fragment(run_every=POLL_SECONDS)
def _waiting(dataset: str, active: Mapping[str, Any]) -> None:
    """Run the page again as soon as the examples can be made."""
    if _is_ready(dataset, active):
        st.rerun()
    st.caption(f"{WAKING} …" if active else "Opening …")


def _preview(name: str, active: Mapping[str, Any]) -> None:
    opening = dataset_job(name)
    if opening.state != State.DONE:
        st.caption(opening.error)
        return
    dataset: Dataset = opening.result
    with st.container(key="flip_reason"):
        st.html(_mirrored(dataset))
    if not active:
        st.caption("All at 0: every picture is learned as it is. Move one, and see what it does.")
        return
    making = augmentation_job()
    variants_of = result_if_there(workers().augmentation, making, WAKING)
    if variants_of is None:
        return
    with st.container(key="augmentation_preview"):
        st.html(_examples(dataset, active, variants_of))


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


def _examples(dataset: Dataset, active: Mapping[str, Any], variants: Variants) -> str:
    images = dataset.train_images[:SHOWN]
    rows = [("As they are", images)]
    labels = {row.name: row.label.split(" by up to")[0] for row in ROWS}
    try:
        for name, value in active.items():
            rows.append((labels[name], variants(images, SEED, TrainingConfig(**{name: value}))))
        if len(active) > 1:
            rows.append(("All together", variants(images, SEED, TrainingConfig(**active))))
    except DigitLabError as error:
        return f'<p class="quiet">{html.escape(str(error))}</p>'
    return "".join(
        f'<div class="quiet">{html.escape(label)}</div>'
        + tiles([(one, label, "") for one in made], "examples", 36)
        for label, made in rows
    )
