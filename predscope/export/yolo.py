"""YOLO text files of boxes, outlines, poses or turned boxes, and a data.yaml (https://docs.ultralytics.com/datasets/)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml

from predscope.export.base import Destination, Kept, class_numbers
from predscope.export.frames import ExportFrame, FrameNames
from predscope.export.report import ExportReport
from predscope.export.selection import ExportSelection
from predscope.export.shapes import Ring, corners_of, joined_ring, mask_rings, outline_rings
from predscope.schema import Geometry, Role

_COLUMNS: Final = (
    *("frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "is_crowd", "is_ignored"),
    *("oriented_box", "polygons", "rle_counts", "rle_height", "rle_width", "keypoints", "class_scores"),
    *("track_id", "attributes"),
)
_OUTLINED: Final = frozenset({Geometry.POLYGON, Geometry.MASK})


class YoloExporter:
    """One text file a frame below ``labels``; predictions have their confidence at the end of the rows."""

    name = "yolo"
    title = "YOLO text files"
    suffix = ""
    roles: tuple[Role, ...] = ("labels", "predictions")
    keeps = frozenset({Kept.UNUSED_CLASSES})

    def write(self, selection: ExportSelection, destination: Destination) -> None:
        report, root = destination.report, destination.path
        geometries = selection.geometries()
        outlined = sum(geometries.get(kind, 0) for kind in _OUTLINED)
        is_pose = 0 < geometries.get(Geometry.KEYPOINTS, 0) >= outlined  # files hold poses or outlines, not both
        keypoints = _keypoint_count(selection) if is_pose else 0
        rows = _Rows(selection, keypoints, report)
        names = FrameNames(report)
        labels = root / "labels"
        labels.mkdir()
        if outlined and not keypoints:
            report.lose("boxes_among_outlines", geometries.get(Geometry.BOX, 0))
        for frame, objects in selection.rows_by_frame(_COLUMNS):
            name = names.name(frame)
            lines = [line for row in objects if (line := rows.line(row, frame)) is not None]
            path = labels / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
            destination.images.add(frame, root / "images", name)
            report.frames += 1
        _write_description(root, selection, keypoints)


class _Rows:
    """Objects as rows."""

    def __init__(self, selection: ExportSelection, keypoints: int, report: ExportReport) -> None:
        self._numbers = class_numbers(selection)
        self._has_confidence = selection.role == "predictions"
        self._keypoints = keypoints
        self._report = report

    def line(self, row: dict[str, Any], frame: ExportFrame) -> str | None:
        """The row of an object; None: YOLO cannot hold it."""
        report = self._report
        if row["geometry"] == Geometry.CLASSIFICATION:
            self._leave_out("frame_classes_left_out", frame)
            return None
        if frame.width is None or frame.height is None:
            self._leave_out("frame_size_unknown", frame)
            return None
        values = self._values(row, np.array([frame.width, frame.height], np.float64))
        report.lose("crowds_as_objects", int(row["is_crowd"] or row["is_ignored"]))
        report.lose("class_scores_left_out", int(row["class_scores"] is not None))
        report.lose("attributes_left_out", int(bool(row["attributes"]) or row["track_id"] is not None))
        report.objects += 1
        confidence = [row["confidence"]] if self._has_confidence else []
        return " ".join([str(self._numbers[row["class_id"]]), *map(number, [*values, *confidence])])

    def _leave_out(self, code: str, frame: ExportFrame) -> None:
        self._report.lose(code, 1, frame.file_name)
        self._report.left_out += 1

    def _values(self, row: dict[str, Any], size: np.ndarray) -> list[float]:
        """The numbers of a row behind the class, in fractions of the frame."""
        geometry, report = row["geometry"], self._report
        if self._keypoints:  # every row of a pose has the same columns, or those of a box
            report.lose("outlines_as_boxes", int(_has_outline(row)))
            if geometry != Geometry.KEYPOINTS:
                return self._box(row, size)
            points = np.zeros((self._keypoints, 3))
            given = np.asarray(row["keypoints"], np.float64).reshape(-1, 3)
            points[: len(given)] = given
            points[:, :2] /= size
            return [*self._box(row, size), *points.ravel().tolist()]
        report.lose("lines_as_boxes", int(geometry == Geometry.POLYLINE))
        report.lose("keypoints_as_boxes", int(geometry == Geometry.KEYPOINTS))
        if geometry == Geometry.ORIENTED_BOX:
            return _fractions(corners_of(row["oriented_box"]), size)
        if not _has_outline(row):
            return self._box(row, size)
        if row["rle_counts"] is not None:
            rings = mask_rings(row["rle_counts"], (row["rle_height"], row["rle_width"]))
            report.lose("masks_as_outlines")
        else:
            rings = outline_rings(row["polygons"])
        if not rings:
            return self._box(row, size)
        report.lose("parts_joined", int(len(rings) > 1))
        return _fractions(joined_ring(rings), size)

    @staticmethod
    def _box(row: dict[str, Any], size: np.ndarray) -> list[float]:
        corner, sides = np.array([row["x"], row["y"]]), np.array([row["w"], row["h"]])
        return [*((corner + sides / 2) / size).tolist(), *(sides / size).tolist()]


def _has_outline(row: dict[str, Any]) -> bool:
    """An outline or a mask, be it that of an object with keypoints."""
    return row["polygons"] is not None or row["rle_counts"] is not None


def number(value: float) -> str:
    """Twelve digits: nothing that could be seen is lost."""
    return f"{value:.12g}"


def _fractions(ring: Ring, size: np.ndarray) -> list[float]:
    return (np.asarray(ring, np.float64).reshape(-1, 2) / size).ravel().tolist()


def _keypoint_count(selection: ExportSelection) -> int:
    """Of the object that has most of them."""
    most = 0
    for table in selection.chunks(["keypoints"]):
        lengths: Sequence[int | None] = table["keypoints"].combine_chunks().value_lengths().to_pylist()
        most = max([most, *(length // 3 for length in lengths if length)])
    return most


def _write_description(root: Path, selection: ExportSelection, keypoints: int) -> None:
    names = {place: one.name for place, one in enumerate(selection.classes)}
    content: dict[str, Any] = {"path": ".", "train": "images", "val": "images", "names": names}
    if keypoints:
        content["kpt_shape"] = [keypoints, 3]
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    (root / "data.yaml").write_text(text, encoding="utf-8", newline="\n")
