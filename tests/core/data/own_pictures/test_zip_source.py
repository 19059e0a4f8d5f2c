import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mnist_app.core.data.own_pictures.conversion import Conversion, Method
from mnist_app.core.data.own_pictures.dataset_import import import_dataset
from mnist_app.core.data.own_pictures.source import Source
from mnist_app.core.data.own_pictures.zip_source import zip_source
from mnist_app.core.errors import DigitLabError
from tests.support.own_pictures import hostile_zips, shape, shapes, zipped
from tests.support.pictures import encoded

PICTURE = encoded(shape("circle", side=20))


def found(*names: str) -> Source:
    return zip_source(zipped(dict.fromkeys(names, PICTURE)))


@pytest.mark.parametrize("kind", hostile_zips())
def test_a_hostile_file_is_refused_in_a_sentence_and_writes_nothing(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    data, words = hostile_zips()[kind]
    with pytest.raises(DigitLabError, match=words):
        zip_source(data)
    assert os.listdir(tmp_path) == []


def test_each_folder_is_a_class_wherever_it_lies() -> None:
    source = found("all/my pets/cat/1.png", "all/my pets/cat/more/2.JPG", "all/my pets/10/1.png")
    assert source.labels == ["cat", "cat", "10"]
    assert not source.is_test.any()


def test_train_and_test_are_no_classes_and_what_lies_beside_them_is_named() -> None:
    source = found(
        "x/Train/a/1.png", "x/Train/b/1.png", "x/Val/a/1.png", "x/test/a/1.png", "x/test/9.png"
    )
    assert source.labels == ["a", "b", "a", "a"]
    assert source.is_test.tolist() == [False, False, False, True]
    assert source.left_out == ("x/test/9.png: It is not in the folder of a class.",)
    source = found("train/1.png", "test/1.png")
    assert source.labels == ["train", "test"]


def test_what_is_no_picture_is_passed_over() -> None:
    others = ("notes.txt", "a/Thumbs.db", "__MACOSX/a/1.png", "a/.hidden.png")
    assert found("a/1.png", "b\\1.png", *others).labels == ["a", "b"]
    with pytest.raises(DigitLabError, match="two classes"):
        found("a/1.png", "a/2.png")
    with pytest.raises(DigitLabError, match="no folders with pictures"):
        found("1.png", "2.png")


def test_broken_pictures_are_named_and_left_out() -> None:
    files = {**shapes(3), "circle/broken.png": PICTURE[:60], "cross/text.png": b"text"}
    own = import_dataset(
        zip_source(zipped(files)), Conversion(Method.RESIZED, True), "own", "Shapes"
    )
    assert [sentence.split(":")[0] for sentence in own.left_out] == [
        "circle/broken.png (circle)",
        "cross/text.png (cross)",
    ]
    assert len(own.dataset.train_labels) + len(own.dataset.test_labels) == 9


def test_a_picture_stands_upright_whatever_kind_it_is() -> None:
    grey = np.zeros((20, 20), np.uint8)
    grey[:5] = 255
    turned = Image.fromarray(np.rot90(grey))
    exif = turned.getexif()
    exif[0x0112] = 6
    deep = Image.fromarray(grey.astype(np.uint16) * 257)
    clear = Image.merge(
        "RGBA", [Image.new("L", (20, 20)), *[Image.new("L", (20, 20))] * 2, Image.fromarray(grey)]
    )
    files = {
        "a/turned.png": encoded(turned, exif=exif),
        "a/deep.png": encoded(deep),
        "b/clear.png": encoded(clear),
    }
    source = zip_source(zipped(files))
    for number, is_inverted in enumerate((False, False, True)):
        image = Conversion(Method.RESIZED, is_inverted)(source.colours(number))
        assert image[:6].min() > 200, files
        assert image[8:].max() < 50
