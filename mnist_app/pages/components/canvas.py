"""The canvas that a visitor draws on, one digit or a number, and its tools."""

import base64
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import streamlit as st

from mnist_app.core.errors import DigitLabError
from mnist_app.core.ink.drawing_files import Sheet
from mnist_app.core.ink.drawings import Drawing, canvas_json, drawing_from_canvas
from mnist_app.core.ink.example_digits import example_canvas_json, moving_svg, still_svg
from mnist_app.core.ink.raster import strokes_to_input
from mnist_app.core.ink.undo_history import Objects, UndoHistory

SIDE = 320
# A number needs room; on a phone, draw.css shows this canvas at four sevenths of its size.
WIDE, LOW = 560, 280
# For a projector; demo.css shows it smaller on smaller screens.
LARGE = 560
BRUSH = 18
INKS = {"Chalkboard": ("#ffffff", "#000000"), "Paper": ("#16244f", "#fbf8ee")}
EXAMPLES = (2, 3, 5, 7)
MODES = ("One digit", "A number")


@dataclass
class Canvas:
    """One visitor's canvas.

    Attributes:
        name: part of the widget's key; tells it from the visitor's other canvas.
        side: height and width, when it is not wide.
        number: part of the widget's key; a new one makes a new canvas.
        start: the drawing that the new canvas begins with, the component's JSON.
        latest: the drawing as the browser last sent it.
        history: what it has shown.
        is_wide: made for a number, not for one digit.
    """

    name: str = "drawing"
    side: int = SIDE
    number: int = 0
    start: dict[str, Any] | None = None
    latest: dict[str, Any] | None = None
    history: UndoHistory = field(default_factory=UndoHistory)
    is_wide: bool = False

    @property
    def key(self) -> str:
        return f"{self.name}-{self.number}"

    @property
    def size(self) -> tuple[int, int]:
        """Return the width and height."""
        return (WIDE, LOW) if self.is_wide else (self.side, self.side)

    @property
    def objects(self) -> Objects:
        """Return the strokes, as the component tells them."""
        return (self.latest or {}).get("objects", [])

    @property
    def lines(self) -> list[Any]:
        """Return what tells two drawings apart, whatever their ink."""
        return [item.get("path") for item in self.objects]

    @property
    def is_empty(self) -> bool:
        return not self.objects

    @property
    def brush(self) -> int:
        """Return the width of a line."""
        return round(st.session_state.get("brush", BRUSH) * self.side / SIDE)

    @property
    def drawing(self) -> Drawing:
        """Return what is drawn now.

        Raises:
            DigitLabError: the browser sent something else.
        """
        return drawing_from_canvas(self.latest)

    @property
    def sheet(self) -> Sheet:
        """Return what is drawn now as it looks.

        Raises:
            DigitLabError: the browser sent something else.
        """
        parts = [drawing_from_canvas({"objects": [item]}) for item in self.objects]
        return Sheet(parts, self.size, *_ink())

    @property
    def image(self) -> np.ndarray | None:
        """Return the drawing as a network gets one digit, uint8 (28, 28), or None."""
        try:
            drawing = self.drawing
        except DigitLabError:
            return None
        return None if drawing.is_empty else strokes_to_input(drawing)

    @property
    def as_followed(self) -> dict[str, Any]:
        """Return what the browser needs to follow the pen, see live.js."""
        try:
            tip = [float(value) for value in self.objects[-1]["path"][-1][-2:]]
        except (LookupError, TypeError, ValueError):
            tip = [0.0, 0.0]
        ink, paper = _ink()
        return {
            "key": self.key,
            "number": self.is_wide,
            "pen": self.brush,
            "ink": ink,
            "paper": paper,
            "start": self._starting_points(),
            "strokes": len(self.objects),
            "tip": tip,
        }

    def _starting_points(self) -> list[list[float]]:
        """Return the strokes that it began with, each a flat list of x and y."""
        try:
            strokes = drawing_from_canvas(self.start).strokes
        except DigitLabError:
            return []
        # Every other point shows a curve well enough; the last one is where the pen was lifted.
        return [stroke[::-2][::-1].round(1).ravel().tolist() for stroke in strokes]

    def update(self) -> None:
        """Take what the browser last sent."""
        sent = st.session_state.get(self.key)
        if sent:
            self.latest = canvas_json(sent)
            self.history.see(self.objects)

    def renew(self, objects: Objects | None) -> None:
        """Replace the drawing by another or by none, which can be undone."""
        self.history.add(objects or [])
        self._show(objects or [])

    def repaint(self) -> None:
        """Show the same drawing in the ink that is chosen now."""
        self._show(self.objects)

    def step(self, by: int) -> None:
        """Undo (-1) or redo (1) what was done last, if anything was."""
        objects = self.history.step(by)
        if objects is not None:
            self._show(objects)

    def erase(self, told: Any) -> None:
        """Take strokes away.

        Args:
            told: `{"key": KEY, "strokes": [PLACE, ...]}`, see live.js; anything may come.
        """
        self.update()
        if not isinstance(told, dict) or told.get("key") != self.key:
            return
        gone = told.get("strokes")
        gone = gone if isinstance(gone, list) else []
        self.renew([item for place, item in enumerate(self.objects) if place not in gone])

    def change_shape(self, is_wide: bool) -> None:
        """Give the drawing, and what it was before, the room of a number or of one digit."""
        self.is_wide = is_wide
        self.history.reform(lambda objects: _fitting(objects, self.size))
        self._show(_fitting(self.objects, self.size))

    def show_example(self, digit: int) -> None:
        """Replace the drawing by an example of a digit, 0..9."""
        self.renew(example_canvas_json(digit, self.side, self.brush)["objects"])

    def _show(self, objects: Objects) -> None:
        """Replace the canvas by one that begins with a drawing."""
        colour, _ = _ink()
        self.number += 1
        self.start = self.latest = (
            {"objects": [{**item, "stroke": colour} for item in objects]} if objects else None
        )


