"""Labels and predictions straight from files, joined with each other and with no project.

The same joining and the same judging as an import, but boxes stay as they stand in the files: one that reaches over the
border of its frame is not cut, one outside is not rejected. So numbers computed from the files are those that other
programs compute from them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa

from predscope import formats
from predscope.errors import InputError
from predscope.formats.archives import opened_archive
from predscope.formats.base import ObjectBatch, Reading, Role
from predscope.importing.classes.joining import ClassJoin
from predscope.importing.corrections import Corrections
from predscope.importing.doctor.examination import examine
from predscope.importing.doctor.habits import SAMPLE_ROWS
from predscope.importing.doctor.label_evidence import Labels
from predscope.importing.frames.labelled import LabelFrames
from predscope.importing.frames.pixel_maps import pixel_map_table
from predscope.importing.frames.predicted import PredictionFrames
from predscope.importing.references import distinct
from predscope.importing.rows.columns import columns_of, objects_table
from predscope.importing.rows.copies import CopyDropper
from predscope.importing.rows.correcting import Corrector
from predscope.importing.rows.judgement import FrameFacts
from predscope.importing.rows.rescaling import scale_of_frames
from predscope.importing.rows.validation import BatchCheck
from predscope.importing.staged import describe_rejections
from predscope.media import list_images, scan_images
from predscope.project.frames import FrameDraft
from predscope.project.object_sorting import sort_by_frame
from predscope.project.tables import complete_columns
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
    corrections: Corrections | None = None,
    with_shapes: bool = True,
) -> JoinedFiles:
    """Read two inputs and join them.

    Args:
        labels, predictions: files or folders.
        images: folder of the images, whose sizes are needed where coordinates are fractions; by default the folder of
            the labels, if they are one.
        labels_format, predictions_format: names of readers, or "auto": told by the content.
        class_map: class of the labels against what stands in the predictions (name or id), either way round.
        corrections: how to take the predictions where their file does not say it, or says it wrongly; of the labels
            they concern only sizes of frames (``Corrections.of_labels``).
        with_shapes: keep polygons, masks and keypoints; without them whatever has a box counts as one.

    Raises:
        InputError: one of them cannot be used, or they do not belong together.
    """
    with opened_archive(labels) as truth_files, opened_archive(predictions) as found_files:
        if truth_files.files or found_files.files:
            return join_files(
                truth_files.path,
                found_files.path,
                images=images,
                labels_format=labels_format,
                predictions_format=predictions_format,
                class_map=class_map,
                corrections=corrections,
                with_shapes=with_shapes,
            )
    draft = FrameDraft(FRAME_SCHEMA.empty_table())
    root = images if images is not None else labels if labels.is_dir() else None
    if root is not None:
        draft.add_images(scan_images(root, list_images(root).paths))
    truth = formats.open_input(labels, format=labels_format, role="labels")
    truth.report.source = truth.report.source or str(labels)
    told = corrections or Corrections()
    told_of_labels = told.of_labels()
    correct = Corrector(told_of_labels, truth.report)
    batches, sample = _loaded(truth, correct, with_shapes)
    label_frames = LabelFrames(draft, truth.frames, truth.report, images_root=root, rescale=told.rescale)
    label_classes = ClassJoin((), {}, _told_apart(truth.classes), "labels", truth.report)
    label_table = _joined(batches, sample, label_frames, label_classes, draft, truth, told_of_labels)
    correct.finish()
    known = label_classes.changes()

    found = formats.open_input(predictions, format=predictions_format, role="predictions")
    found.report.source = found.report.source or str(predictions)
    correct = Corrector(told, found.report)
    batches, sample = _loaded(found, correct, with_shapes)
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
        corrections=told,
        references=_distinct(sample, "class_ref"),
    )
    seen = _SortedLabels(label_table, len(draft))
    prediction_table = _joined(batches, sample, prediction_frames, prediction_classes, draft, found, told, seen)
    correct.finish()
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


class _SortedLabels:
    """A table of labels, sorted by frame, for ``examine``."""

    def __init__(self, table: pa.Table, frame_count: int) -> None:
        self._table = table
        self.offsets = np.searchsorted(table["frame_index"].to_numpy(), np.arange(frame_count + 1))

    def of_frames(self, indices: np.ndarray, columns: list[str] | None = None) -> pa.Table:
        """The objects of some frames, in the order of those."""
        rows = [np.arange(self.offsets[index], self.offsets[index + 1]) for index in indices]
        chosen = np.concatenate(rows) if rows else np.zeros(0, np.int64)
        table = self._table if columns is None else self._table.select(columns)
        return table.take(pa.array(chosen))


def _loaded(
    reading: Reading, correct: Corrector, with_shapes: bool
) -> tuple[itertools.chain[ObjectBatch], list[ObjectBatch]]:
    """All batches, and the first of them, up to ``SAMPLE_ROWS`` rows."""
    has_maps = reading.pixel_maps is not None  # of class-index masks, the pixels are what is compared
    dropped = [name for name in _BESIDES if not (has_maps and name == "attributes")]  # they tell things from stuff
    with_shapes |= has_maps
    slim = (_slim(correct(batch), reading.role, dropped, with_shapes) for batch in reading.batches if len(batch))
    sample: list[ObjectBatch] = []
    while sum(map(len, sample)) < SAMPLE_ROWS and (batch := next(slim, None)) is not None:
        sample.append(batch)
    return itertools.chain(sample, slim), sample


def _distinct(sample: list[ObjectBatch], column: str) -> list[str]:
    return list(dict.fromkeys(text for batch in sample for text in distinct(getattr(batch, column))[1] if text))


def _slim(batch: ObjectBatch, role: Role, dropped: Sequence[str], with_shapes: bool) -> ObjectBatch:
    """Without what no evaluation reads; shapes go only if box and area do not follow from them."""
    for name in dropped:
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
    told: Corrections,
    labels: Labels | None = None,
) -> pa.Table:
    report = reading.report
    indices = [frames.resolve(batch.frame_ref, batch.frame_ref_is) for batch in sample]
    factors = frames.size_factors if isinstance(frames, LabelFrames) else {}
    facts = _facts(draft, factors)
    copies = CopyDropper(report) if told.drop_duplicates else None
    habits = examine(sample, indices, facts, classes, reading.role, report, labels=labels, told=told)
    tables = []
    for batch in batches:
        frame_index = frames.resolve(batch.frame_ref, batch.frame_ref_is)
        if len(draft) != len(facts.file_names):
            facts = _facts(draft, factors)
        class_id = np.full(len(batch), -1, np.int32)
        has_frame = frame_index >= 0
        class_id[has_frame] = classes.resolve(batch.class_ref[has_frame], batch.class_ref_is)
        columns = columns_of(batch)
        check = _UncutCheck(batch, columns, frame_index, class_id, facts, reading.role, habits, report)
        check.run()
        keep = check.kept
        if copies is not None:
            keep = copies.keep(batch, columns, frame_index, class_id, keep)
        kept = int(keep.sum())
        report.rows += kept
        report.imported += kept
        report.repaired += int((check.repaired & keep).sum())
        tables.append(objects_table(batch, columns, frame_index, class_id, keep))
    frames.finish()
    classes.finish()
    if report.rows and not report.imported:
        raise InputError(
            f"none of the {report.rows:,} objects can be used: {describe_rejections(report)}",
            where=report.source or None,
        )
    return complete_columns(sort_by_frame(tables))


def _facts(draft: FrameDraft, size_factors: Mapping[int, tuple[float, float]] | None = None) -> FrameFacts:
    width, height = (np.array(draft.column(side), dtype=np.float64) for side in ("width", "height"))
    return FrameFacts(list(draft.column("file_name")), width, height, scale_of_frames(size_factors or {}, len(draft)))
