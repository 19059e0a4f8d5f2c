import numpy as np
import plotly.graph_objects as go
import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.evaluation.metrics import Bin
from mnist_app.core.plots import metric_charts
from tests.core.plots.validated_figures import validated

confusion_heatmap = validated(metric_charts.confusion_heatmap)
reliability_diagram = validated(metric_charts.reliability_diagram)


def confusion(errors: dict[tuple[int, int], int]) -> np.ndarray:
    """A thousand pictures of each class read right, but for these."""
    matrix = np.diag(np.full(10, 1000))
    for cell, count in errors.items():
        matrix[cell] = count
    return matrix


def cells(trace: go.Heatmap) -> np.ndarray:
    return np.array(trace.z, dtype=float)


def test_a_single_error_has_a_cell_of_its_own_colour() -> None:
    right, wrong, _ = confusion_heatmap(confusion({(4, 9): 1}), DIGIT_NAMES).data
    assert np.array_equal(~np.isnan(cells(right)), np.eye(10, dtype=bool))
    assert np.argwhere(~np.isnan(cells(wrong))).tolist() == [[4, 9]]
    assert right.colorscale != wrong.colorscale


def test_more_errors_have_a_stronger_colour_and_the_worst_the_strongest() -> None:
    _, wrong, _ = confusion_heatmap(confusion({(4, 9): 40, (2, 7): 2}), DIGIT_NAMES).data
    assert cells(wrong)[4, 9] > cells(wrong)[2, 7] > wrong.zmin
    assert cells(wrong)[4, 9] == pytest.approx(wrong.zmax)


def test_cells_say_in_words_what_they_hold() -> None:
    figure = confusion_heatmap(confusion({(4, 9): 250}), DIGIT_NAMES)
    texts = figure.data[2]
    index = 4 * 10 + 9
    assert (texts.y[index], texts.x[index], texts.text[index]) == ("4", "9", "250")
    assert "4 read as 9" in texts.hovertext[index]
    assert "250 of 1250 (20.0%)" in texts.hovertext[index]
    assert texts.text[1].isspace()
    assert figure.layout.xaxis.title.text == "read as"
    assert figure.layout.yaxis.title.text == "shows"


def test_shares_are_percents_of_the_true_class_and_hide_no_error() -> None:
    texts = confusion_heatmap(
        confusion({(4, 9): 250, (2, 7): 1}), DIGIT_NAMES, as_fractions=True
    ).data[2]
    assert texts.text[4 * 10 + 9] == "20.0"
    assert texts.text[4 * 10 + 4] == "80.0"
    assert texts.text[2 * 10 + 7] == "0.1"
    assert texts.text[2 * 10 + 2] == "99.9"
    assert texts.text[0] == "100"
    assert texts.text[1].isspace()


def test_without_its_diagonal_only_errors_are_left_but_every_cell_can_be_met() -> None:
    figure = confusion_heatmap(confusion({(4, 9): 3}), DIGIT_NAMES, with_diagonal=False)
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
        figure = confusion_heatmap(np.zeros((10, 10), dtype=int), DIGIT_NAMES)
    assert "0 of 0 (0%)" in figure.data[2].hovertext[0]


def test_a_selected_cell_has_a_frame_around_it() -> None:
    matrix = confusion({(4, 9): 3})
    assert not confusion_heatmap(matrix, DIGIT_NAMES).layout.shapes
    (frame,) = confusion_heatmap(matrix, DIGIT_NAMES, selected=(4, 9)).layout.shapes
    assert (frame.x0, frame.x1, frame.y0, frame.y1) == (8.5, 9.5, 3.5, 4.5)
