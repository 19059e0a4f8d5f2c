import json
import math

import pytest
from click.testing import CliRunner

from benchmarks import training
from benchmarks.race import Mark


def marks(*accuracies: float, pace: float = 1.0) -> list[Mark]:
    return [
        Mark(pace * epoch, 2 * pace * epoch, 100 * epoch, accuracy)
        for epoch, accuracy in enumerate(accuracies, start=1)
    ]


def figures(form: list) -> dict[str, tuple]:
    return {one.name: (one.this_app, one.common_way, one.met) for one in form}


def test_the_time_to_an_accuracy_is_that_of_the_first_check_that_found_it() -> None:
    run = marks(0.9, 0.99, 0.98, 0.995)
    assert training.seconds_to(0.99, run) == 2
    assert training.seconds_to(0.994, run, lambda mark: mark.cpu_seconds) == 8
    assert training.seconds_to(0.999, run) == math.inf


def test_medians_of_both_ways_stand_beside_each_other() -> None:
    ours = [marks(0.99, 0.994), marks(0.98, 0.991, 0.995), marks(0.992, 0.993)]
    common = [marks(*[0.9] * 9, 0.99), marks(*[0.9] * 19, 0.991), marks(*[0.9] * 11, 0.995)]
    found = figures(training.race_figures(ours, common))
    assert found["to 99.0%"] == (1, 12, True)
    assert found["to 99.0%, processor time"] == (2, 24, True)
    assert found["to 99.4%"] == (3, None, None)
    assert found["to 99.4%, common way to 99.0%"] == (3, 12, True)
    assert found["images a second"] == (100, 100, None)
    assert found["images a second, processor time"] == (50, 50, None)
    slow = figures(training.race_figures([marks(0.9, 0.9, 0.99)], [marks(*[0.9] * 9, 0.99)]))
    assert slow["to 99.0%"] == (3, 10, False)


def test_medians_stand_beside_those_of_the_commit_before() -> None:
    same = training.before_figures([marks(0.9, 0.99)], [marks(0.9, 0.991)])
    assert [one.met for one in same] == [True] * 4
    slow = training.before_figures([marks(0.9, 0.99, pace=1.1)], [marks(0.9, 0.991)])
    assert [round(one.ratio or 0, 2) for one in slow] == [1.1, 0.91, 1.1, 0.91]
    assert [one.met for one in slow] == [False] * 4


def test_what_watching_costs_is_a_share_of_the_speed() -> None:
    found = figures(training.watching_figures([marks(0.9, pace=1.25)], [marks(0.9)]))
    assert found["speed lost to being watched"] == (pytest.approx(20), None, False)
    assert found["images a second, watched and alone"] == (80, 100, None)


@pytest.mark.parametrize(("options", "seeds"), [([], 3), (["--seeds", "2"], 2)])
def test_json_holds_every_figure(
    monkeypatch: pytest.MonkeyPatch, options: list[str], seeds: int
) -> None:
    monkeypatch.setattr(training, "marks_of", lambda *_: marks(0.9, 0.992))
    result = CliRunner().invoke(training.main, [*options, "--format", "json"])
    answer = json.loads(result.stdout)
    assert answer["repeats"] == {"seeds": seeds}
    assert answer["figures"][0]["this_app"] == 2
