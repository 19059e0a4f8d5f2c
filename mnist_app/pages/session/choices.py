"""Choices of a visitor, which the link or the visit keeps."""

from collections.abc import Callable, Sequence

import streamlit as st

from mnist_app.core.data import datasets
from mnist_app.core.data.datasets import Dataset
from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.plots.run_charts import ACCURACY, ERROR, Quantity
from mnist_app.core.settings import DATASETS
from mnist_app.core.shelf import dataset_items as own_datasets
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.dataset_items import DatasetSummary
from mnist_app.core.shelf.model_items import models as shelf_models
from mnist_app.core.shelf.shelf import Kind
from mnist_app.pages.session.jobs import dataset_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.visitor import tab, visitor
from mnist_app.pages.session.waiting import result_or_stop
from mnist_app.pages.session.wording import dataset_title, escape_markdown


def choose(
    label: str,
    options: Sequence[str],
    name: str,
    describe: Callable[[str], str],
    default: str | None = None,
    on_change: Callable[[], None] | None = None,
) -> str:
    """Show a select box whose value the link holds as `name`, and return it.

    A link that names none of `options` falls back to `default`, or to the first.
    """
    key, written = f"chosen_{name}", f"linked_{name}"
    linked = st.query_params.get(name)
    # A link that is not what this page last wrote is a new one, or the browser went back.
    if linked in options and linked != st.session_state.get(written):
        st.session_state[key] = linked
    elif st.session_state.get(key) not in options:
        st.session_state[key] = default or options[0]
    chosen = st.selectbox(
        label, options, key=key, format_func=describe, persist_state="session", on_change=on_change
    )
    if (linked or "") != chosen:
        st.query_params[name] = chosen
    st.session_state[written] = chosen
    return chosen


def offer_all(count: int, shown: int, key: str) -> None:
    """Offer the rest of a list of which a few are shown, until all are.

    Args:
        key: in the session, True once all are asked for.
    """
    if count > shown and not st.session_state.get(key):
        st.button(
            f"Show all {count}",
            key=f"show_{key}",
            icon=":material/expand_more:",
            on_click=lambda: st.session_state.update({key: True}),
        )


def choose_quantity() -> Quantity:
    """Show whether charts of learning show errors or accuracy, and return which."""
    quantities = {quantity.name: quantity for quantity in (ERROR, ACCURACY)}
    chosen = st.segmented_control(
        "What the chart shows",
        list(quantities),
        key="quantity",
        default=ERROR.name,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    return quantities[chosen or ERROR.name]


def dataset_names() -> list[str]:
    """Return the data sets that this visitor may use: all that have names, and brought ones.

    One that its maker shares is there once a link has named it, for as long as the visit.
    """
    linked: list[str] = st.session_state.setdefault("linked_datasets", [])
    named = st.query_params.get("dataset", "")
    if named not in linked and own_contents(named):
        linked.append(named)
    own = [item.id for item in shelf.items(visitor(), Kind.DATASET)]
    found = [name for name in dict.fromkeys([*own, *linked]) if own_contents(name)]
    return [*DATASETS, *found]


def own_contents(name: str) -> DatasetSummary | None:
    """Return what is in a data set that somebody brought; None for one that is not there."""
    item = own_datasets.find(name, visitor())
    try:
        return own_datasets.contents(item) if item else None
    except DigitLabError:
        return None


def fitting_datasets(class_names: tuple[str, ...]) -> list[str]:
    """Return the data sets of these classes that this visitor may use."""
    return [name for name in dataset_names() if class_names_of(name) == class_names]


def class_names_of(name: str) -> tuple[str, ...]:
    """Return the names of a data set's classes, by label; none of one that is not there."""
    found = own_contents(name)
    return found.class_names if found else datasets.class_names(name)


def is_at_hand(name: str) -> bool:
    """Return whether a data set can be opened without a download."""
    if name in DATASETS:
        return datasets.availability(name).place is not None
    return own_contents(name) is not None


def choose_dataset(names: Sequence[str]) -> str:
    """Show a select box of data sets, and return the chosen one."""
    return choose(
        "Data set",
        names,
        "dataset",
        dataset_labels(names).__getitem__,
        default=default_dataset(names),
        on_change=_request_download,
    )


def default_dataset(names: Sequence[str] = tuple(DATASETS)) -> str:
    """Return MNIST if it is on this server, else another one that is."""
    at_hand = [name for name in names if is_at_hand(name)]
    return next((name for name in ("mnist", "optdigits") if name in at_hand), names[0])


def models_at_hand() -> dict[str, StoredModel]:
    """Return the models that this visitor may use, by name; the built-in one first.

    They are everybody's, the visitor's own, and a shared one that the link names.
    """
    linked = st.query_params.get("model") or st.session_state.get("model") or ""
    known = (*model_store.models(), *shelf_models(visitor(), linked))
    return {model.name: model for model in known}


def open_dataset(name: str) -> Dataset:
    """Return the data set; until it is open, show the progress and end this run of the page.

    It is downloaded only when this visitor asked for it.
    """
    title = escape_markdown(dataset_title(name))
    if name not in DATASETS or is_at_hand(name):
        return result_or_stop(queues().datasets, dataset_job(name), f"Opening {title}")
    found = datasets.availability(name)
    if st.session_state.get("requested_download") != name:
        st.info(f"{title} is not on this server.", icon=":material/download:")
        label = f"Download {title} ({found.megabytes:.0f} MB)"
        st.button(label, key="download", type="primary", on_click=_request_download)
        st.stop()
    job = dataset_job(name)
    queues().downloaders.setdefault(job.id, set()).add(tab())
    return result_or_stop(queues().datasets, job, f"Downloading {title}", _leave_download)


def dataset_labels(names: Sequence[str]) -> dict[str, str]:
    """Return the names of data sets for people, and which have yet to be downloaded."""
    return {name: _dataset_label(name) for name in names}


def _dataset_label(name: str) -> str:
    if name not in DATASETS:
        found_own = own_contents(name)
        pictures = found_own.training + found_own.test if found_own else 0
        return f"{dataset_title(name)}: {pictures:,} pictures"
    if is_at_hand(name):
        return DATASETS[name]
    found = datasets.availability(name)
    return f"{dataset_title(name)} (to download, {found.megabytes:.0f} MB)"


def other_training_dataset(model: StoredModel, dataset: Dataset) -> str | None:
    """Return the title of the data set a model learned from; None if it is this one or unknown."""
    if model.card is None or model.card.dataset in ("", dataset.name):
        return None
    return dataset_title(model.card.dataset)


def _request_download() -> None:
    st.session_state.requested_download = st.session_state.chosen_dataset


def _leave_download(job_id: int) -> None:
    """Wait for a download no more, which ends when nobody does."""
    del st.session_state.requested_download
    others = queues().downloaders[job_id]
    others.discard(tab())
    if not others:
        queues().datasets.stop(job_id)
