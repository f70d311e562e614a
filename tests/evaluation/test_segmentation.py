"""Pixels and segments against the reference implementations."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pytest
from hotcoco import mask as rle_codec
from hotcoco import metrics, panoptic
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.evaluation.objects import Objects
from predscope.evaluation.panoptic import Segments, evaluate_panoptic
from predscope.evaluation.semantic import VOID, Semantic, boundary, boundary_iou, evaluate_semantic, pixel_confusion
from predscope.schema import OBJECT_SCHEMA, ObjectClass

CLASSES = tuple(ObjectClass(index, f"class {index}") for index in range(4))


def class_maps(seed: int, frames: int = 3) -> tuple[list[np.ndarray], list[np.ndarray]]:
    rng = np.random.default_rng(seed)
    labels = [
        cv2.resize(rng.integers(-1, 4, (4, 5)).astype(np.float32), (50, 40), interpolation=0) for _ in range(frames)
    ]
    labels = [entry.astype(np.int64) for entry in labels]
    noise = [rng.random(entry.shape) < 0.3 for entry in labels]
    predictions = [
        np.where(wrong | (entry < 0), rng.integers(0, 4, entry.shape), entry)
        for entry, wrong in zip(labels, noise, strict=True)
    ]
    return labels, predictions


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_semantic_numbers_equal_the_reference(seed: int) -> None:
    labels, predictions = class_maps(seed)
    ours = Semantic.from_confusions(
        CLASSES,
        np.arange(len(labels)),
        np.stack([pixel_confusion(one, other, 4) for one, other in zip(labels, predictions, strict=True)]),
    )
    expected = sum(
        metrics.pixel_confusion(np.where(one < 0, 255, one), other, 4, ignore_index=255)
        for one, other in zip(labels, predictions, strict=True)
    )
    np.testing.assert_array_equal(ours.confusion[:, :-1], expected)
    reference = metrics.mean_iou(expected)
    assert ours.mean_iou == pytest.approx(reference["mIoU"])
    assert ours.frequency_weighted_iou == pytest.approx(reference["fwIoU"])
    assert ours.mean_accuracy == pytest.approx(reference["mAcc"])
    assert ours.pixel_accuracy == pytest.approx(reference["aAcc"])
    assert ours.mean_frame_iou == pytest.approx(np.mean(ours.frame_iou))


def masks_of(maps: list[np.ndarray], confidence: float | None = None) -> Objects:
    rows = []
    for frame, entry in enumerate(maps):
        for class_id in range(4):
            mask = entry == class_id
            if not mask.any():
                continue
            rle = rle_codec.encode(np.asfortranarray(mask.astype(np.uint8)))
            x, y, w, h = (float(value) for value in rle_codec.toBbox(rle))
            rows.append(
                {
                    "frame_index": frame,
                    "class_id": class_id,
                    "geometry": "mask",
                    "confidence": confidence,
                    "x": x,
                    "y": y,
                    "w": w,
                    "h": h,
                    "area": float(mask.sum()),
                    "is_crowd": False,
                    "is_ignored": False,
                    "rle_counts": rle["counts"],
                    "rle_height": mask.shape[0],
                    "rle_width": mask.shape[1],
                }
            )
    return Objects.from_table(pa.Table.from_pylist(rows, schema=OBJECT_SCHEMA))


def test_maps_are_painted_from_masks() -> None:
    labels, predictions = class_maps(5)
    predictions[1][:] = VOID
    ours = evaluate_semantic(
        masks_of(labels),
        masks_of(predictions, 1.0),
        CLASSES,
        frame_sizes=np.tile([50.0, 40.0], (4, 1)),
    )
    expected = np.stack([pixel_confusion(one, other, 4) for one, other in zip(labels, predictions, strict=True)])
    np.testing.assert_array_equal(ours.confusion, expected.sum(axis=0))
    for frame, own in enumerate(expected):
        alone = ours.on_frames(np.arange(4) == frame)
        np.testing.assert_array_equal(alone.confusion, own)
        assert ours.frame_iou[frame] == pytest.approx(alone.mean_iou)
    assert ours.frames.tolist() == [0, 1, 2]
    table = ours.to_pandas()
    assert table["pixels"].tolist() == expected.sum(axis=(0, 2)).tolist()
    assert (table["dice"] >= table["iou"]).all()


def test_no_frames_have_no_numbers() -> None:
    ours = Semantic.from_confusions(CLASSES, np.zeros(0, int), np.zeros((0, 4, 5), int))
    assert np.isnan([ours.mean_iou, ours.mean_frame_iou, ours.pixel_accuracy, ours.frequency_weighted_iou]).all()


def test_boundaries() -> None:
    """A square of 40 in a frame whose boundary is 2 pixels wide; the border of the frame is an outline too."""
    mask = np.zeros((60, 80), np.uint8)
    mask[10:50, 10:50] = 1
    assert boundary(mask).sum() == 40**2 - 36**2
    at_border = np.zeros((60, 80), np.uint8)
    at_border[:20, :20] = 1
    assert boundary(at_border).sum() == 20**2 - 16**2
    assert boundary_iou(mask, mask) == 1
    moved = np.roll(mask, 1, axis=1)
    overlap = np.logical_and(mask, moved).sum() / np.logical_or(mask, moved).sum()
    assert 0 < boundary_iou(mask, moved) < overlap
    assert np.isnan(boundary_iou(np.zeros_like(mask), np.zeros_like(mask)))


def segments(seed: int, *, crowds: bool) -> Segments:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(0, 7, (4, 5)).astype(np.float32)
    ids = cv2.resize(coarse, (50, 40), interpolation=0).astype(np.int64)
    present = np.unique(ids[ids > 0])
    class_id = rng.integers(0, 4, 7)[present]
    # The reference knows one crowd of a class.
    crowd = np.zeros(len(present), bool)
    if crowds and len(present):
        crowd[0] = True
    return Segments(ids * 11, present * 11, class_id, crowd)


def disturbed(labels: Segments, seed: int) -> Segments:
    rng = np.random.default_rng(seed)
    ids = np.roll(labels.ids, int(rng.integers(0, 4)), axis=1)
    ids[rng.random(ids.shape) < 0.05] = 0
    ids[:, :8][ids[:, :8] == 0] = 777
    present = np.unique(ids[ids > 0])
    known = dict(zip(labels.segment.tolist(), labels.class_id.tolist(), strict=True))
    class_id = np.array([known.get(int(entry), 1) for entry in present], int)
    class_id = np.where(rng.random(len(present)) < 0.2, (class_id + 1) % 4, class_id)
    return Segments(ids, present, class_id, np.zeros(len(present), bool))


def write_panoptic(folder: Path, name: str, frames: list[Segments]) -> tuple[Path, Path]:
    images = folder / name
    images.mkdir()
    annotations = []
    for frame, entry in enumerate(frames):
        rgb = np.stack([entry.ids % 256, entry.ids // 256 % 256, entry.ids // 65536], axis=2).astype(np.uint8)
        cv2.imwrite(str(images / f"{frame}.png"), rgb[:, :, ::-1])
        infos = [
            {
                "id": int(segment),
                "category_id": int(class_id) + 1,
                "iscrowd": int(crowd),
                "area": int((entry.ids == segment).sum()),
                "bbox": [0, 0, 1, 1],
            }
            for segment, class_id, crowd in zip(entry.segment, entry.class_id, entry.is_crowd, strict=True)
        ]
        annotations.append({"image_id": frame + 1, "file_name": f"{frame}.png", "segments_info": infos})
    content = {
        "images": [
            {"id": frame + 1, "file_name": f"{frame}.jpg", "width": 50, "height": 40} for frame in range(len(frames))
        ],
        "annotations": annotations,
        "categories": [{"id": index + 1, "name": str(index), "isthing": int(index < 2)} for index in range(4)],
    }
    path = folder / f"{name}.json"
    path.write_text(json.dumps(content))
    return path, images


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("crowds", [False, True])
def test_panoptic_quality_equals_the_reference(tmp_path: Path, seed: int, crowds: bool) -> None:
    labels = [segments(10 * seed + frame, crowds=crowds) for frame in range(4)]
    predictions = [disturbed(entry, seed) for entry in labels]
    ours = evaluate_panoptic(zip(labels, predictions, strict=True), CLASSES, np.arange(4) < 2)
    truth, found = write_panoptic(tmp_path, "labels", labels), write_panoptic(tmp_path, "predictions", predictions)
    reference = panoptic.pq_compute(str(truth[0]), str(found[0]), str(truth[1]), str(found[1]))
    assert ours.tp.sum() > 3
    for theirs, which in (("All", "all"), ("Things", "things"), ("Stuff", "stuff")):
        expected = {name.upper(): reference[theirs][name] for name in ("pq", "sq", "rq")}
        assert ours.quality(which) == pytest.approx(expected, abs=1e-9)
