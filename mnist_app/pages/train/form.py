"""The settings of a training run as a form, which the link holds too."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import groupby
from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mnist_app.core import custom_network, limits
from mnist_app.core.errors import DigitLabError
from mnist_app.core.presets import BEST_COST, PRESETS, fitted, training_pictures
from mnist_app.core.runs.run import latest_speed
from mnist_app.core.settings import SETTINGS, Setting, TrainingConfig, from_query, has_effect
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.pages.session.choices import (
    dataset_labels,
    dataset_names,
    default_dataset,
    own_contents,
)
from mnist_app.pages.session.navigation import train_query
from mnist_app.pages.session.run_jobs import runs
from mnist_app.pages.session.wording import about, escape_markdown, show_error
from mnist_app.pages.train.network_builder import show_layers_field
from mnist_app.pages.train.preview import show_preview

FIRST_TIME = "one-minute"
# The others make the shipped model, on the command line: one trains its teacher for hours, one
# needs teachers.
PRESET_LABELS = {
    "ten-seconds": "Quick",
    "one-minute": "Standard",
    "best": "Best",
}
# "Network" stands above all others, which are folded away.
GROUPS = ("Data", "Network", "Training", "Augmentation", "Stopping")
FIRST = ("dataset", "architecture", "layers")


def show_form() -> tuple[TrainingConfig | None, str]:
    """Show the form; return its settings, None when they are wrong, and the model's name."""
    problems = st.empty()
    _read_link()
    st.session_state.preset = _preset()
    st.segmented_control(
        "Preset",
        list(PRESET_LABELS),
        format_func=_preset_labels().__getitem__,
        key="preset",
        on_change=_apply_preset,
        help="Fills in the settings below. You can still change each one. The times are "
        "estimates of the training alone, based on the latest runs on this server. Best takes "
        "hours on most computers.",
    )
    title = st.text_input(
        "Name of the model",
        key="title",
        max_chars=60,
        placeholder="Optional: named after its settings",
        help="You can choose it by this name on the Draw and Predictions pages.",
    )
    shown = [row for row in SETTINGS if row.group in GROUPS and _is_relevant(row.name)]
    for row in shown:
        if row.name in FIRST:
            _show_field(row)
    wrong = st.empty()
    rest = [row for row in shown if row.name not in FIRST]
    by_group = sorted(rest, key=lambda row: GROUPS.index(row.group))
    for group, rows in groupby(by_group, key=lambda row: row.group):
        with st.expander(group, key=f"panel_{group}", on_change="rerun") as panel:
            for row in rows:
                _show_field(row)
            if group == "Augmentation" and panel.open:
                show_preview(_values())
    _show_problems(problems)
    try:
        config = TrainingConfig(**_values())
        limits.require_weights(custom_network.parameter_count(config.architecture, config.layers))
    except DigitLabError as error:
        with wrong:
            show_error(error)
        return None, title.strip()
    _write_link(config)
    return config, title.strip()


def _preset_labels() -> dict[str, str]:
    """Return each preset's name and, once a run here has shown it, how long it takes."""
    try:
        newest_first = runs().listed()
    except DigitLabError:
        # Told when they start one.
        newest_first = []
    labels = dict(PRESET_LABELS)
    pictures = _own_pictures()
    for name in labels:
        config = TrainingConfig(**_preset_values(name))
        speed = latest_speed(config, newest_first)
        if not speed and name == "best":
            quick = TrainingConfig(**PRESETS["ten-seconds"])
            speed = latest_speed(quick, newest_first) / BEST_COST
        if speed:
            took = about(training_pictures(config, pictures) / speed).removeprefix("about ")
            labels[name] += f": ~{took}"
    return labels


def _values() -> dict[str, Any]:
    """Return the settings by name; one that has no effect is at its default."""
    return {
        row.name: st.session_state[_key(row.name)] if _is_relevant(row.name) else row.default
        for row in SETTINGS
    }


def _is_relevant(name: str) -> bool:
    return has_effect(name, {row.name: st.session_state[_key(row.name)] for row in SETTINGS})


def _key(name: str) -> str:
    return f"set_{name}"


