"""KITTI object files (see ``formats.kitti_rows``): one text file a frame below ``label_2``."""

from __future__ import annotations

import re
from typing import Any, Final

import orjson

from predscope.export.base import Destination, Kept
from predscope.export.frames import ExportFrame, FrameNames
from predscope.export.report import ExportReport
from predscope.export.selection import ExportSelection
from predscope.export.shapes import box_as_given
from predscope.schema import Geometry, Role

_COLUMNS: Final = (
    *("frame_index", "class_id", "geometry", "confidence", "x", "y", "w", "h", "given_box", "is_crowd", "is_ignored"),
    *("class_scores", "track_id", "attributes"),
)
_DONT_CARE: Final = "DontCare"
_OWN: Final[dict[str, tuple[float, ...]]] = {
    "truncation": (-1,),
    "occlusion": (-1,),
    "alpha": (-10,),
    "dimensions_m": (-1, -1, -1),
    "location_m": (-1000, -1000, -1000),
    "rotation_y": (-10,),
}
"""Columns beside the class and the box, with the numbers for "not known"."""
_OCCLUSIONS: Final = (-1, 0, 1, 2, 3)
"""Whole numbers here, and read as such; elsewhere occlusion is the share that is hidden."""
_AS_BOXES: Final = {
    Geometry.MASK: "masks_as_boxes",
    Geometry.POLYGON: "outlines_as_boxes",
    Geometry.KEYPOINTS: "keypoints_as_boxes",
    Geometry.POLYLINE: "lines_as_boxes",
    Geometry.ORIENTED_BOX: "oriented_as_boxes",
}


class KittiExporter:
    """Boxes with 15 columns; predictions have their confidence as the 16th."""

    name = "kitti"
    title = "KITTI text files"
    suffix = ""
    roles: tuple[Role, ...] = ("labels", "predictions")
    keeps = frozenset[Kept]()

    def write(self, selection: ExportSelection, destination: Destination) -> None:
        report = destination.report
        class_names = {}
        for one in selection.project.classes:
            class_names[one.class_id] = re.sub(r"[\s,;]+", "_", one.name.strip())
            report.lose("class_names_changed", int(class_names[one.class_id] != one.name), one.name)
        names = FrameNames(report)
        labels = destination.path / "label_2"
        labels.mkdir()
        for frame, rows in selection.rows_by_frame(_COLUMNS):
            name = names.name(frame)
            path = labels / f"{name}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            lines = [line for row in rows if (line := _line(row, frame, class_names, selection.role, report))]
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8", newline="\n")
            destination.images.add(frame, destination.path / "image_2", name)
            report.frames += 1


def _line(
    row: dict[str, Any], frame: ExportFrame, class_names: dict[int, str], role: Role, report: ExportReport
) -> str | None:
    box = box_as_given(row)
    if box is None:
        report.lose("frame_classes_left_out", 1, frame.file_name)
        report.left_out += 1
        return None
    if (code := _AS_BOXES.get(row["geometry"])) is not None:
        report.lose(code)
    attributes = orjson.loads(row["attributes"]) if row["attributes"] else {}
    own, is_whole = _own_columns(attributes)
    report.lose("attributes_left_out", int(not is_whole or row["track_id"] is not None))
    report.lose("class_scores_left_out", int(row["class_scores"] is not None))
    name = class_names[row["class_id"]]
    if role == "labels" and (row["is_ignored"] or row["is_crowd"]) and name.lower() != _DONT_CARE.lower():
        report.lose("ignored_as_dont_care")
        name = _DONT_CARE
    left, top, width, height = box
    corners = [left, top, left + width, top + height]
    numbers = [
        *(own["truncation"] + own["occlusion"] + own["alpha"] + corners),
        *(own["dimensions_m"] + own["location_m"] + own["rotation_y"]),
    ]
    if role == "predictions":
        numbers.append(row["confidence"])
    report.objects += 1
    return " ".join([name, *map(_number, numbers)])


def _own_columns(attributes: dict[str, Any]) -> tuple[dict[str, list[float]], bool]:
    """The columns beside class and box, and whether they hold all of the attributes."""
    columns = {key: list(unknown) for key, unknown in _OWN.items()}
    is_whole = True
    for key, value in attributes.items():
        values = value if isinstance(value, list) else [value]
        is_good = len(values) == len(columns.get(key, ())) and all(type(one) in (int, float) for one in values)
        if is_good and (key != "occlusion" or value in _OCCLUSIONS):
            columns[key] = [float(one) for one in values]
        else:
            is_whole = False
    return columns, is_whole


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:.12g}"
