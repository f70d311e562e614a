"""COCO's numbers by other likenesses: the same rules as for boxes, on boundaries and on oriented boxes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from hotcoco import mask as rle_codec
from hypothesis import given, settings
from pycocotools.cocoeval import COCOeval

from predscope.evaluation.boundaries import Outline, boundary_width
from predscope.evaluation.coco import COCO_IOU_THRESHOLDS
from predscope.evaluation.coco_result import ALL, LARGE, MEDIUM, SMALL, AreaRange
from predscope.evaluation.detection import Detection
from predscope.evaluation.objects import IouType, Objects
from predscope.evaluation.paired_coco import accumulate_pairs
from predscope.evaluation.pairs import Pairs, find_pairs
from predscope.evaluation.shapes import run_lengths
from predscope.schema import OBJECT_SCHEMA, ObjectClass
from tests.evaluation import coco_oracle, real_data
from tests.evaluation.problems import Problem, make_problem, problems

SIZE = (60, 80)


@settings(max_examples=60, deadline=None)
@given(problems())
def test_on_boxes_the_numbers_are_those_of_pycocotools(problem: Problem) -> None:
    labels, predictions = problem.labels, problem.predictions
    content, records = coco_oracle.records_of(labels, predictions, len(problem.classes), problem.frames)
    oracle = coco_oracle.evaluate_records(content, records)
    precision, recall = accumulate_pairs(
        find_pairs(labels, predictions),
        labels,
        predictions,
        len(problem.classes),
        prediction_area=predictions.box[:, 2] * predictions.box[:, 3],
        iou_thresholds=COCO_IOU_THRESHOLDS,
        areas=(ALL, SMALL, MEDIUM, LARGE),
        caps=(1, 10, 100),
        frame_order=np.arange(problem.frames),
    )
    np.testing.assert_allclose(precision, oracle.eval["precision"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(recall, oracle.eval["recall"], rtol=0, atol=1e-9)


def test_other_caps_areas_and_orders() -> None:
    problem = make_problem(12, frames=4, labels=60, predictions=400, levels=3)
    labels, predictions = problem.labels, problem.predictions
    order = np.array([2, 0, 3, 1])
    content, records = coco_oracle.records_of(labels, predictions, 3, 4)
    for record in (*content["annotations"], *records):
        record["image_id"] = int(order[record["image_id"] - 1]) + 1
    bounds = [(0, 1e10), (500, 1024)]
    oracle = coco_oracle.evaluate_records(content, records, iou_thresholds=[0.2, 0.6], caps=[2, 30], areas=bounds)
    precision, recall = accumulate_pairs(
        find_pairs(labels, predictions),
        labels,
        predictions,
        3,
        prediction_area=predictions.box[:, 2] * predictions.box[:, 3],
        iou_thresholds=(0.2, 0.6),
        areas=tuple(AreaRange(str(index), *bound) for index, bound in enumerate(bounds)),
        caps=(2, 30),
        frame_order=order,
    )
    np.testing.assert_allclose(precision, oracle.eval["precision"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(recall, oracle.eval["recall"], rtol=0, atol=1e-9)


def as_dict(pairs: Pairs) -> dict[tuple[int, int], float]:
    return {
        (int(row), int(label)): float(iou)
        for row, label, iou in zip(pairs.prediction, pairs.label, pairs.iou, strict=True)
    }


def eroded(mask: np.ndarray, times: int) -> np.ndarray:
    """By a 3 x 3 kernel, beyond the border of which there is nothing; in plain numpy."""
    for _ in range(times):
        padded = np.pad(mask, 1)
        shifted = [
            padded[row : row + mask.shape[0], column : column + mask.shape[1]]
            for row in range(3)
            for column in range(3)
        ]
        mask = np.logical_and.reduce(shifted)
    return mask


def encoded(mask: np.ndarray) -> dict:
    return rle_codec.encode(np.asfortranarray(mask, np.uint8))


def plain_boundary(mask: np.ndarray) -> np.ndarray:
    width = max(1, round(0.02 * np.hypot(*mask.shape)))
    return mask & ~eroded(mask, width)


def blobs(seed: int, frames: int = 5, confidence: bool = False) -> tuple[Objects, list[np.ndarray]]:
    """Discs of some frames; with the same seed predictions are the labels a little moved and resized."""
    rng, noise = np.random.default_rng(seed), np.random.default_rng(seed + 100)
    rows, masks = [], []
    for frame in range(frames):
        for _ in range(4):
            centre, radius = rng.integers(0, 80, 2), int(rng.integers(6, 26))
            class_id = int(rng.integers(2))
            if confidence:
                centre, radius = centre + noise.integers(-2, 3, 2), radius + int(noise.integers(-2, 3))
            mask = np.zeros(SIZE, np.uint8)
            cv2.circle(mask, (int(centre[0]), int(centre[1]) % 60), radius, 1, -1)
            masks.append(mask.astype(bool))
            rle = rle_codec.encode(np.asfortranarray(mask))
            x, y, w, h = (float(value) for value in rle_codec.toBbox(rle))
            rows.append(
                {
                    "frame_index": frame,
                    "class_id": class_id,
                    "geometry": "mask",
                    "x": x,
                    "y": y,
                    "w": w,
                    "h": h,
                    "area": float(mask.sum()),
                    "is_crowd": bool(not confidence and rng.random() < 0.1),
                    "is_ignored": False,
                    "rle_counts": rle["counts"],
                    "rle_height": 60,
                    "rle_width": 80,
                    "confidence": float(noise.random()) if confidence else None,
                }
            )
            rng.random() if confidence else None
    return Objects.from_table(pa.Table.from_pylist(rows, schema=OBJECT_SCHEMA)), masks


@pytest.mark.parametrize("seed", range(4))
def test_boundaries_by_plain_erosion(seed: int) -> None:
    labels, truth = blobs(seed)
    predictions, found = blobs(seed, confidence=True)
    pairs = find_pairs(labels, predictions, IouType.BOUNDARY, lowest_iou=0.1)
    ours = as_dict(pairs)
    expected = {}
    for row, own in enumerate(found):
        for label, other in enumerate(truth):
            if predictions.frame[row] != labels.frame[label]:
                continue
            ious = []
            for one, two in ((own, other), (plain_boundary(own), plain_boundary(other))):
                union = one.sum() if labels.is_crowd[label] else (one | two).sum()
                ious.append((one & two).sum() / union if union else 0.0)
            if min(ious) >= 0.1:
                expected[row, label] = pytest.approx(min(ious))
    assert ours == expected
    assert len(expected) > 5


def test_boundary_ap_is_cocos_ap_of_the_lower_iou(monkeypatch: pytest.MonkeyPatch) -> None:
    """pycocotools with the IoUs exchanged, as the authors' implementation does it."""
    labels, truth = blobs(1)
    predictions, found = blobs(1, confidence=True)
    classes = (ObjectClass(0, "car"), ObjectClass(1, "bus"))
    content, records = coco_oracle.records_of(labels, predictions, 2, 5)
    masks = [[mask.astype(np.uint8) for mask in side] for side in (truth, found)]
    for record, mask in zip((*content["annotations"], *records), (*masks[0], *masks[1]), strict=True):
        rle = rle_codec.encode(np.asfortranarray(mask))
        record["segmentation"] = {"size": list(rle["size"]), "counts": rle["counts"]}
    for record in records:
        del record["bbox"]
    for image in content["images"]:
        image |= {"width": 80, "height": 60}
    by_masks = COCOeval.computeIoU

    def lower_iou(self: COCOeval, image: int, category: int) -> np.ndarray:
        ious = by_masks(self, image, category)
        if not len(ious):
            return ious
        own = sorted(self._dts[image, category], key=lambda entry: -entry["score"])
        sides = [
            [encoded(plain_boundary(rle_codec.decode(entry["segmentation"]) > 0)) for entry in side]
            for side in (own, self._gts[image, category])
        ]
        crowds = [int(entry["iscrowd"]) for entry in self._gts[image, category]]
        return np.minimum(ious, np.asarray(rle_codec.iou(*sides, crowds)))

    monkeypatch.setattr(COCOeval, "computeIoU", lower_iou)
    oracle = coco_oracle.evaluate_records(content, records, "segm")
    ours = Detection(
        labels,
        predictions,
        classes,
        frame_count=5,
        iou_type=IouType.BOUNDARY,
        frame_sizes=np.tile([80.0, 60.0], (5, 1)),
    ).coco()
    coco_oracle.assert_equal(ours, oracle)
    assert 0 < ours.statistics["AP"] < 1


