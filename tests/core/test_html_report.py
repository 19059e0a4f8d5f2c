import csv
import html
import io
import re
from dataclasses import replace

import numpy as np

from mnist_app.core.evaluation.metric_explanations import (
    CURVES,
    MEANS,
    RELIABILITY,
    TAUGHT,
    measures,
)
from mnist_app.core.evaluation.metrics import EvaluationReport, score
from mnist_app.core.html_report import as_csv, as_html
from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.progress import Point

NAMES = ("cat, tame", "<dog>", "owl")


def report() -> EvaluationReport:
    answers = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8]], dtype=np.float32)
    return score(answers, np.array([0, 1, 2]))


def test_the_table_holds_every_answer_and_can_be_read_back() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv(report(), NAMES))))
    assert [row["test picture (from 1)"] for row in rows] == ["1", "2", "3"]
    assert [row["true"] for row in rows] == list(NAMES)
    assert [row["read as"] for row in rows] == ["cat, tame", "cat, tame", "owl"]
    assert [row["right"] for row in rows] == ["1", "0", "1"]
    assert [float(row["confidence"]) for row in rows] == [0.7, 0.6, 0.8]
    assert float(rows[1]["p(<dog>)"]) == 0.3


def test_the_page_is_whole_and_asks_the_network_for_nothing() -> None:
    page = as_html(report(), NAMES, "Cats & owls", "Three <pictures>.", LearningCurves())
    assert "<h1>Cats &amp; owls</h1><p>Three &lt;pictures&gt;.</p>" in page
    assert "66.67%" in page
    assert "<td>&lt;dog&gt;</td>" in page
    assert page.count("Plotly.newPlot(") == 2
    assert "No learning curves" in page
    # The library itself is inside, and nothing is loaded from elsewhere.
    assert len(page) > 1_000_000
    assert not re.search(r"<(script|link|img)[^>]*(src|href)=", page[:2000] + page[-20_000:])


def test_the_page_says_what_each_measure_means_and_where_it_misleads() -> None:
    page = as_html(report(), NAMES, "Cats & owls", "Three pictures.", LearningCurves())
    page = html.unescape(page)
    for measure in measures(report()):
        row = (measure.name, measure.value, measure.meaning, measure.catch)
        assert "".join(f"<td>{text}</td>" for text in row) in page
    assert MEANS in page
    assert RELIABILITY in page


def test_the_page_shows_the_learning_curves_that_are_known() -> None:
    points = (Point(1, 0.9, 0.5), Point(2, 0.4, 0.8125))
    curves = LearningCurves(points, points[1:])
    page = as_html(report(), NAMES, "Cats & owls", "Three pictures.", curves)
    assert page.count("Plotly.newPlot(") == 4
    assert CURVES in page
    assert TAUGHT not in page
    taught = replace(curves, is_taught=True)
    assert TAUGHT in as_html(report(), NAMES, "Cats & owls", "Three pictures.", taught)
    assert "18.75" in page
