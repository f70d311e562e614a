"""Generated detection problems: small, crowded with coincidences, as hypothesis strategies and as seeded arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from predscope.evaluation.objects import Objects
from predscope.schema import ObjectClass


@dataclass(frozen=True)
class Problem:
    """Labels and predictions of ``frames`` frames."""

    labels: Objects
    predictions: Objects
    classes: tuple[ObjectClass, ...]
    frames: int


def make_problem(
    seed: int,
    *,
    frames: int = 6,
    classes: int = 3,
    labels: int = 30,
    predictions: int = 60,
    coarse: bool = True,
    crowd_share: float = 0.1,
    ignored_share: float = 0.0,
    levels: int = 8,
) -> Problem:
    """Boxes on a coarse grid, so that equal IoUs are common, and confidences of few levels, so that equals are too."""
    rng = np.random.default_rng(seed)
    side = rng.choice([8.0, 16.0, 24.0, 40.0, 120.0], (labels, 2))
    corner = rng.integers(0, 12, (labels, 2)) * (8.0 if coarse else 5.3)
    boxes = np.hstack([corner, side])
    near = rng.integers(labels, size=predictions) if labels else np.zeros(0, int)
    count = predictions if labels else 0
    jitter = rng.choice([-8.0, 0.0, 0.0, 4.0, 8.0], (count, 4)) if coarse else rng.normal(0, 6, (count, 4))
    moved = boxes[near] + jitter
    moved[:, 2:] = np.maximum(moved[:, 2:], 2)
    label_frame, label_class = rng.integers(frames, size=labels), rng.integers(classes, size=labels)
    stray = rng.random(count) < 0.2
    found_class = np.where(stray, rng.integers(classes, size=count), label_class[near])
    return Problem(
        Objects.from_arrays(
            label_frame,
            label_class,
            boxes,
            area=np.where(rng.random(labels) < 0.3, np.nan, rng.choice([500.0, 1024.0, 3000.0, 9216.0, 2e4], labels)),
            is_crowd=rng.random(labels) < crowd_share,
            is_ignored=rng.random(labels) < ignored_share,
        ),
        Objects.from_arrays(
            label_frame[near],
            found_class,
            moved,
            confidence=rng.integers(1, levels + 1, count) / levels,
        ),
        tuple(ObjectClass(index, f"class {index}") for index in range(classes)),
        frames,
    )


@st.composite
def problems(draw: st.DrawFn, *, ignored: bool = False) -> Problem:
    """Any mixture of frames, classes, labels and predictions, the empty ones included."""
    return make_problem(
        draw(st.integers(0, 2**31)),
        frames=draw(st.integers(1, 6)),
        classes=draw(st.integers(1, 4)),
        labels=draw(st.integers(0, 40)),
        predictions=draw(st.sampled_from([0, 1, 20, 80, 300])),
        coarse=draw(st.booleans()),
        crowd_share=draw(st.sampled_from([0.0, 0.1, 0.5])),
        ignored_share=draw(st.sampled_from([0.0, 0.2])) if ignored else 0.0,
        levels=draw(st.sampled_from([1, 3, 1000])),
    )
