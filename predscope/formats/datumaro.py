"""Datumaro's JSON (https://openvinotoolkit.github.io/datumaro/latest/docs/data-formats/formats/datumaro.html).

``categories.label.labels`` lists the classes, ``items`` the frames, each with its annotations. Masks are COCO's run
lengths. Captions and three-dimensional shapes are no objects in an image.
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
    as_color,
    as_flag,
    as_list,
    as_number,
    as_object,
    as_size,
    as_text,
    as_whole,
    class_missing,
    flat_points_of,
    invalid_shape,
    numbers_of,
    scalars,
    shape_not_read,
    shown,
)
from predscope.formats.masks.placed import coco_mask
from predscope.formats.shape_rows import (
    RowCollector,
    Shape,
    ShapeRow,
    check_role,
    ellipse_shape,
    frame_class,
    line_shape,
    mask_shape,
    oriented_shape,
    points_shape,
    polygon_shape,
    read_confidence,
)
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame, Geometry

_SCORE_KEYS: Final = ("score", "confidence")
_FLAGS: Final = frozenset({"is_crowd", "difficult", "track_id", *_SCORE_KEYS})
_NOT_OBJECTS: Final = frozenset({"caption", "hash_key", "feature_vector", "tabular"})


class DatumaroReader:
    """Datumaro's annotations; those with a score among their attributes as predictions."""

    name = "datumaro"
    title = "Datumaro JSON"

    def detect(self, source: Path, head: bytes) -> Detection:
        peek = peek_json(head)
        if peek.kind != "object":
            return Detection(0.0, "")
        item = peek.first_of.get("items")
        fits_item = isinstance(item, dict) and "id" in item and ("annotations" in item or "media" in item)
        has_items = "items" in peek.keys and (fits_item or "categories" in peek.keys)
        has_head = "categories" in peek.keys and "categories" not in peek.first_of and _starts_items(head)
        if not has_items and not has_head:
            return Detection(0.0, "")
        annotations = as_list(as_object(item).get("annotations"))
        scored = any(_score(as_object(entry)) is not None for entry in annotations)
        return Detection(
            0.95, "a JSON object with categories and items (Datumaro)", "predictions" if scored else "labels"
        )

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        document = open_json(source, report)
        if document.is_array or not document.is_array_at(document.members.get("items")):
            raise FileParsingError("has no list of items, as Datumaro's JSON has.", where=source)
        labels = _labels(document)
        frames: list[DeclaredFrame] = []
        scored = total = 0
        for _, item in _items(document):
            annotations = [as_object(entry) for entry in as_list(as_object(item).get("annotations"))]
            if len(frames) < 1000:
                total += len(annotations)
                scored += sum(_score(annotation) is not None for annotation in annotations)
            if (frame := _declare(as_object(item))) is not None:
                frames.append(frame)
        check_role(source, role, scored=scored, total=total, hint="a score into the attributes of each annotation")
        classes = labels or None
        return Reading(self.name, role, frames, classes, _read_batches(document, labels, role, report), report)


def _starts_items(head: bytes) -> bool:
    return b'"items"' in head and b'"label_id"' in head


def _items(document: JsonDocument) -> Iterator[tuple[int, Any]]:
    for first, items in document.records(document.members["items"]):
        yield from enumerate(items, first)


def _labels(document: JsonDocument) -> list[DeclaredClass]:
    """Classes in the order of their ids; places without a name are called by their number."""
    categories = as_object(document.member("categories"))
    points = {
        as_whole(entry.get("label_id")): entry
        for entry in map(as_object, as_list(as_object(categories.get("points")).get("items")))
    }
    colors = {
        as_whole(entry.get("label_id")): [entry.get(channel) for channel in "rgb"]
        for entry in map(as_object, as_list(as_object(categories.get("mask")).get("colormap")))
    }
    found = []
    for index, label in enumerate(as_list(as_object(categories.get("label")).get("labels"))):
        record = as_object(label)
        keypoints = points.get(index, {})
        names = tuple(text for name in as_list(keypoints.get("labels")) if (text := as_text(name)))
        found.append(
            DeclaredClass(
                as_text(record.get("name")) or as_text(label) or f"class_{index}",
                str(index),
                as_text(record.get("parent")),
                names,
                _joints(keypoints.get("joints"), len(names)),
                as_color(colors.get(index)),
            )
        )
    return found


def _joints(value: Any, count: int) -> tuple[tuple[int, int], ...]:
    """Pairs of keypoints, which Datumaro counts from 1, as COCO does."""
    pairs = [tuple(as_whole(end) for end in pair) for pair in as_list(value) if isinstance(pair, list)]
    whole = [(a - 1, b - 1) for pair in pairs if len(pair) == 2 for a, b in [pair] if a is not None and b is not None]
    return tuple((a, b) for a, b in whole if 0 <= a < count and 0 <= b < count)


