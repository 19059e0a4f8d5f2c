"""The camera, whose pictures are read as it looks; `camera.js` shows it."""

import base64

import streamlit as st

from mnist_app.core.models.model_store import StoredModel
from mnist_app.pages.component import component

SCRIPTS = ("components/answer.js", "components/channel.js", "draw/camera.js")
KEY = "camera"


def held_picture() -> tuple[bytes, str] | None:
    """Return the picture that the visitor holds, a file, and its name; None while none is held."""
    held = (st.session_state.get(KEY) or {}).get("held")
    # It comes from a browser: anything may be in it.
    if not isinstance(held, str):
        return None
    try:
        picture = base64.b64decode(held.partition(",")[2], validate=True)
    except ValueError:
        picture = b""
    return picture, str(hash(picture))


def show_camera(
    group: str, model: StoredModel, is_number: bool, still: dict[str, str] | None
) -> None:
    """Show what the camera sees, and in the parts of an answer's group what is read in it.

    Args:
        still: `src` and `alt` of the picture that is held, as it was read.
    """
    kind = "number" if is_number else "digit"
    component(*SCRIPTS, html='<div class="camera"></div>', isolate_styles=False)(
        key=KEY,
        data={"group": group, "model": model.name, "as": kind, "still": still},
        on_held_change=lambda: None,
    )
