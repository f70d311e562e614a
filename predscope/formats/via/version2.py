"""Version 2 of VIA (and 1): projects with ``_via_img_metadata``, exports of it, and CSV files of a row a region."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, Final

from predscope.formats.content import read_text
from predscope.formats.json_files.document import JsonDocument
from predscope.formats.json_files.values import (
    as_list,
    as_number,
    as_object,
    as_text,
    invalid_shape,
    numbers_of,
    scalars,
    shape_not_read,
    shown,
)
from predscope.formats.shape_rows import Shape, box_shape, ellipse_shape, line_shape, points_shape, polygon_shape
from predscope.formats.via.csv_files import csv_rows, parse_cell
from predscope.formats.via.regions import Region, ViaContents
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame

METADATA: Final = "_via_img_metadata"
CSV_COLUMNS: Final = ("region_shape_attributes", "region_attributes")


def read_project(document: JsonDocument, report: ImportReport) -> ViaContents:
    """The images and regions of a project, or of an export of it."""
    content = as_object(document.value(document.root))
    content = as_object(content[METADATA]) if METADATA in content else content
    contents = ViaContents(_read_shape)
    for key, value in content.items():
        record = as_object(value)
        name = as_text(record.get("filename"))
        if key.startswith("_via"):
            continue
        if name is None:
            report.note(
                "image_without_name",
                Severity.WARNING,
                "An entry has no filename; it was left out.",
                examples=[key[:60]],
            )
            continue
        contents.frames.append(DeclaredFrame(name, attributes=_flattened(record.get("file_attributes"))))
        found = record.get("regions")
        # Version 1 numbers the regions of an image by the keys of an object.
        entries = list(found.values()) if isinstance(found, dict) else as_list(found)
        for number, entry in enumerate(entries):
            region = as_object(entry)
            attributes = _flattened(region.get("region_attributes"))
            place = f"{name[:80]}: regions[{number}]"
            contents.regions.append(Region(name, attributes, place, region.get("shape_attributes")))
    return contents


def read_csv(source: Path, report: ImportReport) -> ViaContents:
    """The images and regions of a CSV export.

    Raises:
        FileParsingError: it lacks the columns, or is no CSV file.
    """
    contents = ViaContents(_read_shape)
    frames: dict[str, DeclaredFrame] = {}
    for place, record in csv_rows(source, read_text(source), ("filename", *CSV_COLUMNS)):
        name = record.get("filename", "").strip()
        shape, attributes = (parse_cell(record.get(column, "")) for column in CSV_COLUMNS)
        if not name:
            report.reject("frame_missing", "A region names no file.", examples=[place])
            continue
        if name not in frames:
            frames[name] = DeclaredFrame(name, attributes=_flattened(parse_cell(record.get("file_attributes", ""))))
        if shape == {} or record.get("region_count", "").strip() == "0":
            continue  # a file without regions
        contents.regions.append(Region(name, _flattened(attributes), place, shape))
    contents.frames = list(frames.values())
    return contents


def _flattened(value: Any) -> dict[str, Any]:
    """Attributes as plain values; of check boxes (``{"a": true, "b": false}``) the ones that are set."""
    found = scalars(value)
    for name, told in as_object(value).items():
        if isinstance(told, dict):
            chosen = [key for key, is_set in told.items() if is_set in (True, 1, "true", "1")]
            if chosen:
                found[name] = ", ".join(chosen)
    return found


def _read_shape(value: Any) -> Shape:
    if not isinstance(value, dict):
        raise invalid_shape(f"shape_attributes are {shown(value)}")
    kind = as_text(value.get("name"))
    if kind == "rect":
        x, y, width, height = numbers_of(value, "x", "y", "width", "height")
        return box_shape(x, y, width, height)
    if kind == "polygon":
        return polygon_shape([_points(value, 3)])
    if kind == "polyline":
        return line_shape(_points(value, 2))
    if kind == "circle":
        x, y, radius = numbers_of(value, "cx", "cy", "r")
        return ellipse_shape(x, y, radius, radius)
    if kind == "ellipse":
        x, y, radius_x, radius_y = numbers_of(value, "cx", "cy", "rx", "ry")
        turn = as_number(value.get("theta")) or 0.0
        return ellipse_shape(x, y, radius_x, radius_y, math.degrees(turn))
    if kind == "point":
        x, y = numbers_of(value, "cx", "cy")
        return points_shape([x, y])
    raise shape_not_read(kind)


def _points(value: dict[str, Any], least: int) -> list[float]:
    xs, ys = as_list(value.get("all_points_x")), as_list(value.get("all_points_y"))
    flat = [as_number(number) for pair in zip(xs, ys, strict=False) for number in pair]
    numbers = [number for number in flat if number is not None]
    if len(xs) != len(ys) or len(numbers) != len(flat) or len(xs) < least:
        raise invalid_shape(f"{len(xs)} x and {len(ys)} y, expected at least {least} finite numbers of each")
    return numbers
