"""The charts of the page, one at a time: kinds of error, outcomes and their reasons, the confusion matrix.

Each says what it finds in its title, and names the objects that are shown as long as none were chosen.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from components.errors.bars import BarRow
from predscope.evaluation.confusion import BACKGROUND, Confusion
from predscope.evaluation.match_table import Reason
from predscope.evaluation.tide import Tide
from predscope.exploration.object_query import ERROR_WORDS, OUTCOME_WORDS, REASON_WORDS, ObjectQuery
from predscope.exploration.outcome_words import sentence
from predscope.exploration.performance import AtPoint
from predscope.palette import OUTCOME_COLORS

VIEWS: Final = {"types": "Error types", "confusions": "Confusions", "outcomes": "Outcomes"}
"""By their name in the address; the first is the default, which the address leaves out."""

_COSTS_MOST: Final = {
    "cls": "Wrong classes cost most",
    "loc": "Localisation costs most",
    "both": "Wrong classes, poorly placed, cost most",
    "dupe": "Duplicates cost most",
    "bkg": "Predictions of background cost most",
    "miss": "Missed objects cost most",
}
_HINTS: Final = {
    "cls": "Well placed on a label of another class",
    "loc": "The class is right, the overlap too small",
    "both": "On a label of another class, the overlap too small",
    "dupe": "A more confident prediction has the label already",
    "bkg": "No label is there",
    "miss": "Nothing found the label, and no mended error would",
}
_SPECIALS: Final = {"fp": ("FalsePos", "All false positives"), "fn": ("FalseNeg", "All false negatives")}


def view_parameters(view: str) -> dict[str, str | list[str]]:
    """A view in an address."""
    return {} if view == next(iter(VIEWS)) else {"view": view}


def tide_rows(tide: Tide, point: AtPoint, query: ObjectQuery) -> list[BarRow]:
    """A row a kind of error with its dAP and its count, then all false positives and all false negatives.

    Args:
        tide: the errors of the operating point.
        point: its outcomes.
        query: all objects of it.
    """
    rows = []
    for kind, gained in tide.delta_ap.items():
        name, count = kind.lower(), tide.counts[kind]
        color = OUTCOME_COLORS["fn" if name == "miss" else "fp"]
        opens = query.with_(errors=(name,)) if count else None
        texts = points(gained), f"{count:,}"
        rows.append(BarRow(name, sentence(ERROR_WORDS[name]), color, (gained, count), texts, _HINTS[name], opens))
    counts = point.counts.micro
    for outcome, (special, title) in _SPECIALS.items():
        gained, count = tide.special[special], getattr(counts, outcome)
        opens = query.with_(outcomes=(outcome,)) if count else None
        rows.append(
            BarRow(
                outcome,
                title,
                OUTCOME_COLORS[outcome],
                (gained, count),
                (points(gained), f"{count:,}"),
                "Whatever their kind",
                opens,
                starts_group=outcome == "fp",
            )
        )
    return rows


def tide_in_words(tide: Tide) -> str:
    """The finding: which kind costs most."""
    if not len(tide.labels):
        return "There are no labels to lose AP on"
    worst = costliest(tide)
    if worst is None:
        return "No kind of error costs any AP"
    return f"{_COSTS_MOST[worst]}: {points(tide.delta_ap[worst.capitalize()])} AP"


def costliest(tide: Tide) -> str | None:
    """The kind with the largest dAP; None where none has any."""
    kind = max(tide.delta_ap, key=lambda name: tide.delta_ap[name])
    return kind.lower() if tide.delta_ap[kind] > 0 else None


def outcome_rows(point: AtPoint, query: ObjectQuery) -> list[BarRow]:
    """A row an outcome with its count, false positives by reason, false negatives that are confused."""
    counts, reasons = point.counts.micro, np.bincount(point.table.reason, minlength=len(Reason))
    ignored = int(point.counts.ignored.sum())
    rows = []

    def add(name: str, title: str, outcome: str, count: int, opens: ObjectQuery, is_part: bool = False) -> None:
        rows.append(
            BarRow(
                name,
                title,
                OUTCOME_COLORS[outcome],
                (count,),
                (f"{count:,}",),
                opens=opens if count else None,
                is_part=is_part,
                starts_group=not is_part and bool(rows),
            )
        )

    def add_outcome(outcome: str, count: int) -> None:
        add(outcome, sentence(OUTCOME_WORDS[outcome]), outcome, count, query.with_(outcomes=(outcome,)))

    add_outcome("tp", counts.tp)
    add_outcome("fp", counts.fp)
    for reason in Reason:
        name = reason.name.lower()
        if reason is not Reason.NONE:
            opens = query.with_(outcomes=("fp",), reasons=(name,))
            add(name, sentence(REASON_WORDS[name]), "fp", int(reasons[reason]), opens, is_part=True)
    add_outcome("fn", counts.fn)
    confused = query.with_(outcomes=("fn",), confused=True)
    add("confused", "Taken for another class", "fn", point.confused, confused, is_part=True)
    if ignored:
        add_outcome("ignored", ignored)
    return rows


def outcomes_in_words(point: AtPoint) -> str:
    """The finding: whether more labels are missed or more predictions false, and these why most often."""
    counts = point.counts.micro
    kept = counts.tp + counts.fp
    if not kept:
        return f"No predictions here: all {counts.fn:,} labels are missed" if counts.fn else "Nothing to tell apart"
    missed = f"{counts.fn:,} of {counts.tp + counts.fn:,} labels are missed"
    if not counts.fp:
        return f"All {kept:,} predictions are right; {missed}"
    if counts.fn > counts.fp:
        return f"{missed}, {counts.fp:,} of {kept:,} predictions are false"
    reasons = np.bincount(point.table.reason, minlength=len(Reason))
    reasons[Reason.NONE] = 0
    most = Reason(int(reasons.argmax()))
    words = REASON_WORDS[most.name.lower()]
    return f"{counts.fp:,} of {kept:,} predictions are false, most often: {words} ({reasons[most]:,})"


def default_objects(view: str, tide: Tide, point: AtPoint, query: ObjectQuery) -> ObjectQuery:
    """What is shown as long as nothing was chosen: what the title of the view speaks of."""
    counts = point.counts.micro
    if view == "types":
        worst = costliest(tide)
        if worst is not None and tide.counts[worst.capitalize()]:
            return query.with_(errors=(worst,))
    if view == "confusions":
        return query.with_(**largest_cell(point.confusion))
    outcome = "fn" if counts.fn > counts.fp else "fp"
    return query.with_(outcomes=(outcome,)) if max(counts.fp, counts.fn) else query


def largest_cell(found: Confusion) -> dict[str, str]:
    """The most frequent confusion or, where there is none, the largest cell beside the diagonal; {}: all is right."""
    largest = found.largest(1)
    if not largest.empty:
        pair = largest.iloc[0]
        return {"label_class": pair["label_name"], "predicted_class": pair["predicted_name"]}
    wrong = found.counts.copy()
    np.fill_diagonal(wrong, 0)
    if not wrong.any():
        return {}
    names = [*(entry.name for entry in found.classes), BACKGROUND]
    row, column = np.unravel_index(int(wrong.argmax()), wrong.shape)
    return {"label_class": names[row], "predicted_class": names[column]}


def points(value: float) -> str:
    """Points of AP, 0 to 100."""
    return f"{value:.1f}"
