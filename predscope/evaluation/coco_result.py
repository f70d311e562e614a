"""The result of a COCO evaluation: arrays, and the statistics that are means of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd

from predscope.errors import InputError
from predscope.evaluation.objects import IouType
from predscope.schema import ObjectClass

RECALLS: Final = np.linspace(0.0, 1.0, 101)


@dataclass(frozen=True, slots=True)
class AreaRange:
    """Objects by size, pixels^2; both ends belong to it."""

    name: str
    lowest: float
    highest: float


ALL: Final = AreaRange("all", 0.0, 1e10)
SMALL: Final = AreaRange("small", 0.0, 32.0**2)
MEDIUM: Final = AreaRange("medium", 32.0**2, 96.0**2)
LARGE: Final = AreaRange("large", 96.0**2, 1e10)


@dataclass(frozen=True, slots=True)
class CapReport:
    """What the cap on predictions left out.

    Attributes:
        cap: predictions a frame and class; None: no cap.
        frames: frames in which some class has more.
        predictions: predictions that were left out, the least confident of those classes.
    """

    cap: int | None
    frames: int
    predictions: int

    def __str__(self) -> str:
        if not self.predictions:
            return ""
        frames = f"{self.frames:,} frame has" if self.frames == 1 else f"{self.frames:,} frames have"
        return f"{frames} more than {self.cap} predictions of a class; {self.predictions:,} predictions were ignored"


@dataclass(frozen=True)
class CocoEvaluation:
    """The arrays that COCO's statistics are means of; -1 in them where a class has no label.

    Attributes:
        iou_type: what was compared.
        classes: the classes, in the order of the arrays.
        iou_thresholds: (T,).
        areas: (A,) ranges; the first is "all".
        caps: (M,) predictions a frame and class, ascending; the last is the one that AP uses. None: no cap.
        precision: float64 (T, R, K, A, M): at recalls 0, 0.01, ..., 1, made monotone.
        recall: float64 (T, K, A, M): of all predictions under the cap.
        label_count: int64 (K,): labels that count (neither crowd nor ignored).
        prediction_count: int64 (K,).
        capped: what the largest cap left out.
    """

    iou_type: IouType
    classes: tuple[ObjectClass, ...]
    iou_thresholds: tuple[float, ...]
    areas: tuple[AreaRange, ...]
    caps: tuple[int | None, ...]
    precision: np.ndarray
    recall: np.ndarray
    label_count: np.ndarray
    prediction_count: np.ndarray
    capped: CapReport

    def average_precision(
        self, *, iou: float | None = None, area: str = "all", cap: int | Literal["largest"] | None = "largest"
    ) -> float:
        """Mean over classes, recalls and IoU thresholds (or one of them); NaN where nothing could be computed."""
        values = self.precision[:, :, :, self._area(area), self._cap(cap)]
        return _mean(values if iou is None else values[self._threshold(iou)])

    def average_recall(
        self, *, iou: float | None = None, area: str = "all", cap: int | Literal["largest"] | None = "largest"
    ) -> float:
        """Mean over classes and IoU thresholds (or one of them); NaN where nothing could be computed."""
        values = self.recall[:, :, self._area(area), self._cap(cap)]
        return _mean(values if iou is None else values[self._threshold(iou)])

    @property
    def statistics(self) -> dict[str, float]:
        """COCO's 12 numbers for boxes and masks, 10 for keypoints, by name; NaN where nothing could be computed.

        Names: AP, AP50, AP75, APs, APm, APl, AR1, AR10, AR100, ARs, ARm, ARl (keypoints: AR, AR50, AR75, ARm, ARl for
        the last six; no APs). With other caps AR carries their numbers, ``ARall`` being without a cap; AP50 and AP75
        are NaN if the thresholds do not hold them.
        """
        sized = {area.name: area.name[0] for area in self.areas[1:]}
        found = {"AP": self.average_precision()}
        found |= {f"AP{round(100 * iou)}": self._ap_at(iou) for iou in (0.5, 0.75)}
        found |= {f"AP{letter}": self.average_precision(area=name) for name, letter in sized.items()}
        if self.iou_type is IouType.KEYPOINTS:
            found["AR"] = self.average_recall()
            found |= {
                f"AR{round(100 * iou)}": self.average_recall(iou=iou) if self._has(iou) else np.nan
                for iou in (0.5, 0.75)
            }
        else:
            found |= {f"AR{'all' if cap is None else cap}": self.average_recall(cap=cap) for cap in self.caps}
        found |= {f"AR{letter}": self.average_recall(area=name) for name, letter in sized.items()}
        return found

    @property
    def hallucinated(self) -> tuple[ObjectClass, ...]:
        """Classes that are predicted and have no label anywhere: no average shows them."""
        silent = (self.label_count == 0) & (self.prediction_count > 0)
        return tuple(entry for entry, is_silent in zip(self.classes, silent, strict=True) if is_silent)

    def to_pandas(self) -> pd.DataFrame:
        """One row a class.

        Columns: ``class_id``, ``name``, ``labels``, ``predictions``, ``AP``, ``AP50``, ``AP75``, ``AR``, and AP and
        AR of each range of areas (``APs``, ``ARs``, ...); NaN where nothing could be computed.
        """
        table = pd.DataFrame(
            {
                "class_id": [entry.class_id for entry in self.classes],
                "name": [entry.name for entry in self.classes],
                "labels": self.label_count,
                "predictions": self.prediction_count,
                "AP": _means(self.precision[:, :, :, 0, -1]),
            }
        )
        for iou in (0.5, 0.75):
            if self._has(iou):
                table[f"AP{round(100 * iou)}"] = _means(self.precision[self._threshold(iou), :, :, 0, -1])
        table["AR"] = _means(self.recall[:, :, 0, -1])
        for position, area in enumerate(self.areas[1:], start=1):
            table[f"AP{area.name[0]}"] = _means(self.precision[:, :, :, position, -1])
            table[f"AR{area.name[0]}"] = _means(self.recall[:, :, position, -1])
        return table

    def _ap_at(self, iou: float) -> float:
        return self.average_precision(iou=iou) if self._has(iou) else np.nan

    def _has(self, iou: float) -> bool:
        return bool(np.isclose(self.iou_thresholds, iou, atol=1e-9).any())

    def _threshold(self, iou: float) -> int:
        found = np.flatnonzero(np.isclose(self.iou_thresholds, iou, atol=1e-9))
        if not len(found):
            raise InputError(f"IoU {iou:g} was not evaluated; there are {listed(self.iou_thresholds)}.")
        return int(found[0])

    def _area(self, name: str) -> int:
        names = [area.name for area in self.areas]
        if name not in names:
            raise InputError(f"area range {name!r} was not evaluated; there are {', '.join(names)}.")
        return names.index(name)

    def _cap(self, cap: int | Literal["largest"] | None) -> int:
        if cap == "largest":
            return len(self.caps) - 1
        if cap not in self.caps:
            raise InputError(f"cap {cap} was not evaluated; there are {listed(self.caps)}.")
        return self.caps.index(cap)


def _mean(values: np.ndarray) -> float:
    computed = values[values > -1]
    return float(np.mean(computed)) if len(computed) else np.nan


def _means(values: np.ndarray) -> np.ndarray:
    """Per class (the last axis)."""
    return np.array([_mean(values[..., position]) for position in range(values.shape[-1])])


def listed(values: Sequence[Any]) -> str:
    return ", ".join("none" if value is None else f"{value:g}" for value in values)
