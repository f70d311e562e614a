"""COCO panoptic (https://cocodataset.org/#format-data, "Panoptic Segmentation"): a JSON file and PNG files.

The id of a pixel is R + 256 G + 65536 B; ``segments_info`` gives each id its class. Id 0 is void. Every pixel of a
frame is spoken of, so frames are kept as pixel maps too.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
from hotcoco import mask as rle_codec
from PIL import Image

from predscope.errors import FileParsingError
from predscope.formats.base import Detection, ObjectBatch, PixelMap, Reading, Role
from predscope.formats.coco.frames import read_classes, read_frames
from predscope.formats.content import HEAD_BYTES
from predscope.formats.folders import sample_files
from predscope.formats.json_files.document import JsonDocument, Span, open_json
from predscope.formats.json_files.peek import peek_json
from predscope.formats.json_files.values import (
    UnusableShape,
    as_flag,
    as_list,
    as_object,
    as_text,
    as_whole,
    class_missing,
    scalars,
    shown,
)
from predscope.formats.masks.components import MaskRegions, find_instances
from predscope.formats.masks.placed import PlacedMask
from predscope.formats.shape_rows import RowCollector, ShapeRow, mask_shape, read_confidence
from predscope.media.image_info import IMAGE_FAULTS, describe_fault
from predscope.reading_progress import tell
from predscope.report import ImportReport, Severity

_SEGMENT_KEYS: Final = frozenset({"id", "category_id", "area", "bbox", "iscrowd", "score", "segmentation"})
_VOID: Final = 0
_MOST_FOLDERS: Final = 200
_SAMPLE: Final = 2
_MOST_SEGMENTS: Final = 2_000
_FLAT_SHARE: Final = 0.8


class UnusablePng(ValueError):  # noqa: N818 - the outcome of one frame, not a fault
    """A PNG file that cannot be read; the message says why."""


class CocoPanopticReader:
    """Panoptic labels, or predictions in the same form."""

    name = "coco_panoptic"
    title = "COCO panoptic"

    def detect(self, source: Path, head: bytes) -> Detection:
        described_in = source.parent / f"{source.name}.json"
        if not head and source.is_dir():
            if described_in.is_file():
                return Detection(0.0, f"if these are its PNG files, give {described_in.name}, which lies beside them")
            return Detection(0.0, _what_is_missing(source))
        peek = peek_json(head)
        reason = "a JSON file whose annotations have segments_info (COCO panoptic)"
        if peek.kind == "array" and isinstance(peek.first, dict) and "segments_info" in peek.first:
            return Detection(0.95, reason, "predictions")
        if peek.kind == "object" and has_segments(source, head):
            role: Role = "predictions" if b'"score"' in head else "labels"
            return Detection(0.95, reason, role)
        return Detection(0.0, "")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        if source.is_dir():
            raise FileParsingError(
                "is a folder; the PNG files of panoptic segments say nothing without the JSON file that gives each "
                "segment its class (segments_info).",
                where=source,
                fix=f"Put that file beside the folder, as {source.name}.json, and give the file.",
            )
        document = open_json(source, report)
        span = document.root if document.is_array else document.members.get("annotations")
        if not isinstance(span, Span) or not document.is_array_at(span):
            raise FileParsingError("has no list of annotations with segments_info.", where=source)
        first = as_object(document.first(span))
        names = None if document.is_array else read_frames(document)
        folder = _find_folder(source, as_text(first.get("file_name")))
        if role == "predictions" and not _has_scores(first):
            report.note(
                "confidence_assumed",
                Severity.WARNING,
                "Segments have no score; 1.0 was taken for every one.",
                fix="Rankings and curves need confidences: write a score into segments_info.",
            )
        contents = _Contents(
            document,
            span,
            folder,
            {frame.source_id: frame.file_name for frame in names or () if frame.source_id is not None},
            _things(document),
        )
        pixel_maps: list[PixelMap] = []
        classes = None if document.is_array else read_classes(document)
        batches = _read_batches(contents, role, pixel_maps, report)
        return Reading(self.name, role, names, classes, batches, report, pixel_maps)


def _what_is_missing(folder: Path) -> str:
    """Of a folder whose PNG files look like ids of segments, that the file with their classes is not there; else ""."""
    files = sample_files(folder, frozenset({".png"}), _SAMPLE)
    if not files or not all(map(looks_panoptic, files)):
        return ""
    return (
        "its PNG files look like ids of segments (R + 256 G + 65536 B), whose classes stand in a JSON file with "
        f"segments_info, which is missing: put it beside the folder, as {folder.name}.json, and give that file"
    )


def looks_panoptic(path: Path) -> bool:
    """Whether a PNG file has areas of a few colours, as ids of segments are (and colours of classes). Never raises."""
    try:
        ids = read_ids(path)
    except UnusablePng:
        return False
    is_flat = ids.shape[1] > 1 and float((ids[:, 1:] == ids[:, :-1]).mean()) >= _FLAT_SHARE
    has_colours = bool(((ids & 255) != (ids >> 16)).any())
    return is_flat and has_colours and len(np.unique(ids)) <= _MOST_SEGMENTS


def has_segments(source: Path, head: bytes) -> bool:
    """Does a JSON file speak of ``segments_info``, at its start or behind a long list at its end?"""
    if b'"segments_info"' in head:
        return True
    if not head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") or len(head) < HEAD_BYTES:
        return False
    try:
        with source.open("rb") as file:
            file.seek(max(file.seek(0, 2) - HEAD_BYTES, 0))
            return b'"segments_info"' in file.read(HEAD_BYTES)
    except OSError:
        return False


@dataclass(frozen=True, slots=True)
class _Contents:
    """What is read from.

    Attributes:
        document: the JSON file; ``span``: its annotations.
        folder: of the PNG files.
        names: of frames, by image id.
        is_thing: by category id.
    """

    document: JsonDocument
    span: Span
    folder: Path
    names: dict[str, str]
    is_thing: dict[str, bool]


def _has_scores(annotation: dict[str, Any]) -> bool:
    return any("score" in as_object(segment) for segment in as_list(annotation.get("segments_info")))


def _things(document: JsonDocument) -> dict[str, bool]:
    categories = [] if document.is_array else as_list(document.member("categories"))
    records = [as_object(entry) for entry in categories]
    return {
        name: as_flag(entry["isthing"])
        for entry in records
        if "isthing" in entry and (name := as_text(entry.get("id"))) is not None
    }


def _find_folder(source: Path, file_name: str | None) -> Path:
    """The folder of the PNG files: named like the JSON file, or another one beside it that has the first of them.

    Raises:
        FileParsingError: there is none.
    """
    parent = source.absolute().parent
    if file_name is None:
        raise FileParsingError("its first annotation names no PNG file (file_name).", where=source)
    name = PurePosixPath(file_name.replace("\\", "/")).name
    try:
        folders = sorted(entry for entry in islice(parent.iterdir(), _MOST_FOLDERS) if entry.is_dir())
        above = (entry for entry in islice(parent.parent.iterdir(), _MOST_FOLDERS) if entry.is_dir())
        folders += sorted(entry for entry in above if "panoptic" in entry.name.lower() or source.stem in entry.name)
    except OSError:
        folders = []
    for folder in (parent / source.stem, parent, *folders):
        if name not in ("", ".", "..") and _is_file(folder / name):
            return folder
    raise FileParsingError(
        f"its PNG files were not found: there is no {name[:80]} in a folder {source.stem}, nor in another beside it.",
        where=source,
        fix="Put the folder of PNG files beside the JSON file.",
    )


def _is_file(path: Path) -> bool:
    """Whether there is such a file; False for names that no file can have."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def read_ids(path: Path) -> np.ndarray:
    """uint32 (h, w): the ids of the pixels of a PNG file, R + 256 G + 65536 B.

    Raises:
        UnusablePng: it cannot be read, or has another kind of pixels.
    """
    try:
        with Image.open(path) as image:
            mode, pixels = image.mode, np.asarray(image)
    except Image.DecompressionBombError:
        raise UnusablePng("it is too large") from None
    except IMAGE_FAULTS as error:
        raise UnusablePng(f"it cannot be read ({describe_fault(error)})") from None
    if mode not in ("RGB", "RGBA") or pixels.ndim != 3:
        raise UnusablePng(f"its pixels are {mode}, expected RGB")
    ids = pixels[..., 2].astype(np.uint32)
    for channel in (1, 0):
        ids <<= 8
        ids |= pixels[..., channel]
    return ids


