import io
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest
from PIL import Image

from mnist_app.core.images.pictures import decode
from mnist_app.core.ink import drawing_files
from mnist_app.core.ink.drawing_files import Sheet
from mnist_app.core.ink.drawings import Drawing, drawing_from_canvas
from mnist_app.core.recognition.classifier import Classifier
from mnist_app.core.recognition.reading import read_picture
from tests.support.drawings import SIDE, STROKES, canvas_json

CHALK = ("#ffffff", "#000000")


def sheet(*parts: Drawing) -> Sheet:
    return Sheet(parts, (SIDE, SIDE), *CHALK)


@pytest.mark.parametrize(("place", "digit"), enumerate("012367"))
def test_a_saved_picture_reads_as_it_was_drawn(shipped: Classifier, place: int, digit: str) -> None:
    drawing = drawing_from_canvas(canvas_json(STROKES[place]))
    assert read_picture(decode(drawing_files.png(sheet(drawing))), shipped).text == digit


def test_each_stroke_keeps_its_pen_and_its_place() -> None:
    thin = Drawing([np.array([[40.0, 40.0], [40.0, 280.0]])], 6)
    dot = Drawing([np.array([[200.0, 160.0]])], 40)
    with Image.open(io.BytesIO(drawing_files.png(sheet(thin, dot)))) as picture:
        ink = np.asarray(picture)[..., 0] > 128
    assert ink.shape == (SIDE, SIDE)
    assert ink[160].nonzero()[0] == pytest.approx([*range(37, 43), *range(180, 220)])
    paths = [
        path.attrib
        for path in ElementTree.fromstring(drawing_files.svg(sheet(thin, dot))).iter()
        if path.tag.endswith("path")
    ]
    assert paths == [
        {"stroke-width": "6", "d": "M40,40 L40,280"},
        {"stroke-width": "40", "d": "M200,160 L200,160"},
    ]
