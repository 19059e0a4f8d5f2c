"""Many trainings in a row in one process, as a worker does them.

`python -m benchmarks.support.repeated` prints the memory in MB (10^6 bytes) that the process
holds after each, as JSON.
"""

import gc
import json
import os

import click

from benchmarks.support.memory import memory
from mnist_app.core.data import datasets
from mnist_app.core.errors import DigitLabError
from mnist_app.core.presets import PRESETS
from mnist_app.core.settings import TrainingConfig


def memory_after_each(runs: int, config: TrainingConfig) -> list[float]:
    """Train `runs` networks, each tested and with checkpoints; gives the MB held after each.

    Raises:
        DigitLabError: a run failed, or this system does not tell how much memory a process holds.
    """
    from mnist_app.lab.training.experiment import train_model

    found = []
    for number in range(runs):
        train_model(config, f"Run {number}", keeps_checkpoints=True)
        # Networks and their optimizers refer to themselves.
        gc.collect()
        found.append(memory(os.getpid()).rss)
    return found


@click.command()
@click.option("--runs", type=click.IntRange(2), default=10)
@click.option("--limit", type=click.IntRange(100), default=12_000, help="Pictures a run.")
@click.option("--dataset", default="mnist")
def main(runs: int, limit: int, dataset: str) -> None:
    """Print the memory after each of several runs as JSON."""
    values = {**PRESETS["one-minute"], "dataset": dataset, "epochs": 1, "limit": limit}
    try:
        datasets.load(dataset, allow_download=False)
        click.echo(json.dumps(memory_after_each(runs, TrainingConfig(**values))))
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.support.repeated")
