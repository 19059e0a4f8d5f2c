import pytest

from mnist_app.core.images.pictures import decode, png
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_picture
from tests.support.cases import CASES


@pytest.mark.parametrize("case", CASES)
def test_what_was_once_read_wrong_is_read_right(shipped: Classifier, case: str) -> None:
    kind, lines, paper = CASES[case]
    reading = read_picture(decode(png(paper)), shipped, as_number=kind == "number")
    assert reading.lines == lines
