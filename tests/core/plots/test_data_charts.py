import numpy as np

from mnist_app.core.plots import data_charts
from tests.core.plots.validated_figures import validated

class_bars = validated(data_charts.class_bars)
pixel_map = validated(data_charts.pixel_map)
pixel_numbers = validated(data_charts.pixel_numbers)


def test_training_and_test_stand_side_by_side() -> None:
    figure = class_bars(np.array([30, 20]), np.array([3, 2]), ("cat", "dog"))
    assert figure.layout.barmode == "group"
    assert [(bar.name, list(bar.y)) for bar in figure.data] == [
        ("training", [30, 20]),
        ("test", [3, 2]),
    ]


def test_the_map_frames_the_part_that_is_written_out() -> None:
    frame = pixel_map(np.zeros((28, 28), dtype=np.uint8), (5, 7, 8)).layout.shapes[0]
    assert (frame.y0, frame.y1, frame.x0, frame.x1) == (4.5, 12.5, 6.5, 14.5)


def test_pixel_numbers_are_bytes_or_shares_at_their_own_place() -> None:
    values = np.array([[0, 255], [51, 204]], dtype=np.uint8)
    _, raw = pixel_numbers(values, 5, 7).data
    assert list(raw.text) == ["0", "255", "51", "204"]
    assert (list(raw.x), list(raw.y)) == ([7, 8, 7, 8], [5, 5, 6, 6])
    _, shares = pixel_numbers((values / 255).astype(np.float32), 5, 7).data
    assert list(shares.text) == ["0.00", "1.00", "0.20", "0.80"]


def test_pixel_numbers_are_light_on_dark_and_dark_on_light() -> None:
    _, numbers = pixel_numbers(np.array([[0, 255]], dtype=np.uint8), 0, 0).data
    assert list(numbers.textfont.color) == ["#ffffff", "#000000"]
