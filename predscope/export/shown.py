"""What a gallery shows, as something that can be exported."""

from __future__ import annotations

import numpy as np

from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.query import FrameQuery
from predscope.exploration.selection import select_frames
from predscope.export.selection import ExportSelection
from predscope.project import Project
from predscope.schema import Role


def of_frames(project: Project, query: FrameQuery, role: Role, name: str) -> ExportSelection:
    """The frames of a query with the objects of a set; of predictions those that count at its confidence.

    Raises:
        ProjectError: there is no such set.
    """
    mask = np.zeros(len(project.frames_table), bool)
    mask[select_frames(project, query).indices] = True
    confidence = query.confidence if role == "predictions" and query.confidence > 0 else None
    return ExportSelection(project, project.objects(role, name), frame_mask=mask, min_confidence=confidence)


def of_objects(project: Project, query: ObjectQuery, role: Role) -> ExportSelection:
    """The predictions, or the labels, among the objects of a query: of a match, either of the two.

    Raises:
        ProjectError: there is no such set, or no labels.
    """
    found = select_objects(project, query)
    is_predictions = role == "predictions"
    objects = project.objects(role, query.prediction_set if is_predictions else query.frames.label_set)
    rows = found.prediction_row if is_predictions else found.label_row
    rows = rows[rows >= 0]
    row_mask = np.zeros(objects.count, bool)
    row_mask[rows] = True
    frame_mask = np.zeros(len(project.frames_table), bool)
    frame_mask[np.searchsorted(objects.offsets, rows, side="right") - 1] = True
    return ExportSelection(project, objects, frame_mask=frame_mask, row_mask=row_mask)
