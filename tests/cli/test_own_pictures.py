import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mnist_app.core.models import model_store
from mnist_app.lab.networks import model_files
from tests.support.command_line import Outcome, is_one_plain_line
from tests.support.own_pictures import SHAPES, hostile_zips, npz, shapes, zipped
from tests.support.samples import blocks

QUICK = "--architecture=dense --batch-size=8 --epochs=12 --learning-rate=0.003".split()


def letters(name: str) -> bytes:
    """The pictures of three letters, as a file of any kind."""
    images, labels = blocks(150)
    images, texts = images[labels < 3], np.array(["a", "b", "c"])[labels[labels < 3]]
    if name.endswith("csv"):
        rows = [
            f"{text},{','.join(map(str, image.ravel()))}"
            for text, image in zip(texts, images, strict=True)
        ]
        return "\n".join(["label," + ",".join(f"p{pixel}" for pixel in range(784)), *rows]).encode()
    return npz(x_train=images[:36], y_train=texts[:36], x_test=images[36:], y_test=texts[36:])


@pytest.mark.parametrize("name", ["shapes.zip", "letters.npz", "letters.csv"])
def test_own_pictures_are_learned_and_tested(name: str, run: Any, tmp_path: Path) -> None:
    path, model = tmp_path / name, tmp_path / "own.keras"
    is_zip = name.endswith("zip")
    path.write_bytes(zipped(shapes(15)) if is_zip else letters(name))
    trained: Outcome = run(
        "train", "--dataset", path, *QUICK, "--output", model, "--format", "json"
    )
    assert (trained.status, trained.err) == (0, "")
    card = trained.objects[0]["card"]
    assert tuple(card["class_names"]) == (SHAPES if is_zip else ("a", "b", "c"))
    assert card["dataset"] == card["settings"]["dataset"] == name
    assert str(tmp_path) not in json.dumps(card)
    assert card["title"] == f"Dense on {path.stem}"
    tested: Outcome = run("evaluate", model, "--dataset", path, "--format", "json")
    assert tested.status == 0
    assert tested.objects[0]["accuracy"] > 0.8
    assert len(tested.objects[0]["confusion_matrix"]) == 3
    assert model_files.load(model).output_shape == (None, 3)
    assert model_store.is_ready(model_store.describe(model))


def test_the_way_can_be_chosen_and_what_is_left_out_is_named(run: Any, tmp_path: Path) -> None:
    path = tmp_path / "shapes.zip"
    path.write_bytes(zipped({**shapes(15), "cross/broken.png": b"?"}))
    words = ["--dataset", path, "--pictures-as", "resized", "--output", tmp_path / "own.keras"]
    trained: Outcome = run("train", *words, *QUICK, "--title", "Mine")
    assert trained.status == 0
    assert trained.err.startswith("Left out: cross/broken.png (cross): This file cannot be opened")
    card = model_store.describe(tmp_path / "own.keras").card
    assert card is not None
    assert "--learning-rate 0.003 --pictures-as resized --title Mine" in card.command
    assert str(tmp_path) not in card.command


@pytest.mark.parametrize(
    ("command", "status"),
    [
        ("train --dataset {evil} --output {model}", 1),
        ("evaluate --dataset {evil}", 1),
        ("evaluate --dataset {folder}/missing.zip", 1),
        ("evaluate --dataset {shapes}", 1),
        ("evaluate --dataset nonsense", 2),
        ("train --dataset nonsense --output {model}", 2),
    ],
)
def test_what_cannot_be_used_is_refused_in_a_sentence(
    command: str, status: int, run: Any, tmp_path: Path
) -> None:
    evil, fine = tmp_path / "evil.zip", tmp_path / "shapes.zip"
    evil.write_bytes(hostile_zips()["a name that leads out"][0])
    fine.write_bytes(zipped(shapes(2)))
    places = {"evil": evil, "shapes": fine, "folder": tmp_path, "model": tmp_path / "m.keras"}
    ended: Outcome = run(*command.format(**places).split())
    assert ended.status == status
    assert "Traceback" not in ended.err
    assert status == 2 or is_one_plain_line(ended.err)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["evil.zip", "shapes.zip"]
