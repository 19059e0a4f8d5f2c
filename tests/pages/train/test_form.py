import re

import pytest

from mnist_app.core.presets import PRESETS
from mnist_app.core.runs.progress import Progress
from mnist_app.core.runs.run import RunState
from mnist_app.core.settings import SETTINGS, TrainingConfig
from mnist_app.pages.session.run_jobs import runs
from mnist_app.pages.train.form import GROUPS
from tests.pages.train.train_page import linked, opened

FORM = "from mnist_app.pages.train.form import show_form\nshow_form()"
MARKED = "![x](https://example.org/x.png) **b** <b> :red[r]"


@pytest.mark.parametrize("name", [row.name for row in SETTINGS])
def test_what_a_link_says_is_shown_as_it_is(name: str) -> None:
    (warning,) = linked(FORM, **{name: MARKED}).warning
    assert not re.search(r"(?<!\\)[][!*<:]", warning.value.replace("\\\\", ""))
    is_on_page = next(row.group in GROUPS for row in SETTINGS if row.name == name)
    assert ("example" in warning.value) is is_on_page


def test_what_cannot_be_built_is_shown_as_it_is() -> None:
    app = linked(FORM, architecture="custom")
    app.text_input(key="set_layers").set_value("![x](https://e.org)").run()
    assert "\\!\\[x\\]" in app.error[0].value


def test_a_preset_fills_in_the_form() -> None:
    app = opened()
    app.segmented_control(key="preset").set_value("best").run()
    assert app.session_state["set_architecture"] == "residual_cnn"
    app.segmented_control(key="preset").set_value("ten-seconds").run()
    assert app.session_state["set_architecture"] == "fast_cnn"
    assert app.session_state["set_elastic"] == 0.0
    assert app.session_state["set_epochs"] == 3


def test_settings_of_a_preset_of_the_command_line_mark_none() -> None:
    app = opened(**PRESETS["taught"])
    assert not app.exception
    assert app.session_state["set_epochs"] == 40
    assert app.segmented_control(key="preset").value is None


def test_a_preset_says_how_long_it_takes_once_a_run_here_has_shown_how_fast_it_is() -> None:
    assert opened().segmented_control(key="preset").options == ["Quick", "Standard", "Best"]
    run = runs().add("It", TrainingConfig(architecture="fast_cnn", dataset="optdigits"))
    runs().finish(run.id, RunState.FINISHED, Progress(1, 1, 9, 9, images_per_second=100))
    quick, standard, best = opened().segmented_control(key="preset").options
    assert (quick, best) == ("Quick: ~40 s", "Best: ~9 h")
    assert standard == "Standard: ~2 min"


def test_the_preset_that_the_form_agrees_with_is_marked_and_no_other() -> None:
    app = opened()
    assert app.segmented_control(key="preset").value == "one-minute"
    app.slider(key="set_epochs").set_value(4).run()
    assert app.segmented_control(key="preset").value is None
