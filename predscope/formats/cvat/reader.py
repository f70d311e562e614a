"""CVAT's XML 1.1, for images and for video (https://docs.cvat.ai/docs/dataset_management/formats/format-cvat/).

*For images* lists ``<image>`` elements with their shapes. *For video* lists ``<track>`` elements with a shape for each
frame; where a track says nothing of frames between two of its boxes, the boxes between are placed on a straight line,
as CVAT does. Frames of a video are named ``video.mp4#12``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from predscope.errors import FileParsingError
from predscope.formats.base import Detection, ObjectBatch, Reading, Role
from predscope.formats.content import read_head
from predscope.formats.cvat.contents import CvatContents, read_meta
from predscope.formats.cvat.shapes import (
    SHAPE_TAGS,
    FrameSize,
    between,
    read_attributes,
    read_shape,
    reject_unknown,
)
from predscope.formats.folders import sample_files, walk_files
from predscope.formats.json_files.values import UnusableShape, as_flag, as_text, as_whole, class_missing
from predscope.formats.shape_rows import RowCollector, Shape, ShapeRow
from predscope.reading_progress import tell_bytes
from predscope.report import ImportReport, Severity

_SUFFIXES: Final = frozenset({".xml"})
_MAX_BETWEEN: Final = 1_000
_MAX_PLACED: Final = 200_000
"""Boxes placed between others, in all: CVAT itself writes every frame, so there are few to be placed."""

_EVENTS_A_WORD: Final = 1000
"""Of XML, after which it is said how far it is."""


class CvatReader:
    """CVAT's XML for images and for video."""

    name = "cvat"
    title = "CVAT XML"

    def detect(self, source: Path, head: bytes) -> Detection:
        if source.is_dir():
            files = sample_files(source, _SUFFIXES, 5)
            heads = [read_head(path) for path in files if path.is_file()]
            fitting = sum(map(_is_cvat, heads))
            score = 0.95 * fitting / len(heads) if fitting else 0.0
            return Detection(score, "an XML file with CVAT's <annotations>") if fitting == 1 else Detection(0.0, "")
        return Detection(0.95, "XML with CVAT's <annotations>") if _is_cvat(head) else Detection(0.0, "")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        path = _one_file(source)
        if role == "predictions":
            raise FileParsingError(
                "CVAT's XML has no confidences: it holds labels, not predictions.",
                where=path,
                fix="Import it with `predscope import labels`.",
            )
        contents = _look(path)
        if contents.version and not contents.version.startswith("1."):
            report.note("cvat_version", Severity.WARNING, f"The file is of version {contents.version}, not 1.1.")
        declared = contents.declared_frames()
        return Reading(self.name, role, declared, contents.classes, _read_batches(path, contents, role, report), report)


