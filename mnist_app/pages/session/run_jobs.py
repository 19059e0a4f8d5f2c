"""The list of runs that all visitors share, and the jobs that train them."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from mnist_app.core import limits
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError, WorkerLost
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.phases import Phase
from mnist_app.core.jobs.snapshot import Snapshot
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.runs import checkpoints, outcomes, run_store
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.outcomes import TrainingOutcome, UnsavedModel
from mnist_app.core.runs.progress import Progress
from mnist_app.core.runs.recording import Report, recorded
from mnist_app.core.runs.run import Run
from mnist_app.core.runs.run_store import Runs
from mnist_app.core.settings import DATASETS, TrainingConfig
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.core.shelf import model_items as shelf_models
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.visitors import hashed
from mnist_app.pages.session.kiosk import maker
from mnist_app.pages.session.queues import cluster, queues

logger = logging.getLogger(__name__)

# "Why convolution?" trains two networks, one after the other.
MOST_RUNS = 2
WENT_ON = (
    "The program that trained it stopped, perhaps because memory ran out. It carried on from its "
    "last whole epoch."
)
LOST_AGAIN = (
    "The program that trained it stopped twice, perhaps because memory ran out. Continue it on the "
    "Runs page, or train a smaller network."
)


@dataclass(frozen=True, eq=False)
class LiveRun:
    """A training run in line or at work.

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
    """Return the list of runs beside the models; those of an earlier server are interrupted.

    Raises:
        DigitLabError: the place cannot be written, or a newer version made the list.
    """
    return _runs(model_store.folder())


@st.cache_resource(show_spinner=False)
def _runs(folder: Path) -> Runs:
    return Runs(folder / run_store.FILE_NAME)


def may_change(model: StoredModel, visitor: str) -> bool:
    """Return whether a model is the visitor's, or nobody's, and did not come with the app.

    Raises:
        DigitLabError: the list of runs cannot be read.
    """
    makers = set(map(hashed, runs().owners_of(model.path)))
    if model.card and model.card.maker:
        makers.add(model.card.maker)
    return not model.is_shipped and (not makers or hashed(visitor) in makers)


def delete_run(run: Run, model: StoredModel | None, visitor: str) -> None:
    """Delete a run, and the model with it that the visitor wants to be rid of.

    Raises:
        DigitLabError: it still trains, is gone, or one of both cannot be deleted.
    """
    item = shelf_models.item_of(model, visitor) if model else None
    runs().delete(run.id, with_model=model is not None)
    if item is not None:
        shelf.delete(item, visitor)


def training_job(
    config: TrainingConfig, title: str, owner: str, drawing: np.ndarray | None = None
) -> Snapshot:
    """Put a new run in line, and into the list of runs, whose number is the job's key.

    The job reports `LiveRun`; its result is a `TrainingOutcome`.

    Raises:
        DigitLabError: there are too many runs or models, or the list of runs cannot be written.
    """
    if config.dataset in DATASETS:
        model_store.require_room()
    else:
        shelf.require_room(owner)
    with _room_in_line(owner):
        return _submit(runs().add(title, config, owner), drawing)


def continuing_job(run_id: int) -> Snapshot:
    """Put an interrupted run in line again; it goes on from its checkpoint, with its drawing.

    Raises:
        DigitLabError: as `training_job`, or it left no checkpoint.
    """
    with _room_in_line(runs().get(run_id).owner):
        return _submit(runs().resume(run_id), goes_on=True)


@contextmanager
def _room_in_line(owner: str) -> Iterator[None]:
    """Hold the line for one newcomer, so that two tabs at once get no more than one.

    Raises:
        DigitLabError: the owner, or all visitors together, have too many runs in it.
    """
    with queues().lining_up:
        unfinished = [job for job in queues().training.jobs() if not job.is_over]
        if sum(job.owner == owner for job in unfinished) >= MOST_RUNS:
            raise DigitLabError(
                f"You already have {MOST_RUNS} runs training or waiting. Wait until one has "
                "finished, or stop one on the Runs page."
            )
        if len(unfinished) >= limits.most("waiting"):
            raise DigitLabError(
                f"{len(unfinished)} runs are training or waiting here, and that is the limit. Try "
                "again when one has finished."
            )
        yield