def _fill(values: Mapping[str, Any]) -> None:
    for row in SETTINGS:
        st.session_state[_key(row.name)] = values.get(row.name, row.default)


def _preset() -> str | None:
    """Return the preset that the form agrees with."""
    values = {
        name: value for name, value in _values().items() if name != "dataset" and _is_relevant(name)
    }
    defaults = {row.name: row.default for row in SETTINGS}
    return next(
        (
            name
            for name in PRESET_LABELS
            if values.items() <= (defaults | _preset_values(name)).items()
        ),
        None,
    )


def _apply_preset() -> None:
    """Fill the form with the chosen preset, as it is for the chosen data set."""
    chosen = st.session_state.preset
    if chosen:
        _fill(_preset_values(chosen))


def _preset_values(name: str) -> dict[str, Any]:
    pictures = _own_pictures()
    values = fitted(name, pictures) if pictures else PRESETS[name]
    return {**values, "dataset": st.session_state.set_dataset}


def _own_pictures() -> int:
    """Return how many pictures to learn from the chosen data set has, if somebody brought it."""
    found = own_contents(st.session_state.set_dataset)
    return found.training if found else 0


def _read_link() -> None:
    """Fill in the settings of a link that this session did not write."""
    groups = {row.name: row.group for row in SETTINGS}
    linked = {name: text for name, text in st.query_params.items() if name in groups}
    # While somebody types, the browser may still send a link from a moment ago.
    known: list[dict[str, str]] = st.session_state.setdefault("train_links", [])
    if linked and linked not in known:
        foreign = [name for name in linked if groups[name] not in GROUPS]
        config, problems = from_query(
            {name: text for name, text in linked.items() if name not in foreign}
        )
        if config.dataset not in dataset_names():
            config = replace(config, dataset=default_dataset())
            problems += (own_datasets.GONE,)
        problems += tuple(
            f"{name} can only be set on the command line, so the link's value is left out."
            for name in foreign
        )
        _fill(config.as_dict())
        known.append(linked)
        st.session_state.link_problems = (_values(), problems)
    elif st.session_state.get(_key("dataset")) not in dataset_names():
        _fill({**PRESETS[FIRST_TIME], "dataset": default_dataset()})


def _show_problems(place: DeltaGenerator) -> None:
    """Show what is wrong in the link, until the form is changed."""
    values, problems = st.session_state.get("link_problems", ({}, ()))
    if problems and values == _values():
        with place.container():
            for problem in problems:
                st.warning(escape_markdown(problem), icon=":material/link_off:")
    else:
        st.session_state.pop("link_problems", None)


def _write_link(config: TrainingConfig) -> None:
    """Have the link hold the form's settings, beside what else it holds."""
    wanted = train_query(config)
    known: list[dict[str, str]] = st.session_state.train_links
    if wanted not in known:
        known.append(wanted)
    for row in SETTINGS:
        if row.name not in wanted:
            st.query_params.pop(row.name, None)
        elif st.query_params.get(row.name) != wanted[row.name]:
            st.query_params[row.name] = wanted[row.name]


def _show_field(row: Setting) -> None:
    key = _key(row.name)
    shared: dict[str, Any] = {"key": key, "help": row.help, "persist_state": "session"}
    if row.name == "layers":
        show_layers_field(row, key)
    elif row.choices:
        options, describe = list(row.choices), row.choices.__getitem__
        if row.name == "dataset":
            # A preset is another one for few pictures.
            options, shared["on_change"] = dataset_names(), _apply_preset
            describe = dataset_labels(options).__getitem__
        st.selectbox(row.label, options, format_func=describe, **shared)
    elif row.name in ("learning_rate", "seed", "limit"):
        form = "%.5f" if row.kind is float else "%d"
        st.number_input(row.label, format=form, **_limits(row), **shared)
    else:
        percent: dict[str, Any] = {"format": "percent"} if row.is_percentage else {}
        st.slider(row.label, **percent, **_limits(row), **shared)


def _limits(row: Setting) -> dict[str, Any]:
    return {
        "min_value": row.kind(row.minimum),
        "max_value": row.kind(row.maximum),
        "step": row.kind(row.step),
    }
