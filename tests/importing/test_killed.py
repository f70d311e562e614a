"""A project survives kill -9 at any moment: at each step that touches the disk, and at moments of chance.

Labels come from a zip archive, and predictions with a correction by the worker of the Import page.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from predscope.importing import import_labels, import_predictions
from predscope.project import Project

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[2]

SERVER = """
import os, signal, sys
from pathlib import Path
from components.imports.staging_job import JobState, Request, StagingJob
from predscope.formats.coco import reader
from predscope.importing import import_labels
from predscope.importing.corrections import Corrections
from predscope.project import Project, object_sorting

reader.BATCH_ROWS = 11  # several batches,
object_sorting.CHUNK_ROWS = 20  # and several chunks on disk: as with millions of objects
folder = Path(sys.argv[1])

def run(fatal_step):
    steps = 0
    def watched(original):
        def call(*args, **kwargs):
            nonlocal steps
            for moment in ("before", "after"):
                steps += 1
                if steps == fatal_step:
                    os.kill(os.getpid(), signal.SIGKILL)
                if moment == "before":
                    result = original(*args, **kwargs)
            return result
        return call
    os.fsync, os.rename, os.replace, os.mkdir = map(watched, (os.fsync, os.rename, os.replace, os.mkdir))
    sorter = object_sorting.ObjectSorter
    sorter._write_chunk = watched(sorter._write_chunk)
    project = Project.open(folder / "project")
    project = import_labels(project, folder / "more_labels.zip").project
    corrections = Corrections(box_format="xyxy")
    job = StagingJob(project, Request(folder / "corners.json", "predictions", corrections=corrections), "other")
    assert job.wait(60) is JobState.READY, job.problem
    job.publish("model")
    assert job.wait(60) is JobState.PUBLISHED, job.problem
    (folder / "steps").write_text(str(steps))

for line in sys.stdin:
    child = os.fork()  # much faster than a new process that imports everything again
    if child == 0:
        fatal_step, seconds_to_live = line.split()
        signal.setitimer(signal.ITIMER_REAL, float(seconds_to_live))  # without a handler, its signal kills at once
        run(int(fatal_step))
        os._exit(0)
    print(os.waitpid(child, 0)[1], flush=True)
"""


class Victims:
    """Processes that import into a fresh copy of the project, to be killed."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = subprocess.Popen(
            [sys.executable, "-c", SERVER, str(folder)],
            cwd=ROOT,
            env={**os.environ, "TMPDIR": str(folder)},  # what was unpacked and lost goes with the test
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(self, fatal_step: int, seconds_to_live: float = 0) -> int:
        """One import, which is killed at a step, or after some time; returns minus the signal that ended it."""
        shutil.rmtree(self._folder / "project", ignore_errors=True)
        shutil.copytree(self._folder / "template", self._folder / "project")
        stdin, stdout = self._server.stdin, self._server.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(f"{fatal_step} {seconds_to_live}\n")
        stdin.flush()
        return os.waitstatus_to_exitcode(int(stdout.readline()))

    def close(self) -> None:
        self._server.kill()
        self._server.communicate()


@pytest.fixture
def victims(folder: Path) -> Iterator[Victims]:
    some = Victims(folder)
    yield some
    some.close()


def coco(count: int, first: int) -> dict:
    ids = range(first, first + count)
    return {
        "images": [{"id": number, "file_name": f"{number}.jpg", "width": 100, "height": 80} for number in ids],
        "annotations": [
            {"id": number, "image_id": number, "category_id": 1, "bbox": [1, 2, 10, 20], "area": 200, "iscrowd": 0}
            for number in ids
        ],
        "categories": [{"id": 1, "name": "car"}],
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "labels.json").write_text(json.dumps(coco(20, 1)))
    with zipfile.ZipFile(tmp_path / "more_labels.zip", "w") as archive:
        archive.writestr("more_labels.json", json.dumps(coco(30, 1)))
    results = [{"image_id": 1 + n % 20, "category_id": 1, "bbox": [1, 2, 10, 20], "score": 0.5} for n in range(60)]
    (tmp_path / "predictions.json").write_text(json.dumps(results))
    (tmp_path / "corners.json").write_text(json.dumps([{**row, "bbox": [1, 2, 11, 22]} for row in results]))
    project = Project.create(tmp_path / "template")
    project = import_labels(project, tmp_path / "labels.json").project
    import_predictions(project, tmp_path / "predictions.json", name="model")
    return tmp_path


def check_project(folder: Path) -> tuple[int, int]:
    """The project opens with a last version that is whole, and takes the next import; returns its newest versions."""
    project = Project.open(folder / "project")
    labels, predictions = project.versions("labels", "labels"), project.versions("predictions", "model")
    assert [len(labels), len(predictions)] in ([1, 1], [2, 1], [2, 2])
    assert len(project.frames) == (20 if len(labels) == 1 else 30)
    for role, name, versions in (("labels", "labels", labels), ("predictions", "model", predictions)):
        for entry in versions:
            objects = project.objects(role, name, entry.version)
            assert objects.count == objects.table().num_rows == entry.imported == objects.report.imported
            assert set(objects.table(["w"])["w"].to_pylist()) == {10.0}
            assert objects.of_frame(3).num_rows == entry.imported // (20 if entry.imported != 30 else 30)
    result = import_predictions(project, folder / "predictions.json", name="model")
    assert result.version == len(predictions) + 1
    assert result.objects.count == 60
    data = folder / "project" / "data"
    found = {path.relative_to(data).as_posix() for path in data.glob("*/*/*") if path.is_dir()}
    expected = {f"labels/labels/{n + 1}" for n in range(len(labels))}
    expected |= {f"predictions/model/{n + 1}" for n in range(result.version)}
    assert found == expected, "leftovers of the killed import are swept"
    assert not list((folder / "project" / "staging").iterdir())
    assert not list((folder / "project").glob("*.part"))
    return len(labels), len(predictions)


def test_killed_at_every_step(folder: Path, victims: Victims) -> None:
    assert victims.run(0) == 0
    steps = int((folder / "steps").read_text())
    assert steps > 40
    assert check_project(folder) == (2, 2)
    outcomes = []
    for step in range(1, steps + 1):
        assert victims.run(step) == -signal.SIGKILL, f"step {step}"
        outcomes.append(check_project(folder))
    assert outcomes == sorted(outcomes)
    assert set(outcomes) == {(1, 1), (2, 1), (2, 2)}


def test_killed_at_moments_of_chance(folder: Path, victims: Victims) -> None:
    chance = random.Random(8)
    for _ in range(25):
        victims.run(0, seconds_to_live=chance.uniform(0.001, 0.15))
        check_project(folder)
