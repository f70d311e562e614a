"""COCO JSON (https://cocodataset.org/#format-data): labels files and results files, LVIS included.

A *labels file* is an object with ``images``, ``annotations`` and ``categories``; with scores in its annotations it
holds predictions. A *results file* is a list of records with ``image_id``, ``category_id``, ``score`` and a bbox, a
segmentation or keypoints. Ids stay as they are; names of files too, whatever they look like.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np

from predscope.errors import FileParsingError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role
from predscope.formats.coco.frames import class_frequencies, read_classes, read_frames
from predscope.formats.coco.objects import RecordKind, records_to_batch
from predscope.formats.coco.panoptic import has_segments
from predscope.formats.coco.videos import holds_tracks
from predscope.formats.content import HEAD_BYTES
from predscope.formats.json_files.document import JsonDocument, Span, open_json
from predscope.formats.json_files.peek import JsonPeek, peek_json
from predscope.report import BOXES_FROM_MASKS, ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame

_SHAPE_KEYS: Final = ("bbox", "segmentation", "keypoints", "category_id", "category_name")
_MEMBER: Final = re.compile(rb'"(images|annotations|categories)"\s*:\s*\[')


class CocoReader:
    """Labels and results in COCO's JSON."""

    name = "coco"
    title = "COCO JSON"

    def detect(self, source: Path, head: bytes) -> Detection:
        peek = peek_json(head)
        if peek.kind == "array":
            return _detect_records(peek)
        if peek.kind == "object":
            return _detect_labels_file(source, head, peek)
        return Detection(0.0, "")

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        document = open_json(source, report)
        if document.is_array:
            return _read_records(document, role)
        return _read_labels_file(document, role)


def _detect_records(peek: JsonPeek) -> Detection:
    record = peek.first
    if peek.is_empty:
        return Detection(0.5, "an empty JSON list", "predictions")
    if not isinstance(record, dict) or not _names_a_frame(record):
        return Detection(0.0, f"a JSON list, but not of COCO records ({_describe_record(record)})")
    if not any(key in record for key in _SHAPE_KEYS):
        return Detection(0.0, f"COCO records, but not of objects ({_describe_record(record)})")
    if "score" in record:
        return Detection(0.95, "a JSON list of records with image_id and score (COCO results)", "predictions")
    return Detection(0.8, "a JSON list of records with image_id but no score (COCO annotations)", "labels")


def _detect_labels_file(source: Path, head: bytes, peek: JsonPeek) -> Detection:
    members = {"images", "annotations", "categories"}
    if any(key in members and key not in peek.first_of for key in peek.keys[:-1]):
        return Detection(0.0, "a JSON object with COCO's keys, which are no lists")
    keys = {*peek.keys, *_members_at_end(source)} & members
    record = peek.first_of.get("annotations")
    if has_segments(source, head):
        return Detection(0.0, "a COCO panoptic file: its segments are in PNG files")
    if holds_tracks(head):
        return Detection(0.0, "a file of objects in videos (YouTube-VIS)")
    if isinstance(record, dict) and not any(key in record for key in _SHAPE_KEYS):
        return Detection(0.0, f"COCO records, but not of objects ({_describe_record(record)})")
    role: Role = "predictions" if isinstance(record, dict) and "score" in record else "labels"
    if "annotations" in keys and len(keys) > 1:
        return Detection(0.95, f"a JSON object with {_and(sorted(keys))}", role)
    if isinstance(record, dict) and _names_a_frame(record):
        return Detection(0.9, "a JSON object with annotations of images", role)
    if keys == {"images", "categories"} or keys == {"images"}:
        return Detection(0.6, f"a JSON object with {_and(sorted(keys))}", role)
    if keys == {"categories"} and isinstance(peek.first_of.get("categories"), dict):
        return Detection(0.6, "a JSON object with categories", role)
    return Detection(0.0, f"a JSON object, but not of COCO's keys (it has {_and(peek.keys[:6]) or 'none'})")


