"""VGG Image Annotator, version 2 (https://www.robots.ox.ac.uk/~vgg/software/via/): projects and exports, JSON and CSV.

VIA knows no classes: regions have attributes, and people take one of them for the class. Which one is found by looking
at all regions, and said in the report.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import orjson

from predscope.errors import FileParsingError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.content import read_text
from predscope.formats.json_files.document import open_json
from predscope.formats.json_files.peek import peek_json
from predscope.formats.json_files.values import (
    UnusableShape,
    as_list,
    as_number,
    as_object,
    as_text,
    class_missing,
    invalid_shape,
    numbers_of,
    scalars,
    shape_not_read,
    shown,
)
from predscope.formats.shape_rows import (
    RowCollector,
    Shape,
    ShapeRow,
    box_shape,
    check_role,
    ellipse_shape,
    line_shape,
    points_shape,
    polygon_shape,
    read_confidence,
)
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame

_METADATA: Final = "_via_img_metadata"
_CLASS_NAMES: Final = ("class", "class_name", "label", "category", "type", "name", "object", "object_name", "species")
_SCORE_KEYS: Final = ("confidence", "score")
_CSV_COLUMNS: Final = ("region_shape_attributes", "region_attributes")
_MAX_CSV_FIELD: Final = 1 << 24
_UNNAMED: Final = "object"


class ViaReader:
    """VIA's projects and exports: boxes, outlines, lines, circles, ellipses and points."""

    name = "via"
    title = "VGG Image Annotator"

    def detect(self, source: Path, head: bytes) -> Detection:
        peek = peek_json(head)
        if peek.kind == "object":
            if _METADATA in peek.keys or {"_via_settings", "_via_attributes"} & set(peek.keys):
                return Detection(0.95, "a project of VGG Image Annotator")
            is_export = b'"regions"' in head and b'"filename"' in head and b'"file_attributes"' in head
            return Detection(0.9, "a JSON export of VGG Image Annotator") if is_export else Detection(0.0, "")
        first = head.lstrip(b"\xef\xbb\xbf").split(b"\n", 1)[0].lower()
        is_csv = all(column.encode() in first for column in _CSV_COLUMNS)
        return Detection(0.95, "a CSV export of VGG Image Annotator") if is_csv else Detection(0.0, "")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        images = _read_csv(source, report) if _is_csv(source) else _read_json(source, report)
        regions = [region for image in images for region in image.regions]
        if not images:
            raise FileParsingError("has no images, as VIA's projects and exports have them.", where=source)
        scored = sum(_score(region.attributes) is not None for region in regions)
        check_role(source, role, scored=scored, total=len(regions), hint="an attribute named score into each region")
        class_attribute = _find_class_attribute(regions, report)
        frames = [DeclaredFrame(image.name, attributes=image.attributes) for image in images]
        return Reading(self.name, role, frames, None, _read_batches(images, class_attribute, role, report), report)


@dataclass(slots=True)
class _Region:
    shape: Any
    attributes: dict[str, Any]
    place: str


@dataclass(slots=True)
class _Image:
    name: str
    attributes: dict[str, Any] = field(default_factory=dict)
    regions: list[_Region] = field(default_factory=list)


def _is_csv(source: Path) -> bool:
    with source.open("rb") as file:
        head = file.read(4096)
    return peek_json(head).kind == ""


def _read_json(source: Path, report: ImportReport) -> list[_Image]:
    document = open_json(source, report)
    if document.is_array:
        raise FileParsingError("is a JSON list, expected a project or an export of VIA's.", where=source)
    content = as_object(document.value(document.root))
    content = as_object(content[_METADATA]) if _METADATA in content else content
    images = []
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
        found = record.get("regions")
        # Version 1 numbers the regions of an image by the keys of an object.
        entries = list(found.values()) if isinstance(found, dict) else as_list(found)
        regions = []
        for number, entry in enumerate(entries):
            region = as_object(entry)
            attributes = _flattened(region.get("region_attributes"))
            place = f"{name[:80]}: regions[{number}]"
            regions.append(_Region(region.get("shape_attributes"), attributes, place))
        images.append(_Image(name, _flattened(record.get("file_attributes")), regions))
    return images


