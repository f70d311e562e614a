"""Label Studio's JSON export (https://labelstud.io/guide/export, https://labelstud.io/guide/task_format).

A list of tasks: the image in ``data``, what people drew in ``annotations``, what a model said in ``predictions``, each
with a list of results. *JSON-MIN* exports, whose tasks hold the shapes themselves, are read too. Of several annotations
of a task one counts: the ground truth, else the one that was changed last.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from predscope.errors import FileParsingError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.json_files.document import JsonDocument, open_json
from predscope.formats.json_files.peek import peek_json
from predscope.formats.json_files.values import (
    UnusableShape,
    as_flag,
    as_list,
    as_object,
    as_text,
    class_missing,
    scalars,
    shape_not_read,
    shown,
)
from predscope.formats.label_studio.shapes import SHAPE_KINDS, frame_size, kind_and_classes, read_value
from predscope.formats.label_studio.tasks import (
    TASK_KEYS,
    annotations_of,
    image_of,
    is_minimal,
    minimal_results,
    names_image,
)
from predscope.formats.label_studio.tracks import VideoRegions, is_video, results_of, video_frames
from predscope.formats.label_studio.video import VIDEO_KINDS
from predscope.formats.shape_rows import RowCollector, ShapeRow, read_confidence
from predscope.media.naming import is_video_name
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame, Geometry

_ABOUT_REGIONS: Final = frozenset({"textarea", "rating", "number", "datetime", "taxonomy", "choices"})
_NOT_OBJECTS: Final = frozenset({"relation", "pairwise", "ranker"})


class LabelStudioReader:
    """Label Studio's JSON and JSON-MIN: annotations as labels, predictions as predictions."""

    name = "label_studio"
    title = "Label Studio JSON"

    def detect(self, source: Path, head: bytes) -> Detection:
        peek = peek_json(head)
        text = head[:4096].decode("utf-8", "replace")
        if peek.kind == "object" and "data" in peek.keys and set(peek.keys) & TASK_KEYS:
            return Detection(0.9, "a task of Label Studio's, with data and annotations")
        if peek.kind != "array":
            return Detection(0.0, "")
        task = peek.first
        is_long = task is None and '"annotations"' in text  # its first task goes on behind what was seen
        if is_long and any(f'"{key}"' in text for key in ("data", "original_width", "framesCount", "from_name")):
            return Detection(0.8, "a JSON list that starts like tasks of Label Studio's")
        if not isinstance(task, dict):
            return Detection(0.0, "")
        if isinstance(task.get("data"), dict) and task.keys() & TASK_KEYS:
            has_labels = any(as_object(entry).get("result") for entry in annotations_of(task, "labels"))
            has_predictions = any(as_object(entry).get("result") for entry in as_list(task.get("predictions")))
            role: Role = "predictions" if has_predictions and not has_labels else "labels"
            return Detection(0.95, "a JSON list of tasks with data and annotations (Label Studio)", role)
        if is_minimal(task):
            return Detection(0.9, "a JSON list of tasks with shapes in percents (Label Studio JSON-MIN)")
        return Detection(0.0, "")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        document = open_json(source, report)
        frames, counts = _read_frames(document, report)
        if not frames:
            raise FileParsingError(
                "has no tasks with an image or regions of a video, as Label Studio exports them.", where=source
            )
        if role == "predictions" and not counts["predictions"]:
            raise FileParsingError(
                "its tasks have no predictions: these are labels.",
                where=source,
                fix="Import it with `predscope import labels`; predictions stand in the predictions of each task.",
            )
        if role == "labels" and not counts["labels"] and counts["predictions"]:
            raise FileParsingError(
                "its tasks have predictions but no annotations: these are predictions, not labels.",
                where=source,
                fix="Import it with `predscope import predictions`.",
            )
        return Reading(self.name, role, frames, None, _read_batches(document, role, report), report)


def _tasks(document: JsonDocument) -> Iterator[tuple[int, Any]]:
    """Tasks with their place in the list; a file of one task is that task."""
    if not document.is_array:
        yield 0, document.value(document.root)
        return
    for first, tasks in document.records(document.root):
        yield from enumerate(tasks, first)


def _read_frames(document: JsonDocument, report: ImportReport) -> tuple[list[DeclaredFrame], dict[str, int]]:
    """Frames of all tasks, and how many results they have of each role."""
    frames: list[DeclaredFrame] = []
    counts = {"labels": 0, "predictions": 0}
    for index, task in _tasks(document):
        name = image_of(task)
        if name is None:
            continue  # its objects are rejected when they are read
        if not frames and index:
            report.note("tasks_without_image", Severity.WARNING, "Tasks name no image.", count=index)
        labels = results_of(annotations_of(task, "labels")) if task.keys() & TASK_KEYS else minimal_results(task)
        predictions = results_of(annotations_of(task, "predictions"))
        counts["labels"] += len(labels)
        counts["predictions"] += len(predictions)
        results = [*labels, *predictions]
        attributes = {key: value for key, value in scalars(task.get("data")).items() if not names_image(value)}
        attributes |= scalars(task.get("meta"))
        if is_video(name, results):
            frames += video_frames(name, results, attributes, len(frames), report)
        else:
            sizes = (frame_size(as_object(result)) for result in results)
            width, height = next((size for size in sizes if size[0]), (None, None))
            frames.append(DeclaredFrame(name, as_text(task.get("id")), width, height, attributes=attributes))
    return frames, counts


