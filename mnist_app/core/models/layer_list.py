"""The layers of a network as its .keras file lists them, read without Keras."""

import json
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# A list of layers longer than this is none that a network of this app can have.
MOST_BYTES = 5_000_000


@dataclass(frozen=True)
class LayerConfig:
    """A layer and its settings.

    Attributes:
        kind: its class in Keras, such as "Conv2D".
        settings: as in Keras' own configuration, and as untrusted as the file.
    """

    name: str
    kind: str
    settings: Mapping[str, Any]


def read_layers(path: Path) -> tuple[LayerConfig, ...]:
    """Return the layers of the .keras file at `path`, the first one first; none if it is broken."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo("config.json").file_size > MOST_BYTES:
                return ()
            listed = json.loads(archive.read("config.json"))["config"]["layers"]
        return tuple(
            LayerConfig(str(each["config"]["name"]), str(each["class_name"]), dict(each["config"]))
            for each in listed
        )
    except Exception:  # A broken file may raise anything.
        return ()
