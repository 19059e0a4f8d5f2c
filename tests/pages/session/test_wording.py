import pytest

from mnist_app.pages.session.wording import duration


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.44, "2.4 s"), (48, "48 s"), (725, "12 min 5 s"), (8962, "2 h 29 min")],
)
def test_a_duration_is_short_however_long_it_is(seconds: float, text: str) -> None:
    assert duration(seconds) == text
