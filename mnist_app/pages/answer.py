"""How a reading is shown: the answer in words, the bars, and what the network saw."""

import html

import numpy as np
import streamlit as st

from mnist_app.charts import probability_bars
from mnist_app.ink import SIDE
from mnist_app.pages.live_chart import live_chart
from mnist_app.pages.pixels import gallery, picture
from mnist_app.reading import Digit, Reading
from mnist_app.verdict import candidates

NO_DIGIT = "This does not look like a digit."
NO_NUMBER = "This does not look like a number."
# So many digits of a number are named as doubtful, the others counted.
MOST_DOUBTS = 2


def show_words(text: str) -> None:
    """An answer's HTML, read out by screen readers when it changes."""
    st.html(f'<div class="answer" role="status" aria-live="polite">{text}</div>')


def invitation(text: str, quiet: str = "") -> str:
    """The HTML of what is said while there is no answer."""
    more = f'<div class="quiet">{quiet}</div>' if quiet else ""
    return f'<div class="invitation">{text}</div>{more}'


def words(reading: Reading) -> str:
    """The HTML of a reading that holds digits: they stand alone in the first line."""
    open_to = [candidates(digit.probabilities) for digit in reading.digits]
    if not any(open_to):
        text = NO_DIGIT if len(reading.digits) == 1 else NO_NUMBER
        return invitation(text, "The bars show what it came closest to.")
    kind = "digit" if len(reading.text) == 1 else "digit number"
    doubt = _doubt(open_to) or _sureness(min(digit.probability for digit in reading.digits))
    return (
        f'<div class="{kind}" aria-label="The network reads {reading.text}">{reading.text}</div>'
        f'<div class="sureness">{doubt}</div>'
    )


def _doubt(open_to: list[tuple[int, ...]]) -> str:
    """What stands in doubt, of a number its first two digits that do; empty when nothing does."""
    doubts = []
    for place, digits in enumerate(open_to, 1):
        if len(digits) == 2:
            about = f" about the {_ordinal(place)} digit" if len(open_to) > 1 else ""
            doubts.append(f"Not sure{about}: {digits[0]} or {digits[1]}?")
        elif not digits:
            doubts.append(f"The {_ordinal(place)} sign does not look like a digit.")
    unsaid = len(doubts) - MOST_DOUBTS
    if unsaid > 0:
        more = "1 more digit is" if unsaid == 1 else f"{unsaid} more digits are"
        doubts = [*doubts[:MOST_DOUBTS], f"{more} in doubt."]
    return "<br>".join(doubts)


def _ordinal(place: int) -> str:
    endings = {} if place // 10 % 10 == 1 else {1: "st", 2: "nd", 3: "rd"}
    return f"{place}{endings.get(place % 10, 'th')}"


def _sureness(probability: float) -> str:
    word = "Very sure" if probability > 0.95 else "Fairly sure" if probability > 0.7 else "Not sure"
    return f"{word}: {share(probability)}"


def share(probability: float) -> str:
    """A probability for people; never 100 % for what is not quite so."""
    return "more than 99.9%" if probability > 0.999 else f"{probability:.1%}"


def picked(reading: Reading, key: str) -> Digit | None:
    """The digit whose bars are shown: the only one, or the one chosen of a number."""
    digits = reading.digits
    if len(digits) < 2:
        return digits[0] if digits else None
    if st.session_state.get(key) not in range(len(digits)):
        st.session_state[key] = 0
    place = st.segmented_control(
        "Look closer at",
        range(len(digits)),
        key=key,
        required=True,
        format_func=lambda place: str(digits[place].digit),
    )
    return digits[place or 0]


def show_bars(digit: Digit | None, names: tuple[str, ...], key: str) -> None:
    """How probable each class is; the digits that are still in question stand out."""
    alt = "No drawing yet: ten empty bars, one for each digit."
    if digit is not None:
        ranked = np.argsort(-digit.probabilities)[:3]
        alt = "How probable each digit is: " + ", ".join(
            f"{names[index]} {share(digit.probabilities[index])}" for index in ranked
        )
    st.markdown("**How probable it finds each digit**")
    probabilities = None if digit is None else digit.probabilities
    strong = () if digit is None else candidates(digit.probabilities)
    live_chart(probability_bars(probabilities, names, strong), key=key, alt=alt)


def show_inputs(reading: Reading, done: str, quiet: str = "") -> None:
    """The pictures that the network saw, and a word on what was done to make them."""
    about = (
        f"<div><strong>What the network saw</strong><br>{html.escape(done)}"
        f'<br><span class="quiet">{html.escape(quiet)}</span></div>'
    )
    if len(reading.digits) > 1:
        seen = [
            (digit.image, f"{digit.digit}: {share(digit.probability)}", "")
            for digit in reading.digits
        ]
        st.html(f"{about}{gallery(seen, side=56)}")
        return
    image = reading.digits[0].image if reading.digits else np.zeros((SIDE, SIDE), dtype=np.uint8)
    alt = "The picture of 28 by 28 pixels that the network saw"
    st.html(f'<div class="saw">{picture(image, alt, 112)}{about}</div>')
