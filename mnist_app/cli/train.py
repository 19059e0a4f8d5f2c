"""The command `train`: a network from the command line, on one device or several."""

import json
import shlex
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from mnist_app.cli.options import FILE, form_option, progress_bar, setting_options, with_flags
from mnist_app.cli.own_pictures import method_option, own_dataset
from mnist_app.core.data import datasets
from mnist_app.core.errors import DigitLabError
from mnist_app.core.evaluation.metrics import as_dict
from mnist_app.core.files import require_writable
from mnist_app.core.jobs.phases import Phase
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.presets import PRESETS
from mnist_app.core.runs import checkpoints, outcomes
from mnist_app.core.runs.checkpoints import Checkpoint
from mnist_app.core.runs.outcomes import TrainingOutcome
from mnist_app.core.runs.progress import Progress
from mnist_app.core.settings import DATASETS, SETTINGS, TrainingConfig, default_title, short


@click.command()
@setting_options
@method_option
@click.option(
    "--preset",
    type=click.Choice(list(PRESETS)),
    help="Start from these settings. `taught` and `taught-again` also need --start-from and "
    "--teacher.",
)
@click.option("--extra-strokes", type=FILE, help="Labelled pen strokes to train on as well.")
@click.option(
    "--start-from", type=FILE, help="Start from the weights of this model, not from scratch."
)
@click.option(
    "--teacher",
    "teachers",
    type=FILE,
    multiple=True,
    help="Learn from the answers of this model, not from the labels. Repeat it to average several.",
)
@click.option("--title", default="", help="The name that people see.")
@click.option("--output", type=FILE, required=True, help="The .keras file to write.")
@click.option(
    "--resume",
    is_flag=True,
    help="Carry on an interrupted run with this --output from its last whole epoch. Its settings "
    "are used unless you give others.",
)
@form_option
def train(
    preset: str | None,
    method: str | None,
    extra_strokes: Path | None,
    start_from: Path | None,
    teachers: tuple[Path, ...],
    output: Path,
    title: str,
    resume: bool,
    form: str,
    **overrides: Any,
) -> None:
    """Train a network, test it, and save it with its model card."""
    if output.suffix != ".keras":
        raise click.BadParameter("the file name must end in .keras", param_hint="--output")
    chosen = {name: value for name, value in overrides.items() if value is not None}
    folder = output.with_suffix(".checkpoint")
    if resume and not checkpoints.exists(folder):
        raise DigitLabError(
            "There is nothing to resume here. Leave out --resume to start from the beginning."
        )
    if resume and not preset and not chosen:
        chosen = _saved_settings(folder)
    try:
        config = TrainingConfig(**{**PRESETS.get(preset or "", {}), **chosen})
    except DigitLabError as error:
        raise click.UsageError(with_flags(str(error))) from error
    # What is missing or cannot be written is said before anything heavy begins.
    require_writable(output)
    begun = checkpoints.load(folder) if resume else None
    own = own_dataset(config.dataset, method)
    names = own.class_names if own else datasets.class_names(config.dataset)
    known_as = own.title if own else short(DATASETS[config.dataset])
    from mnist_app.lab.networks import model_files
    from mnist_app.lab.training import experiment

    with (
        _interruptible(folder, resume) as hear,
        _engine(output) as (engine, place),
        progress_bar("Training", item_show_func=_standing) as advance,
    ):

        def report(message: Progress | Checkpoint | Phase) -> None:
            hear(message)
            if isinstance(message, Progress):
                advance(message.fraction, message)

        # Models are loaded once all workers have joined: TensorFlow may compute nothing before.
        trained = experiment.train_model(
            config,
            title or default_title(config, known_as),
            own=own,
            report=report,
            extra_strokes=extra_strokes,
            start_from=model_files.load(start_from) if start_from else None,
            teachers=[_teacher(path, known_as, names) for path in teachers],
            watch=False,
            command=_repeat_command(chosen),
            keeps_checkpoints=engine is None,
            checkpoint=begun.data if begun else None,
            engine=engine,
        )
        outcome = outcomes.saved(trained, place)
    if place != output:
        click.echo("This worker is done. The first worker saves the model.", err=True)
        return
    _echo(outcome, form)