def _declare(item: dict[str, Any]) -> DeclaredFrame | None:
    media = as_object(item.get("image")) or as_object(item.get("media"))
    size = [as_size(side) for side in as_list(media.get("size"))[:2]]
    height, width = (size[0], size[1]) if len(size) == 2 else (None, None)
    video, index = as_text(media.get("video_path")), as_whole(media.get("frame_index"))
    attributes = scalars(item.get("attr"))
    if video is not None and index is not None and index >= 0:
        return DeclaredFrame(f"{video}#{index}", None, width, height, video, index, attributes)
    identity = as_text(item.get("id"))
    name = as_text(media.get("path")) or identity
    return None if name is None else DeclaredFrame(name, identity, width, height, attributes=attributes)


def _read_batches(
    document: JsonDocument, labels: list[DeclaredClass], role: Role, report: ImportReport
) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    for index, item in _items(document):
        frame = _declare(as_object(item))
        rows = []
        for number, annotation in enumerate(as_list(as_object(item).get("annotations"))):
            place = f"items[{index}].annotations[{number}]"
            kind = as_text(as_object(annotation).get("type"))
            if kind in _NOT_OBJECTS:
                report.note(
                    "not_an_object",
                    Severity.INFO,
                    "Captions and the like are no objects.",
                    examples=[f"{place}: {kind}"],
                )
                continue
            try:
                rows.append(_read_annotation(annotation, kind, frame, labels, place))
            except UnusableShape as reason:
                collector.reject(place, reason)
        for row in _join_groups(rows):
            collector.add(row)
        yield from collector.full()
    yield from collector.rest()


def _score(annotation: dict[str, Any]) -> Any:
    attributes = as_object(annotation.get("attributes"))
    values = [attributes.get(key) for key in _SCORE_KEYS] + [annotation.get(key) for key in _SCORE_KEYS]
    return next((value for value in values if value is not None), None)


def _read_annotation(
    annotation: Any, kind: str | None, frame: DeclaredFrame | None, labels: list[DeclaredClass], place: str
) -> ShapeRow:
    if not isinstance(annotation, dict):
        raise UnusableShape("record_not_object", "A record is not a JSON object.", f"found {shown(annotation)}")
    if frame is None:
        raise UnusableShape("frame_missing", "An item has neither an id nor the path of an image.")
    label = as_whole(annotation.get("label_id"))
    if label is None:
        raise class_missing()
    if label < 0:
        raise UnusableShape("class_missing", "Objects name no class.", f"label_id is {label}")
    name = labels[label].name if label < len(labels) else f"class {label}"
    told = as_object(annotation.get("attributes"))
    group = as_whole(annotation.get("group"))
    attributes = scalars(told, without=_FLAGS)
    if group:
        attributes["group"] = group
    return ShapeRow(
        frame.file_name,
        name,
        place,
        _read_shape(annotation, kind),
        read_confidence(_score(annotation)),
        is_crowd=as_flag(told.get("is_crowd")),
        is_ignored=as_flag(told.get("difficult")),
        track_id=as_text(told.get("track_id")),
        source_id=as_text(annotation.get("id") or None),  # 0: none was given
        attributes=attributes,
    )


def _read_shape(annotation: dict[str, Any], kind: str | None) -> Shape:
    if kind == "label":
        return frame_class()
    if kind == "bbox":
        numbers = [as_number(value) for value in as_list(annotation.get("bbox"))]
        x, y, w, h = numbers if len(numbers) == 4 else (None,) * 4
        if x is None or y is None or w is None or h is None:
            raise invalid_shape(f"bbox is {shown(annotation.get('bbox'))}, expected x, y, width, height")
        return Shape(Geometry.BOX, [x, y, w, h])
    if kind == "rotated_bbox":
        x, y, w, h, degrees = numbers_of(annotation, "cx", "cy", "w", "h", "r")
        return oriented_shape(x, y, w, h, math.radians(degrees))
    if kind == "polygon":
        return polygon_shape([flat_points_of(annotation.get("points"), least=3)])
    if kind == "polyline":
        return line_shape(flat_points_of(annotation.get("points"), least=2))
    if kind == "points":
        points = flat_points_of(annotation.get("points"), least=1)
        levels = [as_whole(level) for level in as_list(annotation.get("visibility"))]
        known = [level for level in levels if level is not None and 0 <= level <= 2]
        return points_shape(points, known if len(known) == len(points) // 2 else None)
    if kind == "ellipse":
        left, top, right, bottom = flat_points_of(annotation.get("points"), least=2)[:4]
        return ellipse_shape((left + right) / 2, (top + bottom) / 2, abs(right - left) / 2, abs(bottom - top) / 2)
    if kind == "mask":
        return mask_shape(coco_mask(annotation.get("rle")))
    raise shape_not_read(kind)


def _join_groups(rows: list[ShapeRow]) -> Iterator[ShapeRow]:
    """Polygons of one class and one group are the parts of one object."""
    first_of: dict[tuple[str, int], ShapeRow] = {}
    kept = []
    for row in rows:
        group = row.attributes.get("group")
        if group is None or row.shape.geometry is not Geometry.POLYGON:
            kept.append(row)
            continue
        first = first_of.setdefault((row.class_name, group), row)
        if first is row:
            kept.append(row)
        else:
            first.shape = polygon_shape(*(first.shape.polygons or ()), *(row.shape.polygons or ()))
    yield from kept
