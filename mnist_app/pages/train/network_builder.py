"""A network of one's own: the text of its layers, and buttons that edit it."""

import html

import streamlit as st

from mnist_app.core import custom_network
from mnist_app.core.custom_network import MOST_LAYERS, NUMBERS, Layer, LayerSummary, Number
from mnist_app.core.errors import DigitLabError
from mnist_app.core.settings import Setting

LABELS = {"conv": "Convolution", "pool": "Pooling", "dropout": "Dropout", "dense": "Dense"}
KINDS = {
    "conv": "Slides small learned patterns over the picture and marks where each one fits.",
    "pool": "Halves the picture: of every 2 x 2 pixels, only the strongest stays.",
    "dropout": "Randomly ignores part of its input at each training step, so the network does not "
    "rely on single details.",
    "dense": "Combines everything from the whole picture, using learned weights.",
}
_FRACTION_STEP = 0.05
# Room for three figures between the buttons for less and more, and for two fields on a phone.
_NUMBER_WIDTH = 140


def show_layers_field(row: Setting, key: str) -> None:
    """Show the setting of the layers as a text, as buttons, and as a table of the network.

    The buttons edit the text, under `key` in the session's state. The form shows its errors.
    """
    text = st.text_input(
        row.label, key=key, help=row.help, max_chars=400, live=True, persist_state="session"
    )
    try:
        layers = custom_network.read(text)
    except DigitLabError:
        return
    with st.container(key="builder", gap="small"):
        for place in range(len(layers)):
            _show_layer(layers, place, key)
        _show_add_buttons(layers, key)
    try:
        st.html(_table(custom_network.summary(layers)))
    except DigitLabError:
        return


def _show_add_buttons(layers: tuple[Layer, ...], key: str) -> None:
    is_full = len(layers) >= MOST_LAYERS
    with st.container(horizontal=True, gap="xsmall", key="builder_add"):
        for word, label in LABELS.items():
            st.button(
                label,
                key=f"add_{word}",
                icon=":material/add:",
                disabled=is_full,
                help=KINDS[word],
                on_click=_write,
                args=(key, custom_network.added(layers, word)),
            )


def _show_layer(layers: tuple[Layer, ...], place: int, key: str) -> None:
    layer, last, own = layers[place], len(layers) - 1, f"layer_{place + 1}"
    with st.container(key=own, gap="xsmall", border=True):
        st.html(f"<strong>{place + 1}. {LABELS[layer.word]}</strong>")
        with st.container(horizontal=True, gap="xsmall"):
            for label, purpose, edited, disabled in (
                ("Up", "Move layer {} up", custom_network.moved(layers, place, -1), place == 0),
                (
                    "Down",
                    "Move layer {} down",
                    custom_network.moved(layers, place, 1),
                    place == last,
                ),
                ("Remove", "Remove layer {}", custom_network.without(layers, place), last == 0),
            ):
                st.button(
                    # The style leaves the place, which stands above, to screen readers.
                    f"{label} :gray[layer {place + 1}]",
                    key=f"{own}_{label.lower()}",
                    disabled=disabled,
                    help=purpose.format(place + 1),
                    on_click=_write,
                    args=(key, edited),
                )
        if layer.numbers:
            with st.container(horizontal=True, gap="small"):
                for index, rule in enumerate(NUMBERS[layer.word]):
                    _show_number(layers, place, index, rule, key)


def _show_number(layers: tuple[Layer, ...], place: int, index: int, rule: Number, key: str) -> None:
    kind = float if rule.is_fraction else int
    own = f"layer_{place + 1}_number_{index + 1}"
    # The text decides, also after it was edited by hand.
    st.session_state[own] = kind(layers[place].numbers[index])

    def write() -> None:
        _write(key, custom_network.with_number(layers, place, index, st.session_state[own]))

    st.number_input(
        f"{rule.label} ({place + 1})",
        kind(rule.low),
        kind(rule.high),
        key=own,
        on_change=write,
        help=rule.help,
        step=_FRACTION_STEP if rule.is_fraction else 1,
        width=_NUMBER_WIDTH,
    )


def _write(key: str, layers: tuple[Layer, ...]) -> None:
    st.session_state[key] = custom_network.as_text(layers)


def _table(rows: tuple[LayerSummary, ...]) -> str:
    body = "".join(
        f"<tr><td>{html.escape(row.layer)}</td><td>{' x '.join(map(str, row.shape))}</td>"
        f"<td>{row.parameter_count:,}</td></tr>"
        for row in rows
    )
    total = sum(row.parameter_count for row in rows)
    return (
        '<table class="network"><thead><tr><th>Layer</th><th>Output</th><th>Weights</th></tr>'
        f"</thead><tbody>{body}</tbody><tfoot><tr><th>Total</th><td></td><td>{total:,}</td></tr>"
        "</tfoot></table>"
    )
