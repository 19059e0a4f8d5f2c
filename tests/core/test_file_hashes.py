import hashlib
import os
from pathlib import Path

import pytest

from mnist_app.core import file_hashes


def test_a_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    expected = hashlib.sha256(b"abc").hexdigest()
    assert file_hashes.of_file(path) == file_hashes.of_bytes(b"abc") == expected


def test_a_change_is_seen_at_the_same_size_and_time(tmp_path: Path) -> None:
    path, other = tmp_path / "file", tmp_path / "other"
    path.write_bytes(b"abc")
    first = file_hashes.of_file(path)
    other.write_bytes(b"xyz")
    times = path.stat().st_mtime_ns
    os.utime(other, ns=(times, times))
    os.replace(other, path)
    assert file_hashes.of_file(path) != first


def test_what_is_not_there_has_none(tmp_path: Path) -> None:
    assert file_hashes.of_file(tmp_path / "gone") is None
    assert file_hashes.of_file(tmp_path) is None
    assert file_hashes.stamp(tmp_path / "gone") is None


def test_a_file_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"abc")
    first = file_hashes.of_file(path)
    monkeypatch.setattr(Path, "open", None)
    assert file_hashes.of_file(path) == first
