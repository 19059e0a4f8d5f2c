"""Pictures that are no digits, and how far an answer holds back on it and on digits.

Three shares say what the page does: it names one digit, it leaves two open, or it says that this
does not look like a digit. For digits the first should be all, for what is none the last. The area
under the ROC curve, by the probability of the best digit, depends on no threshold.
"""

from collections.abc import Iterator, Mapping

import numpy as np

from mnist_app.core.data import datasets, distractors
from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawings import Drawing, drawing_from_points
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.confidence import candidates

# Pictures of each made-up kind, and a seed that nothing was trained with.
COUNT, SEED = 1_000, 20_000
TAP = Drawing([np.zeros((1, 2))])
# As a hand writes them; the letters among the distractors are printed. x and y in 0..2, y down.
LETTERS: dict[str, list[list[list[float]]]] = {
    "A": [[[0, 2], [1, 0], [2, 2]], [[0.4, 1.3], [1.6, 1.3]]],
    "E": [[[1.5, 0], [0, 0], [0, 2], [1.5, 2]], [[0, 1], [1.2, 1]]],
    "F": [[[1.5, 0], [0, 0], [0, 2]], [[0, 1], [1.2, 1]]],
    "H": [[[0, 0], [0, 2]], [[1.5, 0], [1.5, 2]], [[0, 1], [1.5, 1]]],
    "K": [[[0, 0], [0, 2]], [[1.4, 0], [0, 1.1], [1.4, 2]]],
    "M": [[[0, 2], [0.2, 0], [1, 1.3], [1.8, 0], [2, 2]]],
    "N": [[[0, 2], [0, 0], [1.5, 2], [1.5, 0]]],
    "R": [[[0, 2], [0, 0], [1.2, 0.2], [1.2, 0.8], [0, 1]], [[0.4, 1], [1.4, 2]]],
    "T": [[[0, 0], [2, 0]], [[1, 0], [1, 2]]],
    "W": [[[0, 0], [0.4, 2], [1, 0.7], [1.6, 2], [2, 0]]],
    "X": [[[0, 0], [1.5, 2]], [[1.5, 0], [0, 2]]],
}
SHAKE = 0.08


def table(known: Mapping[str, np.ndarray], classifier: Classifier) -> Iterator[str]:
    """The lines of one table of digits and of what is none.

    Args:
        known: by name, what `classifier` answered on sets of digits, float (n, classes).
    """
    heads = ["one digit", "two open", "no digit", *(f"area {place}" for place in _places(known))]
    yield _row("what is answered", heads)
    for place, (name, answers) in zip(_places(known), known.items(), strict=True):
        yield _row(f"{place} {name}", _fractions(answers))
    for name, images in made().items():
        yield _strange_row(name, images, known, classifier)
    try:
        fashion = datasets.load("fashion_mnist", allow_download=False).test_images
    except DigitLabError as missing:
        yield f"Fashion-MNIST was left out: {missing}"
    else:
        yield _strange_row("Fashion-MNIST's test set", fashion, known, classifier)


def _places(known: Mapping[str, np.ndarray]) -> list[str]:
    """Short marks for the sets of digits, by which the columns name them."""
    return [f"({chr(ord('a') + place)})" for place in range(len(known))]


def made(count: int = COUNT) -> dict[str, np.ndarray]:
    """Pictures that are no digits, as the network would get them, each kind uint8 (n, 28, 28).

    Args:
        count: pictures of each kind that chance can vary.
    """
    kinds = len(distractors.KINDS)
    mixed = distractors.make(kinds * count, SEED)
    blank = np.zeros((1, *mixed.shape[1:]), dtype=np.uint8)
    dots = np.stack([strokes_to_input(TAP, width) for width in np.linspace(1, 8, 50)])
    # From twice as wide as high to as high as wide; an upright one might be a 1.
    boxes = np.stack([raster_to_input(np.ones((height, 40))) for height in range(20, 41)])
    return {
        **{name: mixed[place::kinds] for place, name in enumerate(distractors.KINDS)},
        "letters written by hand": _written(count),
        "nothing at all": blank,
        "a dot, small to large": dots,
        "a filled box, flat to square": boxes,
    }


def _written(count: int) -> np.ndarray:
    """Letters, each written a little otherwise every time, uint8 (count, 28, 28)."""
    chance = np.random.default_rng(SEED)
    letters = list(LETTERS.values())
    images = []
    for index in range(count):
        strokes = [np.array(stroke, dtype=float) for stroke in letters[index % len(letters)]]
        shaken = [stroke + chance.normal(0, SHAKE, stroke.shape) for stroke in strokes]
        images.append(strokes_to_input(drawing_from_points(shaken)))
    return np.stack(images)


def _strange_row(
    name: str, images: np.ndarray, known: Mapping[str, np.ndarray], classifier: Classifier
) -> str:
    answers = classifier.probabilities(images)
    areas = [f"{_area(digits, answers):.4f}" for digits in known.values()]
    return _row(name, [*_fractions(answers), *areas])


def _fractions(answers: np.ndarray) -> list[str]:
    """Return how often one digit is named, two are left open, and none."""
    counts = [len(candidates(row)) for row in answers]
    return [f"{counts.count(digits) / len(counts):.2%}" for digits in (1, 2, 0)]


def _area(known: np.ndarray, strange: np.ndarray) -> float:
    """Area under the ROC curve of the best digit's probability, 0..1; digits are the positives."""
    from sklearn.metrics import roc_auc_score

    is_digit = np.repeat([1, 0], [len(known), len(strange)])
    return float(roc_auc_score(is_digit, np.concatenate([known, strange]).max(axis=1)))


def _row(name: str, cells: list[str]) -> str:
    return f"{name:36}" + "".join(f" {cell:>10}" for cell in cells)
