import re
from pathlib import Path

from starlette.requests import Request
from streamlit import file_util

from mnist_app.pages.document import CONTROLS, document_routes


def test_the_document_brings_the_style_and_names_the_controls_files() -> None:
    _, train = document_routes("base", {"": "Draw", "train": "Train"})
    assert train.path == "/base/train"
    document = train.endpoint(Request({"type": "http"})).body.decode()
    assert ".st-key-prediction" in document
    assert "<span>Draw</span><span>Train</span>" in document
    names = re.findall(r"'([\w.-]+\.js)'", document)
    assert {name.split(".")[0] for name in names} >= set(CONTROLS)
    scripts = Path(file_util.get_static_dir(), "static", "js")
    assert all((scripts / name).is_file() for name in names)
    # What the document loads anyway is not asked for again.
    assert not any(f"./static/js/{name}" in document for name in names)
