"""Labels and predictions as ``hotcoco`` takes them: columns, with frames, classes and objects numbered from 1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
from hotcoco import COCO
from hotcoco import mask as rle_codec

from predscope.evaluation.objects import Objects
from predscope.evaluation.shapes import keypoints, segmentations
from predscope.schema import ObjectClass

IGNORED_AREA: Final = 1e12
"""Outside of every range of areas: how an object is ignored without being a crowd."""


class CocoProblem:
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
        self._images = _numbered_images(len(order))
        self._image_id = order.astype(np.int64) + 1
        if frame_sizes is not None:
            sizes = np.zeros((len(order), 2), np.int64)
            sizes[order] = np.nan_to_num(np.asarray(frame_sizes, np.float64))
            self._images = [
                {**image, "width": width, "height": height}
                for image, (width, height) in zip(self._images, sizes.tolist(), strict=True)
            ]
        self._categories = [{"id": entry.class_id + 1, "name": str(entry.class_id)} for entry in classes]

    def of_boxes(self) -> tuple[COCO, COCO]:
        truth = self._truth(_area_of_labels(self._labels), None)
        return truth, self._found(truth, areas_of_boxes(self._predictions), None)

    def of_masks(self, mask_area: Literal["mask", "box"]) -> tuple[COCO, COCO]:
        truth = self._truth(_area_of_labels(self._labels), segmentations(self._labels, self._frame_sizes))
        shapes = segmentations(self._predictions, self._frame_sizes)
        area = areas_of_boxes(self._predictions) if mask_area == "box" else areas_of_masks(self._predictions, shapes)
        return truth, self._found(truth, area, shapes)

    def of_keypoints(self, count: int) -> tuple[COCO, COCO]:
        """``count``: how many keypoints an object has."""
        labels, predictions = self._labels, self._predictions
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
                    points.reshape(len(labels), 3 * count).tolist(),
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
                keypoints(predictions, count).reshape(len(predictions), 3 * count).tolist(),
                strict=True,
            )
        ]
        found = truth.load_res(records)
        self._set_areas(found, areas_of_boxes(predictions))
        return truth, found

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


def areas_of_boxes(predictions: Objects) -> np.ndarray:
    """float64 (n,): of predictions, unless they take no part at all."""
    return np.where(predictions.is_ignored, IGNORED_AREA, predictions.box[:, 2] * predictions.box[:, 3])


def areas_of_masks(predictions: Objects, shapes: list[Any]) -> np.ndarray:
    """float64 (n,): pixels of the predicted masks; where they are polygons or boxes, as the import measured them."""
    area = predictions.area.copy()
    positions = [position for position, shape in enumerate(shapes) if isinstance(shape, dict)]
    if positions:
        area[positions] = rle_codec.area([shapes[position] for position in positions])
    return np.where(predictions.is_ignored, IGNORED_AREA, area)


@lru_cache(maxsize=2)
def _numbered_images(count: int) -> list[dict[str, Any]]:
    """Not to be changed: thousands of new dicts at every evaluation would set off the garbage collector."""
    return [{"id": number} for number in range(1, count + 1)]


def _area_of_labels(labels: Objects) -> np.ndarray:
    return np.where(labels.is_ignored, IGNORED_AREA, labels.area)
