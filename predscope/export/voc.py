"""Pascal VOC XML (http://host.robots.ox.ac.uk/pascal/VOC/): one file a frame below ``Annotations``.

Numbers are written as the project has them, counted from 0, as nearly all programs do that write the format today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, Final
from xml.sax.saxutils import escape

import orjson

from predscope.export.base import Destination, Kept
from predscope.export.frames import ExportFrame, FrameNames
from predscope.export.report import ExportReport
from predscope.export.selection import ExportSelection
from predscope.export.shapes import box_as_given, corners_of
from predscope.schema import Geometry, Role

_COLUMNS: Final = (
    *("frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "given_box", "is_crowd", "is_ignored"),
    *("oriented_box", "polygons", "class_scores", "track_id", "attributes"),
)
_NOT_XML: Final = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_FLAGS: Final = ("truncated", "occluded")


class VocExporter:
    """One XML file a frame; predictions have a ``confidence`` in each object."""

    name = "voc"
    title = "Pascal VOC XML"
    suffix = ""
    roles: tuple[Role, ...] = ("labels", "predictions")
    keeps = frozenset[Kept]()

    def write(self, selection: ExportSelection, destination: Destination) -> None:
        report = destination.report
        class_names = {one.class_id: one.name for one in selection.project.classes}
        names = FrameNames(report)
        for frame, rows in selection.rows_by_frame(_COLUMNS):
            name = names.name(frame)
            image = destination.images.add(frame, destination.path / "JPEGImages", name)
            lines = _annotation(frame, image or frame.file_name, rows, class_names, selection.role, report)
            path = destination.path / "Annotations" / f"{name}.xml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
            report.frames += 1


def _annotation(
    frame: ExportFrame,
    image: str,
    rows: list[dict[str, Any]],
    class_names: dict[int, str],
    role: Role,
    report: ExportReport,
) -> Iterable[str]:
    lines = ["<annotation>", f"  <filename>{_text(image, report)}</filename>"]
    if frame.width is not None and frame.height is not None:
        lines.append(f"  <size><width>{frame.width}</width><height>{frame.height}</height><depth>3</depth></size>")
    for row in rows:
        box = box_as_given(row)
        if box is None:
            report.lose("frame_classes_left_out", 1, frame.file_name)
            report.left_out += 1
            continue
        lines += _object(row, box, class_names[row["class_id"]], role, report)
        report.objects += 1
    return [*lines, "</annotation>"]


def _object(row: dict[str, Any], box: list[float], class_name: str, role: Role, report: ExportReport) -> list[str]:
    attributes = orjson.loads(row["attributes"]) if row["attributes"] else {}
    if row["track_id"] is not None:
        attributes = {"track_id": row["track_id"], **attributes}
    report.lose("crowds_as_difficult", int(row["is_crowd"]))
    report.lose("class_scores_left_out", int(row["class_scores"] is not None))
    lines = ["  <object>", f"    <name>{_text(class_name, report)}</name>"]
    lines += [f"    <{flag}>{int(bool(attributes.pop(flag)))}</{flag}>" for flag in _FLAGS if flag in attributes]
    lines.append(f"    <difficult>{int(row['is_ignored'] or row['is_crowd'])}</difficult>")
    if role == "predictions":
        lines.append(f"    <confidence>{row['confidence']!r}</confidence>")
    left, top, width, height = box
    corners = zip(("xmin", "ymin", "xmax", "ymax"), (left, top, left + width, top + height), strict=True)
    lines.append("    <bndbox>" + "".join(f"<{tag}>{_number(value)}</{tag}>" for tag, value in corners) + "</bndbox>")
    lines += _outline(row, report)
    if attributes:
        lines.append("    <attributes>")
        for key, value in attributes.items():
            text = _text(value if isinstance(value, str) else orjson.dumps(value).decode(), report)
            name = _text(str(key), report)
            lines.append(f"      <attribute><name>{name}</name><value>{text}</value></attribute>")
        lines.append("    </attributes>")
    return [*lines, "  </object>"]


def _outline(row: dict[str, Any], report: ExportReport) -> list[str]:
    """A ``polygon`` element, which holds one ring."""
    geometry = row["geometry"]
    ring = None
    if row["polygons"] is not None:
        parts = row["polygons"]
        ring = parts[0][0] if len(parts) == 1 and len(parts[0]) == 1 else None
        report.lose("outlines_as_boxes", int(ring is None))
    elif geometry == Geometry.ORIENTED_BOX:
        ring = corners_of(row["oriented_box"])
        report.lose("oriented_as_outlines")
    report.lose("masks_as_boxes", int(geometry == Geometry.MASK))
    report.lose("keypoints_as_boxes", int(geometry == Geometry.KEYPOINTS))
    report.lose("lines_as_boxes", int(geometry == Geometry.POLYLINE))
    if ring is None:
        return []
    points = [
        f"<{axis}{place // 2 + 1}>{_number(value)}</{axis}{place // 2 + 1}>"
        for place, value in enumerate(ring)
        for axis in ("xy"[place % 2],)
    ]
    return ["    <polygon>" + "".join(points) + "</polygon>"]


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else repr(value)


def _text(text: str, report: ExportReport) -> str:
    cleaned = _NOT_XML.sub("_", text)
    report.lose("text_changed", int(cleaned != text))
    return escape(cleaned)
