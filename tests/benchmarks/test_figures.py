"""The arithmetic of the benchmarks: aims, ratios, tables, and what is made of measured times."""

import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import answers, layout, live, reading, startup, train_page
from benchmarks.layout import Opening
from benchmarks.startup import Held, Start
from benchmarks.support import crowd
from benchmarks.support.crowd import Answer
from benchmarks.support.memory import Memory, packages
from benchmarks.support.report import Figure, printed
from benchmarks.train_page import Visit
from mnist_app.core.ink.drawings import drawing_from_canvas
from mnist_app.core.ink.raster import strokes_to_input
from tests.support.browser import Timed
from tests.support.drawings import STROKES, canvas_json, canvas_pixels, paced


@pytest.mark.parametrize(
    ("figure", "met"),
    [
        (Figure("a", "ms", 4, 40, most=5), True),
        (Figure("a", "ms", 6, 40, most=5), False),
        (Figure("a", "MB", None, None, most=5), None),
        (Figure("a", "", 12, least=12), True),
        (Figure("a", "", 11, least=12), False),
        (Figure("a", "ms", 10, 40, most_ratio=0.25), True),
        (Figure("a", "ms", 20, 40, most_ratio=0.25), False),
        (Figure("a", "", 19, before=20, least_ratio=0.95), True),
        (Figure("a", "", 18, before=20, least_ratio=0.95), False),
        (Figure("a", "ms", 20, most_ratio=0.25), None),
        (Figure("a", "ms", 20, 40), None),
    ],
)
def test_an_aim_is_met_or_not(figure: Figure, met: bool | None) -> None:
    assert figure.met is met


def test_a_ratio_is_to_the_common_way_or_else_to_the_commit_before() -> None:
    assert Figure("a", "s", 1, 2, before=4).ratio == 0.5
    assert Figure("a", "s", 1, before=4).ratio == 0.25
    assert Figure("a", "s", 1).ratio is None
    assert Figure("a", "s", 0, before=4).ratio == 0


def test_the_table_leaves_out_columns_without_values() -> None:
    figures = [Figure("a", "s", 1.5, before=6, most_ratio=0.2), Figure("b", "", 1234, least=5)]
    lines = printed(figures, {"repeats": {"strokes": 2}}, "text").splitlines()
    assert lines[0].split() == ["this", "app", "before", "ratio", "aim", "met"]
    assert lines[2].split() == "a 1.50 s 6 s 0.25 x at most 0.2 x NO".split()
    assert lines[3].split() == "b 1,234 at least 5 yes".split()
    assert lines[-1] == "repeats: strokes 2"


def test_json_says_the_same() -> None:
    told = json.loads(printed([Figure("a", "s", 1, 2, most_ratio=0.6)], {"machine": "x"}, "json"))
    assert told["machine"] == "x"
    (row,) = told["figures"]
    assert (row["ratio"], row["aim"], row["met"]) == (0.5, "at most 0.6 x", True)


@pytest.mark.parametrize("module", [reading, startup, train_page, live, answers, layout])
def test_a_checkout_that_is_missing_is_wrong_usage(module: object) -> None:
    result = CliRunner().invoke(module.main, ["--before", "nowhere"])  # type: ignore[attr-defined]
    assert result.exit_code == 2


