"""Masks that all have the size of a network's input: how frames were brought to it, told by the labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np

from predscope.formats.base import ObjectBatch
from predscope.importing.doctor.box_readings import BoxReading, BoxSample
from predscope.importing.doctor.label_evidence import Labels, gather_evidence
from predscope.importing.network_input import NETWORK_FITS, NetworkInput
from predscope.importing.rows.judgement import FrameFacts
from predscope.run_lengths import read_run_lengths

MIN_COVERED: Final = 20
MIN_COVERAGE: Final = 0.3
LEAD: Final = 1.2
"""Over the other ways to bring frames to that size."""
_MAX_MASKS: Final = 4000


def explain_mask_size(
    sample: Sequence[ObjectBatch], frame_indices: Sequence[np.ndarray], facts: FrameFacts, labels: Labels | None
) -> dict[str, Any]:
    """What would bring masks to their frames, as fields of ``Corrections``; empty where that is not clear.

    Args:
        sample: the first batches.
        frame_indices: of their rows; negative where there is no frame.
        labels: what the masks are predictions of.
    """
    if labels is None:
        return {}
    frame_size = np.column_stack([facts.width, facts.height])
    counts: list[bytes] = []
    sizes, frames, confidences = [], [], []
    for batch, index in zip(sample, frame_indices, strict=True):
        if batch.rle_counts is None or batch.rle_size is None or len(counts) >= _MAX_MASKS:
            continue
        has_mask = np.fromiter((one is not None for one in batch.rle_counts), bool, len(batch))
        rows = np.flatnonzero(has_mask & (index >= 0))[: _MAX_MASKS - len(counts)]
        rows = rows[(batch.rle_size[rows][:, ::-1] != frame_size[index[rows]]).any(axis=1)]
        counts += [batch.rle_counts[row] or b"" for row in rows.tolist()]
        sizes.append(batch.rle_size[rows])
        frames.append(index[rows].astype(np.int64))
        confidences.append(np.ones(len(rows)) if batch.confidence is None else batch.confidence[rows])
    if len(counts) < MIN_COVERED:
        return {}
    size, frame = np.concatenate(sizes), np.concatenate(frames)
    if (size != size[0]).any():
        return {}
    masks = read_run_lengths(counts, size, with_boxes=True)
    nothing = np.zeros((len(frame), 2), np.int64)
    references = np.zeros(len(frame), object)
    confidence = np.concatenate(confidences).astype(np.float64)
    present = BoxReading()
    boxes = BoxSample(masks.box, frame, frame_size[frame], confidence, references, nothing, present)
    boxes = boxes.taken(np.flatnonzero(masks.is_valid & np.isfinite(boxes.size).all(axis=1)))
    evidence = gather_evidence(boxes, labels)
    height, width = (int(side) for side in size[0])
    networks = [NetworkInput(width, height, fit) for fit in NETWORK_FITS]
    shares = {network: evidence.coverage(BoxReading(network=network)) for network in networks}
    best, second, _ = sorted(networks, key=lambda network: -shares[network])
    if (
        shares[best] < MIN_COVERAGE
        or shares[best] * len(evidence) < MIN_COVERED
        or shares[best] < LEAD * shares[second]
    ):
        return {}
    return {"network_input": best.text, "network_fit": best.fit}
