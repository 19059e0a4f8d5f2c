import dataclasses
import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.presets import PRESETS, fitted, training_pictures
from mnist_app.core.settings import (
    DATASETS,
    SETTINGS,
    Setting,
    TrainingConfig,
    from_query,
    to_query,
)

BY_NAME = {setting.name: setting for setting in SETTINGS}
SETTING = st.sampled_from(SETTINGS)
ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.integers())
)


def test_the_table_has_a_row_for_each_field() -> None:
    assert [setting.name for setting in SETTINGS] == [
        field.name for field in dataclasses.fields(TrainingConfig)
    ]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)
def test_each_row_explains_itself_and_allows_its_own_default(setting: Setting) -> None:
    assert setting.label
    assert setting.help.endswith(".")
    assert setting.parse(setting.default) == setting.default
    assert setting.parse(str(setting.default)) == setting.default


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("dataset", DATASETS)
def test_presets_are_valid(preset: str, dataset: str) -> None:
    values: dict[str, Any] = {"dataset": dataset, **PRESETS[preset]}
    assert TrainingConfig(**values).as_dict().items() >= values.items()


@given(SETTING, ANYTHING)
def test_a_value_is_brought_into_range_or_refused_in_a_sentence(
    setting: Setting, value: Any
) -> None:
    try:
        parsed = setting.parse(value)
    except DigitLabError:
        return
    if setting.name == "dataset":
        assert setting.parse(parsed) == parsed
    elif setting.choices:
        assert parsed in setting.choices
    elif setting.kind is str:
        assert setting.parse(parsed) == parsed
    else:
        assert setting.minimum <= parsed <= setting.maximum
    assert type(parsed) is setting.kind


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 2.5),
        ("epochs", "2.5"),
        ("epochs", math.inf),
        ("batch_size", 4096),
        ("learning_rate", math.nan),
        ("learning_rate", 0),
        ("learning_rate", None),
        ("dataset", "cifar10"),
        ("architecture", ""),
    ],
)
def test_wrong_values_are_refused_by_name(name: str, value: Any) -> None:
    with pytest.raises(DigitLabError, match=rf"^{name} must be .*\.$"):
        TrainingConfig(**{name: value})


def test_text_from_a_link_becomes_numbers() -> None:
    config = TrainingConfig(epochs="7", learning_rate="0.01")  # type: ignore[arg-type]
    assert (config.epochs, config.learning_rate) == (7, 0.01)


@pytest.mark.parametrize("watcher", ["early_stopping", "plateau"])
def test_watching_the_validation_loss_needs_a_validation_share(watcher: str) -> None:
    values: dict[str, Any] = {watcher: 2, "validation_share": 0.0}
    with pytest.raises(DigitLabError, match=r"Set “Held back to check \(%\)” above 0") as told:
        TrainingConfig(**values)
    assert f"“{BY_NAME[watcher].label}”" in str(told.value)


def test_a_config_survives_json() -> None:
    config = TrainingConfig(epochs=4, rotation=3)
    assert TrainingConfig(**json.loads(json.dumps(config.as_dict()))) == config


def test_a_config_never_changes() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        TrainingConfig().epochs = 5  # type: ignore[misc]


def test_rules_read_as_words() -> None:
    assert BY_NAME["epochs"].rule == "a whole number from 1 to 100"
    assert BY_NAME["zoom"].rule == "a number from 0 to 0.4"
    assert BY_NAME["schedule"].rule == "one of constant, cosine, one_cycle"


def test_a_text_has_one_form() -> None:
    config = TrainingConfig(architecture="custom", layers=" CONV 8  3,pool , dropout .5")
    assert config.layers == "conv 8 3, pool, dropout 0.5"


def test_a_text_that_means_nothing_is_refused_in_a_sentence() -> None:
    with pytest.raises(DigitLabError, match="Layer 2, 'magic', is unknown"):
        TrainingConfig(layers="conv 8 3, magic")


@pytest.mark.parametrize("preset", PRESETS)
def test_a_link_opens_the_same_experiment(preset: str) -> None:
    config = TrainingConfig(**PRESETS[preset], layers="dense 9", seed=7)
    query = to_query(config)
    assert from_query(query) == (config, ())
    assert query.items() >= {"layers": "dense 9", "seed": "7"}.items()
    assert "dataset" not in query


def test_the_defaults_need_no_link() -> None:
    assert to_query(TrainingConfig()) == {}
    assert from_query({}) == (TrainingConfig(), ())


def test_what_a_link_gets_wrong_is_left_out_and_told() -> None:
    query = {"epochs": "9", "batch_size": "many", "colour": "red", "layers": "x" * 5000}
    config, problems = from_query(query)
    assert config == TrainingConfig(epochs=9)
    told = [problem.removeprefix("Part of the link is ignored: ") for problem in problems]
    assert [problem.split()[0] for problem in told] == ["batch_size", "there", "layers"]
    assert max(map(len, problems)) < 250


def test_of_a_link_whose_values_do_not_go_together_only_those_are_left_out() -> None:
    query = {"early_stopping": "2", "plateau": "3", "validation_share": "0", "epochs": "4"}
    config, problems = from_query(query)
    assert config == TrainingConfig(validation_share=0, epochs=4)
    assert len(problems) == 1
    assert "Held back to check" in problems[0]


@given(st.dictionaries(st.sampled_from([row.name for row in SETTINGS]) | st.text(), st.text()))
def test_any_link_opens_something(query: dict[str, str]) -> None:
    config, _ = from_query(query)
    assert from_query(to_query(config)) == (config, ())


@pytest.mark.parametrize(
    ("values", "pictures"),
    [
        ({"epochs": 2, "validation_share": 0.1}, 108_000),
        ({"epochs": 1, "train_share": 0.5, "validation_share": 0.0}, 30_000),
        ({"dataset": "optdigits", "epochs": 10, "limit": 100, "validation_share": 0.5}, 500),
    ],
)
def test_the_pictures_that_a_run_shows_are_known_before_it(
    values: dict[str, Any], pictures: int
) -> None:
    assert training_pictures(TrainingConfig(**values)) == pictures


def test_a_data_set_of_somebodys_own_has_an_id_or_is_a_file() -> None:
    for name in ("0" * 32, "letters.ZIP", "/home/me/letters.npz", "a/b.csv"):
        assert TrainingConfig(dataset=name).dataset == name
    for name in ("0" * 31, "letters", "/etc/passwd", "letters.zip.exe"):
        with pytest.raises(DigitLabError, match=r"optdigits, or a \.zip, \.npz, \.csv file"):
            TrainingConfig(dataset=name)


@pytest.mark.parametrize("pictures", [9, 43, 700, 60_000])
@pytest.mark.parametrize("preset", PRESETS)
def test_presets_of_few_pictures_have_enough_steps(preset: str, pictures: int) -> None:
    values = fitted(preset, pictures)
    steps = values["epochs"] * pictures / values["batch_size"]
    assert steps > 100
    assert TrainingConfig(**values).batch_size <= max(8, pictures)
    if pictures == 60_000:
        assert values == PRESETS[preset]
