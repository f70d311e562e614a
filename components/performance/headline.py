"""The first numbers of the page: counts and rates at the operating point, then COCO's averages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import streamlit as st

from components.operating_point import number
from components.performance.explanations import heading
from components.performance.figures import Figure, figures, share
from components.performance.options import choose_one
from predscope.evaluation.coco_result import CocoEvaluation
from predscope.evaluation.objects import IouType
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import AtPoint

_SHAPES: Final = {"bbox": "Boxes", "segm": "Masks", "keypoints": "Keypoints"}
_NAMES: Final = {
    "AP": "AP",
    "AP50": "AP50",
    "AP75": "AP75",
    "APs": "AP small",
    "APm": "AP medium",
    "APl": "AP large",
    "AR100": "AR100",
    "AR": "AR",
}


def operating_point_figures(point: AtPoint, query: ObjectQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    """Precision, recall, F1 and the counts that they are made of.

    Args:
        point: the numbers.
        query: all objects of the operating point.
    """
    counts = point.counts.micro
    heading(
        f"At confidence ≥ {number(point.table.confidence)} and IoU ≥ {number(point.table.iou_threshold)}",
        "operating_point",
    )
    confused = f"{point.confused:,} of them confused" if point.confused else ""
    ignored = int(point.counts.ignored.sum())
    entries = [
        Figure("precision", "Precision", share(counts.precision)),
        Figure("recall", "Recall", share(counts.recall)),
        Figure("f1", "F1", share(counts.f1)),
        _count("tp", "True positives", counts.tp, query),
        _count("fp", "False positives", counts.fp, query, confused),
        _count("fn", "False negatives", counts.fn, query, confused),
        _count("ignored", "Ignored", ignored, query),
    ]
    figures(entries, key="performance.point", on_open=on_open)
    st.caption(point_in_words(point))


def point_in_words(point: AtPoint) -> str:
    """How the counts add up: to the predictions above the threshold, and to the labels."""
    counts, ignored = point.counts.micro, int(point.counts.ignored.sum())
    kept, labels = counts.tp + counts.fp, counts.tp + counts.fn
    words = (
        f"{kept:,} predictions above the threshold = {counts.tp:,} true + {counts.fp:,} false positives. "
        f"{labels:,} labels = {counts.tp:,} found + {counts.fn:,} missed."
    )
    if point.confused:
        pairs = "pair is" if point.confused == 1 else "pairs are"
        words += f" {point.confused:,} confused {pairs} a false positive and a false negative at once."
    if ignored or point.ignored_labels:
        words += f" Not counted: {ignored:,} predictions, {point.ignored_labels:,} labels (crowds and difficult ones)."
    return words


def coco_figures(iou_types: list[IouType], evaluate: Callable[[IouType], CocoEvaluation]) -> None:
    """COCO's averages, by the shapes that there are.

    Args:
        iou_types: what can be compared.
        evaluate: gives the numbers; called for the chosen type alone.
    """
    heading("Over all confidences (COCO)", "coco")
    chosen = IouType.BBOX
    if len(iou_types) > 1:
        chosen = IouType(choose_one("Compared by", "by", {str(name): _SHAPES[name] for name in iou_types}))
    with st.spinner(f"Comparing {_SHAPES[chosen].lower()} …", show_time=True):
        found = evaluate(chosen)
    statistics = found.statistics
    figures(
        [
            Figure(name, label, _three_digits(statistics[name]), is_small=name not in ("AP", "AP50", "AP75"))
            for name, label in _NAMES.items()
            if name in statistics
        ],
        key="performance.coco",
        on_open=lambda query: None,
    )
    if str(found.capped):
        st.caption(f"{found.capped}.")
    if found.hallucinated:
        names = ", ".join(f"{entry.name}" for entry in found.hallucinated)
        noun = "class is" if len(found.hallucinated) == 1 else "classes are"
        st.caption(f"{len(found.hallucinated):,} {noun} predicted but not labelled, and in no average: {names}.")


def _count(outcome: str, label: str, count: int, query: ObjectQuery, note: str = "") -> Figure:
    return Figure(
        outcome,
        label,
        f"{count:,}",
        note,
        hint=f"Open the {label.lower()}" if count else "",
        opens=query.with_(outcomes=(outcome,)) if count else None,
        outcome=outcome,
    )


def _three_digits(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}".removeprefix("0")
