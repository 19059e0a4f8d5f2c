"""The settings of a training run, in one table.

A row's name, type, default, range and label are a field of `TrainingConfig`, its meaning stands in
`HELP`. The form on the page, the options of the command line, the values in a link and the
validation of all three are derived from the rows, `SETTINGS`.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import PurePath
from typing import Any

from mnist_app.core import custom_network
from mnist_app.core.errors import DigitLabError


@dataclass(frozen=True)
class Setting:
    """One row of the table.

    Attributes:
        name: the field's name in `TrainingConfig`.
        label: two or three plain words, for a form.
        help: one sentence for a person who never trained a network.
        group: the part of the form it stands in.
        default: the value when nothing is said; its type is the setting's type.
        minimum, maximum, step: the range of a number, inclusive; unused for others.
        choices: the values a text may have, each with its label; empty for others.
        check: brings a free text to its one form, or raises `DigitLabError`; None for others. Where
            there are choices too, they are examples.
    """

    name: str
    label: str
    help: str
    group: str
    default: int | float | str
    minimum: float = 0
    maximum: float = 0
    step: float = 1
    choices: Mapping[str, str] = field(default_factory=dict)
    check: Callable[[str], str] | None = None

    @property
    def kind(self) -> type:
        """Return the type: int, float or str."""
        return type(self.default)

    def parse(self, value: Any) -> Any:
        """Bring a value from a form, a command line or a link to this setting's type and range.

        Raises:
            DigitLabError: it has the wrong type or lies outside the range.
        """
        try:
            parsed = self.kind(value)
            if self.kind is int and isinstance(value, float) and value != parsed:
                raise ValueError("a fraction")
        except (TypeError, ValueError, OverflowError) as error:
            raise DigitLabError(f"{self.name} must be {self.rule}, not {value!r}.") from error
        if self.check:
            return self.check(parsed)
        if self.choices and parsed not in self.choices:
            raise DigitLabError(f"{self.name} must be {self.rule}, not {value!r}.")
        if not self.choices and not self.minimum <= parsed <= self.maximum:
            raise DigitLabError(f"{self.name} must be {self.rule}, not {value}.")
        return parsed

    @property
    def is_percentage(self) -> bool:
        """Return whether people see the value, a fraction, as a percentage."""
        return "%" in self.label

    @property
    def rule(self) -> str:
        """Say what is allowed."""
        if self.name == "dataset":
            return f"one of {', '.join(DATASETS)}, or a {', '.join(OWN_ENDINGS)} file of your own"
        if self.choices:
            return "one of " + ", ".join(self.choices)
        if self.kind is str:
            return f"a text such as {self.default!r}"
        noun = "a whole number" if self.kind is int else "a number"
        return f"{noun} from {self.minimum:g} to {self.maximum:g}"


def _row(default: Any, label: str, group: str, **rest: Any) -> Any:
    return field(default=default, metadata={"label": label, "group": group, **rest})


def _choice(default: str, choices: Mapping[str, str], label: str, group: str) -> Any:
    return _row(default, label, group, choices=choices)


def _number(default: float, low: float, high: float, step: float, label: str, group: str) -> Any:
    return _row(default, label, group, minimum=low, maximum=high, step=step)


def _dataset_name(name: str) -> str:
    """Return the name of a data set, of one that somebody brought too; it need not be there."""
    if name in DATASETS or re.fullmatch("[0-9a-f]{32}", name):
        return name
    if PurePath(name).suffix.lower() in OWN_ENDINGS:
        return name
    rule = next(row.rule for row in SETTINGS if row.name == "dataset")
    raise DigitLabError(f"dataset must be {rule}, not {name!r}.")


DATASETS = {
    "mnist": "MNIST: 70,000 handwritten digits",
    "fashion_mnist": "Fashion-MNIST: 70,000 pieces of clothing",
    "optdigits": "optdigits: 1,797 small digits, comes with the app",
}

# Files of own pictures; see `core/data/own_pictures`.
OWN_ENDINGS = (".zip", ".npz", ".csv")

ARCHITECTURES = {
    "dense": "Dense: no convolution",
    "simple_cnn": "Simple convolutional: looks for strokes",
    "fast_cnn": "Fast convolutional: three quick layers",
    "deep_cnn": "Deep convolutional: six layers, finds larger shapes",
    "plain_cnn": "Plain: ten layers, thorough and slow",
    "residual_cnn": "Residual: the built-in network's design, ten layers",
    "lenet5": "LeNet-5: the 1998 cheque reader",
    "keras_example": "Keras example: two convolutions and dropout",
    "custom": "Your own: design it",
}

# The fraction that a network leaves out before its answer where no other one is asked for.
OWN_DROPOUT = {"deep_cnn": 0.3, "residual_cnn": 0.3, "keras_example": 0.5}

OPTIMIZERS = {
    "adam": "Adam: a separate step size for each weight",
    "adamw": "AdamW: Adam that also shrinks the weights",
    "sgd": "SGD with momentum: one step size for all",
}

SCHEDULES = {
    "constant": "Constant",
    "cosine": "Warm up, then fade to zero",
    "one_cycle": "Rise for a third of the run, then fade to zero",
}

PRECISIONS = {
    "float32": "32 bits",
    "mixed_bfloat16": "16 bits where that is enough: faster on machines built for it",
}

# They have nothing to go by where no pictures are kept aside.
_WATCHERS = ("early_stopping", "plateau")


def short(label: str) -> str:
    """Return a choice's name without the explanation after the colon."""
    return label.split(":")[0]


