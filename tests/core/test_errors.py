from pathlib import Path

import pytest

from mnist_app.core.errors import Stopped
from mnist_app.core.files import atomic_write


def half_written(path: Path) -> None:
    with atomic_write(path) as draft:
        draft.touch()
        raise Stopped


def test_a_job_that_stops_while_it_writes_does_not_read_as_a_full_disk(tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        half_written(tmp_path / "half.txt")
    assert not list(tmp_path.iterdir())
