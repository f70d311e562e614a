"""One card a prediction set: how good it is, in few numbers; those that count objects open them."""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Final

import numpy as np
import streamlit as st

from components.operating_point import number
from components.overview.sets import compared_sets
from components.performance.explanations import heading
from components.performance.figures import Figure, figures, interval, share
from predscope.evaluation.objects import IouType
from predscope.exploration import FrameQuery
from predscope.exploration.classification_performance import classification_performance
from predscope.exploration.comparison import COMPARISON_WORDS
from predscope.exploration.data_kind import data_kinds
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import performance
from predscope.palette import prediction_set_color
from predscope.project import Project

STYLE: Final = """<style>
.st-key-overview_cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 850px), 1fr));
  gap: 14px 40px; }
.overview-set { font-weight: 600; border-top: 2px solid var(--set-color); padding-top: 6px; }
.overview-set small { font-weight: 400; opacity: 0.68; margin-left: 8px; }
</style>"""


def compute_cards(project: Project, query: FrameQuery) -> None:
    """Everything that the cards say; kept."""
    for name in compared_sets(project):
        _numbers(project, query, name)


def set_cards(project: Project, query: FrameQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    """The cards.

    Args:
        query: all frames, at the project's operating point.
        on_open: called with the objects of the number that was clicked.
    """
    st.html(STYLE)
    heading(f"At confidence ≥ {number(query.confidence)} and IoU ≥ {number(query.iou)}", "operating_point")
    with st.container(key="overview_cards"):
        for name in compared_sets(project):
            color = prediction_set_color(project.set_names("predictions").index(name))
            entries, by = _numbers(project, query, name)
            with st.container(gap="xxsmall", key=f"overview_card_{name}"):
                st.html(
                    f'<div class="overview-set" style="--set-color: {color}">{html.escape(name)}'
                    f"<small>compared by {html.escape(by)}</small></div>"
                )
                figures(entries, key=f"overview.card.{name}", on_open=on_open)


def _numbers(project: Project, query: FrameQuery, name: str) -> tuple[list[Figure], str]:
    """What a card says, and what is compared."""
    kinds = data_kinds(project, query, name)
    if "objects" not in kinds and "classification" in kinds:
        return _of_whole_frames(project, query, name)
    found = performance(project, query, name)
    counts = found.at(query.confidence, query.iou).counts.micro
    statistics = found.coco.statistics
    objects = ObjectQuery(query, name)
    entries = [
        Figure(key, key, _three_digits(statistics.get(key, np.nan)), hint="COCO's, over all confidences", is_small=True)
        for key in ("AP", "AP50")
    ]
    entries += [
        Figure(
            "precision",
            "Precision",
            share(counts.precision),
            hint=f"95 % interval {interval(counts.tp, counts.tp + counts.fp)}",
            opens=_opening(objects, counts.tp + counts.fp, "tp", "fp"),
            is_small=True,
        ),
        Figure(
            "recall",
            "Recall",
            share(counts.recall),
            hint=f"95 % interval {interval(counts.tp, counts.tp + counts.fn)}",
            opens=_opening(objects, counts.tp + counts.fn, "tp", "fn"),
            is_small=True,
        ),
        Figure("f1", "F1", share(counts.f1), is_small=True),
    ]
    for outcome, label, count in (
        ("tp", "True positives", counts.tp),
        ("fp", "False positives", counts.fp),
        ("fn", "Missed", counts.fn),
    ):
        opens = _opening(objects, count, outcome)
        entries.append(Figure(outcome, label, f"{count:,}", opens=opens, outcome=outcome, is_small=True))
    return entries, COMPARISON_WORDS[found.detection.iou_type]


def _of_whole_frames(project: Project, query: FrameQuery, name: str) -> tuple[list[Figure], str]:
    found = classification_performance(project, query, name)
    if found is None:
        return [Figure("accuracy", "Accuracy", "–", is_small=True)], "classes of whole frames"
    counts = performance(project, query.with_(by=str(IouType.FRAME)), name).at(query.confidence, query.iou).counts.micro
    objects = ObjectQuery(query.with_(by=str(IouType.FRAME)), name)
    return [
        Figure("accuracy", "Accuracy", share(found.accuracy), hint="Of the most confident class", is_small=True),
        Figure("balanced", "Balanced accuracy", share(found.balanced_accuracy), is_small=True),
        Figure("tp", "Right", f"{counts.tp:,}", opens=_opening(objects, counts.tp, "tp"), outcome="tp", is_small=True),
        Figure("fp", "Wrong", f"{counts.fp:,}", opens=_opening(objects, counts.fp, "fp"), outcome="fp", is_small=True),
    ], "classes of whole frames"


def _opening(objects: ObjectQuery, count: int, *outcomes: str) -> ObjectQuery | None:
    return objects.with_(outcomes=outcomes) if count else None


def _three_digits(value: float) -> str:
    return "–" if np.isnan(value) else f"{value:.3f}".removeprefix("0")
