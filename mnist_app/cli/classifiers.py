"""Load what answers for a model that the command line names."""

import os
from contextlib import suppress

import click

from mnist_app.core.errors import DigitLabError
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
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
    data, name = model_store.read(stored.path), stored.path.name
    if stored.card is None:
        from mnist_app.lab.networks.importing import import_network

        made = import_network(data, name)
        form, is_changed = made.files.litert, made.files.keras != data
        if is_changed:
            click.echo(" ".join([f"{name}:", *made.card.training["found"]]), err=True)
    else:
        from mnist_app.lab.networks.litert import to_litert
        from mnist_app.lab.networks.model_files import opened

        form, is_changed = to_litert(opened(data, name)), False
    if not is_changed:
        with suppress(DigitLabError):
            model_store.add_litert(stored.path, form)
    return [Classifier(form, threads) for _ in range(count)]
