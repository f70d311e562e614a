"""Frames and classes that a COCO labels file lists."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from predscope.formats.coco.attributes import kept_attributes
from predscope.formats.json_files.document import JsonDocument, Span
from predscope.formats.json_files.values import as_color
from predscope.media.naming import video_frame_name
from predscope.report import ImportReport, Severity
from predscope.schema import DeclaredClass, DeclaredFrame

_NAME_KEYS: Final = ("file_name", "coco_url", "url", "path", "name")
_LVIS_LISTS: Final = ("neg_category_ids", "not_exhaustive_category_ids")
"""Classes that were looked for in vain, and classes of which not all objects were marked (https://lvisdataset.org)."""
_NUMBER_KEYS: Final = ("frame_id", "frame_index")
"""The place of an image in its video."""
_IMAGE_KEYS: Final = frozenset(
    {"id", "width", "height", "license", "flickr_url", "video_id", "attributes"}
    | {*_NAME_KEYS, *_NUMBER_KEYS, *_LVIS_LISTS}
)


def read_frames(document: JsonDocument) -> list[DeclaredFrame] | None:
    """The ``images`` of a labels file, in its order; None where it lists none."""
    span = document.members.get("images")
    if not isinstance(span, Span) or not document.is_array_at(span):
        return None
    videos = _video_names(document)
    frames: list[DeclaredFrame] = []
    for first, records in document.records(span):
        frames.extend(
            frame
            for row, record in enumerate(records)
            if (frame := _read_frame(record, f"images[{first + row}]", document.report, videos)) is not None
        )
    return frames


def _read_frame(record: Any, place: str, report: ImportReport, videos: Mapping[str, str]) -> DeclaredFrame | None:
    if not isinstance(record, dict):
        report.note(
            "image_not_object",
            Severity.WARNING,
            "An entry of images is not an object; it was left out.",
            examples=[place],
        )
        return None
    source_id = _text(record.get("id"))
    name = next((text for key in _NAME_KEYS if (text := _text(record.get(key)))), None)
    video = _text(record.get("video_id"))
    number = next((index for key in _NUMBER_KEYS if (index := _whole(record.get(key))) is not None), None)
    if name is None and video is not None and video in videos and number is not None and number >= 0:
        name = video_frame_name(videos[video], number)
    if name is None:
        if source_id is None:
            report.note(
                "image_without_name",
                Severity.WARNING,
                "An entry of images has neither id nor file name; it was left out.",
                examples=[place],
            )
            return None
        report.note(
            "image_without_name",
            Severity.WARNING,
            "An image has no file_name; its id was taken as the name.",
            examples=[place],
            fix="Give each image its file_name.",
        )
        name = source_id
    values = [(key, value) for key, value in record.items() if key not in _IMAGE_KEYS and value != ""]
    if isinstance(nested := record.get("attributes"), dict):
        values += nested.items()
    attributes = kept_attributes(values, place, report)
    for key in _LVIS_LISTS:  # of any length: evaluation goes by them
        if isinstance(listed := record.get(key), list) and listed:
            attributes[key] = [entry for entry in listed if isinstance(entry, (str, int, float))]
    return DeclaredFrame(
        file_name=name,
        source_id=source_id,
        width=_size(record.get("width")),
        height=_size(record.get("height")),
        sequence=None if video is None else videos.get(video, video),
        sequence_index=number if video is not None else None,
        attributes=attributes,
    )


def _video_names(document: JsonDocument) -> dict[str, str]:
    """Names of the ``videos`` that some labels files list, by id."""
    videos = document.member("videos") if "videos" in document.members else None
    names: dict[str, str] = {}
    for record in videos if isinstance(videos, list) else ():
        if isinstance(record, dict):
            name = next((text for key in _NAME_KEYS if (text := _text(record.get(key)))), None)
            source_id = _text(record.get("id"))
            if name and source_id is not None:
                names.setdefault(source_id, name)
    return names


def read_classes(document: JsonDocument) -> list[DeclaredClass] | None:
    """The ``categories`` of a labels file, in its order; None where it lists none."""
    categories = document.member("categories")
    report = document.report
    if not isinstance(categories, list):
        return None
    classes: list[DeclaredClass] = []
    for index, record in enumerate(categories):
        place = f"categories[{index}]"
        if not isinstance(record, dict) or (_text(record.get("id")) is None and _text(record.get("name")) is None):
            report.note(
                "category_unusable",
                Severity.WARNING,
                "An entry of categories has neither id nor name; it was left out.",
                examples=[place],
            )
            continue
        source_id = _text(record.get("id"))
        name = _text(record.get("name"))
        if not name:
            name = f"class_{source_id}"
            report.note(
                "category_without_name",
                Severity.WARNING,
                "A category has no name; one was made from its id.",
                examples=[f"{place}: {name}"],
                fix="Give each category a name.",
            )
        keypoints = _names(record.get("keypoints"))
        skeleton = _skeleton(record.get("skeleton"), len(keypoints), place, report)
        supercategory = _text(record.get("supercategory")) or None
        color = as_color(record.get("color"))
        classes.append(DeclaredClass(name, source_id, supercategory, keypoints, skeleton, color))
    return classes


def class_frequencies(document: JsonDocument) -> dict[str, str]:
    """LVIS' ``frequency`` (r: rare, c: common, f: frequent) by category id; {} in other files."""
    categories = document.member("categories")
    records = [record for record in categories if isinstance(record, dict)] if isinstance(categories, list) else []
    pairs = [(_text(record.get("id")), record.get("frequency")) for record in records]
    return {category: frequency for category, frequency in pairs if category is not None and isinstance(frequency, str)}


def _skeleton(value: Any, keypoints: int, place: str, report: ImportReport) -> tuple[tuple[int, int], ...]:
    """Pairs of indices from 0. COCO counts from 1; a skeleton that uses 0 counts from 0 already."""
    if not isinstance(value, list) or not value:
        return ()
    pairs = [
        (pair[0], pair[1])
        for pair in value
        if isinstance(pair, list) and len(pair) == 2 and type(pair[0]) is int and type(pair[1]) is int
    ]
    base = 0 if any(0 in pair for pair in pairs) else 1
    kept = tuple((a - base, b - base) for a, b in pairs if 0 <= a - base < keypoints and 0 <= b - base < keypoints)
    if len(kept) < len(value):
        report.note(
            "skeleton_out_of_range",
            Severity.WARNING,
            "Edges of a skeleton do not join two of the category's keypoints; they were left out.",
            count=len(value) - len(kept),
            examples=[f"{place}: {keypoints} keypoints"],
        )
    return kept


def _names(value: Any) -> tuple[str, ...]:
    return tuple(str(name) for name in value) if isinstance(value, list) else ()


def _text(value: Any) -> str | None:
    """Text of an id or a name; a whole number written as a fraction loses the fraction."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return str(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def _whole(value: Any) -> int | None:
    if isinstance(value, str):
        value = int(value) if value.strip().isdecimal() and len(value) < 10 else None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not -(2**31) < value < 2**31:
        return None
    return int(value)


def _size(value: Any) -> int | None:
    size = _whole(value)
    return size if size is not None and size > 0 else None
