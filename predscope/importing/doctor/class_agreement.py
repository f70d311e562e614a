"""Whether the ids of predicted classes can be those of the labels, judged by what lies on what.

Class ids of another list often exist among those of the labels too, and then nothing in the ids gives the mistake away.
Where predictions lie on labels, it shows: nearly all boxes on the cars are "bicycles".
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from predscope.importing.classes.numbering import Numbering
from predscope.importing.corrections import ClassIds
from predscope.importing.references import whole_number

MIN_MATCHES: Final = 8
"""With fewer labels of a class covered nothing is concluded of it."""
FOREIGN_SHARE: Final = 0.6
OWN_SHARE: Final = 0.2
DISTINCT_SHARE: Final = 0.7
EXPLAINED_SHARE: Final = 0.6
"""Of covered labels that must get their own class for another way of counting ids to be offered, ..."""
EXPLAINED_MORE: Final = 0.3
"""... and by how much more than as they stand."""
EQUAL: Final = 0.02
"""Ways that explain as much as another but for this share of the labels are as good."""


@dataclass(frozen=True, slots=True)
class IdReading:
    """Another way to count class ids.

    Attributes:
        correction: fields of ``Corrections``.
        words: the same in words.
        share: of the covered labels that get their own class that way.
    """

    correction: dict[str, Any]
    words: str
    share: float


def disagreements(label_class: np.ndarray, predicted_class: np.ndarray) -> list[tuple[int, int, int, int]]:
    """Classes of labels that are covered by predictions of one other class, nearly all of them.

    Args:
        label_class, predicted_class: int (n,): of labels that a prediction covers, and of that prediction.

    Returns:
        (label class, predicted class, labels covered by that class, labels covered in all); empty unless most of the
        covered labels are of such classes, as one class that a model always mistakes is no mistake of ids.
    """
    suspects = []
    explained = 0
    for label in np.unique(label_class):
        covering = predicted_class[label_class == label]
        counts = np.bincount(covering)
        foremost, own = int(counts.argmax()), counts[label] if label < len(counts) else 0
        is_foreign = foremost != label and counts[foremost] >= FOREIGN_SHARE * len(covering)
        if len(covering) >= MIN_MATCHES and is_foreign and own <= OWN_SHARE * len(covering):
            suspects.append((int(label), foremost, int(counts[foremost]), len(covering)))
            explained += len(covering)
    # Ids of another list name one class each; where most go to one class, the model says it of everything.
    targets = {predicted for _, predicted, _, _ in suspects}
    is_renaming = len(targets) >= DISTINCT_SHARE * len(suspects)
    return suspects if is_renaming and 2 * explained > len(label_class) else []


def explain_ids(
    label_class: np.ndarray,
    predicted_class: np.ndarray,
    references: Sequence[str],
    source_ids: Mapping[str, int],
    numbering: Numbering,
    seen: Sequence[str] = (),
) -> IdReading | None:
    """The way to count ids that gives covered labels their own class, where the ids as they stand do not.

    Args:
        label_class, predicted_class: int (n,), as for ``disagreements``.
        references: what stands in the file for each prediction.
        source_ids: ids of the labels -> class id.
        numbering: the labels' classes by number.
        seen: all ids that the input has. Of ways that explain as much, one that knows all of them is the better.
    """
    as_they_stand = float(np.mean(label_class == predicted_class)) if len(label_class) else 1.0
    wanted = max(EXPLAINED_SHARE, as_they_stand + EXPLAINED_MORE)
    if len(label_class) < MIN_MATCHES or wanted > 1:
        return None
    numbers = [whole_number(text) for text in references]
    all_numbers = [whole_number(text) for text in seen]
    best: IdReading | None = None
    knows_all = False
    for correction, words in _ways(label_class, numbers, source_ids, numbering):  # of equals the first, the simplest
        way, step = correction.get("class_ids"), int(correction.get("class_offset", 0))

        def find(number: int | None, way: ClassIds | None = way, step: int = step) -> int | None:
            return None if number is None else numbering.find(number + step, way)

        share = float(np.mean([find(a) == b for a, b in zip(numbers, label_class.tolist(), strict=True)]))
        if share < wanted:
            continue
        is_known = all(find(one) is not None for one in all_numbers)
        if best is None or share > best.share + EQUAL or (share > best.share - EQUAL and is_known and not knows_all):
            best, knows_all = IdReading(correction, words, share), is_known
    return best


def _ways(
    label_class: np.ndarray, numbers: Sequence[int | None], source_ids: Mapping[str, int], numbering: Numbering
) -> list[tuple[dict[str, Any], str]]:
    """Ways to count, the simplest first: corrections, and the same in words."""
    by_class: dict[int, list[int]] = {}
    for text, class_id in source_ids.items():
        if (own := whole_number(text)) is not None:
            by_class.setdefault(class_id, []).append(own)
    steps = Counter(
        own - number
        for label, number in zip(label_class.tolist(), numbers, strict=True)
        if number is not None
        for own in by_class.get(label, ())
    )
    offsets = sorted((step for step, _ in steps.most_common(5) if step), key=abs)
    by_offset: list[tuple[dict[str, Any], str]] = [({"class_offset": step}, _step_in_words(step)) for step in offsets]
    places = {"index": "positions in the list of classes"}
    if numbering.has_coco_names:
        places["coco80"] = "numbers in the list of COCO's 80 classes"
    places["sorted"] = "positions in the list of classes sorted by name"
    by_place: list[tuple[dict[str, Any], str]] = []
    for way, words in places.items():
        by_place.append(({"class_ids": way}, f"{words}, counted from 0"))
        by_place.append(({"class_ids": way, "class_offset": -1}, f"{words}, counted from 1"))
    if numbering.has_coco_names:
        by_place.append(({"class_ids": "coco91"}, "COCO's own (1 to 90)"))
    return [*by_offset[: sum(abs(step) == 1 for step in offsets)], *by_place, *by_offset]


def _step_in_words(step: int) -> str:
    amount = "one" if abs(step) == 1 else str(abs(step))
    return f"{amount} {'less' if step > 0 else 'more'} than those of the labels"
