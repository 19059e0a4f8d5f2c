"""The benchmarks that need a browser work in one: what they find, not how long it took."""

from playwright.sync_api import Browser

from benchmarks import live, startup, train_page
from benchmarks.servers import ROOT, ways
from mnist_app.core.settings import TrainingConfig

SHORT = TrainingConfig(dataset="optdigits", architecture="dense", epochs=2)


def test_a_first_answer_and_what_the_server_then_holds(browser: Browser) -> None:
    way = ways(None)["this_app"]
    started = startup.start(way, browser)
    assert 0 < started.canvas < started.answer
    held = startup.held(way, browser, trains=False)
    assert held.drawing.pss > 0
    assert "numpy" in held.libraries
    assert held.trained is None


def test_the_train_page_is_timed_from_its_opening_to_the_end_of_a_run(browser: Browser) -> None:
    visit = train_page.visit(ROOT, browser, SHORT)
    assert 0 < visit.can_start <= visit.stood
    assert visit.gap > 0


def test_answers_are_counted_while_the_pen_moves(browser: Browser) -> None:
    figures = live.in_browser({"this_app": ways(None)["this_app"]}, 1, 1, browser)
    answers, took, *final = (figure.this_app for figure in figures)
    assert answers
    assert took
    assert took >= live.STROKE_S
    assert all(final)
