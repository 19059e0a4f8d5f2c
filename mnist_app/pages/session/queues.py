"""The background workers of this process, shared by all visitors, and the pages' jobs."""

import importlib
import os
import threading
from collections.abc import Hashable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from mnist_app.core import limits
from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.data.handwriting import LabelledDrawing
from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation import evaluation_store
from mnist_app.core.evaluation.metrics import EvaluationReport, evaluate
from mnist_app.core.explaining import explanations
from mnist_app.core.explaining.explanations import Explanation, GradientExplanation
from mnist_app.core.images import frames
from mnist_app.core.images.pictures import opened
from mnist_app.core.jobs.job_queue import Control, Snapshot, State, Task, Worker
from mnist_app.core.models import layer_list, model_cache, model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import Reading, read_picture
from mnist_app.core.runs import outcomes
from mnist_app.core.runs.outcomes import FinetuningOutcome
from mnist_app.core.settings import TrainingConfig
from mnist_app.pages.session.interest import Interest, has_given_up

if TYPE_CHECKING:
    from mnist_app.core.jobs.cluster import Cluster

# Whoever was not there for so long has left, and gives way to those who wait.
LEFT_SECONDS = 300.0
# So long may a run pause while others wait.
PAUSE_SECONDS = 300.0
# Loading a model takes hundredths of a second, and a file of another app many seconds, once.
LOADED_AT_ONCE = 4
# Of the processor, for what reads thousands of pictures.
THREADS = 2


def _trained_at_once() -> int:
    with suppress(DigitLabError):
        return limits.most_workers()
    # Told by the first job.
    return 1


def _training() -> Worker:
    return Worker(
        "training",
        patience=LEFT_SECONDS,
        longest_pause=PAUSE_SECONDS,
        at_once=_trained_at_once(),
    )


@dataclass(frozen=True)
class Queues:
    """One line for each kind of work, so that none waits for another kind."""

    training: Worker = field(default_factory=_training)
    # One of the shipped design takes 7 MB; visitors may each draw for another.
    models: Worker = field(
        default_factory=lambda: Worker("models", remembered=12, at_once=LOADED_AT_ONCE)
    )
    datasets: Worker = field(default_factory=lambda: Worker("datasets", remembered=3))
    evaluations: Worker = field(default_factory=lambda: Worker("evaluations", remembered=12))
    others: Worker = field(default_factory=lambda: Worker("others", remembered=8))
    maps: Worker = field(default_factory=lambda: Worker("maps", remembered=6))
    neighbour_maps: Worker = field(default_factory=lambda: Worker("neighbour maps", remembered=6))
    examples: Worker = field(default_factory=lambda: Worker("examples", remembered=2))
    augmentation: Worker = field(default_factory=lambda: Worker("augmentation", remembered=32))
    pictures: Worker = field(default_factory=lambda: Worker("pictures", remembered=32))
    finetuning: Worker = field(default_factory=lambda: Worker("finetuning", remembered=32))
    shifts: Worker = field(default_factory=lambda: Worker("shifts", remembered=16))
    # Their results are whole files.
    exports: Worker = field(default_factory=lambda: Worker("exports", remembered=3))
    explanations: Worker = field(default_factory=lambda: Worker("explanations"))
    gradients: Worker = field(default_factory=lambda: Worker("gradients"))
    importing: threading.Lock = field(default_factory=threading.Lock)
    lining_up: threading.Lock = field(default_factory=threading.Lock)
    interest: Interest = field(default_factory=Interest)


@dataclass(frozen=True)
class ReadPicture:
    """A picture that was read.

    Attributes:
        reading: what was found in it.
        framed: the picture with a frame around each digit, the bytes of a JPEG file.
    """

    reading: Reading
    framed: bytes


@st.cache_resource(show_spinner=False)
def queues() -> Queues:
    """The workers; made once, kept when the code is reloaded."""
    return Queues()


@st.cache_resource(show_spinner=False)
def cluster() -> "Cluster":
    """Return the workers that learn; Dask itself is imported with the first job.

    Raises:
        DigitLabError: a setting of the host is none.
    """
    from mnist_app.core.jobs.cluster import Cluster

    return Cluster(os.environ.get("MNIST_APP_SCHEDULER", "").strip(), limits.most_workers())


def import_first(*modules: str) -> None:
    """Import heavy modules from a job, one job at a time.

    They import each other in circles; two threads at it at once can see halves of them.
    """
    with queues().importing:
        for module in modules:
            importlib.import_module(module)


def classifier_job(model: StoredModel) -> Snapshot:
    """The job whose result is the model's `Classifier`."""

    def load(control: Control) -> Classifier:
        if not model_store.is_ready(model):
            litert = cluster().call(
                "mnist_app.lab.export:convert",
                file_of(model),
                model.path.name,
                control=control,
            )
            model_store.add_litert(model.path, litert)
        return model_cache.loaded(model.path)

    return queues().models.once(identity(model), load)


def own_classifier(model: StoredModel) -> Classifier:
    """Load the model for a job that asks it thousands of times, and would hold others up.

    Raises:
        DigitLabError: it cannot be loaded.
    """
    if not model_store.is_ready(model):
        _awaited(queues().models, classifier_job(model))
    return model_store.classifier(model.path, THREADS)


def dataset_job(name: str) -> Snapshot:
    """The job whose result is the `Dataset`, downloaded if need be."""

    def load(control: Control) -> Dataset:
        if name == "optdigits":
            import_first("sklearn.datasets", "sklearn.model_selection")
        elif datasets.availability(name).place is None:
            files = cluster().call("mnist_app.lab.downloads:download", name, control=control)
            datasets.store_download(name, files)
        return datasets.load(name, allow_download=False)

    return queues().datasets.once(name, load)


