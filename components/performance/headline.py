"""The first numbers of the page: counts and rates at the operating point, then COCO's averages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from components.operating_point import number
from components.performance.explanations import heading
from components.performance.figures import Door, Figure, exact_share, figures, interval, share
from predscope.exploration.comparison import COMPARISON_WORDS
from predscope.exploration.object_query import IGNORED_LABEL, ObjectQuery
from predscope.exploration.performance import AtPoint, Performance

_INTERVAL: Final = "95 % interval (Wilson), as if the objects were independent of each other"
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
    kept, labels = counts.tp + counts.fp, counts.tp + counts.fn
    entries = [
        Figure("precision", "Precision", share(counts.precision), interval(counts.tp, kept), hint=_INTERVAL),
        Figure("recall", "Recall", share(counts.recall), interval(counts.tp, labels), hint=_INTERVAL),
        Figure("f1", "F1", share(counts.f1)),
        _count("tp", "True positives", counts.tp, query),
        _count("fp", "False positives", counts.fp, query, point.confused),
        _count("fn", "False negatives", counts.fn, query, point.confused),
        _count("ignored", "Ignored", int(point.counts.ignored.sum()), query),
    ]
    figures(entries, point_sentence(point, query), key="performance.point", on_open=on_open)


def point_sentence(point: AtPoint, query: ObjectQuery) -> list[str | Door]:
    """How the counts add up: to the predictions above the threshold, and to the labels."""
    counts, ignored = point.counts.micro, int(point.counts.ignored.sum())

    def door(name: str, count: int, words: str, *outcomes: str, confused: bool = False) -> Door:
        opens = query.with_(outcomes=outcomes, confused=confused) if count else None
        return Door(name, f"{count:,} {words}", opens)

    parts: list[str | Door] = [
        door("predictions", counts.tp + counts.fp, "predictions", "tp", "fp"),
        f" above the threshold = {counts.tp:,} true + {counts.fp:,} false positives. ",
        door("labels", counts.tp + counts.fn, "labels", "tp", "fn"),
        f" = {counts.tp:,} found + {counts.fn:,} missed.",
    ]
    if point.confused:
        pairs, are = ("pair", "is") if point.confused == 1 else ("pairs", "are")
        parts += [
            " ",
            door("confused", point.confused, f"confused {pairs}", "fp", confused=True),
            f" {are} a false positive and a false negative at once.",
        ]
    if ignored or point.ignored_labels:
        parts += [
            " Not counted: ",
            door("not_counted", ignored, "predictions", "ignored"),
            ", ",
            door("labels_not_counted", point.ignored_labels, "labels", IGNORED_LABEL),
            " (crowds and difficult ones).",
        ]
    return parts


def coco_figures(performance: Performance) -> None:
    """COCO's averages, by what the page compares."""
    heading("Over all confidences (COCO)", "coco")
    with st.spinner(f"Comparing {COMPARISON_WORDS[performance.detection.iou_type]} …", show_time=True):
        found = performance.coco
    statistics = found.statistics
    figures(
        [
            Figure(name, label, exact_share(statistics[name]), is_small=name not in ("AP", "AP50", "AP75"))
            for name, label in _NAMES.items()
            if name in statistics
        ],
        key="performance.coco",
    )
    if str(found.capped):
        st.caption(f"{found.capped}.")
    if found.hallucinated:
        names = ", ".join(f"{entry.name}" for entry in found.hallucinated)
        noun = "class is" if len(found.hallucinated) == 1 else "classes are"
        st.caption(f"{len(found.hallucinated):,} {noun} predicted but not labelled, and in no average: {names}.")


def _count(outcome: str, label: str, count: int, query: ObjectQuery, confused: int = 0) -> Figure:
    opens = query.with_(outcomes=(outcome,)) if count else None
    return Figure(
        outcome,
        label,
        f"{count:,}",
        f"{confused:,} of them confused" if confused else "",
        hint=f"Open the {label.lower()}" if count else "",
        opens=opens,
        note_opens=opens.with_(confused=True) if opens is not None and confused else None,
        outcome=outcome,
    )
