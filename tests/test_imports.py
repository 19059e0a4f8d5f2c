"""Imports run one way, and what is heavy is imported late."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "mnist_app"
CORE = sorted(path.stem for path in PACKAGE.glob("*.py"))

# Each room may import those of the floors below its own, and its neighbours.
FLOORS = (
    ("__init__", "errors", "verdict", "versions"),
    (
        "files",
        "builder",
        "settings",
        "ink",
        "limits",
        "steering",
        "progress",
        "database",
        "liveness",
        "layout",
        "slant",
    ),
    (
        "pictures",
        "lifting",
        "boxes",
        "rulings",
        "underlines",
        "seams",
        "stroke_pieces",
        "ink_pieces",
        "architectures",
        "augmentation",
        "distractors",
        "datasets",
        "classifier",
        "counterfactual",
        "embedding",
        "explanation_pictures",
        "feature_maps",
        "saliency",
        "scores",
        "handwriting",
        "framing",
        "schedules",
        "checkpoints",
        "learners",
        "learning_curve",
        "standing",
        "sources",
        "sprites",
        "picked",
    ),
    ("feeding", "watching", "engine", "bookmark"),
    ("distillation",),
    (
        "segmentation",
        "reading",
        "training",
        "evaluation",
        "evaluation_store",
        "explanations",
        "model_store",
        "examples",
        "picture_map",
    ),
    (
        "experiment",
        "finetuning",
        "jobs",
        "runs",
        "run_store",
        "repeat",
        "distributed",
        "comparison",
        "input_files",
        "packing",
    ),
    ("recording", "convolution"),
    ("charts", "data_charts", "map_charts", "measure_charts", "meanings", "run_charts", "handout"),
    ("options", "train_command"),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}


def imported(path: Path) -> Iterator[str]:
    """Full names of all that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports by a relative name"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rooms(path: Path) -> set[str]:
    """The rooms of this package that a module imports from."""
    names = (name.split(".") for name in imported(path))
    return {parts[1] for parts in names if parts[0] == "mnist_app"}


@pytest.mark.parametrize("room", CORE)
def test_nothing_below_the_pages_knows_streamlit(room: str) -> None:
    path = PACKAGE / f"{room}.py"
    assert not [name for name in imported(path) if name.startswith("streamlit")]
    assert "pages" not in rooms(path)


@pytest.mark.parametrize("room", CORE)
def test_imports_run_one_way(room: str) -> None:
    for other in rooms(PACKAGE / f"{room}.py"):
        assert FLOOR[other] <= FLOOR[room], f"{room} imports {other} from above"


def test_no_two_rooms_import_each_other() -> None:
    waiting = {room: rooms(PACKAGE / f"{room}.py") for room in CORE}
    while ready := [room for room, needs in waiting.items() if not needs & set(waiting)]:
        for room in ready:
            del waiting[room]
    assert not waiting


def test_the_way_to_the_first_picture_does_not_wait_for_anything_heavy() -> None:
    light = [room for room in CORE if room != "__main__"]
    heavy = ["tensorflow", "keras", "sklearn", "scipy", "skimage", "streamlit", "pandas"]
    program = (
        f"import sys, {', '.join(f'mnist_app.{room}' for room in light)}\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True
    )
    assert (found.stdout.strip(), found.returncode) == ("[]", 0), found.stderr
