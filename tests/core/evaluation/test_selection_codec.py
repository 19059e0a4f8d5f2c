import base64
import zlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mnist_app.core.evaluation import selection_codec


@given(st.sets(st.integers(0, 359), min_size=1))
@settings(deadline=None, max_examples=50)
def test_a_choice_comes_back_as_it_was(numbers: set[int]) -> None:
    found = selection_codec.from_text(selection_codec.as_text(np.array(sorted(numbers)), 360), 360)
    assert found is not None
    assert found.tolist() == sorted(numbers)


def test_any_choice_of_many_fits_into_a_link() -> None:
    half = np.flatnonzero(np.random.default_rng(0).integers(0, 2, 10_000))
    text = selection_codec.as_text(half, 10_000)
    assert len(text) <= 1700
    assert set(text) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
    found = selection_codec.from_text(text, 10_000)
    assert found is not None
    assert np.array_equal(found, half)


def written(data: bytes) -> str:
    return base64.urlsafe_b64encode(zlib.compress(data)).decode()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "<script>",
        "\u00e4\u0663",
        "AAAA",
        selection_codec.as_text(np.array([3]), 360)[:-4],
        selection_codec.as_text(np.array([3]), 10_000),
        written(bytes(45)),
        written(bytes(10_000_000)),
        written(bytes(1) + b"\x01"),
        "9" * 5000,
    ],
)
def test_nonsense_is_nothing(text: str) -> None:
    assert selection_codec.from_text(text, 360) is None


def test_a_picture_beyond_the_last_is_nonsense() -> None:
    assert selection_codec.from_text(selection_codec.as_text(np.array([11]), 12), 12) is not None
    assert selection_codec.from_text(selection_codec.as_text(np.array([11]), 12), 11) is None
