"""Digit Lab: page configuration and navigation; beside the pages, the live channel."""

import importlib
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.scriptrunner import get_script_run_ctx

HERE = Path(__file__).parent
# The folder in `mnist_app/pages`, the title, the path and the icon. The start page answers at "/"
# alone; "draw" is the same page under its own name.
PAGES = (
    ("draw", "Draw", "start", ":material/draw:"),
    ("draw", "Draw", "draw", ":material/draw:"),
    ("teach", "Teach", "teach", ":material/gesture:"),
    ("train", "Train", "train", ":material/school:"),
    ("runs", "Runs", "runs", ":material/stacked_line_chart:"),
    ("predictions", "Predictions", "predictions", ":material/grid_on:"),
    ("data", "Data", "data", ":material/dataset:"),
    ("show_me", "Show me", "show-me", ":material/co_present:"),
    ("shelf", "My things", "shelf", ":material/inventory_2:"),
)


def opened(name: str, title: str, path: str, icon: str) -> StreamlitPage:
    """Return a page, whose module is imported when somebody opens it."""
    return st.Page(
        lambda: importlib.import_module(f"mnist_app.pages.{name}.page").page(),
        title=title,
        url_path=path,
        icon=icon,
        default=path == "start",
        visibility="hidden" if path == "draw" else "visible",
    )


def show() -> None:
    """Show the page that the visitor has opened."""
    from mnist_app.pages import without_pandas  # noqa: F401
    from mnist_app.pages.document import STYLES, style
    from mnist_app.pages.session import navigation
    from mnist_app.pages.session.kiosk import clear_when_idle
    from mnist_app.pages.session.presence import report_presence
    from mnist_app.pages.session.visitor import set_visitor_cookie

    st.set_page_config(
        page_title="Digit Lab", page_icon=str(HERE / "static" / "icon.png"), layout="wide"
    )
    st.html(style(*STYLES))
    pages = {row[2]: opened(*row) for row in PAGES}
    page = st.navigation(list(pages.values()), position="top")
    navigation.register_pages(pages, page)
    set_visitor_cookie()
    report_presence()
    clear_when_idle()
    page.run()


if get_script_run_ctx(suppress_warning=True) is not None:
    show()
else:
    # `streamlit run` finds this in the source and serves it. A host that does not runs the file as
    # a plain script, and pages answer without the live channel.
    from starlette.middleware import Middleware
    from streamlit.url_util import make_url_path
    from streamlit.web.server.starlette.starlette_websocket import _is_origin_allowed

    from mnist_app.live.route import live_route
    from mnist_app.pages.document import document_routes
    from mnist_app.pages.uploads import UploadLimit

    base = st.get_option("server.baseUrlPath")
    # As strict as Streamlit's own WebSocket.
    live = live_route(make_url_path(base, "api/live"), _is_origin_allowed)
    app = st.App(
        "app.py",
        routes=[
            live,
            *document_routes(
                base, {"" if path == "start" else path: title for _, title, path, _ in PAGES}
            ),
        ],
        middleware=[Middleware(UploadLimit)],
    )
