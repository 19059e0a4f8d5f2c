"""One ZIP file of what somebody made, to take along."""

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.shelf.shelf import ABOUT, Item

# The contents of a file, or where it is, by its name.
Files = Mapping[str, Path | str]


def zipped(files: Files) -> bytes:
    """Return files as one ZIP file; what is gone by now is left out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            if isinstance(content, str):
                archive.writestr(name, content)
            elif content.is_file():
                archive.write(content, name)
    return buffer.getvalue()


def files_of_item(item: Item) -> Files:
    """Return the files of a thing on the shelf; what has its id as a name gets its title's."""
    stem = model_store.file_stem(item.title)
    return {
        f"{stem}{path.suffix}" if path.stem == item.id else path.name: path
        for path in item.folder.iterdir()
        if path.name != ABOUT
    }


def files_of_model(model: StoredModel) -> Files:
    """Return the files of a model: in Keras' format, its LiteRT form and its card."""
    paths = [model.path.with_suffix(suffix) for suffix in (".keras", ".tflite", ".json")]
    return {path.name: path for path in paths if path.is_file()}
