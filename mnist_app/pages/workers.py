"""The background workers of this process, shared by all visitors, and the pages' jobs."""

import gc
import importlib
import threading
from dataclasses import dataclass, field, replace

# Plotly looks into pandas as soon as any thread began to import it, and trips over half of it; so
# pandas is whole before there are threads.
import pandas  # noqa: F401
import streamlit as st

from mnist_app import datasets, experiment, model_store
from mnist_app.classifier import Classifier
from mnist_app.evaluation import EvaluationReport, evaluate
from mnist_app.jobs import Control, Snapshot, Worker
from mnist_app.model_store import StoredModel
from mnist_app.settings import TrainingConfig
from mnist_app.training import Progress


@dataclass(frozen=True)
class Workers:
    """One line for each kind of work, so that none waits for another kind."""

    training: Worker = field(default_factory=lambda: Worker("training"))
    models: Worker = field(default_factory=lambda: Worker("models", remembered=4))
    datasets: Worker = field(default_factory=lambda: Worker("datasets", remembered=3))
    evaluations: Worker = field(default_factory=lambda: Worker("evaluations", remembered=12))
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

    def load(control: Control) -> datasets.Dataset:
        import_first("sklearn.datasets", "sklearn.model_selection")
        return datasets.load(name)

    return workers().datasets.once(name, load)


def evaluation_job(model: StoredModel, dataset: str) -> Snapshot:
    """The job whose result is the model's `EvaluationReport` on the data set's test pictures."""

    def measure(control: Control) -> EvaluationReport:
        import_first("tensorflow", "keras", "sklearn.metrics")
        pictures = datasets.load(dataset)
        classifier = Classifier(model_store.load(model.path))
        return evaluate(
            classifier,
            pictures.test_images,
            pictures.test_labels,
            control.report,
            control.should_stop,
        )

    return workers().evaluations.once((_identity(model), dataset), measure)


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