def _members_at_end(source: Path) -> set[str]:
    """COCO's members whose start is near the end of the file, behind a long list."""
    try:
        with source.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(size - HEAD_BYTES, 0))
            return {match.group(1).decode() for match in _MEMBER.finditer(file.read(HEAD_BYTES))}
    except OSError:
        return set()


def _read_records(document: JsonDocument, role: Role) -> Reading:
    """A list of records: results, or annotations without their images."""
    record = document.first(document.root)
    if record is not None:
        _check_records(document, record, role)
    kind = RecordKind.of(record, "[", role)
    frames, classes = _named_in_records(document, record)
    if role == "predictions" and record is not None and record.get("segmentation") and not record.get("bbox"):
        document.report.note(
            BOXES_FROM_MASKS,
            Severity.INFO,
            "The predictions have masks and no boxes; the boxes are those around the masks.",
        )
    if record is None:
        document.report.note(
            "no_records",
            Severity.WARNING,
            "The file is an empty list: it holds no objects.",
            fix="Check that it is the right file, and that the export ran to its end.",
        )
    batches = _read_batches(document, document.root, kind)
    rows = document.count(document.root)
    return Reading("coco", role, frames, classes, batches, document.report, row_count=rows)


def _read_labels_file(document: JsonDocument, role: Role) -> Reading:
    span = document.members.get("annotations")
    if span is not None and not document.is_array_at(span):
        raise FileParsingError("its annotations are not a list.", where=document.source)
    if span is None and not document.is_array_at(document.members.get("images")):
        raise FileParsingError(
            f"is not a COCO file: expected images, annotations and categories, found {_found_keys(document)}.",
            where=document.source,
        )
    record = document.first(span) if span is not None else None
    if record is not None:
        _check_annotations(document, record, role)
    frames, classes = read_frames(document), read_classes(document)
    if span is None:
        if role == "predictions":
            raise FileParsingError("it has no annotations, so it holds no predictions.", where=document.source)
        document.report.note(
            "no_annotations",
            Severity.WARNING,
            "The file lists images but no annotations.",
        )
        return Reading("coco", role, frames, classes, iter(()), document.report)
    kind = RecordKind.of(record, "annotations[", role)
    batches = _read_batches(document, span, kind)
    frequencies = class_frequencies(document)
    if frequencies:
        batches = (_with_frequencies(batch, frequencies) for batch in batches)
    return Reading("coco", role, frames, classes, batches, document.report, row_count=document.count(span))


def _with_frequencies(batch: ObjectBatch, frequencies: dict[str, str]) -> ObjectBatch:
    """How often LVIS says that the class of each object occurs, among the object's attributes."""
    told = [frequencies.get(str(reference)) for reference in batch.class_ref.tolist()]
    earlier = batch.attributes or [None] * len(batch)
    batch.attributes = [
        kept if frequency is None else {**(kept or {}), "frequency": frequency}
        for kept, frequency in zip(earlier, told, strict=True)
    ]
    return batch


def _read_batches(document: JsonDocument, span: Span, kind: RecordKind) -> Iterator[ObjectBatch]:
    for first, records in document.records(span):
        for start in range(0, len(records), BATCH_ROWS):
            chunk = records[start : start + BATCH_ROWS]
            places = np.arange(first + start, first + start + len(chunk))
            batch = records_to_batch(chunk, places, kind, document.report)
            if batch is not None:
                yield batch


