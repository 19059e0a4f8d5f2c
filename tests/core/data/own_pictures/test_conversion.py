import numpy as np
import pytest
from PIL import Image

from mnist_app.core.data.own_pictures.conversion import Conversion, Method, proposed
from mnist_app.core.errors import DigitLabError
from tests.support.own_pictures import SHAPES, shape


def colours(picture: Image.Image | np.ndarray) -> np.ndarray:
    values = np.asarray(picture) / 255
    return values if values.ndim == 3 else values[..., None]


def test_drawings_on_paper_go_as_ink_and_are_centred() -> None:
    samples = [colours(shape(name, seed)) for name in SHAPES for seed in range(3)]
    convert = proposed(samples)
    assert convert.method is Method.INK
    for sample in samples:
        image = convert(sample)
        assert image.shape == (28, 28)
        extent = max(np.ptp(np.flatnonzero(image.max(axis=axis))) + 1 for axis in (0, 1))
        assert extent == pytest.approx(20, abs=2)
        assert abs(float(image.sum(axis=1) @ np.arange(28) / image.sum()) - 14) < 1.5


def test_things_and_scenes_are_resized_on_a_dark_ground() -> None:
    thing = np.full((60, 40), 255, np.uint8)
    thing[10:50, 8:32] = 90
    convert = proposed([colours(thing)] * 3)
    assert convert == Conversion(Method.RESIZED, is_light=True)
    image = convert(colours(thing))
    assert image[0].max() < 5
    assert abs(int(image[14, 14]) - 165) < 3
    # As wide as it was beside its height.
    assert np.count_nonzero(image[14] > 80) == pytest.approx(28 * 24 / 60, abs=1.5)
    scene = np.random.default_rng(0).integers(0, 255, (32, 32, 3), np.uint8)
    assert proposed([colours(scene)]).method is Method.RESIZED


def test_what_is_like_mnist_stays_as_it_is() -> None:
    image = np.asarray(shape("circle", side=28).convert("L"))
    dark = (255 - image).astype(np.uint8)
    convert = proposed([colours(dark)])
    assert convert == Conversion(Method.RESIZED, is_light=False)
    np.testing.assert_array_equal(convert(colours(dark)), dark)


def test_paper_without_ink_is_no_drawing() -> None:
    with pytest.raises(DigitLabError, match="no ink"):
        Conversion(Method.INK, True)(np.ones((90, 90, 3)))
