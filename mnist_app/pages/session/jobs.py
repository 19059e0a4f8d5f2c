"""The pages' background jobs; asking for the same work twice gives the same job."""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mnist_app.core import limits
from mnist_app.core.data import datasets
from mnist_app.core.data.dataset_downloads import download
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.data.handwriting import LabelledDrawing
from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.evaluation import evaluation_store, shipped_analysis
from mnist_app.core.evaluation.metrics import EvaluationReport, evaluate
from mnist_app.core.explaining import explanations
from mnist_app.core.explaining.explanations import Explanation, GradientExplanation
from mnist_app.core.heavy_imports import import_first
from mnist_app.core.images import frames
from mnist_app.core.images.pictures import decode
from mnist_app.core.jobs.job_queue import Control
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models import layer_list, model_cache, model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.recognition.classifier import BATCH, Classifier
from mnist_app.core.recognition.reading import Reading, is_rather_a_number, read_picture
from mnist_app.core.runs import convolution_comparison, outcomes
from mnist_app.core.runs.outcomes import FinetuningOutcome
from mnist_app.core.settings import DATASETS, TrainingConfig
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.pages.session.kiosk import maker
from mnist_app.pages.session.queues import cluster, newest, queues
from mnist_app.pages.session.visitor import visitor

# A copy's name is no longer than this; a page asks for less, but a script need not.
TITLE_LENGTH = 60
# Of the processor, for what reads thousands of pictures.
THREADS = 2


@dataclass(frozen=True)
class ReadPicture:
    """A picture that was read.

    Attributes:
        reading: what was found in it.
        is_rather_a_number: it was read as one digit, and reads better as several.
        framed: the picture with a frame around each digit, a JPEG file.
    """

    reading: Reading
    is_rather_a_number: bool
    framed: bytes


def loading_job(model: StoredModel) -> Snapshot:
    """Return the job after which `model_cache.loaded` has the model."""

    def work(control: Control) -> None:
        _loaded(model, control)

    return queues().short.once(("load", identity(model)), work)


def dataset_job(name: str) -> Snapshot:
    """Return the job whose result is the `Dataset`, downloaded if need be.

    It fails for one that somebody brought and this visitor may not use.
    """
    item = None if name in DATASETS else own_datasets.find(name, visitor())

    def work(control: Control) -> Dataset:
        if name not in DATASETS:
            if item is None:
                raise DigitLabError(own_datasets.GONE)
            return own_datasets.load(item)
        if name == "optdigits":
            import_first("sklearn.datasets", "sklearn.model_selection")
        elif datasets.availability(name).place is None:
            leaves = datasets.files_of(name)
            datasets.store_download(name, download(leaves, control.report, control.should_stop))
        return datasets.load(name, allow_download=False)

    # What one may not use must not keep it from another; under a new title it is another.
    return queues().datasets.once(name if name in DATASETS else (name, item and item.title), work)


def evaluation_job(model: StoredModel, dataset: Dataset) -> Snapshot:
    """Return the job whose result is the `EvaluationReport` on the data set's test pictures."""

    def work(control: Control) -> EvaluationReport:
        shipped = shipped_analysis.load(model.path, dataset)
        if shipped is not None:
            return shipped.report
        import_first("sklearn.metrics")

        def measured() -> EvaluationReport:
            return evaluate(
                own_classifier(model, control),
                dataset.test_images,
                dataset.test_labels,
                control.report,
                control.should_stop,
            )

        return evaluation_store.stored_report(model.path, dataset, measured)

    return queues().analyses.once(("evaluation", identity(model), dataset.name), work)


def shift_job(model: StoredModel, dataset: Dataset, owner: str) -> Snapshot:
    """Return the job whose result is the accuracy on test pictures that were moved, 0..1.

    One that its owner stopped stays so until it is forgotten.
    """

    def work(control: Control) -> float:
        classifier = own_classifier(model, control)
        images = convolution_comparison.shifted(dataset.test_images)
        correct = 0
        for start in range(0, len(images), BATCH):
            if control.should_stop():
                raise Stopped
            control.report(start / len(images))
            batch = slice(start, start + BATCH)
            answers = classifier.probabilities(images[batch]).argmax(axis=1)
            correct += int((answers == dataset.test_labels[batch]).sum())
        return correct / len(images)

    queue, key = queues().analyses, ("shift", identity(model), dataset.name)
    last = queue.latest(key)
    if last is not None and last.state is JobState.STOPPED:
        return last
    return queue.once(key, work, owner)


def export_job(model: StoredModel, form: str) -> Snapshot:
    """Return the job whose result is the model as the bytes of one file; see `lab.export`."""

    def work(control: Control) -> bytes:
        return cluster().call(
            "mnist_app.lab.export:export_model",
            model_store.read(model.path),
            model.name,
            form,
            control=control,
        )

    return queues().large.once(export_key(model, form), work)


def export_key(model: StoredModel, form: str) -> Hashable:
    """Return the key of an export, to see whether there is one."""
    return "export", identity(model), form