def _read_batches(
    contents: _Contents, role: Role, pixel_maps: list[PixelMap], report: ImportReport
) -> Iterator[ObjectBatch]:
    collector = RowCollector(role, report, class_ref_is="id")
    total = contents.document.count(contents.span)
    for first, records in contents.document.records(contents.span):
        for number, annotation in enumerate(records, first):
            tell(number, total, "Reading masks")
            _read_annotation(annotation, f"annotations[{number}]", contents, role, collector, pixel_maps, report)
            yield from collector.full()
    yield from collector.rest()


def _read_annotation(
    annotation: Any,
    place: str,
    contents: _Contents,
    role: Role,
    collector: RowCollector,
    pixel_maps: list[PixelMap],
    report: ImportReport,
) -> None:
    record = as_object(annotation)
    file_name, image_id = as_text(record.get("file_name")), as_text(record.get("image_id"))
    segments = as_list(record.get("segments_info"))
    if file_name is None:
        reason = UnusableShape(
            "frame_missing", "An annotation names no PNG file.", f"file_name is {shown(record.get('file_name'))}"
        )
        for index in range(max(len(segments), 1)):
            collector.reject(f"{place}.segments_info[{index}]", reason)
        return
    name = PurePosixPath(file_name.replace("\\", "/").replace("\0", "")).name
    frame = contents.names.get(image_id or "", name)
    try:
        ids = read_ids(contents.folder / name)
    except UnusablePng as error:
        reason = UnusableShape("png_unusable", "The PNG file of a frame cannot be used.", f"{name[:80]}: {error}")
        for index in range(len(segments)):
            collector.reject(f"{place}.segments_info[{index}]", reason)
        return
    regions = find_instances(ids, (_VOID,))
    listed = _read_segments(segments, place, frame, regions, ids.shape, contents, role, collector)
    unlisted = [value for value in regions.values.tolist() if value not in listed]
    is_void = np.isin(ids, [_VOID, *unlisted])
    if unlisted:
        report.note(
            "segment_unlisted",
            Severity.WARNING,
            "Ids of pixels are not among the segments of their frame; nothing is said of those pixels.",
            count=len(unlisted),
            examples=[f"{name}: id {unlisted[0]}"],
        )
    void = rle_codec.encode(np.asfortranarray(is_void.astype(np.uint8)))["counts"] if is_void.any() else None
    pixel_maps.append(PixelMap(frame, ids.shape[0], ids.shape[1], void))


