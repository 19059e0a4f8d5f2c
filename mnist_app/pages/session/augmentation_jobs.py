"""What augmentation makes of pictures, which a worker finds out."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnist_app.core.jobs.job_queue import State
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.session.queues import queues, variants_job
from mnist_app.pages.session.visitor import tab
from mnist_app.pages.session.waiting import POLL_SECONDS, result_or_progress

WAKING = "The learning part of the app is waking up to make them, about 10 s …"


def augmented_copies(
    images: np.ndarray, seed: int, configs: Mapping[str, TrainingConfig], key: str
) -> dict[str, np.ndarray]:
    """Return a changed copy of each picture by each of `configs`, as soon as they are made.

    Until then the last ones, so that nothing jumps; none at first. The page runs again by itself.

    Args:
        images: uint8 (n, 28, 28).
        key: unique on the page.
    """
    job = variants_job(images, seed, tuple(configs.values()), f"{tab()} {key}")
    kept = f"{key}_variants"
    if job.state is State.DONE:
        st.session_state[kept] = dict(zip(configs, job.result, strict=True))
    elif job.state is State.FAILED:
        result_or_progress(queues().augmentation, job, "Making variants")
    else:
        _follow(job.id, is_first=kept not in st.session_state)
    return st.session_state.get(kept, {})


@st.fragment(run_every=POLL_SECONDS)
def _follow(job_id: int, is_first: bool) -> None:
    """Run the page again as soon as they are made."""
    job = queues().augmentation.snapshot(job_id)
    if job is None or job.is_over:
        st.rerun()
    st.caption(WAKING if is_first else "Making new ones …")
