"""Average precision and recall as COCO defines them (pycocotools ``cocoeval.py``), for boxes, masks and keypoints.

``hotcoco`` computes the arrays; nothing else in the house knows it for this. Its input is built from columns, with
frames, classes and objects numbered from 1, so that no id is taken for "none".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from hotcoco import COCO, COCOeval
from hotcoco import mask as rle_codec

from predscope.errors import InputError
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.shapes import keypoint_count, keypoints, segmentations, sigmas_for
from predscope.schema import ObjectClass

COCO_IOU_THRESHOLDS: Final = tuple(np.linspace(0.5, 0.95, 10).tolist())
RECALLS: Final = np.linspace(0.0, 1.0, 101)
_IGNORED_AREA: Final = 1e12
"""Outside of every range of areas: how an object is ignored without being a crowd."""


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

    def precision_at(self, class_position: int, iou: float, area: str = "all") -> np.ndarray:
        """float64 (101,): precision of a class at ``RECALLS``; NaN where it has no label."""
        values = self.precision[self._threshold(iou), :, class_position, self._area(area), -1]
        return np.where(values < 0, np.nan, values)

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
            raise InputError(f"IoU {iou:g} was not evaluated; there are {_listed(self.iou_thresholds)}.")
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
            raise InputError(f"cap {cap} was not evaluated; there are {_listed(self.caps)}.")
        return self.caps.index(cap)


def evaluate_coco(
    labels: Objects,
    predictions: Objects,
    classes: Sequence[ObjectClass],
    *,
    frame_count: int,
    iou_type: IouType = IouType.BBOX,
    iou_thresholds: Sequence[float] = COCO_IOU_THRESHOLDS,
    areas: Sequence[AreaRange] | None = None,
    caps: Sequence[int | None] | None = None,
    frame_order: np.ndarray | None = None,
    frame_sizes: np.ndarray | None = None,
    mask_area: Literal["mask", "box"] = "mask",
    sigmas: Sequence[float] | None = None,
) -> CocoEvaluation:
    """COCO's precision and recall arrays of one label set and one prediction set.

    Labels that are ``is_ignored`` are treated as those outside of every range of areas: a prediction may take one
    without being counted.

    Args:
        labels, predictions: read with ``columns_for(iou_type)``.
        classes: all classes; only those with labels count.
        frame_count: frames are 0 to ``frame_count - 1``.
        iou_type: bbox, segm or keypoints.
        iou_thresholds: at which matches are made; by default .50, .55, ..., .95.
        areas: by default COCO's: all, small, medium, large (keypoints: without small). "all" comes first.
        caps: how many predictions of a frame and class count; None in it: all. By default 1, 10, 100 (keypoints: 20).
        frame_order: int (frame_count,): the place of each frame in the order that decides between equal confidences
            of different frames; by default that of the indices. pycocotools goes by image id.
        frame_sizes: float (frame_count, 2): width and height, pixels; needed for polygons.
        mask_area: the area of a predicted mask: of the mask, or of its box. pycocotools takes the box's where the
            results file has boxes beside the masks.
        sigmas: of the keypoints; by default COCO's 17, or 1 / count for any other number.

    Raises:
        InputError: an iou_type that COCO does not define, or arguments out of range.
    """
    iou_type = IouType(iou_type)
    if iou_type is IouType.ORIENTED:
        raise InputError("COCO defines no evaluation of oriented boxes; use bbox, segm or keypoints.")
    thresholds = tuple(float(iou) for iou in iou_thresholds)
    if not thresholds or not all(0 < iou <= 1 for iou in thresholds):
        raise InputError(f"IoU thresholds must be above 0 and at most 1, got {_listed(thresholds)}.")
    is_keypoints = iou_type is IouType.KEYPOINTS
    ranges = (
        tuple(areas) if areas is not None else (ALL, MEDIUM, LARGE) if is_keypoints else (ALL, SMALL, MEDIUM, LARGE)
    )
    limits = _sorted_caps(caps if caps is not None else (20,) if is_keypoints else (1, 10, 100))
    order = np.arange(frame_count) if frame_order is None else np.asarray(frame_order)
    frames, crowding = _crowding(predictions, len(classes))
    largest = max(1, int(crowding.max(initial=0)))
    problem = _Problem(labels, predictions, classes, order, frame_sizes)
    if is_keypoints:
        truth, found, spread = problem.of_keypoints(sigmas)
    elif iou_type is IouType.SEGM:
        truth, found, spread = *problem.of_masks(mask_area), None
    else:
        truth, found, spread = *problem.of_boxes(), None
    evaluator = COCOeval(truth, found, str(iou_type))
    evaluator.params.iou_thrs = list(thresholds)
    evaluator.params.max_dets = [largest if cap is None else cap for cap in limits]
    evaluator.params.area_rng = [[area.lowest, area.highest] for area in ranges]
    evaluator.params.area_rng_lbl = [area.name for area in ranges]
    if spread is not None:
        evaluator.params.kpt_oks_sigmas = spread.tolist()
    evaluator.evaluate()
    evaluator.accumulate()
    arrays = evaluator.eval or {}
    return CocoEvaluation(
        iou_type=iou_type,
        classes=tuple(classes),
        iou_thresholds=thresholds,
        areas=ranges,
        caps=limits,
        precision=arrays["precision"],
        recall=arrays["recall"],
        label_count=np.bincount(labels.class_id[~labels.is_out], minlength=len(classes)),
        prediction_count=np.bincount(predictions.class_id, minlength=len(classes)),
        capped=_cap_report(frames, crowding, limits[-1]),
    )


class _Problem:
    """Labels and predictions as ``hotcoco`` takes them."""

    def __init__(
        self,
        labels: Objects,
        predictions: Objects,
        classes: Sequence[ObjectClass],
        order: np.ndarray,
        frame_sizes: np.ndarray | None,
    ) -> None:
        self._labels = labels
        self._predictions = predictions
        self._frame_sizes = frame_sizes
        self._images: list[dict[str, Any]] = [{"id": number} for number in range(1, len(order) + 1)]
        self._image_id = order.astype(np.int64) + 1
        if frame_sizes is not None:
            sizes = np.nan_to_num(np.asarray(frame_sizes, np.float64)).astype(np.int64).tolist()
            for number, (width, height) in zip(order.tolist(), sizes, strict=True):
                self._images[number] |= {"width": width, "height": height}
        self._categories = [{"id": entry.class_id + 1, "name": str(entry.class_id)} for entry in classes]

    def of_boxes(self) -> tuple[COCO, COCO]:
        truth = self._truth(_area_of_labels(self._labels), None)
        return truth, self._found(truth, self._box_areas(), None)

    def of_masks(self, mask_area: Literal["mask", "box"]) -> tuple[COCO, COCO]:
        truth = self._truth(_area_of_labels(self._labels), segmentations(self._labels, self._frame_sizes))
        shapes = segmentations(self._predictions, self._frame_sizes)
        area = self._box_areas() if mask_area == "box" else self._mask_areas(shapes)
        return truth, self._found(truth, area, shapes)

    def of_keypoints(self, sigmas: Sequence[float] | None) -> tuple[COCO, COCO, np.ndarray]:
        labels, predictions = self._labels, self._predictions
        count = keypoint_count(labels, predictions)
        points = keypoints(labels, count)
        visible = (points[:, :, 2] > 0).sum(axis=1)
        # Likeness depends on the area here, so labels are ignored as COCO ignores those without keypoints.
        visible[labels.is_ignored] = 0
        annotations = [
            {
                "id": position + 1,
                "image_id": image,
                "category_id": class_id + 1,
                "bbox": box,
                "area": area,
                "iscrowd": int(crowd),
                "num_keypoints": shown,
                "keypoints": values,
            }
            for position, (image, class_id, box, area, crowd, shown, values) in enumerate(
                zip(
                    self._image_id[labels.frame].tolist(),
                    labels.class_id.tolist(),
                    labels.box.tolist(),
                    labels.area.tolist(),
                    labels.is_crowd.tolist(),
                    visible.tolist(),
                    points.reshape(len(labels), -1).tolist(),
                    strict=True,
                )
            )
        ]
        truth = COCO({"images": self._images, "categories": self._categories, "annotations": annotations})
        records = [
            {"image_id": image, "category_id": class_id + 1, "bbox": box, "score": confidence, "keypoints": values}
            for image, class_id, box, confidence, values in zip(
                self._image_id[predictions.frame].tolist(),
                predictions.class_id.tolist(),
                predictions.box.tolist(),
                predictions.confidence.tolist(),
                keypoints(predictions, count).reshape(len(predictions), -1).tolist(),
                strict=True,
            )
        ]
        found = truth.load_res(records)
        self._set_areas(found, self._box_areas())
        return truth, found, sigmas_for(count, sigmas)

    def _truth(self, area: np.ndarray, shapes: list[Any] | None) -> COCO:
        labels = self._labels
        return COCO.from_arrays(
            self._images,
            self._categories,
            self._image_id[labels.frame],
            labels.class_id + 1,
            labels.box,
            area=area,
            iscrowd=labels.is_crowd,
            segmentation=shapes,
        )

    def _found(self, truth: COCO, area: np.ndarray, shapes: list[Any] | None) -> COCO:
        predictions = self._predictions
        columns = [
            self._image_id[predictions.frame][:, None],
            predictions.box,
            predictions.confidence[:, None],
            (predictions.class_id + 1)[:, None],
        ]
        found = truth.load_res(np.concatenate(columns, axis=1, dtype=np.float64), segmentation=shapes)
        self._set_areas(found, area)
        return found

    def _set_areas(self, found: COCO, area: np.ndarray) -> None:
        """Areas of predictions, where they are not those of the boxes."""
        box = self._predictions.box
        positions = np.flatnonzero(area != box[:, 2] * box[:, 3])
        if len(positions):
            found.update_anns(ids=positions + 1, area=area[positions])

    def _box_areas(self) -> np.ndarray:
        """Of predictions: of the box, unless it takes no part at all."""
        predictions = self._predictions
        return np.where(predictions.is_ignored, _IGNORED_AREA, predictions.box[:, 2] * predictions.box[:, 3])

    def _mask_areas(self, shapes: list[Any]) -> np.ndarray:
        """Of predictions: pixels of the mask; where it is a polygon or a box, as the import measured it."""
        predictions = self._predictions
        area = predictions.area.copy()
        positions = [position for position, shape in enumerate(shapes) if isinstance(shape, dict)]
        if positions:
            area[positions] = rle_codec.area([shapes[position] for position in positions])
        return np.where(predictions.is_ignored, _IGNORED_AREA, area)


def _area_of_labels(labels: Objects) -> np.ndarray:
    return np.where(labels.is_ignored, _IGNORED_AREA, labels.area)


def _sorted_caps(caps: Sequence[int | None]) -> tuple[int | None, ...]:
    if not caps or any(cap is not None and cap < 1 for cap in caps):
        raise InputError(f"caps must be 1 or more, or None for no cap, got {_listed(caps)}.")
    numbers = sorted({cap for cap in caps if cap is not None})
    return (*numbers, None) if None in caps else tuple(numbers)


def _crowding(predictions: Objects, class_count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of frame and class that have predictions: int64 the frame, int64 how many."""
    pairs, counts = np.unique(predictions.frame * class_count + predictions.class_id, return_counts=True)
    return pairs // max(class_count, 1), counts


