"""COCO JSON (https://cocodataset.org/#format-data, #format-results): instances of labels, results of predictions."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, BinaryIO, Final

import numpy as np
import orjson

from predscope import __version__
from predscope.export.base import Destination, Kept
from predscope.export.coco_boxes import boxes_follow_from_shapes
from predscope.export.frames import ExportFrame, FrameNames
from predscope.export.report import ExportReport
from predscope.export.selection import ExportSelection
from predscope.export.shapes import box_as_given, corners_of, outline_as_mask
from predscope.importing.frames.names import number_of
from predscope.project import Project
from predscope.schema import Geometry, ObjectClass, Role

ANNOTATIONS_NAME: Final = "annotations.json"
_COLUMNS: Final = (
    *("frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "given_box", "area", "is_crowd"),
    *("is_ignored", "oriented_box", "polygons", "rle_counts", "rle_height", "rle_width", "keypoints", "polylines"),
    *("class_scores", "track_id", "source_id", "attributes"),
)
_IMAGE_KEYS: Final = frozenset({"id", "file_name", "width", "height"})
_MAX_ID: Final = 2**53
"""Beyond it, programs that read numbers as floating point mix ids up."""


class CocoExporter:
    """Labels as instances JSON, predictions as a list of results.

    Ids of frames and classes are those of the imported labels, so that results belong to the original file.
    """

    name = "coco"
    title = "COCO JSON"
    suffix = ".json"
    roles: tuple[Role, ...] = ("labels", "predictions")
    keeps = frozenset(Kept)
    has_frames_with_predictions = False

    def write(self, selection: ExportSelection, destination: Destination) -> None:
        report, path = destination.report, destination.path
        folder = path if path.is_dir() else None
        file_path = path if folder is None else path / ANNOTATIONS_NAME
        image_ids = ids_of_frames(selection.project)
        category_ids = ids_of_classes(selection.project)
        is_results = selection.role == "predictions" and not self.has_frames_with_predictions
        if is_results and not _are_own_ids(selection.project, image_ids):
            report.lose("no_ids_of_frames", len(selection.frame_indices))
        report.frames = len(selection.frame_indices)
        records = _records(selection, image_ids, category_ids, report)
        if is_results and boxes_follow_from_shapes(selection):
            records = map(_without_box, records)
        with file_path.open("wb") as file:
            if is_results:
                _write_list(file, records)
                file.write(b"\n")
                _add_images(selection, destination, folder)
                return
            head = {"info": {"description": f"Exported by predscope {__version__}"}, "licenses": []}
            file.write(orjson.dumps(head)[:-1] + b',"images":')
            _write_list(file, _images(selection, image_ids, destination, folder))
            file.write(b',"categories":')
            _write_list(file, (category_record(one, category_ids[one.class_id]) for one in selection.classes))
            file.write(b',"annotations":')
            _write_list(file, records)
            file.write(b"}\n")


class CocoPredictionsExporter(CocoExporter):
    """Predictions with the frames and classes that they refer to, in one file: annotations with a ``score``."""

    name = "coco_predictions"
    title = "COCO JSON, predictions with their images and categories"
    roles: tuple[Role, ...] = ("predictions",)
    has_frames_with_predictions = True


def ids_of_frames(project: Project) -> np.ndarray:
    """int64 (frames,), all different: the ids of the labels, else the numbers in the file names, else from 1."""
    table = project.frames_table
    for values in (
        [_whole(text) for text in table["source_id"].to_pylist()],
        [number_of(name) for name in table["file_name"].to_pylist()],
    ):
        known = [value for value in values if value is not None]
        if known and len(known) == len(values) == len(set(known)) and max(known) < _MAX_ID:
            return np.array(known, np.int64)
    return np.arange(1, len(table) + 1, dtype=np.int64)


def ids_of_classes(project: Project) -> dict[int, int]:
    """Class id -> the id that the labels give the class, else counted from 1; all different."""
    given = {one.class_id: _whole(one.source_id) for one in project.classes}
    known = [value for value in given.values() if value is not None]
    if len(known) == len(given) == len(set(known)):
        return {class_id: value for class_id, value in given.items() if value is not None}
    return {class_id: class_id + 1 for class_id in given}


def category_record(one: ObjectClass, category_id: int) -> dict[str, Any]:
    record: dict[str, Any] = {"id": category_id, "name": one.name}
    if one.supercategory:
        record["supercategory"] = one.supercategory
    if one.keypoints:
        record["keypoints"] = list(one.keypoints)
        record["skeleton"] = [[first + 1, second + 1] for first, second in one.skeleton]
    return record


def _are_own_ids(project: Project, ids: np.ndarray) -> bool:
    """Would the results be found again by these ids?"""
    names = project.frames_table["file_name"]
    texts = project.frames_table["source_id"].to_pylist()
    return all(text == str(own) for text, own in zip(texts, ids.tolist(), strict=True)) or all(
        number_of(name) == own for name, own in zip(names.to_pylist(), ids.tolist(), strict=True)
    )


def _whole(text: str | None) -> int | None:
    if text is None or not (text.isascii() and text.isdecimal() and len(text) < 17):
        return None
    return int(text) if str(int(text)) == text else None


def _write_list(file: BinaryIO, records: Iterable[dict[str, Any]]) -> None:
    separator = b"["
    for record in records:
        file.write(separator + orjson.dumps(record))
        separator = b",\n"
    file.write(b"[]" if separator == b"[" else b"]")


def _images(
    selection: ExportSelection, image_ids: np.ndarray, destination: Destination, folder: Path | None
) -> Iterable[dict[str, Any]]:
    names = FrameNames(destination.report) if folder is not None else None
    for frame in selection.frames():
        file_name = frame.file_name
        if folder is not None and names is not None:
            file_name = destination.images.add(frame, folder / "images", names.name(frame)) or file_name
        record: dict[str, Any] = {"id": int(image_ids[frame.index]), "file_name": file_name}
        if frame.width is not None and frame.height is not None:
            record |= {"width": frame.width, "height": frame.height}
        yield record | {key: value for key, value in frame.attributes.items() if key not in _IMAGE_KEYS}


def _add_images(selection: ExportSelection, destination: Destination, folder: Path | None) -> None:
    if folder is not None:
        names = FrameNames(destination.report)
        for frame in selection.frames():
            destination.images.add(frame, folder / "images", names.name(frame))


def _records(
    selection: ExportSelection, image_ids: np.ndarray, category_ids: dict[int, int], report: ExportReport
) -> Iterable[dict[str, Any]]:
    next_id = _object_ids(selection, report)
    for frame, rows in selection.rows_by_frame(_COLUMNS):
        for row in rows:
            shape = _shape(row, frame, report)
            if shape is None:
                report.left_out += 1
                continue
            record = {
                "id": next_id(row),
                "image_id": int(image_ids[frame.index]),
                "category_id": category_ids[row["class_id"]],
                **shape,
            }
            if selection.role == "predictions":
                record["score"] = row["confidence"]
                report.lose("class_scores_left_out", int(row["class_scores"] is not None))
            else:
                record["iscrowd"] = int(row["is_crowd"])
            if row["is_ignored"]:
                record["ignore"] = 1
            if row["track_id"] is not None:
                record["track_id"] = row["track_id"]
            if row["attributes"]:
                record["attributes"] = orjson.Fragment(row["attributes"])
            report.objects += 1
            yield record


def _without_box(record: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in record.items() if key not in ("bbox", "area")}


def _object_ids(selection: ExportSelection, report: ExportReport) -> Callable[[dict[str, Any]], int]:
    """The ids of the file that was imported, if those are whole numbers from 1 and all different; else from 1."""
    seen: list[np.ndarray] = []
    for table in selection.chunks(["source_id"]):
        texts = table["source_id"].to_pylist()
        numbers = [_whole(text) for text in texts]
        if None in numbers:
            break
        seen.append(np.array(numbers, np.int64))
    else:
        ids = np.concatenate(seen) if seen else np.zeros(0, np.int64)
        if not len(ids) or (ids.min() > 0 and len(np.unique(ids)) == len(ids)):
            return lambda row: int(row["source_id"])
    if seen:
        report.lose("ids_renumbered")
    counter = iter(range(1, selection.objects.count + 1))
    return lambda _: next(counter)


def _shape(row: dict[str, Any], frame: ExportFrame, report: ExportReport) -> dict[str, Any] | None:
    """Box, segmentation and keypoints of a record; None: COCO cannot hold the object."""
    geometry = row["geometry"]
    box = box_as_given(row)
    if geometry == Geometry.CLASSIFICATION or box is None:
        report.lose("frame_classes_left_out", 1, frame.file_name)
        return None
    shape: dict[str, Any] = {"bbox": box, "area": box[2] * box[3] if row["area"] is None else row["area"]}
    if row["rle_counts"] is not None:
        size = [row["rle_height"], row["rle_width"]]
        shape["segmentation"] = {"size": size, "counts": row["rle_counts"].decode("ascii")}
    elif row["polygons"] is not None:
        segmentation = _segmentation(row["polygons"], frame, report)
        if segmentation is None:
            return None
        shape["segmentation"] = segmentation
    elif row["oriented_box"] is not None:
        report.lose("oriented_as_outlines")
        shape["segmentation"] = [corners_of(row["oriented_box"])]
    if row["keypoints"] is not None:
        shape["keypoints"] = row["keypoints"]
        shape["num_keypoints"] = sum(visibility > 0 for visibility in row["keypoints"][2::3])
    if geometry == Geometry.POLYLINE:
        report.lose("lines_as_boxes")
    return shape


def _segmentation(polygons: list[Any], frame: ExportFrame, report: ExportReport) -> Any:
    if all(len(part) == 1 for part in polygons):
        return [part[0] for part in polygons]
    if frame.size is None:
        report.lose("frame_size_unknown", 1, frame.file_name)
        return None
    report.lose("outlines_as_masks")
    return {"size": list(frame.size), "counts": outline_as_mask(polygons, frame.size).decode("ascii")}
