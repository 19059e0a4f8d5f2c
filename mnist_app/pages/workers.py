"""The background workers of this process, shared by all visitors, and the pages' jobs."""

import functools
import gc
import importlib
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

# Plotly looks into pandas as soon as any thread began to import it, and trips over half of it; so
# pandas is whole before there are threads.
import pandas  # noqa: F401
import streamlit as st

from mnist_app import datasets, evaluation_store, framing, model_store
from mnist_app.classifier import Classifier, as_network_input
from mnist_app.datasets import Dataset
from mnist_app.errors import DigitLabError
from mnist_app.evaluation import EvaluationReport, evaluate
from mnist_app.explanations import Explainer, Explanation
from mnist_app.handwriting import LabelledDrawing
from mnist_app.jobs import Control, Snapshot, State, Task, Worker
from mnist_app.lab import finetuning
from mnist_app.lab.augmentation import augment
from mnist_app.model_store import StoredModel
from mnist_app.outcomes import FinetuningOutcome
from mnist_app.pages.interest import Interest, has_given_up
from mnist_app.pictures import opened
from mnist_app.reading import Reading, read_picture
from mnist_app.settings import DATASETS, TrainingConfig

# Whoever was not there for so long has left, and gives way to those who wait.
LEFT_SECONDS = 300.0

Variants = Callable[[np.ndarray, int, TrainingConfig], np.ndarray]


@dataclass(frozen=True)
class Workers:
    """One line for each kind of work, so that none waits for another kind."""

    training: Worker = field(default_factory=lambda: Worker("training", patience=LEFT_SECONDS))
    # One of the shipped design takes 7 MB; visitors may each draw for another.
    models: Worker = field(default_factory=lambda: Worker("models", remembered=12))
    datasets: Worker = field(default_factory=lambda: Worker("datasets", remembered=3))
    evaluations: Worker = field(default_factory=lambda: Worker("evaluations", remembered=12))
    others: Worker = field(default_factory=lambda: Worker("others", remembered=8))
    maps: Worker = field(default_factory=lambda: Worker("maps", remembered=6))
    neighbour_maps: Worker = field(default_factory=lambda: Worker("neighbour maps", remembered=6))
    examples: Worker = field(default_factory=lambda: Worker("examples", remembered=2))
    augmentation: Worker = field(default_factory=lambda: Worker("augmentation", remembered=1))
    pictures: Worker = field(default_factory=lambda: Worker("pictures", remembered=32))
    finetuning: Worker = field(default_factory=lambda: Worker("finetuning", remembered=32))
    shifts: Worker = field(default_factory=lambda: Worker("shifts", remembered=16))
    # Their results are whole files.
    exports: Worker = field(default_factory=lambda: Worker("exports", remembered=3))
    explainers: Worker = field(default_factory=lambda: Worker("explainers", remembered=2))
    explanations: Worker = field(default_factory=lambda: Worker("explanations"))
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
        if "keras" in modules:
            _keep_compiled()
            _pass_by_modules()


@functools.cache
def _pass_by_modules() -> None:
    """Have no garbage collection visit what TensorFlow and Keras made when they were imported.

    That is most of what there is, and lives as long as the process; models do not.
    """
    gc.collect()
    gc.freeze()


def _keep_compiled() -> None:
    """Have Keras keep its compiled kernels.

    Streamlit ends every run of every visitor with `keras.backend.clear_session()`. That empties
    what TensorFlow compiled for the whole process: the next answer takes 30 ms instead of 1, and a
    training under way is slowed down by each stroke that anybody draws.
    """
    import keras

    keras.backend.clear_session = lambda free_memory=True: None


def classifier_job(model: StoredModel) -> Snapshot:
    """The job whose result is the model's `Classifier`."""

    def load(control: Control) -> Classifier:
        import_first("tensorflow", "keras")
        return model_store.classifier(model.path)

    return workers().models.once(identity(model), load)


