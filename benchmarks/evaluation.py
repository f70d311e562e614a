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
_STEPS: Final = """
import sys, time
from pathlib import Path
from hotcoco import COCO, COCOeval
from predscope.evaluation.bootstrap import bootstrap_ap
from predscope.evaluation.objects import IouType
from predscope.evaluation.tide import find_errors
from predscope.project_evaluation import evaluate_files

def timed(name, step, times=5):
    spent = []
    for _ in range(times):
        started = time.perf_counter()
        step()
        spent.append(time.perf_counter() - started)
    print(f"{name}\\t{1000 * sorted(spent)[len(spent) // 2]}")

labels, results, iou_type = sys.argv[1:4]
truth = COCO(labels)
found = truth.load_res(results)
def bare():
    evaluation = COCOeval(truth, found, iou_type)
    evaluation.evaluate(); evaluation.accumulate()
whole, _ = evaluate_files(Path(labels), Path(results), iou_type=IouType(iou_type))
timed("hotcoco, evaluate and accumulate, ms", bare, 3)
timed("ours, the same from columns, ms", whole.coco, 3)
timed("candidate pairs, ms", lambda: whole._find_pairs(0.1), 3)
confidences = iter([0.05, 0.1, 0.2, 0.3, 0.5] * 9)
def change():
    whole._matchings.clear()
    whole.confusion(next(confidences), 0.5)
timed("change of confidence and IoU: outcomes, counts, confusion, ms", change)
sets = (whole.pairs, whole.labels, whole.predictions, len(whole.classes))
timed("errors by kind and dAP, ms", lambda: find_errors(*sets), 3)
arguments = ([whole.matching(0.5)], whole.labels, whole.predictions, whole.classes, whole.frame_count)
timed("1,000 resamples of AP50, ms", lambda: bootstrap_ap(*arguments), 1)
"""


def measure_evaluation(labels: Path, results: Path, iou_type: str = "bbox", repeat: int = 3) -> dict[str, Cost]:
    """Name -> median cost of reading both files and computing COCO's numbers, without peers that are not installed."""
    commands: dict[str, list[str | Path]] = {
        name: [sys.executable, "-c", script, labels, results, iou_type]
        for name, (module, script) in _PEERS.items()
        if importlib.util.find_spec(module) is not None
    }
    commands["predscope evaluate"] = [
        *(sys.executable, "-m", "predscope", "evaluate", "--json", "--labels"),
        *(labels, "--predictions", results, "--iou-type", iou_type),
    ]
    return {name: _median([run(command) for _ in range(repeat)]) for name, command in commands.items()}


def measure_steps(labels: Path, results: Path, iou_type: str = "bbox") -> dict[str, float]:
    """Name of a step -> its median; the unit is in the name."""
    command = [sys.executable, "-c", _STEPS, str(labels), str(results), iou_type]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return {name: float(value) for name, value in (line.split("\t") for line in printed.splitlines() if "\t" in line)}


def _median(costs: Sequence[Cost]) -> Cost:
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
