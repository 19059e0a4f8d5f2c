from dataclasses import replace
from typing import Any

import pytest

from mnist_app.core.runs.learning_curve import LearningCurves
from mnist_app.core.runs.progress import Point
from mnist_app.core.runs.run import (
    UNFINISHED,
    Run,
    RunState,
    curves_csv,
    differing_settings,
    distinct_title,
    latest_speed,
)
from mnist_app.core.settings import TrainingConfig


def made(title: str = "x", architecture: str = "dense", **facts: Any) -> Run:
    settings = TrainingConfig(architecture=architecture, epochs=2).as_dict()
    return Run(1, title, "", "", facts.pop("state", RunState.FINISHED), settings, **facts)


@pytest.mark.parametrize("state", RunState)
def test_a_run_is_over_when_nothing_more_comes_by_itself(state: RunState) -> None:
    assert made(state=state).is_over == (state not in UNFINISHED)


def test_curves_are_one_line_a_point() -> None:
    training = (Point(0.5, 1.5, 0.4, 0.01), Point(1, 0.9, 0.7, 0.02))
    curves = LearningCurves(training, validation=(Point(1, 0.8, 0.8, 0.02),))
    assert curves_csv(curves).splitlines() == [
        "part,epoch,loss,accuracy,learning_rate",
        "training,0.5,1.5,0.4,0.01",
        "training,1,0.9,0.7,0.02",
        "validation,1,0.8,0.8,0.02",
    ]


def test_runs_differ_in_the_settings_that_are_not_the_same() -> None:
    first, other = made("first"), made("other", architecture="simple_cnn")
    assert differing_settings([first, other]) == ("architecture",)
    assert differing_settings([first]) == ()


def test_a_setting_without_effect_is_not_told() -> None:
    first, own = made(), made(architecture="custom")
    first.settings["layers"] = "dense 9"
    assert differing_settings([first, own]) == ("architecture", "layers")
    assert first.setting("layers") is None
    assert own.setting("layers") == own.settings["layers"]


def test_a_title_that_a_run_has_already_gets_the_next_number() -> None:
    runs = [made("a"), made("a (2)"), made("b")]
    assert [distinct_title(title, runs) for title in "abc"] == ["a (3)", "b (2)", "c"]


def test_the_speed_is_that_of_the_newest_run_of_the_same_kind_of_work() -> None:
    runs = [
        made(images_per_second=0.0),
        made(architecture="lenet5", images_per_second=5.0),
        made(images_per_second=70.0),
        made(images_per_second=90.0),
    ]
    config = TrainingConfig(architecture="dense", batch_size=64)
    assert latest_speed(config, runs) == 70
    assert latest_speed(replace(config, elastic=1.0), runs) == 0


def test_settings_of_another_version_are_taken_as_far_as_they_are_known() -> None:
    run = made(architecture="lenet5")
    run.settings.update(unheard_of=3, batch_size=1_000_000)
    assert run.config == TrainingConfig(architecture="lenet5", epochs=2)
