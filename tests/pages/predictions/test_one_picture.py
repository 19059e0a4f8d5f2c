import json
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.evaluation.shipped_analysis import ALIKE
from mnist_app.core.models import model_cache
from mnist_app.pages.predictions import one_picture
from mnist_app.pages.session.queues import queues
from tests.support.visits import IN_TEST_ORDER, bodies, jobs_about, report, settled, visit

pytestmark = pytest.mark.usefixtures("idle_workers")


def second_model(folder: Path, name: str) -> None:
    for suffix in (".keras", ".json"):
        shutil.copy(folder / f"tiny{suffix}", folder / f"{name}{suffix}")


def opened(app: AppTest) -> str | None:
    """The HTML of the picture that stands large, None when none does."""
    return next((body for body in bodies(app) if 'class="opened' in body), None)


def examples(app: AppTest) -> list[str]:
    """The classes of the training pictures that are shown as most alike."""
    body = next(body for body in bodies(app) if "gallery examples" in body)
    return re.findall(r"<figcaption>(\d)</figcaption>", body)


def opinions(app: AppTest) -> list[tuple[str, str]]:
    """Of each other model its title and its answer."""
    body = next((body for body in bodies(app) if "opinions" in body), "")
    return re.findall(r"<th>(.*?)</th><td>(.*?)</td>", body)


def test_nothing_is_opened_until_it_is_asked_for(one_model: Path) -> None:
    app = visit("predictions")
    assert opened(app) is None
    assert "picture" not in app.query_params
    assert not queues().large.jobs()


def test_each_picture_of_the_gallery_is_a_button_with_its_number(one_model: Path) -> None:
    app = visit("predictions", {"gallery_true": "3", **IN_TEST_ORDER})
    body = next(body for body in bodies(app) if "<figcaption>3 read as" in body)
    numbers = [int(number) for number in re.findall(r'<button [^>]*data-number="(\d+)"', body)]
    assert numbers == np.flatnonzero(report().labels == 3)[:40].tolist()


def test_a_link_opens_a_picture_with_all_that_is_said_of_it(one_model: Path) -> None:
    wrong = settle_a_wrong_one()
    app = visit("predictions", {"picture": str(wrong)})
    true, read = report().labels[wrong], report().predictions[wrong]
    body = opened(app) or ""
    assert f"Read as {read}" in body
    assert f"wrong: it shows {true}" in body
    assert len(examples(app)) == ALIKE
    assert any("network finds most similar" in text.value for text in app.markdown)
    assert any("training pictures of optdigits" in text.value for text in app.caption)
    assert any("no other model" in text.value for text in app.caption)


def settle_a_wrong_one() -> int:
    visit("predictions")
    return int(np.flatnonzero(~report().is_right)[0])


def test_it_says_when_the_model_learned_from_other_pictures(one_model: Path) -> None:
    card = json.loads((one_model / "tiny.json").read_text())
    card["dataset"] = "mnist"
    (one_model / "tiny.json").write_text(json.dumps(card))
    app = visit("predictions", {"picture": "0"})
    assert any("learned from MNIST, not from these" in text.value for text in app.caption)


def test_one_looks_inside_when_one_wants_to(one_model: Path) -> None:
    app = visit("predictions", {"picture": "0"})
    assert not jobs_about(queues().short, "explain")
    app.session_state["opened_inside"] = True
    settled(app)
    assert any("Here is how" in body for body in bodies(app))


def test_one_steps_through_the_gallery_as_it_is_filtered(one_model: Path) -> None:
    app = visit("predictions", {"gallery_true": "3", **IN_TEST_ORDER})
    threes = np.flatnonzero(report().labels == 3)
    app = visit("predictions", {"gallery_true": "3", **IN_TEST_ORDER, "picture": str(threes[0])})
    assert app.button(key="opened_previous").disabled
    app.button(key="opened_next").click()
    settled(app)
    assert app.query_params["picture"] in (str(threes[1]), [str(threes[1])])
    assert f"Test picture {threes[1] + 1}," in (opened(app) or "")
    app.button(key="opened_previous").click()
    settled(app)
    assert app.query_params["picture"] in (str(threes[0]), [str(threes[0])])
    app.button(key="opened_close").click()
    settled(app)
    assert opened(app) is None
    assert "picture" not in app.query_params


def test_the_other_models_are_asked(one_model: Path) -> None:
    second_model(one_model, "twin")
    (one_model / "broken.keras").write_bytes(b"not a model")
    app = visit("predictions", {"model": "tiny", "picture": "0"})
    assert dict(opinions(app)) == {"Tiny": str(report().predictions[0]), "broken": ""}
    assert "broken" in next(body for body in bodies(app) if "opinions" in body)


def test_a_second_opinion_that_failed_can_be_tried_again(
    one_model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path) -> None:
        raise MemoryError

    second_model(one_model, "twin")
    with monkeypatch.context() as memory:
        memory.setattr(model_cache, "loaded", full)
        app = visit("predictions", {"model": "tiny", "picture": "0"})
        settled(app)
        assert dict(opinions(app)) == {"Tiny": ""}
    app.button(key="retry_opinions").click()
    settled(app)
    assert dict(opinions(app)) == {"Tiny": str(report().predictions[0])}
    assert "retry_opinions" not in [button.key for button in app.button]


def test_no_more_models_are_asked_than_are_kept_ready(one_model: Path) -> None:
    for number in range(one_picture.MOST_OTHERS + 1):
        second_model(one_model, f"twin{number}")
    app = visit("predictions", {"model": "tiny", "picture": "0"})
    settled(app)
    assert len(opinions(app)) == one_picture.MOST_OTHERS
    assert len(dict(opinions(app))) == one_picture.MOST_OTHERS, "equal titles are told apart"
    asked = len(jobs_about(queues().short, "load"))
    settled(app)
    assert len(jobs_about(queues().short, "load")) == asked == one_picture.MOST_OTHERS
    asked, known = one_picture.MOST_OTHERS, one_picture.MOST_OTHERS + 1
    assert f"Showing the newest: {asked} of {known} other models." in [
        text.value for text in app.caption
    ]


@pytest.mark.parametrize("nonsense", ["", "-1", "360", "1e9", "\u0663", "<script>", "9" * 5000])
def test_nonsense_opens_nothing(one_model: Path, nonsense: str) -> None:
    app = visit("predictions", {"picture": nonsense})
    assert opened(app) is None
    assert not app.error
