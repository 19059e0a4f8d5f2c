"""The components of this app: a script that the browser runs, and what Python hears from it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import streamlit as st

HERE = Path(__file__).parent


@st.cache_resource(show_spinner=False)
def component(
    *scripts: str, html: str = "<span></span>", isolate_styles: bool = True
) -> Callable[..., Any]:
    """Return the component of these scripts; call it with a key, its data and its callbacks.

    Args:
        scripts: files below this folder, the last with the function that the browser calls.
    """
    return st.components.v2.component(
        f"digit_lab_{Path(scripts[-1]).stem}",
        html=html,
        js="\n".join((HERE / script).read_text(encoding="utf-8") for script in scripts),
        isolate_styles=isolate_styles,
    )