def visitors_canvas() -> Canvas:
    """Return the canvas of this session, with what was drawn before another page was opened."""
    return resumed(st.session_state.setdefault("canvas_state", Canvas()))


def presenters_canvas() -> Canvas:
    """Return the large canvas of this session, for one digit, with what was drawn on it before."""
    return resumed(st.session_state.setdefault("large_canvas", Canvas("presented", LARGE)))


def resumed(canvas: Canvas) -> Canvas:
    """Return a canvas of this session, whose drawing is shown again on whatever page it is."""
    # An empty one is left alone: somebody may be drawing its first stroke.
    if not canvas.is_empty and canvas.key not in st.session_state:
        # Another ink may have been chosen on another page.
        canvas.repaint()
    return canvas


def show_canvas(canvas: Canvas) -> None:
    """Show the canvas, with the choice of what it is for above, and its tools below."""
    with st.container(key="canvas"):
        st.segmented_control(
            "What you draw",
            MODES,
            default=MODES[canvas.is_wide],
            key="mode",
            required=True,
            label_visibility="collapsed",
            on_change=_change_mode,
            args=(canvas,),
        )
        with st.container(key="wide_canvas" if canvas.is_wide else "square_canvas"):
            _show_surface(canvas)
            if not canvas.is_wide:
                st.html(_hint())
    _show_tools(canvas)


def _hint() -> str:
    """Return digits that draw themselves until somebody touches the canvas."""
    pictures = {"moving": moving_svg(EXAMPLES), "still": still_svg(EXAMPLES[0])}
    return "".join(
        f'<img class="hint {name}" alt="" '
        f'src="data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}">'
        for name, svg in pictures.items()
    )


def show_plain_canvas(canvas: Canvas, shape: str = "large_canvas") -> None:
    """Show a canvas for one drawing, with its tools below; `shape` is its class in draw.css."""
    with st.container(key="canvas"), st.container(key=shape):
        _show_surface(canvas)
    _show_tools(canvas)


def _show_surface(canvas: Canvas) -> None:
    from streamlit_drawable_canvas import st_canvas

    stroke_colour, background = _ink()
    width, height = canvas.size
    st_canvas(
        stroke_width=canvas.brush,
        stroke_color=stroke_colour,
        background_color=background,
        width=width,
        height=height,
        initial_drawing=canvas.start,
        key=canvas.key,
        # Also when it comes with a press that opens another page.
        on_change=canvas.update,
    )


def _show_tools(canvas: Canvas) -> None:
    with st.container(key="canvas_tools", horizontal=True, gap="small"):
        for label, icon, act in (
            ("Clear", "delete", lambda: canvas.renew(None)),
            ("Undo", "undo", lambda: canvas.step(-1)),
            ("Redo", "redo", lambda: canvas.step(1)),
            # It is pressed and used in the browser alone, see live.js.
            ("Eraser", "ink_eraser", None),
        ):
            st.button(
                label,
                key=label.lower(),
                icon=f":material/{icon}:",
                width="stretch",
                on_click=act,
            )


def show_examples(canvas: Canvas) -> None:
    """Offer examples for whoever has no pen at hand."""
    with st.container(key="examples", horizontal=True, vertical_alignment="center"):
        st.markdown("Try one:", width="content")
        for digit in EXAMPLES:
            st.button(
                f"a {digit}",
                key=f"example_{digit}",
                on_click=canvas.show_example,
                args=(digit,),
            )


def show_style(canvas: Canvas) -> None:
    """Show the choice of ink and brush."""
    st.segmented_control(
        "Style",
        list(INKS),
        default=next(iter(INKS)),
        key="ink",
        required=True,
        # The drawing stays when paper and ink change.
        on_change=canvas.repaint,
        persist_state="session",
    )
    st.slider("Brush width", 6, 40, BRUSH, key="brush", width=180, persist_state="session")


def _ink() -> tuple[str, str]:
    """Return the colours of the strokes and of the paper."""
    return INKS[st.session_state.get("ink") or next(iter(INKS))]


def read_as_number(canvas: Canvas) -> None:
    """Give the drawing the room of a number."""
    st.session_state.mode = MODES[1]
    _change_mode(canvas)


def _change_mode(canvas: Canvas) -> None:
    canvas.change_shape(st.session_state.mode == MODES[1])


def _fitting(objects: Objects, size: tuple[int, int]) -> Objects:
    """Move a drawing into a canvas, and make it smaller if need be.

    Args:
        size: width and height of the canvas.
    """
    try:
        drawing = drawing_from_canvas({"objects": objects})
    except DigitLabError:
        return []
    if drawing.is_empty:
        return []
    points, reach = np.concatenate(drawing.strokes), drawing.pen_width / 2
    low, high = points.min(axis=0) - reach, points.max(axis=0) + reach
    scale = min(1.0, float((size / (high - low)).min()))
    left, top = np.minimum(0.0, size - scale * high).tolist()

    def moved(item: dict[str, Any]) -> dict[str, Any]:
        return {
            **item,
            "left": item.get("left", 0.0) * scale + left,
            "top": item.get("top", 0.0) * scale + top,
            "scaleX": item.get("scaleX", 1.0) * scale,
            "scaleY": item.get("scaleY", 1.0) * scale,
        }

    return [moved(item) for item in objects]
