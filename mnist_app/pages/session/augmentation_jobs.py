"""Augmented copies of pictures, which a worker process makes."""

from collections.abc import Mapping

import numpy as np
import streamlit as st

from mnist_app.core.jobs.snapshot import JobState
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.session.jobs import augmentation_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import tab
from mnist_app.pages.session.waiting import rerun_when_over, show_failure, show_progress


def augmented_copies(
    images: np.ndarray, seed: int, configs: Mapping[str, TrainingConfig], key: str
) -> dict[str, np.ndarray]:
    """Return a changed copy of each picture by each config, as soon as they are made.

    Until then return the last ones, so that nothing jumps. The page runs again by itself.

    Args:
        images: uint8 (n, 28, 28).
        key: unique on the page.
    """
    kept, stopped = f"{key}_variants", f"{key}_stopped"
    made: dict[str, np.ndarray] = st.session_state.get(kept, {})
    if st.session_state.get(stopped):
        st.button(
            "Show examples", key=f"{key}_again", on_click=st.session_state.pop, args=(stopped,)
        )
        return made
    queue = queues().lab
    job = augmentation_job(images, seed, tuple(configs.values()), f"{tab()} {key}")

    def stop(job_id: int) -> None:
        queue.stop(job_id)
        st.session_state[stopped] = True

    if job.state is JobState.DONE:
        made = st.session_state[kept] = dict(zip(configs, job.result, strict=True))
    elif job.is_over:
        show_failure(queue, job, "retry-Making variants")
    elif made:
        rerun_when_over(queue, job.id, "Making new ones …")
    else:
        # A worker starts first.
        show_progress(queue, job.id, "Making examples", stop=stop)
    return made
