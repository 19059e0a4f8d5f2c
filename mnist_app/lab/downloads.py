"""Downloads of data sets by Keras; a download that fails leaves nothing behind."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras

from mnist_app.core.data.datasets import files_of
from mnist_app.core.errors import DigitLabError
from mnist_app.core.jobs.run_control import RunControl

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = {"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"}


def download(
    name: str,
    *,
    report: Callable[[Any], None] = lambda progress: None,
    control: RunControl | None = None,
) -> dict[str, bytes]:
    """Download a data set; return the bytes of its files by their names.

    Args:
        name: "mnist" or "fashion_mnist".
        report: called with the fraction that is there, 0..1, after each file.
        control: not asked: a file cannot be stopped half-way.

    Raises:
        DigitLabError: there is no network or no room on the disk, or it is not the right file.
    """
    leaves = files_of(name)
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for number, leaf in enumerate(leaves, start=1):
            files[leaf] = _fetched(leaf, Path(folder))
            report(number / len(leaves))
    return files


def _fetched(leaf: str, folder: Path) -> bytes:
    # Standard output belongs to the program's own answers.
    keras.config.disable_interactive_logging()
    try:
        path = keras.utils.get_file(
            leaf,
            _ORIGIN + leaf,
            cache_dir=str(folder),
            cache_subdir="",
            file_hash=_SHA256.get(leaf),
        )
        return Path(path).read_bytes()
    except Exception as error:  # Keras raises a bare Exception when a download fails.
        raise DigitLabError(
            f"{leaf} could not be downloaded. Check the network and the free disk space, or use "
            "optdigits, which needs no download."
        ) from error
