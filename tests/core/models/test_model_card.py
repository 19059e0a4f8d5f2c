import json
from pathlib import Path
from typing import Any

import pytest

from mnist_app.core.data.datasets import DIGIT_NAMES
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel, add_litert, describe, is_ready, save
from tests.support.stored_models import FILES, LATER, card


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "7", "null", "{}", '{"title": 5}', "\0", "[" * 100_000, '{"a":' * 100_000],
    ids=lambda text: text[:10],
)
def test_without_a_readable_card_a_model_is_known_by_its_file(models: Path, text: str) -> None:
    stored = save(FILES, card(), models / "new.keras")
    stored.path.with_suffix(".json").write_text(text)
    again = describe(stored.path)
    assert again.card is None
    assert again.title == "new"
    assert again.class_names == DIGIT_NAMES
    assert not is_ready(again)
    assert [model.name for model in model_store.models()] == ["new"]


def test_a_card_of_another_file_is_none(models: Path) -> None:
    stored = save(FILES, card(), models / "new.keras")
    stored.path.write_bytes(b"another network")
    assert describe(stored.path).card is None
    assert not is_ready(describe(stored.path))


def test_a_litert_form_of_another_model_is_none(models: Path) -> None:
    stored = save(FILES, card(), models / "new.keras")
    stored.path.with_suffix(".tflite").write_bytes(b"another form")
    assert describe(stored.path).card is not None
    assert not is_ready(stored)
    with pytest.raises(DigitLabError, match=r"new\.keras is not ready"):
        model_store.classifier(stored.path)
    stored.path.with_suffix(".tflite").unlink()
    assert not is_ready(stored)


def test_an_older_card_counts_and_its_litert_form_is_made_anew(models: Path) -> None:
    stored = save(FILES, card(), models / "new.keras")
    path = stored.path.with_suffix(".json")
    values = json.loads(path.read_text())
    del values["keras_sha256"], values["litert_sha256"]
    values["weights"] = values.pop("parameter_count")
    path.write_text(json.dumps(values))
    older = describe(stored.path).card
    assert older is not None
    assert (older.title, older.parameter_count) == ("A title", card().parameter_count)
    assert not is_ready(stored)
    add_litert(stored.path, LATER.litert)
    assert is_ready(stored)
    assert describe(stored.path).title == "A title"
    assert stored.path.with_suffix(".tflite").read_bytes() == LATER.litert


def test_a_model_of_another_app_gets_a_litert_form_but_no_card(models: Path) -> None:
    (models / "foreign.keras").write_bytes(FILES.keras)
    stored = describe(models / "foreign.keras")
    assert not is_ready(stored)
    add_litert(stored.path, FILES.litert)
    assert is_ready(stored)
    assert describe(stored.path) == stored == StoredModel(stored.path, None)


def test_a_wrong_card_does_not_become_right_by_a_litert_form(models: Path) -> None:
    stored = save(FILES, card(), models / "new.keras")
    stored.path.write_bytes(LATER.keras)
    add_litert(stored.path, LATER.litert)
    assert is_ready(stored)
    assert describe(stored.path).card is None


@pytest.mark.parametrize(
    "change",
    [{"title": 2024}, {"class_names": [0, 1]}, {"training": "long"}, {"parameter_count": "few"}],
)
def test_a_card_with_values_of_another_kind_is_none(models: Path, change: dict[str, Any]) -> None:
    stored = save(FILES, card(), models / "mine.keras")
    assert stored.card is not None
    path = stored.path.with_suffix(".json")
    path.write_text(json.dumps(json.loads(path.read_text()) | change))
    assert model_store.describe(stored.path).card is None
