import numpy as np
import plotly.graph_objects as go
import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.plots import run_charts
from mnist_app.core.plots.run_charts import ACCURACY, ERROR, LOSS, SMOOTHING, smoothed
from mnist_app.core.runs.progress import Opinion, Point
from tests.core.plots.validated_figures import validated

class_accuracy_curves = validated(run_charts.class_accuracy_curves)
lesson_curve = validated(run_charts.lesson_curve)
learning_rate_curve = validated(run_charts.learning_rate_curve)
opinion_curves = validated(run_charts.opinion_curves)
run_curves = validated(run_charts.run_curves)


def test_curves_show_training_and_validation_over_epochs() -> None:
    training = [Point(0.5, 1.2, 0.6), Point(1.0, 0.8, 0.75)]
    validation = [Point(1.0, 0.9, 0.7)]
    accuracy = run_curves(ACCURACY, training, validation, epochs=3)
    raw, smooth, checked = accuracy.data
    assert (list(raw.y), list(checked.y)) == ([60, 75], [70])
    assert 60 == smooth.y[0] < smooth.y[1] < 75
    assert list(accuracy.layout.xaxis.range) == pytest.approx([0, 3], rel=0.02)
    loss = run_curves(LOSS, training, validation, epochs=3)
    assert (list(loss.data[0].y), list(loss.data[2].y)) == ([1.2, 0.8], [0.9])
    assert all(list(line.x) == [0.5, 1.0] for line in loss.data[:2])
    assert [line.name for line in loss.data if line.showlegend is not False] == [
        "training pictures",
        "held-back pictures",
    ]


@pytest.mark.parametrize(("epochs", "ticks"), [(1, [1]), (3, [1, 2, 3]), (25, [*range(3, 25, 3)])])
def test_few_of_many_rounds_are_named(epochs: int, ticks: list[int]) -> None:
    assert list(lesson_curve([Point(0.5, 1.2, 0.6)], epochs).layout.xaxis.tickvals) == ticks


def shown(figure: go.Figure) -> list[float]:
    """The ends of the axis of values."""
    ends = list(figure.layout.yaxis.range)
    return [10**end for end in ends] if figure.layout.yaxis.type == "log" else ends


def test_the_axis_of_accuracy_follows_once_an_epoch_ended_high() -> None:
    early = [Point(0.9, 0.2, 0.95)]
    assert shown(run_curves(ACCURACY, early, (), epochs=3)) == [0, 101]
    later = [*early, Point(1.0, 0.2, 0.96)]
    assert shown(run_curves(ACCURACY, later, [Point(1.0, 0.3, 0.93)], epochs=3))[0] == 90
    assert shown(run_curves(ACCURACY, later, [Point(1.0, 0.9, 0.5)], epochs=3))[0] == 0


def test_errors_have_a_decade_each_and_none_is_lost_at_nought() -> None:
    assert shown(run_curves(ERROR, (), (), epochs=3)) == pytest.approx([1, 100], rel=0.06)
    curve = [Point(0.5, 1.0, 0.5), Point(1.0, 0.1, 0.996)]
    figure = run_curves(ERROR, curve, [Point(1.0, 0.1, 1.0)], epochs=3)
    assert shown(figure) == pytest.approx([0.1, 100], rel=0.06)
    raw, _, checked = run_curves(ERROR, [Point(1.0, 0.1, 1.0)], [Point(1.0, 0.1, 1.0)], 3).data
    assert list(raw.y) == [None]
    assert list(checked.y) == [0.1]
    assert list(checked.customdata) == [0], "what is said beside the pointer"
    bad = run_curves(LOSS, [Point(0.5, 40.0, 0.1)], (), epochs=3)
    assert shown(bad)[1] >= 40


def test_the_learning_rate_is_drawn_over_epochs() -> None:
    points = [Point(0.5, 1, 0, learning_rate=0.002), Point(1, 1, 0, learning_rate=0.001)]
    figure = learning_rate_curve(points, epochs=4)
    assert (list(figure.data[0].x), list(figure.data[0].y)) == ([0.5, 1], [0.002, 0.001])
    assert list(figure.layout.xaxis.range) == pytest.approx([0, 4], rel=0.02)


def checked(times: int) -> list[Point]:
    return [Point(float(epoch), 1.0, 0.5) for epoch in range(1, times + 1)]


def test_the_accuracy_of_each_class_is_seen_to_rise() -> None:
    accuracies = [(0.5, 0.7), (0.9, 0.96)]
    figure = class_accuracy_curves(checked(2), accuracies, ("cat", "dog"), epochs=3)
    assert [list(line.x) for line in figure.data] == [[1, 2], [1, 2]]
    assert [list(line.y) for line in figure.data] == [[50, 90], [70, 96]]
    assert figure.layout.yaxis.range[0] == 50
    close = class_accuracy_curves(checked(1), [(0.97, 1.0)], ("cat", "dog"), epochs=3)
    assert close.layout.yaxis.range[0] == 90
    perfect = class_accuracy_curves(checked(1), [(1.0, 1.0)], ("cat", "dog"), epochs=3)
    assert perfect.layout.yaxis.range[0] < 100


def test_a_class_that_was_not_validated_is_not_drawn_as_nought() -> None:
    nan = float("nan")
    figure = class_accuracy_curves(checked(1), [(0.5, nan)], ("cat", "dog"), epochs=3)
    assert [line.showlegend for line in figure.data] == [True, False]
    assert list(figure.data[1].y) == [None]
    nothing = class_accuracy_curves(checked(1), [(nan, nan)], ("cat", "dog"), epochs=3)
    assert not any(line.showlegend for line in nothing.data)


def test_before_anything_was_validated_words_stand_in_the_chart() -> None:
    figure = class_accuracy_curves([], [], ("cat", "dog"), epochs=3, words="Not yet.")
    assert [note.text for note in figure.layout.annotations] == ["Not yet."]
    assert not any(line.y for line in figure.data)
    later = class_accuracy_curves(checked(1), [(0.5, 1.0)], ("cat", "dog"), epochs=3, words="Now.")
    assert not later.layout.annotations


def test_each_class_has_a_line_of_its_own_colour_for_the_drawing() -> None:
    opinions = [Opinion(0.1, (0.1,) * 10), Opinion(0.2, (0.91, *(0.01,) * 9))]
    lines = opinion_curves(opinions, DIGIT_NAMES, epochs=1).data
    assert list(lines[0].y) == [10, 91]
    assert list(lines[9].x) == [0.1, 0.2]
    assert len({line.line.color for line in lines}) == 10


def test_smoothing_starts_at_the_first_value_and_follows_slowly() -> None:
    assert smoothed([], SMOOTHING) == []
    assert smoothed([2.0] * 5, SMOOTHING) == pytest.approx([2.0] * 5)
    assert smoothed([1.0, 5.0, 2.0], 0) == [1.0, 5.0, 2.0]
    followed = smoothed([0.0] * 100 + [1.0] * 3, SMOOTHING)
    assert followed[-1] == pytest.approx(1 - SMOOTHING**3, abs=1e-4)
    shaky = [0.0, 1.0] * 50
    assert np.std(smoothed(shaky, SMOOTHING)[20:]) < 0.25 * np.std(shaky)
