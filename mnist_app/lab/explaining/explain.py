"""Explanation of one answer by gradients: saliency and a counterfactual."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.explaining.counterfactual import smallest_change
from mnist_app.core.explaining.explanations import GradientExplanation, require_image
from mnist_app.core.explaining.saliency import integrated_gradients
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.settings import DATASETS
from mnist_app.lab.explaining.gradients import KerasLogits
from mnist_app.lab.networks import model_files


def explain_by_gradients(
    keras: bytes,
    dataset_name: str,
    class_names: tuple[str, ...],
    image: np.ndarray,
    target: int | None,
    *,
    report: Callable[[Any], None],
    control: RunControl,
) -> GradientExplanation:
    """Explain an image, uint8 (28, 28), and look for a change to class `target`.

    Args:
        keras: the model's .keras file.
        dataset_name: what it learned from, "" if that is not known; where pictures of it, or of
            the same classes, are at hand, a change goes towards one of them.
        class_names: what its outputs mean.
        target: index of another class; the second most probable by default.
        report: called with the fraction done, 0..1.

    Raises:
        DigitLabError: it is no such model or image, there is no such class, or it is read already.
        Stopped: it was asked to stop.
    """
    require_image(image)
    network = _opened(keras)
    logits = network.logits(image[None].astype(np.float32) / 255)[0]
    answer, second = np.argsort(-logits, kind="stable")[:2].tolist()
    rival = second if target is None else target
    _go_on(control, report, 0.4)
    gradient_map = integrated_gradients(network, image, answer)
    _go_on(control, report, 0.6)
    change = smallest_change(network, image, rival, _guides(dataset_name, class_names, rival))
    return GradientExplanation(gradient_map, change)


def _go_on(control: RunControl, report: Callable[[Any], None], fraction: float) -> None:
    if control.should_stop():
        raise Stopped
    report(fraction)


@functools.lru_cache(maxsize=2)
def _opened(keras: bytes) -> KerasLogits:
    """Open a model and compile its gradients; cached, as explanations come in series."""
    return KerasLogits(model_files.load_bytes(keras, "This model"))


def _guides(dataset_name: str, class_names: tuple[str, ...], label: int) -> np.ndarray | None:
    """Return pictures of a class such as the model learned from, if any are at hand."""
    known = _known_pictures(dataset_name, class_names)
    return None if known is None else known.train_images[known.train_labels == label]


def _known_pictures(dataset_name: str, class_names: tuple[str, ...]) -> Dataset | None:
    """Return the named data set, or else one of the same classes, if at hand."""
    for name in (dataset_name, "optdigits"):
        if name in DATASETS and datasets.class_names(name) == class_names:
            try:
                return datasets.load(name, allow_download=False)
            except DigitLabError:
                continue
    return None
