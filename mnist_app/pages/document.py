"""The HTML document that a browser loads first: Streamlit's own, with the pages' style in it.

Streamlit sends a style with a page, where it comes late: what was on the screen by then jumps.
"""

from collections.abc import Iterable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Route
from streamlit import file_util
from streamlit.url_util import make_url_path

STYLE = Path(__file__).with_name("style.css")


def document_routes(base: str, paths: Iterable[str]) -> list[Route]:
    """Return the routes that serve the document at the pages' paths under `base`."""
    original = Path(file_util.get_static_dir(), "index.html").read_text(encoding="utf-8")
    style = STYLE.read_text(encoding="utf-8")
    # Behind the styles that Streamlit adds to the head while the page runs.
    document = original.replace("</body>", f"<style>{style}</style></body>", 1)

    def serve(request: Request) -> HTMLResponse:
        return HTMLResponse(document, headers={"Cache-Control": "no-cache"})

    return [Route(make_url_path(base, path), serve) for path in paths]
