"""Supervisely's folders (https://docs.supervisely.com/data-organization/00_ann_format_navi).

``meta.json`` lists the classes; every data set below it has ``ann/<image>.json``, one file a frame, beside ``img/``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any, Final

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.json_files.document import JsonDocument, open_json
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
    as_color,
    as_list,
    as_number,
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
from predscope.formats.masks.placed import decode_base64, inflate, mask_of_png, place_mask
from predscope.formats.shape_rows import (
    RowCollector,
    Shape,
    ShapeRow,
    corners_shape,
    frame_class,
    line_shape,
    mask_shape,
    points_shape,
    polygon_shape,
    read_confidence,
)
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame

_TITLE: Final = "Supervisely"
_META: Final = "meta.json"
_LEVELS_ABOVE: Final = 3
_SCORE_TAGS: Final = frozenset({"confidence", "conf", "score"})
_OBJECT_KEYS: Final = frozenset(
    {
        "id",
        "classId",
        "classTitle",
        "geometryType",
        "shape",
        "tags",
        "points",
        "bitmap",
        "mask",
        "nodes",
        "labelerLogin",
    }
    | {"createdAt", "updatedAt", "key", "nnCreated", "nnUpdated", "instance"}
)


class SuperviselyReader:
    """Supervisely's projects and data sets: boxes, polygons, bitmaps, points, lines and graphs; tags of frames."""

    name = "supervisely"
    title = "Supervisely"

    def detect(self, source: Path, head: bytes) -> Detection:
        reason = "JSON files with size and objects, as Supervisely writes them"
        if source.is_file():
            return detect_frame_files(source, head, _is_supervisely, reason)
        detection = detect_frame_files(source, head, _is_annotation, reason)
        has_meta = (source / _META).is_file() and _read_meta_file(source / _META) is not None
        if has_meta and detection.score > 0:
            return Detection(0.95, "meta.json and a JSON file a frame, as Supervisely writes them")
        return detection

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        files = [file for file in frame_files(source) if PurePosixPath(file.place).name != _META]
        meta = _find_meta(source)
        frames: list[DeclaredFrame] = []
        kept: list[FrameFile] = []
        for file, document in open_frame_files(files, report, _fits, _TITLE, FIRST_LOOK):
            try:
                size = as_object(document.member("size"))
                tags = dict(_tags(document.member("tags")))
            except FileParsingError as error:
                note_damaged(file, error.what, report)
                continue
            attributes = {name: True if value is None else value for name, value in tags.items()}
            kept.append(file)
            frames.append(
                DeclaredFrame(
                    _frame_name(file.place),
                    width=as_size(size.get("width")),
                    height=as_size(size.get("height")),
                    attributes=attributes,
                )
            )
        if not frames:
            raise FileParsingError("has no usable Supervisely JSON file.", where=source, fix=report.first_examples)
        if meta is None:
            report.note(
                "meta_missing",
                Severity.WARNING,
                "There is no meta.json; classes are known only from the objects, and the nodes of graphs go by their "
                "ids.",
                fix="Give the folder of the project.",
            )
        classes = None if meta is None else _classes(meta)
        return Reading(self.name, role, frames, classes, _read_batches(kept, frames, meta, role, report), report)


def _is_annotation(peek: JsonPeek) -> bool:
    keys = set(peek.keys)
    return peek.kind == "object" and {"size", "objects"} <= keys and "images" not in keys


def _is_supervisely(peek: JsonPeek) -> bool:
    first = peek.first_of.get("objects")
    fits = isinstance(first, dict) and ("classTitle" in first or "geometryType" in first)
    return _is_annotation(peek) and (fits or first is None)


def _fits(document: JsonDocument) -> bool:
    return (
        not document.is_array and document.is_array_at(document.members.get("objects")) and "size" in document.members
    )


def _frame_name(place: str) -> str:
    """``ds/ann/a.jpg.json`` is about ``ds/img/a.jpg``, named ``ds/a.jpg`` here."""
    path = PurePosixPath(place)
    name = path.name[: -len(".json")]
    folders = [part for part in path.parts[:-1] if part != "ann"]
    return "/".join([*folders, name])


def _read_meta_file(path: Path) -> dict[str, Any] | None:
    try:
        document = open_json(path, ImportReport())
        content = None if document.is_array else document.value(document.root)
    except InputError:
        return None
    return content if isinstance(content, dict) and isinstance(content.get("classes"), list) else None


def _find_meta(source: Path) -> dict[str, Any] | None:
    """The ``meta.json`` of the project: in the folder, or above it."""
    folder = (source if source.is_dir() else source.parent).absolute()
    for level in (folder, *list(folder.parents)[:_LEVELS_ABOVE]):
        meta = _read_meta_file(level / _META) if (level / _META).is_file() else None
        if meta is not None:
            return meta
    return None


def _classes(meta: dict[str, Any]) -> list[DeclaredClass]:
    found = []
    for entry in map(as_object, as_list(meta.get("classes"))):
        title = as_text(entry.get("title"))
        if title is None:
            continue
        ids, names, edges = _graph_of(entry)
        position = {node: index for index, node in enumerate(ids)}
        skeleton = tuple((position[a], position[b]) for a, b in edges if a in position and b in position)
        color = as_color(entry.get("color"))
        found.append(DeclaredClass(title, as_text(entry.get("id")), None, names, skeleton, color))
    # What tags say of whole frames are classes too; they are declared by the frames that have them.
    return found


