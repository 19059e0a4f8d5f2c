import numpy as np

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.plots import charts
from mnist_app.core.plots.charts import plain
from tests.core.plots.validated_figures import validated

probability_bars = validated(charts.probability_bars)


def test_the_digits_in_question_stand_out() -> None:
    bars = probability_bars(np.array([0.1, 0.5, 0.4]), ("a", "b", "c"), strong=(1, 2)).data[0]
    assert list(bars.y) == [10, 50, 40]
    assert bars.marker.color[1] == bars.marker.color[2] != bars.marker.color[0]


def test_a_text_of_somebody_elses_is_neither_html_nor_a_template() -> None:
    assert plain("<a href='x'>%{x} & y</a>") == "&lt;a href='x'&gt;%&#123;x} &amp; y&lt;/a&gt;"


def test_no_answer_is_said_to_be_quite_sure() -> None:
    bars = probability_bars(np.array([0.996, 0.004, 0.0]), ("a", "b", "c")).data[0]
    assert list(bars.text) == [">99%", "", ""]
    assert probability_bars(np.array([1.0, 0.0]), ("a", "b")).data[0].text[0] == ">99%"
    assert probability_bars(np.array([0.994, 0.006]), ("a", "b")).data[0].text[1] == "1%"


def test_without_a_drawing_all_bars_are_empty_and_none_stands_out() -> None:
    bars = probability_bars(None, DIGIT_NAMES).data[0]
    assert not any(bars.y)
    assert len(set(bars.marker.color)) == 1
