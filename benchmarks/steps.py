"""Steps of an evaluation in one process: ``python benchmarks/steps.py LABELS RESULTS IOU_TYPE``.

Prints one line a step: its name with the unit, a tab, the median.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from hotcoco import COCO, COCOeval

from predscope.analysis.binning import bins_for
from predscope.analysis.by_metric import performance_by_metric
from predscope.analysis.importance import metric_importance
from predscope.analysis.weak_slices import find_weak_slices
from predscope.evaluation.bootstrap import bootstrap_ap
from predscope.evaluation.coco import COCO_IOU_THRESHOLDS
from predscope.evaluation.objects import IouType
from predscope.evaluation.tide import find_errors
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.project_evaluation import evaluate_files

Step = Callable[[], Any]


def main() -> int:
    labels, results, iou_type = sys.argv[1:4]
    truth = COCO(labels)
    found = truth.load_res(results)

    def bare() -> None:
        evaluation = COCOeval(truth, found, iou_type)
        evaluation.evaluate()
        evaluation.accumulate()

    whole, _ = evaluate_files(Path(labels), Path(results), iou_type=IouType(iou_type))
    confidences = iter([0.05, 0.1, 0.2, 0.3, 0.5])

    def change() -> None:
        whole._matchings.clear()
        whole.confusion(next(confidences), 0.5)

    _report(9, {"hotcoco, evaluate and accumulate, ms": bare, "ours, the same from columns, ms": whole.coco})
    _report(3, {"candidate pairs, ms": lambda: whole._find_pairs(0.1)})
    _report(5, {"change of confidence and IoU: outcomes, counts, confusion, ms": change})
    sets = (whole.pairs, whole.labels, whole.predictions, len(whole.classes))
    _report(3, {"errors by kind and dAP, ms": lambda: find_errors(*sets)})
    objects = (whole.labels, whole.predictions, whole.classes, whole.frame_count)
    matchings = [whole.matching(iou) for iou in COCO_IOU_THRESHOLDS]
    _report(1, {"1,000 resamples of AP50, ms": lambda: bootstrap_ap(matchings[:1], *objects)})
    _report(1, {"1,000 resamples of AP, ms": lambda: bootstrap_ap(matchings, *objects)})
    table = whole.match_table(0.1, 0.5)
    frames = [_column(f"frame {place}", whole.frame_count, place, MeasuredOn.FRAME) for place in range(15)]
    labels_have, predictions_have = (
        [_column(f"object {place}", len(objects), place) for place in range(15)]
        for objects in (whole.labels, whole.predictions)
    )
    one = labels_have[0], predictions_have[0]
    _report(3, {"performance by one metric, ms": lambda: performance_by_metric(table, *one, bins_for(table, *one))})
    both = [*frames, *labels_have], [*frames, *predictions_have]
    _report(1, {"importance of 30 metrics, ms": lambda: metric_importance(table, *both)})
    _report(1, {"weak slices of 30 metrics, ms": lambda: find_weak_slices(table, *both, whole.classes)})
    return 0


def _column(name: str, count: int, seed: int, on: MeasuredOn = MeasuredOn.OBJECT) -> MetricColumn:
    """A metric of noise."""
    return MetricColumn.numeric(Metric(name, name, on), np.random.default_rng(seed).random(count))


def _report(times: int, steps: dict[str, Step]) -> None:
    """Steps that stand together run in turn, so that all see the same machine."""
    spent: dict[str, list[float]] = {name: [] for name in steps}
    for _ in range(times):
        for name, step in steps.items():
            started = time.perf_counter()
            step()
            spent[name].append(time.perf_counter() - started)
    for name, values in spent.items():
        print(f"{name}\t{1000 * statistics.median(values)}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
