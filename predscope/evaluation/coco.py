"""Average precision and recall as COCO defines them (pycocotools ``cocoeval.py``).

``hotcoco`` computes the arrays for boxes, masks and keypoints. What COCO defines no likeness for (boundaries of masks,
oriented boxes) goes through ``paired_coco`` by the same rules.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
from hotcoco import COCO, COCOeval

from predscope.errors import InputError
from predscope.evaluation.coco_problem import CocoProblem, areas_of_boxes, areas_of_masks
from predscope.evaluation.coco_result import ALL, LARGE, MEDIUM, SMALL, AreaRange, CapReport, CocoEvaluation, listed
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.paired_coco import accumulate_pairs
from predscope.evaluation.pairs import LOWEST_IOU, Pairs, find_pairs
from predscope.evaluation.shapes import Sigmas, class_sigmas, keypoint_counts, segmentations
from predscope.schema import ObjectClass

COCO_IOU_THRESHOLDS: Final = tuple(np.linspace(0.5, 0.95, 10).tolist())
_LARGEST_TABLE: Final = 2_000_000
"""Entries, up to which a table of frames by classes is counted into instead of sorting."""
_Arrays = tuple[np.ndarray, np.ndarray]


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
    sigmas: Sigmas | None = None,
    pairs: Pairs | None = None,
) -> CocoEvaluation:
    """COCO's precision and recall arrays of one label set and one prediction set.

    Labels that are ``is_ignored`` are treated as those outside of every range of areas: a prediction may take one
    without being counted.

    Args:
        labels, predictions: read with ``columns_for(iou_type)``.
        classes: all classes; only those with labels count.
        frame_count: frames are 0 to ``frame_count - 1``.
        iou_type: by which likeness.
        iou_thresholds: at which matches are made; by default .50, .55, ..., .95.
        areas: by default COCO's: all, small, medium, large (keypoints: without small). "all" comes first.
        caps: how many predictions of a frame and class count; None in it: all. By default 1, 10, 100 (keypoints: 20).
        frame_order: int (frame_count,): the place of each frame in the order that decides between equal confidences
            of different frames; by default that of the indices. pycocotools goes by image id.
        frame_sizes: float (frame_count, 2): width and height, pixels; needed for polygons.
        mask_area: the area of a predicted mask: of the mask, or of its box. pycocotools takes the box's where the
            results file has boxes beside the masks.
        sigmas: of the keypoints, of all classes alike or by class id; by default COCO's for classes with 17, and
            1 / count for any other number.
        pairs: candidate pairs by that likeness, if they are at hand; boxes, masks and keypoints need none.

    Raises:
        InputError: arguments out of range.
    """
    iou_type = IouType(iou_type)
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
    run = _Run(thresholds, ranges, [largest if cap is None else cap for cap in limits])
    if iou_type in (IouType.BOUNDARY, IouType.ORIENTED):
        lowest = min(*thresholds, LOWEST_IOU)
        if pairs is None or pairs.lowest_iou > lowest:
            pairs = find_pairs(labels, predictions, iou_type, lowest_iou=lowest, frame_sizes=frame_sizes)
        if iou_type is IouType.BOUNDARY and mask_area == "mask":
            prediction_area = areas_of_masks(predictions, segmentations(predictions, frame_sizes))
        else:
            prediction_area = areas_of_boxes(predictions) if iou_type is IouType.BOUNDARY else predictions.area
        precision, recall = accumulate_pairs(
            pairs,
            labels,
            predictions,
            len(classes),
            prediction_area=prediction_area,
            iou_thresholds=thresholds,
            areas=ranges,
            caps=run.caps,
            frame_order=order,
        )
    elif is_keypoints:
        precision, recall = _evaluate_keypoints(run, labels, predictions, classes, order, sigmas)
    else:
        problem = CocoProblem(labels, predictions, classes, order, frame_sizes if iou_type is IouType.SEGM else None)
        sides = problem.of_masks(mask_area) if iou_type is IouType.SEGM else problem.of_boxes()
        precision, recall = run.arrays(*sides, "segm" if iou_type is IouType.SEGM else "bbox")
    return CocoEvaluation(
        iou_type=iou_type,
        classes=tuple(classes),
        iou_thresholds=thresholds,
        areas=ranges,
        caps=limits,
        precision=precision,
        recall=recall,
        label_count=np.bincount(labels.class_id[~labels.is_out], minlength=len(classes)),
        prediction_count=np.bincount(predictions.class_id, minlength=len(classes)),
        capped=_cap_report(frames, crowding, limits[-1]),
    )


class _Run:
    """What is to be computed, given to ``hotcoco``."""

    def __init__(self, thresholds: Sequence[float], areas: Sequence[AreaRange], caps: list[int]) -> None:
        self.caps = caps
        self._thresholds = thresholds
        self._areas = areas

    def arrays(self, truth: COCO, found: COCO, iou_type: str, sigmas: np.ndarray | None = None) -> _Arrays:
        """``precision`` (T, R, K, A, M) and ``recall`` (T, K, A, M)."""
        evaluator = COCOeval(truth, found, iou_type)
        evaluator.params.iou_thrs = list(self._thresholds)
        evaluator.params.max_dets = self.caps
        evaluator.params.area_rng = [[area.lowest, area.highest] for area in self._areas]
        evaluator.params.area_rng_lbl = [area.name for area in self._areas]
        if sigmas is not None:
            evaluator.params.kpt_oks_sigmas = sigmas.tolist()
        evaluator.evaluate()
        evaluator.accumulate()
        result = evaluator.eval or {}
        return result["precision"], result["recall"]


def _evaluate_keypoints(
    run: _Run,
    labels: Objects,
    predictions: Objects,
    classes: Sequence[ObjectClass],
    order: np.ndarray,
    sigmas: Sigmas | None,
) -> _Arrays:
    """The classes whose keypoints are spread alike are evaluated together: mostly, all of them."""
    alike: dict[tuple[float, ...], list[int]] = {}
    for class_id, own_sigmas in enumerate(class_sigmas(keypoint_counts(len(classes), labels, predictions), sigmas)):
        if len(own_sigmas):
            alike.setdefault(tuple(own_sigmas.tolist()), []).append(class_id)

    def arrays_of(labels: Objects, predictions: Objects, spread: tuple[float, ...]) -> _Arrays:
        sides = CocoProblem(labels, predictions, classes, order, None).of_keypoints(len(spread))
        return run.arrays(*sides, "keypoints", np.array(spread))

    first, *others = alike or {(1.0,): []}
    precision, recall = arrays_of(labels, predictions, first)
    for other in others:
        members = alike[other]
        own = [objects.take(np.isin(objects.class_id, members)) for objects in (labels, predictions)]
        part = arrays_of(own[0], own[1], other)
        precision[:, :, members], recall[:, members] = part[0][:, :, members], part[1][:, members]
    return precision, recall


def _sorted_caps(caps: Sequence[int | None]) -> tuple[int | None, ...]:
    if not caps or any(cap is not None and cap < 1 for cap in caps):
        raise InputError(f"caps must be 1 or more, or None for no cap, got {listed(caps)}.")
    numbers = sorted({cap for cap in caps if cap is not None})
    return (*numbers, None) if None in caps else tuple(numbers)


def _crowding(predictions: Objects, class_count: int) -> tuple[np.ndarray, np.ndarray]:
    """Pairs of frame and class that have predictions: int64 the frame, int64 how many."""
    places = predictions.frame * class_count + predictions.class_id
    if places.max(initial=0) < _LARGEST_TABLE:
        table = np.bincount(places)
        pairs = np.flatnonzero(table)
        counts = table[pairs]
    else:
        pairs, counts = np.unique(places, return_counts=True)
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