def _read_csv(source: Path, report: ImportReport) -> list[_Image]:
    csv.field_size_limit(_MAX_CSV_FIELD)
    reader = csv.reader(io.StringIO(read_text(source).replace("\0", ""), newline=""))
    images: dict[str, _Image] = {}
    try:
        header = [column.strip().lstrip("#").lower() for column in next(reader, [])]
        if not set(_CSV_COLUMNS) <= set(header) or "filename" not in header:
            raise FileParsingError(f"has no columns filename, {' and '.join(_CSV_COLUMNS)}.", where=source)
        for row in reader:
            if not row or not any(row):
                continue
            record = dict(zip(header, row, strict=False))
            place = f"line {reader.line_num}"
            name = record.get("filename", "").strip()
            shape, attributes = (_parse(record.get(column, "")) for column in _CSV_COLUMNS)
            if not name:
                report.reject("frame_missing", "A region names no file.", examples=[place])
                continue
            image = images.setdefault(name, _Image(name, _flattened(_parse(record.get("file_attributes", "")))))
            if shape == {} or record.get("region_count", "").strip() == "0":
                continue  # a file without regions
            image.regions.append(_Region(shape, _flattened(attributes), place))
    except csv.Error as error:
        raise FileParsingError(f"is not a CSV file that can be read ({error}).", where=source) from None
    return list(images.values())


def _parse(text: str) -> Any:
    """A JSON value in a cell; the text itself where it is none; {} where the cell is empty."""
    if not text.strip():
        return {}
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _flattened(value: Any) -> dict[str, Any]:
    """Attributes as plain values; of check boxes (``{"a": true, "b": false}``) the ones that are set."""
    found = scalars(value)
    for name, told in as_object(value).items():
        if isinstance(told, dict):
            chosen = [key for key, is_set in told.items() if is_set in (True, 1, "true", "1")]
            if chosen:
                found[name] = ", ".join(chosen)
    return found


def _find_class_attribute(regions: list[_Region], report: ImportReport) -> str | None:
    """The attribute that is the class: one with a usual name, else the one that most regions have, and few values.

    None: no region has an attribute.
    """
    counts = Counter(name for region in regions for name in region.attributes if name not in _SCORE_KEYS)
    if not regions:
        return None
    if not counts:
        report.note(
            "classes_not_told",
            Severity.WARNING,
            "No region has an attribute, so there are no classes; all regions are of one class, 'object'.",
        )
        return None
    values: dict[str, set[str]] = {name: set() for name in counts}
    for region in regions:
        for name, value in region.attributes.items():
            if name in values:
                values[name].add(str(value))
    usual = [name for name in counts if name.strip().lower() in _CLASS_NAMES]
    usual.sort(key=lambda name: (-counts[name], _CLASS_NAMES.index(name.strip().lower())))
    likely = sorted(counts, key=lambda name: (-counts[name], len(values[name]), name))
    chosen = usual[0] if usual and counts[usual[0]] * 2 >= len(regions) else likely[0]
    others = ", ".join(name for name in likely if name != chosen)
    report.note(
        "class_attribute",
        Severity.INFO,
        f"The class of a region is its attribute {chosen[:60]!r}.",
        examples=[f"{len(values[chosen]):,} values" + (f"; other attributes: {others[:120]}" if others else "")],
    )
    return chosen


def _score(attributes: dict[str, Any]) -> Any:
    return next((attributes[key] for key in _SCORE_KEYS if attributes.get(key) is not None), None)


def _read_batches(
    images: list[_Image], class_attribute: str | None, role: Role, report: ImportReport
) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    for image in images:
        for region in image.regions:
            try:
                name = _UNNAMED if class_attribute is None else as_text(region.attributes.get(class_attribute))
                if name is None:
                    raise class_missing()
                shape = _read_shape(region.shape)
                confidence = read_confidence(_score(region.attributes))
            except UnusableShape as reason:
                collector.reject(region.place, reason)
                continue
            hidden = {class_attribute, *_SCORE_KEYS}
            attributes = {key: value for key, value in region.attributes.items() if key not in hidden}
            collector.add(ShapeRow(image.name, name, region.place, shape, confidence, attributes=attributes))
        yield from collector.full()
    yield from collector.rest()


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