def _read_segments(
    segments: list[Any],
    place: str,
    frame: str,
    regions: MaskRegions,
    shape: tuple[int, ...],
    contents: _Contents,
    role: Role,
    collector: RowCollector,
) -> set[int]:
    """A row for each segment; the ids that were found among the pixels."""
    position = {value: index for index, value in enumerate(regions.values.tolist())}
    seen: set[int] = set()
    for number, segment in enumerate(segments):
        where = f"{place}.segments_info[{number}]"
        try:
            record = as_object(segment)
            value, category = as_whole(record.get("id")), as_text(record.get("category_id"))
            if value is None or value == _VOID:
                raise UnusableShape(
                    "segment_id_invalid", "A segment has no id above 0.", f"found {shown(record.get('id'))}"
                )
            if category is None:
                raise class_missing()
            if value in seen:
                raise UnusableShape("segment_twice", "A segment is listed twice for its frame.", f"id {value}")
            if value not in position:
                raise UnusableShape("segment_empty", "A segment has no pixels in the PNG file.", f"id {value}")
            confidence = read_confidence(record.get("score"))
        except UnusableShape as reason:
            collector.reject(where, reason)
            continue
        seen.add(value)
        row = position[value]
        size = (int(shape[0]), int(shape[1]))
        mask = PlacedMask(regions.counts[row], size, regions.boxes[row].tolist(), float(regions.areas[row]))
        attributes = scalars(record, without=_SEGMENT_KEYS)
        if category in contents.is_thing:
            attributes["isthing"] = contents.is_thing[category]
        collector.add(
            ShapeRow(
                frame,
                category,
                where,
                mask_shape(mask),
                1.0 if role == "predictions" and np.isnan(confidence) else confidence,
                is_crowd=as_flag(record.get("iscrowd")),
                source_id=f"{frame}:{value}",  # ids are those of a frame, not of the file
                attributes=attributes,
            )
        )
    return seen
