"""A map of all test pictures: what looks alike to the network lies close together."""

import numpy as np
import streamlit as st

from mnist_app.core.evaluation.projection import PictureMap, Round, border
from mnist_app.core.percentages import percent
from mnist_app.core.plots.projection_charts import picture_scatter
from mnist_app.pages.predictions import gallery, one_picture
from mnist_app.pages.predictions.confusion import most_confused
from mnist_app.pages.predictions.embedding_jobs import PicturedMap, map_job, neighbour_map_job
from mnist_app.pages.predictions.evaluated_model import EvaluatedModel
from mnist_app.pages.predictions.map_chart import map_chart, picture_sheet
from mnist_app.pages.session.queues import queues
from mnist_app.pages.session.waiting import result_or_progress
from mnist_app.pages.session.wording import counted

WIDEST, NEIGHBOURS = "Largest differences", "Neighbours"


def show_map(evaluated: EvaluatedModel) -> None:
    """Show the map, and ways to have some of its pictures in the gallery."""
    st.caption(
        "Each point is a test picture, coloured by what it shows; crosses are mistakes. Pictures "
        "that look alike to the network lie close together. **Point at one to see it, click it to "
        "open it, circle some to see them in the gallery below.**"
    )
    layout = st.segmented_control(
        "Arrange by",
        [WIDEST, NEIGHBOURS],
        key="map_layout",
        default=WIDEST,
        required=True,
        bind="query-params",
    )
    job = map_job(evaluated.model, evaluated.dataset)
    made: PicturedMap | None = result_or_progress(
        queues().analyses, job, "Arranging the test pictures"
    )
    if made is None:
        return
    # Texts and progress stay before the chart, which is else made anew at its new place.
    with st.container():
        if layout == NEIGHBOURS:
            places, stage = _show_neighbours(evaluated, made.places)
        else:
            places, stage = _show_widest(made.places)
    _show_chart(evaluated, made.sheet, places, f"{layout}-{stage}")
    _show_selected(evaluated)
    _show_borders(evaluated, places)


def _show_widest(found: PictureMap) -> tuple[np.ndarray, int]:
    """Explain the layout, and return its places, float32 (n, 2), and its rounds, none."""
    st.caption(
        "The last layer describes each picture by many numbers. This map shows the two "
        "directions in which the pictures differ most (principal component analysis). Together "
        f"they account for {percent(found.fraction, 0)} of the differences. Groups that overlap "
        "here may be far apart in other directions."
    )
    return found.places, 0


def _show_neighbours(evaluated: EvaluatedModel, known: PictureMap) -> tuple[np.ndarray, int]:
    """Explain the layout, and return the places found so far, float32 (n, 2), and the rounds."""
    st.caption(
        "This map keeps similar pictures next to each other (t-SNE). The size of a group and its "
        "distance from the others mean nothing."
    )
    job = neighbour_map_job(evaluated.model, evaluated.dataset, known)
    found: Round | None = job.progress
    stage = found.stage if found else 0
    doing = "Finding neighbours in four rounds"
    result_or_progress(queues().analyses, job, doing, seen=stage)
    return (found.places if found else known.places), stage


def _show_chart(evaluated: EvaluatedModel, sheet: bytes, places: np.ndarray, layout: str) -> None:
    report, dataset = evaluated.report, evaluated.dataset
    name = f"{evaluated.model.name}-{dataset.name}"
    picture_sheet(name, sheet, evaluated.captions(slice(None)))
    selected = gallery.selection(dataset)
    errors = int((~report.is_right).sum())
    with st.container(key="picture_map"):
        map_chart(
            picture_scatter(places, report, evaluated.names, layout, selected),
            key="map_chart",
            alt=f"Map of {report.images:,} test pictures, {errors:,} of them mistakes. To "
            "choose some of them by keyboard, use the fields below it.",
            on_select=lambda numbers: gallery.select(dataset, numbers),
            on_open=one_picture.open_picture,
        )


def _show_selected(evaluated: EvaluatedModel) -> None:
    """Say below the map, which stays in view, that the gallery shows what was chosen on it."""
    chosen = gallery.selection(evaluated.dataset)
    with st.container(key="map_selected"):
        if chosen is not None:
            st.markdown(
                f"**{counted(len(chosen), 'picture')} selected.** [See them below](#gallery)"
            )


def _show_borders(evaluated: EvaluatedModel, places: np.ndarray) -> None:
    """Offer, without a pointer, what a lasso does: the pictures where two classes meet."""
    names, report = evaluated.names, evaluated.report
    worst = most_confused(report.confusion_matrix)
    one, other = worst[0][:2] if worst else (0, 1)

    def choose_class(label: str, index: int, key: str) -> int:
        return st.selectbox(
            label,
            range(len(names)),
            index=index,
            key=key,
            format_func=names.__getitem__,
            width=140,
        )

    def show() -> None:
        numbers = border(places, report.labels, first, second)
        gallery.show_selection(evaluated.dataset, numbers.tolist())

    with st.container(horizontal=True, vertical_alignment="bottom", key="map_borders"):
        first = choose_class("Pictures between", one, "border_one")
        second = choose_class("and", other, "border_other")
        st.button(
            "Show these pictures",
            key="border_show",
            icon=":material/join_inner:",
            on_click=show,
            disabled=first == second,
        )
