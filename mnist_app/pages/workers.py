"""The background workers of this process, shared by all visitors, and the jobs the pages ask for."""

import gc
from dataclasses import dataclass, field

import streamlit as st

from mnist_app import datasets, model_store
from mnist_app.classifier import Classifier
from mnist_app.evaluation import evaluate
from mnist_app.jobs import Control, Snapshot, Worker
from mnist_app.model_store import StoredModel


@dataclass(frozen=True)
class Workers:
    """One line for each kind of work, so that none waits for another kind."""

    training: Worker = field(default_factory=lambda: Worker("training"))
    models: Worker = field(default_factory=lambda: Worker("models", remembered=4))
    datasets: Worker = field(default_factory=lambda: Worker("datasets", remembered=3))
    evaluations: Worker = field(default_factory=lambda: Worker("evaluations", remembered=12))


@st.cache_resource(show_spinner=False)
def workers() -> Workers:
    """The workers; made once, kept when the code is reloaded."""
    return Workers()


def classifier_job(model: StoredModel) -> Snapshot:
    """The job whose result is the model's `Classifier`."""

    def load(control: Control) -> Classifier:
        classifier = Classifier(model_store.load(model.path))
        # TensorFlow's objects live as long as the process: no later collection need visit them.
        gc.collect()
        gc.freeze()
        return classifier

    return workers().models.once(_identity(model), load)


def dataset_job(name: str) -> Snapshot:
    """The job whose result is the `Dataset`, downloaded if need be."""
    return workers().datasets.once(name, lambda control: datasets.load(name))


def evaluation_job(model: StoredModel, dataset: str) -> Snapshot:
    """The job whose result is the model's `EvaluationReport` on the data set's test pictures."""

    def measure(control: Control) -> object:
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


def _identity(model: StoredModel) -> tuple[str, float]:
    """What tells a model file from an earlier one of the same name."""
    try:
        return str(model.path), model.path.stat().st_mtime
    except OSError:
        return str(model.path), 0.0
