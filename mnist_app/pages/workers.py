"""The background workers of this process, shared by all visitors, and the pages' jobs."""

import gc
import importlib
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np

# Plotly looks into pandas as soon as any thread began to import it, and trips over half of it; so
# pandas is whole before there are threads.
import pandas  # noqa: F401
import streamlit as st

from mnist_app import datasets, experiment, model_store
from mnist_app.augmentation import augment
from mnist_app.classifier import Classifier, as_network_input
from mnist_app.datasets import Dataset
from mnist_app.evaluation import EvaluationReport, evaluate
from mnist_app.jobs import Control, Snapshot, State, Worker
from mnist_app.model_store import StoredModel
from mnist_app.settings import TrainingConfig
from mnist_app.training import Progress

Variants = Callable[[np.ndarray, int, TrainingConfig], np.ndarray]


@dataclass(frozen=True)
class Workers:
    """One line for each kind of work, so that none waits for another kind."""

    training: Worker = field(default_factory=lambda: Worker("training"))
    models: Worker = field(default_factory=lambda: Worker("models", remembered=4))
    datasets: Worker = field(default_factory=lambda: Worker("datasets", remembered=3))
    evaluations: Worker = field(default_factory=lambda: Worker("evaluations", remembered=12))
    augmentation: Worker = field(default_factory=lambda: Worker("augmentation", remembered=1))
    importing: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Run:
    """How a training run stands.

    Attributes:
        title: the name its model will have.
        config: its settings.
        progress: None until the first step is done.
    """

    title: str
    config: TrainingConfig
    progress: Progress | None = None


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    """The workers; made once, kept when the code is reloaded."""
    return Workers()


def import_first(*modules: str) -> None:
    """Import heavy modules from a job, one job at a time.

    They import each other in circles; two threads at it at once can see halves of them.
    """
    with workers().importing:
        for module in modules:
            importlib.import_module(module)


def classifier_job(model: StoredModel) -> Snapshot:
    """The job whose result is the model's `Classifier`."""

    def load(control: Control) -> Classifier:
        import_first("tensorflow", "keras")
        classifier = Classifier(model_store.load(model.path))
        # TensorFlow's objects live as long as the process: no later collection need visit them.
        gc.collect()
        gc.freeze()
        return classifier

    return workers().models.once(_identity(model), load)


def dataset_job(name: str) -> Snapshot:
    """The job whose result is the `Dataset`, downloaded if need be."""

    def load(control: Control) -> Dataset:
        if name == "optdigits":
            import_first("sklearn.datasets", "sklearn.model_selection")
        return datasets.load(name)

    return workers().datasets.once(name, load)


def evaluation_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """The job whose result is the model's `EvaluationReport` on the data set's test pictures.

    One that was stopped stays so until it is forgotten.
    """

    def measure(control: Control) -> EvaluationReport:
        import_first("tensorflow", "keras", "sklearn.metrics")
        classifier = Classifier(model_store.load(model.path))
        return evaluate(
            classifier,
            dataset.test_images,
            dataset.test_labels,
            control.report,
            control.should_stop,
        )

    key = (_identity(model), dataset.name)
    known = workers().evaluations.latest(key)
    if known is not None and known.state == State.STOPPED:
        return known
    return workers().evaluations.once(key, measure)


def augmentation_job() -> Snapshot:
    """The job whose result makes changed copies of pictures, once TensorFlow is there.

    Its result maps pictures, uint8 (n, 28, 28), a seed and a `TrainingConfig` to one changed copy
    of each, uint8 (n, 28, 28).
    """

    def variants(images: np.ndarray, seed: int, config: TrainingConfig) -> np.ndarray:
        changed = augment(as_network_input(images), [seed, 0], config)
        return np.round(np.asarray(changed)[..., 0] * 255).astype(np.uint8)

    def prepare(control: Control) -> Variants:
        import_first("tensorflow", "keras")
        # The first call is slow: it is not left to the page.
        variants(np.zeros((1, 28, 28), dtype=np.uint8), 0, TrainingConfig())
        return variants

    return workers().augmentation.once("variants", prepare)


def training_job(config: TrainingConfig, title: str, owner: str) -> Snapshot:
    """Put a training run in line; it reports `Run`, and its result is an `Outcome`."""

    def work(control: Control) -> experiment.Outcome:
        run = Run(title, config)
        control.report(run)
        import_first("tensorflow", "keras", "sklearn.metrics", "sklearn.model_selection")
        return experiment.run(
            config,
            model_store.path_for(title),
            title,
            report=lambda progress: control.report(replace(run, progress=progress)),
            should_stop=control.should_stop,
        )

    return workers().training.submit(work, owner=owner)


def _identity(model: StoredModel) -> tuple[str, float]:
    """What tells a model file from an earlier one of the same name."""
    try:
        return str(model.path), model.path.stat().st_mtime
    except OSError:
        return str(model.path), 0.0
