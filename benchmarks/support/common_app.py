"""The way such apps are commonly written, to compare with: one script, run whole every time.

`streamlit run benchmarks/support/common_app.py -- MODEL.keras`
"""

import sys
from typing import TYPE_CHECKING

import numpy as np
import streamlit as st
from PIL import Image

if TYPE_CHECKING:
    import keras


def predict(pixels: np.ndarray, model: "keras.Model") -> np.ndarray:
    """The probability of each digit, float32 (10,), from canvas pixels, uint8 (side, side, 4)."""
    small = Image.fromarray(pixels).convert("L").resize((28, 28))
    batch = np.asarray(small, dtype=np.float32)[None, ..., None] / 255
    return model.predict(batch, verbose=0)[0]


@st.cache_resource
def _load(path: str) -> "keras.Model":
    import keras

    return keras.models.load_model(path)


def _page() -> None:
    from streamlit_drawable_canvas import st_canvas

    st.title("Draw a digit")
    model = _load(sys.argv[1])
    canvas = st_canvas(
        stroke_width=18,
        stroke_color="#ffffff",
        background_color="#000000",
        width=320,
        height=320,
        return_image_data=True,
        key="canvas",
    )
    with st.container(key="prediction"):
        if canvas.image_data is None or not canvas.json_data["objects"]:
            st.write("Draw something first.")
            return
        probabilities = predict(canvas.image_data, model)
        st.header(f"Prediction: {probabilities.argmax()}")
    st.bar_chart(probabilities)


if __name__ == "__main__":
    _page()
