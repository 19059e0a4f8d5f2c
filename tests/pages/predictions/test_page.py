import json
import math
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from mnist_app.core.evaluation import metric_explanations
from mnist_app.core.evaluation.metrics import as_dict
from mnist_app.core.percentages import percent
from mnist_app.pages.predictions import gallery as test_pictures
from mnist_app.pages.predictions.confusion import times
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.wording import escape_markdown
from tests.support.visits import IN_TEST_ORDER, bodies, jobs_about, report, settled, visit

MEASURES = 8


pytestmark = pytest.mark.usefixtures("idle_workers")


def gallery(app: AppTest) -> list[tuple[str, str]]:
    """Of each picture shown, its true digit and how it was read."""
    shown = "".join(bodies(app))
    return re.findall(r"<figcaption>(\d) read as (\d)\n(?:&gt;)?[\d.]+% sure", shown)


def turn(app: AppTest, page: int) -> None:
    # AppTest cannot click this widget; its key stands at the end of its id.
    key = app.get("pagination")[0].proto.id.split("-", 2)[2]
    app.session_state[key] = page
    app.run()


def status(app: AppTest) -> str:
    return next(body for body in bodies(app) if 'role="status"' in body)


def test_it_shows_every_measure_with_its_meaning(one_model: Path) -> None:
    app = visit("predictions")
    assert [metric.label for metric in app.metric] == [
        "Accuracy",
        "Precision",
        "Recall",
        "F1",
        "Top-2 accuracy",
        "Loss",
        "Binary loss",
        "Calibration error",
    ]
    captions = [caption.value for caption in app.caption]
    for measure in metric_explanations.measures(report()):
        assert f"{measure.meaning} *{measure.catch}*" in captions
    assert app.metric[0].value == percent(report().accuracy, 2)
    table = app.dataframe[0].value
    assert list(table.index) == [*"0123456789", "macro", "weighted"]
    expected = [*report().per_class, report().macro, report().weighted]
    assert list(table["recall"]) == [scores.recall * 100 for scores in expected]


def test_a_model_and_a_data_set_are_evaluated_once(one_model: Path) -> None:
    settled(visit("predictions"))
    visit("predictions")
    assert len(jobs_about(queues().analyses, "evaluation")) == 1


