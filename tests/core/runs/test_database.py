import shutil
import signal
import sqlite3
from pathlib import Path

import pytest

from mnist_app.core.errors import DigitLabError
from mnist_app.core.runs.database import Database
from tests.support.samples import in_a_process_of_its_own, nearly_full_disk

MIGRATIONS = ("CREATE TABLE names (name TEXT NOT NULL)",)


def opened(path: Path, migrations: tuple[str, ...] = MIGRATIONS) -> Database:
    return Database(path, "list of names", migrations)


def write(database: Database, name: str) -> None:
    with database.writing() as connection:
        connection.execute("INSERT INTO names VALUES (?)", (name,))


def names(database: Database) -> list[str]:
    with database.reading() as connection:
        return [name for (name,) in connection.execute("SELECT name FROM names")]


@pytest.fixture
def kept(tmp_path: Path) -> Database:
    database = opened(tmp_path / "folder" / "names.sqlite3")
    write(database, "before")
    return database


def test_what_was_written_is_there_when_it_is_opened_again(kept: Database) -> None:
    again = opened(kept.path)
    assert (names(again), again.notice) == (["before"], "")


def test_a_block_that_fails_changes_nothing(kept: Database) -> None:
    def write_half() -> None:
        with kept.writing() as connection:
            connection.execute("DELETE FROM names")
            connection.execute("DELETE FROM nowhere")

    with pytest.raises(DigitLabError):
        write_half()
    assert names(kept) == ["before"]


def test_an_older_file_is_brought_up_to_date(kept: Database) -> None:
    newer = opened(kept.path, (*MIGRATIONS, "ALTER TABLE names ADD COLUMN born TEXT DEFAULT '?'"))
    with newer.reading() as connection:
        assert connection.execute("SELECT name, born FROM names").fetchall() == [("before", "?")]
    with pytest.raises(DigitLabError, match=r"list of names .* newer version"):
        names(kept)


def test_a_crash_in_the_middle_of_writing_leaves_the_state_before(kept: Database) -> None:
    program = (
        "import os, signal\nfrom pathlib import Path\n"
        "from mnist_app.core.runs.database import Database\n"
        f"database = Database(Path({str(kept.path)!r}), 'list of names', {MIGRATIONS})\n"
        "with database.writing() as connection:\n"
        "    connection.execute('PRAGMA cache_spill = 1')\n"
        "    connection.execute('UPDATE names SET name = ?', ('x' * 10**7,))\n"
        "    os.kill(os.getpid(), signal.SIGKILL)"
    )
    assert in_a_process_of_its_own(program).wait() == -signal.SIGKILL
    assert kept.path.with_name("names.sqlite3-journal").stat().st_size, "it was in the middle"
    again = opened(kept.path)
    assert (names(again), again.notice) == (["before"], "")


@pytest.mark.parametrize("foreign", [b"no database at all" * 500, None, "cut"])
def test_a_broken_or_foreign_file_is_set_aside(kept: Database, foreign: bytes | str | None) -> None:
    if foreign is None:
        kept.path.unlink()
        connection = sqlite3.connect(kept.path)
        connection.execute("CREATE TABLE recipes (name)")
        connection.close()
    elif isinstance(foreign, bytes):
        kept.path.write_bytes(foreign)
    else:
        kept.path.write_bytes(kept.path.read_bytes()[:5000])
    content = kept.path.read_bytes()
    again = opened(kept.path)
    (aside,) = kept.path.parent.glob("names-set-aside-*")
    assert aside.read_bytes() == content
    assert aside.name in again.notice
    assert names(again) == []
    assert opened(kept.path).notice == ""


def test_what_breaks_later_is_one_sentence(kept: Database) -> None:
    kept.path.write_bytes(b"no database at all" * 500)
    with pytest.raises(DigitLabError, match="Restart the app"):
        names(kept)


def test_a_file_of_a_newer_version_stays_as_it_is(kept: Database) -> None:
    with sqlite3.connect(kept.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    content = kept.path.read_bytes()
    again = opened(kept.path)
    for ask in (names, lambda database: write(database, "after")):
        with pytest.raises(DigitLabError, match="newer version"):
            ask(again)
    assert kept.path.read_bytes() == content


def test_a_full_disk_is_one_sentence_and_loses_nothing(kept: Database) -> None:
    with nearly_full_disk(), pytest.raises(DigitLabError, match="disk space"):
        write(kept, "after")
    assert names(opened(kept.path)) == ["before"]


def test_a_place_that_cannot_be_written_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    kept = opened(tmp_path / "file" / "names.sqlite3")
    with pytest.raises(DigitLabError, match="MNIST_APP_MODELS") as refused:
        names(kept)
    assert str(tmp_path) not in str(refused.value), "visitors are shown no paths of the server"


def test_a_folder_that_was_deleted_is_made_again(kept: Database) -> None:
    shutil.rmtree(kept.path.parent)
    write(kept, "after")
    assert names(kept) == ["after"]
