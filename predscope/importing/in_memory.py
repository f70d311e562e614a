"""Labels and predictions straight from files, joined with each other and with no project.

The same joining and the same judging as an import, but boxes stay as they stand in the files: one that reaches over the
border of its frame is not cut, one outside is not rejected. So numbers computed from the files are those that other
programs compute from them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from predscope import formats
from predscope.errors import InputError
from predscope.formats.base import ObjectBatch, Reading, Role
from predscope.importing.class_joining import ClassJoin
from predscope.importing.columns import columns_of, objects_table
from predscope.importing.habits import SAMPLE_ROWS, form_impression
from predscope.importing.label_frames import LabelFrames
from predscope.importing.pixel_maps import pixel_map_table
from predscope.importing.prediction_frames import PredictionFrames
from predscope.importing.references import distinct
from predscope.importing.staged import describe_rejections
from predscope.importing.validation import BatchCheck, FrameFacts
from predscope.media import list_images, scan_images
from predscope.project.frames import FrameDraft
from predscope.project.tables import complete_columns, sort_by_frame
from predscope.report import ImportReport
from predscope.schema import FRAME_SCHEMA, DeclaredClass, Geometry, ObjectClass

_SHAPES: Final = ("polygons", "rle_counts", "rle_size", "keypoints", "polylines", "oriented_box")
_BESIDES: Final = ("class_scores", "track_id", "source_id", "attributes")


@dataclass(frozen=True, slots=True)
class JoinedFiles:
    """Labels and predictions of the same frames and classes.

    Attributes:
        frames: ``FRAME_SCHEMA``.
        classes: of both, by class id.
        labels, predictions: ``OBJECT_SCHEMA``, sorted by frame.
        labels_report, predictions_report: what became of their rows.
        label_maps, prediction_maps: ``PIXEL_MAP_SCHEMA``: the frames that came as class-index masks; None: of another
            kind.
    """

    frames: pa.Table
    classes: tuple[ObjectClass, ...]
    labels: pa.Table
    predictions: pa.Table
    labels_report: ImportReport
    predictions_report: ImportReport
    label_maps: pa.Table | None
    prediction_maps: pa.Table | None


def join_files(
    labels: Path,
    predictions: Path,
    *,
    images: Path | None = None,
    labels_format: str = "auto",
    predictions_format: str = "auto",
    class_map: Mapping[Any, Any] | None = None,
    with_shapes: bool = True,
) -> JoinedFiles:
    """Read two inputs and join them.

    Args:
        labels, predictions: files or folders.
        images: folder of the images, whose sizes are needed where coordinates are fractions; by default the folder of
            the labels, if they are one.
        labels_format, predictions_format: names of readers, or "auto": told by the content.
        class_map: class of the labels against what stands in the predictions (name or id), either way round.
        with_shapes: keep polygons, masks and keypoints; without them whatever has a box counts as one.

    Raises:
        InputError: one of them cannot be used, or they do not belong together.
    """
    draft = FrameDraft(FRAME_SCHEMA.empty_table())
    root = images if images is not None else labels if labels.is_dir() else None
    if root is not None:
        draft.add_images(scan_images(root, list_images(root).paths))
    truth = formats.open_input(labels, format=labels_format, role="labels")
    truth.report.source = truth.report.source or str(labels)
    batches, sample = _loaded(truth, with_shapes)
    label_frames = LabelFrames(draft, truth.frames, truth.report, images_root=root)
    label_classes = ClassJoin((), {}, _told_apart(truth.classes), "labels", truth.report)
    label_table = _joined(batches, sample, label_frames, label_classes, draft, truth)
    known = label_classes.changes()

    found = formats.open_input(predictions, format=predictions_format, role="predictions")
    found.report.source = found.report.source or str(predictions)
    batches, sample = _loaded(found, with_shapes)
    references = _distinct(sample, "frame_ref")
    kind = sample[0].frame_ref_is if sample else "id"
    prediction_frames = PredictionFrames(draft, found.frames, references, kind, found.report)
    prediction_classes = ClassJoin(
        known.prepared,
        known.source_ids,
        found.classes,
        "predictions",
        found.report,
        class_map=class_map,
        references=_distinct(sample, "class_ref"),
    )
    prediction_table = _joined(batches, sample, prediction_frames, prediction_classes, draft, found)
    return JoinedFiles(
        frames=draft.table(),
        classes=prediction_classes.changes().prepared,
        labels=label_table,
        predictions=prediction_table,
        labels_report=truth.report,
        predictions_report=found.report,
        label_maps=pixel_map_table(truth.pixel_maps, label_frames, _facts(draft)),
        prediction_maps=pixel_map_table(found.pixel_maps, prediction_frames, _facts(draft)),
    )


def _told_apart(declared: list[DeclaredClass] | None) -> list[DeclaredClass] | None:
    """Classes that share a name but not an id stay classes of their own, as in other programs."""
    if declared is None:
        return None
    seen: set[str] = set()
    result = []
    for entry in declared:
        is_second = entry.name in seen and entry.source_id is not None
        seen.add(entry.name)
        result.append(replace(entry, name=f"{entry.name} (id {entry.source_id})") if is_second else entry)
    return result


class _UncutCheck(BatchCheck):
    """The checks of an import but for the place in the frame."""

    def _check_places(self) -> None:
        """Boxes are evaluated wherever they are."""


def _loaded(reading: Reading, with_shapes: bool) -> tuple[itertools.chain[ObjectBatch], list[ObjectBatch]]:
    """All batches, and the first of them, up to ``SAMPLE_ROWS`` rows."""
    with_shapes |= reading.pixel_maps is not None  # of class-index masks, the pixels are what is compared
    slim = (_slim(batch, reading.role, with_shapes) for batch in reading.batches if len(batch))
    sample: list[ObjectBatch] = []
    while sum(map(len, sample)) < SAMPLE_ROWS and (batch := next(slim, None)) is not None:
        sample.append(batch)
    return itertools.chain(sample, slim), sample


def _distinct(sample: list[ObjectBatch], column: str) -> list[str]:
    return list(dict.fromkeys(text for batch in sample for text in distinct(getattr(batch, column))[1] if text))


def _slim(batch: ObjectBatch, role: Role, with_shapes: bool) -> ObjectBatch:
    """Without what no evaluation reads; shapes go only if box and area do not follow from them."""
    for name in _BESIDES:
        setattr(batch, name, None)
    has_boxes = batch.box is not None and bool(np.isfinite(batch.box).all())
    has_areas = role == "predictions" or (batch.area is not None and bool(np.isfinite(batch.area).all()))
    if not with_shapes and has_boxes and has_areas:
        for name in _SHAPES:
            setattr(batch, name, None)
        batch.geometry = np.full(len(batch), Geometry.BOX, object)
    return batch


def _joined(
    batches: itertools.chain[ObjectBatch],
    sample: list[ObjectBatch],
    frames: LabelFrames | PredictionFrames,
    classes: ClassJoin,
    draft: FrameDraft,
    reading: Reading,
) -> pa.Table:
    report = reading.report
    indices = [frames.resolve(batch.frame_ref, batch.frame_ref_is) for batch in sample]
    facts = _facts(draft)
    habits = form_impression(sample, indices, facts, reading.role).habits
    tables = []
    for batch in batches:
        frame_index = frames.resolve(batch.frame_ref, batch.frame_ref_is)
        if len(draft) != len(facts.file_names):
            facts = _facts(draft)
        class_id = np.full(len(batch), -1, np.int32)
        has_frame = frame_index >= 0
        class_id[has_frame] = classes.resolve(batch.class_ref[has_frame], batch.class_ref_is)
        columns = columns_of(batch)
        check = _UncutCheck(batch, columns, frame_index, class_id, facts, reading.role, habits, report)
        check.run()
        kept = int(check.kept.sum())
        report.rows += kept
        report.imported += kept
        report.repaired += int(check.repaired.sum())
        tables.append(objects_table(batch, columns, frame_index, class_id, check.kept))
    frames.finish()
    classes.finish()
    if report.rows and not report.imported:
        raise InputError(
            f"none of the {report.rows:,} objects can be used: {describe_rejections(report)}",
            where=report.source or None,
        )
    return complete_columns(sort_by_frame(tables))


def _facts(draft: FrameDraft) -> FrameFacts:
    sizes = (np.array(draft.column(side), dtype=np.float64) for side in ("width", "height"))
    return FrameFacts(list(draft.column("file_name")), *sizes)
