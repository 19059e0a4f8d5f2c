"""A data set -> Plotly figures: how many of each class, and the numbers of a picture."""

from collections.abc import Sequence

import numpy as np

from mnist_app.core.plots.charts import CONTRAST, STRONG, Figure, figure, frame, scatter


def class_bars(training: np.ndarray, test: np.ndarray, names: Sequence[str]) -> Figure:
    """Return bars that show how many pictures of each class there are to learn and to test with.

    Args:
        training, test: int (classes,).
        names: one a class.
    """
    bars = [
        {
            "type": "bar",
            "x": list(names),
            "y": counts.tolist(),
            "name": part,
            "marker": {"color": colour},
            "hovertemplate": f"%{{x}}: %{{y:,}} {part} pictures<extra></extra>",
        }
        for part, counts, colour in (("training", training, STRONG), ("test", test, CONTRAST))
    ]
    return figure(
        bars,
        height=300,
        margin={"t": 32},
        barmode="group",
        bargap=0.25,
        xaxis={"type": "category", "fixedrange": True},
        yaxis={"title": {"text": "pictures"}, "fixedrange": True},
    )


def pixel_map(image: np.ndarray, window: tuple[int, int, int]) -> Figure:
    """Return a picture whose every pixel tells its value, with a frame around one part.

    Args:
        image: uint8 (height, width).
        window: the first row, the first column and the side of the framed part, in pixels.
    """
    row, column, side = window
    return _pixels(image, 0, 0, 255, ticks=5, shapes=[frame(column, row, side, CONTRAST)])


def pixel_numbers(values: np.ndarray, first_row: int, first_column: int) -> Figure:
    """Return a part of a picture with the number in each pixel, light on dark and dark on light.

    Args:
        values: (height, width); uint8 in 0..255, or float in 0..1.
        first_row, first_column: where the part begins in the whole picture.
    """
    top, form = (255, "d") if values.dtype == np.uint8 else (1, ".2f")
    rows, columns = np.divmod(np.arange(values.size), values.shape[1])
    colours = ["#000000" if value > 0.5 * top else "#ffffff" for value in values.ravel()]
    made = _pixels(values, first_row, first_column, top, ticks=1)
    made["data"].append(
        scatter(
            (columns + first_column).tolist(),
            (rows + first_row).tolist(),
            mode="text",
            text=[format(value, form) for value in values.ravel()],
            textfont={"size": 11, "color": colours},
        )
    )
    return made


def _pixels(
    values: np.ndarray,
    first_row: int,
    first_column: int,
    top: float,
    ticks: int,
    shapes: Sequence[dict] = (),
) -> Figure:
    rows, columns = values.shape
    cells = {
        "type": "heatmap",
        "z": values.tolist(),
        "x": list(range(first_column, first_column + columns)),
        "y": list(range(first_row, first_row + rows)),
        "zmin": 0,
        "zmax": top,
        "colorscale": [[0, "#000000"], [1, "#ffffff"]],
        "showscale": False,
        "hovertemplate": "row %{y}, column %{x}: %{z:.4~g}<extra></extra>",
    }
    axis = {"fixedrange": True, "constrain": "domain", "dtick": ticks}
    return figure(
        [cells],
        height=300,
        margin={"l": 28, "r": 4, "t": 4, "b": 28},
        shapes=list(shapes),
        xaxis=axis,
        yaxis={**axis, "autorange": "reversed", "scaleanchor": "x", "showgrid": False},
    )