def test_a_boundary_is_never_easier_than_its_mask(shared_data: Path) -> None:
    folder = shared_data / "mixed14_maskrcnn"
    files = folder / "data/trainval.json", folder / "output/coco_instances_results.json"
    by_mask, by_boundary = (real_data.joined(*files, kind) for kind in (IouType.SEGM, IouType.BOUNDARY))
    averages = [found.coco().statistics["AP"] for found in (by_mask, by_boundary)]
    assert 0 < averages[1] < averages[0]
    assert by_boundary.match_table(0.1, 0.5).iou.max() <= 1


def test_outlines_of_nothing() -> None:
    empty = Outline.of(rle_codec.encode(np.zeros(SIZE, np.uint8, order="F")))
    full = Outline.of(rle_codec.encode(np.ones(SIZE, np.uint8, order="F")))
    assert (empty.area, empty.iou(empty, False), full.iou(empty, False)) == (0, 0, 0)
    width = boundary_width(*SIZE)
    assert full.area == 60 * 80 - (60 - 2 * width) * (80 - 2 * width), "the border of the frame is an outline"


def corners(box: list[float]) -> list[tuple[float, float]]:
    """Of a rotated box cx, cy, w, h, angle, clockwise on the screen."""
    cx, cy, w, h, angle = box
    cos, sin = np.cos(angle), np.sin(angle)
    return [
        (cx + dx * w * cos - dy * h * sin, cy + dx * w * sin + dy * h * cos)
        for dx, dy in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5))
    ]


