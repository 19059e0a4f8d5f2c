import os
import signal
import threading
from pathlib import Path

from samples import in_a_process_of_its_own

from mnist_app.liveness import living, sign_of_life


def test_a_process_has_one_sign_of_life_in_all_of_its_threads(tmp_path: Path) -> None:
    folder, signs = tmp_path / "signs", []
    threads = [
        threading.Thread(target=lambda: signs.append(sign_of_life(folder))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(signs)) == 1
    assert living(folder) == [signs[0]]


def test_another_process_lives_until_it_ends_however_that_is(tmp_path: Path) -> None:
    own = sign_of_life(tmp_path)
    program = (
        "from pathlib import Path\nfrom mnist_app.liveness import sign_of_life\n"
        f"print(sign_of_life(Path({str(tmp_path)!r})), flush=True)\nimport time\ntime.sleep(60)"
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
