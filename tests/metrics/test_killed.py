"""Worker processes that die, and runs that are killed: nothing is lost but a second of work, and nothing is corrupt."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from predscope import Project
from predscope.metrics import frame_column, pending, run_metrics, run_state
from tests.metrics.conftest import write_images

pytestmark = pytest.mark.long

SLOW = """
import time
from predscope.metrics import metric

@metric("slow", measured_on="frame", version=1)
def slow(image):
    time.sleep(0.04)
    return image.bgr.mean()
"""
DEADLY = """
import os
from predscope.metrics import metric

@metric("deadly", measured_on="frame", version=1)
def deadly(image):
    level = int(image.bgr[0, 0, 0])
    if level == 77:
        os.kill(os.getpid(), 9)
    return level
"""
ONLY = ["brightness", "slow"]


def project_of(folder: Path, count: int, odd: int | None = None) -> Project:
    levels = {f"{index:03d}.png": 77 if index == odd else 80 + index % 100 for index in range(count)}
    return Project.create(folder / "project", images=write_images(folder / "images", levels))


def test_a_run_that_is_killed_goes_on_where_it_was(tmp_path: Path) -> None:
    project = project_of(tmp_path, 130)
    (tmp_path / "slow.py").write_text(SLOW)
    command = [sys.executable, "-m", "predscope", "metrics", "run", "--project", str(project.path), "--only", *ONLY]
    run = subprocess.Popen([*command, "--file", str(tmp_path / "slow.py")], start_new_session=True)
    parts = project.cache_dir / "metrics" / "frames"
    give_up = time.monotonic() + 90
    while pending(project, only=["brightness"]).images == 130:
        assert run.poll() is None, "it ended before it could be killed"
        assert time.monotonic() < give_up
        time.sleep(0.02)
    assert any(parts.glob("*.parquet"))
    assert run_state(project) is not None
    os.kill(run.pid, signal.SIGKILL)
    run.wait()
    assert run_state(project) is None, "a run that was killed is none"
    while _is_alive(run.pid):  # its workers are of its session
        assert time.monotonic() < give_up, "the workers outlive the run"
        time.sleep(0.05)

    left = pending(project, only=["brightness"]).images
    assert 0 < left < 130
    report = run_metrics(project, only=ONLY, files=[tmp_path / "slow.py"], workers=0)
    assert report.images == left
    np.testing.assert_array_equal(
        frame_column(project, "slow").values > 0, np.ones(130, bool), "every value is there, none is half written"
    )
    assert run_metrics(project, only=ONLY).is_up_to_date
    assert not list(parts.glob(".*")), "what was being written is swept"


def _is_alive(session: int) -> bool:
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            return True
    return False


def test_an_image_that_kills_its_process_is_found_and_left_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("predscope.metrics.image_portions.IMAGES_A_BATCH", 4)
    project = project_of(tmp_path, 42, odd=9)
    (tmp_path / "deadly.py").write_text(DEADLY)
    report = run_metrics(project, only=["deadly"], files=[tmp_path / "deadly.py"], workers=2)
    assert report.images == 42
    assert report.problems["unreadable_image"].examples == ["009: decoding or measuring it made the process die"]
    values = frame_column(project, "deadly").values
    assert np.flatnonzero(np.isnan(values)).tolist() == [9]
    assert values[10] == 90


def test_a_script_is_not_run_again_by_the_workers(tmp_path: Path) -> None:
    project = project_of(tmp_path, 60)
    script = tmp_path / "script.py"
    script.write_text(
        "from predscope import Project\nfrom predscope.metrics import run_metrics\n"
        f"report = run_metrics(Project.open({str(project.path)!r}), only=['brightness'])\n"
        "print('images', report.images)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True, timeout=120)
    assert done.stdout == "images 60\n"
    assert frame_column(project, "brightness").values[0] > 0.3
