import numpy as np

from mnist_app.core.explaining.explanation_pictures import CELL, attributed, marked, sheet, tinted
from mnist_app.core.images.pictures import ABOVE, BELOW

BAR = np.zeros((28, 28), dtype=np.uint8)
BAR[10:18] = 255


def hue(colour: np.ndarray) -> str:
    """Tell whether a colour is nearer to that above zero or to that below."""
    red, _, blue = (int(part) for part in colour[:3])
    return "above" if blue > red else "below" if red > blue else "none"


def test_light_grows_with_the_distance_from_zero_and_its_colour_tells_the_side() -> None:
    row = tinted(np.array([[-1, -0.3, 0, 0.3, 1.0]]))[0]
    assert [hue(colour) for colour in row[1:4]] == ["below", "none", "above"]
    assert row[2].tolist() == [0, 0, 0, 255]
    assert (row[[0, 4]] == 255).all()
    light = row[:, :3].astype(int).sum(axis=1)
    assert light[0] > light[1] > light[2] < light[3] < light[4]


def test_what_is_unknown_is_see_through() -> None:
    assert tinted(np.array([[np.nan, 0.5]]))[0, :, 3].tolist() == [0, 255]


def test_a_sheet_holds_every_map_with_see_through_gaps() -> None:
    picture = sheet(np.ones((3, 3, 4)))
    assert picture.shape == (7, 7, 4)
    assert (picture[3] == 0).all()
    assert (picture[:3, :3] == 255).all()
    assert sheet(np.zeros(10)).shape == (3, 4, 4)


def test_a_map_colours_what_speaks_for_and_against_over_the_ink() -> None:
    values = np.zeros((28, 28))
    values[12, 3], values[12, 20] = 2.0, -2.0
    picture = attributed(BAR, values)
    assert tuple(picture[12, 3]) == ABOVE
    assert tuple(picture[12, 20]) == BELOW
    assert picture[0].max() == 0
    assert hue(picture[12, 10]) == "none"
    assert picture[12, 10].max() > 100
    assert (attributed(BAR, values / 1e6) == picture).all()


def test_an_empty_map_leaves_the_ink() -> None:
    assert hue(attributed(BAR, np.zeros((28, 28)))[12, 12]) == "none"


def test_changes_are_told_apart_by_colour_and_by_sign() -> None:
    difference = np.zeros((28, 28), dtype=np.int16)
    difference[2, 5], difference[12, 5], difference[12, 7] = 255, -255, -20
    cells = marked(BAR, difference).reshape(28, CELL, 28, CELL, 3).swapaxes(1, 2)
    plus, minus, faint = cells[2, 5], cells[12, 5], cells[12, 7]
    assert tuple(plus[0, 0]) == ABOVE
    assert tuple(minus[0, 0]) == BELOW
    is_white = [(cell == 255).all(axis=2) for cell in (plus, minus, faint)]
    upright, flat = is_white[0].any(axis=1).sum(), is_white[1].any(axis=1).sum()
    assert upright > flat == 1
    assert is_white[0].T.tolist() == is_white[0].tolist()
    assert not is_white[2].any()
    assert hue(faint[0, 0]) == "below"
