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
    with_distinct_titles,
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


def test_runs_of_the_same_name_are_told_apart_by_their_numbers() -> None:
    runs = [replace(made(title), id=number) for number, title in enumerate("aba", start=1)]
    assert [run.title for run in with_distinct_titles(runs)] == ["a (run 1)", "b", "a (run 3)"]


def test_settings_of_another_version_are_taken_as_far_as_they_are_known() -> None:
    run = made(architecture="lenet5")
    run.settings.update(unheard_of=3, batch_size=1_000_000)
    assert run.config == TrainingConfig(architecture="lenet5", epochs=2)
