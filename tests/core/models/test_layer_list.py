import json
import zipfile
from pathlib import Path

import pytest

from mnist_app.core.models import layer_list, model_store


def test_the_shipped_model_lists_its_layers() -> None:
    found = layer_list.read_layers(model_store.SHIPPED)
    assert [layer.kind for layer in found[:3]] == ["InputLayer", "Conv2D", "BatchNormalization"]
    assert found[1].name == "conv2d"
    assert found[1].settings["filters"] == 16
    assert found[-1].kind == "Dense"


@pytest.mark.parametrize(
    "text",
    ["", "[]", "7", "{}", '{"config": {"layers": [7]}}', "[" * 100_000, " " * 6_000_000],
    ids=lambda text: text[:10],
)
def test_a_broken_list_is_empty(tmp_path: Path, text: str) -> None:
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", text)
    assert layer_list.read_layers(tmp_path / "m.keras") == ()


def test_what_is_no_archive_lists_nothing(tmp_path: Path) -> None:
    (tmp_path / "m.keras").write_bytes(json.dumps({"layers": []}).encode())
    assert layer_list.read_layers(tmp_path / "m.keras") == ()
    assert layer_list.read_layers(tmp_path / "gone.keras") == ()
