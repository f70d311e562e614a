"""From a reading to a staged import: objects joined with frames and classes, judged, sorted and written."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import pyarrow as pa

from predscope.errors import InputError
from predscope.formats.base import ObjectBatch, Reading, Role
from predscope.importing.class_agreement import disagreements
from predscope.importing.class_joining import ClassJoin
from predscope.importing.columns import columns_of, objects_table
from predscope.importing.findings import note
from predscope.importing.habits import SAMPLE_ROWS, form_impression
from predscope.importing.images_folder import ImagesFolder, images_of_import
from predscope.importing.label_frames import LabelFrames
from predscope.importing.names import UNKNOWN
from predscope.importing.pixel_maps import pixel_map_table
from predscope.importing.prediction_frames import PredictionFrames
from predscope.importing.references import distinct
from predscope.importing.remarks import remark_on_objects
from predscope.importing.staged import StagedImport, describe_rejections
from predscope.importing.validation import BatchCheck, FrameFacts, Habits
from predscope.media import Progress
from predscope.project import ObjectSet, Project
from predscope.project.classes import ClassChanges
from predscope.project.durable import writing_into
from predscope.project.frames import FrameDraft
from predscope.project.manifest import check_set_name
from predscope.project.publishing import STAGED_SET, Change, StagedSet, write_staged_record
from predscope.project.staging import StagingArea
from predscope.project.tables import REPORT_NAME, frame_offsets, sort_by_frame, write_objects, write_pixel_maps
from predscope.schema import ImageStatus


def stage_reading(
    project: Project,
    reading: Reading,
    *,
    name: str,
    images: Path | None = None,
    class_map: Mapping[Any, Any] | None = None,
    strict: bool = False,
    progress: Progress | None = None,
) -> StagedImport:
    """Prepare the import of what a reader found; the role is that of the reading.

    Args:
        project: a view of the project; others may publish meanwhile.
        reading: consumed by this call.
        name: of the set.
        images: folder of the images (labels only); becomes the project's, if it has none yet.
        class_map: see ``class_map.read_class_map``.
        strict: refuse the whole input if any of its rows is rejected.
        progress: called with rows done, rows in all (0: not known) and what is being done.

    Raises:
        InputError: the input does not belong to this project, or ``strict`` was not satisfied.
    """
    name = check_set_name(name)
    area = StagingArea(project.path)
    try:
        return _Import(project, reading, area, class_map, progress).stage(name, images, strict)
    except BaseException:
        area.close()
        raise


class _Import:
    """One import under way."""

    def __init__(
        self,
        project: Project,
        reading: Reading,
        area: StagingArea,
        class_map: Mapping[Any, Any] | None,
        progress: Progress | None,
    ) -> None:
        self._project = project
        self._reading = reading
        self._role: Role = reading.role
        self._report = reading.report
        self._area = area
        self._class_map = class_map
        self._progress = progress
        self._draft = FrameDraft(project.frames_table)
        self._facts = FrameFacts([], np.zeros(0), np.zeros(0))

    def stage(self, name: str, images: Path | None, strict: bool) -> StagedImport:
        report = self._report
        report.format = report.format or self._reading.format
        folder = ImagesFolder(self._project.images_root)
        if self._role == "labels":
            folder = images_of_import(self._project, self._draft, images, report, self._progress)
        batches, sample = _split_sample(self._reading.batches)
        frames = self._join_frames(folder, sample)
        manifest = self._project.manifest
        classes = ClassJoin(
            manifest.classes,
            manifest.class_source_ids,
            self._reading.classes,
            self._role,
            report,
            class_map=self._class_map,
            references=_distinct_of(sample, "class_ref"),
        )
        tables = self._convert(batches, sample, frames, classes)
        self._refresh_facts()
        pixel_maps = pixel_map_table(self._reading.pixel_maps, frames, self._facts)
        frames.finish()
        classes.finish()
        table = sort_by_frame(tables)
        offsets = frame_offsets(table["frame_index"].to_numpy(), len(self._draft))
        names = self._draft.column("file_name")
        remark_on_objects(table, offsets, names, classes.keypoint_counts, self._role, report)
        if classes.rests_on_ids:
            self._compare_classes(table, offsets, classes.names)
        if strict and report.rejected:
            raise InputError(
                f"{report.rejected:,} of {report.rows:,} objects were rejected, and --strict asks for all: "
                f"{describe_rejections(report)}",
                where=report.source or None,
            )
        if self._progress is not None:
            self._progress(len(table), len(table), f"Writing {self._role}")
        with writing_into(self._project.path):
            return self._write(name, table, pixel_maps, offsets, classes.changes(), folder)

    def _compare_classes(self, table: pa.Table, offsets: np.ndarray, class_names: list[str]) -> None:
        """Look whether predictions found by class id lie on labels of their class."""
        label_sets = self._project.set_names("labels")
        if not label_sets or not len(table):
            return
        found = disagreements(table, offsets, self._project.objects("labels", label_sets[0]))
        examples = [
            f"{covering} of {covered} labels of {class_names[label]!r} are covered by {class_names[predicted]!r}"
            for label, predicted, covering, covered in found
        ]
        if found:
            note(self._report, "classes_disagree", count=len(found), examples=examples)

    def _join_frames(self, folder: ImagesFolder, sample: list[ObjectBatch]) -> LabelFrames | PredictionFrames:
        if self._role == "labels":
            return LabelFrames(
                self._draft,
                self._reading.frames,
                self._report,
                images_root=folder.root,
                find_new_images=folder.find_new_images,
            )
        kind = sample[0].frame_ref_is if sample else "id"
        return PredictionFrames(
            self._draft, self._reading.frames, _distinct_of(sample, "frame_ref"), kind, self._report
        )

    def _convert(
        self,
        batches: Iterator[ObjectBatch],
        sample: list[ObjectBatch],
        frames: LabelFrames | PredictionFrames,
        classes: ClassJoin,
    ) -> list[pa.Table]:
        indices = [frames.resolve(batch.frame_ref, batch.frame_ref_is) for batch in sample]
        self._refresh_facts()
        impression = form_impression(sample, indices, self._facts, self._role)
        if impression.corners_share:
            example = (
                f"{100 * impression.corners_share:.0f} % of the boxes leave their frames as x, y, w, h; as corners none"
            )
            note(self._report, "looks_like_corners", examples=[example])
        tables = []
        for batch in batches:
            if not len(batch):
                continue
            frame_index = frames.resolve(batch.frame_ref, batch.frame_ref_is)
            class_id = np.full(len(batch), UNKNOWN, np.int32)
            has_frame = frame_index >= 0  # objects of no frame must not make classes
            class_id[has_frame] = classes.resolve(batch.class_ref[has_frame], batch.class_ref_is)
            self._refresh_facts()
            tables.append(self._check(batch, frame_index, class_id, impression.habits))
            if self._progress is not None:
                self._progress(self._report.rows, 0, f"Importing {self._role}")
        return tables

    def _check(self, batch: ObjectBatch, frame_index: np.ndarray, class_id: np.ndarray, habits: Habits) -> pa.Table:
        report = self._report
        if self._role == "labels" and batch.confidence is not None and np.isfinite(batch.confidence).any():
            note(report, "confidence_ignored", count=int(np.isfinite(batch.confidence).sum()))
        columns = columns_of(batch)
        check = BatchCheck(batch, columns, frame_index, class_id, self._facts, self._role, habits, report)
        check.run()
        kept = int(check.kept.sum())
        report.rows += kept
        report.imported += kept
        report.repaired += int(check.repaired.sum())
        return objects_table(batch, columns, frame_index, class_id, check.kept)

    def _refresh_facts(self) -> None:
        """Sizes of all frames, again when labels have brought new ones."""
        if len(self._facts.file_names) != len(self._draft) or not len(self._facts.width):
            names = self._draft.column("file_name")
            self._facts = FrameFacts(
                list(names), *(np.array(self._draft.column(side), dtype=np.float64) for side in ("width", "height"))
            )

    def _write(
        self,
        name: str,
        table: pa.Table,
        pixel_maps: pa.Table | None,
        offsets: np.ndarray,
        classes: ClassChanges,
        folder: ImagesFolder,
    ) -> StagedImport:
        report, area = self._report, self._area
        target = area.folder / STAGED_SET
        target.mkdir()
        (target / REPORT_NAME).write_bytes(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2))
        write_objects(target, table, len(self._draft))
        if pixel_maps is not None:
            write_pixel_maps(target, pixel_maps)
        change = Change(self._draft.changes(), classes, folder.new_root)
        manifest = self._project.manifest
        view = manifest.changed(
            images_root=folder.new_root or manifest.images_root,
            frame_count=len(self._draft),
            classes=classes.apply(manifest.classes)[0],
        )
        frames_table = self._draft.table()
        write_staged_record(area, view, self._role, name, frames_table)
        project = Project(self._project.path, view, frames_table)
        objects = ObjectSet(self._role, name, 0, target, len(self._draft))
        first = self._first_frame(offsets)
        return StagedImport(project, area, change, StagedSet(self._role, name, report), objects, first)

    def _first_frame(self, offsets: np.ndarray) -> int:
        filled = np.flatnonzero(np.diff(offsets))
        status = self._draft.column("image_status")
        shown = (int(index) for index in filled if status[index] == ImageStatus.OK)
        return next(shown, int(filled[0]) if len(filled) else 0)


def _split_sample(batches: Iterator[ObjectBatch]) -> tuple[Iterator[ObjectBatch], list[ObjectBatch]]:
    """All batches, and the first of them with rows, up to ``SAMPLE_ROWS`` rows, to be looked at beforehand."""
    batches = iter(batches)
    sample: list[ObjectBatch] = []
    rows = 0
    for batch in batches:
        if len(batch):
            sample.append(batch)
            rows += len(batch)
        if rows >= SAMPLE_ROWS:
            break
    return itertools.chain(sample, batches), sample


def _distinct_of(sample: list[ObjectBatch], column: str) -> list[str]:
    """Distinct references of the sample, in the order in which they come."""
    seen: dict[str, None] = {}
    for batch in sample:
        codes, texts = distinct(getattr(batch, column))
        used = np.unique(codes[codes >= 0]) if "" in texts else range(len(texts))
        seen.update((texts[code], None) for code in used)
    return list(seen)
