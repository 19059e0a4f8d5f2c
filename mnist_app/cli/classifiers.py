"""Load what answers for a model that the command line names."""

import os
from contextlib import suppress

import click

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import ModelFiles, StoredModel
from mnist_app.core.recognition.classifier import Classifier

# Of the processor; nobody else waits for it here.
THREADS = os.cpu_count() or 1


def classifiers(stored: StoredModel, count: int, threads: int = 1) -> list[Classifier]:
    """Return classifiers of a model, first converted to LiteRT, and adapted if it is foreign.

    Raises:
        DigitLabError: the model is missing, broken, or has no such form.
    """
    if model_store.is_ready(stored):
        return [model_store.classifier(stored.path, threads) for _ in range(count)]
    data = model_store.read(stored.path)
    if stored.card is None:
        files = adapted(stored)
        form, is_changed = files.litert, files.keras != data
    else:
        from mnist_app.lab.networks.litert import to_litert
        from mnist_app.lab.networks.model_files import load_bytes

        form, is_changed = to_litert(load_bytes(data, stored.path.name)), False
    if not is_changed:
        with suppress(DigitLabError):
            model_store.add_litert(stored.path, form)
    return [Classifier(form, threads) for _ in range(count)]


def adapted(foreign: StoredModel) -> ModelFiles:
    """Return a network from elsewhere with what adapts it to this app, and say what that is.

    Raises:
        DigitLabError: the file is missing or broken, or its network reads no digits.
    """
    from mnist_app.lab.networks.importing import import_network

    data, name = model_store.read(foreign.path), foreign.path.name
    made = import_network(data, name)
    if made.files.keras != data:
        click.echo(" ".join([f"{name}:", *made.card.training["found"]]), err=True)
    return made.files
