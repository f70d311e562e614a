"""(Later generation) inferences as objects: the labels of the same kinds, each with a confidence."""

from __future__ import annotations

from typing import Any

from predscope.compat.aquarium import labels, values
from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.labels import Label
from predscope.compat.aquarium.values import place_of


class Inference(Label):
    """Base of all inferences, with those of masks, which have no confidence."""


class _Confident(Inference):
    """An inference with a confidence from 0 to 1."""

    def __init__(self, *, id: str, confidence: float, **arguments: Any) -> None:
        super().__init__(id=id, confidence=confidence, **arguments)

    def add_to(self, labels: LabelSet) -> None:
        where = place_of(labels.frame_id, str(self.id))
        values.confidence(self._arguments.get("confidence"), where, required=True)
        super().add_to(labels)


class Bbox2DInference(_Confident, labels.Bbox2DLabel):
    """A box, see ``LabelSet.add_2d_bbox``; ``area`` may be given."""


class LineSegment2DInference(_Confident, labels.LineSegment2DLabel):
    """A line, see ``LabelSet.add_2d_line_segment``."""


class Keypoint2DInference(_Confident, labels.Keypoint2DLabel):
    """Named points, see ``LabelSet.add_2d_keypoints``."""


class PolygonList2DInference(_Confident, labels.PolygonList2DLabel):
    """An object of one or several parts, see ``LabelSet.add_2d_polygon_list``."""


class Classification2DInference(_Confident, labels.Classification2DLabel):
    """A class of the whole image, see ``LabelSet.add_2d_classification``."""


class Semseg2DInference(Inference, labels.Semseg2DLabel):
    """A class for every pixel, see ``LabelSet.add_2d_semseg``."""


class InstanceSeg2DInference(Inference, labels.InstanceSeg2DLabel):
    """Objects in one mask, see ``LabelSet.add_2d_instance_seg``."""


class Classification3DInference(Inference, labels.Classification3DLabel):
    """Accepted, not shown."""


class Cuboid3DInference(Inference, labels.Cuboid3DLabel):
    """Accepted, not shown."""


class TextTokenInference(Inference, labels.TextTokenLabel):
    """Accepted, not shown."""
