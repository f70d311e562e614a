"""Regions of videos as rows: one for each frame that a region is in; and the frames of the videos of tasks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from predscope.formats.json_files.values import as_list, as_object, as_text, class_missing, scalars
from predscope.formats.label_studio.shapes import frame_size, kind_and_classes
from predscope.formats.label_studio.video import (
    VIDEO_KINDS,
    FillAllowance,
    NotFilled,
    UnusableKey,
    frame_count,
    read_boxes,
    read_stretches,
    spans_of,
)
from predscope.formats.listed_frames import listed_length, most_listed
from predscope.formats.shape_rows import RowCollector, ShapeRow, read_confidence
from predscope.media.naming import is_video_name, video_frame_name
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame


@dataclass(slots=True)
class VideoRegions:
    """Reads regions of videos; what cannot be read is rejected.

    Args:
        collector: gets the rejections.
        report: gets what was filled in.
    """

    collector: RowCollector
    report: ImportReport
    _allowance: FillAllowance = field(default_factory=FillAllowance)

    def rows(self, result: dict[str, Any], video: str, place: str, joined: list[str]) -> Iterator[ShapeRow]:
        """The rows of a result.

        Args:
            video: name of the video.
            place: where the result stands.
            joined: classes that other results give to the region.

        Raises:
            UnusableShape: nothing of it can be read.
        """
        value = as_object(result.get("value"))
        kind, classes = kind_and_classes(result, value)
        classes = list(dict.fromkeys(classes or joined))
        if not classes:
            raise class_missing()
        confidence = read_confidence(result.get("score"))
        extra = scalars(result.get("meta"))
        if len(classes) > 1:
            extra["labels"] = ", ".join(classes)
        if kind == "videorectangle":
            member, found = "sequence", read_boxes(value, *frame_size(result), self._allowance)
        else:
            member, found = "ranges", read_stretches(value, self._allowance)
        filled = 0
        for entry in found:
            if isinstance(entry, UnusableKey):
                self.collector.reject(f"{place}.{member}[{entry.number}]", entry.reason)
                continue
            if isinstance(entry, NotFilled):
                self._note_not_filled(entry, video, place)
                continue
            filled += not entry.is_key
            attributes = dict(extra) if entry.is_key else {**extra, "interpolated": True}
            yield ShapeRow(
                video_frame_name(video, entry.index),
                classes[0],
                f"{place}.{member}[{entry.number}]",
                entry.shape,
                confidence,
                entry.is_relative,
                track_id=as_text(result.get("id")),
                attributes=attributes,
            )
        if filled:
            self.report.note(
                "boxes_interpolated",
                Severity.INFO,
                "Boxes of tracks were placed in frames for which the file has none: on a straight line between two "
                "key frames, or where the last one is.",
                count=filled,
                examples=[place],
            )

    def _note_not_filled(self, entry: NotFilled, video: str, place: str) -> None:
        self.report.note(
            "boxes_not_placed",
            Severity.WARNING,
            "Tracks go on for more frames than were filled, or turn in frames of unknown size.",
            count=entry.count,
            examples=[f"{place}: from frame {entry.index} of {video[:80]}"],
            fix="Export the video's regions with a box for every frame.",
        )


def is_video(name: str, results: list[Any]) -> bool:
    """Whether a task is about a video: by the name, or by what its results are."""
    kinds = (kind_and_classes(as_object(result), as_object(as_object(result).get("value")))[0] for result in results)
    return is_video_name(name.partition("?")[0]) or any(kind in VIDEO_KINDS for kind in kinds)


def video_frames(
    name: str, results: list[Any], attributes: dict[str, Any], listed: int, report: ImportReport
) -> list[DeclaredFrame]:
    """The frames of a task's video: all, where its results say how many there are, else those of its regions.

    Args:
        listed: frames that the file has listed before.
        report: gets how many are too many to be listed.
    """
    values = [as_object(as_object(result).get("value")) for result in results]
    count = max(map(frame_count, values), default=0)
    places = set(range(listed_length(name, count, listed, report)))
    for value in values:
        for span in spans_of(value):
            places.update(span[: max(most_listed(listed) - len(places), 1)])
    sizes = (frame_size(as_object(result)) for result in results)
    width, height = next((size for size in sizes if size[0]), (None, None))
    return [
        DeclaredFrame(video_frame_name(name, index), None, width, height, name, index, attributes)
        for index in sorted(places)
    ]


def results_of(entries: list[Any]) -> list[Any]:
    """The results of annotations (or predictions), one after the other."""
    return [result for entry in entries for result in as_list(as_object(entry).get("result"))]
