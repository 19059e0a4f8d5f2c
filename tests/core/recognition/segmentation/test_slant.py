import numpy as np
import pytest

from mnist_app.core.recognition.segmentation.slant import set_upright, slant_of

# Three upright lines, 100 high.
LINES = np.array([[x, y] for x in (0, 60, 130) for y in range(0, 100, 2)], dtype=float)


@pytest.mark.parametrize("slant", [-0.5, -0.2, 0.0, 0.3, 0.7])
def test_a_slant_is_found_and_undone(slant: float) -> None:
    leaning = set_upright(LINES, -slant)
    assert slant_of(leaning, 100) == pytest.approx(slant, abs=0.051)
    np.testing.assert_allclose(set_upright(leaning, slant), LINES, atol=1e-9)


def test_a_dot_stands_upright() -> None:
    assert slant_of(np.zeros((1, 2)), 1) == 0
