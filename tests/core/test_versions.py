import platform

import numpy as np

from mnist_app.core.versions import installed_versions


def test_what_is_installed_is_named_and_what_is_not_is_left_out() -> None:
    found = installed_versions(("numpy", "a-library-that-is-not-there"))
    assert found == {"python": platform.python_version(), "numpy": np.__version__}
