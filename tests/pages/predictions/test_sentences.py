import numpy as np
import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.evaluation.comparison import Comparison
from mnist_app.pages.predictions.sentences import describe_comparison, describe_neighbours


def apart(only_first: int, only_second: int, p_value: float) -> Comparison:
    some, none = np.arange(5), np.arange(0)
    return Comparison(some, np.arange(only_first), np.arange(only_second), none, p_value)


def test_a_difference_is_told_from_chance_in_words() -> None:
    clear = describe_comparison(apart(12, 1, 0.003), "A", "B")
    assert "“A” gets 11 more pictures right than “B”" in clear
    assert "more than luck" in clear
    unclear = describe_comparison(apart(3, 4, 1.0), "A", "B")
    assert "“B” gets 1 more picture right than “A”" in unclear
    assert "could be luck" in unclear


def test_equal_models_are_called_equal() -> None:
    assert "exactly the same pictures" in describe_comparison(apart(0, 0, 1.0), "A", "B")
    assert "equally many" in describe_comparison(apart(2, 2, 1.0), "A", "B")


@pytest.mark.parametrize(
    ("labels", "true", "read", "said"),
    [
        ([4] * 8, 4, 4, "All 8 show “4”, and so does this picture."),
        (
            [9] * 7 + [4],
            4,
            9,
            "7 of these 8 show “9”: to the network, this picture looks like “9” too.",
        ),
        (
            [4] * 6 + [9] * 2,
            4,
            9,
            "6 of these 8 show “4”, and so does this picture. Yet it narrowly reads “9”.",
        ),
        ([7] * 8, 4, 9, "All 8 show “7”. That is neither the correct answer nor the one it gave."),
        (
            [4] * 4 + [9] * 4,
            4,
            9,
            "They show 2 different digits: this picture lies between them.",
        ),
    ],
)
def test_it_says_in_words_where_a_picture_lies(
    labels: list[int], true: int, read: int, said: str
) -> None:
    assert said in describe_neighbours(np.array(labels), true, read, DIGIT_NAMES)
