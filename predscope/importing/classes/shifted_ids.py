"""Class ids of predictions that by themselves look counted in another way than those of the labels."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from predscope.importing.classes.numbering import Numbering
from predscope.importing.frames.predicted import shift_of
from predscope.importing.references import listed, whole_number


def explain_shift(
    seen: Sequence[str], source_ids: Mapping[str, int], numbering: Numbering, class_count: int
) -> tuple[str, dict[str, Any]] | None:
    """What the ids look like, in words, and the correction; None where they tell nothing.

    Args:
        seen: all ids that stand for predicted classes, some of which no label has.
        source_ids: ids of the labels -> class id.
        numbering: the labels' classes by number.
        class_count: how many classes the labels have.
    """
    correction: dict[str, Any] = {}
    all_ids = f"all {len(seen)} predicted ids are"
    shift = shift_of(seen, dict(source_ids))
    if shift:
        words = f"{'one more' if shift < 0 else 'one less'} than an id of the labels"
        correction = {"class_offset": shift}
    elif seen and all(_is_position(text, class_count) for text in seen):
        words = f"positions in the list of {class_count} classes, counted from {'0' if '0' in seen else '0 or 1'}"
        if "0" in seen:
            correction = {"class_ids": "index"}
        elif str(class_count) in seen:
            correction = {"class_ids": "index", "class_offset": -1}
    elif (way := numbering.coco_way(seen)) is not None:
        class_ids, offset = way
        words = f"numbers in the list of COCO's 80 classes, counted from {-offset}"
        if class_ids == "coco91":
            words = "ids of COCO's 80 classes, 1 to 90"
        correction = {"class_ids": class_ids} | ({"class_offset": offset} if offset else {})
    else:
        return None
    return f"{all_ids} {words} ({listed(seen)})", correction


def _is_position(text: str, class_count: int) -> bool:
    number = whole_number(text)
    return number is not None and 0 <= number <= class_count
