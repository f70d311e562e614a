"""BDD100K's JSON (https://doc.bdd100k.com/format.html), which is Scalabel's too (https://doc.scalabel.ai/format.html).

A list of frames with ``labels`` (also inside ``{"frames": [...]}``), or, as labels were first given out, one file a
frame whose ``frames`` have ``objects``. Boxes are x1, y1, x2, y2 and are taken as they stand: w = x2 - x1.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.json_files.document import JsonDocument, Span
from predscope.formats.json_files.frames import (
    FIRST_LOOK,
    FrameFile,
    detect_frame_files,
    frame_files,
    note_damaged,
    open_frame_files,
)
from predscope.formats.json_files.peek import JsonPeek
from predscope.formats.json_files.values import (
    UnusableShape,
    as_flag,
    as_list,
    as_object,
    as_size,
    as_text,
    as_whole,
    class_missing,
    invalid_shape,
    numbers_of,
    points_of,
    scalars,
    shown,
)
from predscope.formats.masks.placed import coco_mask
from predscope.formats.shape_rows import (
    RowCollector,
    Shape,
    ShapeRow,
    box_shape,
    check_role,
    frame_class,
    line_shape,
    mask_shape,
    points_shape,
    polygon_shape,
    read_confidence,
)
from predscope.report import ImportReport
from predscope.schema import DeclaredFrame

_TITLE: Final = "BDD100K"
_SHAPE_KEYS: Final = ("box2d", "poly2d", "rle", "graph")
_LABEL_KEYS: Final = frozenset({"id", "category", "score", "manualShape", "manualAttributes", "manual", "index"})
_FRAME_KEYS: Final = frozenset({"name", "url", "videoName", "video_name", "frameIndex", "size", "labels", "objects"})
_CURVE_STEPS: Final = 8
_SAMPLE_FRAMES: Final = 200


class Bdd100kReader:
    """BDD100K and Scalabel: boxes, lanes, areas, run lengths; with scores as predictions."""

    name = "bdd100k"
    title = "BDD100K JSON"

    def detect(self, source: Path, head: bytes) -> Detection:
        return detect_frame_files(source, head, _is_bdd, "JSON frames with a name and labels (BDD100K, Scalabel)")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        files = frame_files(source)
        frames: list[DeclaredFrame] = []
        scored = total = 0
        for file, document in open_frame_files(files, report, _fits, _TITLE, FIRST_LOOK):
            try:
                for entry in _frames(document, file.place):
                    if entry.declared is not None:
                        frames.append(entry.declared)
                    if len(frames) <= _SAMPLE_FRAMES:
                        total += len(entry.labels)
                        scored += sum(as_object(label).get("score") is not None for label in entry.labels)
            except FileParsingError as error:
                if len(files) == 1:
                    raise
                note_damaged(file, error.what, report)
        if not frames:
            raise FileParsingError(
                "has no frames with a name, as BDD100K has them.", where=source, fix=report.first_examples
            )
        check_role(source, role, scored=scored, total=total, hint="a score into each label")
        return Reading(self.name, role, frames, None, _read_batches(files, role, report), report)


@dataclass(slots=True)
class _Frame:
    """A frame of a file.

    Attributes:
        declared: None where it has no name.
        labels: as the file has them.
        place: where it stands.
        ids_are_of_file: ids of labels tell those of all frames apart, not those of one frame alone.
    """

    declared: DeclaredFrame | None
    labels: list[Any]
    place: str
    ids_are_of_file: bool


def _is_bdd(peek: JsonPeek) -> bool:
    if peek.kind == "array":
        return _is_frame(peek.first)
    frames = peek.first_of.get("frames")
    is_frame = isinstance(frames, dict) and (_is_frame(frames) or "objects" in frames)
    return peek.kind == "object" and "frames" in peek.keys and is_frame


def _is_frame(frame: Any) -> bool:
    if not isinstance(frame, dict) or "name" not in frame:
        return False
    labels = frame.get("labels", frame.get("objects"))
    if labels is None and "labels" in frame:
        return True
    first = labels[0] if isinstance(labels, list) and labels else None
    is_label = isinstance(first, dict) and "category" in first
    return isinstance(labels, list) and (is_label or not labels)


def _fits(document: JsonDocument) -> bool:
    return document.is_array or document.is_array_at(document.members.get("frames"))


def _frames(document: JsonDocument, place: str) -> Iterator[_Frame]:
    span = document.root if document.is_array else document.members["frames"]
    if not isinstance(span, Span):
        return
    about = {} if document.is_array else scalars(document.member("attributes"))
    owner = None if document.is_array else as_text(document.members.get("name"))
    for first, records in document.records(span):
        for number, entry in enumerate(records, first):
            where = f"{place}: {'' if document.is_array else 'frames'}[{number}]"
            record = as_object(entry)
            labels = as_list(record.get("labels")) or as_list(record.get("objects"))
            name = as_text(record.get("name"))
            if name is None and owner is not None:
                name = owner if number == 0 else f"{owner}#{number}"
            yield _Frame(None if name is None else _declare(name, record, about), labels, where, owner is None)


def _declare(name: str, record: dict[str, Any], about: dict[str, Any]) -> DeclaredFrame:
    video = as_text(record.get("videoName")) or as_text(record.get("video_name"))
    index = as_whole(record.get("frameIndex"))
    if index is None:
        index = as_whole(record.get("index"))
    size = as_object(record.get("size"))
    in_video = video is not None and video not in PurePosixPath(name).parts[:-1]
    return DeclaredFrame(
        f"{video}/{name}" if in_video else name,
        width=as_size(size.get("width")),
        height=as_size(size.get("height")),
        sequence=video,
        sequence_index=index if video is not None and index is not None and index >= 0 else None,
        attributes={**about, **scalars(record, without=_FRAME_KEYS), **scalars(record.get("attributes"))},
    )


def _read_batches(files: list[FrameFile], role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    for file, document in open_frame_files(files, ImportReport(), _fits, _TITLE):
        try:
            for frame in _frames(document, file.place):
                for number, label in enumerate(frame.labels):
                    place = f"{frame.place}.labels[{number}]"
                    try:
                        for row in _read_label(label, frame, place):
                            collector.add(row)
                    except UnusableShape as reason:
                        collector.reject(place, reason)
                yield from collector.full()
        except InputError as error:
            if len(files) == 1:
                raise
            note_damaged(file, error.what, report)
    yield from collector.rest()


def _read_label(label: Any, frame: _Frame, place: str) -> Iterator[ShapeRow]:
    """The row of a label, or its rows where its outlines are closed and open ones."""
    if not isinstance(label, dict):
        raise UnusableShape("record_not_object", "A record is not a JSON object.", f"found {shown(label)}")
    if frame.declared is None:
        raise UnusableShape("frame_missing", "A frame has no name.", fix="Give each frame its file name.")
    category = as_text(label.get("category"))
    if category is None:
        raise class_missing()
    attributes = scalars(label, without=_LABEL_KEYS) | scalars(label.get("attributes"))
    identity = as_text(label.get("id"))
    confidence = read_confidence(label.get("score"))
    for shape in _read_shapes(label):
        yield ShapeRow(
            frame.declared.file_name,
            category,
            place,
            shape,
            confidence,
            is_crowd=as_flag(as_object(label.get("attributes")).get("crowd")),
            is_ignored=as_flag(as_object(label.get("attributes")).get("ignored")),
            track_id=identity if frame.declared.sequence is not None else None,
            source_id=identity if frame.ids_are_of_file and frame.declared.sequence is None else None,
            attributes=dict(attributes),
        )


def _read_shapes(label: dict[str, Any]) -> Iterator[Shape]:
    if label.get("rle") is not None:
        yield mask_shape(coco_mask(label["rle"]))
    elif label.get("poly2d"):
        yield from _outlines(label["poly2d"])
    elif label.get("box2d") is not None:
        left, top, right, bottom = numbers_of(label["box2d"], "x1", "y1", "x2", "y2")
        yield box_shape(left, top, right - left, bottom - top)
    elif label.get("graph") is not None:
        nodes = as_list(as_object(label["graph"]).get("nodes"))
        yield points_shape([value for node in nodes for value in points_of([_location(node)], least=1)])
    elif any(label.get(key) is not None for key in ("box3d", "poly2d", "plane3d")):
        raise UnusableShape("shape_not_read", "Objects are of a kind that is not read.", "no shape in the image")
    else:
        yield frame_class()


def _location(node: Any) -> list[Any]:
    record = as_object(node)
    location = record.get("location")
    return location if isinstance(location, list) else [record.get("x"), record.get("y")]


def _outlines(value: Any) -> Iterator[Shape]:
    """Closed outlines are the parts of one polygon, open ones the lines of one polyline."""
    entries = as_list(value)
    if entries and isinstance(entries[0], list):  # as first given out: a list of [x, y, "L" or "C"]
        types = "".join(str(point[2])[:1] if isinstance(point, list) and len(point) > 2 else "L" for point in entries)
        parts = [{"vertices": entries, "types": types, "closed": None}]
    else:
        parts = [as_object(entry) for entry in entries]
    closed, lines = [], []
    for part in parts:
        points = _follow_curves(points_of(part.get("vertices"), least=2), as_text(part.get("types")) or "")
        is_closed = part.get("closed") is True or (part.get("closed") is None and points[:2] == points[-2:])
        if is_closed and len(points) >= 6:
            closed.append([points])
        else:
            lines.append(points)
    if not closed and not lines:
        raise invalid_shape(f"poly2d is {shown(value)}")
    if closed:
        yield polygon_shape(*closed)
    if lines:
        yield line_shape(*lines)


def _follow_curves(points: list[float], types: str) -> list[float]:
    """Corners along cubic Bezier curves, where three vertices in a row are marked C: two handles and the end."""
    vertices = np.array(points).reshape(-1, 2)
    if len(types) != len(vertices) or "CCC" not in types:
        return points
    found = [vertices[0]]
    place = 1
    while place < len(vertices):
        if types[place : place + 3] == "CCC":
            start, (first, second, end) = found[-1], vertices[place : place + 3]
            for share in np.arange(1, _CURVE_STEPS + 1) / _CURVE_STEPS:
                rest = 1 - share
                found.append(
                    rest**3 * start + 3 * rest**2 * share * first + 3 * rest * share**2 * second + share**3 * end
                )
            place += 3
        else:
            found.append(vertices[place])
            place += 1
    return [float(value) for value in np.concatenate(found)]
