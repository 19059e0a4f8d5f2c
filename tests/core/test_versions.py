import platform

import numpy as np

from mnist_app.core.versions import versions


def test_what_is_installed_is_named_and_what_is_not_is_left_out() -> None:
    found = versions(("numpy", "a-library-that-is-not-there"))
    assert found == {"python": platform.python_version(), "numpy": np.__version__}
