"""Writers of many objects, and those that are killed: in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from predscope import PredictionWriter, Project
from tests.conftest import ROOT
from tests.writing.conftest import leftovers

MEASURED = """
import re, sys
from pathlib import Path
import numpy as np
from predscope import PredictionWriter, Project

generator = np.random.default_rng(0)

def write(rows):
    project = Project.open(sys.argv[1])
    with PredictionWriter(project, "model", box_format="xyxy", units="pixels") as writer:
        for start in range(0, rows, 5000):
            corner = generator.uniform(0, 40, (5000, 2))
            writer.add_batch(
                "abc"[start // 5000 % 3],
                classes=generator.integers(3, size=5000),
                confidences=generator.random(5000),
                boxes=np.hstack([corner, corner + 20]),
            )
    assert writer.result.objects.count == rows
    # Not getrusage: that begins with the peak of the process which started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1]) // 1024

print(write(300_000), write(1_800_000))
"""

KILLED = """
import os, signal, sys
import numpy as np
from predscope import PredictionWriter, Project
from predscope.project import object_sorting

object_sorting.CHUNK_ROWS = 50_000
signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever runs the tests in the background ignores it
with PredictionWriter(sys.argv[1], "model", box_format="xyxy", units="pixels") as writer:
    for number in range(60):
        boxes = np.tile([1.0, 2, 3, 4], (5000, 1))
        writer.add_batch("abc"[number % 3], classes=[1] * 5000, confidences=[0.5] * 5000, boxes=boxes)
    print("written", flush=True)
    if sys.argv[2] == "now":
        os.kill(os.getpid(), signal.SIGKILL)
    sys.stdin.readline()
"""

WRITTEN = """
import sys
from predscope import PredictionWriter
with PredictionWriter(sys.argv[1], "model", box_format="xyxy", units="pixels") as writer:
    for number in range(200):
        writer.add("abc"[number % 3], sys.argv[2], 0.5, box=[1, 2, 3, 4])
    print("written", flush=True)
    sys.stdin.readline()
"""


def start(script: str, *arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", script, *map(str, arguments)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.skipif(sys.platform != "linux", reason="reads its peak from /proc")
def test_memory_does_not_grow_with_the_objects(project: Project) -> None:
    process = start(MEASURED, project.path)
    output, _ = process.communicate()
    assert process.returncode == 0
    few, many = map(int, output.split())
    # Holding 1.5 million objects more would take 300 MB.
    assert many - few < 150, f"{few} MB with 300,000 objects, {many} MB with 1,800,000"
    assert many < 600


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
def test_killed_in_the_middle(project: Project) -> None:
    process = start(KILLED, project.path, "now")
    process.communicate()
    assert process.returncode == -signal.SIGKILL
    (left,) = leftovers(project)
    assert list((project.path / "staging" / left).glob("chunks/*.arrow")), "it was killed with chunks on disk"
    again = Project.open(project.path)
    assert again.set_names("predictions") == []
    with PredictionWriter(again, "model", box_format="xyxy", units="pixels") as writer:
        writer.add("a", "car", 0.5, box=[1, 2, 3, 4])
    assert writer.result.version == 1
    assert leftovers(project) == []


@pytest.mark.skipif(os.name == "nt", reason="sends an interrupt")
def test_an_interrupt_leaves_nothing(project: Project) -> None:
    process = start(KILLED, project.path, "later")
    assert process.stdout is not None
    assert process.stdout.readline() == "written\n"
    process.send_signal(signal.SIGINT)
    process.communicate()
    assert process.returncode != 0
    assert leftovers(project) == []
    assert Project.open(project.path).set_names("predictions") == []


def test_two_processes_write_the_same_set(project: Project) -> None:
    processes = [start(WRITTEN, project.path, name) for name in ("zebra", "lion")]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "written\n"
    for process in processes:
        process.communicate("\n")
        assert process.returncode == 0
    last = Project.open(project.path)
    names = [entry.name for entry in last.classes]
    assert sorted(names) == ["car", "dog", "lion", "person", "zebra"]
    found = []
    for version in (1, 2):
        table = last.objects("predictions", "model", version).table(["class_id"])
        assert len(table) == 200
        found.append({names[entry] for entry in table["class_id"].to_pylist()})
    assert sorted(map(list, found)) == [["lion"], ["zebra"]]
    assert leftovers(project) == []