def dataset_job(name: str) -> Snapshot:
    """The job whose result is the `Dataset`, downloaded if need be."""

    def load(control: Control) -> Dataset:
        if name == "optdigits":
            import_first("sklearn.datasets", "sklearn.model_selection")
        return datasets.load(name)

    return workers().datasets.once(name, load)


def evaluation_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """The job whose result is the model's `EvaluationReport` on the data set's test pictures."""

    def read(control: Control) -> EvaluationReport:
        import_first("tensorflow", "keras")
        classifier = model_store.classifier(model.path)
        return evaluate(
            classifier,
            dataset.test_images,
            dataset.test_labels,
            control.report,
            control.should_stop,
        )

    def measure(control: Control) -> EvaluationReport:
        import_first("sklearn.metrics")
        return evaluation_store.once(model.path, dataset, lambda: read(control))

    return once_unless_given_up(workers().evaluations, (identity(model), dataset.name), measure)


def once_unless_given_up(line: Worker, key: Hashable, task: Task) -> Snapshot:
    """As `Worker.once`, but a job that this session gave up and nobody goes on with stays stopped.

    It does until it is forgotten, or somebody else starts it again.
    """
    known = line.latest(key)
    if known is not None and known.state == State.STOPPED and has_given_up(line, known):
        return known
    return line.once(key, task)


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
        classifier = _awaited(workers().models, classifier_job(model))
        reading = read_picture(picture, classifier, as_number)
        boxes = [digit.box for digit in reading.digits if digit.box is not None]
        return ReadPicture(reading, framing.framed(picture, boxes))

    key = (owner, name, as_number, identity(model))
    return workers().pictures.once(key, work, owner)


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
        import_first("tensorflow", "keras", "sklearn.metrics", "sklearn.datasets")
        return finetuning.finetune(
            model,
            drawings,
            path,
            title,
            control.report,
            control.should_stop,
        )

    return workers().finetuning.submit(work, owner=owner)


def explanation_job(model: StoredModel, image: np.ndarray, owner: str) -> Snapshot:
    """The job whose result is the `Explanation` of an image, uint8 (28, 28).

    What its owner asked for before, and is not done yet, is given up.

    Args:
        owner: of each part of a tab that shows one explanation, another.
    """

    def work(control: Control) -> Explanation:
        explainer = _awaited(workers().explainers, _explainer_job(model))
        return explainer.explain(image, should_stop=control.should_stop)

    line = workers().explanations
    key = (identity(model), image.tobytes())
    for job in line.jobs(owner):
        if job.key != key:
            line.stop(job.id)
    return line.once(key, work, owner)


def _explainer_job(model: StoredModel) -> Snapshot:
    """The job whose result is the model's `Explainer`."""

    def make(control: Control) -> Explainer:
        import_first(
            "tensorflow", "keras", "scipy.ndimage", "sklearn.datasets", "sklearn.model_selection"
        )
        known = _known_pictures(model)
        images, labels = (known.train_images, known.train_labels) if known else (None, None)
        classifier = _awaited(workers().models, classifier_job(model))
        return Explainer(classifier.model, images, labels)

    return workers().explainers.once(identity(model), make)


def _known_pictures(model: StoredModel) -> Dataset | None:
    """Pictures such as the model learned from, if any are at hand."""
    learned_from = model.card.dataset if model.card else ""
    for name in (learned_from, "optdigits"):
        if (
            name in DATASETS
            and datasets.class_names(name) == model.class_names
            and datasets.availability(name).place is not None
        ):
            try:
                # Not by the line of the data sets, where somebody's download may take minutes.
                return datasets.load(name, allow_download=False)
            except DigitLabError:
                continue
    return None


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
        raise DigitLabError(over.error)
    return over.result


def identity(model: StoredModel) -> tuple[str, float]:
    """What tells a model file from an earlier one of the same name."""
    try:
        return str(model.path), model.path.stat().st_mtime
    except OSError:
        return str(model.path), 0.0
