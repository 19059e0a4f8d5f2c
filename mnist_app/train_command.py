"""The command `train`: a network from the command line, on one device or several."""

import json
import shlex
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from mnist_app.errors import DigitLabError
from mnist_app.lab import model_files
from mnist_app.options import FILE, form_option, setting_options
from mnist_app.settings import PRESETS, SETTINGS, TrainingConfig, default_title


@click.command()
@setting_options
@click.option(
    "--preset", type=click.Choice(list(PRESETS)),
    help="Start from these settings; taught is made for --start-from and --teacher.",
)  # fmt: skip
@click.option("--extra-strokes", type=FILE, help="Labelled pen strokes to train on too.")
@click.option(
    "--start-from", type=FILE, help="Begin with this model of the same network, not by chance."
)
@click.option(
    "--teacher", "teachers", type=FILE, multiple=True,
    help="Learn what this model answers, not the labels; of several, the mean of their answers.",
)  # fmt: skip
@click.option("--output", type=FILE, required=True, help="Where the .keras file goes.")
@click.option("--title", default="", help="The model's name for people.")
@click.option(
    "--resume", is_flag=True,
    help="Go on with the interrupted run of this --output, from its last whole epoch; with its "
    "settings if none are given.",
)  # fmt: skip
@form_option
def train(
    preset: str | None,
    extra_strokes: Path | None,
    start_from: Path | None,
    teachers: tuple[Path, ...],
    output: Path,
    title: str,
    resume: bool,
    form: str,
    **given: Any,
) -> None:
    """Train a network, test it, and save it with its card."""
    if output.suffix != ".keras":
        raise click.BadParameter("it must end in .keras", param_hint="--output")
    chosen = {name: value for name, value in given.items() if value is not None}
    folder = output.with_suffix(".checkpoint")
    if resume and not preset and not chosen:
        chosen = _begun_with(folder)
    try:
        config = TrainingConfig(**{**PRESETS.get(preset or "", {}), **chosen})
    except DigitLabError as error:
        raise click.UsageError(str(error)) from error
    from mnist_app.lab import experiment

    with (
        _checkpoints(folder, resume) as make_way,
        _engine(output) as (engine, place),
        click.progressbar(
            length=1000, label="Training", file=sys.stderr, hidden=not sys.stderr.isatty(),
            show_pos=False, item_show_func=_standing,
        ) as bar,
    ):  # fmt: skip

        def report(now: Any) -> None:
            make_way()
            bar.update(round(now.share * 1000) - bar.pos, now)

        # Models are loaded after workers have met: nothing may be reckoned before.
        outcome = experiment.run(
            config,
            place,
            title or default_title(config),
            report=report,
            extra_strokes=extra_strokes,
            start_from=model_files.load(start_from) if start_from else None,
            teachers=[_teacher(path, config.dataset) for path in teachers],
            watch=False,
            command=_repeat_command(
                preset, chosen, extra_strokes, start_from, teachers, output, title
            ),
            checkpoint_folder=folder if engine is None else None,
            resume_from=folder if resume else None,
            engine=engine,
        )
    if place != output:
        click.echo("This worker is done; the first one saves the model.", err=True)
        return
    _echo(outcome, form)


def _teacher(path: Path, dataset: str) -> Any:
    """The network at `path`, if it tells the classes of the data set called `dataset` apart."""
    from mnist_app import datasets, model_store

    if model_store.describe(path).class_names != datasets.class_names(dataset):
        raise DigitLabError(
            f"{path.name} cannot teach {dataset}, whose classes are others than its own: choose a "
            "model trained on the same ones."
        )
    return model_files.load(path)


def _begun_with(folder: Path) -> dict[str, Any]:
    """The settings of the interrupted run, those that are not as by default."""
    from mnist_app import checkpoints

    _, settings = checkpoints.load(folder)
    return {
        row.name: settings[row.name]
        for row in SETTINGS
        if settings.get(row.name, row.default) != row.default
    }


@contextmanager
def _checkpoints(folder: Path, resume: bool) -> Iterator[Callable[[], None]]:
    """See that a checkpoint lies in `folder` only while there is a run to go on with.

    Gives what is called when the training has begun: nothing about the new run can be refused any
    more, and what an interrupted one before it left makes way.
    """
    from mnist_app import checkpoints

    is_own = resume

    def make_way() -> None:
        nonlocal is_own
        if not is_own:
            checkpoints.remove(folder)
        is_own = True

    if resume:
        # One that is missing or broken is told before anything heavy begins.
        checkpoints.load(folder)
    try:
        yield make_way
    except KeyboardInterrupt as error:
        if not is_own or not checkpoints.exists(folder):
            raise
        raise DigitLabError(
            "Stopped: the same command with --resume goes on from the last whole epoch."
        ) from error
    checkpoints.remove(folder)


@contextmanager
def _engine(output: Path) -> Iterator[tuple[Any, Path]]:
    """What does the steps, and where the model goes: on several devices if there are any.

    Of several workers only the first one keeps its model; they all have the same.
    """
    from mnist_app.lab import distributed

    if not distributed.is_on():
        yield None, output
        return
    engine = distributed.SharedEngine(distributed.strategy())
    if distributed.is_chief():
        yield engine, output
        return
    with tempfile.TemporaryDirectory() as folder:
        yield engine, Path(folder) / output.name


def _standing(progress: Any) -> str:
    if progress is None:
        return ""
    last = progress.training[-1] if progress.training else None
    accuracy = f", {last.accuracy:.2%} right" if last else ""
    return f"epoch {progress.epoch} of {progress.epochs}{accuracy}"


def _echo(outcome: Any, form: str) -> None:
    from mnist_app.evaluation import as_dict

    card, path = outcome.stored.card, outcome.stored.path
    if outcome.progress.remark:
        click.echo(outcome.progress.remark, err=True)
    if form == "json":
        answer = {"model": str(path), "evaluation": as_dict(outcome.report), "card": vars(card)}
        click.echo(json.dumps(answer))
        return
    click.echo(f"Saved {path} ({card.weights:,} weights).")
    for name, figures in card.results.items():
        click.echo(f"{name}: {figures['accuracy']:.2%} of {figures['images']:,} read right")


def _repeat_command(
    preset: str | None,
    chosen: dict[str, Any],
    strokes: Path | None,
    start_from: Path | None,
    teachers: tuple[Path, ...],
    output: Path,
    title: str,
) -> str:
    """The command as typed; of an absolute path only the file's name, which is nobody's folder."""

    def shown(path: Path) -> str:
        return path.name if path.is_absolute() else str(path)

    words = ["python", "-m", "mnist_app", "train"]
    if preset:
        words += ["--preset", preset]
    for name, value in chosen.items():
        words += ["--" + name.replace("_", "-"), str(value)]
    if strokes:
        words += ["--extra-strokes", shown(strokes)]
    if start_from:
        words += ["--start-from", shown(start_from)]
    for teacher in teachers:
        words += ["--teacher", shown(teacher)]
    if title:
        words += ["--title", title]
    return shlex.join([*words, "--output", shown(output)])
