"""The number of connections to the live channel, and its limits."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from mnist_app.live import limits
from mnist_app.live.messages import Refused

_open: Counter[str] = Counter()


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Count a connection from `address` until the block ends.

    Raises:
        Refused: there are too many.
    """
    if _open.total() >= limits.CONNECTIONS or _open[address] >= limits.CONNECTIONS_OF_ONE_ADDRESS:
        raise Refused("too many")
    _open[address] += 1
    try:
        yield
    finally:
        _open[address] -= 1
        # Addresses that left are not remembered.
        if not _open[address]:
            del _open[address]
