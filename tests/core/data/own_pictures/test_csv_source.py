import numpy as np
import pytest

from mnist_app.core.data.own_pictures.csv_source import csv_source
from mnist_app.core.errors import DigitLabError
from tests.support.samples import blocks

IMAGES, LABELS = blocks(30)
PIXELS = [[str(value) for value in image.ravel()] for image in IMAGES]
NAMES = [f"pixel{number}" for number in range(784)]


def text(rows: list[list[str]], separator: str = ",") -> bytes:
    return "\n".join(separator.join(row) for row in rows).encode("utf-8-sig")


def labelled(labels: list[str], at_end: bool = False) -> list[list[str]]:
    return [
        [*pixels, label] if at_end else [label, *pixels]
        for label, pixels in zip(labels, PIXELS, strict=True)
    ]


DIGITS = [str(label) for label in LABELS]


@pytest.mark.parametrize(
    ("rows", "separator"),
    [
        ([["label", *NAMES], *labelled(DIGITS)], ","),
        (labelled(DIGITS), ","),
        ([[*NAMES, "kind"], *labelled(DIGITS, at_end=True)], ";"),
        ([["id", "Label", *NAMES], *(["7", *row] for row in labelled(DIGITS))], "\t"),
        ([["label", *NAMES], *labelled([f"{label}.0" for label in LABELS])], ","),
    ],
    ids=["Kaggle", "no header", "last", "id", "fractions"],
)
def test_tables_of_every_layout_are_the_same(rows: list[list[str]], separator: str) -> None:
    source = csv_source(text(rows, separator))
    assert source.labels == DIGITS
    for number in (0, 29):
        np.testing.assert_allclose(source.colours(number)[..., 0] * 255, IMAGES[number])


def test_without_a_header_the_labels_are_found_by_what_they_are() -> None:
    letters = ["ab"[label % 2] for label in LABELS]
    assert csv_source(text(labelled(letters, at_end=True))).labels == letters
    for pixels in PIXELS:
        pixels[0] = "0"
    assert csv_source(text(labelled(DIGITS, at_end=True))).labels == DIGITS


def test_broken_rows_are_named() -> None:
    rows = [["label", *NAMES], *labelled(DIGITS)]
    rows[2] = rows[2][:99]
    rows[3][9] = "x"
    rows[4][0] = ""
    source = csv_source(text(rows))
    assert source.left_out == ("row 5: It has no label.",)
    for number, words in ((1, "99 values instead of 785"), (2, "not a number")):
        assert source.names[number] == f"row {number + 2}"
        with pytest.raises(DigitLabError, match=words):
            source.colours(number)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Each row"),
        (b"label,pixel0\n", "Each row"),
        (b"1,2,3\n4,5,6\n", "Each row"),
        (b"," * 200_001, "Each row"),
        (b"x" * 140_000 + b",1,2\n", "Each row"),
        (b"\xff\xfe1\x00", "UTF-8"),
        (",".join(NAMES).encode() + b"\n" + b",".join([b"1"] * 784), "no column called “label”"),
        (text([["label", *NAMES], *labelled(["7"] * 30)]), "two classes"),
    ],
)
def test_what_is_no_such_table_is_refused(data: bytes, words: str) -> None:
    with pytest.raises(DigitLabError, match=words):
        csv_source(data)


def test_too_many_rows_are_refused_before_any_is_split(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MNIST_APP_DATASET_PICTURES", "9")
    with pytest.raises(DigitLabError, match="10 pictures to learn from, but the limit here is 9"):
        csv_source(text([["label", *NAMES], *[["no picture"]] * 10]))
