"""How evenly classes are represented, and which occur together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass


@dataclass(frozen=True, eq=False)
class ClassBalance:
    """Objects and frames of each class; crowds and ignored objects are not counted.

    Attributes:
        classes: in the order of the arrays.
        objects: int64 (classes,).
        frames: int64 (classes,): with at least one object of the class.
        together: int64 (classes, classes): frames with objects of both classes; ``frames`` is its diagonal.
        frames_with_objects: of any class.
    """

    classes: tuple[ObjectClass, ...]
    objects: np.ndarray
    frames: np.ndarray
    together: np.ndarray
    frames_with_objects: int

    @property
    def imbalance(self) -> float:
        """The largest class over the smallest that occurs; NaN without objects."""
        present = self.objects[self.objects > 0]
        return float(present.max() / present.min()) if len(present) else np.nan

    @property
    def evenness(self) -> float:
        """Entropy of the shares over that of equal shares (Pielou, 1966), 0 to 1, absent classes too; NaN without."""
        total = self.objects.sum()
        if not total or len(self.objects) < 2:
            return np.nan
        share = self.objects[self.objects > 0] / total
        return float(-(share * np.log(share)).sum() / np.log(len(self.objects)))

    @property
    def absent(self) -> list[ObjectClass]:
        """Classes without objects."""
        return [entry for entry, count in zip(self.classes, self.objects.tolist(), strict=True) if not count]

    @property
    def lift(self) -> np.ndarray:
        """float64 (classes, classes): how much more often two classes share a frame than if they knew nothing of each
        other: P(both) / (P(one) P(other)) over the frames with objects; NaN where one is absent."""
        expected = np.outer(self.frames, self.frames) / max(self.frames_with_objects, 1)
        return np.divide(self.together, expected, out=np.full(self.together.shape, np.nan), where=expected > 0)

    def to_pandas(self) -> pd.DataFrame:
        """One row a class: ``class_id``, ``name``, ``objects``, ``share``, ``frames``, ``objects_per_frame`` (of the
        frames that have any)."""
        with np.errstate(invalid="ignore"):
            return pd.DataFrame(
                {
                    "class_id": [entry.class_id for entry in self.classes],
                    "name": [entry.name for entry in self.classes],
                    "objects": self.objects,
                    "share": self.objects / self.objects.sum(),
                    "frames": self.frames,
                    "objects_per_frame": self.objects / self.frames,
                }
            )


def class_balance(objects: Objects, classes: Sequence[ObjectClass], frame_count: int) -> ClassBalance:
    """Count the objects of a set by class, and the frames by which classes are on them."""
    counted = ~objects.is_out
    frame, class_id = objects.frame[counted], objects.class_id[counted]
    has = np.zeros((frame_count, len(classes)), np.float32)  # a product of floats is much faster than one of integers
    has[frame, class_id] = 1
    together = np.rint(has.T @ has).astype(np.int64)
    return ClassBalance(
        tuple(classes),
        np.bincount(class_id, minlength=len(classes)),
        np.diagonal(together).copy(),
        together,
        int(has.any(axis=1).sum()),
    )
