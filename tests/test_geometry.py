"""Geometry in columns against plain arithmetic, one object at a time."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from predscope.geometry import (
    NumberLists,
    Paths,
    bounds_of_keypoints,
    bounds_of_oriented_boxes,
    clip_boxes,
    intersection_areas,
    overhang_of_boxes,
    pairwise_iou,
    segment_reduce,
    segment_sum,
)

SQUARE = [0, 0, 10, 0, 10, 10, 0, 10]
HOLE = [2, 2, 4, 2, 4, 4, 2, 4]

coordinates = st.floats(-1e4, 1e4, allow_nan=False)
rings = st.lists(st.tuples(coordinates, coordinates), min_size=3, max_size=8).map(lambda p: [v for xy in p for v in xy])
polygon_columns = st.lists(st.none() | st.lists(st.lists(rings, min_size=1, max_size=3), max_size=3), max_size=8)


def shoelace(ring: list[float]) -> float:
    points = list(zip(ring[0::2], ring[1::2], strict=True))
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(math.fsum(x0 * y1 - x1 * y0 for (x0, y0), (x1, y1) in pairs)) / 2


def test_area_takes_holes_off_and_adds_parts() -> None:
    polygons = [[[SQUARE, HOLE]], None, [[SQUARE], [[20, 0, 30, 0, 30, 10]]], [[SQUARE, HOLE, [5, 5, 6, 5, 6, 6]]]]
    np.testing.assert_allclose(Paths.from_polygons(polygons).polygon_areas(), [96, np.nan, 150, 95.5])


@given(polygon_columns)
def test_polygons_agree_with_plain_arithmetic(polygons: list) -> None:
    paths = Paths.from_polygons(polygons)
    assert paths.to_polygons().to_pylist() == polygons
    for row, (parts, area, box) in enumerate(zip(polygons, paths.polygon_areas(), paths.bounds(), strict=True)):
        assert paths.present[row] == (parts is not None)
        if parts is None:
            assert math.isnan(area)
            continue
        expected = sum(shoelace(part[0]) - sum(map(shoelace, part[1:])) for part in parts)
        assert area == pytest.approx(expected, rel=1e-9, abs=1e-5)
        numbers = [ring for part in parts for ring in part]
        if numbers:
            x, y = [v for r in numbers for v in r[0::2]], [v for r in numbers for v in r[1::2]]
            np.testing.assert_allclose(box, [min(x), min(y), max(x) - min(x), max(y) - min(y)], rtol=1e-12)
        else:
            assert np.isnan(box).all()


def test_far_off_ring_keeps_its_precision() -> None:
    far = [value + 1e9 for value in SQUARE]
    assert Paths.from_polygons([[[far]]]).polygon_areas()[0] == pytest.approx(100, abs=1e-6)


def test_short_and_broken_paths_are_found_and_dropped() -> None:
    polygons = [[[SQUARE, [1, 1, 2, 2]]], [[[0, 0, 1, 1]], [SQUARE]], [[[0, 0, 1, 1], HOLE]], [[[*SQUARE, 3]]], []]
    paths = Paths.from_polygons(polygons)
    bad = paths.unusable_paths(is_polygon=True)
    assert bad.tolist() == [False, True, True, False, True, True, True]
    assert paths.objects_of_paths().tolist() == [0, 0, 1, 1, 2, 2, 3]
    assert paths.without_paths(bad).to_polygons().to_pylist() == [[[SQUARE]], [[SQUARE]], [], [], []]


def test_polylines() -> None:
    lines = [[[0, 0, 5, 5], [9, 9, 1, 1, 3, 0]], None, [[1, 1]]]
    paths = Paths.from_polylines(lines)
    assert paths.to_polylines().to_pylist() == lines
    np.testing.assert_allclose(paths.bounds()[0], [0, 0, 9, 9])
    assert paths.unusable_paths(is_polygon=False).tolist() == [False, False, True]


def test_null_among_the_numbers_is_not_a_number() -> None:
    assert math.isnan(Paths.from_polygons([[[[0, None, 1, 1, 2, 2]]]]).values[1])


def test_scaling_by_object() -> None:
    paths = Paths.from_polygons([[[[0, 0, 1, 0, 1, 0.5]]], None, [[[0.5, 0.5, 1, 1, 0, 1]]]])
    scaled = paths.scaled(np.array([[100, 50], [1, 1], [10, 20]]))
    assert scaled.to_polygons().to_pylist() == [[[[0, 0, 100, 0, 100, 25]]], None, [[[5, 10, 10, 20, 0, 20]]]]
    points = NumberLists.from_lists([[0.5, 0.5, 2], None, [0.1, 0.2, 1, 0.3, 0.4, 0]])
    scaled_points = points.scaled(np.array([[10, 20, 1], [1, 1, 1], [100, 10, 1]])).to_arrow().to_pylist()
    assert scaled_points[1] is None
    np.testing.assert_allclose(scaled_points[0] + scaled_points[2], [5, 10, 2, 10, 2, 1, 30, 4, 0])


def test_bounds_of_keypoints_use_only_labelled_points() -> None:
    points = NumberLists.from_lists([[5, 6, 2, 0, 0, 0, 9, 4, 1], [0, 0, 0], None])
    boxes = bounds_of_keypoints(points)
    np.testing.assert_allclose(boxes[0], [5, 4, 4, 2])
    assert np.isnan(boxes[1:]).all()


@given(st.floats(-100, 100), st.floats(-100, 100), st.floats(0, 50), st.floats(0, 50), st.floats(-math.tau, math.tau))
def test_bounds_of_oriented_boxes(cx: float, cy: float, w: float, h: float, angle: float) -> None:
    corners = [
        (cx + dx * math.cos(angle) - dy * math.sin(angle), cy + dx * math.sin(angle) + dy * math.cos(angle))
        for dx, dy in ((-w / 2, -h / 2), (w / 2, -h / 2), (w / 2, h / 2), (-w / 2, h / 2))
    ]
    x, y = zip(*corners, strict=True)
    box = bounds_of_oriented_boxes(np.array([[cx, cy, w, h, angle]]))[0]
    np.testing.assert_allclose(box, [min(x), min(y), max(x) - min(x), max(y) - min(y)], atol=1e-9)


def test_clip_and_overhang() -> None:
    box = np.array([[-5, 2, 10, 10], [95, 45, 10, 10], [10, 10, 5, 5], [200, 0, 5, 5], [np.nan] * 4], float)
    width, height = np.full(5, 100.0), np.full(5, 50.0)
    np.testing.assert_allclose(overhang_of_boxes(box, width, height), [5, 5, 0, 105, np.nan])
    clipped = clip_boxes(box, width, height)
    np.testing.assert_allclose(clipped[:3], [[0, 2, 5, 10], [95, 45, 5, 5], [10, 10, 5, 5]])
    assert clipped[3, 2] == 0


@given(st.lists(st.lists(st.integers(-9, 9), max_size=4), max_size=6))
def test_segments(groups: list[list[int]]) -> None:
    starts = np.concatenate([[0], np.cumsum([len(group) for group in groups])]).astype(np.int64)
    values = np.array([value for group in groups for value in group], dtype=np.int64)
    assert segment_sum(values, starts).tolist() == [sum(group) for group in groups]
    assert segment_reduce(np.minimum, values, starts, 99).tolist() == [min(group, default=99) for group in groups]


def test_nothing_at_all() -> None:
    paths = Paths.from_polygons([])
    assert len(paths.polygon_areas()) == len(paths.bounds()) == len(paths.to_polygons()) == 0
    assert bounds_of_keypoints(NumberLists.from_lists([])).shape == (0, 4)


boxes = st.lists(st.lists(st.integers(0, 20), min_size=4, max_size=4), max_size=5)


@given(boxes, boxes)
def test_overlaps_of_boxes_are_those_of_the_oracle(first: list, second: list) -> None:
    pairs = np.array([*itertools.product(first, second)], float).reshape(-1, 2, 4)
    one, two = pairs[:, 0], pairs[:, 1]
    is_box = one[:, 2:].prod(axis=1) + two[:, 2:].prod(axis=1) > 0
    expected = [
        coco_mask.iou(a[None], b[None], [0])[0, 0] if known else 0 for (a, b), known in zip(pairs, is_box, strict=True)
    ]
    np.testing.assert_allclose(pairwise_iou(one, two), expected)
    assert (pairwise_iou(one, np.full_like(one, np.nan)) == 0).all()


def test_moved_shapes() -> None:
    polygons = Paths.from_polygons([[[[0, 0, 4, 0, 4, 4], [1, 1, 2, 1, 2, 2]]], None, [[[5, 5, 6, 5, 6, 6]]]])
    moved = polygons.moved(np.array([[10.0, 20.0], [1.0, 1.0], [-5.0, 0.0]])).to_polygons().to_pylist()
    assert moved == [[[[10, 20, 14, 20, 14, 24], [11, 21, 12, 21, 12, 22]]], None, [[[0, 5, 1, 5, 1, 6]]]]
    points = NumberLists.from_lists([[1, 2, 2, 3, 4, 0], None])
    assert points.moved(np.array([[1.0, 2.0, 0.0], [9.0, 9.0, 0.0]])).to_arrow().to_pylist() == [
        [2, 4, 2, 4, 6, 0],
        None,
    ]


def test_common_areas_of_all_boxes_with_all() -> None:
    assert intersection_areas(np.array([[0, 0, 4, 4]]), np.array([[2, 2, 4, 4], [9, 9, 1, 1]])).tolist() == [[4, 0]]
