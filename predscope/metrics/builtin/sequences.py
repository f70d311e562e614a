"""Metrics of objects along the sequences of frames of a video."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from predscope.metrics.metric import MeasuredOn
from predscope.metrics.registry import metric

if TYPE_CHECKING:
    from predscope.metrics.tracks import Tracks

STEADY_IOU: Final = 0.8
_LINKED: Final = (
    "The same thing is told by the track id, else by class and IoU (from .5 on) with the frame before, or the one "
    "before that."
)


@metric(
    "track_consistency",
    title="Track consistency",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    is_integer=True,
    higher_is="good",
    needs="sequence",
    definition=f"0 if an object of another class or track was in its place (IoU above {STEADY_IOU:.1f}) in the frame "
    "before, and none of its own; 1 if one of its own was; missing if nothing was.",
)
def track_consistency(tracks: Tracks) -> np.ndarray:
    is_close = tracks.iou > STEADY_IOU
    later, earlier = tracks.later[is_close], tracks.earlier[is_close]
    both = (tracks.track[later] >= 0) & (tracks.track[earlier] >= 0)
    is_own = tracks.class_id[later] == tracks.class_id[earlier]
    is_own &= ~both | (tracks.track[later] == tracks.track[earlier])
    result = np.full(len(tracks), np.nan)
    result[later] = 0
    result[later[is_own]] = 1
    return result


@metric(
    "missing_before",
    title="Missing in the frame before",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    is_integer=True,
    higher_is="bad",
    needs="sequence",
    definition=f"1 if the same thing is there two frames before and not in the frame before, else 0. {_LINKED}",
)
def missing_before(tracks: Tracks) -> np.ndarray:
    return np.where(tracks.position < 2, np.nan, tracks.lag == 2)


@metric(
    "area_drop",
    title="Area drop along the track",
    measured_on=MeasuredOn.OBJECT,
    range=(0, 1),
    version=1,
    needs="sequence",
    definition="Share of the area of its box that it has lost since it was last there, 0 where it has grown: sudden "
    f"drops are occlusions. Missing for the first of a track. {_LINKED}",
)
def area_drop(tracks: Tracks) -> np.ndarray:
    area = tracks.box[:, 2] * tracks.box[:, 3]
    before = np.where(tracks.predecessor < 0, np.nan, area[tracks.predecessor])
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.clip(1 - area / before, 0, 1)


@metric(
    "interruptions",
    title="Flicker",
    measured_on=MeasuredOn.OBJECT,
    version=1,
    is_integer=True,
    higher_is="bad",
    needs="sequence",
    definition=f"How often the thing vanishes and comes back within its sequence. {_LINKED}",
)
def interruptions(tracks: Tracks) -> np.ndarray:
    first = tracks.first_of_track
    gaps = np.bincount(first, weights=tracks.lag > 1, minlength=len(tracks))
    return np.where(tracks.position < 0, np.nan, gaps[first])