def evaluation_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """The job whose result is the model's `EvaluationReport` on the data set's test pictures."""

    def read(control: Control) -> EvaluationReport:
        return evaluate(
            own_classifier(model),
            dataset.test_images,
            dataset.test_labels,
            control.report,
            control.should_stop,
        )

    def measure(control: Control) -> EvaluationReport:
        import_first("sklearn.metrics")
        return evaluation_store.once(model.path, dataset, lambda: read(control))

    return once_unless_given_up(queues().evaluations, (identity(model), dataset.name), measure)


def once_unless_given_up(line: Worker, key: Hashable, task: Task) -> Snapshot:
    """As `Worker.once`, but a job that this session gave up and nobody goes on with stays stopped.

    It does until it is forgotten, or somebody else starts it again.
    """
    known = line.latest(key)
    if known is not None and known.state == State.STOPPED and has_given_up(line, known):
        return known
    return line.once(key, task)


def variants_job(
    images: np.ndarray, seed: int, configs: Sequence[TrainingConfig], owner: str
) -> Snapshot:
    """The job whose result is changed copies of pictures, as uint8 (n, 28, 28) for each config.

    What its owner asked for before, and is not done yet, is given up.

    Args:
        images: uint8 (n, 28, 28).
    """

    def work(control: Control) -> list[np.ndarray]:
        return cluster().call(
            "mnist_app.lab.training.augmentation:examples", images, seed, configs, control=control
        )

    return _only(queues().augmentation, (images.tobytes(), seed, tuple(configs)), work, owner)


def picture_job(
    data: bytes, name: str, as_number: bool, model: StoredModel, owner: str
) -> Snapshot:
    """The job whose result is the `ReadPicture` of a picture's bytes.

    Args:
        name: tells this picture from the others of its owner.
    """

    def work(control: Control) -> ReadPicture:
        import_first("scipy.ndimage", "skimage.filters")
        picture = opened(data)
        classifier = _awaited(queues().models, classifier_job(model))
        reading = read_picture(picture, classifier, as_number)
        boxes = [digit.box for digit in reading.digits if digit.box is not None]
        return ReadPicture(reading, frames.framed(picture, boxes))

    key = (owner, name, as_number, identity(model))
    return queues().pictures.once(key, work, owner)


def finetuning_job(
    model: StoredModel,
    drawings: Sequence[LabelledDrawing],
    path: Path | None,
    title: str,
    owner: str,
) -> Snapshot:
    """Put a fine-tuning in line; it reports its share, and its result is a `FinetuningOutcome`.

    Args:
        path: where the copy goes; None for a new place.
    """

    def work(control: Control) -> FinetuningOutcome:
        tuned = cluster().call(
            "mnist_app.lab.training.finetuning:finetune",
            file_of(model),
            model.card,
            model.title,
            model.class_names,
            drawings,
            title,
            control=control,
        )
        return outcomes.stored_copy(tuned, path)

    return queues().finetuning.submit(work, owner=owner)


def explanation_job(model: StoredModel, image: np.ndarray, owner: str) -> Snapshot:
    """The job whose result is the `Explanation` of an image, uint8 (28, 28).

    What its owner asked for before, and is not done yet, is given up.

    Args:
        owner: of each part of a tab that shows one explanation, another.
    """

    def work(control: Control) -> Explanation:
        classifier = _awaited(queues().models, classifier_job(model))
        return explanations.explain(classifier, layer_list.layers(model.path), image)

    return _only(queues().explanations, (identity(model), image.tobytes()), work, owner)


def gradients_job(model: StoredModel, image: np.ndarray, owner: str) -> Snapshot:
    """The same for what needs a worker; its result is a `GradientExplanation`."""

    def work(control: Control) -> GradientExplanation:
        learned_from = model.card.dataset if model.card else ""
        return cluster().call(
            "mnist_app.lab.explaining.explain:explain_by_gradients",
            file_of(model),
            learned_from,
            image,
            None,
            control=control,
        )

    return _only(queues().gradients, (identity(model), image.tobytes()), work, owner)


def _only(line: Worker, key: Hashable, task: Task, owner: str) -> Snapshot:
    """As `Worker.once`; what the owner asked for before, and is not done yet, is given up."""
    for job in line.jobs(owner):
        if job.key != key:
            line.stop(job.id)
    return line.once(key, task, owner)


def file_of(model: StoredModel) -> bytes:
    """The model's .keras file.

    Raises:
        DigitLabError: it cannot be read.
    """
    try:
        return model.path.read_bytes()
    except OSError as error:
        raise DigitLabError(
            f"{model.path.name} cannot be read ({error.strerror}): choose another model."
        ) from error


def _awaited(line: Worker, job: Snapshot) -> Any:
    """The result of a job, waited for; one that fails is forgotten, so that it can be tried again.

    Raises:
        DigitLabError: it failed, or is gone.
    """
    over = line.wait(job.id)
    if over is None:
        raise DigitLabError("The model is gone: try again.")
    if over.state != State.DONE:
        line.forget(over.id)
        raise DigitLabError(over.error or "The model was not loaded: try again.")
    return over.result


def identity(model: StoredModel) -> tuple[str, float]:
    """What tells a model file from an earlier one of the same name."""
    try:
        return str(model.path), model.path.stat().st_mtime
    except OSError:
        return str(model.path), 0.0
