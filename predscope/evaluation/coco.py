"""Average precision and recall as COCO defines them (pycocotools ``cocoeval.py``), for boxes, masks and keypoints.

``hotcoco`` computes the arrays; nothing else in the house knows it for this. Its input is built from columns, with
frames, classes and objects numbered from 1, so that no id is taken for "none".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal

import numpy as np
from hotcoco import COCO, COCOeval
from hotcoco import mask as rle_codec

from predscope.errors import InputError
from predscope.evaluation.coco_result import ALL, LARGE, MEDIUM, SMALL, AreaRange, CapReport, CocoEvaluation, listed
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.shapes import keypoint_count, keypoints, segmentations, sigmas_for
from predscope.schema import ObjectClass

COCO_IOU_THRESHOLDS: Final = tuple(np.linspace(0.5, 0.95, 10).tolist())
_IGNORED_AREA: Final = 1e12
"""Outside of every range of areas: how an object is ignored without being a crowd."""


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
        raise InputError(f"IoU thresholds must be above 0 and at most 1, got {listed(thresholds)}.")
    is_keypoints = iou_type is IouType.KEYPOINTS
    ranges = (
        tuple(areas) if areas is not None else (ALL, MEDIUM, LARGE) if is_keypoints else (ALL, SMALL, MEDIUM, LARGE)
    )
    limits = _sorted_caps(caps if caps is not None else (20,) if is_keypoints else (1, 10, 100))
    order = np.arange(frame_count) if frame_order is None else np.asarray(frame_order)
    frames, crowding = _crowding(predictions, len(classes))
    largest = max(1, int(crowding.max(initial=0)))
    problem = _Problem(labels, predictions, classes, order, frame_sizes if iou_type is IouType.SEGM else None)
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
        raise InputError(f"caps must be 1 or more, or None for no cap, got {listed(caps)}.")
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


def order_of_frames(source_ids: Sequence[str | None]) -> np.ndarray:
    """int64 (frames,): the place of each frame in the order of the ids that the labels file gives them.

    Where not every frame has a whole number of its own, the order of the frames themselves.
    """
    numbers = [int(text) if text is not None and text.lstrip("-").isdecimal() else None for text in source_ids]
    order = np.arange(len(numbers))
    if None not in numbers and len(set(numbers)) == len(numbers):
        order[np.argsort(np.array(numbers, dtype=object), kind="stable")] = np.arange(len(numbers))
    return order
