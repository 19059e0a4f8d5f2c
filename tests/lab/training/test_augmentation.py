import dataclasses

import numpy as np
import pytest

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.recognition.classifier import as_network_input
from mnist_app.core.settings import SETTINGS, TrainingConfig
from mnist_app.lab.training.augmentation import augment, is_on

AMOUNTS = {row.name: row.maximum for row in SETTINGS if row.group == "Augmentation"}


def augmented(images: np.ndarray, seed: int = 1, **amounts: float) -> np.ndarray:
    config = TrainingConfig(**amounts)  # type: ignore[arg-type]
    return np.asarray(augment(images, np.array([seed, 2]), config))


@pytest.fixture(scope="module")
def images(dataset: Dataset) -> np.ndarray:
    return as_network_input(dataset.train_images[:40])


def test_it_is_off_unless_asked_for() -> None:
    assert not is_on(TrainingConfig())


@pytest.mark.parametrize("name", AMOUNTS)
def test_each_amount_turns_it_on_and_changes_the_pictures(name: str, images: np.ndarray) -> None:
    amount = {name: AMOUNTS[name]}
    assert is_on(TrainingConfig(**amount))  # type: ignore[arg-type]
    changed = augmented(images, 1, **amount)
    assert changed.shape == images.shape
    assert changed.dtype == np.float32
    assert changed.min() >= 0
    assert changed.max() <= 1 + 1e-5
    assert np.abs(changed - images).mean() > 0.001


def test_without_amounts_nothing_changes(images: np.ndarray) -> None:
    np.testing.assert_allclose(augmented(images), images, atol=1e-4)


def test_the_seed_decides(images: np.ndarray) -> None:
    first = augmented(images, 1, **AMOUNTS)
    np.testing.assert_array_equal(first, augmented(images, 1, **AMOUNTS))
    assert not np.array_equal(first, augmented(images, 2, **AMOUNTS))


def test_each_picture_is_changed_in_its_own_way(images: np.ndarray) -> None:
    same = np.repeat(images[:1], 8, axis=0)
    changed = augmented(same, rotation=30)
    assert len(np.unique(changed.reshape(8, -1), axis=0)) == 8


def test_a_shift_stays_within_its_limit() -> None:
    dot = np.zeros((64, 28, 28, 1), dtype=np.float32)
    dot[:, 14, 14] = 1
    _, rows, columns, _ = np.nonzero(augmented(dot, shift=2) > 0.01)
    assert {int(rows.min()), int(columns.min())} <= {12, 13}
    assert {int(rows.max()), int(columns.max())} <= {15, 16}


def test_thickness_both_thins_and_thickens() -> None:
    bar = np.zeros((64, 28, 28, 1), dtype=np.float32)
    bar[:, 5:23, 12:16] = 1
    ink = augmented(bar, thickness=1).sum(axis=(1, 2, 3))
    assert ink.min() < 18 * 4 < ink.max()


def test_rubbing_out_takes_spots_of_ink_and_adds_none() -> None:
    box = np.zeros((200, 28, 28, 1), dtype=np.float32)
    box[:, 4:24, 4:24] = 1
    rubbed = augmented(box, erasing=0.5)
    assert (rubbed <= box).all()
    inside = rubbed[:, 4:24, 4:24]
    assert (inside > 0.99).mean() > 0.5
    missing = 1 - inside.mean(axis=(1, 2, 3))
    assert missing.min() < 0.02
    assert 0.3 < missing.max() < 0.6


def test_mirroring_mirrors_the_given_share(images: np.ndarray) -> None:
    same = np.repeat(images[:1], 200, axis=0)
    changed = augmented(same, flip=0.25)
    mirrored = np.abs(changed - images[:1, :, ::-1]).max(axis=(1, 2, 3)) < 1e-4
    kept = np.abs(changed - images[:1]).max(axis=(1, 2, 3)) < 1e-4
    assert (mirrored ^ kept).all()
    assert 30 < mirrored.sum() < 70


def test_a_warp_is_the_same_with_and_without_the_kernel_of_tensorflow(images: np.ndarray) -> None:
    """A wobble too small to be seen takes the other way."""
    config = TrainingConfig(rotation=20.0, shift=2.0, zoom=0.2, shear=15.0)
    wobbling = dataclasses.replace(config)
    object.__setattr__(wobbling, "elastic", 1e-9)
    one, other = (np.asarray(augment(images, [1, 2], c)) for c in (config, wobbling))
    np.testing.assert_allclose(one, other, atol=1e-3)