def _graph_of(entry: dict[str, Any]) -> tuple[list[str], tuple[str, ...], list[tuple[str, str]]]:
    """Ids of the nodes of a class of graphs, their names, and the edges between them."""
    config = as_object(entry.get("geometry_config") or entry.get("geometryConfig"))
    nodes = as_object(config.get("nodes"))
    names = tuple(as_text(as_object(node).get("label")) or key for key, node in nodes.items())
    edges = []
    for edge in map(as_object, as_list(config.get("edges"))):
        ends = as_text(edge.get("src")), as_text(edge.get("dst"))
        if ends[0] is not None and ends[1] is not None:
            edges.append((ends[0], ends[1]))
    return list(nodes), names, edges


def _tags(value: Any) -> Iterator[tuple[str, Any]]:
    """Names and values of tags; a tag without a value has None."""
    for tag in as_list(value):
        name = as_text(tag) or as_text(as_object(tag).get("name"))
        if name is not None:
            told = as_object(tag).get("value")
            yield name, told if isinstance(told, (str, int, float)) and told != "" else None


def _read_batches(
    files: list[FrameFile], frames: list[DeclaredFrame], meta: dict[str, Any] | None, role: Role, report: ImportReport
) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    graphs = {
        title: _graph_of(entry)[0]
        for entry in map(as_object, as_list(as_object(meta).get("classes")))
        if (title := as_text(entry.get("title"))) is not None
    }
    by_place = {file.place: frame for file, frame in zip(files, frames, strict=True)}
    for file, document in open_frame_files(files, ImportReport(), _fits, _TITLE):
        frame = by_place[file.place]
        try:
            objects = as_list(document.member("objects"))
        except InputError as error:
            note_damaged(file, error.what, report)
            continue
        for number, entry in enumerate(objects):
            place = f"{file.place}: objects[{number}]"
            try:
                collector.add(_read_object(entry, frame, place, graphs))
            except UnusableShape as reason:
                collector.reject(place, reason)
        yield from collector.full()
    yield from collector.rest()


def _read_object(entry: Any, frame: DeclaredFrame, place: str, graphs: dict[str, list[str]]) -> ShapeRow:
    if not isinstance(entry, dict):
        raise UnusableShape("record_not_object", "A record is not a JSON object.", f"found {shown(entry)}")
    name = as_text(entry.get("classTitle"))
    if name is None:
        raise class_missing()
    tags = dict(_tags(entry.get("tags")))
    score = next((value for tag, value in tags.items() if tag.lower() in _SCORE_TAGS and value is not None), None)
    attributes = scalars(entry, without=_OBJECT_KEYS)
    attributes |= {
        tag: True if value is None else value for tag, value in tags.items() if tag.lower() not in _SCORE_TAGS
    }
    return ShapeRow(
        frame.file_name,
        name,
        place,
        _read_shape(entry, frame, graphs.get(name, [])),
        read_confidence(score),
        source_id=as_text(entry.get("id")),
        attributes=attributes,
    )


def _read_shape(entry: dict[str, Any], frame: DeclaredFrame, node_ids: list[str]) -> Shape:
    points = as_object(entry.get("points"))
    kind = as_text(entry.get("geometryType")) or as_text(entry.get("shape"))
    if kind is None:
        kind = "bitmap" if "bitmap" in entry else "polygon"
    if kind == "rectangle":
        return corners_shape(points_of(points.get("exterior"), least=2))
    if kind == "polygon":
        holes = [points_of(ring, least=3) for ring in as_list(points.get("interior"))]
        return polygon_shape([points_of(points.get("exterior"), least=3), *holes])
    if kind in ("line", "polyline"):
        return line_shape(points_of(points.get("exterior"), least=2))
    if kind == "point":
        return points_shape(points_of(points.get("exterior"), least=1))
    if kind in ("bitmap", "alpha_mask"):
        return _bitmap(as_object(entry.get("bitmap") or entry.get("mask")), frame)
    if kind == "graph":
        return _graph(as_object(entry.get("nodes")), node_ids)
    if kind == "any" and not points:
        return frame_class()
    raise shape_not_read(kind)


def _bitmap(bitmap: dict[str, Any], frame: DeclaredFrame) -> Shape:
    """A PNG image, packed by zlib, in base64; its top-left pixel at ``origin``."""
    crop = mask_of_png(inflate(decode_base64(bitmap.get("data"))))
    origin = points_of([bitmap.get("origin")], least=1)
    if max(map(abs, origin)) > 2**31:
        raise invalid_shape(f"origin is {shown(bitmap.get('origin'))}")
    return mask_shape(place_mask(crop, round(origin[0]), round(origin[1]), frame.height, frame.width))


def _graph(nodes: dict[str, Any], order: list[str]) -> Shape:
    """Nodes in the order of their class; those that are disabled are hidden, those that are not there not labelled."""
    if not nodes:
        raise invalid_shape("a graph has no nodes")
    wanted = order if set(nodes) <= set(order) else list(nodes)
    flat: list[float] = []
    levels: list[int] = []
    for node in wanted:
        record = as_object(nodes.get(node))
        if node not in nodes:
            flat += (0.0, 0.0)
            levels.append(0)
            continue
        flat += points_of([record.get("loc")], least=1)[:2]
        levels.append(1 if record.get("disabled") is True or as_number(record.get("disabled")) == 1 else 2)
    return points_shape(flat, levels)