def _read_batches(document: JsonDocument, role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    videos = VideoRegions(collector, report)
    for index, task in _tasks(document):
        place = f"[{index}]" if document.is_array else "the task"
        if not isinstance(task, dict):
            reason = UnusableShape("record_not_object", "A record is not a JSON object.", f"found {shown(task)}")
            collector.reject(place, reason)
            continue
        frame = image_of(task)
        if not task.keys() & TASK_KEYS:
            entries: list[tuple[str, Any]] = [(place, {"result": minimal_results(task)})]
        else:
            entries = _chosen(annotations_of(task, role), role, place, collector, report)
        for where, entry in entries:
            for row in _read_results(as_object(entry), frame, where, role, videos):
                collector.add(row)
                yield from collector.full()
        yield from collector.full()
    yield from collector.rest()


def _chosen(
    entries: list[Any], role: Role, place: str, collector: RowCollector, report: ImportReport
) -> list[tuple[str, Any]]:
    """The one annotation of a task that counts. Results of the others are rejected, cancelled ones are left out."""
    member = "annotations" if role == "labels" else "predictions"
    named = [(f"{place}.{member}[{number}]", as_object(entry)) for number, entry in enumerate(entries)]
    kept = []
    for where, entry in named:
        if as_flag(entry.get("was_cancelled")) or as_flag(entry.get("skipped")):
            report.note("annotation_cancelled", Severity.INFO, "Cancelled annotations were left out.", examples=[where])
        else:
            kept.append((where, entry))
    if len(kept) < 2:
        return list(kept)
    best = max(
        range(len(kept)),
        key=lambda at: (as_flag(kept[at][1].get("ground_truth")), as_text(kept[at][1].get("updated_at")) or "", at),
    )
    for at, (where, entry) in enumerate(kept):
        if at != best:
            for number, result in enumerate(as_list(entry.get("result"))):
                if as_object(result).get("type") not in _NOT_OBJECTS:
                    collector.reject(
                        f"{where}.result[{number}]",
                        UnusableShape(
                            "another_annotation",
                            f"Tasks have several {member}; the ground truth counts, else the one that was changed "
                            "last.",
                            fix="Mark one annotation of each task as the ground truth to choose it.",
                        ),
                    )
    return [kept[best]]


def _read_results(
    entry: dict[str, Any], frame: str | None, where: str, role: Role, videos: VideoRegions
) -> Iterator[ShapeRow]:
    """The rows of an annotation; results that cannot be read are rejected."""
    results = as_list(entry.get("result"))
    shapes = {
        as_text(as_object(result).get("id"))
        for result in results
        if _kind_of(as_object(result)) in SHAPE_KINDS - {"choices"}
    }
    classes, attributes = _about_regions(results, shapes)
    for number, result in enumerate(results):
        place = f"{where}.result[{number}]"
        try:
            if not isinstance(result, dict):
                raise UnusableShape("record_not_object", "A record is not a JSON object.", f"found {shown(result)}")
            kind = _kind_of(result)
            region = as_text(result.get("id"))
            is_about_region = kind in _ABOUT_REGIONS | {""} and region in shapes and region is not None
            if kind in _NOT_OBJECTS or is_about_region:
                continue
            if frame is None:
                raise UnusableShape("frame_missing", "A task names no image.", fix="Export tasks with their data.")
            joined = classes.get(region or "", [])
            rows = videos.rows if kind in VIDEO_KINDS else _read_result
            for row in rows(result, frame, place, joined):
                row.attributes = {**row.attributes, **attributes.get(region or "", {})}
                if math.isnan(row.confidence) and role == "predictions":
                    row.confidence = read_confidence(entry.get("score"))
                yield row
        except UnusableShape as reason:
            videos.collector.reject(place, reason)


def _kind_of(result: dict[str, Any]) -> str:
    return kind_and_classes(result, as_object(result.get("value")))[0]


def _about_regions(
    results: list[Any], shapes: set[str | None]
) -> tuple[dict[str, list[str]], dict[str, dict[str, Any]]]:
    """What results say of the shapes of others (by id): classes, and attributes from choices, texts and ratings."""
    classes: dict[str, list[str]] = {}
    attributes: dict[str, dict[str, Any]] = {}
    for result in results:
        record = as_object(result)
        region, value = as_text(record.get("id")), as_object(record.get("value"))
        if region is None or region not in shapes:
            continue
        kind, names = kind_and_classes(record, value)
        if kind not in _ABOUT_REGIONS:
            classes.setdefault(region, []).extend(names)
            continue
        told = value.get("text") or value.get("number") or value.get(kind)
        text = ", ".join(names) or (", ".join(map(str, told)) if isinstance(told, list) else as_text(told))
        if text:
            attributes.setdefault(region, {})[as_text(record.get("from_name")) or kind] = text
    return classes, attributes


def _read_result(result: dict[str, Any], frame: str, place: str, joined: list[str]) -> Iterator[ShapeRow]:
    """A row of a shape, or a row for each class of the whole frame."""
    value = as_object(result.get("value"))
    kind, classes = kind_and_classes(result, value)
    if kind not in SHAPE_KINDS:
        raise shape_not_read(kind or "a result without a shape")
    if is_video_name(frame):
        raise shape_not_read(kind, "it is about a whole video")
    classes = list(dict.fromkeys(classes or joined))
    if not classes:
        raise class_missing()
    width, height = frame_size(result)
    shape, relative = read_value(kind, value, width, height)
    confidence = read_confidence(result.get("score"))
    extra = scalars(result.get("meta"))
    if kind == "choices":
        for name in classes:
            yield ShapeRow(frame, name, place, shape, confidence, attributes=dict(extra))
        return
    if len(classes) > 1:
        extra["labels"] = ", ".join(classes)
    if shape.geometry is Geometry.KEYPOINTS and (size := as_text(value.get("width"))):
        extra["point_width_percent"] = size
    yield ShapeRow(
        frame, classes[0], place, shape, confidence, relative, source_id=as_text(result.get("id")), attributes=extra
    )
