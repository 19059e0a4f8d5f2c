import pytest

from mnist_app.core.percentages import confidence, percent


@pytest.mark.parametrize(
    ("fraction", "decimals", "written"),
    [
        (0.9976, 2, "99.76%"),
        (0.25, 0, "25%"),
        (1, 2, "100%"),
        (0, 2, "0%"),
        (0.99999, 2, ">99.99%"),
        (0.996, 0, ">99%"),
        (1e-9, 1, "<0.1%"),
        (0.0005, 1, "0.1%"),
    ],
)
def test_only_all_is_100_percent_and_only_nothing_is_0(
    fraction: float, decimals: int, written: str
) -> None:
    assert percent(fraction, decimals) == written


def test_no_answer_is_quite_sure() -> None:
    assert confidence(1.0) == ">99.9%"
    assert confidence(0.9876) == "98.8%"
    assert confidence(1.0, 0) == ">99%"
