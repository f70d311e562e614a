"""From batches of objects to a staged import: joined with frames and classes, judged, sorted and written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import pyarrow as pa

from predscope.errors import InputError
from predscope.formats.base import ObjectBatch, Reading, Role
from predscope.importing.classes.joining import ClassJoin
from predscope.importing.classes.score_order import with_ordered_scores
from predscope.importing.corrections import Corrections
from predscope.importing.doctor.classes_in_use import remark_on_unlabelled, remark_on_unused
from predscope.importing.doctor.examination import examine
from predscope.importing.doctor.habits import SAMPLE_ROWS
from predscope.importing.doctor.remarks import Remarks
from predscope.importing.findings import note
from predscope.importing.frames.images_folder import images_of_import, images_of_known_frames
from predscope.importing.frames.known import KnownFrames
from predscope.importing.frames.labelled import LabelFrames
from predscope.importing.frames.names import UNKNOWN
from predscope.importing.frames.pixel_maps import pixel_map_table
from predscope.importing.joins import Joins, join_frames
from predscope.importing.references import distinct_texts
from predscope.importing.rows.columns import columns_of, objects_table, shape_bytes
from predscope.importing.rows.copies import CopyDropper
from predscope.importing.rows.correcting import Corrector
from predscope.importing.rows.judgement import FrameFacts, Habits
from predscope.importing.rows.rescaling import scale_of_frames
from predscope.importing.rows.validation import BatchCheck
from predscope.importing.staged import StagedImport, describe_rejections
from predscope.media import Progress
from predscope.project import ObjectSet, Project
from predscope.project.durable import write_whole, writing_into
from predscope.project.frames import FrameDraft
from predscope.project.manifest import check_set_name
from predscope.project.object_sorting import ObjectSorter
from predscope.project.publishing import STAGED_SET, Change, StagedSet, write_staged_record
from predscope.project.staging import StagingArea
from predscope.project.tables import REPORT_NAME, write_objects, write_pixel_maps
from predscope.reading_progress import is_counted, pulse
from predscope.schema import DeclaredFrame, ImageStatus

SAMPLE_BYTES: Final = 100_000_000
"""Of objects with long outlines or masks fewer are held back."""


class Import:
    """An import under way: it is given the objects batch by batch and keeps them on disk, sorted, until it is finished.

    The first batches are held back until ``SAMPLE_ROWS`` objects are there: on them rests by what the frames are found,
    and what is said of the input as a whole.

    Also a context manager: what is not finished by its end leaves nothing behind. Arguments as those of
    ``readings.stage_reading``; the batches of the reading are left to the caller.
    """

    def __init__(
        self,
        project: Project,
        reading: Reading,
        *,
        name: str,
        images: Path | None = None,
        frames: KnownFrames | None = None,
        class_map: Mapping[Any, Any] | None = None,
        corrections: Corrections | None = None,
        strict: bool = False,
        dry_run: bool = False,
        progress: Progress | None = None,
    ) -> None:
        self._name = check_set_name(name)
        self._project = project
        self._reading = reading
        self._role: Role = reading.role
        self._report = reading.report
        self._report.format = self._report.format or reading.format
        self._images = images
        self._known_frames = frames
        self._class_map = class_map
        self._corrections = corrections or Corrections()
        self._correct = Corrector(self._corrections, reading.report)
        self._copies = CopyDropper(reading.report) if self._corrections.drop_duplicates else None
        self._strict = strict
        self._progress = progress
        self._draft = FrameDraft(project.frames_table) if frames is None else frames.draft
        self._facts = FrameFacts([], np.zeros(0), np.zeros(0))
        self._size_factors: dict[int, tuple[float, float]] = {}
        self._declared: list[DeclaredFrame] = []
        self._sample: list[ObjectBatch] = []
        self._sample_bytes = 0
        self._joins: Joins | None = None
        self._is_open = True
        self._area = StagingArea(project.path, or_elsewhere=dry_run)
        self._objects = ObjectSorter(self._area.chunks)

    def __enter__(self) -> Import:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self.discard()

    def discard(self) -> None:
        """Remove what was prepared; nothing happens if it was finished or discarded before."""
        if self._is_open:
            self._is_open = False
            self._sample = []
            self._area.close()

    def add(self, batch: ObjectBatch) -> None:
        """Take the next objects. The batch stays as it is, and must stay so until the import is finished.

        Raises:
            InputError: the objects do not belong to this project.
            ProjectError: they cannot be written.
        """
        with self._ending_at_errors():
            batch = self._correct(batch)
            if len(batch) and self._joins is not None:
                self._convert(batch, self._joins)
            elif len(batch):
                self._sample.append(batch)
                self._sample_bytes += shape_bytes(batch)
                if sum(map(len, self._sample)) >= SAMPLE_ROWS or self._sample_bytes >= SAMPLE_BYTES:
                    self._begin()

    def declare(self, frame: DeclaredFrame) -> None:
        """Take a frame of labels, with what is known of it; before its objects, which are judged by its size.

        An import of predictions has no use for it.

        Raises:
            InputError: this import has ended.
        """
        with self._ending_at_errors():
            if self._joins is None:
                self._declared.append(frame)
            elif isinstance(self._joins.frames, LabelFrames):
                self._joins.frames.declare([frame])

    def finish(self) -> StagedImport:
        """Sort and write what was added; nothing can be added any more.

        Raises:
            InputError: the input does not belong to this project, or ``strict`` was not satisfied.
            ProjectError: the project cannot be written.
        """
        with self._ending_at_errors():
            staged = self._finish(self._begin() if self._joins is None else self._joins)
        self._is_open = False  # the staging area is that of the staged import now
        return staged

    @contextmanager
    def _ending_at_errors(self) -> Iterator[None]:
        """What has failed half-way cannot go on: a part must never pass for the whole."""
        if not self._is_open:
            raise InputError("this import has ended; nothing can be added to it.", fix="Begin another one.")
        try:
            yield
        except BaseException:
            self.discard()
            raise

    def _finish(self, joins: Joins) -> StagedImport:
        self._refresh_facts()
        pixel_maps = pixel_map_table(self._reading.pixel_maps, joins.frames, self._facts)
        joins.frames.finish()
        joins.classes.finish()
        self._correct.finish()
        self._look_at_class_use(joins)
        report = self._report
        rejected = report.rejected - (0 if self._copies is None else self._copies.dropped)
        if self._strict and rejected:
            raise InputError(
                f"{rejected:,} of {report.rows:,} objects were rejected, and --strict asks for all: "
                f"{describe_rejections(report)}",
                where=report.source or None,
            )
        with writing_into(self._project.path):
            return self._write(joins, pixel_maps)

    def _look_at_class_use(self, joins: Joins) -> None:
        joined = joins.classes.joined()
        if self._role == "labels":
            remark_on_unused(joined, self._reading.classes or (), self._report)
        elif names := self._project.set_names("labels"):
            remark_on_unlabelled(joined, self._project.objects("labels", names[0]), self._report)

    def _begin(self) -> Joins:
        """Choose how objects meet frames and classes, by the first of them, and convert those."""
        report = self._report
        if self._known_frames is not None:
            folder = images_of_known_frames(self._project, self._known_frames.images_root)
        else:
            images = self._images if self._role == "labels" else None
            folder = images_of_import(self._project, self._draft, images, report, self._progress)
        sample, self._sample = self._sample, []
        frames = self._known_frames or join_frames(
            self._draft, self._reading, sample, folder, declared=self._declared, rescale=self._corrections.rescale
        )
        pulse()
        manifest = self._project.manifest
        classes = ClassJoin(
            manifest.classes,
            manifest.class_source_ids,
            self._reading.classes,
            self._role,
            report,
            class_map=self._class_map,
            corrections=self._corrections,
            references=distinct_texts(batch.class_ref for batch in sample),
        )
        indices = [frames.resolve(batch.frame_ref, batch.frame_ref_is) for batch in sample]
        self._size_factors = frames.size_factors if isinstance(frames, LabelFrames) else {}
        pulse()
        self._refresh_facts()
        label_sets = self._project.set_names("labels")
        habits = examine(
            sample,
            indices,
            self._facts,
            classes,
            self._role,
            report,
            labels=self._project.objects("labels", label_sets[0]) if label_sets else None,
            told=self._corrections,
        )
        if isinstance(frames, LabelFrames):
            habits = replace(habits, scaled_frames=np.array(sorted(frames.scaled_frames), np.int64))
        self._joins = Joins(folder, frames, classes, habits)
        for batch in sample:
            self._convert(batch, self._joins)
        return self._joins

    def _convert(self, batch: ObjectBatch, joins: Joins) -> None:
        frame_index = joins.frames.resolve(batch.frame_ref, batch.frame_ref_is)
        class_id = np.full(len(batch), UNKNOWN, np.int32)
        has_frame = frame_index >= 0  # objects of no frame must not make classes
        references = batch.class_ref[has_frame]
        class_id[has_frame] = joins.classes.resolve(references, batch.class_ref_is, is_counted=True)
        batch = with_ordered_scores(batch, joins.classes)
        self._refresh_facts()
        table = self._check(batch, frame_index, class_id, joins.habits)
        with writing_into(self._project.path):
            self._objects.add(table)
        if is_counted():
            pulse()
        elif self._progress is not None:
            rows, total = self._report.rows, self._reading.row_count
            self._progress(rows, max(rows, total) if total else 0, f"Importing {self._role}")

    def _check(self, batch: ObjectBatch, frame_index: np.ndarray, class_id: np.ndarray, habits: Habits) -> pa.Table:
        report = self._report
        if self._role == "labels" and batch.confidence is not None and np.isfinite(batch.confidence).any():
            note(report, "confidence_ignored", count=int(np.isfinite(batch.confidence).sum()))
        columns = columns_of(batch)
        check = BatchCheck(batch, columns, frame_index, class_id, self._facts, self._role, habits, report)
        check.run()
        keep = check.kept
        if self._copies is not None:
            keep = self._copies.keep(batch, columns, frame_index, class_id, keep)
        kept = int(keep.sum())
        report.rows += kept
        report.imported += kept
        report.repaired += int((check.repaired & keep).sum())
        return objects_table(batch, columns, frame_index, class_id, keep)

    def _refresh_facts(self) -> None:
        """Sizes of all frames, again when labels have brought new ones."""
        if len(self._facts.file_names) != len(self._draft) or not len(self._facts.width):
            names = self._draft.column("file_name")
            width, height = (np.array(self._draft.column(side), dtype=np.float64) for side in ("width", "height"))
            self._facts = FrameFacts(list(names), width, height, scale_of_frames(self._size_factors, len(names)))

    def _write(self, joins: Joins, pixel_maps: pa.Table | None) -> StagedImport:
        report, area, draft = self._report, self._area, self._draft
        frame_count = len(draft)
        target = area.folder / STAGED_SET
        target.mkdir()
        remarks = Remarks(draft.column("file_name"), joins.classes.keypoint_counts, self._role, report)

        def look(table: pa.Table) -> None:
            remarks.look(table)
            if self._progress is not None:
                self._progress(remarks.rows, self._objects.rows, f"Writing {self._role}")

        write_objects(target, self._objects, frame_count, look)
        objects = ObjectSet(self._role, self._name, 0, target, frame_count)
        remarks.finish(objects)
        if pixel_maps is not None:
            write_pixel_maps(target, pixel_maps)
        write_whole(target / REPORT_NAME, orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2))
        classes, folder = joins.classes.changes(), joins.folder
        change = Change(draft.changes(), classes, folder.new_root)
        manifest = self._project.manifest
        view = manifest.changed(
            images_root=folder.new_root or manifest.images_root,
            frame_count=frame_count,
            classes=classes.apply(manifest.classes)[0],
        )
        frames_table = draft.table()
        write_staged_record(area, view, self._role, self._name, frames_table)
        project = Project(self._project.path, view, frames_table)
        first = self._first_frame(objects.offsets)
        staged = StagedSet(self._role, self._name, report)
        return StagedImport(project, area, change, staged, objects, first, joins.classes.joined())

    def _first_frame(self, offsets: np.ndarray) -> int:
        filled = np.flatnonzero(np.diff(offsets))
        status = self._draft.column("image_status")
        shown = (int(index) for index in filled if status[index] == ImageStatus.OK)
        return next(shown, int(filled[0]) if len(filled) else 0)
