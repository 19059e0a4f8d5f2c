"""The pictures a network learns from, and what is done to each before."""

import html
import time

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.percentages import percent
from mnist_app.core.plots.data_charts import class_bars, pixel_map, pixel_numbers
from mnist_app.core.presets import PRESETS
from mnist_app.core.recognition.classifier import as_network_input
from mnist_app.core.settings import DATASETS, SETTINGS, TrainingConfig
from mnist_app.pages.components.live_chart import live_chart
from mnist_app.pages.components.pixel_images import picture, picture_grid
from mnist_app.pages.data.own_pictures import choose_kept, show_own_dataset, show_own_pictures
from mnist_app.pages.session.augmentation_jobs import augmented_copies
from mnist_app.pages.session.choices import choose_dataset, dataset_names, open_dataset
from mnist_app.pages.session.wording import escape_markdown, noun

SAMPLES = 6
VARIANTS = 8
# The part of the picture whose numbers are written out, in pixels.
WINDOW = 8
AUGMENTATIONS = ("rotation", "shift", "zoom")


def page() -> None:
    """Show the page."""
    st.title("Data")
    st.write("What a network learns from, and what happens to each picture on its way in.")
    choose_kept()
    name = choose_dataset(dataset_names())
    show_own_pictures()
    dataset = open_dataset(name)
    kind, count = noun(dataset.class_names), len(dataset.train_labels) + len(dataset.test_labels)
    shown = {"fashion_mnist": ", each of one piece of clothing"}.get(
        name, ", each of one handwritten digit"
    )
    if name not in DATASETS:
        shown = f" in {len(dataset.class_names)} classes"
    title = escape_markdown(dataset.title)
    st.caption(f"{title}: {count:,} pictures{shown}, 28 by 28 pixels.")
    if name not in DATASETS:
        show_own_dataset(name)
    st.header(f"Samples of each {kind}")
    _show_samples(dataset)
    st.header(f"How many of each {kind}")
    _show_distribution(dataset)
    st.header("Three parts, three purposes")
    _show_split(dataset)
    st.header("One picture, step by step")
    _show_steps(dataset)


@st.fragment
def _show_samples(dataset: Dataset) -> None:
    chance = np.random.default_rng(st.session_state.get("samples_seed", 0))
    classes = []
    for label, name in enumerate(dataset.class_names):
        members = np.flatnonzero(dataset.train_labels == label)
        chosen = chance.choice(members, min(SAMPLES, len(members)), replace=False)
        pictures = "".join(
            picture(dataset.train_images[index], f"A training picture of {name}", 72)
            for index in chosen
        )
        classes.append(f"<div><strong>{html.escape(name)}</strong><div>{pictures}</div></div>")
    with st.container(key="samples"):
        st.html(f'<div class="samples">{"".join(classes)}</div>')
        _show_shuffle("More samples", "other_samples", "samples_seed")


def _show_shuffle(label: str, key: str, seed: str) -> None:
    def renew() -> None:
        st.session_state[seed] = time.time_ns()

    st.button(label, key=key, icon=":material/shuffle:", on_click=renew)


def _show_distribution(dataset: Dataset) -> None:
    classes = len(dataset.class_names)
    training = np.bincount(dataset.train_labels, minlength=classes)
    test = np.bincount(dataset.test_labels, minlength=classes)
    kind = noun(dataset.class_names)
    st.caption(
        f"If every {kind} has about the same number of pictures, no {kind} gets an unfair share of "
        "practice."
    )
    with st.container(key="class_distribution"):
        live_chart(
            class_bars(training, test, dataset.class_names),
            key="class_chart",
            alt=f"Pictures of each {kind}: "
            + "; ".join(
                f"{name} {training[label]:,} for training, {test[label]:,} for testing"
                for label, name in enumerate(dataset.class_names)
            ),
        )


def _show_split(dataset: Dataset) -> None:
    fraction = TrainingConfig().validation_share
    validation = round(len(dataset.train_labels) * fraction)
    parts = (
        ("Training", len(dataset.train_labels) - validation, "The network learns from these."),
        (
            "Held back (validation)",
            validation,
            f"Not trained on ({percent(fraction, 0)} unless you choose otherwise). The network is "
            "tested on them after each round (epoch), to see whether it learns or just memorises "
            "the pictures.",
        ),
        (
            "Test",
            len(dataset.test_labels),
            "Never seen in training. Used once at the end, to see how good the network really is.",
        ),
    )
    for column, (label, count, purpose) in zip(st.columns(3), parts, strict=True):
        column.metric(label, f"{count:,}")
        column.caption(purpose)


