"""Many trainings in a row in one process, as visitors start them: `python -m benchmarks.repeated`.

Prints the memory in MB (10^6 bytes) that the process holds after each, as JSON.
"""

import json
import os
import tempfile

import click

from benchmarks.servers import memory_mb
from mnist_app import datasets
from mnist_app.errors import DigitLabError
from mnist_app.jobs import State
from mnist_app.pages.run_jobs import training_job
from mnist_app.pages.workers import workers
from mnist_app.settings import PRESETS, TrainingConfig


def memory_after_each(runs: int, config: TrainingConfig) -> list[float]:
    """Start a run of the Train page `runs` times and see it through; MB after each.

    Each waits in line, is written down in the list of runs in the models' folder, keeps
    checkpoints, and is tested and saved.

    Raises:
        DigitLabError: a run failed, or this system does not tell how much memory a process holds.
    """
    training = workers().training
    found = []
    for number in range(runs):
        ended = training.wait(training_job(config, f"Run {number}", owner="").id)
        held = memory_mb(os.getpid())
        if ended is None or ended.state != State.DONE:
            raise DigitLabError(ended.error if ended else "The run was forgotten.")
        if held is None:
            raise DigitLabError("Memory can be measured on Linux only: use another machine.")
        found.append(held)
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
        with tempfile.TemporaryDirectory() as folder:
            os.environ["MNIST_APP_MODELS"] = folder
            click.echo(json.dumps(memory_after_each(runs, TrainingConfig(**values))))
    except DigitLabError as error:
        raise click.ClickException(str(error)) from error


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    main(prog_name="python -m benchmarks.repeated")