def _is_cvat(head: bytes) -> bool:
    text = head.decode("utf-16" if head.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf-8", "replace")
    return "<annotations" in text and any(tag in text for tag in ("<meta>", "<image ", "<track ", "<version>"))


def _one_file(source: Path) -> Path:
    if source.is_file():
        return source
    fitting = [path for path in walk_files(source, _SUFFIXES) if _is_cvat(read_head(path))]
    if len(fitting) == 1:
        return fitting[0]
    raise FileParsingError(
        f"has {len(fitting)} XML files of CVAT's, expected one.", where=source, fix="Give the file itself."
    )


def _elements(path: Path, tags: frozenset[str]) -> Iterator[Element]:
    """Elements of these tags right below the root, each emptied once it was looked at.

    Raises:
        FileParsingError: the file is damaged; elements before the damage were handed over.
    """
    depth, root = 0, None
    try:
        for event, element in _events(path):
            if event == "start":
                depth += 1
                if depth == 1:
                    root = element
                    if element.tag != "annotations":
                        raise FileParsingError(
                            f"its root is <{element.tag[:40]}>, expected CVAT's <annotations>.", where=path
                        )
                continue
            depth -= 1
            if depth == 1 and root is not None:
                if element.tag in tags:
                    yield element
                root.clear()
    except ParseError as error:
        raise FileParsingError(
            f"not valid XML ({error}).", where=path, fix="Is the download or the copy complete?"
        ) from None
    except DefusedXmlException:
        raise FileParsingError("declares entities, which are refused for safety.", where=path) from None
    except (ValueError, LookupError, RecursionError) as error:
        raise FileParsingError(f"cannot be read ({error}).", where=path) from None
    except OSError as error:
        raise FileParsingError(f"cannot be read: {error.strerror or error}.", where=path) from None


def _events(path: Path) -> Iterator[tuple[str, Element]]:
    with path.open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for number, (event, element) in enumerate(iterparse(file, events=("start", "end"), forbid_dtd=False)):
            if number % _EVENTS_A_WORD == 0:
                tell_bytes(file.tell(), size, f"Reading {path.name}")
            yield event, element


def _look(path: Path) -> CvatContents:
    """The first pass: frames, classes and what the head of the file says."""
    contents = CvatContents()
    for element in _elements(path, frozenset({"version", "meta", "image", "track"})):
        if element.tag == "version":
            contents.version = (element.text or "").strip()
        elif element.tag == "meta":
            read_meta(element, contents)
        elif element.tag == "image":
            contents.images.append(contents.image_frame(element))
        else:
            numbers = {as_whole(shape.get("frame")) for shape in element if not as_flag(shape.get("outside"))}
            contents.frames.update(number for number in numbers if number is not None and number >= 0)
    return contents


def _read_batches(path: Path, contents: CvatContents, role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report)
    keypoints = {entry.name: entry.keypoints for entry in contents.classes or ()}
    tracks = 0
    for number, element in enumerate(_elements(path, frozenset({"image", "track"})), 1):
        if element.tag == "image":
            _read_image(element, number, contents, keypoints, collector)
        else:
            tracks += 1
            _read_track(element, tracks, contents, keypoints, collector, report)
        yield from collector.full()
    yield from collector.rest()


def _read_image(
    element: Element,
    number: int,
    contents: CvatContents,
    keypoints: dict[str, tuple[str, ...]],
    collector: RowCollector,
) -> None:
    frame = contents.image_frame(element)
    size = FrameSize(frame.width, frame.height)
    for place_in_image, shape in enumerate(element, 1):
        place = f"image {number} ({frame.file_name[:60]}): {shape.tag[:40]} {place_in_image}"
        try:
            if shape.tag not in SHAPE_TAGS:
                raise reject_unknown(shape)
            label = as_text(shape.get("label"))
            if label is None:
                raise class_missing()
            found = read_shape(shape, size, keypoints.get(label, ()))
        except UnusableShape as reason:
            collector.reject(place, reason)
            continue
        collector.add(
            ShapeRow(
                frame.file_name,
                label,
                place,
                found,
                source_id=as_text(shape.get("id")),
                attributes=read_attributes(shape, {}),
            )
        )


def _read_track(
    track: Element,
    number: int,
    contents: CvatContents,
    keypoints: dict[str, tuple[str, ...]],
    collector: RowCollector,
    report: ImportReport,
) -> None:
    """A row for each frame in which the track is seen; ``outside`` says that it is not."""
    track_id = as_text(track.get("id")) or str(number)
    label = as_text(track.get("label"))
    previous: tuple[int, Shape, dict[str, object]] | None = None
    for shape in track:
        index = as_whole(shape.get("frame"))
        place = f"track {track_id[:40]}: frame {shape.get('frame', '?')[:20]}"
        found: Shape | None = None
        try:
            if shape.tag not in SHAPE_TAGS:
                raise reject_unknown(shape)
            if label is None:
                raise class_missing()
            if index is None or index < 0:
                raise UnusableShape("frame_missing", "An object does not say in which frame it is.")
            found = read_shape(shape, contents.size, keypoints.get(label, ()))
        except UnusableShape as reason:
            if not as_flag(shape.get("outside")):
                collector.reject(place, reason)
            previous = None
            continue
        if previous is not None and contents.step < index - previous[0] <= _MAX_BETWEEN:
            _fill_gap(previous, index, found, (track_id, label), contents, collector, report)
        if as_flag(shape.get("outside")):
            previous = None
            continue
        attributes = read_attributes(shape, {})
        frame = contents.video_frame(index).file_name
        collector.add(ShapeRow(frame, label, place, found, track_id=track_id, attributes=attributes))
        previous = (index, found, attributes)


def _fill_gap(
    previous: tuple[int, Shape, dict[str, object]],
    index: int,
    shape: Shape,
    track: tuple[str, str],
    contents: CvatContents,
    collector: RowCollector,
    report: ImportReport,
) -> None:
    """Boxes in frames of which a track says nothing, between two of which it does."""
    start, first, attributes = previous
    placed_before = report.problems.get("boxes_interpolated")
    if placed_before is not None and placed_before.count >= _MAX_PLACED:
        return
    for missing in range(start + contents.step, index, contents.step):
        placed = between(first, shape, (missing - start) / (index - start))
        if placed is None:
            return
        place = f"track {track[0][:40]}: between frames {start} and {index}"
        frame = contents.video_frame(missing).file_name
        kept = {**attributes, "interpolated": True}
        collector.add(ShapeRow(frame, track[1], place, placed, track_id=track[0], attributes=kept))
        report.note(
            "boxes_interpolated",
            Severity.INFO,
            "Boxes of tracks were placed on a straight line in frames between two for which the file has them.",
            examples=[place],
        )