def area_of(polygon: list[tuple[float, float]]) -> float:
    ahead = polygon[1:] + polygon[:1]
    return 0.5 * sum(x * y1 - x1 * y for (x, y), (x1, y1) in zip(polygon, ahead, strict=True)) if polygon else 0.0


def clipped(polygon: list[tuple[float, float]], by: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Sutherland and Hodgman: what of a convex polygon lies inside another."""
    for (x0, y0), (x1, y1) in zip(by, by[1:] + by[:1], strict=True):
        sides = [(x1 - x0) * (y - y0) - (y1 - y0) * (x - x0) for x, y in polygon]
        result = []
        for place, (point, side) in enumerate(zip(polygon, sides, strict=True)):
            before, earlier = polygon[place - 1], sides[place - 1]
            if side * earlier < 0:
                share = earlier / (earlier - side)
                result.append((before[0] + share * (point[0] - before[0]), before[1] + share * (point[1] - before[1])))
            if side >= 0:
                result.append(point)
        polygon = result
    return polygon


def oriented(rng: np.random.Generator, count: int, confidence: bool) -> tuple[Objects, list[list[float]]]:
    shapes = [
        [*rng.uniform(20, 60, 2), *rng.uniform(8, 30, 2), float(rng.choice([0.0, 0.4, rng.uniform(-3, 3)]))]
        for _ in range(count)
    ]
    frames = np.sort(rng.integers(3, size=count)).tolist()
    rows = []
    for frame, shape in zip(frames, shapes, strict=True):
        xs, ys = zip(*corners(shape), strict=True)
        rows.append(
            {
                "frame_index": frame,
                "class_id": int(rng.integers(2)),
                "geometry": "oriented_box",
                "x": min(xs),
                "y": min(ys),
                "w": max(xs) - min(xs),
                "h": max(ys) - min(ys),
                "area": shape[2] * shape[3],
                "is_crowd": False,
                "is_ignored": bool(rng.random() < 0.1),
                "oriented_box": shape,
                "confidence": float(rng.random()) if confidence else None,
            }
        )
    return Objects.from_table(pa.Table.from_pylist(rows, schema=OBJECT_SCHEMA)), shapes


@pytest.mark.parametrize("seed", range(5))
def test_oriented_boxes_by_clipping_polygons(seed: int) -> None:
    rng = np.random.default_rng(seed)
    labels, truth = oriented(rng, 14, confidence=False)
    predictions, found = oriented(rng, 25, confidence=True)
    pairs = find_pairs(labels, predictions, IouType.ORIENTED, lowest_iou=0.05)
    ours = as_dict(pairs)
    expected = {}
    for row, own in enumerate(found):
        for label, other in enumerate(truth):
            if predictions.frame[row] == labels.frame[label]:
                shared = area_of(clipped(corners(own), corners(other)))
                iou = shared / (own[2] * own[3] + other[2] * other[3] - shared)
                if iou >= 0.05:
                    expected[row, label] = pytest.approx(iou, abs=1e-9)
    assert ours == expected
    assert len(expected) > 10


def test_matches_and_ap_of_oriented_boxes() -> None:
    """Each taken by itself, from the IoUs of clipped polygons."""
    rng = np.random.default_rng(7)
    labels, truth = oriented(rng, 40, confidence=False)
    predictions, found = oriented(rng, 120, confidence=True)
    classes = (ObjectClass(0, "ship"), ObjectClass(1, "plane"))
    ours = Detection(labels, predictions, classes, frame_count=3, iou_type=IouType.ORIENTED)
    free = set(range(len(truth)))
    expected = np.full(len(found), -1)
    for row in np.argsort(-predictions.confidence).tolist():
        best = (False, 0.4)
        for label in sorted(free):
            if (labels.frame[label], labels.class_id[label]) != (predictions.frame[row], predictions.class_id[row]):
                continue
            shared = area_of(clipped(corners(found[row]), corners(truth[label])))
            iou = shared / (found[row][2] * found[row][3] + truth[label][2] * truth[label][3] - shared)
            if iou >= 0.4 and (not labels.is_ignored[label], iou) > best:
                best, expected[row] = (not labels.is_ignored[label], iou), label
        free.discard(int(expected[row]))
    np.testing.assert_array_equal(ours.matching(0.4).label, expected)
    assert (expected >= 0).sum() > 8
    whole = ours.coco(iou_thresholds=[0.4], caps=[None], areas=[ALL])
    recall = ours.operating_point(0.0, 0.4).to_pandas()["recall"]
    np.testing.assert_allclose(recall, whole.to_pandas()["AR"])
    assert 0 < whole.statistics["AP"] < 1
    areas = np.array([shape[2] * shape[3] for shape in truth])
    assert set(ours.coco().statistics) == set(coco_oracle.NAMES[False])
    np.testing.assert_allclose(labels.area, areas)
    assert run_lengths(labels.take(np.zeros(0, int)), None) == []
