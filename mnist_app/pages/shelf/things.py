"""All that a visitor made, from the shelf, the list of runs and the models' folder, as one list."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path

from mnist_app.core import limits
from mnist_app.core.models import model_store
from mnist_app.core.models.model_store import StoredModel
from mnist_app.core.percentages import percent
from mnist_app.core.runs import training_script
from mnist_app.core.runs.run import Run, curves_csv, distinct_title
from mnist_app.core.shelf import shelf
from mnist_app.core.shelf.item_archive import Files, files_of_item, files_of_model
from mnist_app.core.shelf.shelf import DAY, Item, Kind
from mnist_app.core.shelf.visitors import hashed
from mnist_app.pages.session import wording
from mnist_app.pages.session.kiosk import job_owner
from mnist_app.pages.session.run_jobs import delete_run, runs

KINDS = {
    Kind.SYMBOLS: "Your own symbols",
    Kind.DATASET: "Your own pictures",
    Kind.MODEL: "Your own network",
}


@dataclass(frozen=True)
class Door:
    """A way to use a thing: a button's words and icon, and the page that opens, with its link."""

    label: str
    icon: str
    path: str
    link: Mapping[str, str]


@dataclass(frozen=True, eq=False)
class Thing:
    """Something that a visitor made.

    Attributes:
        key: tells it from the visitor's other things.
        facts: what it is, its size, its dates, each in a few words.
        created: when, ISO 8601, UTC.
        doors: ways to use it, the first one first.
        files: returns what is downloaded of it.
        rename: called with another name.
        warning: what goes with it when it is deleted.
        item: the same on the shelf, whose things can be shared; None for runs and models.
    """

    key: str
    title: str
    facts: tuple[str, ...]
    created: str
    doors: tuple[Door, ...]
    files: Callable[[], Files]
    rename: Callable[[str], None]
    delete: Callable[[], None]
    warning: str = ""
    item: Item | None = None


def things(visitor: str) -> list[Thing]:
    """Return all that the visitor made, the newest first.

    Raises:
        DigitLabError: the list of runs cannot be read, or a setting of the host is wrong.
    """
    own_runs = runs().listed(visitor)
    with_run = {run.model for run in own_runs}
    models = [
        model
        for model in model_store.models()
        if model.card and model.card.maker == hashed(visitor) and model.path not in with_run
    ]
    known = chain(
        (from_item(item, visitor) for item in shelf.items(visitor)),
        (_from_run(run, visitor) for run in own_runs),
        map(_from_model, models),
    )
    return sorted(known, key=lambda thing: datetime.fromisoformat(thing.created), reverse=True)


def from_item(item: Item, visitor: str) -> Thing:
    """Return a thing of the visitor that lies on the shelf."""
    return Thing(
        key=item.id,
        title=item.title,
        facts=(KINDS[item.kind], _size(item.size), _date(item.created), _until(item)),
        created=item.created,
        doors=_doors(item.kind, item.id),
        files=partial(files_of_item, item),
        rename=partial(shelf.rename, item, visitor),
        delete=partial(shelf.delete, item, visitor),
        warning="People who have its link will lose it too." if item.is_shared else "",
        item=item,
    )


def _doors(kind: Kind, name: str) -> tuple[Door, ...]:
    if kind is Kind.SYMBOLS:
        return (Door("Open it", "gesture", "teach", {"symbols": name}),)
    if kind is Kind.DATASET:
        link = {"dataset": name}
        return (
            Door("Look at them", "dataset", "data", link),
            Door("Train with them", "school", "train", link),
        )
    link = {"model": name}
    return (
        Door("Use it on the Draw page", "draw", "start", link),
        Door("See where it fails", "grid_on", "predictions", link),
    )


def _from_run(run: Run, visitor: str) -> Thing:
    found = run.model is not None and run.model.exists()
    model = model_store.describe(run.model) if run.model and found else None
    facts = ["Training run", wording.STATE_LABELS[run.state]]
    if run.accuracy is not None:
        facts.append(f"{percent(run.accuracy, 2)} correct")

    def files() -> Files:
        stem, card = model_store.file_stem(run.title), model.card if model else None
        return {
            **(files_of_model(model) if model else {}),
            f"{stem}.py": training_script.script(run.config, card, run.title),
            f"{stem}-curves.csv": curves_csv(runs().curves(run.id)),
        }

    def rename(title: str) -> None:
        others = [other for other in runs().listed() if other.id != run.id]
        runs().rename(run.id, distinct_title(title, others))
        if model is not None and model.card is not None:
            model_store.rename(model, runs().get(run.id).title)

    return Thing(
        key=f"run_{run.id}",
        title=run.title,
        facts=(*facts, *_model_size(model), _date(run.created)),
        created=run.created,
        doors=(
            Door("Open it", "stacked_line_chart", "runs", {"runs": str(run.id)}),
            *(_model_doors(model) if model else ()),
        ),
        files=files,
        rename=rename,
        delete=lambda: delete_run(run, model, visitor),
        warning="Nobody will be able to use its network any more." if model else "",
    )


def _from_model(model: StoredModel) -> Thing:
    assert model.card is not None
    return Thing(
        key=f"model_{model.name}",
        title=model.title,
        facts=("Network", *_model_size(model), _date(model.card.created)),
        created=model.card.created,
        doors=_model_doors(model),
        files=partial(files_of_model, model),
        rename=partial(model_store.rename, model),
        delete=partial(model_store.delete, model),
        warning="Nobody will be able to use it any more.",
    )


def _model_doors(model: StoredModel) -> tuple[Door, ...]:
    draw, predictions = _doors(Kind.MODEL, model.name)
    return (draw, predictions) if model.reads_digits else (predictions,)


def _model_size(model: StoredModel | None) -> Iterable[str]:
    paths = files_of_model(model).values() if model else ()
    size = sum(path.stat().st_size for path in paths if isinstance(path, Path))
    return [_size(size)] if size else []


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e5 else f"{max(count / 1e3, 1):.0f} kB"


def _date(moment: str) -> str:
    return wording.local_time(moment, "%d %b %Y")


def _until(item: Item) -> str:
    """Return how long a thing on the shelf stays."""
    if job_owner() is None:
        return "kept until the next visitor comes"
    last = datetime.fromtimestamp(item.used + limits.most("shelf_days") * DAY, UTC)
    return f"kept until {_date(last.isoformat())}"
