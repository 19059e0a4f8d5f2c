"""A stored model -> the bytes of one file in another format, to hand on."""

import io
import tempfile
import zipfile
from pathlib import Path

from mnist_app.errors import DigitLabError
from mnist_app.lab import model_files

# By the names that `model_store.export` knows, each with the ending of its one file.
ENDINGS = {"saved_model": "-saved-model.zip", "litert": ".tflite"}


def packed(path: Path, form: str) -> bytes:
    """Pack the model at `path`; nothing stays on the disk.

    Args:
        form: "saved_model", a ZIP file that holds the folder and the model's card, or "litert".

    Raises:
        DigitLabError: the model cannot be loaded, or there is no room for temporary files.
    """
    try:
        with tempfile.TemporaryDirectory(prefix="digit-lab-") as workshop:
            output = Path(workshop) / path.stem
            model_files.export(path, form, output)
            return _zipped(output, path) if output.is_dir() else output.read_bytes()
    except OSError as error:
        raise DigitLabError(
            f"There is no place for temporary files ({error.strerror}): free some disk space."
        ) from error


def _zipped(folder: Path, model: Path) -> bytes:
    card = model.with_suffix(".json")
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for part in sorted(folder.rglob("*")):
            archive.write(part, Path(folder.name) / part.relative_to(folder))
        if card.exists():
            archive.write(card, f"{folder.name}/model_card.json")
    return data.getvalue()
