"""Metrics of objects against brute force, and on shapes with known answers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools import mask as coco_mask

from predscope.metrics.blocks import Features, ObjectBlock, uniform_of
from predscope.metrics.overlaps import GRID, measure_overlaps
from predscope.metrics.registry import all_metrics
from predscope.project.tables import complete_columns
from predscope.schema import Role


def block(
    boxes: list[list[float]],
    *,
    frame: list[int] | None = None,
    class_id: list[int] | None = None,
    confidence: list[float] | None = None,
    sizes: list[tuple[float, float]] | None = None,
    role: Role = "labels",
    **columns: Any,
) -> ObjectBlock:
    count = len(boxes)
    frame = frame or [0] * count
    x, y, w, h = np.array(boxes, np.float64).reshape(-1, 4).T
    table = pa.table(
        {
            "frame_index": pa.array(frame, pa.int32()),
            "class_id": pa.array(class_id or [0] * count, pa.int32()),
            "geometry": pa.array(columns.pop("geometry", ["box"] * count)),
            "confidence": pa.array(confidence or [None] * count, pa.float64()),
            "x": x,
            "y": y,
            "w": w,
            "h": h,
            "area": w * h,
            **columns,
        }
    )
    for name in ("is_crowd", "is_ignored"):
        table = table.append_column(name, pa.array([False] * count))
    frame_size = np.array(sizes or [(100.0, 50.0)] * (max(frame, default=0) + 1))
    return ObjectBlock.from_table(complete_columns(table), role, frame_size, ("car", "person", "dog"))


def values(name: str, objects: ObjectBlock) -> list[float]:
    found = np.asarray(all_metrics()[name].compute(objects), np.float64)
    return [None if np.isnan(v) else round(float(v), 6) for v in found]  # type: ignore[misc]


def test_sizes_and_places() -> None:
    objects = block([[0, 10, 20, 10], [40, 20, 20, 10], [89, 5, 10, 20]])
    assert values("area", objects) == [200, 200, 200]
    assert values("relative_area", objects) == [4, 4, 4]
    assert values("aspect_ratio", objects) == [2, 2, 0.5]
    assert values("border_closeness", objects) == [1, 0.6, 0.99]
    assert values("truncated", objects) == [1, 0, 1]
    assert values("label_count", objects) == [3]
    nan = float("nan")
    whole = block([[nan] * 4, [0, 0, 5, 5]], sizes=[(nan, nan)])
    assert values("truncated", whole) == [None, None]
    assert values("relative_area", whole) == [None, None]


def test_crowding_occlusion_and_duplicates() -> None:
    # The second covers the right half of the first; the third is far away and of another class.
    objects = block([[0, 0, 20, 20], [10, 0, 20, 20], [60, 0, 10, 10]], class_id=[0, 0, 1])
    assert values("crowding", objects) == pytest.approx([1 / 3, 1 / 3, 0], abs=1e-6)
    assert values("duplicate_iou", objects) == pytest.approx([1 / 3, 1 / 3, 0], abs=1e-6)
    assert values("occlusion", objects) == [0.5, 0.5, 0]
    assert values("nearest_same_class", objects) == [10, 10, None]
    assert values("label_density", objects) == pytest.approx([(400 + 200 + 100) / 5000])
    other = block([[0, 0, 20, 20], [0, 0, 20, 20]], class_id=[0, 1])
    assert values("crowding", other) == [1, 1]
    assert values("duplicate_iou", other) == [0, 0]
    alone = block([[0, 0, 20, 20], [0, 0, 20, 20]], frame=[0, 1])
    assert values("crowding", alone) == [0, 0]
    assert values("label_density", alone) == [0.08, 0.08]


def brute_force(frame: np.ndarray, class_id: np.ndarray, box: np.ndarray) -> dict[str, np.ndarray]:
    count = len(frame)
    found = {
        name: np.zeros(count)
        for name in ("highest_iou", "highest_iou_same_class", "covered", "covered_before", "nearest_same_class")
    }
    found["nearest_same_class"][:] = np.nan
    for i in range(count):
        x, y, w, h = box[i]
        points_x = x + (np.arange(GRID) + 0.5) * w / GRID
        points_y = y + (np.arange(GRID) + 0.5) * h / GRID
        covered, before = np.zeros((2, GRID, GRID), bool)
        for j in range(count):
            if i == j or frame[i] != frame[j]:
                continue
            a, b, c, d = box[j]
            across, down = min(x + w, a + c) - max(x, a), min(y + h, b + d) - max(y, b)
            shared = max(across, 0) * max(down, 0)
            if shared > 0:
                iou = shared / (w * h + c * d - shared)
                found["highest_iou"][i] = max(found["highest_iou"][i], iou)
                if class_id[i] == class_id[j]:
                    found["highest_iou_same_class"][i] = max(found["highest_iou_same_class"][i], iou)
                inside = ((points_y >= b) & (points_y < b + d))[:, None] & ((points_x >= a) & (points_x < a + c))[None]
                covered |= inside
                if j < i:
                    before |= inside
            if class_id[i] == class_id[j]:
                distance = np.hypot(x + w / 2 - a - c / 2, y + h / 2 - b - d / 2)
                found["nearest_same_class"][i] = np.nanmin([found["nearest_same_class"][i], distance])
        found["covered"][i], found["covered_before"][i] = covered.mean(), before.mean()
    return found


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 24), st.booleans())
def test_overlaps_equal_brute_force(seed: int, count: int, is_whole: bool) -> None:
    rng = np.random.default_rng(seed)
    frame = np.sort(rng.integers(0, 3, count))
    class_id = rng.integers(0, 2, count)
    box = np.hstack([rng.uniform(0, 30, (count, 2)), rng.uniform(0.5, 20, (count, 2))])
    if is_whole:
        box = np.round(box) + np.array([0, 0, 1, 1])
    expected = brute_force(frame, class_id, box)
    found = measure_overlaps(frame, class_id, box)
    for name, wanted in expected.items():
        # A point of the grid may fall to either side of an edge that it lies on, to the last bit.
        tolerance = 2 / GRID**2 if is_whole and name.startswith("covered") else 1e-9
        np.testing.assert_allclose(getattr(found, name), wanted, atol=tolerance, err_msg=name)


def test_objects_without_a_box_are_no_others() -> None:
    nan = float("nan")
    found = measure_overlaps(np.zeros(3, int), np.zeros(3, int), np.array([[0, 0, 4, 4], [nan] * 4, [0, 0, 4, 4]]))
    assert found.highest_iou[[0, 2]].tolist() == [1, 1]
    assert np.isnan(found.highest_iou[1])


def polygon_block(*polygons: list[list[list[float]]], class_id: list[int] | None = None) -> ObjectBlock:
    boxes = []
    for parts in polygons:
        xs = [v for part in parts for v in part[0][0::2]]
        ys = [v for part in parts for v in part[0][1::2]]
        boxes.append([min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys)])
    return block(boxes, class_id=class_id, geometry=["polygon"] * len(polygons), polygons=pa.array(list(polygons)))


SQUARE = [[[10, 10, 30, 10, 30, 30, 10, 30]]]
ELL = [[[0, 0, 20, 0, 20, 10, 10, 10, 10, 20, 0, 20]]]
RING = [[[0, 0, 20, 0, 20, 20, 0, 20], [5, 5, 15, 5, 15, 15, 5, 15]]]


def test_outlines_of_polygons() -> None:
    objects = polygon_block(SQUARE, ELL, RING)
    assert values("vertices", objects) == [4, 6, 8]
    assert values("solidity", objects) == pytest.approx([1, 300 / 350, 300 / 400], abs=1e-6)
    hull = 60 + np.hypot(10, 10)
    assert values("convexity", objects) == pytest.approx([1, hull / 80, 1], abs=1e-6)
    assert values("vertices", block([[0, 0, 5, 5]])) == [None]


def test_shape_does_not_depend_on_place_size_or_turn() -> None:
    def turned(degrees: float, scale: float, shift: float) -> list[list[list[float]]]:
        angle = np.radians(degrees)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        points = np.array(ELL[0][0]).reshape(-1, 2) @ turn.T * scale + shift
        return [[points.reshape(-1).tolist()]]

    hu = polygon_block(ELL, turned(30, 1, 200), turned(200, 3, 900), SQUARE).outlines.hu
    np.testing.assert_allclose(hu[1], hu[0], atol=2e-3)
    np.testing.assert_allclose(hu[2], hu[0], atol=2e-3)
    assert np.abs(hu[3] - hu[0]).max() > 0.02


def test_masks_are_measured_like_polygons() -> None:
    pixels = np.zeros((60, 80), np.uint8)
    pixels[10:50, 10:30] = 1
    bar = pixels.copy()
    bar[10:20, 10:70] = 1
    encoded = [coco_mask.encode(np.asfortranarray(mask)) for mask in (pixels, bar, np.zeros_like(pixels))]
    objects = block(
        [[10, 10, 20, 40], [10, 10, 60, 40], [0, 0, 0, 0]],
        geometry=["mask"] * 3,
        rle_counts=pa.array([entry["counts"] for entry in encoded], pa.binary()),
        rle_height=pa.array([60] * 3, pa.int32()),
        rle_width=pa.array([80] * 3, pa.int32()),
    )
    full, bent, empty = values("solidity", objects)
    assert full == 1
    assert bent == pytest.approx(1200 / (1200 + 40 * 30 / 2), rel=0.01)
    assert empty is None
    assert values("vertices", objects) == [None, None, None]
    rectangle = polygon_block([[[10, 10, 30, 10, 30, 50, 10, 50]]])
    np.testing.assert_allclose(objects.outlines.hu[0], rectangle.outlines.hu[0], atol=1e-3)


def test_the_odd_shape_of_a_class_stands_out() -> None:
    rng = np.random.default_rng(5)

    def quad(width: float, height: float) -> list[list[list[float]]]:
        return [[[0, 0, width, 0, width, height, 0, height]]]

    shapes = [quad(20 + rng.uniform(-1, 1), 10) for _ in range(12)] + [quad(90, 3)] + [quad(10, 10)]
    objects = polygon_block(*shapes, class_id=[0] * 13 + [1])
    features = Features(objects.outlines.hu.astype(np.float32), False, "hu_moments", objects.class_id, 2)
    found = all_metrics()["shape_outlier"].compute(features)
    assert np.nanargmax(found) == 12
    assert found[12] > 1.5 > np.nanmax(found[:12])
    assert np.isnan(found[13]), "one object is no class to stand out from"


def test_uncertainty_of_class_scores() -> None:
    scores = [[0.5, 0.5], [1.0, 0.0], None, [0.6, 0.2]]
    objects = block(
        [[0, 0, 5, 5]] * 4,
        frame=[0, 0, 1, 1],
        role="predictions",
        class_scores=pa.array(scores, pa.list_(pa.float32())),
    )
    third = -(0.75 * np.log(0.75) + 0.25 * np.log(0.25)) / np.log(2)
    assert values("class_entropy", objects) == pytest.approx([1, 0, None, third], abs=1e-6)
    assert values("least_confidence", objects) == pytest.approx([0.5, 0, None, 0.25], abs=1e-6)
    assert values("confusion_margin", objects) == pytest.approx([0, 1, None, 0.5], abs=1e-6)
    assert values("class_variance", objects) == pytest.approx([0, 0.25, None, 0.0625], abs=1e-6)
    assert values("frame_confusion_margin", objects) == pytest.approx([0.5, 0.5], abs=1e-6)
    assert values("class_entropy", block([[0, 0, 5, 5]], role="predictions")) == [None]


def test_confidences_of_frames() -> None:
    objects = block([[0, 0, 5, 5]] * 3, frame=[0, 0, 2], confidence=[0.2, 0.6, 0.9], role="predictions")
    assert values("mean_confidence", objects) == [0.4, None, 0.9]
    assert values("min_confidence", objects) == [0.2, None, 0.9]
    assert values("max_confidence", objects) == [0.6, None, 0.9]
    assert values("prediction_count", objects) == [2, 0, 1]


def test_random_is_even_and_fixed() -> None:
    numbers = uniform_of(np.arange(100_000))
    assert numbers.min() >= 0
    assert numbers.max() < 1
    counts = np.histogram(numbers, bins=20, range=(0, 1))[0]
    assert (np.abs(counts - 5000) < 350).all()
    assert abs(np.corrcoef(numbers[:-1], numbers[1:])[0, 1]) < 0.02
    assert numbers[:3].tolist() == uniform_of(np.arange(3)).tolist()
