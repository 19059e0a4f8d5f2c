import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from visiting import bodies, settled, visit

from mnist_app import model_store
from mnist_app.evaluation import EvaluationReport
from mnist_app.pages.workers import workers


@pytest.fixture(autouse=True)
def idle_workers() -> None:
    """No test finds the jobs of another."""
    workers.clear()


@pytest.fixture
def no_models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty models' folder, and nothing shipped."""
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.setattr(model_store, "SHIPPED", tmp_path / "nothing.keras")
    return folder


@pytest.fixture
def one_model(no_models: Path, model_path: Path) -> Path:
    """A models' folder that holds one small network."""
    for part in (model_path, model_path.with_suffix(".json")):
        shutil.copy(part, no_models)
    return no_models


def gallery(app: AppTest) -> list[tuple[str, str]]:
    """Of each picture shown, its true digit and how it was read."""
    shown = "".join(bodies(app))
    return re.findall(r"<figcaption>is (\d), read as (\d), [\d.]+% sure", shown)


def turn(app: AppTest, page: int) -> None:
    # AppTest cannot click this widget; its key stands at the end of its id.
    key = app.get("pagination")[0].proto.id.split("-", 2)[2]
    app.session_state[key] = page
    app.run()


def status(app: AppTest) -> str:
    return next(body for body in bodies(app) if 'role="status"' in body)


def report() -> EvaluationReport:
    """What the page evaluated last."""
    return workers().evaluations.jobs()[-1].result


def test_it_shows_every_measure_with_its_meaning(one_model: Path) -> None:
    app = visit("predictions")
    assert [metric.label for metric in app.metric] == [
        "Accuracy", "Loss", "Precision", "Recall", "F1",
    ]  # fmt: skip
    assert all(metric.help for metric in app.metric)
    assert app.metric[0].value == f"{report().accuracy:.2%}"
    table = app.dataframe[0].value
    assert len(table) == 10
    assert list(table["recall"]) == [scores.recall * 100 for scores in report().per_class]


def test_a_model_and_a_data_set_are_evaluated_once(one_model: Path) -> None:
    settled(visit("predictions"))
    visit("predictions")
    assert len(workers().evaluations.jobs()) == 1


def test_the_worst_confusions_are_listed_in_words(one_model: Path) -> None:
    listed = next(text.value for text in visit("predictions").markdown if "read as" in text.value)
    errors = report().confusion_matrix * ~np.eye(10, dtype=bool)
    true, read = divmod(int(errors.argmax()), 10)
    count = errors.max()
    assert listed.splitlines()[0] == (
        f"1. {true} read as {read}: {'once' if count == 1 else f'{count} times'}"
    )


def test_filters_show_exactly_the_pictures_they_name(one_model: Path) -> None:
    app = visit("predictions")
    everything = report()
    app.selectbox(key="gallery_true").set_value(3).run()
    assert {true for true, _ in gallery(app)} == {"3"}
    assert f"{(everything.labels == 3).sum()} pictures" in status(app)
    app.selectbox(key="gallery_true").set_value(-1).run()
    app.selectbox(key="gallery_read").set_value(7).run()
    assert {read for _, read in gallery(app)} == {"7"}
    app.segmented_control(key="gallery_kind").set_value("Read right").run()
    assert set(gallery(app)) == {("7", "7")}
    both_sevens = (everything.labels == 7) & (everything.predictions == 7)
    assert f"{both_sevens.sum()} picture" in status(app)


def test_only_errors_are_shown_when_they_are_asked_for(one_model: Path) -> None:
    app = visit("predictions")
    app.segmented_control(key="gallery_kind").set_value("Read wrong").run()
    wrong = report().labels != report().predictions
    assert 0 < len(gallery(app)) == min(40, wrong.sum())
    assert all(true != read for true, read in gallery(app))


