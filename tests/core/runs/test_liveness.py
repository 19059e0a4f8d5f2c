import os
import signal
from pathlib import Path

from mnist_app.core.runs.liveness import SignOfLife, living
from tests.support.samples import in_a_process_of_its_own


def test_each_has_a_sign_of_its_own_and_shows_it_once(tmp_path: Path) -> None:
    folder = tmp_path / "signs"
    one, other = SignOfLife(folder), SignOfLife(folder)
    assert one.show() == one.show() == one.name
    assert living(folder) == [one.name]
    assert sorted([one.name, other.show()]) == sorted(living(folder))
    del other
    assert living(folder) == [one.name]


def test_a_sign_that_somebody_deleted_is_shown_anew(tmp_path: Path) -> None:
    one = SignOfLife(tmp_path)
    (tmp_path / one.show()).unlink()
    assert living(tmp_path) == []
    again = one.show()
    assert living(tmp_path) == [again]


def test_another_process_lives_until_it_ends_however_that_is(tmp_path: Path) -> None:
    sign = SignOfLife(tmp_path)
    own = sign.show()
    program = (
        "from pathlib import Path\nfrom mnist_app.core.runs.liveness import SignOfLife\n"
        f"sign = SignOfLife(Path({str(tmp_path)!r}))\n"
        "print(sign.show(), flush=True)\nimport time\ntime.sleep(60)"
    )
    other = in_a_process_of_its_own(program)
    assert other.stdout
    name = other.stdout.readline().strip()
    assert sorted(living(tmp_path)) == sorted([own, name])
    os.kill(other.pid, signal.SIGKILL)
    other.communicate()
    assert living(tmp_path) == [own]
    assert not (tmp_path / name).exists()


def test_nobody_lives_where_nobody_was(tmp_path: Path) -> None:
    assert living(tmp_path / "nowhere") == []
