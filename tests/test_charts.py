from typing import Any

import numpy as np
import plotly.graph_objects as go
import pytest

from mnist_app.charts import (
    SMOOTHING,
    accuracy_against_seconds,
    accuracy_against_weights,
    accuracy_curves,
    class_accuracy_bars,
    class_bars,
    confusion_heatmap,
    learning_rate_curve,
    loss_curves,
    opinion_curves,
    pixel_map,
    pixel_numbers,
    probability_bars,
    reliability_diagram,
    runs_accuracy,
    runs_loss,
    smoothed,
    smoothed_curve,
)
from mnist_app.evaluation import Bin
from mnist_app.progress import Opinion, Point
from mnist_app.runs import Run, State

DIGITS = tuple("0123456789")


def confusion(errors: dict[tuple[int, int], int]) -> np.ndarray:
    """A thousand pictures of each class read right, but for these."""
    matrix = np.diag(np.full(10, 1000))
    for cell, count in errors.items():
        matrix[cell] = count
    return matrix


def cells(trace: go.Heatmap) -> np.ndarray:
    return np.array(trace.z, dtype=float)


def test_the_digits_in_question_stand_out() -> None:
    bars = probability_bars(np.array([0.1, 0.5, 0.4]), ("a", "b", "c"), strong=(1, 2)).data[0]
    assert list(bars.y) == [10, 50, 40]
    assert bars.marker.color[1] == bars.marker.color[2] != bars.marker.color[0]


def test_without_a_drawing_all_bars_are_empty_and_none_stands_out() -> None:
    bars = probability_bars(None, DIGITS).data[0]
    assert not any(bars.y)
    assert len(set(bars.marker.color)) == 1


def test_curves_show_training_and_validation_over_epochs() -> None:
    training = [Point(0.5, 1.2, 0.6), Point(1.0, 0.8, 0.75)]
    validation = [Point(1.0, 0.9, 0.7)]
    accuracy = accuracy_curves(training, validation, epochs=3)
    raw, smooth, checked = accuracy.data
    assert (list(raw.y), list(checked.y)) == ([60, 75], [70])
    assert 60 == smooth.y[0] < smooth.y[1] < 75
    loss = loss_curves(training, validation, epochs=3)
    assert (list(loss.data[0].y), list(loss.data[2].y)) == ([1.2, 0.8], [0.9])
    assert all(list(line.x) == [0.5, 1.0] for line in loss.data[:2])


def test_smoothing_starts_at_the_first_value_and_follows_slowly() -> None:
    assert smoothed([]) == []
    assert smoothed([2.0] * 5) == pytest.approx([2.0] * 5)
    followed = smoothed([0.0] * 100 + [1.0] * 3)
    assert followed[-1] == pytest.approx(1 - SMOOTHING**3, abs=1e-4)


def test_the_learning_rate_is_drawn_over_epochs() -> None:
    points = [Point(0.5, 1, 0, learning_rate=0.002), Point(1, 1, 0, learning_rate=0.001)]
    figure = learning_rate_curve(points, epochs=4)
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([0.5, 1], [0.002, 0.001])
    assert list(figure.layout.xaxis.range) == [0, 4]


def test_a_class_that_was_not_validated_has_no_bar_and_neither_has_any_before() -> None:
    bars = class_accuracy_bars((0.5, float("nan")), ("cat", "dog")).data[0]
    assert list(bars.y) == [50, 0]
    assert list(class_accuracy_bars(None, ("cat", "dog")).data[0].y) == [0, 0]


def test_each_class_has_a_line_of_its_own_colour_for_the_drawing() -> None:
    opinions = [Opinion(0.1, (0.1,) * 10), Opinion(0.2, (0.91, *(0.01,) * 9))]
    lines = opinion_curves(opinions, DIGITS, epochs=1).data
    assert list(lines[0].y) == [10, 91]
    assert list(lines[9].x) == [0.1, 0.2]
    assert len({line.line.color for line in lines}) == 10


def test_a_single_error_has_a_cell_of_its_own_colour() -> None:
    right, wrong, _ = confusion_heatmap(confusion({(4, 9): 1}), DIGITS).data
    assert np.array_equal(~np.isnan(cells(right)), np.eye(10, dtype=bool))
    assert np.argwhere(~np.isnan(cells(wrong))).tolist() == [[4, 9]]
    assert right.colorscale != wrong.colorscale


def test_more_errors_have_a_stronger_colour_and_the_worst_the_strongest() -> None:
    _, wrong, _ = confusion_heatmap(confusion({(4, 9): 40, (2, 7): 2}), DIGITS).data
    assert cells(wrong)[4, 9] > cells(wrong)[2, 7] > wrong.zmin
    assert cells(wrong)[4, 9] == pytest.approx(wrong.zmax)


