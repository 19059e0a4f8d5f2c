"""Heavy libraries are imported late: the contracts of `lint-imports` hold who imports what."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_the_way_to_the_first_picture_does_not_wait_for_anything_heavy() -> None:
    files = [
        *(ROOT / "mnist_app" / "core").rglob("*.py"),
        *(ROOT / "mnist_app" / "live").glob("*.py"),
    ]
    light = sorted(".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files)
    heavy = [
        "tensorflow",
        "keras",
        "sklearn",
        "scipy",
        "skimage",
        "streamlit",
        "pandas",
        "plotly",
        "pillow_heif",
    ]
    program = (
        f"import sys, {', '.join(light)}\nprint([name for name in {heavy} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True
    )
    assert (found.stdout.strip(), found.returncode) == ("[]", 0), found.stderr
