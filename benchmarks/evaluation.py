"""Files to numbers, beside what the same numbers take elsewhere; each in a process of its own.

``python benchmarks/evaluation.py LABELS RESULTS [LABELS RESULTS ...] [--iou-type segm] [--repeat 3]``
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.measure import Cost, run

_LONG: Final = 5.0
_SCRIPT: Final = """
import sys
from {module} import {names}
labels = {coco}(sys.argv[1])
found = labels.{load}(sys.argv[2])
evaluation = {evaluator}(labels, found, sys.argv[3])
evaluation.evaluate(); evaluation.accumulate(); evaluation.summarize()
"""
_PEERS: Final = {
    "pycocotools": (
        "pycocotools",
        "from pycocotools.coco import COCO\nfrom pycocotools.cocoeval import COCOeval\n"
        + _SCRIPT.format(module="sys", names="argv", coco="COCO", load="loadRes", evaluator="COCOeval"),
    ),
    "faster-coco-eval": (
        "faster_coco_eval",
        _SCRIPT.format(
            module="faster_coco_eval",
            names="COCO, COCOeval_faster",
            coco="COCO",
            load="loadRes",
            evaluator="COCOeval_faster",
        ),
    ),
    "hotcoco": (
        "hotcoco",
        _SCRIPT.format(module="hotcoco", names="COCO, COCOeval", coco="COCO", load="load_res", evaluator="COCOeval"),
    ),
}


def measure_evaluation(
    labels: Path, results: Path, iou_type: str = "bbox", repeat: int = 3, peers: Sequence[str] = tuple(_PEERS)
) -> dict[str, Cost]:
    """Name -> median cost of reading both files and computing COCO's numbers, without peers that are not installed.

    What takes longer than ``_LONG`` seconds is run once.
    """
    commands: dict[str, list[str | Path]] = {
        name: [sys.executable, "-c", script, labels, results, iou_type]
        for name, (module, script) in _PEERS.items()
        if name in peers and importlib.util.find_spec(module) is not None
    }
    commands["predscope evaluate"] = [
        *(sys.executable, "-m", "predscope", "evaluate", "--json", "--labels"),
        *(labels, "--predictions", results, "--iou-type", iou_type),
    ]
    return {name: _repeated(command, repeat) for name, command in commands.items()}


def measure_fiftyone(labels: Path, results: Path, images: Path, python: Path) -> dict[str, Cost | str]:
    """FiftyOne and ours on the same files: cost by name, or why it could not be had.

    Args:
        python: the interpreter of an environment that has FiftyOne; its dependencies do not go together with ours.
    """
    ours = measure_evaluation(labels, results, peers=())
    command = [python, Path(__file__).with_name("peer_fiftyone.py"), labels, results, images]
    try:
        theirs: Cost | str = run(command, environment={"FIFTYONE_DO_NOT_TRACK": "true"})
    except (OSError, RuntimeError) as error:
        theirs = str(error).strip().splitlines()[-1]
    return {"FiftyOne, load and evaluate": theirs, **ours}


def measure_steps(labels: Path, results: Path, iou_type: str = "bbox") -> dict[str, float]:
    """Name of a step -> its median; the unit is in the name."""
    command = [sys.executable, str(Path(__file__).with_name("steps.py")), str(labels), str(results), iou_type]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split("\t") for line in printed.splitlines() if "\t" in line)}


def _repeated(command: Sequence[str | Path], times: int) -> Cost:
    costs = [run(command)]
    while len(costs) < times and costs[0].seconds < _LONG:
        costs.append(run(command))
    return Cost(statistics.median(cost.seconds for cost in costs), max(cost.peak_mb for cost in costs))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="LABELS RESULTS")
    parser.add_argument("--iou-type", default="bbox", choices=("bbox", "segm"))
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    for labels, results in zip(arguments.files[::2], arguments.files[1::2], strict=True):
        print(f"\n{results.name} against {labels.name}, {arguments.iou_type}\n")
        print("| files to COCO's numbers | seconds | peak MB |\n|---|---:|---:|")
        for name, cost in measure_evaluation(labels, results, arguments.iou_type, arguments.repeat).items():
            print(f"| {name} | {cost.seconds:.2f} | {cost.peak_mb:,.0f} |", flush=True)
        print("\n| step | |\n|---|---:|")
        for name, value in measure_steps(labels, results, arguments.iou_type).items():
            print(f"| {name} | {value:,.1f} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
