"""LabelMe JSON (https://github.com/wkentaro/labelme, ``labelme/_label_file.py`` and ``shape.py``): one file a frame.

X-AnyLabeling writes the same files with a few more members (https://github.com/CVHub520/X-AnyLabeling): ``score``,
``difficult``, ``attributes`` and turned boxes of four corners; those are read too. Images embedded in ``imageData`` are
not looked at.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.json_files.document import JsonDocument
from predscope.formats.json_files.frames import (
    FIRST_LOOK,
    FrameFile,
    detect_frame_files,
    frame_files,
    image_beside,
    note_damaged,
    open_frame_files,
)
from predscope.formats.json_files.peek import JsonPeek
from predscope.formats.json_files.values import (
    UnusableShape,
    as_flag,
    as_object,
    as_size,
    as_text,
    class_missing,
    invalid_shape,
    points_of,
    scalars,
    shape_not_read,
    shown,
)
from predscope.formats.masks.placed import decode_base64, mask_of_png, place_mask
from predscope.formats.shape_rows import (
    RowCollector,
    Shape,
    ShapeRow,
    check_role,
    corners_shape,
    ellipse_shape,
    line_shape,
    mask_shape,
    oriented_shape,
    points_shape,
    polygon_shape,
    read_confidence,
)
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame, Geometry

_SCORE_KEYS: Final = ("score", "confidence")
_SHAPE_KEYS: Final = frozenset(
    {"label", "points", "group_id", "shape_type", "flags", "mask", "difficult", "attributes", "description"}
    | {*_SCORE_KEYS, "direction", "kie_linking", "line_color", "fill_color", "other_data"}
)
_TITLE: Final = "LabelMe"
_IGNORED: Final = "__ignore__"
"""LabelMe's own name for regions of which nothing is said."""


class LabelMeReader:
    """LabelMe's files: polygons, boxes, circles, lines, points and masks."""

    name = "labelme"
    title = "LabelMe JSON"

    def detect(self, source: Path, head: bytes) -> Detection:
        return detect_frame_files(source, head, _is_labelme, "JSON files with imagePath and shapes, as LabelMe writes")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        files = frame_files(source)
        if not files:
            raise FileParsingError("has no JSON files.", where=source, fix="Give the folder of LabelMe's files.")
        frames = _read_frames(files, report)
        if not frames:
            raise FileParsingError("has no usable LabelMe JSON file.", where=source, fix=report.first_examples)
        check_role(
            source,
            role,
            scored=sum(frame.scored for frame in frames),
            total=sum(frame.shapes for frame in frames),
            hint="a score into each shape",
        )
        _name_frames(frames, report)
        declared = [frame.declared() for frame in frames]
        return Reading(self.name, role, declared, None, _read_batches(frames, role, report), report)


@dataclass(slots=True)
class _Frame:
    """What the first look at a file found."""

    file: FrameFile
    name: str
    width: int | None
    height: int | None
    attributes: dict[str, Any]
    shapes: int
    scored: int

    def declared(self) -> DeclaredFrame:
        return DeclaredFrame(self.name, width=self.width, height=self.height, attributes=self.attributes)


def _is_labelme(peek: JsonPeek) -> bool:
    keys = set(peek.keys)
    if peek.kind != "object" or "imagePath" not in keys:
        return "shapes" in keys and _is_shape(peek.first_of.get("shapes"))
    return bool(keys & {"shapes", "imageData", "imageHeight", "imageWidth"})


def _is_shape(value: Any) -> bool:
    return isinstance(value, dict) and "points" in value and "label" in value


def _fits(document: JsonDocument) -> bool:
    return not document.is_array and document.is_array_at(document.members.get("shapes"))


def _shapes(document: JsonDocument) -> list[Any]:
    found = document.member("shapes")
    return found if isinstance(found, list) else []


def _read_frames(files: list[FrameFile], report: ImportReport) -> list[_Frame]:
    frames = []
    for file, document in open_frame_files(files, report, _fits, _TITLE, FIRST_LOOK):
        members = document.members
        try:
            shapes = _shapes(document)
            flags = as_object(document.member("flags"))
        except FileParsingError as error:
            note_damaged(file, error.what, report)
            continue
        image = as_text(members.get("imagePath"))
        frames.append(
            _Frame(
                file,
                image_beside(file, image) if image else str(Path(file.place).with_suffix("")),
                as_size(members.get("imageWidth")),
                as_size(members.get("imageHeight")),
                scalars(flags),
                len(shapes),
                sum(any(as_object(shape).get(key) is not None for key in _SCORE_KEYS) for shape in shapes),
            )
        )
    return frames