def _cap_report(frames: np.ndarray, crowding: np.ndarray, cap: int | None) -> CapReport:
    if cap is None:
        return CapReport(cap, 0, 0)
    over = np.maximum(crowding - cap, 0)
    return CapReport(cap, len(np.unique(frames[over > 0])), int(over.sum()))


def _mean(values: np.ndarray) -> float:
    computed = values[values > -1]
    return float(np.mean(computed)) if len(computed) else np.nan


def _means(values: np.ndarray) -> np.ndarray:
    """Per class (the last axis)."""
    return np.array([_mean(values[..., position]) for position in range(values.shape[-1])])


def _listed(values: Sequence[Any]) -> str:
    return ", ".join("none" if value is None else f"{value:g}" for value in values)


def order_of_frames(source_ids: Sequence[str | None]) -> np.ndarray:
    """int64 (frames,): the place of each frame in the order of the ids that the labels file gives them.

    Where not every frame has a whole number of its own, the order of the frames themselves.
    """
    numbers = [int(text) if text is not None and text.lstrip("-").isdecimal() else None for text in source_ids]
    order = np.arange(len(numbers))
    if None not in numbers and len(set(numbers)) == len(numbers):
        order[np.argsort(np.array(numbers, dtype=object), kind="stable")] = np.arange(len(numbers))
    return order
