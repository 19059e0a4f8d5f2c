import numpy as np
import pytest

from benchmarks.support import strangers
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.confidence import LEAST_BEST, RIVAL_FRACTION, candidates
from tests.support import photos


def answer(**fractions: float) -> np.ndarray:
    """Probabilities with `d4=0.5` at 4, the rest shared by the others."""
    given = {int(name[1:]): fraction for name, fraction in fractions.items()}
    rest = (1 - sum(given.values())) / (10 - len(given))
    return np.array([given.get(digit, rest) for digit in range(10)], dtype=np.float32)


def test_a_clear_answer_is_one_digit() -> None:
    assert candidates(answer(d7=0.99)) == (7,)
    assert candidates(answer(d0=1.0)) == (0,)


@pytest.mark.parametrize(("four", "nine"), [(0.6, 0.38), (0.5, 0.5), (0.45, 0.44), (0.7, 0.2)])
def test_two_close_digits_are_both_named_the_likelier_first(four: float, nine: float) -> None:
    assert candidates(answer(d4=four, d9=nine)) == (4, 9)
    assert candidates(answer(d9=four, d4=nine))[0] == (9 if four > nine else 4)


def test_doubt_spread_over_many_is_no_digit() -> None:
    assert candidates(answer()) == ()
    assert candidates(answer(d3=0.4)) == ()
    assert candidates(answer(d3=0.4, d8=0.3)) == ()


def test_a_faint_rival_is_not_named() -> None:
    first = 0.9
    assert candidates(answer(d1=first, d7=RIVAL_FRACTION * first / 3)) == (1,)


def test_the_best_alone_is_enough_from_one_half_on() -> None:
    assert candidates(answer(d2=LEAST_BEST)) == (2,)


def held_back(shipped: Classifier, images: np.ndarray) -> float:
    """The fraction of pictures, uint8 (n, 28, 28), that it does not take for one digit."""
    return float(np.mean([len(candidates(row)) != 1 for row in shipped.probabilities(images)]))


def test_the_shipped_network_holds_back_on_what_is_no_digit(shipped: Classifier) -> None:
    fractions = {name: held_back(shipped, images) for name, images in strangers.made(60).items()}
    assert min(fractions.values()) > 0.85, fractions
    for name in ("nothing at all", "a filled box, flat to square"):
        assert fractions[name] == 1


def hands(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Digits as so many people might write them, uint8 (n, 28, 28), and which they are."""
    chance = np.random.default_rng(0)
    images, labels = [], []
    for label in np.tile(np.arange(10), count):
        slant = np.array([[1, 0], [chance.uniform(-0.25, 0.25), 1]])
        shape = np.diag(chance.uniform(0.75, 1.25, 2))
        strokes = [stroke @ slant @ shape for stroke in photos.drawing(label).strokes]
        images.append(strokes_to_input(Drawing(strokes), chance.uniform(1.8, 3)))
        labels.append(label)
    return np.stack(images), np.array(labels)


def test_the_shipped_network_names_ordinary_digits(shipped: Classifier) -> None:
    images, labels = hands(20)
    named = [candidates(row) for row in shipped.probabilities(images)]
    assert np.mean([found == (label,) for found, label in zip(named, labels, strict=True)]) > 0.95
    assert all(named)