def test_a_filter_that_nothing_passes_says_so(one_model: Path) -> None:
    app = visit("predictions")
    app.selectbox(key="gallery_true").set_value(3).run()
    app.selectbox(key="gallery_read").set_value(3).run()
    app.segmented_control(key="gallery_kind").set_value("Read wrong").run()
    assert not gallery(app)
    assert "choose other filters" in app.info[0].value


def test_pages_are_turned_and_a_filter_starts_at_the_first(one_model: Path) -> None:
    app = visit("predictions")
    first = gallery(app)
    assert len(first) == 40
    assert "page 1 of 9" in status(app)
    turn(app, 2)
    assert "page 2 of 9" in status(app)
    expected = zip(report().labels[40:80], report().predictions[40:80], strict=True)
    assert gallery(app) == [(str(true), str(read)) for true, read in expected]
    turn(app, 9)
    assert len(gallery(app)) == 360 - 8 * 40
    app.selectbox(key="gallery_true").set_value(5).run()
    assert "page 1 of 1" in status(app)


def test_a_random_sample_differs_and_the_order_comes_back(one_model: Path) -> None:
    app = visit("predictions")
    first = gallery(app)
    app.button(key="gallery_random").click().run()
    sample = gallery(app)
    assert len(sample) == 40
    assert sample != first
    app.button(key="gallery_random").click().run()
    assert gallery(app) != sample
    app.button(key="gallery_ordered").click().run()
    assert gallery(app) == first


def test_without_mnist_the_digits_that_are_always_here_are_shown(one_model: Path) -> None:
    app = visit("predictions")
    assert app.selectbox(key="chosen_dataset").value == "optdigits"
    assert app.query_params["dataset"] == "optdigits"
    assert app.query_params["model"] == "tiny"
    # Clothes do not fit a model of digits.
    assert not any("Fashion" in option for option in app.selectbox(key="chosen_dataset").options)


def test_a_link_that_makes_no_sense_falls_back_quietly(one_model: Path) -> None:
    app = visit("predictions", {"model": "../../etc/passwd", "dataset": "fashion_mnist"})
    assert app.selectbox(key="chosen_model").value == "tiny"
    assert app.selectbox(key="chosen_dataset").value == "optdigits"
    assert len(app.metric) == 5
    assert not app.error


def test_a_link_downloads_nothing_but_offers_to(one_model: Path) -> None:
    app = visit("predictions", {"dataset": "mnist"})
    assert "not on this machine" in app.info[0].value
    assert "Download MNIST" in app.button(key="download").label
    assert not workers().datasets.jobs()


def test_a_download_that_fails_is_told_and_can_be_retried(one_model: Path) -> None:
    app = visit("predictions")
    app.selectbox(key="chosen_dataset").set_value("mnist")
    settled(app)
    assert "could not be downloaded" in app.error[0].value
    retry = next(button for button in app.button if button.label == "Try again")
    retry.click()
    settled(app)
    assert "could not be downloaded" in app.error[0].value
    app.selectbox(key="chosen_dataset").set_value("optdigits")
    settled(app)
    assert not app.error
    assert len(app.metric) == 5


def test_without_any_model_it_says_what_to_do(no_models: Path) -> None:
    app = visit("predictions")
    assert "train one" in app.info[0].value
    assert not app.metric


def test_a_broken_model_is_told_in_one_sentence(no_models: Path) -> None:
    (no_models / "broken.keras").write_bytes(b"not a model")
    app = visit("predictions")
    assert "broken" in app.error[0].value
    assert any(button.label == "Try again" for button in app.button)
    assert not app.metric


def test_an_evaluation_that_was_stopped_starts_again_when_asked(one_model: Path) -> None:
    app = visit("predictions")
    line = workers().evaluations
    job = line.jobs()[-1]
    line.forget(job.id)

    def interrupted(control: object) -> None:
        raise InterruptedError

    line.wait(line.submit(interrupted, key=job.key).id, timeout=10)
    settled(app)
    assert "was stopped" in app.info[0].value
    again = next(button for button in app.button if button.label == "Start again")
    again.click()
    settled(app)
    assert len(app.metric) == 5
