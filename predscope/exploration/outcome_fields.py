"""What the viewer is told of each object of a frame: its outcome, its partner, why.

The confidence slider of the viewer moves without Python. Of one matching the objects above any confidence keep their
partners (see ``predscope.evaluation.matching``), so every prediction is sent with the outcome that it has when it
counts, and every label with the prediction that finds it first: the browser derives the outcome of labels from that,
at any threshold. Words and neighbours are those of the operating point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import MatchTable, Outcome
from predscope.evaluation.objects import Objects
from predscope.exploration.outcome_words import OutcomeWords, sentence
from predscope.exploration.outcomes import detection, match_table
from predscope.exploration.query import AUTOMATIC
from predscope.payload import LABEL_LAYER, PREDICTION_LAYER_PREFIX
from predscope.project import Project

RowFields = Callable[[np.ndarray], list[dict[str, Any]]]
"""From rows of a set, int64 (n,), to what is known of each."""


def outcome_fields(
    project: Project,
    prediction_sets: Sequence[str],
    confidence: float,
    iou: float,
    *,
    label_set: str | None = None,
    by: str = AUTOMATIC,
    by_place: bool = False,
) -> dict[str, RowFields]:
    """For the layers of the labels and of prediction sets, what ``frame_payloads`` adds to their objects.

    Keys: ``outcome`` "tp", "fp", "fn" or "ignored"; ``match`` the id of its partner; ``near`` the id of what it
    overlaps instead; ``iou`` with either; ``error``, a sentence about an object that is not a true positive.

    Each prediction set is compared with the labels by itself. A label has the keys of the first set and, where there
    are several, those of each of them under ``by``, by key of the layer: the browser takes the set that is shown.

    Args:
        by_place: objects are matched whatever their classes, see ``evaluation.class_agnostic``.

    Raises:
        ProjectError: there is no such set.
    """
    against = [
        _Against(
            detection(project, name, label_set, by),
            match_table(project, name, confidence, iou, label_set=label_set, by=by, by_place=by_place),
            PREDICTION_LAYER_PREFIX + name,
        )
        for name in prediction_sets
    ]

    def labels(rows: np.ndarray) -> list[dict[str, Any]]:
        by_set = [comparison.labels(rows) for comparison in against]
        if len(against) == 1:
            return by_set[0]
        layers = [comparison.layer for comparison in against]
        return [
            first | ({"by": dict(zip(layers, (first, *others), strict=True))} if first else {})
            for first, *others in zip(*by_set, strict=True)
        ]

    fields: dict[str, RowFields] = {comparison.layer: comparison.predictions for comparison in against}
    if fields:
        fields[LABEL_LAYER] = labels
    return fields


class _Against:
    """The labels against one prediction set."""

    def __init__(self, found: Detection, table: MatchTable, layer: str) -> None:
        self.table = table
        self.matching = found.matching(table.iou_threshold, class_agnostic=table.class_agnostic)
        self.words = OutcomeWords.of(found, table)
        self.layer = layer

    def predictions(self, rows: np.ndarray) -> list[dict[str, Any]]:
        return [self._prediction(position) for position in _positions(self.table.predictions, rows)]

    def labels(self, rows: np.ndarray) -> list[dict[str, Any]]:
        return [self._label(position) for position in _positions(self.table.labels, rows)]

    def _prediction(self, position: int) -> dict[str, Any]:
        if position < 0:
            return {}
        table, label = self.table, int(self.matching.label[position])
        if label >= 0:
            outcome = "ignored" if table.labels.is_out[label] else "tp"
        else:
            outcome = "ignored" if table.predictions.is_ignored[position] else "fp"
        fields: dict[str, Any] = {"outcome": outcome}
        if label >= 0:
            fields |= {"match": self._label_id(label), "iou": round(float(self.matching.iou[position]), 4)}
        elif table.label[position] >= 0:
            near = int(table.label[position])
            fields |= {"near": self._label_id(near), "iou": round(float(table.iou[position]), 4)}
        if outcome != "tp" and table.outcome[position] != Outcome.LEFT_OUT:
            fields["error"] = f"{sentence(self.words.of_prediction(position))}."
        return fields

    def _label(self, position: int) -> dict[str, Any]:
        if position < 0:
            return {}
        table, prediction = self.table, int(self.matching.prediction[position])
        outcome = table.label_outcome[position]
        if outcome == Outcome.IGNORED:
            return {"outcome": "ignored", "error": f"{sentence(self.words.of_label(position))}."}
        fields: dict[str, Any] = {"outcome": "tp" if outcome == Outcome.TRUE_POSITIVE else "fn"}
        if prediction >= 0:
            fields |= {"match": self._prediction_id(prediction), "iou": round(float(self.matching.iou[prediction]), 4)}
        elif table.label_prediction[position] >= 0:
            near = int(table.label_prediction[position])
            fields |= {"near": self._prediction_id(near), "iou": round(float(table.label_iou[position]), 4)}
        if outcome == Outcome.FALSE_NEGATIVE:
            fields["error"] = f"{sentence(self.words.of_label(position))}."
        return fields

    def _label_id(self, position: int) -> str:
        return f"{LABEL_LAYER}:{self.table.labels.row[position]}"

    def _prediction_id(self, position: int) -> str:
        return f"{self.layer}:{self.table.predictions.row[position]}"


def _positions(objects: Objects, rows: np.ndarray) -> list[int]:
    """Positions of rows of the set; -1 for those that are not compared (classifications of the whole frame)."""
    if not len(objects):
        return [-1] * len(rows)
    places = np.minimum(np.searchsorted(objects.row, rows), len(objects) - 1)
    return np.where(objects.row[places] == rows, places, -1).tolist()
