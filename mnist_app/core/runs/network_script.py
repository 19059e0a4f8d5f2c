"""The network of a run as plain Keras code, for a script that stands alone."""

import ast
import json
from pathlib import Path

from mnist_app.core import custom_network
from mnist_app.core.settings import OWN_DROPOUT, TrainingConfig

# Read, not imported: it would bring Keras.
_SOURCE = Path(__file__).parents[2] / "lab" / "networks" / "architectures.py"
_MOMENTUM = """
# In a run of few steps, averages over batches must follow quickly.
for layer in network.layers:
    if isinstance(layer, layers.BatchNormalization):
        layer.momentum = min(layer.momentum, max(0.5, 1 - 3 / steps))
"""


def network_code(config: TrainingConfig, classes: str = "10") -> str:
    """Return the code that builds the network of a run.

    Args:
        classes: the code of their number.
    """
    name = config.architecture
    exact = "" if config.precision == "float32" else ', dtype="float32"'
    answer = [f'layers.Dense({classes}, activation="softmax"{exact})']
    if dropout := config.dropout or OWN_DROPOUT.get(name, 0.0):
        answer.insert(0, f"layers.Dropout({dropout})")
    picture = "layers.Input((28, 28, 1))"
    if name == "custom":
        return f"network = {sequential([picture, *_custom(config.layers), *answer])}"
    functions = _source_of(name)
    network = f"network = {sequential([picture, f'*{name}()', *answer])}"
    if name == "residual_cnn":
        fields = "".join(f"field = {layer}(field)\n" for layer in answer)
        network = f"image = {picture}\nfield = residual_cnn(image)\n{fields}"
        network += "network = keras.Model(image, field)"
    momentum = f"\n{_MOMENTUM.rstrip()}" if "BatchNormalization" in functions else ""
    return f"{functions}\n\n\n{network}{momentum}"


def _source_of(name: str) -> str:
    """Return the source of a function, after that of those it calls."""
    source = _SOURCE.read_text(encoding="utf-8")
    parts = ast.parse(source).body
    functions = {part.name: part for part in parts if isinstance(part, ast.FunctionDef)}
    needed: set[str] = set()
    found = {name}
    while found:
        needed |= found
        inside = (node for each in found for node in ast.walk(functions[each]))
        found = {node.id for node in inside if isinstance(node, ast.Name)} & set(functions) - needed
    return "\n\n\n".join(
        ast.get_source_segment(source, functions[each]) or ""
        for each in functions
        if each in needed
    )


def _custom(text: str) -> list[str]:
    """Return the hidden layers of a network of one's own, see `custom_network`."""
    rows = []
    for kind, settings in custom_network.keras_layers(text):
        values = (f"{name}={json.dumps(value)}" for name, value in settings.items())
        rows.append(f"layers.{kind}({', '.join(values)})")
    return rows


def sequential(rows: list[str]) -> str:
    """Return the code of a `keras.Sequential` of these rows."""
    body = "".join(f"        {row},\n" for row in rows)
    return f"keras.Sequential(\n    [\n{body}    ]\n)"
