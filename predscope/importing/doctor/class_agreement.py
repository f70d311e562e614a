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

from predscope.importing.references import whole_number

MIN_MATCHES: Final = 8
"""With fewer labels of a class covered nothing is concluded of it."""
FOREIGN_SHARE: Final = 0.6
OWN_SHARE: Final = 0.2
EXPLAINED_SHARE: Final = 0.6
"""Of covered labels that must get their own class for another way of counting ids to be offered, ..."""
EXPLAINED_MORE: Final = 0.3
"""... and by how much more than as they stand."""


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
    return suspects if 2 * explained > len(label_class) else []


def explain_ids(
    label_class: np.ndarray,
    predicted_class: np.ndarray,
    references: Sequence[str],
    source_ids: Mapping[str, int],
    positions: Sequence[int],
) -> IdReading | None:
    """The way to count ids that gives covered labels their own class, where the ids as they stand do not.

    Args:
        label_class, predicted_class: int (n,), as for ``disagreements``.
        references: what stands in the file for each prediction.
        source_ids: ids of the labels -> class id.
        positions: class ids in the order of the labels' list.
    """
    as_they_stand = float(np.mean(label_class == predicted_class)) if len(label_class) else 1.0
    wanted = max(EXPLAINED_SHARE, as_they_stand + EXPLAINED_MORE)
    if len(label_class) < MIN_MATCHES or wanted > 1:
        return None
    numbers = [whole_number(text) for text in references]
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
    by_place: list[tuple[dict[str, Any], str]] = [
        ({"class_ids": "index"}, "positions in the list of classes, counted from 0"),
        ({"class_ids": "index", "class_offset": -1}, "positions in the list of classes, counted from 1"),
    ]
    choices = [*by_offset[: sum(abs(step) == 1 for step in offsets)], *by_place, *by_offset]
    best: IdReading | None = None
    for correction, words in choices:  # of equals the first, which is the simplest
        step = int(correction.get("class_offset", 0))
        found = [
            _class_at(number + step, source_ids, positions if "class_ids" in correction else None)
            if number is not None
            else None
            for number in numbers
        ]
        share = float(np.mean([a == b for a, b in zip(found, label_class.tolist(), strict=True)]))
        if share >= wanted and (best is None or share > best.share + 0.02):
            best = IdReading(correction, words, share)
    return best


def _step_in_words(step: int) -> str:
    amount = "one" if abs(step) == 1 else str(abs(step))
    return f"{amount} {'less' if step > 0 else 'more'} than those of the labels"


def _class_at(number: int, source_ids: Mapping[str, int], positions: Sequence[int] | None) -> int | None:
    if positions is None:
        return source_ids.get(str(number))
    return positions[number] if 0 <= number < len(positions) else None
