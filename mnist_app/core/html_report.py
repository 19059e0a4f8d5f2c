"""A report of a model to take away: one HTML page that needs no network, and a CSV of answers."""

import csv
import html
import io
from collections.abc import Sequence

from mnist_app.core.evaluation.metric_explanations import MEANS, RELIABILITY, measures, of_curves
from mnist_app.core.evaluation.metrics import EvaluationReport, reliability
from mnist_app.core.percentages import percent
from mnist_app.core.plots.charts import Figure, as_json, plotly_script
from mnist_app.core.plots.metric_charts import confusion_heatmap, reliability_diagram
from mnist_app.core.plots.run_charts import ERROR, LOSS, run_curves
from mnist_app.core.runs.learning_curve import LearningCurves

_STYLE = """
:root { color-scheme: light; }
body { font-family: system-ui, sans-serif; line-height: 1.5; max-width: 60rem; margin: 2rem auto;
  padding: 0 1rem; color: #1b2333; background: #fff; }
table { border-collapse: collapse; margin: 1rem 0; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid #cdd5e3; padding: 0.3rem 0.8rem; text-align: right; }
th:first-child, td:first-child, .words td:nth-child(n + 3), .words th:nth-child(n + 3) {
  text-align: left; }
@media (max-width: 40rem) {
  .words thead { display: none; }
  .words tbody, .words tr, .words td { display: block; }
  .words tr { border-bottom: 1px solid #cdd5e3; padding: 0.6rem 0; }
  .words td { border: 0; padding: 0.1rem 0; text-align: left; }
  .words td:first-child { font-weight: 700; }
  .words td:last-child { font-style: italic; }
}
"""


def as_csv(report: EvaluationReport, names: Sequence[str]) -> str:
    """Return a row for each test picture: what it is, how it was read, every probability.

    The pictures are numbered from 1, as on the page.
    """
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    chances = [f"p({name})" for name in names]
    rows.writerow(["test picture (from 1)", "true", "read as", "right", "confidence", *chances])
    for number, (true, read, probabilities) in enumerate(
        zip(report.labels, report.predictions, report.probabilities, strict=True), start=1
    ):
        written = [f"{value:.6g}" for value in probabilities]
        is_right = int(true == read)
        rows.writerow([number, names[true], names[read], is_right, written[read], *written])
    return text.getvalue()


def as_html(
    report: EvaluationReport, names: Sequence[str], title: str, about: str, curves: LearningCurves
) -> str:
    """Return a page with every measure and its charts, whole in one file of about 5 MB.

    Args:
        names: one a class.
        title: of the page.
        about: a sentence on what was measured.
        curves: of the run that made the model.
    """
    return (
        '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{html.escape(title)}</title><style>{_STYLE}</style>"
        f"<script>{plotly_script().read_text(encoding='utf-8')}</script></head><body>"
        f"<h1>{html.escape(title)}</h1><p>{html.escape(about)}</p>"
        f"<h2>How good it is</h2>{_measures(report)}"
        f"<h2>One by one</h2>{_said(MEANS)}{_classes(report, names)}"
        f"<h2>What it mixes up</h2>{_chart(confusion_heatmap(report.confusion_matrix, names))}"
        f"<h2>Can you trust its confidence?</h2>{_said(RELIABILITY)}"
        f"{_chart(reliability_diagram(reliability(report)))}"
        f"<h2>How it learned</h2>{_learned(curves)}"
        "</body></html>\n"
    )


def _measures(report: EvaluationReport) -> str:
    return _table(
        ("measure", "value", "what it means", "where it misleads"),
        [(one.name, one.value, one.meaning, one.catch) for one in measures(report)],
        kind="words",
    )


def _learned(curves: LearningCurves) -> str:
    if not curves.training:
        return _said("No learning curves were kept with this model.")
    epochs = max(1, round(curves.training[-1].epoch))
    charts = [
        _chart(run_curves(quantity, curves.training, curves.validation, epochs))
        for quantity in (ERROR, LOSS)
    ]
    return _said(of_curves(curves.is_taught)) + "".join(charts)


def _classes(report: EvaluationReport, names: Sequence[str]) -> str:
    scores = [
        *zip(names, report.per_class, strict=True),
        ("average of the rows (macro)", report.macro),
        ("average by pictures (weighted)", report.weighted),
    ]
    return _table(
        ("shows", "precision", "recall", "F1", "pictures"),
        [
            (
                name,
                *(percent(value, 2) for value in (of.precision, of.recall, of.f1)),
                f"{of.images:,}",
            )
            for name, of in scores
        ],
    )


def _said(text: str) -> str:
    return f"<p>{html.escape(text)}</p>"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], kind: str = "") -> str:
    head = "".join(f"<th>{html.escape(text)}</th>" for text in heads)
    body = "".join(
        f"<tr>{''.join(f'<td>{html.escape(text)}</td>' for text in row)}</tr>" for row in rows
    )
    return f'<table class="{kind}"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'


def _chart(figure: Figure) -> str:
    # No text in it ends the script.
    data = as_json(figure).replace("<", "\\u003c")
    return (
        "<div></div><script>{"
        f"const figure = {data};"
        "Plotly.newPlot(document.currentScript.previousElementSibling, figure.data, figure.layout, "
        "{ displayModeBar: false, responsive: true });"
        "}</script>"
    )