def test_cells_say_in_words_what_they_hold() -> None:
    figure = confusion_heatmap(confusion({(4, 9): 250}), DIGITS)
    texts = figure.data[2]
    index = 4 * 10 + 9
    assert (texts.y[index], texts.x[index], texts.text[index]) == ("4", "9", "250")
    assert "true 4, read as 9" in texts.hovertext[index]
    assert "250 of 1250 (20.0%)" in texts.hovertext[index]
    assert texts.text[1].isspace()
    assert figure.layout.xaxis.title.text == "read as"
    assert figure.layout.yaxis.title.text == "true"


def test_shares_are_percents_of_the_true_class_and_hide_no_error() -> None:
    texts = confusion_heatmap(confusion({(4, 9): 250, (2, 7): 1}), DIGITS, as_shares=True).data[2]
    assert texts.text[4 * 10 + 9] == "20"
    assert texts.text[4 * 10 + 4] == "80"
    assert texts.text[2 * 10 + 7] == "<0.1"
    assert texts.text[2 * 10 + 2] == ">99.9"
    assert texts.text[0] == "100"
    assert texts.text[1].isspace()


def test_without_its_diagonal_only_errors_are_left_but_every_cell_can_be_met() -> None:
    figure = confusion_heatmap(confusion({(4, 9): 3}), DIGITS, with_diagonal=False)
    right, wrong, texts = figure.data
    assert np.isnan(cells(right)).all()
    assert np.argwhere(~np.isnan(cells(wrong))).tolist() == [[4, 9]]
    assert [text for text in texts.text if not text.isspace()] == ["3"]
    assert len(texts.x) == 100
    assert figure.layout.hoverdistance == -1


def test_reliability_sets_how_often_against_how_sure() -> None:
    bins = [Bin(0.4, 0.6, 0.5, 0.25, 4), Bin(0.8, 1.0, 0.95, 0.9, 1000)]
    honest, model = reliability_diagram(bins).data
    assert (list(honest.x), list(honest.y)) == ([0, 100], [0, 100])
    assert (list(model.x), list(model.y)) == ([50, 95], [25, 90])
    assert model.marker.size[1] > model.marker.size[0]
    assert model.marker.opacity[1] > model.marker.opacity[0]
    assert list(model.text) == ["4 pictures", "1,000 pictures"]


def test_a_class_without_pictures_divides_nothing_by_zero() -> None:
    with np.errstate(all="raise"):
        figure = confusion_heatmap(np.zeros((10, 10), dtype=int), DIGITS)
    assert "0 of 0 (0.0%)" in figure.data[2].hovertext[0]


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


def run(number: int, title: str, **values: Any) -> Run:
    training = (Point(0.5, 1.5, 0.4), Point(1.0, 0.9, 0.7))
    return Run(
        number, title, "", "2026-01-01T00:00:00+00:00", State.FINISHED, {},
        training=training, validation=(Point(1.0, 0.8, 0.75),), **values,
    )  # fmt: skip


def test_smoothing_calms_without_shifting_a_level_curve() -> None:
    assert smoothed([3.0] * 5) == pytest.approx([3.0] * 5)
    assert smoothed([1.0, 5.0, 2.0], weight=0) == [1.0, 5.0, 2.0]
    shaky = [0.0, 1.0] * 50
    assert np.std(smoothed(shaky)[20:]) < 0.25 * np.std(shaky)
    assert smoothed([]) == []


def test_a_smoothed_curve_keeps_its_raw_values_behind_it() -> None:
    raw, calm = smoothed_curve("a", [1, 2], [10, 20], "#123456", weight=0.5)
    assert list(raw.y) == [10, 20]
    assert raw.opacity < 1
    assert raw.legendgroup == calm.legendgroup == "a"
    assert (raw.showlegend, calm.name) == (False, "a")


def test_runs_lie_over_each_other_each_in_its_own_colour() -> None:
    both = [run(1, "dense"), run(2, "convolutional")]
    accuracy = runs_accuracy(both, weight=0)
    named = [line for line in accuracy.data if line.name]
    assert [line.name for line in named] == ["dense", "convolutional"]
    assert named[0].line.color != named[1].line.color
    assert list(named[0].y) == [40, 70]
    assert [list(line.y) for line in runs_loss(both, weight=0).data[:3]] == [
        [1.5, 0.9],
        [1.5, 0.9],
        [0.8],
    ]
    assert len(runs_accuracy([]).data) == 0


def test_runs_are_points_of_accuracy_against_weights_and_time() -> None:
    both = [run(1, "a", accuracy=0.9, weights=100, seconds=2.0), run(2, "b"), run(3, "c")]
    for figure, x in ((accuracy_against_weights(both), 100), (accuracy_against_seconds(both), 2.0)):
        (point,) = figure.data
        assert (point.name, list(point.x), list(point.y)) == ("a", [x], [90])
