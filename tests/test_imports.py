"""What is heavy is imported late: the contracts of `lint-imports` hold who imports what."""

import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent.parent / "mnist_app"


def test_the_way_to_the_first_picture_does_not_wait_for_anything_heavy() -> None:
    light = sorted(path.stem for path in PACKAGE.glob("*.py") if path.stem != "__main__")
    heavy = ["tensorflow", "keras", "sklearn", "scipy", "skimage", "streamlit", "pandas", "plotly"]
    program = (
        f"import sys, {', '.join(f'mnist_app.{room}' for room in light)}\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=PACKAGE.parent, capture_output=True, text=True
    )
    assert (found.stdout.strip(), found.returncode) == ("[]", 0), found.stderr
