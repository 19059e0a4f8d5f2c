"""Time how fast networks learn here: `python -m benchmarks.training`.

The Keras example by plain `fit` beside the "one minute" preset by this app's `train`, on all of
MNIST. Both check themselves after each epoch on the same tenth of MNIST's training set; its test
set is not looked at. Times are from the call that trains to the end of the check that reached the
accuracy, with all that lies between: preparing pictures, building and compiling the network,
learning and checking; imports alone are left out. Each training has a process of its own, one after
the other in turn, on the same cores. Where others use the machine too, seconds of processor time
say more than the clock.
"""

import math
import os
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from benchmarks.race import Mark
from benchmarks.support import options
from benchmarks.support.commands import told
from benchmarks.support.report import Figure, machine, printed
from tests.support.servers import ROOT

GOOD, BETTER = 0.99, 0.994
MOST_RATIO = 0.2
MOST_LOST = 10
MOST_GROWN_MB = 100
# As fast as the commit before, within so much.
SLACK = 0.05
WATCHED_EPOCHS = 3

Marks = list[Mark]
CLOCKS: dict[str, Callable[[Mark], float]] = {
    "": lambda mark: mark.seconds,
    ", processor time": lambda mark: mark.cpu_seconds,
}


def marks_of(way: str, seed: int, epochs: int = 0, checkout: Path = ROOT) -> Marks:
    """Return the marks of one training in a process of its own.

    Raises:
        ClickException: it ended badly; with what it said.
    """
    words = ["benchmarks.race", way, f"--seed={seed}", f"--epochs={epochs}"]
    return [Mark(**mark) for mark in told(words, checkout)]


def seconds_to(
    accuracy: float, marks: Marks, seconds: Callable[[Mark], float] = lambda mark: mark.seconds
) -> float:
    """Seconds until a check first found that accuracy; infinity if none did."""
    return min((seconds(mark) for mark in marks if mark.accuracy >= accuracy), default=math.inf)


def race_figures(ours: Sequence[Marks], common: Sequence[Marks]) -> list[Figure]:
    """Medians over the seeds of both ways."""
    figures = []
    for kind, clock in CLOCKS.items():
        good, common_good = (
            _median([seconds_to(GOOD, marks, clock) for marks in runs]) for runs in (ours, common)
        )
        better, common_better = (
            _median([seconds_to(BETTER, marks, clock) for marks in runs]) for runs in (ours, common)
        )
        figures += [
            Figure(f"to {GOOD:.1%}{kind}", "s", good, common_good, most_ratio=MOST_RATIO),
            Figure(f"to {BETTER:.1%}{kind}", "s", better, common_better),
            Figure(
                f"to {BETTER:.1%}, common way to {GOOD:.1%}{kind}",
                "s",
                better,
                common_good,
                most_ratio=1,
            ),
            Figure(
                f"images a second{kind}",
                "",
                _median([_speed(marks, clock) for marks in ours]),
                _median([_speed(marks, clock) for marks in common]),
            ),
        ]
    return [
        *figures,
        Figure("all epochs", "s", *(_median([m[-1].seconds for m in r]) for r in (ours, common))),
        Figure(
            "read right at the end",
            "%",
            *(_median([100 * m[-1].accuracy for m in r]) for r in (ours, common)),
        ),
    ]


def before_figures(ours: Sequence[Marks], before: Sequence[Marks]) -> list[Figure]:
    """Return medians over the seeds of this commit's training and an earlier one's."""
    figures = []
    for kind, clock in CLOCKS.items():
        good, earlier_good = (
            _median([seconds_to(GOOD, marks, clock) for marks in runs]) for runs in (ours, before)
        )
        speed, earlier_speed = (
            _median([_speed(marks, clock) for marks in runs]) for runs in (ours, before)
        )
        figures += [
            Figure(f"to {GOOD:.1%}{kind}", "s", good, most_ratio=1 + SLACK, before=earlier_good),
            Figure(
                f"images a second{kind}", "", speed, least_ratio=1 - SLACK, before=earlier_speed
            ),
        ]
    return figures


def watching_figures(watched: Sequence[Marks], alone: Sequence[Marks]) -> list[Figure]:
    """Return the cost of being watched; "common way" is alone."""
    figures = []
    for kind, clock in CLOCKS.items():
        seen, unseen = (_median([_speed(m, clock) for m in runs]) for runs in (watched, alone))
        lost = 100 * (1 - seen / unseen) if seen and unseen else None
        figures += [
            Figure(f"images a second, watched and alone{kind}", "", seen, unseen),
            Figure(f"speed lost to being watched{kind}", "%", lost, None, most=MOST_LOST),
        ]
    return figures


def _speed(marks: Marks, clock: Callable[[Mark], float]) -> float:
    return marks[-1].images / clock(marks[-1])


def _median(values: Sequence[float]) -> float | None:
    """The median; None where most never got there."""
    median = statistics.median_high(values)
    return median if math.isfinite(median) else None


def memory_figures(megabytes: Sequence[float]) -> list[Figure]:
    """From memory after each of several runs in a row in one process."""
    grown = megabytes[-1] - megabytes[0]
    return [
        Figure("memory after the first run", "MB", megabytes[0], None),
        Figure(f"memory after {len(megabytes)} runs", "MB", megabytes[-1], None),
        Figure("memory grown between them", "MB", grown, None, most=MOST_GROWN_MB),
    ]


@click.command(context_settings={"show_default": True})
@click.option(
    "--seeds",
    default=3,
    type=click.IntRange(1),
    help="Trainings of each way; the figures are their medians.",
)
@click.option("--epochs", default=0, type=click.IntRange(0), help="0: as many as each way has.")
@click.option("--watching", is_flag=True, help="Measure instead what being watched costs.")
@click.option("--memory", is_flag=True, help="Measure instead what many runs leave in memory.")
@options.before
@options.form
def main(
    seeds: int, epochs: int, watching: bool, memory: bool, before: Path | None, form: str
) -> None:
    """Time this app's training beside the Keras example's, or beside an earlier commit's."""
    facts = {"machine": machine(), "repeats": {"seeds": seeds}}
    if memory:
        click.echo("Training again and again ...", err=True)
        figures = memory_figures(told(["benchmarks.support.repeated"]))
    elif watching:
        runs = _in_turn([("watched", ROOT), ("ours", ROOT)], seeds, epochs or WATCHED_EPOCHS)
        figures = watching_figures(*runs)
    elif before:
        figures = before_figures(*_in_turn([("ours", ROOT), ("ours", before)], seeds, epochs))
    else:
        figures = race_figures(*_in_turn([("ours", ROOT), ("common", ROOT)], seeds, epochs))
    click.echo(printed(figures, facts, form))


def _in_turn(ways: Sequence[tuple[str, Path]], seeds: int, epochs: int) -> list[list[Marks]]:
    runs: list[list[Marks]] = [[] for _ in ways]
    for seed in range(1, seeds + 1):
        for (way, checkout), marks in zip(ways, runs, strict=True):
            click.echo(f"Training: {way} in {checkout.name}, seed {seed} ...", err=True)
            marks.append(marks_of(way, seed, epochs, checkout))
    return runs


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.training")
