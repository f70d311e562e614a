"""One label set against one prediction set: everything that is computed from the two, each part once."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import pyarrow as pa

from predscope.errors import InputError
from predscope.evaluation.class_agnostic import match_class_agnostic, tabulate_class_agnostic
from predscope.evaluation.coco import evaluate_coco, order_of_frames
from predscope.evaluation.coco_result import CocoEvaluation
from predscope.evaluation.confusion import Confusion, confuse
from predscope.evaluation.ignored_classes import without_ignored
from predscope.evaluation.match_table import MatchTable, tabulate
from predscope.evaluation.matching import Matching, match
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.operating_point import ConfidenceCurve, OperatingPoint, confidence_curve, count_outcomes
from predscope.evaluation.pairs import LOWEST_IOU, Pairs, find_pairs
from predscope.evaluation.shapes import Sigmas, ignore_unmarked, with_keypoints
from predscope.evaluation.voc import VOC_IOU, VocEvaluation, VocProtocol, evaluate_voc
from predscope.evaluation.whole_frames import comparable_classifications
from predscope.schema import ObjectClass

_KEPT_MATCHINGS: Final = 24
"""A few megabytes each at 150,000 predictions; a slider that is dragged asks for many."""


class Detection:
    """Labels and predictions of the same frames and classes, to be evaluated.

    Candidate pairs and the last matchings are kept once they are computed; a change of confidence or
    IoU costs a pass over them. Instances never change, and may be shared by threads.

    Attributes:
        labels, predictions: what is compared.
        classes: by class id.
        frame_count: frames are 0 to ``frame_count - 1``.
        iou_type: by which likeness.
    """

    def __init__(
        self,
        labels: Objects,
        predictions: Objects,
        classes: Sequence[ObjectClass],
        *,
        frame_count: int,
        iou_type: IouType = IouType.BBOX,
        frame_order: np.ndarray | None = None,
        frame_sizes: np.ndarray | None = None,
        mask_area: Literal["mask", "box"] = "mask",
        sigmas: Sigmas | None = None,
        pairs: Pairs | None = None,
    ) -> None:
        """See ``evaluate_coco`` for the arguments; ``pairs`` are those found before, if any were."""
        self.iou_type = IouType(iou_type)
        is_keypoints = self.iou_type is IouType.KEYPOINTS
        self.labels = ignore_unmarked(labels) if is_keypoints else labels
        self.predictions = predictions
        self.classes = tuple(classes)
        self.frame_count = frame_count
        self._frame_order = frame_order
        self._frame_sizes = frame_sizes
        self._mask_area: Literal["mask", "box"] = mask_area
        self._sigmas = sigmas
        self._given_pairs = pairs
        self._matchings: dict[tuple[float, bool], Matching] = {}
        self._lock = threading.Lock()

    @classmethod
    def from_tables(
        cls,
        labels: pa.Table,
        predictions: pa.Table,
        classes: Sequence[ObjectClass],
        frames: pa.Table,
        **options: Any,
    ) -> Detection:
        """From tables of ``OBJECT_SCHEMA`` and ``FRAME_SCHEMA`` (at least the columns that are read).

        Args:
            labels, predictions: columns of ``columns_for(iou_type)``.
            frames: columns ``source_id``, ``width`` and ``height``.
            options: ``iou_type``, ``mask_area``, ``sigmas``, ``pairs``.

        Of classifications (``IouType.FRAME``) only those that can be compared are taken, see ``whole_frames``; likewise
        of objects with keypoints, see ``with_keypoints``. Ignored classes are left out, see ``ignored_classes``.
        """
        iou_type = IouType(options.get("iou_type", IouType.BBOX))
        truth, found = (
            without_ignored(Objects.from_table(table, iou_type), classes) for table in (labels, predictions)
        )
        if iou_type is IouType.FRAME:
            truth, found = comparable_classifications(truth, found)
        elif iou_type is IouType.KEYPOINTS:
            truth, found = with_keypoints(truth, found)
        sizes = [frames[side].to_numpy().astype(np.float64) for side in ("width", "height")]
        return cls(
            truth,
            found,
            classes,
            frame_count=len(frames),
            frame_order=order_of_frames(frames["source_id"].to_pylist()),
            frame_sizes=np.stack(sizes, axis=1),
            **options,
        )

    def with_pairs(self, pairs: Pairs) -> Detection:
        """The same, with candidate pairs that were found before."""
        return self.with_parts(self.labels, self.predictions, pairs)

    def with_parts(self, labels: Objects, predictions: Objects, pairs: Pairs) -> Detection:
        """Other objects of the same frames and classes, evaluated in the same way; see ``slices``."""
        return Detection(
            labels,
            predictions,
            self.classes,
            frame_count=self.frame_count,
            iou_type=self.iou_type,
            frame_order=self._frame_order,
            frame_sizes=self._frame_sizes,
            mask_area=self._mask_area,
            sigmas=self._sigmas,
            pairs=pairs,
        )

    @cached_property
    def pairs(self) -> Pairs:
        """Candidate pairs with an IoU of 0.1 or more."""
        return self._given_pairs if self._given_pairs is not None else self._find_pairs(LOWEST_IOU)

    def coco(self, **options: Any) -> CocoEvaluation:
        """COCO's numbers; options are ``iou_thresholds``, ``areas`` and ``caps`` of ``evaluate_coco``."""
        needs_pairs = self.iou_type in (IouType.BOUNDARY, IouType.ORIENTED)
        return evaluate_coco(
            self.labels,
            self.predictions,
            self.classes,
            frame_count=self.frame_count,
            iou_type=self.iou_type,
            frame_order=self._frame_order,
            frame_sizes=self._frame_sizes,
            mask_area=self._mask_area,
            sigmas=self._sigmas,
            pairs=self.pairs if needs_pairs else None,
            **options,
        )

    def voc(
        self,
        iou_threshold: float = VOC_IOU,
        *,
        protocol: VocProtocol = VocProtocol.AREA,
        plus_one: bool = False,
    ) -> VocEvaluation:
        """Pascal VOC's average precision.

        Args:
            iou_threshold: lowest IoU of a match.
            protocol: area under the curve, or 11 points of it.
            plus_one: a box reaches to the far side of its last pixel: its width is one more than the distance of its
                sides. Only for plain boxes.
        """
        if plus_one and self.iou_type is not IouType.BBOX:
            raise InputError("one pixel can be added to the sides of plain boxes only.")
        labels, predictions = self.labels, self.predictions
        if plus_one:
            labels, predictions = (replace(one, box=one.box + np.array([0, 0, 1, 1])) for one in (labels, predictions))
            pairs = find_pairs(labels, predictions, lowest_iou=min(LOWEST_IOU, iou_threshold))
        else:
            pairs = self._pairs_for(iou_threshold)
        return evaluate_voc(
            pairs,
            labels,
            predictions,
            self.classes,
            iou_threshold=iou_threshold,
            protocol=protocol,
            plus_one=plus_one,
        )

    def matching(self, iou_threshold: float, *, class_agnostic: bool = False) -> Matching:
        """The matches within classes, of all predictions.

        Args:
            class_agnostic: those of the matches by place whose classes agree, see ``class_agnostic``.
        """
        key = iou_threshold, class_agnostic
        known = self._matchings.get(key)
        if known is None:
            find = match_class_agnostic if class_agnostic else match
            known = find(self._pairs_for(iou_threshold), self.labels, self.predictions, iou_threshold)
            with self._lock:
                while len(self._matchings) >= _KEPT_MATCHINGS:
                    del self._matchings[next(iter(self._matchings))]
                self._matchings[key] = known
        return known

    def match_table(self, confidence: float, iou_threshold: float, *, class_agnostic: bool = False) -> MatchTable:
        """What became of every object, and why.

        Args:
            class_agnostic: match by place alone and look at the classes afterwards, see ``class_agnostic``; otherwise
                matches within classes come first, and the outcomes are those of precision and recall.
        """
        if class_agnostic:
            pairs = self._pairs_for(iou_threshold)
            return tabulate_class_agnostic(pairs, self.labels, self.predictions, confidence, iou_threshold)
        matching = self.matching(iou_threshold)
        return tabulate(self._pairs_for(iou_threshold), matching, self.labels, self.predictions, confidence)

    def operating_point(self, confidence: float, iou_threshold: float) -> OperatingPoint:
        """Counts, precision, recall and F1."""
        return count_outcomes(self.match_table(confidence, iou_threshold), self.classes)

    def confusion(self, confidence: float, iou_threshold: float, *, class_agnostic: bool = False) -> Confusion:
        """The confusion matrix, with a row and a column for the background.

        Args:
            class_agnostic: as in ``match_table``; where it is not set, the matrix agrees with precision and recall.
        """
        return confuse(self.match_table(confidence, iou_threshold, class_agnostic=class_agnostic), self.classes)

    def curve(self, iou_threshold: float, class_id: int | None = None) -> ConfidenceCurve:
        """Counts over all confidences, of one class or of all."""
        return confidence_curve(self.matching(iou_threshold), self.labels, self.predictions, class_id)

    def _pairs_for(self, iou_threshold: float) -> Pairs:
        return self.pairs if iou_threshold >= self.pairs.lowest_iou else self._find_pairs(iou_threshold)

    def _find_pairs(self, lowest_iou: float) -> Pairs:
        return find_pairs(
            self.labels,
            self.predictions,
            self.iou_type,
            lowest_iou=lowest_iou,
            frame_sizes=self._frame_sizes,
            sigmas=self._sigmas,
        )
