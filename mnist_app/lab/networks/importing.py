"""Other people's model files, opened in a process that may take only so much memory and time.

Its parent, a worker or a command, loads no TensorFlow for that, and loses nothing with it.
"""

import logging
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from typing import Any

import psutil

from mnist_app.core.errors import DigitLabError, Stopped
from mnist_app.core.jobs.run_control import RunControl
from mnist_app.core.runs.outcomes import UnsavedModel

logger = logging.getLogger(__name__)

# TensorFlow alone takes 0.6 GB; the largest network that is welcome takes another.
MOST_BYTES = 2_500_000_000
# Of the processor: on a busy machine it waits for long.
MOST_SECONDS = 240.0
LOOK_SECONDS = 0.1


def import_network(
    data: bytes,
    name: str,
    *,
    report: Callable[[Any], None] = lambda progress: None,
    control: RunControl | None = None,
) -> UnsavedModel:
    """Open somebody's .keras or .h5 file, and adapt its network; see `adapting.adapted`.

    Raises:
        Stopped: it was asked to stop.
        DigitLabError: see `adapted`; or it takes too much memory or time.
    """
    command = [sys.executable, "-m", __name__]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    # Python cannot be asked twice whether a process has read all that it is sent through a pipe.
    with tempfile.TemporaryFile() as question:
        pickle.dump((data, name), question)
        question.seek(0)
        with subprocess.Popen(
            command,
            env=environment,
            stdin=question,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            try:
                answer = _answer(process, name, control)
            finally:
                process.kill()
    if isinstance(answer, DigitLabError):
        raise answer
    return answer


def _answer(
    process: subprocess.Popen, name: str, control: RunControl | None
) -> UnsavedModel | DigitLabError:
    while True:
        try:
            answer, errors = process.communicate(timeout=LOOK_SECONDS)
            break
        except subprocess.TimeoutExpired:
            if control is not None and control.should_stop():
                raise Stopped from None
            if _takes_too_much(process):
                raise DigitLabError(
                    f"{name} takes too much memory or time to open. Choose a smaller network."
                ) from None
    if process.returncode:
        logger.error("%s was not opened:\n%s", name, errors.decode(errors="replace"))
        raise DigitLabError(f"{name} cannot be opened. Choose another model.")
    return pickle.loads(answer)


def _takes_too_much(process: subprocess.Popen) -> bool:
    try:
        found = psutil.Process(process.pid)
        user, system, *_ = found.cpu_times()
        return found.memory_info().rss > MOST_BYTES or user + system > MOST_SECONDS
    except psutil.Error:
        # It has just ended.
        return False


def _reply() -> None:
    """Do the work in the process of its own."""
    # What libraries print must not come between.
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as answer:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
        from mnist_app.lab.networks.foreign_networks import adapted

        try:
            outcome: UnsavedModel | DigitLabError = adapted(*pickle.load(sys.stdin.buffer))
        except DigitLabError as error:
            outcome = error
        pickle.dump(outcome, answer)


if __name__ == "__main__":
    _reply()
