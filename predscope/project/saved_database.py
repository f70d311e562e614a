"""The database of what people write into a project: ``saved.sqlite``, made when something is saved for the first time.

It is SQLite in WAL mode: readers are never in the way, writers of several processes wait for each other, and what was
committed survives a kill at any moment. Imports do not touch it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Final

from predscope.errors import ProjectError
from predscope.project.durable import sync_file, sync_folder
from predscope.project.locking import hold_lock
from predscope.project.manifest import LOCK_NAME

DATABASE_NAME: Final = "saved.sqlite"
_PART_NAME: Final = f"{DATABASE_NAME}.part"
LAYOUT_VERSION: Final = 1
"""Kept in the database as its ``user_version``."""
BUSY_SECONDS: Final = 10.0
"""How long one process waits for another to finish writing; each writes for milliseconds."""

_BESIDE: Final = ("", "-wal", "-shm", "-journal")
"""Ends of the names of files that belong to a database."""
_TABLES: Final = """
CREATE TABLE view (
    key TEXT PRIMARY KEY,      -- the name, whatever its case
    name TEXT NOT NULL,
    page TEXT NOT NULL,
    params TEXT NOT NULL,      -- JSON: text, or a list of texts, by name
    sentence TEXT NOT NULL,
    created TEXT NOT NULL      -- ISO 8601, UTC
) WITHOUT ROWID;
"""


@contextmanager
def reading(project: Path) -> Iterator[sqlite3.Connection | None]:
    """A connection to read with; None where nothing has been saved yet. No file is made.

    Raises:
        ProjectError: the database is damaged, made by a newer version, or cannot be read.
    """
    path = project / DATABASE_NAME
    if not _is_there(path):
        yield None
        return
    with _in_words(path, "read"), closing(_open_to_read(path)) as connection:
        _check_version(path, connection)
        yield connection


@contextmanager
def writing(project: Path) -> Iterator[sqlite3.Connection]:
    """A connection inside a transaction, which is committed at the end, or taken back when something is raised.

    Raises:
        ProjectError: the folder cannot be written, another process writes all the time, or the database is damaged.
    """
    path = project / DATABASE_NAME
    if not _is_there(path):
        _make(project, path)
    with _in_words(path, "written"), closing(_connect(path, "mode=rw")) as connection:
        _check_version(path, connection)
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.execute("ROLLBACK")
            raise
        connection.execute("COMMIT")


def remove_database(project: Path) -> None:
    """Remove it with all that was saved."""
    with suppress(IsADirectoryError, PermissionError):
        for name in (DATABASE_NAME, _PART_NAME):
            _unlink(project / name)


def damaged(path: Path, why: str) -> ProjectError:
    """What is said of a database whose content makes no sense."""
    return ProjectError(
        f"{path}: the file with what was saved is damaged ({why}). Put back a copy of it, or move it away to begin "
        "anew; the rest of the project is unharmed."
    )


def _make(project: Path, path: Path) -> None:
    """Make it whole under another name first, so that nobody ever sees it half made."""
    with _in_words(path, "written"), hold_lock(project / LOCK_NAME):
        if _is_there(path):  # another process was first
            return
        part = project / _PART_NAME
        _unlink(part)  # of a process that was killed
        with closing(sqlite3.connect(part, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(f"BEGIN;{_TABLES}PRAGMA user_version = {LAYOUT_VERSION};COMMIT;")
        sync_file(part)
        part.replace(path)
        sync_folder(project)


def _unlink(path: Path) -> None:
    for end in _BESIDE:
        path.with_name(f"{path.name}{end}").unlink(missing_ok=True)


def _open_to_read(path: Path) -> sqlite3.Connection:
    """Open it, in a folder that may be read-only: there, SQLite cannot make the files that readers share."""
    connection = _connect(path, "mode=rw")  # in a folder that can be written, the last to leave cleans up
    try:
        connection.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchone()
    except sqlite3.OperationalError as error:
        connection.close()
        left_over = path.with_name(f"{path.name}-wal")
        is_whole = not left_over.exists() or not left_over.stat().st_size
        if is_whole and _code(error) in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY):
            return _connect(path, "mode=ro&immutable=1")
        raise
    return connection


def _connect(path: Path, how: str) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=BUSY_SECONDS, isolation_level=None)


def _check_version(path: Path, connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA user_version").fetchone()[0]
    if found > LAYOUT_VERSION:
        raise ProjectError(
            f"{path}: the file was made by a newer Predscope (layout {found}; this version reads up to "
            f"{LAYOUT_VERSION}). Update with: pip install --upgrade predscope"
        )
    if found != LAYOUT_VERSION:
        raise damaged(path, f"layout {found}, expected {LAYOUT_VERSION}")


def _code(error: sqlite3.Error) -> int:
    """The primary result code; errors of Python's own, such as text that is not UTF-8, have none."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF


def _is_there(path: Path) -> bool:
    return os.path.lexists(path)


@contextmanager
def _in_words(path: Path, doing: str) -> Iterator[None]:
    """Failures of SQLite and of the file system as errors that a user understands."""
    try:
        yield
    except sqlite3.OperationalError as error:
        code = _code(error)
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise ProjectError(
                f"{path}: another process has been writing here for {BUSY_SECONDS:.0f} s. Try again in a moment."
            ) from None
        if code == sqlite3.SQLITE_ERROR:  # such as a missing table
            raise damaged(path, str(error)) from None
        raise _impossible(path, doing, str(error)) from None
    except sqlite3.DatabaseError as error:
        raise damaged(path, str(error)) from None
    except OSError as error:
        raise _impossible(path, doing, error.strerror or str(error)) from None


def _impossible(path: Path, doing: str, why: str) -> ProjectError:
    if doing == "read":
        return ProjectError(f"{path}: what was saved cannot be read ({why}). Check the permissions of the file.")
    return ProjectError(
        f"{path.parent}: nothing can be saved here ({why}). Nothing was changed. Check permissions and free space; a "
        "copy of the project in a folder of your own can be written."
    )
