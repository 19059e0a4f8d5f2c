"""The reading of one picture of a camera, of which nothing is kept."""

from typing import Any

from mnist_app.core.errors import DigitLabError
from mnist_app.core.heavy_imports import import_first
from mnist_app.core.images.pictures import decode
from mnist_app.core.models import model_cache
from mnist_app.core.recognition import answers
from mnist_app.core.recognition.reading import Reading, read_picture
from mnist_app.live import limits
from mnist_app.live.live_drawing import reader
from mnist_app.live.messages import Frame


def answer(frame: Frame, visitor: str) -> dict[str, Any]:
    """Return the text's content that answers the browser; takes about a tenth of a second.

    Raises:
        Refused: no page offers its model to the visitor.
    """
    model = reader(frame.model, visitor)
    import_first("scipy.ndimage", "skimage.filters")
    try:
        picture = decode(frame.picture, limits.FRAME_PIXELS)
        reading = read_picture(picture, model_cache.loaded(model.path), frame.kind == "number")
    except DigitLabError as error:
        reading = Reading((), str(error))
    return {
        "answer": answers.as_dict(reading),
        "boxes": [digit.box for digit in reading.digits],
    }