def augmentation_job(
    images: np.ndarray, seed: int, configs: Sequence[TrainingConfig], owner: str
) -> Snapshot:
    """Return the job whose result is changed copies, uint8 (n, 28, 28) for each config.

    Args:
        images: uint8 (n, 28, 28).
    """

    def work(control: Control) -> list[np.ndarray]:
        return cluster().call(
            "mnist_app.lab.training.augmentation:examples", images, seed, configs, control=control
        )

    return newest(queues().lab, ("augment", images.tobytes(), seed, tuple(configs)), work, owner)


def picture_job(
    data: bytes, name: str, as_number: bool, model: StoredModel, owner: str
) -> Snapshot:
    """Return the job whose result is the `ReadPicture` of a picture's bytes.

    Args:
        name: tells this picture from the others of its owner.
    """

    def work(control: Control) -> ReadPicture:
        import_first("scipy.ndimage", "skimage.filters")
        picture = decode(data)
        classifier = _loaded(model, control)
        reading = read_picture(picture, classifier, as_number)
        is_more = not as_number and is_rather_a_number(
            reading, lambda: read_picture(picture, classifier, as_number=True)
        )
        boxes = [digit.box for digit in reading.digits]
        return ReadPicture(reading, is_more, frames.framed(picture, boxes))

    key = ("picture", owner, name, as_number, identity(model))
    return queues().short.once(key, work, owner)


def finetuning_job(
    model: StoredModel,
    drawings: Sequence[LabelledDrawing],
    path: Path | None,
    title: str,
    owner: str,
) -> Snapshot:
    """Put a fine-tuning in line, whose result is a `FinetuningOutcome`.

    While one of the same owner is unfinished, that one is returned.

    Args:
        path: where the copy goes; None for a new place.

    Raises:
        DigitLabError: there are too many copies in line, or too many models.
    """

    def work(control: Control) -> FinetuningOutcome[StoredModel]:
        tuned = cluster().call(
            "mnist_app.lab.training.finetuning:finetune",
            model_store.read(model.path),
            model.card,
            model.title,
            model.class_names,
            drawings,
            " ".join(title.split())[:TITLE_LENGTH],
            control=control,
        )
        return outcomes.saved(tuned, path, maker(owner))

    if path is None:
        model_store.require_room()
    with queues().lining_up:
        unfinished = [job for job in queues().finetuning.jobs() if not job.is_over]
        own = next((job for job in unfinished if job.owner == owner), None)
        if own is not None:
            return own
        if len(unfinished) >= limits.most("waiting"):
            raise DigitLabError("Many people are teaching it right now. Try again in a minute.")
        return queues().finetuning.submit(work, owner=owner)


def explanation_job(model: StoredModel, image: np.ndarray, owner: str) -> Snapshot:
    """Return the job whose result is the `Explanation` of an image, uint8 (28, 28).

    Args:
        owner: the part of a tab that shows it.
    """

    def work(control: Control) -> Explanation:
        classifier = _loaded(model, control)
        return explanations.explain(classifier, layer_list.read_layers(model.path), image)

    return newest(queues().short, ("explain", identity(model), image.tobytes()), work, owner)


def gradients_job(model: StoredModel, image: np.ndarray, owner: str) -> Snapshot:
    """Return the job whose result is the `GradientExplanation`; see `explanation_job`."""

    def work(control: Control) -> GradientExplanation:
        learned_from = model.card.dataset if model.card else ""
        return cluster().call(
            "mnist_app.lab.explaining.explain:explain_by_gradients",
            model_store.read(model.path),
            learned_from,
            model.class_names,
            image,
            None,
            control=control,
        )

    return newest(queues().lab, ("gradients", identity(model), image.tobytes()), work, owner)


def own_classifier(model: StoredModel, control: Control) -> Classifier:
    """Load the model for a job that asks it thousands of times, and would hold others up.

    Raises:
        DigitLabError: it cannot be loaded.
    """
    _make_ready(model, control)
    return model_store.classifier(model.path, THREADS)


def _loaded(model: StoredModel, control: Control) -> Classifier:
    _make_ready(model, control)
    return model_cache.loaded(model.path)


def _make_ready(model: StoredModel, control: Control) -> None:
    """Have a worker convert a model, and adapt a foreign one, once: it takes many seconds."""
    if model_store.is_ready(model):
        return
    with queues().converting:
        if model_store.is_ready(model):
            return
        data, name = model_store.read(model.path), model.path.name
        if model.card is None:
            made = cluster().call(
                "mnist_app.lab.networks.importing:import_network", data, name, control=control
            )
            model_store.save(made.files, made.card, model.path)
        else:
            litert = cluster().call("mnist_app.lab.export:convert", data, name, control=control)
            model_store.add_litert(model.path, litert)


def identity(model: StoredModel) -> tuple[str, float]:
    """Return what tells a model file from an earlier one of the same name."""
    try:
        return str(model.path), model.path.stat().st_mtime
    except OSError:
        return str(model.path), 0.0
