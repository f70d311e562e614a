"""Objects in videos as YouTube-VIS has them (https://youtube-vos.org/dataset/vis/), OVIS and their results too.

A *labels file* has ``videos`` with the ``file_names`` of their frames, ``annotations`` with a ``video_id`` and, a value
for each frame or null, ``segmentations``, ``bboxes`` and ``areas``, and ``categories``. A *results file* is a list of
records with ``video_id``, ``category_id``, ``score`` and ``segmentations``
(https://github.com/youtubevos/cocoapi, ``ytvos.py``). Each of them is a track: one object in every frame in which it
has a shape. Frames go by their file names; between files, by the id of the video and the place in it, ``3#12``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from predscope.errors import FileParsingError
from predscope.formats.base import BATCH_ROWS, Detection, ObjectBatch, Reading, Role, text_column
from predscope.formats.coco.frames import read_classes
from predscope.formats.coco.objects import RecordKind, records_to_batch
from predscope.formats.coco.tracks import Track, TrackReader
from predscope.formats.json_files.document import JsonDocument, Span, open_json
from predscope.formats.json_files.peek import peek_json
from predscope.formats.json_files.values import as_list, as_object, as_size, as_text, as_whole, scalars
from predscope.formats.listed_frames import listed_length
from predscope.media.naming import video_frame_name
from predscope.report import BOXES_FROM_MASKS, ImportReport, Severity
from predscope.schema import DeclaredFrame

_LISTS: Final = ("segmentations", "bboxes")
_VIDEO_KEYS: Final = frozenset(
    {"id", "width", "height", "length", "file_names", "file_name", "name", "coco_url", "flickr_url", "license"}
)


class YouTubeVisReader:
    """Tracks of masks or boxes in videos, as labels or as results."""

    name = "youtube_vis"
    title = "YouTube-VIS JSON"

    def detect(self, source: Path, head: bytes) -> Detection:
        if not holds_tracks(head):
            return Detection(0.0, "")
        peek = peek_json(head)
        if peek.kind == "array":
            reason = "a JSON list of records with video_id and segmentations (YouTube-VIS)"
            return Detection(0.95, reason, "predictions")
        role: Role = "predictions" if "score" in as_object(peek.first_of.get("annotations")) else "labels"
        return Detection(0.95, "a JSON object with videos and their file_names (YouTube-VIS)", role)

    def read(self, source: Path, role: Role) -> Reading:
        report = ImportReport(source=str(source), format=self.name)
        document = open_json(source, report)
        span = document.root if document.is_array else document.members.get("annotations")
        frames = None if document.is_array else _read_frames(document)
        is_list = isinstance(span, Span) and document.is_array_at(span)
        if not is_list and (span is not None or frames is None):
            raise FileParsingError(
                "has no list of annotations with video_id and segmentations, as YouTube-VIS has them.", where=source
            )
        classes = None if document.is_array else read_classes(document)
        if not isinstance(span, Span):  # as the frames of a test set are given out
            if role == "predictions":
                raise FileParsingError("it has no annotations, so it holds no predictions.", where=source)
            report.note("no_annotations", Severity.WARNING, "The file lists videos but no annotations.")
            return Reading(self.name, role, frames, classes, iter(()), report)
        first = _check_role(document, span, role)
        if role == "predictions" and first.get("segmentations") and not first.get("bboxes"):
            report.note(
                BOXES_FROM_MASKS,
                Severity.INFO,
                "The predictions have masks and no boxes; the boxes are those around the masks.",
            )
        return Reading(self.name, role, frames, classes, _read_batches(document, span, role), report)


def holds_tracks(head: bytes) -> bool:
    """Whether a JSON file, by its start, speaks of objects in videos: a list of shapes for each, with a video's id."""
    peek = peek_json(head)
    if peek.kind == "array":
        has_keys = b'"video_id"' in head and any(f'"{key}"'.encode() in head for key in _LISTS)
        return _is_track(peek.first) or (peek.first is None and has_keys and b'"image_id"' not in head)
    if peek.kind != "object":
        return False
    lists_frames = "images" not in peek.keys and "file_names" in as_object(peek.first_of.get("videos"))
    return lists_frames or _is_track(peek.first_of.get("annotations"))


