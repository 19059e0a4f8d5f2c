import io
import tracemalloc
import zipfile

import pytest

from mnist_app.core import zip_files
from mnist_app.core.errors import DigitLabError

NAME, SIZE = "bomb.png", 50_000_000


def bomb(way: int) -> bytes:
    """A ZIP file whose only file has far more than the hundred bytes it says."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", way) as packed:
        packed.writestr(NAME, bytes(SIZE))
    said = SIZE.to_bytes(4, "little")
    return buffer.getvalue().replace(said, (100).to_bytes(4, "little"))


@pytest.mark.parametrize("way", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_no_more_is_unpacked_than_a_file_says_it_has(way: int) -> None:
    archive = zip_files.open_zip(bomb(way), 1)
    tracemalloc.start()
    with pytest.raises(DigitLabError, match="cannot be unpacked"):
        zip_files.unpacked(archive, archive.getinfo(NAME))
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert most < SIZE / 10