def _teacher(path: Path, dataset: str, class_names: tuple[str, ...]) -> Any:
    """Load the network at `path`; refuse one whose classes are not those of the data set."""
    from mnist_app.lab.networks import model_files

    if model_store.describe(path).class_names != class_names:
        raise DigitLabError(
            f"{path.name} cannot teach {dataset}, because it was trained to give other answers. "
            "Choose a teacher trained on the same kind of picture."
        )
    return model_files.load(path)


def _saved_settings(folder: Path) -> dict[str, Any]:
    """Return the settings of the interrupted run that differ from the defaults."""
    settings = checkpoints.load(folder).settings
    return {
        row.name: settings[row.name]
        for row in SETTINGS
        if settings.get(row.name, row.default) != row.default
    }


@contextmanager
def _interruptible(folder: Path, resumes: bool) -> Iterator[Callable[[Any], None]]:
    """See that a checkpoint lies in `folder` only while there is a run to go on with.

    Yields:
        What is told all that the run reports.
    """
    is_own = resumes

    def hear(message: Any) -> None:
        nonlocal is_own
        if isinstance(message, Progress) and not is_own:
            # An earlier run's, now that training has begun.
            checkpoints.remove(folder)
            is_own = True
        if isinstance(message, Checkpoint):
            try:
                checkpoints.save(message, folder)
            except DigitLabError as error:
                unsaved = "This epoch was not saved, so --resume cannot continue from it."
                click.echo(f"{unsaved} {error}", err=True)

    try:
        yield hear
    except KeyboardInterrupt as error:
        if not (is_own and checkpoints.exists(folder)):
            raise
        raise DigitLabError(
            "Stopped. To carry on from the last whole epoch, add --resume to the same command."
        ) from error
    checkpoints.remove(folder)


@contextmanager
def _engine(output: Path) -> Iterator[tuple[Any, Path]]:
    """Yield the engine and the path to save to: several devices are used if there are any.

    Of several workers only the first one keeps its model; they all have the same.
    """
    from mnist_app.lab.training import distributed

    if not distributed.is_on():
        yield None, output
        return
    engine = distributed.SharedEngine(distributed.strategy())
    if distributed.is_chief():
        yield engine, output
        return
    with tempfile.TemporaryDirectory() as folder:
        yield engine, Path(folder) / output.name


def _standing(progress: Progress | None) -> str:
    if progress is None:
        return ""
    last = progress.training[-1] if progress.training else None
    accuracy = f", {last.accuracy:.2%} correct" if last else ""
    return f"epoch {progress.epoch} of {progress.epochs}{accuracy}"


def _echo(outcome: TrainingOutcome[StoredModel], form: str) -> None:
    card, path = outcome.model.card, outcome.model.path
    assert card is not None, "it was just saved"
    if outcome.progress.remark:
        click.echo(outcome.progress.remark, err=True)
    if form == "json":
        answer = {"model": str(path), "evaluation": as_dict(outcome.report), "card": vars(card)}
        click.echo(json.dumps(answer))
        return
    click.echo(f"Saved {path} ({card.parameter_count:,} weights).")
    for name, figures in card.results.items():
        click.echo(f"{name}: {figures['accuracy']:.2%} of {figures['images']:,} correct")


def _repeat_command(chosen: dict[str, Any]) -> str:
    """Return the command as typed, with absolute paths cut to their file names.

    Args:
        chosen: the settings that were given, or come from an interrupted run.
    """
    context = click.get_current_context()
    words = ["python", "-m", "mnist_app", "train"]
    values = {**context.params, **chosen, "resume": None, "form": None}
    for option in context.command.params:
        value = values[option.name or ""]
        for one in value if isinstance(value, tuple) else (value,):
            is_file = option.name == "dataset" and one not in DATASETS
            path = Path(one) if one and (is_file or isinstance(one, Path)) else None
            if path is not None and path.is_absolute():
                one = path.name
            if one not in (None, ""):
                words += [option.opts[0], str(one)]
    return shlex.join(words)
