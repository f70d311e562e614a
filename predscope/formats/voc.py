"""Pascal VOC XML (http://host.robots.ox.ac.uk/pascal/VOC/): one file a frame.

VOC counts pixels from 1 and its xmax and ymax belong to the box; most programs that write the format today count from
0 and do not. The files do not say which, so that numbers stay as they stand: x = xmin, w = xmax - xmin.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from xml.etree.ElementTree import Element, ParseError

import numpy as np
from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from predscope.errors import FileParsingError, InputError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role, text_column
from predscope.formats.content import read_all, read_head
from predscope.formats.folders import place_below, sample_files, walk_files
from predscope.reading_progress import counted
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame, Geometry

_SUFFIXES: Final = frozenset({".xml"})
_WITHOUT_OBJECTS: Final = 0.4
"""The score of files that do not show whether they are labels or predictions."""
_CONFIDENCE_TAGS: Final = ("confidence", "score")
_FLAG_TAGS: Final = ("truncated", "occluded")
_COLUMN_TAGS: Final = frozenset({"name", "bndbox", "polygon", "part", "difficult", "attributes", *_CONFIDENCE_TAGS})


class VocReader:
    """Pascal VOC XML labels, or predictions with a confidence in each object."""

    name = "voc"
    title = "Pascal VOC XML"

    def detect(self, source: Path, head: bytes) -> Detection:
        files = sample_files(source, _SUFFIXES, 5) if source.is_dir() else [source]
        if not files:
            return Detection(0.0, "")
        try:
            heads = [read_head(path) if source.is_dir() else head for path in files]
        except InputError as error:
            return Detection(0.0, error.what.rstrip("."))
        fitting = [text for text in heads if b"<annotation" in text and b"<annotations" not in text]
        if not fitting:
            is_xml = heads[0].lstrip()[:1] == b"<" and files[0].suffix.lower() in _SUFFIXES
            return Detection(0.0, "XML, but without an <annotation> as its root" if is_xml else "")
        if not any(b"<object" in text for text in fitting):
            return Detection(_WITHOUT_OBJECTS, "XML files with an <annotation> each, without objects")
        has_confidence = any(b"<confidence>" in text or b"<score>" in text for text in fitting)
        role: Role = "predictions" if has_confidence else "labels"
        return Detection(0.9 * len(fitting) / len(heads), "XML files with an <annotation> each", role)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        root = source if source.is_dir() else source.parent
        files = _parse_files(source, root, report)
        if not files:
            raise FileParsingError("has no usable Pascal VOC XML file.", where=source, fix=report.first_examples)
        _check_role(files, source, role, report)
        _name_frames(files, report)
        frames = [DeclaredFrame(file.frame_name, width=file.width, height=file.height) for file in files]
        rows = sum(len(file.objects) for file in files)
        return Reading(self.name, role, frames, None, _read_batches(files, role, report), report, row_count=rows)


@dataclass(slots=True)
class _VocObject:
    class_name: str
    number: int
    box: list[float] | None = None
    polygon: list[float] | None = None
    confidence: float = math.nan
    is_difficult: bool = False
    attributes: dict[str, Any] | None = None


@dataclass(slots=True)
class _VocFile:
    path: Path
    place: str
    frame_name: str
    width: int | None = None
    height: int | None = None
    objects: list[_VocObject] = field(default_factory=list)


class _Unreadable(ValueError):  # noqa: N818 - the outcome of one object, not a fault
    pass


def _parse_files(source: Path, root: Path, report: ImportReport) -> list[_VocFile]:
    files = []
    for path in counted(list(walk_files(source, _SUFFIXES))):
        place = place_below(path, root)
        try:
            annotation = _parse_xml(path)
        except FileParsingError as error:
            report.note(
                "xml_unusable",
                Severity.ERROR,
                "XML files cannot be read; none of their objects were.",
                examples=[f"{place}: {error.what}"],
                fix="Write them again, or leave them out.",
            )
            continue
        files.append(_read_annotation(annotation, path, place, report))
    return files


def _parse_xml(path: Path) -> Element:
    try:
        annotation = fromstring(read_all(path))
    except ParseError as error:
        raise FileParsingError(f"not valid XML ({error}).", where=path) from None
    except DefusedXmlException:
        raise FileParsingError("declares entities, which are refused for safety.", where=path) from None
    except (InputError, ValueError, LookupError, RecursionError) as error:
        what = error.what if isinstance(error, InputError) else str(error)
        raise FileParsingError(what, where=path) from None
    if annotation.tag != "annotation":
        raise FileParsingError(f"its root is <{annotation.tag[:40]}>, expected <annotation>.", where=path)
    return annotation


def _read_annotation(annotation: Element, path: Path, place: str, report: ImportReport) -> _VocFile:
    size = annotation.find("size")
    file = _VocFile(
        path,
        place,
        _text(annotation, "filename") or path.stem,
        width=None if size is None else _pixels(size, "width"),
        height=None if size is None else _pixels(size, "height"),
    )
    for number, element in enumerate(annotation.iterfind("object"), 1):
        try:
            file.objects.append(_read_object(element, number))
        except _Unreadable as reason:
            name = _text(element, "name") or "no name"
            report.reject(
                "voc_object_invalid",
                "An object cannot be read.",
                examples=[f"{place}: object {number} ({name[:40]}): {reason}"],
                fix="Expected a <name> and a <bndbox> with the numbers xmin, ymin, xmax and ymax.",
            )
            continue
        if element.find("part") is not None:
            report.note(
                "voc_parts",
                Severity.INFO,
                "Objects have <part>s (heads, hands, feet); the parts were left out.",
                examples=[f"{place}: object {number}"],
            )
    return file


def _read_object(element: Element, number: int) -> _VocObject:
    name = _text(element, "name")
    if not name:
        raise _Unreadable("no <name>")
    found = _VocObject(name, number)
    box = element.find("bndbox")
    if box is not None:
        left, top, right, bottom = (_number(box, tag) for tag in ("xmin", "ymin", "xmax", "ymax"))
        found.box = [left, top, right - left, bottom - top]
    polygon = element.find("polygon")
    if polygon is not None:
        found.polygon = _read_polygon(polygon)
    if found.box is None:
        if found.polygon is None:
            raise _Unreadable("no <bndbox>")
        xs, ys = found.polygon[0::2], found.polygon[1::2]
        found.box = [min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)]
    for tag in _CONFIDENCE_TAGS:
        if element.find(tag) is not None:
            found.confidence = _number(element, tag)
    found.is_difficult = _text(element, "difficult").lower() in ("1", "true", "1.0")
    found.attributes = _read_attributes(element)
    return found


def _read_polygon(polygon: Element) -> list[float] | None:
    """Corners as ``<pt><x/><y/></pt>``, ``<point>`` likewise, or ``<x1/><y1/><x2/><y2/>...``; None for fewer than 3."""
    points = [child for child in polygon if child.tag in ("pt", "point")]
    if points:
        values = [_number(point, tag) for point in points for tag in ("x", "y")]
    else:
        values = []
        while polygon.find(f"x{len(values) // 2 + 1}") is not None:
            index = len(values) // 2 + 1
            values += [_number(polygon, f"x{index}"), _number(polygon, f"y{index}")]
    return values if len(values) >= 6 else None


def _read_attributes(element: Element) -> dict[str, Any] | None:
    attributes: dict[str, Any] = {}
    for child in element:
        text = (child.text or "").strip()
        if len(child) or not text or text.lower() == "unspecified" or child.tag in _COLUMN_TAGS:
            continue
        flag = child.tag in _FLAG_TAGS and text in ("0", "1")
        attributes[child.tag] = text == "1" if flag else text
    for attribute in element.iterfind("attributes/attribute"):
        name = _text(attribute, "name")
        if name:
            attributes[name] = _text(attribute, "value")
    return attributes or None


def _check_role(files: list[_VocFile], source: Path, role: Role, report: ImportReport) -> None:
    objects = [found for file in files for found in file.objects]
    confident = sum(not math.isnan(found.confidence) for found in objects)
    if role == "predictions" and objects and not confident:
        raise FileParsingError(
            "its objects have no <confidence>: these are labels, not predictions.",
            where=source,
            fix="Import it with `predscope import labels`, or write a <confidence> into each <object>.",
        )
    if role == "labels" and confident:
        if confident == len(objects):
            raise FileParsingError(
                "all its objects have a <confidence>: these are predictions, not labels.",
                where=source,
                fix="Import it with `predscope import predictions`.",
            )
        report.note(
            "labels_with_score",
            Severity.WARNING,
            "Some labels have a confidence, as predictions do; it was kept as an attribute.",
            count=confident,
        )


def _name_frames(files: list[_VocFile], report: ImportReport) -> None:
    """A name that several files share was copied along: those take the name of the XML file instead."""
    shared = {name for name, count in Counter(file.frame_name for file in files).items() if count > 1}
    copied = [file for file in files if file.frame_name in shared]
    if copied:
        report.note(
            "voc_filename_shared",
            Severity.WARNING,
            "Several XML files have the same <filename>; their frames go by the name of the XML file.",
            count=len(copied),
            examples=[f"{file.place}: {file.frame_name}" for file in copied[:5]],
            fix="Correct the <filename> in them if frames are not found.",
        )
        for file in copied:
            file.frame_name = file.path.stem


def _read_batches(files: list[_VocFile], role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    rows: list[tuple[_VocFile, _VocObject]] = []
    for file in files:
        for found in file.objects:
            if role == "predictions" and math.isnan(found.confidence):
                report.reject(
                    "score_missing",
                    "A prediction has no confidence.",
                    examples=[f"{file.place}: object {found.number}"],
                    fix="Write a <confidence> into each <object>.",
                )
                continue
            rows.append((file, found))
        while len(rows) >= BATCH_ROWS:
            yield _to_batch(rows[:BATCH_ROWS], role)
            rows = rows[BATCH_ROWS:]
    if rows:
        yield _to_batch(rows, role)


def _to_batch(rows: list[tuple[_VocFile, _VocObject]], role: Role) -> ObjectBatch:
    objects = [found for _, found in rows]
    has_polygons = any(found.polygon for found in objects)
    attributes = [found.attributes for found in objects]
    if role == "labels":
        attributes = [
            kept if math.isnan(found.confidence) else {**(kept or {}), "confidence": found.confidence}
            for kept, found in zip(attributes, objects, strict=True)
        ]
    return ObjectBatch(
        frame_ref=text_column([file.frame_name for file, _ in rows]),
        class_ref=text_column([found.class_name for found in objects]),
        frame_ref_is="name",
        class_ref_is="name",
        geometry=np.array([Geometry.POLYGON if found.polygon else Geometry.BOX for found in objects], object),
        place=text_column([f"{file.place}: object {found.number}" for file, found in rows]),
        box=np.array([found.box for found in objects], np.float64),
        box_format="xyxy",
        confidence=np.array([found.confidence for found in objects]) if role == "predictions" else None,
        polygons=[[[found.polygon]] if found.polygon else None for found in objects] if has_polygons else None,
        is_ignored=np.array([found.is_difficult for found in objects]),
        attributes=attributes if any(attributes) else None,
    )


def _text(element: Element, tag: str) -> str:
    return (element.findtext(tag) or "").strip()


def _number(element: Element, tag: str) -> float:
    text = _text(element, tag)
    try:
        value = float(text)
    except ValueError:
        raise _Unreadable(f"<{tag}> is {text[:20]!r}, expected a number") from None
    if not math.isfinite(value):
        raise _Unreadable(f"<{tag}> is {text}")
    return value


def _pixels(element: Element, tag: str) -> int | None:
    try:
        value = int(float(_text(element, tag)))
    except (ValueError, OverflowError):
        return None
    return value if 0 < value < 2**31 else None