@st.fragment
def _show_steps(dataset: Dataset) -> None:
    label, image = _choose_image(dataset)
    name = dataset.class_names[label]
    _show_numbers(image, name)
    left, right = st.columns(2, gap="large")
    with left:
        st.markdown("**3. Reshape**")
        st.write(
            "A network also expects a depth. A colour picture has three layers: red, green and "
            "blue. This one has a single layer of grey. No number changes."
        )
        st.code("(28, 28)  →  (28, 28, 1)", language=None)
    with right:
        count = len(dataset.class_names)
        st.markdown(f"**4. One-hot: the answer as {'ten' if count == 10 else count} numbers**")
        st.write(
            f"The network gives one number for each {noun(dataset.class_names)}, so the correct "
            f"answer, {escape_markdown(name)}, is written the same way: 1 in its place, 0 "
            "everywhere else."
        )
        st.html(_one_hot(label, dataset.class_names))
    _show_augmentation(dataset, image)


def _choose_image(dataset: Dataset) -> tuple[int, np.ndarray]:
    """Choose a class, and return its label and a training picture of it, uint8 (28, 28)."""
    present = np.unique(dataset.train_labels).tolist()
    with st.container(horizontal=True, vertical_alignment="bottom"):
        label = st.selectbox(
            "A picture of",
            present,
            key="step_class",
            width=160,
            format_func=lambda label: dataset.class_names[label],
        )
        _show_shuffle("Another one", "another_image", "image_seed")
    members = np.flatnonzero(dataset.train_labels == label)
    chance = np.random.default_rng(st.session_state.get("image_seed", 0))
    return label, dataset.train_images[chance.choice(members)]


def _show_numbers(image: np.ndarray, name: str) -> None:
    row, column = _most_contrast(image)
    part = (slice(row, row + WINDOW), slice(column, column + WINDOW))
    whole, raw, normalised = st.columns(3)
    with whole:
        st.markdown("**The picture**: 28 by 28 pixels, white ink on black")
        live_chart(
            pixel_map(image, (row, column, WINDOW)),
            key="pixel_map",
            alt=f"A training picture of {name}; an orange frame shows the part written out as "
            "numbers.",
        )
    with raw:
        st.markdown("**1. Bytes**: the framed part as numbers, from 0 (black) to 255 (white)")
        live_chart(
            pixel_numbers(image[part], row, column),
            key="raw_numbers",
            alt=_range("The framed part as bytes", image[part]),
        )
    with normalised:
        st.markdown(
            "**2. Normalise**: divided by 255, now from 0 to 1. Same picture, smaller numbers"
        )
        values = as_network_input(image[None])[0, ..., 0][part]
        live_chart(
            pixel_numbers(values, row, column),
            key="normalised_numbers",
            alt=_range("The framed part divided by 255", values),
        )
    st.caption(
        "Networks learn best from small numbers, because each is multiplied and added up many "
        "times."
    )


def _range(what: str, values: np.ndarray) -> str:
    return f"{what}: numbers from {values.min():.3g} to {values.max():.3g}."


def _most_contrast(image: np.ndarray) -> tuple[int, int]:
    """Return the first row and column of the part with the most contrast."""
    windows = np.lib.stride_tricks.sliding_window_view(image, (WINDOW, WINDOW))
    contrast = windows.std(axis=(2, 3))
    row, column = np.unravel_index(contrast.argmax(), contrast.shape)
    return int(row), int(column)


def _one_hot(label: int, names: tuple[str, ...]) -> str:
    boxes = "".join(
        f'<div class="{"hot" if index == label else ""}" title="{html.escape(name)}">'
        f"<b>{int(index == label)}</b><span>{index}</span></div>"
        for index, name in enumerate(names)
    )
    alt = f"{len(names)} boxes, all 0 except the one at place {label}, {names[label]}"
    return f'<div class="one-hot" role="img" aria-label="{html.escape(alt)}">{boxes}</div>'


def _show_augmentation(dataset: Dataset, image: np.ndarray) -> None:
    st.markdown("**5. Augmentation: the same picture, slightly different every time**")
    st.write(
        "In training, each picture can be changed slightly every time it is shown. It is still the "
        f"same {noun(dataset.class_names)}, so the network learns what matters, not "
        "individual pixels."
    )
    values = {}
    for column, setting in zip(
        st.columns(3), (row for row in SETTINGS if row.name in AUGMENTATIONS), strict=True
    ):
        values[setting.name] = column.slider(
            setting.label,
            setting.minimum,
            setting.maximum,
            PRESETS["best"][setting.name],
            setting.step,
            key=f"step_{setting.name}",
            format="percent" if setting.is_percentage else None,
            help=setting.help,
        )
    _show_shuffle("More variants", "other_variants", "variants_seed")
    seed = st.session_state.get("variants_seed", 0) % 2**31
    config = TrainingConfig(**values)
    made = augmented_copies(np.stack([image] * VARIANTS), seed, {"all": config}, "data").get(
        "all", ()
    )
    with st.container(key="variants"):
        items = [(variant, f"variant {n}", "") for n, variant in enumerate(made, 1)]
        st.html(picture_grid([(image, "original", ""), *items]))