def _check_records(document: JsonDocument, record: Any, role: Role) -> None:
    """Is a list of records what was asked for? Judged by its first record."""
    if not isinstance(record, dict) or not (_names_a_frame(record) or any(key in record for key in _SHAPE_KEYS)):
        raise FileParsingError(
            f"is a JSON list, but not of COCO records: expected image_id, category_id, bbox and score, "
            f"found {_describe_record(record)}.",
            where=document.source,
        )
    if "caption" in record and not any(key in record for key in _SHAPE_KEYS):
        raise FileParsingError("holds captions, not objects on images.", where=document.source)
    if role == "labels" and "score" in record:
        raise FileParsingError(
            "is a COCO results file: its records have a score, so these are predictions, not labels.",
            where=document.source,
            fix="Import it with `predscope import predictions`.",
        )
    if role == "predictions" and not _has_score(document, document.root, record):
        raise FileParsingError(
            "is a list of annotations without scores: these are labels, not predictions.",
            where=document.source,
            fix="Import it with `predscope import labels`, or write a score into each record.",
        )


def _check_annotations(document: JsonDocument, record: Any, role: Role) -> None:
    if isinstance(record, dict) and "segments_info" in record:
        raise FileParsingError(
            "is a COCO panoptic file, whose segments are in PNG files; this reader reads instances.",
            where=document.source,
            fix="Import it with --format coco_panoptic.",
        )
    if isinstance(record, dict) and "caption" in record and not any(key in record for key in _SHAPE_KEYS):
        raise FileParsingError("holds captions, not objects on images.", where=document.source)
    has_score = isinstance(record, dict) and "score" in record
    if role == "predictions" and not has_score and not _has_score(document, document.members["annotations"], record):
        raise FileParsingError(
            "is a COCO labels file: its annotations have no score, so these are labels, not predictions.",
            where=document.source,
            fix="Import it with `predscope import labels`; predictions are a list of records with image_id, "
            "category_id, bbox and score.",
        )
    if role == "labels" and has_score:
        document.report.note(
            "labels_with_score",
            Severity.WARNING,
            "The annotations have scores, as predictions do; they were read as labels, the score as an attribute.",
            fix="If these are predictions, import them with `predscope import predictions`.",
            examples=[document.source.name],
        )


def _has_score(document: JsonDocument, span: Span, first: Any) -> bool:
    """Does any of the first chunk of records have a score?"""
    if isinstance(first, dict) and "score" in first:
        return True
    for _, records in document.records(span):
        return any(isinstance(record, dict) and "score" in record for record in records)
    return False


def _named_in_records(
    document: JsonDocument, first: Any
) -> tuple[list[DeclaredFrame] | None, list[DeclaredClass] | None]:
    """Names of frames and classes that some programs write into each record of a results file beside the ids."""
    keys = first if isinstance(first, dict) else {}
    with_frames = "file_name" in keys and "image_id" in keys
    with_classes = "category_name" in keys and "category_id" in keys
    if not with_frames and not with_classes:
        return None, None
    frames: dict[str, str] = {}
    classes: dict[str, str] = {}
    for _, records in document.records(document.root):
        for record in records:
            if not isinstance(record, dict):
                continue
            if with_frames and isinstance(name := record.get("file_name"), str):
                frames.setdefault(str(record.get("image_id")), name)
            if with_classes and isinstance(name := record.get("category_name"), str):
                classes.setdefault(str(record.get("category_id")), name)
    return (
        [DeclaredFrame(name, source_id) for source_id, name in frames.items()] if with_frames else None,
        [DeclaredClass(name, source_id) for source_id, name in classes.items()] if with_classes else None,
    )


def _names_a_frame(record: dict[str, Any]) -> bool:
    return "image_id" in record or "file_name" in record


def _describe_record(record: Any) -> str:
    if isinstance(record, dict):
        return f"records with {_and(list(record)[:6]) or 'nothing in them'}"
    return "nothing that is complete" if record is None else f"elements like {str(record)[:40]}"


def _found_keys(document: JsonDocument) -> str:
    keys = list(document.members)
    shown = _and(keys[:6]) or "an empty object"
    return f"{shown} and {len(keys) - 6} more" if len(keys) > 6 else shown


def _and(words: list[str]) -> str:
    return ", ".join(words)