def _submit(run: Run, drawing: np.ndarray | None = None, goes_on: bool = False) -> Snapshot:
    known = runs()
    waiting = LiveRun(run.title, run.config, drawing)

    def work(control: Control) -> TrainingOutcome[StoredModel]:
        control.report(waiting)
        return recorded(
            known, run.id, lambda record: _Training(run, waiting, control, record).train(goes_on)
        )

    return queues().training.submit(
        work, run.owner, run.id, if_cancelled=lambda: known.cancel(run.id)
    )


class _Training:
    """A run as the server sees it: a worker trains it, and another one if that is lost."""

    def __init__(self, run: Run, live: LiveRun, control: Control, record: Report) -> None:
        assert run.checkpoints is not None
        self._run, self._folder = run, run.checkpoints
        self._live, self._control, self._record = live, control, record
        self._remark = ""
        self._own: Dataset | None = None

    def train(self, goes_on: bool) -> TrainingOutcome[StoredModel]:
        """Train until it is over, and save what was learned.

        Args:
            goes_on: from the checkpoint that it left.

        Raises:
            WorkerLost: two workers were lost.
            DigitLabError: it failed, its pictures are gone, or what it learned cannot be saved.
        """
        if self._run.config.dataset not in DATASETS:
            item = own_datasets.find(self._run.config.dataset, self._run.owner)
            if item is None:
                raise DigitLabError(own_datasets.GONE)
            self._own = own_datasets.load(item)
        first = checkpoints.load(self._folder) if goes_on else None
        if first is not None:
            self._live = replace(self._live, drawing=first.drawing)
        try:
            trained = self._call(first, 1.0)
        except WorkerLost:
            self._remark = WENT_ON
            last = checkpoints.load(self._folder) if checkpoints.exists(self._folder) else None
            trained = self._call(last, _rate_factor(last) / _rate_factor(first))
        return self._saved(replace(trained, progress=self._remarked(trained.progress)))

    def _saved(self, trained: TrainingOutcome[UnsavedModel]) -> TrainingOutcome[StoredModel]:
        """Save the model; what learned from a visitor's own pictures is theirs alone, as these."""
        former = self._run.model
        if self._own is None:
            return outcomes.saved(trained, former, maker(self._run.owner))
        made, before = trained.model, model_store.describe(former) if former else None
        stored = shelf_models.save(made.files, made.card, self._run.owner, before)
        return TrainingOutcome(trained.report, trained.progress, trained.stopped, stored)

    def _call(
        self, checkpoint: Checkpoint | None, known_factor: float
    ) -> TrainingOutcome[UnsavedModel]:
        try:
            return cluster().call(
                "mnist_app.lab.training.experiment:train_model",
                self._live.config,
                self._live.title,
                own=self._own,
                control=self._control,
                report=self._report,
                is_training=True,
                attempts=1,
                known_factor=known_factor,
                drawing=self._live.drawing,
                checkpoint=checkpoint.data if checkpoint else None,
                keeps_checkpoints=True,
            )
        except WorkerLost as error:
            raise WorkerLost(LOST_AGAIN) from error

    def _report(self, news: Any) -> None:
        if isinstance(news, Checkpoint):
            self._keep(news)
        elif isinstance(news, Phase):
            self._live = replace(self._live, phase=news)
        else:
            progress = self._remarked(news)
            self._live = replace(self._live, progress=progress, phase=None)
            self._record(progress)
        self._control.report(self._live)

    def _keep(self, checkpoint: Checkpoint) -> None:
        try:
            checkpoints.save(checkpoint, self._folder)
        except DigitLabError as error:
            logger.warning("A checkpoint cannot be kept: %s", error)
            self._remark = f"If it is interrupted, it cannot continue from here. {error}"

    def _remarked(self, progress: Progress) -> Progress:
        return replace(progress, remark=" ".join(filter(None, (self._remark, progress.remark))))


def _rate_factor(checkpoint: Checkpoint | None) -> float:
    return checkpoint.rate_factor if checkpoint else 1.0
