"""The explanation of one answer: layers, one step, maps, and a counterfactual."""

import html
from contextlib import suppress

import numpy as np
import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.explaining.counterfactual import Counterfactual
from mnist_app.core.explaining.explanation_pictures import CELL, attributed, marked
from mnist_app.core.explaining.explanations import Explanation, GradientExplanation
from mnist_app.core.jobs.phases import Phase, Stage
from mnist_app.core.jobs.snapshot import JobState, Snapshot
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import confidence
from mnist_app.pages.components.convolution_step import show_convolution_step
from mnist_app.pages.components.figures import figure, legend, row
from mnist_app.pages.components.layers import show_layer_pictures, show_layers
from mnist_app.pages.components.pixel_images import picture
from mnist_app.pages.session.jobs import explanation_job, gradients_job
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.rerun_later import rerun_later
from mnist_app.pages.session.visitor import tab
from mnist_app.pages.session.waiting import show_failure
from mnist_app.pages.session.wording import escape_markdown

# A whole number of pixels of the screen for each of a picture whose changes are marked.
SIDE = 28 * CELL
BLANK = np.zeros((28, 28), dtype=np.uint8)
LAYERS, STEP, WHERE, CHANGE = PARTS = (
    "Layer by layer",
    "One filter in slow motion",
    "Where it looked",
    "What would change its mind",
)
BY_INK = (
    "The ink fades in from an empty sheet, and at each moment the app measures which pixels "
    "help most. Source: integrated gradients, "
    '<a href="https://arxiv.org/abs/1703.01365" target="_blank">Sundararajan, Taly and Yan, '
    "2017</a>."
)
BY_WIPING = (
    "A patch of 5 x 5 pixels is covered up, in one place after another. Where the answer gets "
    "weaker, the ink was needed. Source: occlusion, "
    '<a href="https://arxiv.org/abs/1311.2901" target="_blank">Zeiler and Fergus, 2014</a>.'
)
PROOF = (
    "**What these maps do not prove.** They show what this answer depends on for this "
    "drawing, not why the network gave it. A map can look convincing and still be wrong "
    "([Adebayo and colleagues, 2018](https://arxiv.org/abs/1810.03292)), and it may miss ink that "
    "helps only together with other ink. Where the two maps differ, trust neither."
)
WAKING = "The part that learns is starting up; this takes about 10 seconds …"
SEARCHED = "A quick search found this change; there may be a smaller one."
GUIDED = (
    "The changes are taken from real pictures of the other answer, so they look like pen strokes."
)
FREE = "It changes the pixels that matter most, so it may be specks that no pen would draw."


@st.fragment
def show_explanation(image: np.ndarray, model: StoredModel, key: str) -> None:
    """Show what a model looks at in a picture, as soon as that is found out.

    Until then the last picture's stay, so that nothing jumps while somebody draws.

    Args:
        image: uint8 (28, 28).
        key: unique on the page; the first part of the keys of all that is in here.
    """
    job = explanation_job(model, image, f"{tab()} {key}")
    if job.state == JobState.FAILED:
        show_failure(queues().short, job, f"{key}_retry")
        return
    kept, is_over = f"{key}_explained", job.is_over
    if job.is_over:
        st.session_state[kept] = (model.name, job.result)
    name, explanation = st.session_state.get(kept, ("", None))
    with st.container(key=f"{key}_looking"):
        if name == model.name:
            is_over &= _show_parts(explanation, model, key, job.is_over)
        else:
            st.html(_status("Looking inside …"))
    if not is_over:
        rerun_later(f"{key}_again")


def show_look_inside(
    image: np.ndarray | None, model: StoredModel, expander: str, key: str, group: str
) -> None:
    """Show an expander that holds the explanation of a picture once it is opened.

    Args:
        image: uint8 (28, 28), or None while nothing is drawn.
        expander: its key and its name in the link.
        key: see `show_explanation`.
        group: of the answer to the picture, see `answer.py`.
    """
    with st.expander(
        "Look inside: how did it decide?",
        key=expander,
        icon=":material/visibility:",
        on_change="rerun",
        bind="query-params",
    ) as inside:
        if not inside.open:
            return
        # Also before anything is drawn, so that it follows the first stroke. What keeps the model
        # from answering is told elsewhere.
        with suppress(DigitLabError):
            show_layer_pictures(group, BLANK if image is None else image, model)
        if image is None:
            st.caption("Draw a digit, and you can follow it through the network here.")
        else:
            show_explanation(image, model, key)


