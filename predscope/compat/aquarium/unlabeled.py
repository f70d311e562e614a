"""Data sets without labels: frames, and what a model proposes for them.

Both generations of the client have the two classes, with other constructors; the arguments tell which one is meant, as
with ``LabeledDataset`` and ``LabeledFrame``.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, Final

from predscope.compat.aquarium.datasets import Inferences, LabeledDataset
from predscope.compat.aquarium.frames import InferencesFrame, LabeledFrame
from predscope.compat.aquarium.inferences import Inference
from predscope.compat.aquarium.label_set import MASK_LABEL, LabelSet
from predscope.compat.aquarium.sensor_data import SensorData

PROPOSALS: Final = "proposals"
"""Name of the prediction set that they become."""


class UnlabeledFrame(LabeledFrame):
    """A frame whose labels are proposals of a model, with or without a confidence.

    Args:
        frame_id, date_captured, device_id, update_type: as for ``LabeledFrame``.
        reuse_latest_embedding: accepted; embeddings stay until others are given.
        proposals: (later generation) inferences that it has.
        others: (later generation) as for ``LabeledFrame``.
    """

    def __init__(
        self,
        *,
        frame_id: str,
        date_captured: str | None = None,
        device_id: str | None = None,
        reuse_latest_embedding: bool | None = False,
        update_type: str = "ADD",
        proposals: Iterable[Inference] | None = None,
        **others: Any,
    ) -> None:
        super().__init__(
            frame_id=frame_id,
            date_captured=date_captured,
            device_id=device_id,
            update_type=update_type,
            labels=proposals,
            **others,
        )


class UnlabeledDataset(LabeledDataset):
    """Frames without labels; what they have as labels becomes the prediction set ``PROPOSALS``.

    Arguments are those of ``LabeledDataset``; ``inference_embedding_model`` is accepted.
    """

    def __init__(self, *given: Any, inference_embedding_model: str | None = None, **named: Any) -> None:
        super().__init__(*given, **named)

    def create_and_add_unlabeled_frame(
        self, *, frame_id: str, sensor_data: Iterable[SensorData], proposals: Iterable[Inference], **facts: Any
    ) -> UnlabeledFrame:
        """(Later generation) make a frame with all that it has, and add it."""
        return UnlabeledFrame(dataset=self, frame_id=frame_id, sensor_data=sensor_data, proposals=proposals, **facts)


def without_labels(frame: LabeledFrame) -> LabeledFrame:
    """The frame with its images, metadata and embedding, and no label."""
    bare = copy.copy(frame)
    bare._labels = LabelSet(frame.frame_id)
    bare._labels.not_shown = frame.label_set.not_shown
    return bare


def proposals_of(frames: Iterable[LabeledFrame]) -> Inferences:
    """What the labels of frames propose, as inferences; without a confidence it is 1."""
    inferences = Inferences()
    for frame in frames:
        labels = frame.label_set
        if labels.label_data:
            proposed = InferencesFrame(frame_id=frame.frame_id, update_type=frame.update_type)
            proposed.label_data = [_with_confidence(label) for label in labels.label_data]
            proposed.crop_embeddings = list(labels.crop_embeddings)
            inferences.add_frame(proposed)
    return inferences


def _with_confidence(label: dict[str, Any]) -> dict[str, Any]:
    if label["label"] == MASK_LABEL or "confidence" in label["attributes"]:
        return label
    return label | {"attributes": label["attributes"] | {"confidence": 1.0}}
