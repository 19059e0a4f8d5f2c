"""Downloads of data sets from where Keras keeps them; one that fails leaves nothing behind."""

import hashlib
import urllib.request
from collections.abc import Callable, Sequence
from http.client import HTTPException

from mnist_app.core.errors import DigitLabError, Stopped

_ORIGIN = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"
_SHA256 = {"mnist.npz": "731c5ac602752760c8e48fbffcf8c3b850d9dc2a2aedcf2cc48468fc17b673d1"}
_CHUNK = 1 << 16
# A server that sends nothing for so long is gone.
_PATIENCE_SECONDS = 30


def download(
    leaves: Sequence[str],
    report: Callable[[float], None] = lambda fraction: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> dict[str, bytes]:
    """Download files; return the bytes of each by its name.

    Args:
        report: called with the fraction that is there, 0..1, again and again.
        should_stop: asked as often.

    Raises:
        DigitLabError: there is no network, or it is not the right file.
        Stopped: it was told to stop.
    """
    files = {}
    for number, leaf in enumerate(leaves):
        data = bytearray()
        try:
            with urllib.request.urlopen(_ORIGIN + leaf, timeout=_PATIENCE_SECONDS) as answer:
                size = int(answer.headers["Content-Length"])
                while chunk := answer.read(_CHUNK):
                    if should_stop():
                        raise Stopped
                    data += chunk
                    report((number + len(data) / size) / len(leaves))
        except (OSError, HTTPException) as error:
            raise _failure(leaf) from error
        right = _SHA256.get(leaf)
        if len(data) < size or right not in (None, hashlib.sha256(data).hexdigest()):
            raise _failure(leaf)
        files[leaf] = bytes(data)
    return files


def _failure(leaf: str) -> DigitLabError:
    return DigitLabError(
        f"{leaf} could not be downloaded. Check the network, or use optdigits, which needs no "
        "download."
    )
