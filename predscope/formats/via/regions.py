"""Regions of VIA's projects, of whatever version: which of their attributes is the class, and their way to batches.

VIA knows no classes: regions have attributes, and people take one of them for the class. Which one is found by looking
at all regions, and said in the report.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from predscope.formats.base import ObjectBatch, Role
from predscope.formats.json_files.values import UnusableShape, as_text, class_missing
from predscope.formats.shape_rows import RowCollector, Shape, ShapeRow, frame_class, read_confidence
from predscope.media.naming import video_frame_name
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredFrame

_CLASS_NAMES: Final = ("class", "class_name", "label", "category", "type", "name", "object", "object_name", "species")
_SCORE_KEYS: Final = ("confidence", "score")
_UNNAMED: Final = "object"


@dataclass(slots=True)
class Region:
    """Something drawn on a frame, or said of a segment of a video.

    Attributes:
        frame: file name of the frame; where there is a span, of the video.
        attributes: by name, as plain values.
        place: where it stands, in words.
        shape: as the file has it.
        span: places in the video of the frames that it is in; None: it is in one frame.
        is_segment: nothing is drawn; what it says holds for its frames as a whole.
        refusal: why it cannot be read, whatever its shape.
        identity: its id in the file.
    """

    frame: str
    attributes: dict[str, Any]
    place: str
    shape: Any = None
    span: range | None = None
    is_segment: bool = False
    refusal: UnusableShape | None = None
    identity: str | None = None


@dataclass(slots=True)
class ViaContents:
    """What a file holds.

    Attributes:
        frames: all that it speaks of.
        regions: in the order of the file.
        read_shape: reads the ``shape`` of a region; raises ``UnusableShape``.
    """

    read_shape: Callable[[Any], Shape]
    frames: list[DeclaredFrame] = field(default_factory=list)
    regions: list[Region] = field(default_factory=list)


def score_of(attributes: dict[str, Any]) -> Any:
    """The confidence of a region; None where it has none."""
    return next((attributes[key] for key in _SCORE_KEYS if attributes.get(key) is not None), None)


def read_batches(contents: ViaContents, role: Role, report: ImportReport) -> Iterator[ObjectBatch]:
    """The regions as objects: one for each frame that a region is in; a segment is a class of its frames."""
    collector = RowCollector(role, report)
    regions = [region for region in contents.regions if not region.is_segment]
    of_regions = _find_class_attribute(regions, "region", report)
    segments = [region for region in contents.regions if region.is_segment]
    of_segments = _find_class_attribute(segments, "segment", report)
    for region in contents.regions:
        attribute = of_segments if region.is_segment else of_regions
        try:
            if region.refusal is not None:
                raise region.refusal
            name = _UNNAMED if attribute is None else as_text(region.attributes.get(attribute))
            if name is None:
                raise class_missing()
            shape = frame_class() if region.is_segment else contents.read_shape(region.shape)
            confidence = read_confidence(score_of(region.attributes))
        except UnusableShape as reason:
            collector.reject(region.place, reason)
            continue
        hidden = {attribute, *_SCORE_KEYS}
        attributes = {key: value for key, value in region.attributes.items() if key not in hidden}
        for frame in _frames_of(region):
            collector.add(
                ShapeRow(
                    frame,
                    name,
                    region.place,
                    shape,
                    confidence,
                    track_id=None if region.span is None else region.identity,
                    source_id=region.identity if region.span is None else None,
                    attributes=dict(attributes),
                )
            )
            yield from collector.full()
    yield from collector.rest()


def _frames_of(region: Region) -> Iterator[str]:
    if region.span is None:
        yield region.frame
        return
    for index in region.span:
        yield video_frame_name(region.frame, index)


def _find_class_attribute(regions: list[Region], what: str, report: ImportReport) -> str | None:
    """The attribute that is the class: one with a usual name, else the one that most regions have, and few values.

    None: no region has an attribute.

    Args:
        what: the regions are, "region" or "segment".
    """
    regions = [region for region in regions if region.refusal is None]
    counts = Counter(name for region in regions for name in region.attributes if name not in _SCORE_KEYS)
    if not regions:
        return None
    if not counts:
        report.note(
            "classes_not_told",
            Severity.WARNING,
            f"No {what} has an attribute, so there are no classes; all {what}s are of one class, '{_UNNAMED}'.",
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
        "class_attribute" if what == "region" else "segment_class_attribute",
        Severity.INFO,
        f"The class of a {what} is its attribute {chosen[:60]!r}.",
        examples=[f"{len(values[chosen]):,} values" + (f"; other attributes: {others[:120]}" if others else "")],
    )
    return chosen
