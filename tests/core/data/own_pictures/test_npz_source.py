import numpy as np
import pytest

from mnist_app.core import zip_files
from mnist_app.core.data.own_pictures import npz_source as module
from mnist_app.core.data.own_pictures.npz_source import npz_source
from mnist_app.core.errors import DigitLabError
from tests.support.own_pictures import npz, zipped
from tests.support.samples import blocks

IMAGES, LABELS = blocks(40)


@pytest.mark.parametrize(
    "images",
    [
        IMAGES,
        IMAGES[..., None],
        IMAGES.reshape(40, 784),
        np.stack([IMAGES] * 3, axis=1),
        np.stack([IMAGES] * 3, axis=3),
        IMAGES.astype(np.float32) / 255,
        IMAGES.astype(np.uint16) * 257,
        IMAGES.astype(np.float64) / 127.5 - 1,
        np.asfortranarray(IMAGES),
    ],
    ids=["grey", "depth", "flat", "planes", "colour", "fractions", "16 bits", "signed", "fortran"],
)
def test_pictures_of_every_layout_are_the_same(images: np.ndarray) -> None:
    source = npz_source(npz(x_train=images, y_train=LABELS, x_test=images[:9], y_test=LABELS[:9]))
    assert source.labels == [str(label) for label in [*LABELS, *LABELS[:9]]]
    assert source.is_test.tolist() == [False] * 40 + [True] * 9
    for number in (0, 39, 40 + 8):
        np.testing.assert_allclose(
            source.colours(number)[..., 0] * 255, IMAGES[number % 40], atol=0.51
        )


@pytest.mark.parametrize("labels", [LABELS[:, None], np.eye(10)[LABELS], LABELS * 1.0])
def test_labels_of_every_layout_are_the_same(labels: np.ndarray) -> None:
    source = npz_source(npz(train_images=IMAGES, train_labels=labels))
    assert source.labels == [str(label) for label in LABELS]


def test_labels_may_be_texts_or_have_names() -> None:
    source = npz_source(npz(x_train=IMAGES[:2], y_train=np.array(["a  cat", "dog"])))
    assert source.labels == ["a cat", "dog"]
    names = np.array(["cat", "dog"])
    source = npz_source(npz(x_train=IMAGES[:2], y_train=LABELS[:2], class_names=names))
    assert source.labels == ["cat", "dog"]
    signs = np.array(["²", "1"])
    source = npz_source(npz(x_train=IMAGES[:2], y_train=signs, class_names=names))
    assert source.labels == ["²", "dog"]


def test_a_picture_without_numbers_is_broken() -> None:
    images = IMAGES / 255
    images[1, 5, 5] = np.nan
    source = npz_source(npz(x_train=images, y_train=LABELS))
    source.colours(0)
    with pytest.raises(DigitLabError, match="not numbers"):
        source.colours(1)


def test_what_is_no_such_file_is_refused() -> None:
    header = (
        b"\x93NUMPY\1\0v\0{'descr': '|u1', 'fortran_order': False, 'shape': (9999999999, 28, 28), }"
    )
    lying = header.ljust(127) + b"\n"
    for data, words in (
        (b"nothing", "damaged"),
        (npz(images=IMAGES), "x_train"),
        (npz(x_train=IMAGES, y_train=LABELS[:9]), "one label"),
        (npz(x_train=IMAGES[:, 0, 0], y_train=LABELS), "in grey or in colour"),
        (npz(x_train=np.array([{}, []], dtype=object), y_train=LABELS[:2]), "damaged"),
        (zipped({"x_train.npy": lying, "y_train.npy": lying}), "damaged"),
        (npz(x_train=IMAGES, y_train=LABELS * 0), "two classes"),
        (npz(x_train=np.zeros((2, 1001, 1000), np.uint8), y_train=LABELS[:2]), "pixels"),
    ):
        with pytest.raises(DigitLabError, match=words):
            npz_source(data)


def test_too_much_is_refused_before_anything_is_made_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_label", lambda *arguments: pytest.fail("It is too much."))
    data = npz(x_train=IMAGES, y_train=LABELS, x_test=IMAGES, y_test=LABELS)
    with monkeypatch.context() as small:
        small.setenv("MNIST_APP_DATASET_PICTURES", "39")
        with pytest.raises(
            DigitLabError, match="40 pictures to learn from, but the limit here is 39"
        ):
            npz_source(data)
    monkeypatch.setattr(zip_files, "MOST_UNPACKED", 2 * IMAGES.nbytes)
    with pytest.raises(DigitLabError, match="holds too much"):
        npz_source(data)
