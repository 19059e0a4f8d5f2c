import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from mnist_app.core.evaluation import selection_codec
from mnist_app.core.evaluation.projection import border
from mnist_app.pages.session.queues import queues
from tests.support.visits import bodies, jobs_about, report, settled, visit

pytestmark = pytest.mark.usefixtures("idle_workers")


def components(app: AppTest, mark: str) -> list[dict[str, Any]]:
    """Return the data of each component that hold `mark`."""
    found = [json.loads(part.proto.json) for part in app.get("bidi_component") if part.proto.json]
    return [data for data in found if mark in data]


def chart(app: AppTest) -> dict[str, Any]:
    """The figure of the map."""
    figures = [json.loads(data["figure"]) for data in components(app, "figure")]
    return next(figure for figure in figures if figure["data"][0]["type"] == "scattergl")


def status(app: AppTest) -> str:
    return next(body for body in bodies(app) if 'role="status"' in body and "page" in body)


def test_the_map_is_made_once_and_comes_with_all_pictures(one_model: Path) -> None:
    app = visit("predictions")
    assert len(jobs_about(queues().analyses, "map")) == 1
    assert len(chart(app)["data"]) == 11
    (sheet,) = components(app, "captions")
    assert len(sheet["captions"]) == 360
    assert sheet["captions"][0].startswith(f"{report().labels[0]} read as ")
    visit("predictions")
    assert len(jobs_about(queues().analyses, "map")) == 1
    assert not jobs_about(queues().analyses, "neighbour map")


def test_neighbours_are_found_when_they_are_asked_for(one_model: Path) -> None:
    before = chart(visit("predictions"))
    app = visit("predictions", {"map_layout": "Neighbours"})
    settled(app)
    assert len(jobs_about(queues().analyses, "neighbour map")) == 1
    assert chart(app)["layout"]["xaxis"]["uirevision"] != before["layout"]["xaxis"]["uirevision"]
    assert any("t-SNE" in text.value for text in app.caption)


def test_the_border_of_two_classes_fills_the_gallery_and_the_link(one_model: Path) -> None:
    app = visit("predictions", {"gallery_kind": "Correct"})
    app.selectbox(key="border_one").set_value(3).run()
    app.selectbox(key="border_other").set_value(5).run()
    app.button(key="border_show").click()
    settled(app)
    places = jobs_about(queues().analyses, "map")[-1].result.places.places
    expected = border(places, report().labels, 3, 5)
    assert f"{len(expected)} pictures" in status(app)
    link = app.query_params["picked"]
    text = link if isinstance(link, str) else link[0]
    assert selection_codec.from_text(text, 360).tolist() == expected.tolist()  # type: ignore[union-attr]
    app.selectbox(key="border_other").set_value(3).run()
    assert app.button(key="border_show").disabled


def test_a_link_picks_pictures_out_and_they_can_be_filtered_further(one_model: Path) -> None:
    numbers = np.arange(0, 360, 3)
    link = {"picked": selection_codec.as_text(numbers, 360)}
    app = visit("predictions", link)
    assert "120 pictures" in status(app)
    assert any(trace.get("selectedpoints") for trace in chart(app)["data"])
    app.selectbox(key="gallery_true").set_value(3).run()
    assert f"{(report().labels[numbers] == 3).sum()} pictures" in status(app)
    app.button(key="gallery_all").click()
    settled(app)
    assert "360 pictures" in status(app)
    assert "picked" not in app.query_params
    assert not any(trace.get("selectedpoints") for trace in chart(app)["data"])


def test_a_cell_of_the_matrix_is_outlined_whoever_chose_it(one_model: Path) -> None:
    def outlined(app: AppTest) -> list[tuple[float, float]]:
        figures = [json.loads(data["figure"]) for data in components(app, "figure")]
        matrix = next(figure for figure in figures if figure["data"][0]["type"] == "heatmap")
        return [(shape["y0"], shape["x0"]) for shape in matrix["layout"].get("shapes", [])]

    app = visit("predictions")
    assert outlined(app) == []
    app.selectbox(key="gallery_true").set_value(3).run()
    app.selectbox(key="gallery_read").set_value(3).run()
    assert outlined(app) == [(2.5, 2.5)]
    linked = visit("predictions", {"gallery_true": "5", "gallery_read": "6"})
    assert outlined(linked) == [(4.5, 5.5)]
    linked.button(key="gallery_all").click().run()
    assert outlined(linked) == []


@pytest.mark.parametrize("nonsense", ["", "x", "<script>", "\u0663", "9" * 5000])
def test_nonsense_in_a_link_picks_nothing_out(one_model: Path, nonsense: str) -> None:
    app = visit("predictions", {"picked": nonsense, "map_layout": nonsense})
    assert "360 pictures" in status(app)
    assert not app.error
