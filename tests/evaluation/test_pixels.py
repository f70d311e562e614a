"""Painting run lengths as classes, against painting pixels."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hotcoco import mask as rle_codec
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.evaluation.objects import Objects
from predscope.evaluation.pixels import PixelMaps, fills_frames
from predscope.evaluation.semantic import VOID, evaluate_semantic, pixel_confusion
from predscope.run_lengths import mask_spans
from predscope.schema import OBJECT_SCHEMA, ObjectClass

CLASSES = tuple(ObjectClass(index, f"class {index}") for index in range(3))
HEIGHT, WIDTH = 7, 9
FRAMES = 4


def random_masks(rng: np.random.Generator, count: int, *, predicted: bool) -> tuple[Objects, list[dict]]:
    """Masks that overlap, in frames of which one has none."""
    rows = []
    for frame in np.sort(rng.integers(0, FRAMES - 1, count)).tolist():
        mask = (rng.random((HEIGHT, WIDTH)) < rng.random()).astype(np.uint8)
        rows.append(
            {
                "frame_index": frame,
                "class_id": int(rng.integers(0, 3)),
                "geometry": "mask",
                "confidence": float(rng.random()) if predicted else None,
                "x": 0.0,
                "y": 0.0,
                "w": 1.0,
                "h": 1.0,
                "area": 1.0,
                "is_crowd": False,
                "is_ignored": bool(not predicted and rng.random() < 0.2),
                "rle_counts": rle_codec.encode(np.asfortranarray(mask))["counts"],
                "rle_height": HEIGHT,
                "rle_width": WIDTH,
                "mask": mask.astype(bool),
            }
        )
    stored = [{name: value for name, value in row.items() if name != "mask"} for row in rows]
    return Objects.from_table(pa.Table.from_pylist(stored, schema=OBJECT_SCHEMA)), rows


def painted(rows: list[dict], frame: int, ground: int) -> np.ndarray:
    picture = np.full((HEIGHT, WIDTH), ground)
    for row in sorted((row for row in rows if row["frame_index"] == frame), key=lambda row: row["confidence"] or 0):
        picture[row["mask"]] = VOID if row["is_ignored"] else row["class_id"]
    return picture


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 12), st.integers(0, 12))
def test_overlapping_masks_are_painted_one_over_the_other(seed: int, labels: int, predictions: int) -> None:
    rng = np.random.default_rng(seed)
    truth, truth_rows = random_masks(rng, labels, predicted=False)
    found, found_rows = random_masks(rng, predictions, predicted=True)
    ours = evaluate_semantic(truth, found, CLASSES, frame_sizes=np.tile([float(WIDTH), float(HEIGHT)], (FRAMES, 1)))
    expected = np.zeros((3, 4), np.int64)
    for frame in range(FRAMES):
        expected += pixel_confusion(painted(truth_rows, frame, VOID), painted(found_rows, frame, VOID), 3)
    np.testing.assert_array_equal(ours.confusion, expected)


def test_ground_that_is_given_pixel_by_pixel() -> None:
    """A frame without objects is background; one of another size than its mask is passed over as a prediction."""
    rng = np.random.default_rng(1)
    truth, rows = random_masks(rng, 5, predicted=False)
    void = np.zeros((HEIGHT, WIDTH), np.uint8)
    void[0] = 1
    counts = rle_codec.encode(np.asfortranarray(void))["counts"]
    maps = PixelMaps(np.arange(FRAMES), np.tile([HEIGHT, WIDTH], (FRAMES, 1)), [None, counts, None, counts])
    sizes = np.full((FRAMES, 2), np.nan)
    ours = evaluate_semantic(truth, truth, CLASSES, frame_sizes=sizes, label_maps=maps, prediction_maps=maps)
    assert ours.background == 3
    for frame in range(FRAMES):
        picture = painted(rows, frame, 3)
        if maps.void[frame] is not None:
            picture[0] = VOID
        alone = ours.on_frames(np.arange(FRAMES) == frame)
        assert alone.confusion.sum() == (picture != VOID).sum()
    assert ours.frame_pixels(3, None)[-1] == (HEIGHT - 1) * WIDTH


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 6))
def test_spans_are_the_pixels_of_masks(seed: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    masks = [(rng.random((HEIGHT, WIDTH)) < rng.random()).astype(np.uint8) for _ in range(count)]
    which, first, stop = mask_spans([rle_codec.encode(np.asfortranarray(mask))["counts"] for mask in masks])
    for position, mask in enumerate(masks):
        flat = np.zeros(HEIGHT * WIDTH, np.uint8)
        for low, high in zip(first[which == position], stop[which == position], strict=True):
            assert low < high
            flat[low:high] = 1
        np.testing.assert_array_equal(flat.reshape(WIDTH, HEIGHT).T, mask)


@pytest.mark.parametrize(("share", "expected"), [(1.0, True), (0.96, True), (0.8, False)])
def test_masks_that_fill_their_frames(share: float, expected: bool) -> None:
    table = pa.table(
        {
            "frame_index": pa.array([0, 0, 1], pa.int32()),
            "geometry": ["mask", "polygon", "mask"],
            "area": [40 * share, 60 * share, 200 * share],
        }
    )
    sizes = np.array([[10.0, 10.0], [10.0, 20.0], [np.nan, np.nan]])
    assert fills_frames(table, sizes) is expected
    assert not fills_frames(table.set_column(1, "geometry", pa.array(["mask", "box", "mask"])), sizes)
    assert not fills_frames(table.slice(0, 0), sizes)
