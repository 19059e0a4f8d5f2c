import hashlib
import os
from pathlib import Path

import pytest

from mnist_app import digests


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    expected = hashlib.sha256(b"abc").hexdigest()
    assert digests.of_file(path) == digests.of_bytes(b"abc") == expected


def test_a_change_is_seen_at_the_same_size_and_time(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(b"abc")
    first = digests.of_file(path)
    other.write_bytes(b"xyz")
    times = path.stat().st_mtime_ns
    os.utime(other, ns=(times, times))
    os.replace(other, path)
    assert digests.of_file(path) != first


def test_what_is_not_there_has_none(tmp_path: Path) -> None:
    assert digests.of_file(tmp_path / "gone") is None
    assert digests.of_file(tmp_path) is None
    assert digests.stamp(tmp_path / "gone") is None


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    first = digests.of_file(path)
    monkeypatch.setattr(Path, "open", None)
    assert digests.of_file(path) == first
