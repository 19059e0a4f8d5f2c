"""Recording of a training run in the list of runs."""

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mnist_app.core.errors import DigitLabError, Interrupted, Stopped
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.runs.outcomes import TrainingOutcome
from mnist_app.core.runs.progress import Progress
from mnist_app.core.runs.run import RunState
from mnist_app.core.runs.run_store import Runs

logger = logging.getLogger(__name__)

# Between two entries about a run that goes on.
RECORD_SECONDS = 3.0
UNFORESEEN = "Something unexpected went wrong. Start it again."

Report = Callable[[Progress], None]
Saved = TrainingOutcome[StoredModel]


def recorded(runs: Runs, run_id: int, work: Callable[[Report], Saved]) -> Saved:
    """Do the work of a run, and record its start, its progress and its end.

    Args:
        run_id: of a run that waits in the list.
        work: trains, and reports its progress to its argument. An entry that cannot be written
            meanwhile is only logged: what is being learned is worth more.

    However it ends, the list lets go of it: a run whose end cannot be recorded is interrupted.

    Raises:
        DigitLabError: its beginning cannot be written down; and whatever `work` raises.
    """
    try:
        runs.start(run_id)
        return _done(runs, run_id, work)
    finally:
        runs.let_go(run_id)


def _done(runs: Runs, run_id: int, work: Callable[[Report], Saved]) -> Saved:
    last: Progress | None = None
    written = -RECORD_SECONDS

    def report(progress: Progress) -> None:
        nonlocal last, written
        last = progress
        if time.monotonic() - written >= RECORD_SECONDS:
            with _logged(run_id):
                runs.record(run_id, progress)
            written = time.monotonic()

    try:
        outcome = work(report)
    except Exception as error:
        sentence = str(error) if isinstance(error, DigitLabError) else UNFORESEEN
        state = RunState.INTERRUPTED if isinstance(error, Interrupted) else RunState.FAILED
        if isinstance(error, Stopped):
            sentence, state = "", RunState.STOPPED
        with _logged(run_id):
            runs.finish(run_id, state, last, error=sentence)
        raise
    card = outcome.model.card
    with _logged(run_id):
        runs.finish(
            run_id,
            RunState.STOPPED if outcome.stopped else RunState.FINISHED,
            outcome.progress,
            accuracy=outcome.report.accuracy,
            loss=outcome.report.loss,
            parameter_count=card.parameter_count if card else 0,
            model=outcome.model.path,
            error=outcome.progress.remark,
        )
    return outcome


@contextmanager
def _logged(run_id: int) -> Iterator[None]:
    """Log an entry that cannot be written."""
    try:
        yield
    except DigitLabError:
        logger.exception("Run %d could not be written down", run_id)
