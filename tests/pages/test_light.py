import subprocess
import sys
from pathlib import Path

import pytest

APP = Path(__file__).parents[2] / "app.py"


@pytest.mark.parametrize("page", ["draw", "show_me"])
def test_a_drawing_is_answered_without_anything_heavy(page: str) -> None:
    heavy = ["tensorflow", "keras", "pandas", "pyarrow", "plotly", "sklearn", "skimage", "scipy"]
    script = (
        "from mnist_app.pages import without_pandas\n"
        f"from mnist_app.pages.{page} import page\npage.page()"
    )
    program = (
        "import sys\n"
        "from streamlit.testing.v1 import AppTest\n"
        f"app = AppTest.from_string({script!r}, default_timeout=60).run()\n"
        "path = [['M', 90, 70], ['L', 230, 70], ['L', 190, 160], ['L', 150, 270]]\n"
        "drawn = {'objects': [{'type': 'Path', 'path': path, 'strokeWidth': 18}]}\n"
        f"name = {'canvas_state' if page == 'draw' else 'large_canvas'!r}\n"
        "key = app.session_state[name].key\n"
        "app.session_state[key] = {'drawing': {'raw': drawn, 'data': None}}\n"
        "app.run()\n"
        "assert not app.exception\n"
        "assert any('\"text\": \"7\"' in part.proto.json for part in app.get('bidi_component'))\n"
        f"print([name for name in {heavy} if name in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", program], cwd=APP.parent, capture_output=True, text=True
    )
    # Streamlit itself looks for Plotly, which is light until a chart is made.
    assert found.returncode == 0, found.stderr
    assert found.stdout.splitlines()[-1] in ("[]", "['plotly']")
