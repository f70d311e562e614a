"""What numbers that stand for classes may count: ids of the labels, places in a list, COCO's two ways to number.

COCO has 80 classes, whose ids lie between 1 and 90 with gaps (https://cocodataset.org/#format-data); many programs
number the same 80 from 0 in their order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from predscope.importing.classes.alike_names import alike_key
from predscope.importing.corrections import ClassIds
from predscope.importing.references import whole_number
from predscope.schema import ObjectClass

_COCO: Final = (
    "person|bicycle|car|motorcycle|airplane|bus|train|truck|boat|traffic light|fire hydrant|stop sign|parking meter|"
    "bench|bird|cat|dog|horse|sheep|cow|elephant|bear|zebra|giraffe|backpack|umbrella|handbag|tie|suitcase|frisbee|"
    "skis|snowboard|sports ball|kite|baseball bat|baseball glove|skateboard|surfboard|tennis racket|bottle|wine glass|"
    "cup|fork|knife|spoon|bowl|banana|apple|sandwich|orange|broccoli|carrot|hot dog|pizza|donut|cake|chair|couch|"
    "potted plant|bed|dining table|toilet|tv|laptop|mouse|remote|keyboard|cell phone|microwave|oven|toaster|sink|"
    "refrigerator|book|clock|vase|scissors|teddy bear|hair drier|toothbrush"
)
COCO_NAMES: Final = tuple(_COCO.split("|"))
_COCO_GAPS: Final = frozenset({12, 26, 29, 30, 45, 66, 68, 69, 71, 83})
COCO_IDS: Final = tuple(number for number in range(1, 91) if number not in _COCO_GAPS)
_COCO_LISTS: Final[Mapping[str, Mapping[int, str]]] = {
    "coco80": dict(enumerate(COCO_NAMES)),
    "coco91": dict(zip(COCO_IDS, COCO_NAMES, strict=True)),
}
MIN_COCO_NAMES: Final = 3
"""Labels with fewer classes of COCO's names need not have been made from COCO."""


class Numbering:
    """Classes of labels by number, in each of the ways to count them.

    Args:
        classes: those of the labels.
        source_ids: the ids that label files gave them -> class id.
    """

    def __init__(self, classes: Sequence[ObjectClass], source_ids: Mapping[str, int]) -> None:
        self._source_ids = source_ids
        listed = [entry for entry in classes if entry.source_id is not None] or list(classes)
        self._in_order = [entry.class_id for entry in listed]
        self._by_name = [entry.class_id for entry in sorted(listed, key=lambda entry: entry.name)]
        self._alike: dict[str, int] = {}
        for entry in classes:
            self._alike.setdefault(alike_key(entry.name), entry.class_id)
        self.has_coco_names = sum(alike_key(name) in self._alike for name in COCO_NAMES) >= MIN_COCO_NAMES

    def __len__(self) -> int:
        return len(self._in_order)

    def find(self, number: int, class_ids: ClassIds | None) -> int | None:
        """The class that a number stands for if it is counted that way; None: there is none among the labels'."""
        if class_ids is None or class_ids == "ids":
            return self._source_ids.get(str(number))
        if class_ids in _COCO_LISTS:
            name = self.name(number, class_ids)
            return None if name is None else self._alike.get(alike_key(name))
        order = self._in_order if class_ids == "index" else self._by_name
        return order[number] if 0 <= number < len(order) else None

    @staticmethod
    def name(number: int, class_ids: ClassIds | None) -> str | None:
        """What COCO calls the class of a number; None: it has none, or that is not how numbers are counted."""
        return _COCO_LISTS.get(class_ids or "", {}).get(number)

    def coco_way(self, seen: Sequence[str]) -> tuple[ClassIds, int] | None:
        """Which of COCO's ways, and what to add, the ids of predictions show by themselves; None where they do not."""
        numbers = [whole_number(text) for text in seen]
        found = {number for number in numbers if number is not None}
        if not self.has_coco_names or len(found) < len(numbers) or not found <= set(range(91)):
            return None
        is_numbered_so = all(self.find(number, "coco91") in (None, self.find(number, None)) for number in COCO_IDS)
        if 0 in found:
            return ("coco80", 0) if max(found) < len(COCO_NAMES) else None
        if found & _COCO_GAPS:
            return ("coco80", -1) if max(found) <= len(COCO_NAMES) else None
        return ("coco91", 0) if max(found) > len(COCO_NAMES) and not is_numbered_so else None