@dataclass(frozen=True)
class TrainingConfig:
    """Everything that decides a training run.

    Raises:
        DigitLabError: a value lies outside its range.
    """

    dataset: str = _row("mnist", "Data set", "Data", choices=DATASETS, check=_dataset_name)
    train_share: float = _number(1.0, 0.01, 1.0, 0.01, "Training set used (%)", "Data")
    validation_share: float = _number(0.1, 0.0, 0.5, 0.01, "Held back to check (%)", "Data")
    limit: int = _number(0, 0, 60_000, 1, "Limit the number of pictures", "Data")
    architecture: str = _choice("simple_cnn", ARCHITECTURES, "Network", "Network")
    layers: str = _row(
        custom_network.DEFAULT,
        "Layers of your own network",
        "Network",
        check=lambda text: custom_network.as_text(custom_network.parse(text)),
    )
    dropout: float = _number(0.0, 0.0, 0.8, 0.05, "Dropout (%)", "Training")
    epochs: int = _number(3, 1, 100, 1, "Epochs", "Training")
    batch_size: int = _number(128, 8, 1024, 8, "Batch size", "Training")
    learning_rate: float = _number(0.001, 0.00001, 0.1, 0.0001, "Learning rate", "Training")
    optimizer: str = _choice("adam", OPTIMIZERS, "Optimiser", "Training")
    weight_decay: float = _number(0.0, 0.0, 0.5, 0.01, "Weight decay", "Training")
    schedule: str = _choice("constant", SCHEDULES, "Learning rate over time", "Training")
    averaging: float = _number(0.0, 0.0, 1.0, 0.05, "Average the weights over (epochs)", "Training")
    label_smoothing: float = _number(0.0, 0.0, 0.3, 0.01, "Label smoothing (%)", "Training")
    rotation: float = _number(0.0, 0.0, 45.0, 1.0, "Turn by up to (degrees)", "Augmentation")
    shift: float = _number(0.0, 0.0, 6.0, 0.5, "Shift by up to (pixels)", "Augmentation")
    zoom: float = _number(0.0, 0.0, 0.4, 0.05, "Zoom by up to (%)", "Augmentation")
    shear: float = _number(0.0, 0.0, 30.0, 1.0, "Slant by up to (degrees)", "Augmentation")
    elastic: float = _number(0.0, 0.0, 4.0, 0.25, "Wobble by up to (pixels)", "Augmentation")
    thickness: float = _number(
        0.0, 0.0, 1.0, 0.05, "Thinner or thicker by up to (pixels)", "Augmentation"
    )
    erasing: float = _number(0.0, 0.0, 0.5, 0.05, "Rub out by up to (%)", "Augmentation")
    flip: float = _number(0.0, 0.0, 1.0, 0.05, "Mirror (% of pictures)", "Augmentation")
    distractors: float = _number(0.0, 0.0, 0.5, 0.05, "Non-digits mixed in (%)", "Data")
    early_stopping: int = _number(0, 0, 20, 1, "Stop after (epochs without progress)", "Stopping")
    plateau: int = _number(
        0, 0, 20, 1, "Lower the learning rate after (epochs without progress)", "Stopping"
    )
    precision: str = _choice("float32", PRECISIONS, "Precision", "Command line")
    seed: int = _number(1, 0, 2**31 - 1, 1, "Seed", "Training")

    def __post_init__(self) -> None:
        for setting in SETTINGS:
            object.__setattr__(self, setting.name, setting.parse(getattr(self, setting.name)))
        if self.validation_share == 0 and (self.early_stopping or self.plateau):
            labels = {row.name: f"“{row.label}”" for row in SETTINGS}
            raise DigitLabError(
                f"{labels['early_stopping']} and {labels['plateau']} need held-back pictures. Set "
                f"{labels['validation_share']} above 0, or both of them to 0."
            )

    def as_dict(self) -> dict[str, int | float | str]:
        """Return the values by name, ready for JSON."""
        return asdict(self)


