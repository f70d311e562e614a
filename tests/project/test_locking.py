"""Locks that end with their holder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from predscope.errors import ProjectError
from predscope.project.locking import FileLock, hold_lock

ROOT = Path(__file__).resolve().parents[2]


def test_one_holder_at_a_time(tmp_path: Path) -> None:
    first, second = FileLock(tmp_path / "lock"), FileLock(tmp_path / "lock")
    assert first.try_acquire()
    assert not second.try_acquire()
    first.release()
    first.release()
    assert second.try_acquire()


def test_waiting_ends_with_an_error(tmp_path: Path) -> None:
    expected = pytest.raises(ProjectError, match="another process has been publishing")
    with hold_lock(tmp_path / "lock"), expected, hold_lock(tmp_path / "lock", timeout_seconds=0.05):
        pass
    with hold_lock(tmp_path / "lock", timeout_seconds=0.05):
        pass


def test_a_killed_holder_holds_no_longer(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from predscope.project.locking import FileLock;"
        "lock = FileLock(Path(sys.argv[1])); print(lock.try_acquire(), flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "lock")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "True\n"
        assert not FileLock(tmp_path / "lock").try_acquire()
        holder.kill()
    assert FileLock(tmp_path / "lock").try_acquire()
