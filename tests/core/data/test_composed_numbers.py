from itertools import pairwise

import numpy as np
import pytest

from mnist_app.core.data.composed_numbers import (
    Composition,
    Glyph,
    Placed,
    Writing,
    compose,
    pasted,
    pen_glyph,
    spaced,
)
from tests.support import photos

HEIGHT = 24.0
SHAPE = (48, 160)


@pytest.fixture(scope="module")
def writing() -> Writing:
    return photos.writing()


def composed(writing: Writing, seed: int) -> Composition:
    return compose(writing, HEIGHT, SHAPE, np.random.default_rng(seed))


@pytest.mark.parametrize("seed", range(20))
def test_owners_are_those_whose_ink_it_is(writing: Writing, seed: int) -> None:
    composition = composed(writing, seed)
    assert composition.ink.shape == composition.owners.shape == SHAPE
    assert composition.ink.min() >= 0
    assert composition.ink.max() <= 1
    assert not (composition.owners >= 0)[composition.ink == 0].any()
    assert composition.owners.max() < len(composition.centres)
    for number, centre in enumerate(composition.centres):
        places = np.argwhere(composition.owners == number)
        # Nothing of a character may be left where others cover it; else it is around its centre.
        assert not len(places) or np.abs(places.mean(axis=0) - centre).max() < HEIGHT


def test_the_same_seed_composes_the_same(writing: Writing) -> None:
    first, again, other = (composed(writing, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(first.ink, again.ink)
    np.testing.assert_array_equal(first.owners, again.owners)
    assert (first.ink != other.ink).any()


@pytest.mark.parametrize("way", ["pen_line", "mnist_line"])
def test_digits_of_a_line_are_about_as_high_as_asked(writing: Writing, way: str) -> None:
    glyphs = getattr(writing, way)(40, HEIGHT, np.random.default_rng(0))
    heights = [glyph.ink.shape[0] for glyph in glyphs]
    assert np.median(heights) == pytest.approx(HEIGHT, rel=0.3)
    assert {glyph.label for glyph in glyphs} <= {*range(10)}


def test_a_line_has_a_letter_now_and_then(writing: Writing) -> None:
    glyphs = writing.line(300, HEIGHT, np.random.default_rng(0))
    letters = [glyph for glyph in glyphs if glyph.label is None]
    assert 0 < len(letters) < 30
    assert all(letter.ink.any() for letter in letters)


def gaps(placed: list[Placed]) -> np.ndarray:
    """Columns between the boxes of neighbours."""
    return np.array(
        [right.left - left.left - left.glyph.ink.shape[1] for left, right in pairwise(placed)]
    )


def test_spacings_are_as_named() -> None:
    bar = Glyph(np.ones((24, 6), np.float32), 1)
    chance = np.random.default_rng(0)
    found = {
        name: gaps(spaced([bar] * 30, HEIGHT, chance, name))
        for name in ("wide", "near", "touching")
    }
    assert found["wide"].min() >= 0.12 * HEIGHT - 1
    assert found["near"].min() >= 0.06 * HEIGHT - 1
    assert found["near"].max() <= 0.35 * HEIGHT + 1
    assert found["touching"].max() <= 0.04 * HEIGHT + 1
    assert (found["touching"] < 0).any()
    assert found["wide"].mean() > found["near"].mean() > found["touching"].mean()


def test_where_characters_cross_the_darker_ink_owns_the_pixel() -> None:
    pale, dark = (Glyph(np.full((4, 6), level, np.float32), 1) for level in (0.5, 1))
    composition = pasted([Placed(pale, 2, 3), Placed(dark, 6, 3)], (10, 20))
    assert (composition.owners[3:7, 2:6] == 0).all()
    assert (composition.owners[3:7, 6:12] == 1).all()
    assert (composition.owners >= 0).sum() == 4 * 10
    np.testing.assert_allclose(composition.centres, [(4.5, 4.5), (4.5, 8.5)])


def test_what_the_edge_cuts_off_has_its_middle_in_what_is_left() -> None:
    block = Glyph(np.ones((6, 6), np.float32), 1)
    composition = pasted([Placed(block, -3, 2), Placed(block, 40, 2)], (10, 20))
    np.testing.assert_allclose(composition.centres, [(4.5, 1)])


def test_strokes_are_where_their_ink_is() -> None:
    glyph = pen_glyph([np.array([[50.0, 10], [50, 40]])], 1, 4.0)
    (line,) = glyph.strokes
    rows, columns = np.argwhere(glyph.ink > 0.5).T
    assert line[:, 0].mean() == pytest.approx(columns.mean() + 0.5, abs=0.6)
    assert np.ptp(rows) + 1 == pytest.approx(34, abs=1.5)