def test_json_and_pixels_of_a_stroke_show_the_same_ink() -> None:
    for stroke in STROKES:
        drawing = drawing_from_canvas(canvas_json(stroke))
        assert abs(drawing.strokes[0].mean(axis=0) - stroke.mean(axis=0)).max() < 10
        assert strokes_to_input(drawing).max() == 255
        pixels = canvas_pixels(stroke)
        assert pixels.shape == (320, 320, 4)
        x, y = stroke[len(stroke) // 2].astype(int)
        assert pixels[y, x].tolist() == [255, 255, 255, 255]


def test_a_steady_pen_is_somewhere_in_each_frame() -> None:
    points = paced(STROKES[0], 2.0)
    assert points.shape == (120, 2)
    assert points[0].tolist() == STROKES[0][0].tolist()
    assert points[-1].tolist() == STROKES[0][-1].tolist()
    steps = np.hypot(*np.diff(points, axis=0).T)
    assert steps.max() < 1.1 * np.median(steps)


def test_medians_of_starts_stand_beside_each_other() -> None:
    ours = [Start(1, 2), Start(9, 9), Start(1.2, 2.2)]
    canvas, answer = startup.start_figures({"this_app": ours, "common_way": [Start(1, 4)]})
    assert (canvas.this_app, canvas.common_way, canvas.met) == (1.2, 1, True)
    assert (answer.this_app, answer.common_way, answer.met) == (2.2, 4, True)


def test_memory_of_what_never_trains_has_no_figure_after_training() -> None:
    ours = Held(Memory(200, 190, 0), ["numpy"], Memory(290, 280, 500), Memory(310, 300, 0))
    common = Held(Memory(700, 690, 0), ["tensorflow"])
    figures = startup.memory_figures({"this_app": ours, "common_way": common})
    found = {one.name: (one.this_app, one.common_way, one.met) for one in figures}
    assert found["memory (RSS): 5 sessions drawing"] == (200, 700, True)
    assert found["its workers (PSS): a run has just ended"] == (500, None, None)
    assert found["memory (RSS): its worker has gone"] == (310, None, False)


def test_native_libraries_are_named_by_their_packages() -> None:
    place = "/usr/lib/python3.11/site-packages"
    paths = [f"{place}/numpy/core/a.so", f"{place}/numpy.libs/b.so", "/lib/c.so", "[heap]"]
    assert packages(paths) == ["numpy"]


def test_the_longest_pause_of_any_run_counts() -> None:
    changes = [(1.0, "a"), (1.5, "b"), (3.5, "c"), (4.0, "d")]
    assert train_page.longest_gap(changes) == (2, "b")
    ours = [Visit(1, 1.5, 0.5, ""), Visit(1.5, 3, 1.2, ""), Visit(1, 1.6, 0.4, "")]
    can_start, stood, gap = train_page.figures(ours, [Visit(15, 16, 20, "")])
    assert (can_start.this_app, can_start.before, can_start.met) == (1, 15, True)
    assert (stood.this_app, stood.met) == (1.6, True)
    assert (gap.this_app, gap.before, gap.met) == (1.2, 20, False)
    assert train_page.figures(ours, [])[0].before is None


def test_strokes_have_aims_on_a_fast_device_alone() -> None:
    times = {"this_app": [Timed(20, 2100, 30)], "common_way": [Timed(0, 2000, 400)]}
    fast, slow = (live.browser_figures(times, slower) for slower in (1, 4))
    assert [one.met for one in fast] == [True, True, True, None]
    assert [one.met for one in slow] == [None] * 4
    assert (fast[1].this_app, fast[1].common_way) == (2.1, 2)


def asked(*times: float, seconds: float = 0.1) -> list[Answer]:
    return [Answer(time, seconds, None) for time in times]


def test_the_worst_off_of_a_crowd_counts() -> None:
    slow = [*asked(0, 0.5, 1), *asked(1.9, seconds=0.5)]
    assert live.rate(asked(0, 0.9)) == 2
    a_second, _, p95, backlog = live.without_pause_figures([asked(0, 0.2, 0.4), slow])
    assert a_second.this_app == pytest.approx(4 / 2.4)
    assert (a_second.met, p95.met) == (False, False)
    assert backlog.this_app == pytest.approx(3)


def test_a_finished_stroke_counts_from_the_lifting_of_the_pen() -> None:
    quiet, busy = ({"this_app": [Answer(0, 0.01, late)]} for late in (0.1, 0.2))
    figure = live.training_figure("a", quiet, busy)
    assert (figure.this_app, figure.met) == (2, False)


def test_answers_count_while_others_open_the_page() -> None:
    answers = asked(0, 1, 2, 3)
    assert crowd.during([(1.05, 1.5), (2.9, 9)], answers) == [answers[1], answers[3]]


def test_answers_that_differ_are_counted() -> None:
    assert answers.differing(["1", "42", ""], ["1", "43", "7"]) == 2
    with pytest.raises(ValueError, match="argument 2"):
        answers.differing(["1"], ["1", "2"])


def test_a_page_that_jumps_misses_its_aim() -> None:
    shift, first, last = layout.figures("draw", Opening(0.2, 3, 1), Opening(0.05, 4, 2))
    assert (shift.this_app, shift.before, shift.met) == (0.2, 0.05, False)
    assert (first.this_app, last.this_app, last.before) == (1, 3, 4)
