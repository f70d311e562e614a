"""Version 3 of VIA: projects of images and videos, and CSV exports of them.

Defined by https://gitlab.com/vgg/via, ``via-3.x.y/CodeDoc.md`` and ``src/js/_via_file_annotator.js``. A project has
files, views of files, attributes with their options, and metadata: what is said of a view at times ``z`` (none for
images; seconds of a video) and in a place ``xy`` (the number of a shape, and its coordinates in pixels).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from predscope.formats.content import read_text
from predscope.formats.json_files.document import JsonDocument
from predscope.formats.json_files.values import (
    UnusableShape,
    as_list,
    as_number,
    as_object,
    as_text,
    as_whole,
    invalid_shape,
    scalars,
    shape_not_read,
    shown,
)
from predscope.formats.shape_rows import (
    Shape,
    box_shape,
    corners_shape,
    ellipse_shape,
    line_shape,
    points_shape,
    polygon_shape,
)
from predscope.formats.via.csv_files import csv_rows, parse_cell
from predscope.formats.via.regions import Region, ViaContents
from predscope.formats.videos_nearby import VideoTimes
from predscope.media.naming import is_video_name, video_frame_name
from predscope.schema import DeclaredFrame

EXPORT_START: Final = b"# Exported using VGG Image Annotator"
_MEMBERS: Final = ({"project", "config", "attribute"}, {"file", "metadata", "view"})
"""Of a project: the first of them as VIA writes it, and those that it cannot be without."""
_COLUMNS: Final = ("file_list", "temporal_coordinates", "spatial_coordinates", "metadata")
_VIDEO, _AUDIO = 4, 8
_ELSEWHERE: Final = frozenset({2, 3})
"""Locations of files whose ``src`` is an address or a path; else it is their content, or nothing."""
_WITH_OPTIONS: Final = frozenset({2, 3, 4})
"""Types of attributes whose values are ids of options: check boxes (several, with commas), radio buttons, menus."""
_NOT_SET: Final = "_DEFAULT"
_POINT, _RECTANGLE, _CIRCLE, _ELLIPSE, _LINE, _POLYLINE, _POLYGON, _EXTREME_RECTANGLE, _EXTREME_CIRCLE = range(1, 10)
_COUNTS: Final = {
    _POINT: 2,
    _RECTANGLE: 4,
    _CIRCLE: 3,
    _ELLIPSE: 4,
    _LINE: 4,
    _EXTREME_RECTANGLE: 8,
    _EXTREME_CIRCLE: 6,
}


@dataclass(frozen=True, slots=True)
class _File:
    """A file of a project: its name, or its path or address where the project has one; and what it is."""

    name: str
    kind: int | None


@dataclass(frozen=True, slots=True)
class _Metadata:
    """One of the metadata.

    Attributes:
        identity: its id.
        place: where it stands, in words.
        files: of its view.
        z, xy, values: as the file has them.
    """

    identity: str
    place: str
    files: list[_File]
    z: Any
    xy: Any
    values: Any


@dataclass(slots=True)
class _Attribute:
    name: str
    options: dict[str, Any] = field(default_factory=dict)

    def told(self, value: Any) -> Any:
        """A value in words: options by what they say."""
        if not self.options or not isinstance(value, (str, int)):
            return value
        text = str(value)
        if text in self.options:
            return self.options[text]
        return ", ".join(as_text(self.options.get(part)) or part for part in text.split(",") if part)


def read_project(document: JsonDocument) -> ViaContents:
    """The frames and regions of a project.

    Raises:
        FileParsingError: it is damaged further down.
    """
    prefixes = as_object(as_object(as_object(document.member("config")).get("file")).get("loc_prefix"))
    files = {key: _read_file(value, prefixes) for key, value in as_object(document.member("file")).items()}
    views = {
        key: [files[name] for entry in as_list(as_object(view).get("fid_list")) if (name := as_text(entry)) in files]
        for key, view in as_object(document.member("view")).items()
    }
    metadata = [
        _Metadata(
            key,
            f"metadata {key[:40]}",
            views.get(as_text(as_object(value).get("vid")) or "", []),
            *(as_object(value).get(name) for name in ("z", "xy", "av")),
        )
        for key, value in as_object(document.member("metadata")).items()
    ]
    attributes = _read_attributes(document.member("attribute"))
    images = [file.name for file in files.values() if file.kind not in (_VIDEO, _AUDIO)]
    return _collect(metadata, attributes, images, document.source)


def read_export(source: Path) -> ViaContents:
    """The frames and regions of a CSV export: comments that define its columns and attributes, then a row a region.

    Raises:
        FileParsingError: it lacks the columns, or is no CSV file.
    """
    lines = read_text(source).splitlines(keepends=True)
    start = next((number for number, line in enumerate(lines) if not line.startswith("#")), len(lines))
    told = {name.strip("# ").upper(): value for line in lines[:start] for name, _, value in [line.partition("=")]}
    metadata = []
    header = told.get("CSV_HEADER", "").strip()
    for place, row in csv_rows(source, "".join(lines[start:]), _COLUMNS, header=header, skipped=start):
        names = [text for entry in as_list(parse_cell(row.get("file_list", ""))) if (text := as_text(entry))]
        files = [_File(name, _VIDEO if is_video_name(name) else None) for name in names]
        z, xy, values = (parse_cell(row.get(column, "")) for column in _COLUMNS[1:])
        metadata.append(_Metadata(row.get("metadata_id", ""), place, files, z, xy, values))
    images = [file.name for entry in metadata for file in entry.files if file.kind != _VIDEO]
    attributes = _read_attributes(parse_cell(told.get("ATTRIBUTE", "")))
    return _collect(metadata, attributes, list(dict.fromkeys(images)), source)


def _read_file(value: Any, prefixes: dict[str, Any]) -> _File:
    record = as_object(value)
    location = as_whole(record.get("loc"))
    name, address = as_text(record.get("fname")), as_text(record.get("src"))
    if location in _ELSEWHERE and address is not None:
        name = (as_text(prefixes.get(str(location))) or "") + address
    return _File(name or "", as_whole(record.get("type")))


def _read_attributes(value: Any) -> dict[str, _Attribute]:
    attributes = {}
    for key, entry in as_object(value).items():
        record = as_object(entry)
        options = as_object(record.get("options")) if as_whole(record.get("type")) in _WITH_OPTIONS else {}
        attributes[key] = _Attribute(as_text(record.get("aname")) or key, options)
    return attributes


def _collect(
    metadata: list[_Metadata], attributes: dict[str, _Attribute], images: list[str], source: Path
) -> ViaContents:
    """Regions and segments, and the frames that they are in; what is said of whole files, with their frames."""
    contents = ViaContents(read_shape)
    times = VideoTimes(source)
    of_files: dict[str, dict[str, Any]] = {}
    video_frames: dict[str, set[int]] = {}
    for entry in metadata:
        values = _values_of(entry, attributes)
        if entry.z == [] and entry.xy == [] and len(entry.files) == 1:
            of_files.setdefault(entry.files[0].name, {}).update(values)
            continue
        region = Region("", values, entry.place, entry.xy, is_segment=entry.xy == [], identity=entry.identity or None)
        contents.regions.append(region)
        try:
            region.frame, region.span = _place(entry, times)
        except UnusableShape as reason:
            region.refusal = reason
            continue
        if region.span is not None:
            video_frames.setdefault(region.frame, set()).update(region.span)
            if len(region.span) == 1:
                region.frame, region.span = video_frame_name(region.frame, region.span[0]), None
    contents.frames = [DeclaredFrame(name, attributes=of_files.get(name, {})) for name in images if name]
    for video, places in video_frames.items():
        contents.frames += [
            DeclaredFrame(video_frame_name(video, index), None, None, None, video, index, of_files.get(video, {}))
            for index in sorted(places)
        ]
    return contents


def _values_of(entry: _Metadata, attributes: dict[str, _Attribute]) -> dict[str, Any]:
    """What is said, by the names of the attributes."""
    values: dict[str, Any] = {}
    for key, value in as_object(entry.values).items():
        attribute = attributes.get(key) or _Attribute(key)
        if value != _NOT_SET:
            values[attribute.name] = attribute.told(value)
    return scalars(values)


def _place(entry: _Metadata, times: VideoTimes) -> tuple[str, range | None]:
    """The frame of one of the metadata; of a video, its name and the places of the frames.

    Raises:
        UnusableShape: that cannot be told.
    """
    if len(entry.files) != 1 or not entry.files[0].name:
        what = f"a view of {len(entry.files)} files, expected one"
        raise UnusableShape("frame_missing", "A region does not say in which file it is.", what)
    file = entry.files[0]
    if file.kind == _AUDIO:
        raise shape_not_read("audio", file.name[:80])
    seconds = [as_number(value) for value in as_list(entry.z)]
    if any(value is None for value in seconds) or not isinstance(entry.z, list):
        raise invalid_shape(f"z is {shown(entry.z)}, expected times in seconds")
    if file.kind != _VIDEO:
        if entry.xy == []:
            raise shape_not_read("a segment", f"{file.name[:80]} is no video")
        return file.name, None
    if not 1 <= len(seconds) <= 2:
        raise UnusableShape(
            "frame_missing", "An object does not say in which frame it is.", f"z is {shown(entry.z)}, expected 1 or 2"
        )
    first, last = (times.frame_at(file.name, value or 0.0) for value in (seconds[0], seconds[-1]))
    if last < first:
        raise invalid_shape(f"a segment ends before it begins: z is {shown(entry.z)}")
    return file.name, range(first, last + 1)


def read_shape(value: Any) -> Shape:
    """The shape of ``xy``: its number, then its coordinates.

    Raises:
        UnusableShape: it is none.
    """
    numbers = [as_number(entry) for entry in as_list(value)]
    found = [number for number in numbers if number is not None]
    if not found or len(found) != len(numbers):
        raise invalid_shape(f"xy is {shown(value)}, expected the number of a shape and coordinates")
    kind, coordinates = found[0], found[1:]
    if kind in (_POLYLINE, _POLYGON):
        least = 3 if kind == _POLYGON else 2
        if len(coordinates) % 2 or len(coordinates) < 2 * least:
            raise invalid_shape(f"xy has {len(coordinates)} coordinates, expected at least {least} pairs")
        return polygon_shape([coordinates]) if kind == _POLYGON else line_shape(coordinates)
    if kind not in _COUNTS:
        raise shape_not_read(f"shape {kind:g}")
    if len(coordinates) != _COUNTS[int(kind)]:
        raise invalid_shape(f"xy is {shown(value)}, expected {_COUNTS[int(kind)]} coordinates")
    if kind == _POINT:
        return points_shape(coordinates)
    if kind == _RECTANGLE:
        return box_shape(*coordinates)
    if kind == _LINE:
        return line_shape(coordinates)
    if kind == _EXTREME_RECTANGLE:
        return corners_shape(coordinates)
    if kind == _CIRCLE:
        x, y, radius = coordinates
        return ellipse_shape(x, y, radius, radius)
    if kind == _ELLIPSE:
        return ellipse_shape(*coordinates)
    return _circle_through(np.array(coordinates).reshape(3, 2))


def _circle_through(points: np.ndarray) -> Shape:
    """The circle through three points (3, 2): their distances to its centre are the same."""
    sides = points[1:] - points[0]
    if abs(np.linalg.det(sides)) < 1e-9:
        raise invalid_shape("three points of a circle lie on one line")
    x, y = np.linalg.solve(2 * sides, (sides**2).sum(axis=1))
    radius = float(np.hypot(x, y))
    return ellipse_shape(float(x + points[0, 0]), float(y + points[0, 1]), radius, radius)


def is_project(keys: Collection[str]) -> bool:
    """Whether members of a JSON file, of which the first are known, are those of a project."""
    return any(members <= {*keys} for members in _MEMBERS)
