"""The progress of a training run: its curves, and the pictures that show more."""

import html
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.images.pictures import signed
from mnist_app.core.percentages import confidence, percent
from mnist_app.core.plots.run_charts import (
    LOSS,
    Quantity,
    class_accuracy_curves,
    learning_rate_curve,
    opinion_curves,
    run_curves,
)
from mnist_app.core.runs.progress import HardPicture, Opinion, Point, Progress, View
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.components.pixel_images import picture, picture_grid, readings, tiles
from mnist_app.pages.session.choices import choose_quantity, class_names_of
from mnist_app.pages.session.jobs import dataset_job
from mnist_app.pages.session.run_jobs import LiveRun
from mnist_app.pages.session.wording import noun


def show_curves(progress: Progress) -> None:
    training, validation = progress.training, progress.validation
    last = training[-1] if training else None
    with st.container(key="train_curves"):
        quantity = choose_quantity()
        live_chart(
            run_curves(quantity, training, validation, progress.epochs),
            key="quantity_curves",
            alt=_told(quantity, last),
        )
        live_chart(
            run_curves(LOSS, training, validation, progress.epochs),
            key="loss_curves",
            alt=_told(LOSS, last),
        )
    st.caption(
        "- Blue: the pictures it learns from. Thin: each moment; thick: the trend.\n"
        "- Orange: held-back pictures, to check it after each epoch.\n"
        "- An epoch is one round through all training pictures.\n"
        "- Blue improves, orange doesn't: it is memorising the pictures (overfitting).\n"
        "- In the error chart, each grid line down means about half as many mistakes."
    )


def _told(quantity: Quantity, last: Point | None) -> str:
    now = f"Now {quantity.said(last)} on the training pictures." if last else "No run yet."
    return f"{quantity.title}, over epochs. {now}"


def show_details(run: LiveRun, progress: Progress) -> None:
    """Show how each class, some pictures, the filters and the visitor's drawing are doing."""
    # Before the first step the data may still be on its way to this machine.
    dataset = dataset_job(run.config.dataset).result if progress.step else None
    with st.container(key="train_closer"):
        left, right = st.columns(2)
        with left:
            _classes(run, progress, dataset)
            _watched(progress.view, dataset)
            _hardest(progress.hardest, dataset)
        with right:
            _learning_rate(progress)
            _filters(progress.view)
            _opinions(run, progress.opinions, progress.epochs)


def _learning_rate(progress: Progress) -> None:
    live_chart(
        learning_rate_curve(progress.training, progress.epochs),
        key="learning_rate_curve",
        alt=f"The learning rate over epochs. Now {progress.learning_rate:.3g}.",
    )


def _classes(run: LiveRun, progress: Progress, dataset: Dataset | None) -> None:
    names = class_names_of(run.config.dataset)
    accuracies = progress.class_accuracy if names else ()
    words = (
        "This appears after the first epoch."
        if run.config.validation_share
        else "No pictures were held back to check."
    )
    if accuracies:
        told = [
            f"{name} {percent(accuracy)}"
            for name, accuracy in zip(names, accuracies[-1], strict=True)
            if not np.isnan(accuracy)
        ]
        words = f"Now {', '.join(told)}."
    kind = noun(names)
    live_chart(
        class_accuracy_curves(progress.validation, accuracies, names, progress.epochs, words, kind),
        key="class_accuracy",
        alt=f"Accuracy on the held-back pictures of each {kind}, over epochs. {words}",
    )


def _watched(view: View | None, dataset: Dataset | None) -> None:
    right = int((view.labels == view.predictions).sum()) if view else 0
    _section(
        f"{len(view.labels)} pictures to watch" if view else "Pictures to watch",
        f"Green: correct, red: wrong. Now {right} of {len(view.labels)}."
        if view
        else "They appear with the first steps.",
    )
    st.html(_kept("watched", (view, dataset), lambda: _watched_tiles(view, dataset)))


def _watched_tiles(view: View | None, dataset: Dataset | None) -> str:
    if view is None or dataset is None:
        return tiles([], "watched")
    images = dataset.test_images[view.indices]
    return tiles(readings(images, view.labels, view.predictions, dataset.class_names), "watched")


def _filters(view: View | None) -> None:
    _section(
        "What its first layer looks for",
        "Each square is one filter: ink on blue counts for the pattern, on orange against it.",
    )
    st.html(_kept("filters", (view,), lambda: _filter_tiles(view)))


def _filter_tiles(view: View | None) -> str:
    filters = view.filters if view else ()
    return tiles(
        [(signed(weights), f"Filter {n}", "") for n, weights in enumerate(filters, start=1)],
        "filters",
    )


def _hardest(hardest: tuple[HardPicture, ...], dataset: Dataset | None) -> None:
    _section(
        "The hardest so far",
        "Held-back pictures that it got most wrong, or was least sure of, after the last epoch."
        if hardest
        else "They appear after the first epoch, if pictures are held back.",
    )
    st.html(_kept("hardest", (hardest, dataset), lambda: _hard_gallery(hardest, dataset)))


def _hard_gallery(hardest: Sequence[HardPicture], dataset: Dataset | None) -> str:
    if dataset is None or not hardest:
        return picture_grid([], kind="hardest")
    images = dataset.train_images[[one.index for one in hardest]]
    labels, predictions = zip(*((one.label, one.prediction) for one in hardest), strict=True)
    shown = readings(images, labels, predictions, dataset.class_names)
    return picture_grid(shown, side=48, kind="hardest")


def _opinions(run: LiveRun, opinions: Sequence[Opinion], epochs: int) -> None:
    drawing, names = run.drawing, class_names_of(run.config.dataset)
    if drawing is None or not names:
        _section(
            "Your own drawing",
            "On the Draw page, choose “One digit” and draw. Then press Start and watch here how "
            "the network makes up its mind about it.",
        )
        return
    alt = "Your drawing, as the network sees it"
    text = "How its answer to your drawing changes, step by step."
    if opinions:
        best = int(np.argmax(opinions[-1].probabilities))
        sure = opinions[-1].probabilities[best]
        text = f"Right now it reads your drawing as {names[best]} ({confidence(sure)} sure)."
    shown = _kept("own", (drawing,), lambda: picture(drawing, alt, 56))
    st.html(
        f'<div class="saw">{shown}<div><strong>Your own drawing</strong><br>'
        f'<span class="quiet">{html.escape(text)}</span></div></div>'
    )
    live_chart(opinion_curves(opinions, names, epochs), key="opinions", alt=f"{alt}. {text}")


def _section(title: str, text: str) -> None:
    st.html(
        f'<div class="section"><strong>{html.escape(title)}</strong><br>'
        f'<span class="quiet">{html.escape(text)}</span></div>'
    )


def _kept(name: str, sources: tuple[Any, ...], make: Callable[[], str]) -> str:
    """Return what `make` gives; call it only when one of `sources` is another object."""
    kept = st.session_state.setdefault("train_kept", {})
    before, made = kept.get(name, ((), ""))
    if len(before) != len(sources) or any(
        old is not new for old, new in zip(before, sources, strict=True)
    ):
        made = make()
        kept[name] = (sources, made)
    return made
