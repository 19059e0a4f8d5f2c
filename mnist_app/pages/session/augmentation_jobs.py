"""Augmented copies of pictures, which a worker process makes."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.session.jobs import augmentation_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import tab
from mnist_app.pages.session.waiting import rerun_when_over, show_failure

WAKING = "Examples appear here in about 10 seconds …"


def augmented_copies(
    images: np.ndarray, seed: int, configs: Mapping[str, TrainingConfig], key: str
) -> dict[str, np.ndarray]:
    """Return a changed copy of each picture by each config, as soon as they are made.

    Until then return the last ones, so that nothing jumps. The page runs again by itself.

    Args:
        images: uint8 (n, 28, 28).
        key: unique on the page.
    """
    job = augmentation_job(images, seed, tuple(configs.values()), f"{tab()} {key}")
    kept = f"{key}_variants"
    if job.state is JobState.DONE:
        st.session_state[kept] = dict(zip(configs, job.result, strict=True))
    elif job.is_over:
        show_failure(queues().lab, job, "retry-Making variants")
    else:
        rerun_when_over(
            queues().lab, job.id, "Making new ones …" if kept in st.session_state else WAKING
        )
    return st.session_state.get(kept, {})
