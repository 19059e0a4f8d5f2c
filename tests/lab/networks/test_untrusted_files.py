import io
import json
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.lab.networks import untrusted_files
from mnist_app.lab.networks.untrusted_files import inspected

PLAIN = {"class_name": "Sequential", "config": {"layers": []}}


def hdf5(fill: Callable[[h5py.File], object], config: object = PLAIN) -> bytes:
    data = io.BytesIO()
    with h5py.File(data, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        file.attrs["keras_version"] = "2.4.0"
        file["weights"] = np.zeros(3)
        fill(file)
    return data.getvalue()


def archive(weights: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as packed:
        packed.writestr("config.json", json.dumps(PLAIN))
        packed.writestr("model.weights.h5", weights)
    return data.getvalue()


def virtual(file: h5py.File) -> None:
    layout = h5py.VirtualLayout(shape=(3,), dtype="f4")
    layout[:] = h5py.VirtualSource("/etc/other.h5", "data", shape=(3,))
    file.create_virtual_dataset("virtual", layout)


def external(file: h5py.File) -> None:
    file.create_dataset("raw", shape=(3,), dtype="f4", external=[("/etc/passwd", 0, 12)])


OUTSIDE = [
    lambda file: file.__setitem__("deep/link", h5py.ExternalLink("/tmp/other.h5", "/")),
    lambda file: file.__setitem__("soft", h5py.SoftLink("/weights")),
    external,
    virtual,
]


@pytest.mark.parametrize("fill", OUTSIDE)
@pytest.mark.parametrize("pack", [bytes, archive])
def test_weights_that_lie_elsewhere_are_refused(
    fill: Callable[[h5py.File], object], pack: Callable[[bytes], bytes]
) -> None:
    with pytest.raises(DigitLabError, match="needs data from outside the file"):
        inspected(pack(hdf5(fill)), "theirs")


@pytest.mark.parametrize("pack", [bytes, archive])
def test_weights_that_unpack_to_too_much_are_refused_unread(pack: Callable[[bytes], bytes]) -> None:
    def bomb(file: h5py.File) -> None:
        file.create_dataset("zeros", shape=(10**9,), chunks=(10**6,), compression="gzip")

    data = pack(hdf5(bomb))
    assert len(data) < 100_000
    with pytest.raises(DigitLabError, match="too large"):
        inspected(data, "theirs")


def test_too_long_a_configuration_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(untrusted_files.LARGEST, "config.json", 10)
    with pytest.raises(DigitLabError, match="too large"):
        inspected(hdf5(lambda file: None), "theirs")


@pytest.mark.parametrize(
    ("kind", "settings", "named"),
    [
        ("Lambda", {"name": "scale"}, "'Lambda' in its layer 'scale'"),
        ("MyAttention", {"name": "mine"}, "'MyAttention' in its layer 'mine'"),
        ("Dense", {"activation": {"class_name": "function", "config": "x"}}, "'function'"),
    ],
)
def test_an_older_file_with_code_is_refused_and_the_layer_is_named(
    kind: str, settings: dict[str, object], named: str
) -> None:
    layers = [{"class_name": kind, "config": settings}]
    config = {"class_name": "Sequential", "config": {"name": "all", "layers": layers}}
    with pytest.raises(DigitLabError, match=f"contains {named}.*could run code"):
        inspected(hdf5(lambda file: None, config), "theirs")


def test_what_is_no_model_is_refused(tmp_path: Path) -> None:
    whole = hdf5(lambda file: None)
    for data in (whole[: len(whole) // 2], pickle.dumps(PLAIN), b"import os\n", b"\x80\x04"):
        with pytest.raises(DigitLabError, match="damaged, or not a Keras model"):
            inspected(data, "theirs.keras")


def test_weights_alone_say_what_to_do() -> None:
    def forget(file: h5py.File) -> None:
        del file.attrs["model_config"]

    with pytest.raises(DigitLabError, match=r'model\.save\("name\.keras"\)'):
        inspected(hdf5(forget), "theirs.h5")


def test_a_link_in_an_archive_is_a_part_like_others() -> None:
    data = io.BytesIO(archive(hdf5(lambda file: None)))
    with zipfile.ZipFile(data, "a") as packed:
        link = zipfile.ZipInfo("assets")
        link.external_attr = 0o120777 << 16
        packed.writestr(link, "/etc/passwd")
    with pytest.raises(DigitLabError, match="'assets', which does not belong"):
        inspected(data.getvalue(), "theirs")


def test_the_version_of_the_writer_is_known() -> None:
    plain = hdf5(lambda file: None)
    assert inspected(plain, "theirs").version == "2.4.0"
    assert inspected(archive(plain), "theirs").version == "3"


def test_plain_layers_may_come_from_the_package_that_keeps_keras_2() -> None:
    layer = {"class_name": "Dense", "module": "tf_keras.layers", "config": {"name": "only"}}
    config = {
        "class_name": "Functional",
        "module": "tf_keras.src.engine.functional",
        "registered_name": "Functional",
        "config": {"layers": [layer]},
    }
    assert inspected(hdf5(lambda file: None, config), "theirs").config == config
