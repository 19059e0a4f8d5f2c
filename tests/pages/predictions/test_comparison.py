import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.data.datasets import load
from mnist_app.core.evaluation import metric_explanations
from mnist_app.core.evaluation.comparison import Comparison, compare
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.models.model_store import models
from mnist_app.core.runs import outcomes
from mnist_app.lab.training.experiment import train_model
from mnist_app.pages.predictions import comparison
from mnist_app.pages.session.jobs import evaluation_job
from tests.support.samples import quick
from tests.support.visits import IN_TEST_ORDER, bodies, settled, visit

pytestmark = pytest.mark.usefixtures("idle_workers")


@pytest.fixture
def two_models(one_model: Path) -> Path:
    """The small convolutional network beside a dense one, which reads less well."""
    config = quick(dataset="optdigits", epochs=1)
    outcomes.saved(train_model(config, "Plain [dense]"), one_model / "plain.keras")
    return one_model


def compared(app: AppTest) -> tuple[tuple[EvaluationReport, ...], Comparison]:
    """Return the results of both models and their differences."""
    by_name = {model.name: model for model in models()}
    dataset = load("optdigits")
    reports = tuple(evaluation_job(by_name[name], dataset).result for name in ("tiny", "plain"))
    return reports, compare(*reports)


def opened() -> AppTest:
    return visit("predictions", {"model": "tiny", "other": "plain"})


def test_two_different_models_stand_side_by_side_measure_by_measure(two_models: Path) -> None:
    app = opened()
    reports, _ = compared(app)
    assert reports[0].accuracy != reports[1].accuracy
    table = next(body for body in bodies(app) if "side-by-side" in body)
    assert table.index("Tiny") < table.index("Plain [dense]")
    for one, other in zip(*map(metric_explanations.measures, reports), strict=True):
        row = f'<th scope="row">{one.name}</th><td>{one.value}</td><td>{other.value}</td>'
        assert (row in table) == (one.name in comparison.COMPARED)
    assert table.count("<tr>") == 1 + len(comparison.COMPARED)
    assert any(r"“Plain \[dense\]”" in text.value for text in app.markdown)


@pytest.mark.parametrize("side", ["first", "second"])
def test_what_only_one_of_them_reads_right_is_shown_in_the_gallery(
    two_models: Path, side: str
) -> None:
    app = opened()
    _, found = compared(app)
    own = found.only_first if side == "first" else found.only_second
    assert len(own) > 0
    button = app.button(key=f"versus_{side}")
    assert button.label == f"Show all {len(own):,} in the gallery"
    app.selectbox(key="gallery_true").set_value(3).run()
    app.button(key=f"versus_{side}").click()
    settled(app)
    app.selectbox(key="gallery_order").set_value(IN_TEST_ORDER["gallery_order"]).run()
    numbers = re.findall(r'data-number="(\d+)"', "".join(bodies(app)))
    assert [int(number) for number in numbers] == own[:40].tolist()
    assert app.selectbox(key="gallery_true").value == -1