# One sentence about each for a person who never trained a network.
HELP = {
    "dataset": "The pictures to learn from.",
    "train_share": "How much of the training set to use. Less is faster but teaches less.",
    "validation_share": "Pictures the network never learns from. They check it after each epoch.",
    "limit": "Use only this many training pictures. 0 uses them all.",
    "architecture": "The kind of network that learns. Its weights are the numbers that it adjusts "
    "as it learns.",
    "layers": "From the picture to the answer: conv FILTERS SIZE, pool, dropout FRACTION and dense "
    "UNITS, separated by commas. Only used by “Your own” network.",
    "dropout": "Randomly hides this much of the last layer's input at each step, so the network "
    "cannot just memorise the pictures. 0 keeps the network's default.",
    "epochs": "How many times the network sees every training picture.",
    "batch_size": "How many pictures it looks at before each adjustment.",
    "learning_rate": "How big each adjustment is. Too big and it never settles; too small and it "
    "crawls.",
    "optimizer": "How the network turns a mistake into an adjustment.",
    "weight_decay": "Pulls every weight a little towards zero at each step, so the network cannot "
    "just memorise the pictures. Only AdamW and SGD use it.",
    "schedule": "Whether the learning rate stays the same, or rises first and then fades out.",
    "averaging": "Averages the weights over the last part of each epoch for a steadier result. 0 "
    "turns this off.",
    "label_smoothing": "Mixes a little doubt into every correct answer, so that the network does "
    "not become too sure of itself.",
    "rotation": "Turns each training picture a little, differently every time it is shown.",
    "shift": "Moves each training picture a little: up, down or sideways.",
    "zoom": "Makes each training picture a little larger, smaller, wider or narrower.",
    "shear": "Slants each training picture a little, the way handwriting leans.",
    "elastic": "Bends the strokes of each training picture, like an unsteady hand.",
    "thickness": "Thins or thickens the strokes of each training picture.",
    "erasing": "Rubs out spots of each training picture, like a dry pen or a poor scan.",
    "flip": "Mirrors some of the training pictures. Good for clothes, bad for digits: a "
    "mirrored 2 isn't a 2.",
    "distractors": "Mixes in made-up letters, scribbles and shapes, so the network learns to be "
    "unsure about anything that isn't a digit.",
    "early_stopping": "Stops when the loss on the held-back pictures has not improved for this "
    "many epochs. 0 turns this off.",
    "plateau": "Divides the learning rate by five when the loss on the held-back pictures has not "
    "improved for this many epochs. 0 turns this off.",
    "precision": "How precisely training calculates. The saved model always uses 32 bits.",
    "seed": "Starting point for random numbers. Same seed and settings, same run.",
}


def _table() -> tuple[Setting, ...]:
    return tuple(
        Setting(name=row.name, help=HELP[row.name], default=row.default, **row.metadata)  # type: ignore[arg-type]
        for row in fields(TrainingConfig)
    )


SETTINGS: tuple[Setting, ...] = _table()


# When a setting has an effect; the others always have one.
_HAS_EFFECT: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    "layers": lambda values: values.get("architecture") == "custom",
    "weight_decay": lambda values: values.get("optimizer") in ("adamw", "sgd"),
    "plateau": lambda values: values.get("schedule") == "constant",
    "distractors": lambda values: values.get("dataset") in ("mnist", "optdigits"),
}


def has_effect(name: str, values: Mapping[str, Any]) -> bool:
    """Return whether a setting changes a run with these settings, by name, at all."""
    rule = _HAS_EFFECT.get(name)
    return rule is None or rule(values)


def to_query(config: TrainingConfig) -> dict[str, str]:
    """Return the values that differ from the defaults, for a link."""
    return {
        row.name: str(value)
        for row in SETTINGS
        if (value := getattr(config, row.name)) != row.default
    }


def default_title(config: TrainingConfig, dataset: str) -> str:
    """Return a name for a model that was given none; `dataset` is its data set's title."""
    return f"{short(ARCHITECTURES[config.architecture])} on {dataset}"


def from_query(query: Mapping[str, str]) -> tuple[TrainingConfig, tuple[str, ...]]:
    """Read the settings in a link; return a sentence about each value that is not used."""
    rows = {row.name: row for row in SETTINGS}
    values: dict[str, Any] = {}
    problems: list[str] = []
    for name, text in query.items():
        if name not in rows:
            problems.append(f"Part of the link is ignored: there is no setting {name[:40]!r}.")
            continue
        try:
            values[name] = rows[name].parse(text)
        except DigitLabError as error:
            # Somebody else wrote the link: it may be long.
            said = str(error) if len(text) <= 200 else f"{name} must be {rows[name].rule}."
            problems.append(f"Part of the link is ignored: {said}")
    try:
        return TrainingConfig(**values), tuple(problems)
    except DigitLabError as error:
        rest = {name: value for name, value in values.items() if name not in _WATCHERS}
        left_out = f"{error} The link's values for both are ignored."
        return TrainingConfig(**rest), (*problems, left_out)
