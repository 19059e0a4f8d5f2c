"""Temporary files of TensorFlow."""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import tensorflow as tf

from mnist_app.core.errors import DigitLabError


@contextlib.contextmanager
def temporary_folder() -> Iterator[Path]:
    """Make a folder for temporary files.

    Raises:
        DigitLabError: there is no room for them.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="digit-lab-") as folder:
            yield Path(folder)
    except (OSError, tf.errors.OpError) as error:
        reason = getattr(error, "strerror", None) or "TensorFlow could not write all of them"
        raise DigitLabError(
            f"There is no room for temporary files ({reason}). Free some disk space."
        ) from error
