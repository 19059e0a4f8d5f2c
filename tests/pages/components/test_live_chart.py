from pathlib import Path

import pytest
from plotly.offline import get_plotlyjs

from mnist_app.pages.components import live_chart


def test_plotly_is_put_where_streamlit_serves_files_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_chart, "STATIC", tmp_path)
    script = tmp_path / "plotly.min.js"
    script.write_text("plotly.js v1.0.0", encoding="utf-8")
    live_chart.provide_plotly.clear()
    live_chart.provide_plotly()
    assert script.read_text(encoding="utf-8") == get_plotlyjs()


def test_a_place_that_cannot_be_written_costs_the_charts_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setattr(live_chart, "STATIC", tmp_path / "file" / "static")
    live_chart.provide_plotly.clear()
    live_chart.provide_plotly()
    assert "no charts" in caplog.text
