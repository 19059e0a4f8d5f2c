import threading
from collections.abc import Iterator
from typing import Any

import pytest

from mnist_app.core.images.pictures import decode
from mnist_app.core.models import model_store
from mnist_app.core.recognition import batch
from mnist_app.core.recognition.batch import ReadingOptions, Row, csv_line, rows
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.input_files import Entry
from mnist_app.core.recognition.number_pattern import Pattern
from tests.support import photos
from tests.support.pictures import encoded, seven


@pytest.fixture(scope="module")
def classifiers() -> list[Classifier]:
    return [model_store.classifier(model_store.SHIPPED) for _ in range(2)]


def drawn(digit: int) -> Entry:
    return Entry(str(digit), photos.drawing(digit))


def test_all_is_read_in_order_whatever_one_of_it_is(
    classifiers: list[Classifier], monkeypatch: pytest.MonkeyPatch
) -> None:
    def strange(data: bytes, **options: Any) -> object:
        if data == b"strange":
            raise ZeroDivisionError
        return decode(data, **options)

    monkeypatch.setattr(batch, "decode", strange)
    entries = [
        *(drawn(digit) for digit in range(10)),
        Entry("broken", b"broken"),
        Entry("strange", b"strange"),
        Entry("gone", None, "It is gone."),
        Entry("seven", encoded(seven())),
    ]
    found = list(rows(entries, classifiers, ReadingOptions()))
    assert [row.source for row in found] == [entry.source for entry in entries]
    assert "".join(row.reading.text for row in found) == "01234567897"
    assert [row.problem for row in found[:10]] == [""] * 10
    broken, strange_one, gone, picture = found[10:]
    assert "cannot be opened as a picture" in broken.problem
    assert "ZeroDivisionError" in strange_one.problem
    assert gone.doubt == gone.problem == "It is gone."
    assert (picture.problem, picture.picture is None) == ("", False)


def test_no_more_is_opened_than_is_read_soon(classifiers: list[Classifier]) -> None:
    taken = []

    def entries() -> Iterator[Entry]:
        for number in range(100):
            taken.append(number)
            yield drawn(number % 10)

    before = threading.active_count()
    found = rows(entries(), classifiers, ReadingOptions())
    next(found)
    assert len(taken) < 10
    found.close()  # type: ignore[attr-defined]
    assert len(taken) < 10
    assert threading.active_count() == before


def in_pattern(written: str, digit: int, classifiers: list[Classifier]) -> Row:
    (row,) = rows(
        [drawn(digit)], classifiers, ReadingOptions(as_number=True, pattern=Pattern(written))
    )
    return row


def test_a_pattern_decides_between_digits_and_says_what_it_overruled(
    classifiers: list[Classifier],
) -> None:
    free = in_pattern("1", 7, classifiers)
    assert (free.reading.text, free.doubt) == ("7", "")
    bound = in_pattern("[0-6]", 7, classifiers)
    assert bound.reading.text in set("0123456")
    assert bound.doubt == "The 1st digit looks more like a 7."
    assert bound.least == bound.reading.digits[0].probabilities[bound.reading.digits[0].digit]
    too_few = in_pattern("5", 7, classifiers)
    assert too_few.reading.text == "7"
    assert too_few.doubt == "1 digit was found, and none of so many match the pattern."


def test_a_line_of_a_table_can_hold_anything() -> None:
    assert csv_line(('a "b",\nc', "12", 0.5, "")) == '"a ""b"",\nc",12,0.5,\n'
    assert csv_line(("a", "", None, "No.")) == "a,,,No.\n"
