import numpy as np
import pytest
from PIL import Image, ImageDraw

from mnist_app.core.images.pictures import WORKING_SIDE, decode
from mnist_app.core.ink.extraction import extract_ink
from mnist_app.core.ink.raster import raster_to_input, strokes_to_input
from mnist_app.core.ink.stroke_width import normalise_stroke_width
from mnist_app.core.recognition.classifier import Classifier
from tests.support import photos
from tests.support.pictures import seven


def colours(picture: Image.Image) -> np.ndarray:
    """Float64 (height, width, 1) in 0..1."""
    return np.asarray(picture, dtype=np.float64)[..., None] / 255


def seen(picture: Image.Image) -> np.ndarray:
    """Return the network input, float (28, 28) in 0..255."""
    return raster_to_input(extract_ink(colours(picture))).astype(np.float64)


SEVEN = seen(seven())


def likeness(image: np.ndarray, wanted: np.ndarray) -> float:
    """Correlation of two network inputs, give or take a pixel."""
    if not image.any():
        return 0.0
    moved = [np.roll(image, (down, right), (0, 1)) for down in (-1, 0, 1) for right in (-1, 0, 1)]
    return max(float(np.corrcoef(one.ravel(), wanted.ravel())[0, 1]) for one in moved)


def is_seven(picture: Image.Image) -> bool:
    """Tell whether the input is nearly that of the plainest picture."""
    return likeness(seen(picture), SEVEN) > 0.9


@pytest.mark.parametrize(("ink", "paper"), [(255, 0), (0, 255), (90, 200), (200, 90), (110, 140)])
def test_polarity_and_contrast_do_not_matter(ink: int, paper: int) -> None:
    assert is_seven(seven(ink=ink, paper=paper))


@pytest.mark.parametrize("side", [28, 64, 65, 400, WORKING_SIDE])
def test_size_does_not_matter(side: int) -> None:
    assert is_seven(seven(side))


def test_a_photograph_with_a_shadow_and_noise_is_read() -> None:
    light = np.linspace(250, 110, 500)[None, :] * np.ones((500, 1))
    noise = np.random.default_rng(0).normal(0, 4, (500, 500))
    paper = np.where(np.asarray(seven(500)) < 128, light - 60, light) + noise
    assert is_seven(Image.fromarray(np.clip(paper, 0, 255).astype(np.uint8)))


def test_dust_is_not_ink() -> None:
    picture = seven(400)
    ImageDraw.Draw(picture).rectangle((385, 10, 388, 13), fill=0)
    assert is_seven(picture)


@pytest.mark.parametrize(
    "blank",
    [
        np.ones((200, 200, 3)),
        np.zeros((1, 1, 3)),
        np.ones((2, 400, 1)),
        np.random.default_rng(0).normal(0.8, 0.01, (300, 300, 3)),
    ],
    ids=["white", "one pixel", "a strip", "grain"],
)
def test_a_blank_picture_has_no_ink(blank: np.ndarray) -> None:
    assert not extract_ink(blank).any()


def test_ink_is_bounded_in_value_and_as_large_as_its_picture() -> None:
    ink = extract_ink(colours(seven(500).resize((500, 230))))
    assert ink.shape == (230, 500)
    assert ink.dtype == np.float64
    assert ink.min() == 0
    assert ink.max() == 1


@pytest.mark.parametrize("paper", photos.PAPERS)
@pytest.mark.parametrize(("side", "pen"), [(140, 0.12), (280, 0.08)])
def test_papers_and_lights_do_not_matter(
    paper: str, side: int, pen: float, shipped: Classifier
) -> None:
    rng = np.random.default_rng(7)
    # Round and straight, of one stroke and of two.
    digits = [0, 4, 5, 7, 8]
    inputs = []
    for digit in digits:
        sheet = photos.written(str(digit), side, round(1.2 * side), pen=pen)
        ink = extract_ink(decode(photos.taken(photos.PAPERS[paper](sheet, rng))).colours)
        inputs.append(raster_to_input(normalise_stroke_width(ink)))
        assert likeness(inputs[-1], strokes_to_input(photos.drawing(digit))) > 0.85
    assert shipped.probabilities(np.stack(inputs)).argmax(axis=1).tolist() == digits


@pytest.mark.parametrize("pen", [0.01, 0.3])
def test_lines_get_as_thick_as_those_of_mnist(pen: float) -> None:
    ink = photos.written("2", 500, 500, pen=pen)
    usual = raster_to_input(photos.written("2", 500, 500))
    assert likeness(raster_to_input(normalise_stroke_width(ink)), usual) > 0.85
    assert likeness(raster_to_input(ink), usual) < 0.85


@pytest.mark.parametrize("ink", [np.zeros((90, 90)), np.full((90, 90), 0.3), np.ones((90, 90))])
def test_any_ink_can_be_redrawn(ink: np.ndarray) -> None:
    again = normalise_stroke_width(ink)
    assert again.any() == ink.any()
    assert 0 <= again.min() <= again.max() <= 1
