"""The writer for prediction loops: one call a prediction, and a new version of a set when the block ends."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from predscope.compat.encord.predictions import InvalidPredictionError, ObjectDetection, Prediction, data_format_of
from predscope.compat.encord.project import EncordProject, open_project
from predscope.errors import InputError, ProjectError
from predscope.formats.base import Reading
from predscope.formats.encord.rows import PredictionRows, Subject, confidence_of, frame_reference
from predscope.formats.encord.shapes import DataFormat, host_array
from predscope.importing import ImportResult
from predscope.importing.importer import Import
from predscope.importing.staged import describe_rejections
from predscope.project import Project
from predscope.report import ImportReport

FORMAT_NAME: Final = "encord"
DEFAULT_NAME: Final = "predictions"


class PredictionWriter:
    """Writes predictions into a project; to be used in a ``with`` block.

    When the block ends, what was added is joined with the frames and classes, judged row by row, and published at once
    as a new version of the set; earlier versions stay. When it ends by an exception nothing is published. Memory stays
    bounded, however many predictions there are.

    Args:
        data_dir: the project folder; ``cache_dir`` is the same.
        project: the project; one of the two is enough.
        custom_object_map: classes against what is given as ``class_uid``, either way round, e.g.
            ``{"OTk2MzM3": "pedestrian"}``.
        name: of the prediction set.
        strict: publish nothing if a single prediction is rejected.

    Attributes:
        report: what became of every prediction; complete when the block has ended.
        result: the published version; None before.

    Raises:
        InputError: ``data_dir`` and ``project`` are different projects.
        ProjectError: there is no project.
    """

    def __init__(
        self,
        data_dir: Path | str | None = None,
        project: Project | EncordProject | None = None,
        custom_object_map: Mapping[Any, Any] | None = None,
        *,
        cache_dir: Path | str | None = None,
        name: str = DEFAULT_NAME,
        strict: bool = False,
    ) -> None:
        self.project = _choose_project(data_dir if data_dir is not None else cache_dir, project)
        self.class_map: Mapping[Any, Any] | None = custom_object_map
        self.report = ImportReport(source="PredictionWriter", format=FORMAT_NAME)
        self.result: ImportResult | None = None
        self.rows = PredictionRows(self.report)
        self._name = name
        self._strict = strict
        self._import: Import | None = None
        self._count = 0

    def __enter__(self) -> PredictionWriter:
        if self.result is not None or self._import is not None:
            raise InputError("this writer was used already.", fix="Make a new PredictionWriter for each block.")
        self.project = Project.open(self.project.path)
        reading = Reading(FORMAT_NAME, "predictions", None, None, iter(()), self.report)
        self._import = Import(self.project, reading, name=self._name, class_map=self.class_map, strict=self._strict)
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        importing = self._open_import()
        with importing:
            if kind is not None:
                return
            self.flush()
            with importing.finish() as staged:
                self.result = staged.publish()
        if self.report.rejected:
            warnings.warn(
                f"{self.report.rejected:,} of {self.report.rows:,} predictions were rejected: "
                f"{describe_rejections(self.report)}",
                stacklevel=2,
            )

    def add_prediction(
        self,
        data_hash: str | Prediction,
        class_uid: str | int | None = None,
        confidence_score: float | None = None,
        *,
        bbox: Any = None,
        polygon: Any = None,
        frame: int | None = None,
        track_id: str | int | None = None,
    ) -> None:
        """Add one prediction: a ``Prediction``, or its parts. Nothing that is given is changed.

        Args:
            data_hash: of the image or video; a frame id or file name will do. Or a ``Prediction``, alone.
            class_uid: featureNodeHash of the class; its name or id will do.
            confidence_score: 0..1.
            bbox: mapping with x, y, w and h as fractions of the frame (top-left corner), or a ``BoundingBox``.
            polygon: list or array [points, 2] of fractions of the frame, or a mask, array [height, width] of 0 and 1.
            frame: number of the frame, from 0, where ``data_hash`` is a video.
            track_id: ties objects of several frames together.

        Raises:
            InvalidPredictionError: not exactly one of ``bbox`` and ``polygon``, or one that is none. A prediction of an
                unknown frame raises nothing: it is rejected in the report.
        """
        if isinstance(data_hash, Prediction):
            self._add_prediction(data_hash)
            return
        if (bbox is None) == (polygon is None):
            given = "both" if bbox is not None else "neither"
            raise InvalidPredictionError(f"give either bbox or polygon, got {given}.", where="add_prediction")
        if class_uid is None or confidence_score is None:
            raise InvalidPredictionError("class_uid and confidence_score are needed.", where="add_prediction")
        try:
            subject = self.subject(data_hash, frame, class_uid, confidence_score, track_id)
            if bbox is not None:
                self.rows.add(subject, DataFormat.BOUNDING_BOX, bbox)
            else:
                self.rows.add(subject, self._format_of_polygon(polygon), polygon)
        except ValueError as error:
            raise InvalidPredictionError(f"{error}.", where="add_prediction") from None
        self.flush_if_full()

    def subject(
        self,
        data_hash: str,
        frame: int | None,
        class_uid: str | int,
        confidence: Any,
        track_id: str | int | None = None,
        *,
        place: str | None = None,
    ) -> Subject:
        """Of what the next prediction is.

        Raises:
            ValueError: something is of another type.
        """
        frame_ref = frame_reference(data_hash, frame)
        self._open_import()
        place = f"prediction {self._count}" if place is None else place
        self._count += 1
        track = None if track_id is None else str(track_id)
        return Subject(frame_ref, str(class_uid), confidence_of(confidence), track, place)

    def flush_if_full(self) -> None:
        """Hand over what was gathered, if it is much."""
        if self.rows.is_full:
            self.flush()

    def flush(self) -> None:
        """Hand over what was gathered."""
        for batch in self.rows.take():
            self._open_import().add(batch)

    def _add_prediction(self, prediction: Prediction) -> None:
        found, classification = prediction.object, prediction.classification
        try:
            if isinstance(found, ObjectDetection):
                subject = self.subject(
                    prediction.data_hash, prediction.frame, found.feature_hash, prediction.confidence, found.track_id
                )
                self.rows.add(subject, data_format_of(found), found.data)
            elif classification is not None:
                option = classification.option_hash
                self.rows.add_classification(
                    self.subject(prediction.data_hash, prediction.frame, option, prediction.confidence)
                )
        except ValueError as error:
            raise InvalidPredictionError(f"{error}.", where="add_prediction") from None
        self.flush_if_full()

    def _format_of_polygon(self, polygon: Any) -> DataFormat:
        """Pairs are points, anything else is a mask; one that is two pixels wide needs a ``Prediction``."""
        shape = host_array(polygon).shape
        return DataFormat.POLYGON if len(shape) == 2 and shape[1] == 2 else DataFormat.MASK

    def _open_import(self) -> Import:
        if self._import is None or self.result is not None:
            raise InputError(
                "predictions can only be added inside the block of the writer.",
                fix="Write: with PredictionWriter(data_dir, project) as writer: ...",
            )
        return self._import


def _choose_project(data_dir: Path | str | None, project: Any) -> Project:
    if project is None and data_dir is None:
        raise InputError("PredictionWriter needs the project, or its folder (data_dir).")
    if project is None:
        return open_project(data_dir)
    chosen = open_project(project)
    if data_dir is not None:
        try:
            of_folder = open_project(data_dir)
        except ProjectError:
            return chosen
        if of_folder.path != chosen.path:
            raise InputError(
                f"data_dir is the project {of_folder.path}, and project is {chosen.path}: give one of them."
            )
    return chosen
