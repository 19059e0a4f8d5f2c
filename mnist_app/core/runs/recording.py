"""Recording of a training run in the list of runs."""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

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
    pen = _Recorder(runs, run_id)
    try:
        outcome = work(pen.report)
    except Stopped:
        pen.close(lambda: _break_off(runs, run_id, RunState.STOPPED, pen.last, ""))
        raise
    except Exception as error:
        sentence = str(error) if isinstance(error, DigitLabError) else UNFORESEEN
        state = RunState.INTERRUPTED if isinstance(error, Interrupted) else RunState.FAILED
        pen.close(lambda: _break_off(runs, run_id, state, pen.last, sentence))
        raise
    pen.close(lambda: _end(runs, run_id, outcome))
    return outcome


def _end(runs: Runs, run_id: int, outcome: Saved) -> None:
    runs.finish(
        run_id,
        RunState.STOPPED if outcome.stopped else RunState.FINISHED,
        outcome.progress,
        accuracy=outcome.report.accuracy,
        loss=outcome.report.loss,
        seconds=outcome.progress.seconds,
        parameter_count=outcome.model.card.parameter_count if outcome.model.card else 0,
        model=outcome.model.path,
        error=outcome.progress.remark,
    )


def _break_off(
    runs: Runs, run_id: int, state: RunState, progress: Progress | None, sentence: str
) -> None:
    """Keep what the run had reached before it went on from a checkpoint."""
    before = runs.get(run_id)
    runs.finish(
        run_id,
        state,
        progress,
        accuracy=before.accuracy,
        loss=before.loss,
        seconds=progress.seconds if progress else before.seconds,
        parameter_count=before.parameter_count,
        model=before.model,
        error=sentence,
    )


class _Recorder:
    """Writes from a thread of its own, so that training never waits for a disk."""

    def __init__(self, runs: Runs, run_id: int) -> None:
        self.last: Progress | None = None
        self._runs, self._run_id = runs, run_id
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="recording")
        self._entry: Future[None] | None = None
        self._written = -RECORD_SECONDS

    def report(self, progress: Progress) -> None:
        self.last = progress
        now = time.monotonic()
        is_writing = self._entry is not None and not self._entry.done()
        if is_writing or now - self._written < RECORD_SECONDS:
            return
        self._written = now
        self._entry = self._thread.submit(
            self._write, lambda: self._runs.record(self._run_id, progress, progress.seconds)
        )

    def close(self, ending: Callable[[], None]) -> None:
        """Write the last entry, after all others."""
        self._thread.shutdown(wait=True)
        self._write(ending)

    def _write(self, entry: Callable[[], None]) -> None:
        try:
            entry()
        except DigitLabError:
            logger.exception("Run %d could not be written down", self._run_id)
