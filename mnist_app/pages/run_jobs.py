"""The list of runs that all visitors share, and the jobs about its runs."""

from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import streamlit as st

from mnist_app import checkpoints, convolution, model_store, run_store
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.jobs import Control, Snapshot
from mnist_app.lab import experiment
from mnist_app.model_store import StoredModel
from mnist_app.outcomes import TrainingOutcome
from mnist_app.packing import packed
from mnist_app.pages.workers import identity, import_first, workers
from mnist_app.progress import Progress
from mnist_app.recording import Report, recorded
from mnist_app.run_store import Runs
from mnist_app.runs import Run as ListedRun
from mnist_app.settings import TrainingConfig

# "Why convolution?" trains two networks, one after the other.
MOST_RUNS = 2


@dataclass(frozen=True, eq=False)
class Run:
    """How a training run stands.

    Attributes:
        title: the name its model will have.
        config: its settings.
        drawing: the visitor's own that the network is asked about, uint8 (28, 28), or None.
        progress: None until the first step is done.
    """

    title: str
    config: TrainingConfig
    drawing: np.ndarray | None = None
    progress: Progress | None = None


def runs() -> Runs:
    """The list of runs beside the models; those that an earlier server left are interrupted.

    Raises:
        DigitLabError: the place cannot be written, or a newer version made the list.
    """
    return _runs(model_store.folder())


@st.cache_resource(show_spinner=False)
def _runs(folder: Path) -> Runs:
    return Runs(folder / run_store.FILE_NAME)


def training_job(
    config: TrainingConfig, title: str, owner: str, drawing: np.ndarray | None = None
) -> Snapshot:
    """Put a new training run in line, and into the list of runs, whose number is the job's key.

    It reports `Run`, and its result is a `TrainingOutcome`.

    Raises:
        DigitLabError: its owner has `MOST_RUNS` that are not over, or the list of runs cannot be
            written.
    """
    with _room_in_line(owner):
        return _training(runs().add(title, config, owner), drawing)


def continuing_job(run_id: int) -> Snapshot:
    """The same for a run that was broken off and goes on from its checkpoint, with its drawing.

    Raises:
        DigitLabError: as there, or it left none.
    """
    broken_off = runs().get(run_id)
    with _room_in_line(broken_off.owner):
        return _training(runs().resume(run_id), resume_from=broken_off.checkpoints)


@contextmanager
def _room_in_line(owner: str) -> Iterator[None]:
    """Nobody else comes into the line meanwhile, so two tabs at once get no more than one."""
    with workers().lining_up:
        if sum(not job.is_over for job in workers().training.jobs(owner)) >= MOST_RUNS:
            raise DigitLabError(
                f"{MOST_RUNS} of your runs train or wait already: wait until one is over, or "
                "stop one on the Runs page."
            )
        yield


def _training(
    listed: ListedRun, drawing: np.ndarray | None = None, resume_from: Path | None = None
) -> Snapshot:
    kept = runs()
    waiting = Run(listed.title, listed.config, drawing)

    def work(control: Control) -> TrainingOutcome:
        control.report(waiting)
        return recorded(kept, listed.id, lambda report: train(control, report))

    def train(control: Control, record: Report) -> TrainingOutcome:
        import_first("tensorflow", "keras", "sklearn.metrics", "sklearn.model_selection")
        run = waiting
        if resume_from is not None:
            run = replace(waiting, drawing=checkpoints.drawing(resume_from))

        def report(progress: Progress) -> None:
            control.report(replace(run, progress=progress))
            record(progress)

        return experiment.run(
            run.config,
            listed.model,
            run.title,
            report=report,
            steering=control,
            drawing=run.drawing,
            checkpoint_folder=listed.checkpoints,
            resume_from=resume_from,
        )

    return workers().training.submit(
        work, listed.owner, listed.id, if_cancelled=lambda: kept.cancel(listed.id)
    )


def shift_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """The job whose result is the share of test pictures read right, as they are and shifted."""

    def measure(control: Control) -> tuple[float, float]:
        import_first("tensorflow", "keras")
        classifier = model_store.classifier(model.path)
        plain, moved = (
            float((classifier.probabilities(images).argmax(axis=1) == dataset.test_labels).mean())
            for images in (dataset.test_images, convolution.shifted(dataset.test_images))
        )
        return plain, moved

    return workers().shifts.once((identity(model), dataset.name), measure)


def export_job(model: StoredModel, form: str) -> Snapshot:
    """The job whose result is the model as the bytes of one file; see `packing.packed`."""

    def work(control: Control) -> bytes:
        import_first("tensorflow", "keras")
        return packed(model.path, form)

    return workers().exports.once(export_key(model, form), work)


def export_key(model: StoredModel, form: str) -> Hashable:
    """What an export is about, to look whether there is one."""
    return identity(model), form
