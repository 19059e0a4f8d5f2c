import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.counterfactual import Counterfactual, smallest_change

CLASSES = 4


class Linear:
    """A network of one layer."""

    def __init__(self, weights: np.ndarray, bias: np.ndarray) -> None:
        """Take weights (28, 28, classes) and a bias (classes,)."""
        self._weights, self._bias = weights, bias

    def logits(self, pictures: np.ndarray) -> np.ndarray:
        return np.tensordot(pictures, self._weights, 2) + self._bias

    def gradients(self, pictures: np.ndarray, target: int) -> tuple[np.ndarray, np.ndarray]:
        logits = self.logits(pictures)
        others = np.exp(logits - logits.max(axis=1, keepdims=True))
        others[:, target] = 0
        others /= others.sum(axis=1, keepdims=True)
        slopes = self._weights[..., target] - np.tensordot(others, self._weights, (1, 2))
        return logits, slopes.astype(np.float32)

    def read(self, picture: np.ndarray) -> int:
        """Return the class of a picture, uint8 (28, 28)."""
        return int(self.logits(picture[None].astype(np.float32) / 255)[0].argmax())


# It says class 0 to anything.
STUBBORN = Linear(np.zeros((28, 28, 3)), np.array([9.0, 1.0, 0.0]))


def by_chance(seed: int) -> tuple[Linear, np.ndarray, np.ndarray]:
    """Return a network, a picture and five pictures that show the way."""
    chance = np.random.default_rng(seed)
    network = Linear(chance.normal(0, 0.3, (28, 28, CLASSES)), chance.normal(0, 1, CLASSES))
    ink = chance.integers(0, 256, (6, 28, 28)) * (chance.random((6, 28, 28)) < 0.3)
    return network, ink[:1].astype(np.uint8), ink[1:].astype(np.uint8)


@given(st.integers(0, 2**31), st.booleans(), st.none() | st.integers(0, CLASSES - 1))
@settings(max_examples=40, deadline=None)
def test_the_changed_picture_is_read_as_the_other_class_and_no_pixel_moves_beyond_the_guides(
    seed: int, has_guides: bool, target: int | None
) -> None:
    network, (image,), guides = by_chance(seed)
    answer = network.read(image)
    if target == answer:
        target = None
    change = smallest_change(network, image, target, guides if has_guides else None)
    assert isinstance(change, Counterfactual)
    assert change.answer == answer != change.target
    assert target in (None, change.target)
    assert network.read(change.image) == change.target
    assert (change.image.astype(int) == image.astype(int) + change.difference).all()
    assert change.ink > 0
    assert 0 <= change.added <= change.ink
    assert 1 / CLASSES < change.probability <= 1
    assert has_guides or not change.is_guided
    if change.is_guided:
        assert (change.image >= np.minimum(image, guides.min(axis=0))).all()
        assert (change.image <= np.maximum(image, guides.max(axis=0))).all()


def test_where_pictures_show_the_way_they_are_followed() -> None:
    network, (image,), _ = by_chance(0)
    target = (network.read(image) + 1) % CLASSES
    slopes = network.gradients(image[None].astype(np.float32) / 255, target)[1]
    guided = smallest_change(network, image, target, np.where(slopes > 0, 255, 0).astype(np.uint8))
    assert guided is not None
    assert guided.is_guided


def test_it_says_when_nothing_changes_a_mind() -> None:
    image = np.full((28, 28), 100, dtype=np.uint8)
    assert smallest_change(STUBBORN, image, guides=image[None]) is None


@pytest.mark.parametrize("target", [0, 3, -1])
def test_a_class_that_is_read_already_or_unknown_is_refused(target: int) -> None:
    with pytest.raises(DigitLabError, match="a digit other than"):
        smallest_change(STUBBORN, np.zeros((28, 28), dtype=np.uint8), target)
