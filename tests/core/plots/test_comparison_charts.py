from typing import Any

import pytest

from mnist_app.core.plots import comparison_charts
from mnist_app.core.plots.run_charts import ACCURACY, ERROR, LOSS
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.progress import Point
from mnist_app.core.runs.run import Run, RunState
from tests.core.plots.validated_figures import validated

accuracy_against_seconds = validated(comparison_charts.accuracy_against_seconds)
accuracy_against_parameter_count = validated(comparison_charts.accuracy_against_parameter_count)
runs_curves = validated(comparison_charts.runs_curves)

CURVES = LearningCurves((Point(0.5, 1.5, 0.4), Point(1.0, 0.9, 0.7)), (Point(1.0, 0.8, 0.75),))


def run(number: int, title: str, epochs: int = 1, **values: Any) -> Run:
    created, settings = "2026-01-01T00:00:00+00:00", {"epochs": epochs}
    return Run(number, title, "", created, RunState.FINISHED, settings, **values)


def test_runs_lie_over_each_other_each_in_its_own_colour() -> None:
    both = [run(1, "dense", epochs=2), run(2, "convolutional, of a very long name", epochs=4)]
    accuracy = runs_curves(ACCURACY, both, [CURVES] * 2)
    smooth, checked = accuracy.data[0:4:2], accuracy.data[1:4:2]
    assert smooth[0].line.color == checked[0].line.color != smooth[1].line.color
    assert 40 == smooth[0].y[0] < smooth[0].y[1] < 70
    assert list(checked[0].y) == [75]
    longest = list(accuracy.layout.xaxis.range)
    assert longest == pytest.approx([0, 4], rel=0.02), "as many epochs as the longest has"
    assert list(runs_curves(LOSS, both, [CURVES] * 2).data[1].y) == [0.8]


def test_the_legend_names_the_runs_and_both_kinds_of_lines() -> None:
    both = [run(1, "dense"), run(2, "convolutional, of a very long name")]
    lines = [
        line for line in runs_curves(ERROR, both, [CURVES] * 2).data if line.showlegend is not False
    ]
    assert [(line.name, line.line.dash) for line in lines] == [
        ("dense", None),
        ("convolutional, of a very …", None),
        ("training pictures", "solid"),
        ("held-back pictures", "dot"),
    ]


def test_the_name_of_a_run_is_shown_as_it_is() -> None:
    one = run(1, "<b>bold</b> %{x}", accuracy=0.9, parameter_count=100)
    for figure in (runs_curves(ERROR, [one], [CURVES]), accuracy_against_parameter_count([one])):
        shown = next(line for line in figure.data if line.name)
        assert "<b>bold" not in shown.name + shown.hovertemplate
        assert "bold&lt;/b&gt; %&#123;x}" in shown.hovertemplate


def test_runs_are_points_of_accuracy_against_parameter_count_and_time() -> None:
    both = [run(1, "a", accuracy=0.9, parameter_count=100, seconds=2.0), run(2, "b"), run(3, "c")]
    for figure, x in (
        (accuracy_against_parameter_count(both), 100),
        (accuracy_against_seconds(both), 2.0),
    ):
        (point,) = figure.data
        assert (point.name, list(point.x), list(point.y)) == ("a", [x], [90])
