"""Records of YouTube-VIS: the frames in which a track has a shape, and what it is there as a record of COCO's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from predscope.formats.coco.shapes import rle_codec
from predscope.formats.json_files.values import as_list, as_text, shown
from predscope.report import ImportReport, Severity

_PER_FRAME: Final = {"segmentations": "segmentation", "bboxes": "bbox", "areas": "area"}
_OF_TRACK: Final = frozenset({"id", "video_id", "track_id", "instance_id", "width", "height", "length", *_PER_FRAME})
_FEW_BYTES: Final = 8
"""Compressed run lengths of a mask without pixels are one number, which is not longer."""


@dataclass(slots=True)
class Track:
    """An object through the frames of a video.

    Attributes:
        video_id: of its video.
        frames: places in the video of the frames in which it has a shape, from 0; where each stands, in words.
    """

    video_id: str
    frames: list[tuple[int, str]]
    _constant: dict[str, Any]
    _lists: dict[str, list[Any]]

    def record(self, index: int) -> dict[str, Any]:
        """What the track is in one frame, as a record of COCO's without a frame."""
        of_frame = {key: values[index] for key, values in self._lists.items() if index < len(values)}
        return self._constant | {key: value for key, value in of_frame.items() if value is not None}


class TrackReader:
    """Reads records of a list one by one; what cannot be read is rejected.

    Args:
        report: gets the rejections.
        prefix: where the records stand, e.g. ``annotations[``.
    """

    def __init__(self, report: ImportReport, prefix: str) -> None:
        self._report = report
        self._prefix = prefix
        self._empty: list[str] = []
        self._empty_count = 0
        self._unseen: list[str] = []
        self._unseen_count = 0

    def read(self, record: Any, number: int) -> Track | None:
        """The track of a record; None where it has no shape in any frame, or cannot be read."""
        place = f"{self._prefix}{number}]"
        if not isinstance(record, dict):
            self._reject("record_not_object", "A record is not a JSON object.", f"{place}: found {shown(record)}")
            return None
        wrong = [key for key in _PER_FRAME if record.get(key) is not None and not isinstance(record[key], list)]
        if wrong or not any(isinstance(record.get(key), list) for key in ("segmentations", "bboxes")):
            key = wrong[0] if wrong else "segmentations"
            message = "A track has no list with a shape, or null, for each frame."
            self._reject("track_invalid", message, f"{place}: {key} is {shown(record.get(key))}")
            return None
        frames = self._frames_with_shape(record, number)
        video_id = as_text(record.get("video_id"))
        if video_id is None:
            message = "A track names no video, so its frames are unknown."
            example = f"{place}: video_id is {shown(record.get('video_id'))}"
            self._reject("video_missing", message, example, max(len(frames), 1), "Give each record its video_id.")
            return None
        if not frames:
            self._unseen_count += 1
            self._unseen += [place] if len(self._unseen) < 5 else []
            return None
        length = max(len(as_list(record.get(key))) for key in _PER_FRAME)
        others = {key: value for key, value in record.items() if key not in _OF_TRACK}
        of_frames = {key: value for key, value in others.items() if isinstance(value, list) and len(value) == length}
        constant = {key: value for key, value in others.items() if key not in of_frames}
        identity = next((text for key in ("track_id", "instance_id", "id") if (text := as_text(record.get(key)))), None)
        constant["track_id"] = str(number) if identity is None else identity
        shapes = {name: record[key] for key, name in _PER_FRAME.items() if isinstance(record.get(key), list)}
        return Track(video_id, frames, constant, {**of_frames, **shapes})

    def report_absences(self) -> None:
        """Say what was passed over because there is nothing of the object in a frame, or in any."""
        if self._empty_count:
            self._report.note(
                "masks_without_pixels",
                Severity.INFO,
                "Tracks have masks without a pixel: the object is not in those frames.",
                count=self._empty_count,
                examples=self._empty,
            )
        if self._unseen_count:
            self._report.note(
                "tracks_without_shapes",
                Severity.WARNING,
                "Tracks have no shape in any frame; there is nothing to import of them.",
                count=self._unseen_count,
                examples=self._unseen,
            )

    def _frames_with_shape(self, record: dict[str, Any], number: int) -> list[tuple[int, str]]:
        masks, boxes = as_list(record.get("segmentations")), as_list(record.get("bboxes"))
        named = "segmentations" if masks else "bboxes"
        frames = []
        for index in range(max(len(masks), len(boxes))):
            mask = masks[index] if index < len(masks) else None
            box = boxes[index] if index < len(boxes) else None
            place = f"{number}].{named}[{index}"
            if _is_empty_mask(mask) and not _has_extent(box):
                self._empty_count += 1
                self._empty += [f"{self._prefix}{place}]"] if len(self._empty) < 5 else []
            elif mask not in (None, []) or box not in (None, []):
                frames.append((index, place))
        return frames

    def _reject(self, code: str, message: str, example: str, count: int = 1, fix: str = "") -> None:
        self._report.reject(code, message, count=count, examples=[example], fix=fix)


def _is_empty_mask(mask: Any) -> bool:
    """Whether run lengths are in order and cover no pixel."""
    if not isinstance(mask, dict):
        return False
    size, counts = mask.get("size"), mask.get("counts")
    if isinstance(counts, list):
        return len(counts) == 1 and isinstance(size, list) and len(size) == 2 and counts == [_product(size)]
    if not isinstance(counts, str) or len(counts) > _FEW_BYTES:
        return False
    try:
        return not rle_codec.area({"size": size, "counts": counts.encode("ascii")})
    except (ValueError, TypeError, OverflowError):
        return False


def _product(size: list[Any]) -> int | None:
    height, width = size
    return height * width if type(height) is int and type(width) is int else None


def _has_extent(box: Any) -> bool:
    """Whether a box covers anything, as far as it is one: of others it is said what is wrong when they are read."""
    if not isinstance(box, list) or not box:
        return False
    return any(type(value) not in (int, float) or value != 0 for value in box[2:]) or len(box) != 4
