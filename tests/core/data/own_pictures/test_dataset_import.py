import numpy as np
import pytest

from mnist_app.core.data.own_pictures.conversion import Conversion, Method
from mnist_app.core.data.own_pictures.dataset_import import (
    SAMPLES,
    OwnPictures,
    import_dataset,
    samples,
    source_of,
    suggestion,
)
from mnist_app.core.errors import DigitLabError, Stopped
from tests.support.own_pictures import SHAPES, npz, shapes, zipped
from tests.support.samples import blocks

RESIZED = Conversion(Method.RESIZED, False)


def own(labels: np.ndarray) -> OwnPictures:
    images = blocks(len(labels))[0]
    return import_dataset(
        source_of("a.npz", npz(x_train=images, y_train=labels)), RESIZED, "own", "Mine"
    )


def test_a_zip_of_drawings_becomes_a_data_set_with_a_fifth_to_test_with() -> None:
    source = source_of("Shapes.ZIP", zipped(shapes(10)))
    found = samples(source)
    assert len(found) == SAMPLES
    assert {sample.label for sample in found[:3]} == set(SHAPES)
    made = import_dataset(source, suggestion(found), "own", "Shapes")
    again = import_dataset(source, suggestion(found), "own", "Shapes").dataset
    dataset = made.dataset
    assert (dataset.title, dataset.class_names, made.left_out) == ("Shapes", SHAPES, ())
    assert np.bincount(dataset.test_labels).tolist() == [2, 2, 2]
    assert dataset.train_images.shape == (24, 28, 28)
    np.testing.assert_array_equal(dataset.test_images, again.test_images)


def test_labels_need_not_follow_each_other_and_one_picture_is_learned_from() -> None:
    dataset = own(np.array([7, 7, 30, 30, 30, -1])).dataset
    assert dataset.class_names == ("-1", "7", "30")
    assert np.bincount(dataset.train_labels).tolist() == [1, 1, 2]
    assert dataset.test_labels.tolist() == [1, 2]


def test_ten_digits_are_the_classes_of_mnist() -> None:
    assert own(np.arange(20) % 10).dataset.class_names == tuple("0123456789")


def test_what_gives_no_data_set_is_refused() -> None:
    with pytest.raises(DigitLabError, match="only one"):
        own(np.array([1, 2]))
    with pytest.raises(DigitLabError, match=r"\.zip, \.npz or \.csv"):
        source_of("a.rar", b"")
    with pytest.raises(DigitLabError, match="cannot be opened"):
        samples(source_of("a.zip", zipped({"a/1.png": b"", "b/1.png": b""})))


def test_reading_can_be_stopped_and_says_how_far_it_is() -> None:
    images, labels = blocks(300)
    source = source_of("a.npz", npz(x_train=images, y_train=labels))
    done: list[float] = []
    with pytest.raises(Stopped):
        import_dataset(source, RESIZED, "own", "Mine", done.append, lambda: len(done) > 2)
    assert done == pytest.approx([0, 1 / 3, 2 / 3])
