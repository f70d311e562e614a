"""What labels hold beside their objects, and which of it a format has no place for."""

from __future__ import annotations

import pyarrow.compute as pc

from predscope.export.base import Exporter, Kept
from predscope.export.report import ExportReport
from predscope.export.selection import ExportSelection
from predscope.schema import ObjectClass


def note_what_is_left_out(selection: ExportSelection, exporter: Exporter, report: ExportReport) -> None:
    """Count classes and metadata of frames that the output will not hold; predictions never held any."""
    if selection.role != "labels":
        return
    if Kept.UNUSED_CLASSES not in exporter.keeps and not selection.has_chosen_objects:
        used = selection.used_class_ids()
        for one in selection.classes:
            report.lose("unused_classes_left_out", int(one.class_id not in used), one.name)
    for one in selection.classes:
        if _has_details(one, are_kept=Kept.CLASS_DETAILS in exporter.keeps):
            report.lose("class_details_left_out", 1, one.name)
    if Kept.FRAME_METADATA not in exporter.keeps:
        given = selection.project.frames_table["attributes"].take(selection.frame_indices)
        report.lose("metadata_left_out", int(pc.sum(pc.fill_null(pc.not_equal(given, "{}"), False)).as_py() or 0))


def _has_details(one: ObjectClass, *, are_kept: bool) -> bool:
    """Is more known of a class than its name, which will be lost?"""
    own = bool(one.supercategory or one.keypoints)
    return bool(one.color) or one.is_ignored or (own and not are_kept)
