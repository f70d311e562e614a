"""Files into a project, beside what loading the same files takes elsewhere; each in a process of its own."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from benchmarks.measure import Cost, run

_PREDSCOPE: Final = [sys.executable, "-m", "predscope"]
PEERS: Final = {
    "pycocotools, load only": """
import sys
from pycocotools.coco import COCO
labels = COCO(sys.argv[1])
labels.loadRes(sys.argv[2])
""",
    "hotcoco, load only": """
import sys
from hotcoco import COCO
labels = COCO(sys.argv[1])
labels.load_res(sys.argv[2])
""",
}


def measure_imports(problem: Path, work: Path) -> dict[str, Cost]:
    """Name of the step -> cost; ``problem`` as ``make_problem`` writes it."""
    project = work / "import-project"
    shutil.rmtree(project, ignore_errors=True)
    labels, predictions = problem / "instances.json", problem / "results.json"
    costs = {
        "predscope init (5,000 images)": run([*_PREDSCOPE, "init", project, "--images", problem / "images"]),
        "predscope import labels": run([*_PREDSCOPE, "import", "labels", labels, "--project", project]),
        "predscope import predictions": run([*_PREDSCOPE, "import", "predictions", predictions, "--project", project]),
    }
    for name, script in PEERS.items():
        costs[name] = run([sys.executable, "-c", script, labels, predictions])
    return costs