def _is_track(record: Any) -> bool:
    has_shapes = isinstance(record, dict) and any(isinstance(record.get(key), list) for key in _LISTS)
    return has_shapes and "video_id" in record and "image_id" not in record


def _check_role(document: JsonDocument, span: Span, role: Role) -> dict[str, Any]:
    """Labels or predictions, judged by the first records; the first of them that is a track, {} if there is none.

    Raises:
        FileParsingError: it is what was not asked for, or no list of tracks.
    """
    records: list[Any] = next((records for _, records in document.records(span)), [])
    if records and not any(_is_track(record) for record in records):
        raise FileParsingError(
            "has no records with video_id and a list of segmentations or bboxes, as YouTube-VIS has them.",
            where=document.source,
        )
    scored = ["score" in record for record in records if isinstance(record, dict)]
    if role == "predictions" and records and not any(scored):
        raise FileParsingError(
            "its records have no score: these are labels, not predictions.",
            where=document.source,
            fix="Import it with `predscope import labels`, or write a score into each record.",
        )
    if role == "labels" and scored and all(scored):
        raise FileParsingError(
            "all its records have a score: these are predictions, not labels.",
            where=document.source,
            fix="Import it with `predscope import predictions`.",
        )
    return next(filter(_is_track, records), {})


def _read_frames(document: JsonDocument) -> list[DeclaredFrame] | None:
    """The frames of all ``videos``; None where the file lists none."""
    span = document.members.get("videos")
    if not isinstance(span, Span) or not document.is_array_at(span):
        return None
    frames: list[DeclaredFrame] = []
    for first, records in document.records(span):
        for number, record in enumerate(records, first):
            found = _frames_of(as_object(record), len(frames), document.report)
            if not found:
                document.report.note(
                    "video_without_frames",
                    Severity.WARNING,
                    "A video has no id, or names no frames (file_names); it was left out.",
                    examples=[f"videos[{number}]"],
                )
            frames += found
    return frames


def _frames_of(video: dict[str, Any], listed: int, report: ImportReport) -> list[DeclaredFrame]:
    video_id, length = as_text(video.get("id")), as_whole(video.get("length"))
    names: list[str | None] = [as_text(name) for name in as_list(video.get("file_names"))]
    file = as_text(video.get("file_name")) or as_text(video.get("name"))
    if not names and file is not None and length is not None:
        names = [video_frame_name(file, index) for index in range(listed_length(file, length, listed, report))]
    if video_id is None:
        return []
    folder = next((name.rpartition("/")[0] for name in names if name), "")
    attributes = scalars(video, without=_VIDEO_KEYS)
    return [
        DeclaredFrame(
            name,
            frame_reference(video_id, index),
            as_size(video.get("width")),
            as_size(video.get("height")),
            file or folder or video_id,
            index,
            attributes=dict(attributes),
        )
        for index, name in enumerate(names)
        if name is not None
    ]


def frame_reference(video_id: str, index: int) -> str:
    """The id of a frame that the files have none for: ``3#12``, frame 12 (from 0) of video 3."""
    return f"{video_id}#{index}"


def _read_batches(document: JsonDocument, span: Span, role: Role) -> Iterator[ObjectBatch]:
    prefix = "[" if document.is_array else "annotations["
    reader = TrackReader(document.report, prefix)
    kind: RecordKind | None = None
    records: list[dict[str, Any]] = []
    places: list[str] = []

    def batch() -> Iterator[ObjectBatch]:
        made = records_to_batch(records, text_column(places), kind, document.report) if kind is not None else None
        if made is not None:
            yield made
        records.clear()
        places.clear()

    for first, chunk in document.records(span):
        for number, record in enumerate(chunk, first):
            track: Track | None = reader.read(record, number)
            if track is None:
                continue
            kind = kind or RecordKind.of(as_object(record) | {"image_id": ""}, prefix, role)
            for index, place in track.frames:
                records.append(track.record(index) | {"image_id": frame_reference(track.video_id, index)})
                places.append(place)
                if len(records) >= BATCH_ROWS:
                    yield from batch()
        yield from batch()
    reader.report_absences()
