"""Digit Lab: page configuration and navigation; beside the pages, the live channel."""

import importlib
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

HERE = Path(__file__).parent
PATHS = ("", "draw", "train", "runs", "predictions", "data", "show-me")


def opened(name: str) -> Callable[[], None]:
    """Return what shows the page of `mnist_app.pages.NAME`, which is imported when it is opened."""
    return lambda: importlib.import_module(f"mnist_app.pages.{name}").page()


def show() -> None:
    """Show the page that the visitor has opened."""
    from mnist_app.pages import without_pandas  # noqa: F401
    from mnist_app.pages.kiosk import clear_when_idle
    from mnist_app.pages.presence import be_there
    from mnist_app.pages.visitor import remember

    st.set_page_config(
        page_title="Digit Lab", page_icon=str(HERE / "static" / "icon.png"), layout="wide"
    )
    st.html(HERE / "mnist_app" / "pages" / "style.css")
    page = st.navigation(
        [
            st.Page(
                opened("draw"),
                title="Draw",
                url_path="start",
                icon=":material/draw:",
                default=True,
            ),
            # The start page answers at "/" alone; this is the same page under its own name.
            st.Page(
                opened("draw"),
                title="Draw",
                url_path="draw",
                icon=":material/draw:",
                visibility="hidden",
            ),
            st.Page(opened("train"), title="Train", url_path="train", icon=":material/school:"),
            st.Page(
                opened("runs_page"),
                title="Runs",
                url_path="runs",
                icon=":material/stacked_line_chart:",
            ),
            st.Page(
                opened("predictions"),
                title="Predictions",
                url_path="predictions",
                icon=":material/grid_on:",
            ),
            st.Page(opened("data"), title="Data", url_path="data", icon=":material/dataset:"),
            st.Page(
                opened("demo"),
                title="Show me",
                url_path="show-me",
                icon=":material/co_present:",
            ),
        ],
        position="top",
    )
    remember()
    be_there()
    clear_when_idle()
    page.run()


if get_script_run_ctx(suppress_warning=True) is not None:
    show()
else:
    # `streamlit run` finds this in the source and serves it. A host that does not runs the file as
    # a plain script, and pages answer without the live channel.
    from streamlit.url_util import make_url_path
    from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

    from mnist_app.live.route import live_route
    from mnist_app.pages.document import document_routes

    base = st.get_option("server.baseUrlPath")
    # As strict as Streamlit's own WebSocket.
    live = live_route(make_url_path(base, "api/live"), _is_origin_allowed)
    app = st.App("app.py", routes=[live, *document_routes(base, PATHS)])
