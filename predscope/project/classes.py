"""Changes to the class list of a project, prepared apart from it and applied when an import is published.

The list is only ever appended to: a class keeps its number and its name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from predscope.schema import ObjectClass


@dataclass(frozen=True, slots=True)
class ClassChanges:
    """What an import does to the classes.

    Attributes:
        prepared: all classes as the import sees them, by class id.
        touched: ids of the classes that are new, or of which the import says something new.
        source_ids: ids that the label files give to classes -> class id among ``prepared``.
    """

    prepared: tuple[ObjectClass, ...] = ()
    touched: frozenset[int] = frozenset()
    source_ids: dict[str, int] = field(default_factory=dict)

    def apply(self, classes: Sequence[ObjectClass]) -> tuple[tuple[ObjectClass, ...], np.ndarray]:
        """Apply to the classes as they are now.

        Returns:
            The new list, and int32 (prepared,): the id that each prepared class has in it.
        """
        result = list(classes)
        id_of_name = {entry.name: entry.class_id for entry in result}
        positions = np.arange(len(self.prepared), dtype=np.int32)
        for entry in self.prepared:
            class_id = id_of_name.get(entry.name)
            if class_id is None:
                class_id = id_of_name[entry.name] = len(result)
                result.append(replace(entry, class_id=class_id))
            elif entry.class_id in self.touched:
                result[class_id] = merged(result[class_id], entry)
            positions[entry.class_id] = class_id
        return tuple(result), positions


def merged(known: ObjectClass, newer: ObjectClass) -> ObjectClass:
    """A class with what a newer import says of it; what the newer does not say stays."""
    return replace(
        known,
        source_id=known.source_id if newer.source_id is None else newer.source_id,
        supercategory=newer.supercategory or known.supercategory,
        keypoints=newer.keypoints or known.keypoints,
        skeleton=newer.skeleton or known.skeleton,
        color=newer.color or known.color,
        is_ignored=newer.is_ignored,
    )