def _name_frames(frames: list[_Frame], report: ImportReport) -> None:
    """An image that several files name was copied along: those take the name of the JSON file instead."""
    shared = {name for name, count in Counter(frame.name for frame in frames).items() if count > 1}
    copied = [frame for frame in frames if frame.name in shared]
    if copied:
        report.note(
            "image_path_shared",
            Severity.WARNING,
            "Several JSON files have the same imagePath; their frames go by the name of the JSON file.",
            count=len(copied),
            examples=[f"{frame.file.place}: {frame.name}" for frame in copied[:5]],
            fix="Correct the imagePath in them if frames are not found.",
        )
        for frame in copied:
            frame.name = str(Path(frame.file.place).with_suffix(Path(frame.name).suffix))


def _read_batches(frames: list[_Frame], role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    by_place = {frame.file.place: frame for frame in frames}
    silent = ImportReport()  # what is odd about the files was said at the first look
    for file, document in open_frame_files([frame.file for frame in frames], silent, _fits, _TITLE):
        frame = by_place[file.place]
        try:
            shapes = _shapes(document)
        except InputError as error:
            note_damaged(file, error.what, report)
            continue
        for row in _join_parts(list(_read_rows(shapes, frame, collector)), report):
            collector.add(row)
        yield from collector.full()
    yield from collector.rest()


def _read_rows(shapes: list[Any], frame: _Frame, collector: RowCollector) -> Iterator[ShapeRow]:
    for number, shape in enumerate(shapes):
        place = f"{frame.file.place}: shapes[{number}]"
        try:
            yield _read_row(shape, frame, place)
        except UnusableShape as reason:
            collector.reject(place, reason)


def _read_row(shape: Any, frame: _Frame, place: str) -> ShapeRow:
    if not isinstance(shape, dict):
        raise UnusableShape("record_not_object", "A record is not a JSON object.", f"found {shown(shape)}")
    label = as_text(shape.get("label"))
    if label is None:
        raise class_missing()
    score = next((shape[key] for key in _SCORE_KEYS if shape.get(key) is not None), None)
    attributes = scalars(shape, without=_SHAPE_KEYS) | scalars(shape.get("attributes"))
    attributes |= {name: True for name, value in as_object(shape.get("flags")).items() if as_flag(value)}
    description = as_text(shape.get("description"))
    group = as_text(shape.get("group_id"))
    if description is not None:
        attributes["description"] = description
    if group is not None:
        attributes["group_id"] = group
    return ShapeRow(
        frame.name,
        label,
        place,
        _read_shape(shape, frame),
        read_confidence(score),
        is_ignored=as_flag(shape.get("difficult")) or label == _IGNORED,
        attributes=attributes,
    )


def _read_shape(shape: dict[str, Any], frame: _Frame) -> Shape:
    kind = as_text(shape.get("shape_type")) or "polygon"
    points = shape.get("points")
    if kind == "polygon":
        return polygon_shape([points_of(points, least=3)])
    if kind == "rectangle":
        return corners_shape(points_of(points, least=2))
    if kind == "rotation":
        return _turned(points_of(points, least=4))
    if kind == "circle":
        x, y, edge_x, edge_y = points_of(points, least=2)[:4]
        radius = math.hypot(edge_x - x, edge_y - y)
        return ellipse_shape(x, y, radius, radius)
    if kind in ("line", "linestrip"):
        return line_shape(points_of(points, least=2))
    if kind in ("point", "points"):
        return points_shape(points_of(points, least=1))
    if kind == "mask":
        left, top, right, bottom = points_of(points, least=2)[:4]
        crop = mask_of_png(decode_base64(shape.get("mask")))
        if max(map(abs, (left, top, right, bottom))) > 2**31:
            raise invalid_shape(f"corners are {shown(points)}")
        return mask_shape(place_mask(crop, round(min(left, right)), round(min(top, bottom)), frame.height, frame.width))
    raise shape_not_read(kind)


def _turned(points: list[float]) -> Shape:
    """A turned box through four corners, in order."""
    ax, ay, bx, by, cx, cy = points[:6]
    width, height = math.hypot(bx - ax, by - ay), math.hypot(cx - bx, cy - by)
    return oriented_shape((ax + cx) / 2, (ay + cy) / 2, width, height, math.atan2(by - ay, bx - ax))


def _join_parts(rows: list[ShapeRow], report: ImportReport) -> list[ShapeRow]:
    """Polygons of one class and one group are the parts of one object."""
    joined: dict[tuple[str, str], ShapeRow] = {}
    kept = []
    for row in rows:
        group = row.attributes.get("group_id")
        if group is None or row.shape.geometry is not Geometry.POLYGON:
            kept.append(row)
            continue
        first = joined.setdefault((row.class_name, group), row)
        if first is row:
            kept.append(row)
            continue
        parts = [*(first.shape.polygons or ()), *(row.shape.polygons or ())]
        first.shape = polygon_shape(*parts)
        first.attributes = {**row.attributes, **first.attributes}
        report.note(
            "parts_joined",
            Severity.INFO,
            "Outlines of one class with the same group_id were joined into one object of several parts.",
            examples=[f"{row.place}: group {group}"],
        )
    return kept
