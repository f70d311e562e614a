"""How far a run is, for everybody: one process measures, any other shows its progress or asks it to stop."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import orjson

from predscope.metrics.workspace import CACHE_NAME
from predscope.project import Project
from predscope.project.locking import FileLock

_LOCK_NAME: Final = "run.lock"
_STATE_NAME: Final = "run.json"
_STOP_NAME: Final = "stop"
_POLL_SECONDS: Final = 0.2
_WRITE_SECONDS: Final = 0.3
_NICENESS: Final = 15


@dataclass(frozen=True, slots=True)
class RunState:
    """A run that is under way.

    Attributes:
        done, total: of what ``what`` says.
        what: in words: "Measuring images".
        process_id: of the process that measures.
    """

    done: int
    total: int
    what: str
    process_id: int


class RunRecord:
    """The state of one's own run, written for others while the lock is held."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._written = 0.0

    def show(self, done: int, total: int, what: str) -> None:
        """Write it, a few times a second at most."""
        if time.monotonic() - self._written < _WRITE_SECONDS and done < total:
            return
        self._written = time.monotonic()
        part = self._folder / f".{_STATE_NAME}.part"
        part.write_bytes(orjson.dumps({"done": done, "total": total, "what": what, "process_id": os.getpid()}))
        part.replace(self._folder / _STATE_NAME)

    def is_stop_asked(self) -> bool:
        return (self._folder / _STOP_NAME).exists()


@contextmanager
def only_run(
    project: Project, progress: Callable[[int, int, str], None], is_cancelled: Callable[[], bool]
) -> Iterator[RunRecord | None]:
    """Be the only process that measures a project; waits for another one. None: cancelled while waiting."""
    folder = project.cache_dir / CACHE_NAME
    folder.mkdir(exist_ok=True)
    lock = FileLock(folder / _LOCK_NAME)
    while not lock.try_acquire():
        if is_cancelled():
            yield None
            return
        state = run_state(project)
        progress(state.done if state else 0, state.total if state else 0, "Another process is measuring")
        time.sleep(_POLL_SECONDS)
    try:
        (folder / _STOP_NAME).unlink(missing_ok=True)
        yield RunRecord(folder)
    finally:
        (folder / _STATE_NAME).unlink(missing_ok=True)
        lock.release()


def run_state(project: Project) -> RunState | None:
    """The run of whichever process; None if none is under way."""
    folder = project.path / "cache" / CACHE_NAME
    try:
        record = orjson.loads((folder / _STATE_NAME).read_bytes())
        state = RunState(int(record["done"]), int(record["total"]), str(record["what"]), int(record["process_id"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    lock = FileLock(folder / _LOCK_NAME)
    try:
        is_over = lock.try_acquire()  # its process was killed
    except OSError:
        return None
    if is_over:
        lock.release()
        return None
    return state


def stop_run(project: Project) -> None:
    """Ask the run of whichever process to stop; what it has computed is kept."""
    if run_state(project) is not None:
        (project.path / "cache" / CACHE_NAME / _STOP_NAME).touch()


def start_run(project: Project, workers: int = 2, *, is_quiet: bool = False) -> subprocess.Popen[bytes]:
    """Measure in the background, in a process of its own that outlives nobody's page: ``predscope metrics run``.

    Args:
        project: the versions that it was opened with are measured beside the newest ones.
        is_quiet: leave the processor to whoever else wants it, where the system can be told so.

    ``run_state`` tells how far it is; by itself it prints nothing. It ends with exit code 0 when all is computed.
    """
    command = [sys.executable, "-m", "predscope", "metrics", "run"]
    if is_quiet and (nice := shutil.which("nice")) is not None:
        command = [nice, "-n", str(_NICENESS), *command]
    command += ["--project", str(project.path), "--workers", str(workers)]
    command += [f"--version={one.name}" for one in project.opened]
    return subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
