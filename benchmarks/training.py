"""How fast networks learn here: `python -m benchmarks.training`.

The Keras example by plain `fit` beside the "one minute" preset by this app's `train`, on all of
MNIST. Both check themselves after each epoch on the same tenth of MNIST's training set; its test
set is not looked at. Times are from the call that trains to the end of the check that reached the
accuracy, with all that lies between: preparing pictures, building and compiling the network,
learning and checking; imports alone are left out. Each training has a process of its own, one after
the other in turn, on the same cores. Where others use the machine too, seconds of processor time
say more than the clock.
"""

import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import click

from benchmarks import options
from benchmarks.race import Mark
from benchmarks.report import Figure, as_json, as_table, machine

ROOT = Path(__file__).parent.parent
GOOD, BETTER = 0.99, 0.994
LEAST_RATIO = 5
MOST_LOST = 10
MOST_GROWN_MB = 100
WATCHED_EPOCHS = 3

Marks = list[Mark]


def marks_of(way: str, seed: int, epochs: int = 0) -> Marks:
    """The marks of one training in a process of its own.

    Raises:
        ClickException: it ended badly; with what it said.
    """
    words = ["benchmarks.race", way, f"--seed={seed}", f"--epochs={epochs}"]
    return [Mark(**mark) for mark in _ended(words)]


def _ended(words: Sequence[str]) -> list:
    """What a module of this package prints as JSON."""
    ended = subprocess.run(
        [sys.executable, "-m", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if ended.returncode:
        said = ended.stderr.strip().splitlines()
        raise click.ClickException(said[-1].removeprefix("Error: ") if said else "It broke off.")
    return json.loads(ended.stdout)


def seconds_to(
    accuracy: float, marks: Marks, seconds: Callable[[Mark], float] = lambda mark: mark.seconds
) -> float:
    """Seconds until a check first found that accuracy; infinity if none did."""
    return min((seconds(mark) for mark in marks if mark.accuracy >= accuracy), default=math.inf)


def race_figures(ours: Sequence[Marks], common: Sequence[Marks]) -> list[Figure]:
    """Medians over the seeds of both ways."""
    clocks: dict[str, Callable[[Mark], float]] = {
        "": lambda mark: mark.seconds,
        ", processor time": lambda mark: mark.cpu_seconds,
    }
    figures = []
    for kind, clock in clocks.items():
        good, common_good = (
            _median([seconds_to(GOOD, marks, clock) for marks in runs]) for runs in (ours, common)
        )
        better, common_better = (
            _median([seconds_to(BETTER, marks, clock) for marks in runs]) for runs in (ours, common)
        )
        figures += [
            Figure(f"to {GOOD:.1%}{kind}", "s", good, common_good, least_ratio=LEAST_RATIO),
            Figure(f"to {BETTER:.1%}{kind}", "s", better, common_better),
            Figure(
                f"to {BETTER:.1%}, common way to {GOOD:.1%}{kind}",
                "s",
                better,
                common_good,
                least_ratio=1,
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


def watching_figures(watched: Sequence[Marks], alone: Sequence[Marks]) -> list[Figure]:
    """What it costs to be watched; "common way" is alone."""
    figures = []
    for kind, clock in (
        ("", lambda mark: mark.seconds),
        (", processor time", lambda mark: mark.cpu_seconds),
    ):
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
@options.form
def main(seeds: int, epochs: int, watching: bool, memory: bool, form: str) -> None:
    """Time this app's training beside the Keras example's."""
    facts = {"machine": machine(), "repeats": {"seeds": seeds}}
    if memory:
        click.echo("Training again and again ...", err=True)
        figures = memory_figures(_ended(["benchmarks.repeated"]))
    elif watching:
        runs = _in_turn(("watched", "ours"), seeds, epochs or WATCHED_EPOCHS)
        figures = watching_figures(*runs)
    else:
        figures = race_figures(*_in_turn(("ours", "common"), seeds, epochs))
    click.echo((as_json if form == "json" else as_table)(figures, facts))


def _in_turn(ways: Sequence[str], seeds: int, epochs: int) -> tuple[list[Marks], ...]:
    runs: tuple[list[Marks], ...] = tuple([] for _ in ways)
    for seed in range(1, seeds + 1):
        for way, marks in zip(ways, runs, strict=True):
            click.echo(f"Training: {way}, seed {seed} ...", err=True)
            marks.append(marks_of(way, seed, epochs))
    return runs


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.training")
