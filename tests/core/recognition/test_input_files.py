import gzip
import io
import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from mnist_app.core import zip_files
from mnist_app.core.ink.drawings import Drawing
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.recognition import input_files
from mnist_app.core.recognition.input_files import (
    EMPTY_ZIP,
    MOST_PACKED,
    Entry,
    entries_of,
    entries_of_paths,
    files_in,
)
from mnist_app.core.zip_files import NO_ZIP, NOT_UNPACKED, TOO_LARGE, too_much
from tests.support.command_line import SEVEN
from tests.support.drawings import STROKES, canvas_json
from tests.support.own_pictures import zipped
from tests.support.pictures import encoded, seven


def seen(entry: Entry) -> np.ndarray:
    """Return a drawing as the network gets it."""
    assert isinstance(entry.content, Drawing)
    assert not entry.problem
    return strokes_to_input(entry.content)


def in_zip(data: bytes) -> list[Entry]:
    return list(entries_of([("all.ZIP", partial(io.BytesIO, data))]))


def test_the_json_of_a_canvas_is_a_drawing(tmp_path: Path) -> None:
    stroke = STROKES[0]
    contents = {"a.json": canvas_json(stroke), "b.json": {"strokes": [stroke.tolist()]}}
    for name, content in contents.items():
        (tmp_path / name).write_text(json.dumps(content))
    canvas, points = map(seen, entries_of_paths(tmp_path / name for name in contents))
    assert np.abs(canvas.astype(int) - points).mean() < 2


def test_files_of_every_kind_are_read_in_order(tmp_path: Path) -> None:
    line = json.dumps(SEVEN)
    contents = {
        "a.png": encoded(seven()),
        "b.json": json.dumps(SEVEN, indent=1).encode(),
        "c.jsonl": f"{line}\n\n{line}\n".encode(),
        "d.jsonl.gz": gzip.compress(line.encode()),
        "e.JSONL.GZ": gzip.compress(line.encode()),
        "f.JSON": line.encode("utf-8-sig"),
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    found = list(entries_of_paths(tmp_path / name for name in contents))
    last = ["e.JSONL.GZ:1", "f.JSON"]
    names = [Path(item.source).name for item in found]
    assert names == ["a.png", "b.json", "c.jsonl:1", "c.jsonl:3", "d.jsonl.gz:1", *last]
    assert found[0].content == contents["a.png"]
    for item in found[2:]:
        np.testing.assert_array_equal(seen(item), seen(found[1]))


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("x.png", None, "cannot be opened"),
        ("x.jsonl", None, "cannot be opened"),
        ("x.json", b"{}", "must look like this"),
        ("x.json", b'{"objects": [7]}', "cannot be read"),
        ("x.json", b"not json", "must look like this"),
        ("x.json", b"[" * 100_000, "must look like this"),
        ("x.json", b"\xff", "damaged or is not text"),
        ("x.jsonl", b'{"strokes": [[[1e99, 0]]]}', "two numbers that are not too large"),
        ("x.jsonl", b'{"strokes": [[[1' + b"0" * 400 + b", 0]]]}", "a list of"),
        ("x.jsonl", b"7", "must look like this"),
        ("x.jsonl.gz", b"not gzip", "cannot be opened"),
        ("x.jsonl.gz", gzip.compress(b"{}" * 99, mtime=0)[:-10], "damaged or is not text"),
    ],
)
def test_what_cannot_be_read_says_why(
    tmp_path: Path, name: str, content: bytes | None, problem: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    (item,) = entries_of_paths([tmp_path / name])
    assert item.content is None
    assert problem in item.problem


def test_of_a_folder_what_can_be_read_is_read_in_order(tmp_path: Path) -> None:
    wanted = ["a/2.PNG", "a/b.jsonl", "c.heic"]
    others = ["a/.3.png", "__MACOSX/4.png", "notes.txt", "Thumbs.db", "model.keras"]
    for name in (*wanted, *others):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    named = tmp_path / "notes.txt"
    assert list(files_in([named, tmp_path])) == [named, *(tmp_path / name for name in wanted)]


def test_the_sizes_of_entries_tell_how_far_it_is(tmp_path: Path) -> None:
    lines = b"".join(json.dumps(SEVEN).encode() + b"\n" for _ in range(2000))
    contents = {"a.png": encoded(seven()), "b.jsonl": lines, "c.jsonl.gz": gzip.compress(lines)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    sizes = [entry.size for entry in entries_of_paths(files_in([tmp_path]))]
    assert len(sizes) == 4001
    assert sum(sizes) == sum(map(len, contents.values()))


def test_a_zip_file_is_a_folder_of_pictures_whose_names_are_only_names() -> None:
    picture = encoded(seven())
    names = ["b.png", "../../a.png", "/etc/c.jpg", "x/y.heic"]
    others = {"x/": b"", "readme.txt": b"", "__MACOSX/b.png": b"", "x/z.zip": zipped({})}
    found = in_zip(zipped({**dict.fromkeys(names, picture), **others}))
    assert [item.source for item in found] == [f"all.ZIP: {name}" for name in names]
    assert all(item.content == picture and not item.problem for item in found)


def test_what_a_zip_file_hides_from_the_reader_leaves_the_others_readable() -> None:
    data = bytearray(zipped({"a.png": bytes(5000), "b.png": encoded(seven())}))
    # Its packed bytes begin behind a head of 30 bytes and its name.
    data[36:40] = b"\xff" * 4
    broken, whole = in_zip(bytes(data))
    assert (broken.content, broken.problem) == (None, NOT_UNPACKED)
    assert whole.content == encoded(seven())
    (nothing,) = in_zip(zipped({"readme.txt": b"", "x/": b""}))
    assert nothing.problem == EMPTY_ZIP
    (all_of_it,) = in_zip(bytes(data[:200]))
    assert all_of_it.problem == NO_ZIP


def test_a_zip_file_that_holds_too_much_is_refused_before_it_is_unpacked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as small:
        small.setattr(zip_files, "MOST_UNPACKED", 2500)
        found = in_zip(zipped({f"{number}.png": bytes(1000) for number in range(5)}))
        assert [item.problem for item in found] == ["", "", too_much(MOST_PACKED)]
    with monkeypatch.context() as small:
        small.setattr(zip_files, "LARGEST_UNPACKED", 1000)
        found = in_zip(zipped({"a.png": bytes(1001), "b.png": bytes(1000)}))
    assert [item.problem for item in found] == [TOO_LARGE, ""]
    monkeypatch.setattr(input_files, "MOST_PACKED", 4)
    (item,) = in_zip(zipped({f"{number}.png": b"" for number in range(5)}))
    assert item.problem == too_much(4)
    # One that claims to hold less than it does is cut off there.
    lying = zipped({"a.png": bytes(100_000)}).replace((100_000).to_bytes(4, "little"), b"\1\0\0\0")
    (item,) = in_zip(lying)
    assert item.problem == NOT_UNPACKED
