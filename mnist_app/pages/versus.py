"""Two models on the same test pictures, side by side."""

import numpy as np
import streamlit as st

from mnist_app.comparison import Comparison, compare, in_words
from mnist_app.datasets import Dataset
from mnist_app.evaluation import EvaluationReport
from mnist_app.model_store import StoredModel
from mnist_app.pages.choosing import choose
from mnist_app.pages.pixels import gallery as grid
from mnist_app.pages.waiting import result_of
from mnist_app.pages.workers import evaluation_job, workers

NOBODY = ""
# Pictures shown of each side.
EXAMPLES = 16


def versus(
    model: StoredModel, report: EvaluationReport, dataset: Dataset, models: dict[str, StoredModel]
) -> None:
    """Choose a second model and show what each reads right that the other does not.

    Comes last on its page: until the second model is evaluated it ends this run of the page.

    Args:
        report: of `model` on the data set.
        models: all there are, by name.
    """
    others = [other.name for other in rivals(model, models)]
    if not others:
        st.info("There is no second model with the same classes yet: train one on the Train page.")
        return
    name = choose(
        "Compare with", [NOBODY, *others], "other",
        lambda name: models[name].title if name else "no other model",
    )  # fmt: skip
    if name == NOBODY:
        return
    rival = models[name]
    second = result_of(
        workers().evaluations, evaluation_job(rival, dataset), f"Reading them with “{rival.title}”"
    )
    first_title, second_title = _titles(model, rival)
    found = compare(report, second)
    with st.container(key="comparison"):
        st.markdown(f"**{in_words(found, first_title, second_title)}**")
        st.caption(_counts(found, report, second, first_title, second_title))
        for column, title, answers, other, own in zip(
            st.columns(2, gap="large"),
            (first_title, second_title),
            (report, second),
            (second, report),
            (found.only_first, found.only_second),
            strict=True,
        ):
            with column:
                _examples(title, own, answers, other, dataset)


def rivals(model: StoredModel, models: dict[str, StoredModel]) -> list[StoredModel]:
    """The other models, of all there are by name, that read the same classes."""
    return [
        other for other in models.values()
        if other.name != model.name and other.class_names == model.class_names
    ]  # fmt: skip


def _titles(first: StoredModel, second: StoredModel) -> tuple[str, str]:
    """Titles that tell the two models apart."""
    if first.title != second.title:
        return first.title, second.title
    return f"{first.title} ({first.name})", f"{second.title} ({second.name})"


def _counts(
    found: Comparison, one: EvaluationReport, other: EvaluationReport, first: str, second: str
) -> str:
    return (
        f"“{first}” {one.accuracy:.2%}, “{second}” {other.accuracy:.2%} accuracy. Of "
        f"{one.images:,} pictures both read {len(found.both):,} right and {len(found.neither):,} "
        "wrong. Only where they differ can one be told from the other; the test does not know "
        "whether these pictures are like yours."
    )


def _examples(
    title: str, own: np.ndarray, report: EvaluationReport, other: EvaluationReport, dataset: Dataset
) -> None:
    """Pictures, indices int64 (n,), that one model reads right and the other does not."""
    st.markdown(f"**Only “{title}” reads these right: {len(own):,}**")
    if not len(own):
        st.caption("None.")
        return
    # Those that the other was most sure of tell most.
    telling = own[np.argsort(-other.confidences[own], kind="stable")][:EXAMPLES]
    names = dataset.class_names
    pictures = [
        (
            dataset.test_images[index],
            f"is {names[report.labels[index]]}, not {names[other.predictions[index]]}",
            "right",
        )
        for index in telling
    ]
    st.html(grid(pictures, 48))
    if len(own) > EXAMPLES:
        st.caption(f"The {EXAMPLES} that the other was most wrongly sure of.")
