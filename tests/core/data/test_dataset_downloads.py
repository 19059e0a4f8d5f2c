import hashlib
import urllib.request
from http.client import IncompleteRead

import pytest

from mnist_app.core.data import dataset_downloads
from mnist_app.core.data.dataset_downloads import download
from mnist_app.core.errors import DigitLabError, Stopped
from tests.support.origin import Origin

FILES = {"one.gz": b"1" * 200_000, "two.gz": b"2" * 100_000}


def served(monkeypatch: pytest.MonkeyPatch, origin: object) -> None:
    monkeypatch.setattr(urllib.request, "urlopen", origin)


def test_files_come_whole_and_it_is_told_how_far_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, Origin(FILES))
    told: list[float] = []
    assert download(list(FILES), told.append) == FILES
    assert told == sorted(told)
    assert 0 < told[0] < 0.5
    assert told[-1] == 1


def test_it_stops_in_the_middle_of_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, Origin(FILES))
    told: list[float] = []
    with pytest.raises(Stopped):
        download(list(FILES), told.append, lambda: bool(told))
    assert told[-1] < 0.5


@pytest.mark.parametrize("failure", [ConnectionResetError(), TimeoutError(), IncompleteRead(b"")])
def test_a_download_that_breaks_off_says_what_to_do(
    failure: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise failure

    served(monkeypatch, Origin(FILES, at_read=fail))
    with pytest.raises(DigitLabError, match=r"could not be downloaded\. Check the network"):
        download(list(FILES))


def test_half_a_file_or_another_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    served(monkeypatch, Origin(FILES, missing=1))
    with pytest.raises(DigitLabError):
        download(list(FILES))
    served(monkeypatch, Origin(FILES))
    monkeypatch.setattr(dataset_downloads, "_SHA256", {"one.gz": hashlib.sha256(b"").hexdigest()})
    with pytest.raises(DigitLabError):
        download(list(FILES))
