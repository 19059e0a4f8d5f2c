import numpy as np
import plotly.graph_objects as go
import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.evaluation.metrics import EvaluationReport, score
from mnist_app.core.plots import projection_charts
from mnist_app.core.plots.charts import TEN
from tests.core.plots.validated_figures import validated

picture_scatter = validated(projection_charts.picture_scatter)


@pytest.fixture
def report() -> EvaluationReport:
    """Thirty pictures, three of each class; the first of class 4 is read as 9."""
    labels = np.arange(30) % 10
    read = np.where(np.arange(30) == 4, 9, labels)
    return score(np.eye(10, dtype=np.float32)[read] * 0.9 + 0.01, labels)


@pytest.fixture
def places() -> np.ndarray:
    return np.random.default_rng(0).normal(size=(30, 2)).astype(np.float32)


def points(figure: go.Figure) -> dict[int, tuple[float, float]]:
    return {
        int(number): (x, y)
        for trace in figure.data
        for number, x, y in zip(trace.customdata, trace.x, trace.y, strict=True)
    }


def test_every_picture_has_one_point_at_its_place(
    places: np.ndarray, report: EvaluationReport
) -> None:
    figure = picture_scatter(places, report, DIGIT_NAMES, "here")
    assert points(figure) == {
        number: pytest.approx(place, abs=1e-3) for number, place in enumerate(places)
    }
    assert {trace.type for trace in figure.data} == {"scattergl"}


def test_errors_are_crosses_in_the_colour_of_what_they_are(
    places: np.ndarray, report: EvaluationReport
) -> None:
    *right, wrong = picture_scatter(places, report, DIGIT_NAMES, "here").data
    assert [trace.name for trace in right] == list(DIGIT_NAMES)
    assert list(right[4].customdata) == [14, 24]
    assert right[4].marker.color == TEN[4]
    assert list(wrong.customdata) == [4]
    assert list(wrong.marker.color) == [TEN[4]]
    assert wrong.marker.symbol != right[4].marker.symbol


def test_chosen_pictures_stand_out(places: np.ndarray, report: EvaluationReport) -> None:
    figure = picture_scatter(places, report, DIGIT_NAMES, "here", np.array([4, 14]))
    shown = {
        int(trace.customdata[place]) for trace in figure.data for place in trace.selectedpoints
    }
    assert shown == {4, 14}
    assert all(
        trace.selectedpoints is None
        for trace in picture_scatter(places, report, DIGIT_NAMES, "here").data
    )


def test_another_choice_or_layout_ends_what_a_hand_drew_or_zoomed(
    places: np.ndarray, report: EvaluationReport
) -> None:
    def layout(name: str, chosen: list[int]) -> go.Layout:
        return picture_scatter(places, report, DIGIT_NAMES, name, np.array(chosen)).layout

    one, same = layout("a", [1, 2]), layout("a", [1, 2])
    assert one.selectionrevision == same.selectionrevision
    assert one.selectionrevision != layout("a", [1, 3]).selectionrevision
    assert one.xaxis.uirevision == same.xaxis.uirevision != layout("b", [1, 2]).xaxis.uirevision


def test_without_errors_there_are_no_crosses(places: np.ndarray) -> None:
    labels = np.arange(30) % 10
    figure = picture_scatter(places, score(np.eye(10)[labels], labels), DIGIT_NAMES, "here")
    assert len(figure.data[-1].x) == 0