def _show_parts(explanation: Explanation, model: StoredModel, key: str, is_new: bool) -> bool:
    """Show the part that is looked at, and return whether all of it is there."""
    part = st.segmented_control(
        "What to look at",
        PARTS,
        key=f"{key}_part",
        default=LAYERS,
        required=True,
        label_visibility="collapsed",
        persist_state="session",
    )
    names = model.class_names
    about = f"It reads this as {names[explanation.answer]}."
    if part != CHANGE:
        about += " Here is how."
    st.html(_status(about if is_new else "Looking at the new picture …"))
    if part in (WHERE, CHANGE):
        return _show_gradients(explanation, model, key, part)
    if part == STEP:
        show_convolution_step(explanation, key)
    else:
        show_layers(explanation, names, f"{key}_layer")
    return True


def _show_gradients(explanation: Explanation, model: StoredModel, key: str, part: str) -> bool:
    """Show what only a worker can find out, as soon as it has, and return whether it is over."""
    job = gradients_job(model, explanation.image, f"{tab()} {key}")
    found: GradientExplanation | None = job.result if job.state == JobState.DONE else None
    if part == WHERE:
        waiting = "" if job.is_over else _waiting_for(job)
        _show_maps(explanation, found, model.class_names[explanation.answer], waiting)
    elif found is not None:
        _show_change(explanation, found.change, model.class_names)
    if job.state == JobState.FAILED:
        show_failure(queues().lab, job, f"{key}_gradients_retry")
    elif found is None and part == CHANGE:
        st.html(_status(_waiting_for(job)))
    return job.is_over


def _waiting_for(job: Snapshot) -> str:
    phase = job.progress
    if isinstance(phase, Phase) and phase.stage is not Stage.BEGUN:
        return WAKING
    return "Asking the network how much each pixel matters …"


def _status(text: str) -> str:
    return f'<div class="quiet" role="status">{html.escape(text)}</div>'


def _show_maps(
    explanation: Explanation, found: GradientExplanation | None, answer: str, waiting: str
) -> None:
    """Show the two maps over the picture, with their sources and what they do not prove.

    Args:
        waiting: what is waited for, shown at the map that is not ready yet.
    """
    image = explanation.image
    plain = picture(image, f"The picture, read as {answer}", SIDE)
    if found is None:
        by_ink = picture(image // 4, "The picture; its map is not ready yet", SIDE)
    else:
        alt = f"The picture; ink in blue counts for {answer}, ink in orange against it"
        by_ink = picture(attributed(image, found.gradient_map), alt, SIDE)
    by_wiping = picture(
        attributed(image, explanation.occlusion_map),
        f"The picture; what is blue counts for {answer}, as covering it makes the answer weaker, "
        "what is orange against it",
        SIDE,
    )
    figures = [
        figure(plain, "The picture"),
        figure(by_ink, "Fading the ink in", _status(waiting) if waiting else BY_INK),
        figure(by_wiping, "Covering parts up", BY_WIPING),
    ]
    colours = [("above", "", f"counts for {answer}"), ("below", "", f"counts against {answer}")]
    st.html(row(figures, kind="maps") + legend(colours))
    st.info(PROOF, icon=":material/info:")


def _show_change(
    explanation: Explanation, change: Counterfactual | None, names: tuple[str, ...]
) -> None:
    """Show the picture, what to add and to remove, and what is read then."""
    st.markdown(describe_counterfactual(change, tuple(map(escape_markdown, names))))
    if change is None:
        return
    before, after = names[change.answer], names[change.target]
    sure = float(explanation.layers[-1].values[change.answer])
    as_it_is = picture(explanation.image, f"The picture as it is, read as {before}", SIDE)
    marks = picture(
        marked(explanation.image, change.difference),
        "The picture; blue with a plus is ink to add, orange with a minus is ink to remove",
        SIDE,
    )
    changed = picture(change.image, f"The changed picture, read as {after}", SIDE)
    figures = [
        figure(as_it_is, f"Read as {before}: {confidence(sure)}"),
        figure(marks, "What to change"),
        figure(changed, f"Read as {after}: {confidence(change.probability)}"),
    ]
    signs = [("above", "+", "ink to add"), ("below", "\N{MINUS SIGN}", "ink to remove")]
    st.html(row(figures, between="→") + legend(signs))
    st.caption(f"{SEARCHED} {GUIDED if change.is_guided else FREE}")


def describe_counterfactual(change: Counterfactual | None, class_names: tuple[str, ...]) -> str:
    """Describe the change in one sentence."""
    if change is None:
        return "A quick search found no small change that would change its mind."
    added, removed = change.added, change.ink - change.added
    parts = [
        f"{verb} about {amount:.0f} {'pixel' if round(amount) == 1 else 'pixels'} of ink"
        for verb, amount in (("add", added), ("remove", removed))
        if amount >= 0.5
    ]
    way = " and ".join(parts) or "change less than a pixel of ink"
    return (
        f"{way[0].upper()}{way[1:]}, and it reads {class_names[change.target]} instead of "
        f"{class_names[change.answer]} ({change.probability:.0%} sure)."
    )
