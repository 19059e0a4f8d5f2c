"""The list of runs that all visitors share, and the jobs about its runs."""

import logging
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mnist_app.core import limits
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError, WorkerLost
from mnist_app.core.jobs.job_queue import Control, Snapshot
from mnist_app.core.jobs.phases import Phase
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.runs import checkpoints, convolution, outcomes, run_store
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.outcomes import Trained, TrainingOutcome
from mnist_app.core.runs.progress import Progress
from mnist_app.core.runs.recording import Report, recorded
from mnist_app.core.runs.run import Run
from mnist_app.core.runs.run_store import Runs
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.session.queues import cluster, file_of, identity, own_classifier, queues

logger = logging.getLogger(__name__)

# "Why convolution?" trains two networks, one after the other.
MOST_RUNS = 2
WENT_ON = (
    "The worker that trained it was lost on the way, perhaps for lack of memory: it went on from "
    "its last whole epoch."
)
LOST_AGAIN = (
    "Its worker was lost twice, perhaps for lack of memory: continue it on the Runs page, or train "
    "a smaller network."
)


@dataclass(frozen=True, eq=False)
class LiveRun:
    """How a training run stands.

    Attributes:
        title: the name its model will have.
        config: its settings.
        drawing: the visitor's own that the network is asked about, uint8 (28, 28), or None.
        phase: what is waited for until there is, or goes on to be, progress.
        progress: None until the first step is done.
    """

    title: str
    config: TrainingConfig
    drawing: np.ndarray | None = None
    phase: Phase | None = None
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

    It reports `LiveRun`, and its result is a `TrainingOutcome`.

    Raises:
        DigitLabError: its owner has `MOST_RUNS` that are not over, all visitors together have as
            many as this host allows, no more models are kept here, or the list of runs cannot be
            written.
    """
    model_store.require_room()
    with _room_in_line(owner):
        return _training(runs().add(title, config, owner), drawing)


def continuing_job(run_id: int) -> Snapshot:
    """The same for a run that was broken off and goes on from its checkpoint, with its drawing.

    Raises:
        DigitLabError: as there, or it left none.
    """
    broken_off = runs().get(run_id)
    with _room_in_line(broken_off.owner):
        return _training(runs().resume(run_id), goes_on=True)


@contextmanager
def _room_in_line(owner: str) -> Iterator[None]:
    """Nobody else comes into the line meanwhile, so two tabs at once get no more than one."""
    with queues().lining_up:
        unfinished = [job for job in queues().training.jobs() if not job.is_over]
        if sum(job.owner == owner for job in unfinished) >= MOST_RUNS:
            raise DigitLabError(
                f"{MOST_RUNS} of your runs train or wait already: wait until one is over, or "
                "stop one on the Runs page."
            )
        if len(unfinished) >= limits.most_waiting():
            raise DigitLabError(
                f"{len(unfinished)} runs of all visitors train or wait already, and this host "
                "allows no more: try again when one is over."
            )
        yield


def _training(listed: Run, drawing: np.ndarray | None = None, goes_on: bool = False) -> Snapshot:
    kept = runs()
    waiting = LiveRun(listed.title, listed.config, drawing)

    def work(control: Control) -> TrainingOutcome:
        control.report(waiting)
        return recorded(
            kept, listed.id, lambda record: _Learning(listed, waiting, control, record).do(goes_on)
        )

    return queues().training.submit(
        work, listed.owner, listed.id, if_cancelled=lambda: kept.cancel(listed.id)
    )


class _Learning:
    """A training run as the server sees it: a worker does it, and another one if that is lost."""

    def __init__(self, listed: Run, run: LiveRun, control: Control, record: Report) -> None:
        assert listed.checkpoints is not None
        self._listed, self._folder = listed, listed.checkpoints
        self._run, self._control, self._record = run, control, record
        self._remark = ""

    def do(self, goes_on: bool) -> TrainingOutcome:
        """Train until it is over, and save what was learned.

        Args:
            goes_on: from the checkpoint that it left.

        Raises:
            WorkerLost: two workers were lost.
            DigitLabError: it failed, or what it learned cannot be saved.
        """
        first = checkpoints.load(self._folder) if goes_on else None
        if first is not None:
            self._run = replace(self._run, drawing=first.drawing)
        try:
            trained = self._train(first, 1.0)
        except WorkerLost:
            self._remark = WENT_ON
            last = checkpoints.load(self._folder) if checkpoints.exists(self._folder) else None
            trained = self._train(last, _factor(last) / _factor(first))
        trained = replace(trained, progress=self._remarked(trained.progress))
        return outcomes.stored(trained, self._listed.model)

    def _train(self, checkpoint: Checkpoint | None, known_factor: float) -> Trained:
        try:
            return cluster().call(
                "mnist_app.lab.training.experiment:train_model",
                self._run.config,
                self._run.title,
                control=self._control,
                report=self._report,
                is_training=True,
                attempts=1,
                known_factor=known_factor,
                drawing=self._run.drawing,
                checkpoint=checkpoint.data if checkpoint else None,
                keeps_checkpoints=True,
            )
        except WorkerLost as error:
            raise WorkerLost(LOST_AGAIN) from error

    def _report(self, told: Any) -> None:
        if isinstance(told, Checkpoint):
            self._keep(told)
        elif isinstance(told, Phase):
            self._run = replace(self._run, phase=told)
        else:
            progress = self._remarked(told)
            self._run = replace(self._run, progress=progress, phase=None)
            self._record(progress)
        self._control.report(self._run)

    def _keep(self, checkpoint: Checkpoint) -> None:
        try:
            checkpoints.save(checkpoint, self._folder)
        except DigitLabError as error:
            logger.warning("A checkpoint cannot be kept: %s", error)
            self._remark = f"If it is broken off, it cannot go on from here: {error}"

    def _remarked(self, progress: Progress) -> Progress:
        return replace(progress, remark=" ".join(filter(None, (self._remark, progress.remark))))


def _factor(checkpoint: Checkpoint | None) -> float:
    return checkpoint.rate_factor if checkpoint else 1.0


def shift_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """The job whose result is the share of test pictures read right, as they are and shifted."""

    def measure(control: Control) -> tuple[float, float]:
        classifier = own_classifier(model)
        plain, moved = (
            float((classifier.probabilities(images).argmax(axis=1) == dataset.test_labels).mean())
            for images in (dataset.test_images, convolution.shifted(dataset.test_images))
        )
        return plain, moved

    return queues().shifts.once((identity(model), dataset.name), measure)


def export_job(model: StoredModel, form: str) -> Snapshot:
    """The job whose result is the model as the bytes of one file; see `lab.export.export`."""

    def work(control: Control) -> bytes:
        return cluster().call(
            "mnist_app.lab.export:export",
            file_of(model),
            model.name,
            form,
            control=control,
        )

    return queues().exports.once(export_key(model, form), work)


def export_key(model: StoredModel, form: str) -> Hashable:
    """What an export is about, to look whether there is one."""
    return identity(model), form
