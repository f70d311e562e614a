from __future__ import annotations

import math

import cv2
import numpy as np
import pytest
from hotcoco import mask as rle_codec
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.export.shapes import corners_of, joined_ring, mask_rings, outline_as_mask, outline_rings
from predscope.formats.yolo.rows import corners_to_oriented_box

masks = st.tuples(st.integers(1, 9), st.integers(1, 9)).flatmap(
    lambda size: st.lists(st.booleans(), min_size=size[0] * size[1], max_size=size[0] * size[1]).map(
        lambda cells: np.array(cells, np.uint8).reshape(size)
    )
)


def encode(mask: np.ndarray) -> bytes:
    counts = rle_codec.encode(np.asfortranarray(mask))["counts"]
    return counts.encode() if isinstance(counts, str) else bytes(counts)


def signed_area(ring: list[float]) -> float:
    """Above 0 where it runs clockwise on screen."""
    x, y = np.array(ring[0::2]), np.array(ring[1::2])
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def holds(ring: list[float], x: float, y: float) -> bool:
    """Is a point inside, by the even-odd rule?"""
    points = list(zip(ring[0::2], ring[1::2], strict=True))
    crossings = 0
    for (x0, y0), (x1, y1) in zip(points, [*points[1:], points[0]], strict=True):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) * (x1 - x0) / (y1 - y0):
            crossings += 1
    return crossings % 2 == 1


@given(masks)
@settings(max_examples=150, deadline=None)
def test_outlines_of_masks_hold_exactly_their_pixels(mask: np.ndarray) -> None:
    rings = mask_rings(encode(mask), mask.shape)
    if not mask.any():
        assert rings == []
        return
    assert sum(map(signed_area, rings)) == mask.sum()
    joined = joined_ring(rings)
    assert signed_area(joined) == pytest.approx(mask.sum())
    found = [[holds(joined, x + 0.5, y + 0.47) for x in range(mask.shape[1])] for y in range(mask.shape[0])]
    assert np.array_equal(np.array(found), mask.astype(bool))


def test_a_mask_of_a_photograph_comes_back() -> None:
    rng = np.random.default_rng(5)
    noise = cv2.GaussianBlur(rng.random((240, 320)).astype(np.float32), (0, 0), 6)
    mask = (noise > np.quantile(noise, 0.6)).astype(np.uint8)
    rings = mask_rings(encode(mask), mask.shape)
    assert sum(map(signed_area, rings)) == mask.sum()
    assert len(rings) > 5


def test_holes_run_the_other_way() -> None:
    outer, hole = [0, 0, 0, 9, 9, 9, 9, 0], [2, 2, 5, 2, 5, 5, 2, 5]
    rings = outline_rings([[outer, hole], [[20, 0, 30, 0, 30, 10]]])
    assert [signed_area(ring) for ring in rings] == [81, -9, 50]
    assert signed_area(joined_ring(rings)) == pytest.approx(122)


def test_outlines_with_holes_become_masks_of_the_same_area() -> None:
    square, hole = [10, 10, 60, 10, 60, 60, 10, 60], [20, 20, 40, 20, 40, 40, 20, 40]
    counts = outline_as_mask([[square, hole], [[70, 70, 80, 70, 80, 80, 70, 80]]], (100, 100))
    mask = np.asarray(rle_codec.decode({"size": [100, 100], "counts": counts}))
    assert mask.sum() == 50 * 50 - 20 * 20 + 10 * 10
    assert not mask[30, 30]
    assert mask[15, 15]
    assert mask[75, 75]


@given(
    st.floats(0, 50), st.floats(0, 50), st.floats(1, 40), st.floats(1, 40), st.floats(-math.pi + 0.01, math.pi - 0.01)
)
def test_corners_of_turned_boxes_are_those_that_readers_expect(
    x: float, y: float, w: float, h: float, angle: float
) -> None:
    corners = np.array(corners_of([x, y, w, h, angle])).reshape(4, 2)
    assert corners_to_oriented_box(corners) == pytest.approx([x, y, w, h, angle], abs=1e-9)
    assert signed_area(corners.ravel().tolist()) == pytest.approx(w * h)
