"""A map of all test pictures: what looks alike to the network lies together."""

from collections.abc import Sequence

import numpy as np
import streamlit as st

from mnist_app.core.data.datasets import Dataset
from mnist_app.core.evaluation.metrics import EvaluationReport
from mnist_app.core.evaluation.projection import PictureMap, Round, border
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.plots.projection_charts import picture_scatter
from mnist_app.pages.predictions import gallery, one_picture
from mnist_app.pages.predictions.confusion import most_confused
from mnist_app.pages.predictions.embedding_jobs import PicturedMap, map_job, neighbour_map_job
from mnist_app.pages.predictions.map_chart import map_chart, picture_sheet
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import result_or_progress

WIDEST, NEIGHBOURS = "Largest differences", "Neighbours"


def show_map(model: StoredModel, report: EvaluationReport, dataset: Dataset) -> None:
    """Show the map, and ways to have some of its pictures in the gallery.

    Args:
        report: of `model` on the data set.
    """
    st.caption(
        "Each point is a test picture, coloured by what it is; crosses are read wrong. What "
        "looks alike to the network lies together. **Point at one to see it, press it "
        "to open it, draw around some to have them in the gallery below.**"
    )
    laid_out_by = st.segmented_control(
        "Laid out by",
        [WIDEST, NEIGHBOURS],
        key="map_layout",
        default=WIDEST,
        required=True,
        bind="query-params",
    )
    made: PicturedMap | None = result_or_progress(
        queues().maps, map_job(model, dataset), "Laying out the test pictures"
    )
    if made is None:
        return
    # What is said and waited for stays before the chart, which is else made anew at its new place.
    with st.container():
        if laid_out_by == NEIGHBOURS:
            places, stage = _neighbours(model, dataset, made.places)
        else:
            places, stage = _widest(made.places)
    _chart(model, report, dataset, made.sheet, places, f"{laid_out_by}-{stage}")
    _borders(report, dataset, places)


def _widest(found: PictureMap) -> tuple[np.ndarray, int]:
    """The places at once, float32 (n, 2), in as many rounds as they take, none."""
    st.caption(
        "What reaches the network's last layer is many numbers a picture, more than a map has "
        "room for. This one shows the two sides from which the pictures differ most (principal "
        f"component analysis): {found.share:.0%} of all differences, so groups may lie over each "
        "other here that the network tells apart well."
    )
    return found.places, 0


def _neighbours(model: StoredModel, dataset: Dataset, known: PictureMap) -> tuple[np.ndarray, int]:
    """The places by t-SNE as far as they are found, float32 (n, 2), and the rounds done."""
    st.caption(
        "By t-SNE: what is near stays near, as well as two dimensions can show it. How large a "
        "group is and how far it lies from another means nothing."
    )
    job = neighbour_map_job(model, dataset, known)
    found: Round | None = job.progress
    stage = found.stage if found else 0
    what = "Finding neighbours, finer after each of four rounds"
    result_or_progress(queues().neighbour_maps, job, what, seen=stage)
    return (found.places if found else known.places), stage


def _chart(
    model: StoredModel,
    report: EvaluationReport,
    dataset: Dataset,
    sheet: bytes,
    places: np.ndarray,
    layout: str,
) -> None:
    names = dataset.class_names
    answers = zip(
        report.labels.tolist(),
        report.predictions.tolist(),
        report.confidences.tolist(),
        strict=True,
    )
    captions = [gallery.caption(names, *answer) for answer in answers]
    picture_sheet(f"{model.name}-{dataset.name}", sheet, captions)

    def choose(numbers: Sequence[int]) -> None:
        gallery.show_selection(dataset, numbers)

    errors = int((~report.is_right).sum())
    with st.container(key="picture_map"):
        map_chart(
            picture_scatter(places, report, names, layout, gallery.selection(dataset)),
            key="map_chart",
            alt=f"Map of {report.images:,} test pictures, {errors:,} of them read wrong. To "
            "choose some of them by keyboard, use the fields below it.",
            on_select=choose,
            on_open=one_picture.open_picture,
        )


def _borders(report: EvaluationReport, dataset: Dataset, places: np.ndarray) -> None:
    """What a lasso does, without a pointer: the pictures where two classes meet."""
    names = dataset.class_names
    worst = most_confused(report.confusion_matrix)
    one, other = worst[0][:2] if worst else (0, 1)
    with st.container(horizontal=True, vertical_alignment="bottom", key="map_borders"):
        first = st.selectbox(
            "Where this class",
            range(len(names)),
            index=one,
            key="border_one",
            format_func=names.__getitem__,
            width=140,
        )
        second = st.selectbox(
            "meets this one",
            range(len(names)),
            index=other,
            key="border_other",
            format_func=names.__getitem__,
            width=140,
        )

        def choose() -> None:
            numbers = border(places, report.labels, first, second)
            gallery.show_selection(dataset, numbers.tolist())

        st.button(
            "Show these pictures",
            key="border_show",
            icon=":material/join_inner:",
            on_click=choose,
            disabled=first == second,
        )