def test_an_evaluation_outlives_the_server(
    one_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settled(visit("predictions"))
    first = report()
    queues.clear()
    # Whoever evaluated again would fail.
    monkeypatch.delattr("mnist_app.pages.session.jobs.evaluate")
    settled(visit("predictions"))
    assert report() is not first
    assert as_dict(report()) == as_dict(first)


def confused(app: AppTest) -> list[Button]:
    return [button for button in app.button if str(button.key).startswith("confused-")]


def test_the_worst_confusions_are_listed_in_words_and_lead_to_their_pictures(
    one_model: Path,
) -> None:
    app = visit("predictions", {"gallery_kind": "Correct", "gallery_sure": "90"})
    errors = report().confusion_matrix * ~np.eye(10, dtype=bool)
    true, read = divmod(int(errors.argmax()), 10)
    count = errors.max()
    worst = confused(app)[0]
    assert worst.label == escape_markdown(f"{true} read as {read}: {times(count)}")
    worst.click().run()
    assert gallery(app) == [(str(true), str(read))] * count


def test_filters_show_exactly_the_pictures_they_name(one_model: Path) -> None:
    app = visit("predictions")
    everything = report()
    app.selectbox(key="gallery_true").set_value(3).run()
    assert {true for true, _ in gallery(app)} == {"3"}
    assert f"{(everything.labels == 3).sum()} pictures" in status(app)
    app.selectbox(key="gallery_true").set_value(-1).run()
    app.selectbox(key="gallery_read").set_value(7).run()
    assert {read for _, read in gallery(app)} == {"7"}
    app.segmented_control(key="gallery_kind").set_value("Correct").run()
    assert set(gallery(app)) == {("7", "7")}
    both_sevens = (everything.labels == 7) & (everything.predictions == 7)
    assert f"{both_sevens.sum()} picture" in status(app)


def test_only_errors_are_shown_when_they_are_asked_for(one_model: Path) -> None:
    app = visit("predictions")
    app.segmented_control(key="gallery_kind").set_value("Wrong").run()
    wrong = report().labels != report().predictions
    assert 0 < len(gallery(app)) == min(40, wrong.sum())
    assert all(true != read for true, read in gallery(app))


def test_a_filter_that_nothing_passes_says_so(one_model: Path) -> None:
    app = visit("predictions")
    app.selectbox(key="gallery_true").set_value(3).run()
    app.selectbox(key="gallery_read").set_value(3).run()
    app.segmented_control(key="gallery_kind").set_value("Wrong").run()
    assert not gallery(app)
    assert "Choose other filters" in app.info[0].value


def test_pages_are_turned_and_a_filter_starts_at_the_first(one_model: Path) -> None:
    app = visit("predictions", IN_TEST_ORDER)
    assert len(gallery(app)) == 40
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
    app = visit("predictions", IN_TEST_ORDER)
    first = gallery(app)
    app.button(key="gallery_random").click().run()
    sample = gallery(app)
    assert len(sample) == 40
    assert sample != first
    app.button(key="gallery_random").click().run()
    assert gallery(app) != sample
    app.selectbox(key="gallery_order").set_value("In test order").run()
    assert gallery(app) == first


def sureness(app: AppTest) -> list[float]:
    """Return the confidence in each picture shown, in percent."""
    return [float(found) for found in re.findall(r"([\d.]+)% sure</fig", "".join(bodies(app)))]


def test_it_opens_with_the_worst_mistakes(one_model: Path) -> None:
    app = visit("predictions")
    errors = int((~report().is_right).sum())
    wrong = [true != read for true, read in gallery(app)]
    assert wrong == [True] * min(errors, 40) + [False] * max(0, 40 - errors)
    assert sureness(app)[:errors] == sorted(sureness(app)[:errors], reverse=True)


def test_the_least_sure_come_first_and_a_range_of_sureness_is_kept(one_model: Path) -> None:
    app = visit("predictions")
    app.selectbox(key="gallery_order").set_value("Least confident first").run()
    assert sureness(app) == sorted(sureness(app))
    app.slider(key="gallery_sure").set_value((60, 80)).run()
    expected = ((report().confidences >= 0.6) & (report().confidences <= 0.8)).sum()
    assert f"{expected} picture" in status(app)
    assert all(60 <= sure <= 80 for sure in sureness(app))
    app.button(key="gallery_all").click().run()
    assert "360 pictures" in status(app)
    # What is sent as set would undo a choice that is on its way.
    assert app.slider(key="gallery_sure").proto.set_value
    assert not app.segmented_control(key="gallery_kind").proto.set_value


def test_every_order_holds_the_same_pictures(one_model: Path) -> None:
    visit("predictions")
    found = np.flatnonzero(report().labels < 5)
    for order in test_pictures.ORDERS:
        ordered = test_pictures.in_order(report(), found, order, seed=3)
        assert np.array_equal(np.sort(ordered), found)


def test_a_link_says_what_is_seen(one_model: Path) -> None:
    link = {
        "gallery_true": "5",
        "gallery_order": "In random order",
        "seed": "7",
        "gallery_size": "Large",
    }
    app = visit("predictions", link)
    assert {true for true, _ in gallery(app)} == {"5"}
    assert 'width="112"' in "".join(bodies(app))
    assert sureness(visit("predictions", link)) == sureness(app)
    assert sureness(visit("predictions", {**link, "seed": "8"})) != sureness(app)


def test_a_link_names_a_page_and_turning_it_changes_the_link(one_model: Path) -> None:
    app = visit("predictions", {"page": "3"})
    assert "page 3 of 9" in status(app)
    turn(app, 4)
    assert app.query_params["page"] in ("4", ["4"])
    app.selectbox(key="gallery_true").set_value(5).run()
    assert "page" not in app.query_params


@pytest.mark.parametrize("nonsense", ["", "-1", "99", "1e9", "\u0663", "<script>", "9" * 5000])
def test_nonsense_in_a_link_never_breaks_the_page(one_model: Path, nonsense: str) -> None:
    names = (
        "page",
        "seed",
        "other",
        "gallery_true",
        "gallery_read",
        "gallery_kind",
        "gallery_sure",
        "gallery_order",
        "gallery_size",
        "matrix_numbers",
        "matrix_diagonal",
    )
    app = visit("predictions", dict.fromkeys(names, nonsense))
    assert len(app.metric) == MEASURES
    assert not app.error
    assert "page 1 of" in status(app)


def test_two_models_are_compared_in_words(one_model: Path) -> None:
    for suffix in (".keras", ".json"):
        shutil.copy(one_model / f"tiny{suffix}", one_model / f"twin{suffix}")
    app = visit("predictions")
    app.selectbox(key="chosen_other").set_value(
        next(option for option in ("tiny", "twin") if option != app.query_params["model"][0])
    )
    settled(app)
    assert any("exactly the same pictures" in text.value for text in app.markdown)


def test_without_a_second_model_it_says_so(one_model: Path) -> None:
    assert any("no second model" in info.value for info in visit("predictions").info)


def test_curves_are_those_of_the_run_that_made_the_model(one_model: Path) -> None:
    assert not any("No learning curves" in info.value for info in visit("predictions").info)
    card = json.loads((one_model / "tiny.json").read_text())
    endless = [[math.inf, 0.5, 0.8], [math.nan, 0.5, 0.8]]
    for nonsense in ("nonsense", endless):
        card["training"]["curves"] = {"training": nonsense, "validation": 3}
        (one_model / "tiny.json").write_text(json.dumps(card))
        assert any("No learning curves" in info.value for info in visit("predictions").info)
    card["training"]["curves"] = {"training": [[1, 0.5, 0.8], *endless], "validation": []}
    (one_model / "tiny.json").write_text(json.dumps(card))
    assert not any("No learning curves" in info.value for info in visit("predictions").info)


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
    assert len(app.metric) == MEASURES
    assert not app.error


def test_a_link_downloads_nothing_but_offers_to(one_model: Path) -> None:
    app = visit("predictions", {"dataset": "mnist"})
    assert "not on this server" in app.info[0].value
    assert "Download MNIST" in app.button(key="download").label
    assert not queues().datasets.jobs()


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
    assert len(app.metric) == MEASURES


def test_without_any_model_it_says_what_to_do(no_models: Path) -> None:
    app = visit("predictions")
    assert "Train one" in app.info[0].value
    assert not app.metric


def test_a_broken_model_is_told_in_one_sentence(no_models: Path) -> None:
    (no_models / "broken.keras").write_bytes(b"not a model")
    app = visit("predictions")
    assert "broken" in app.error[0].value
    assert any(button.label == "Try again" for button in app.button)
    assert not app.metric
