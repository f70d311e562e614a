"""Pages of tiles: small, fair, and true to the frames."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import orjson
import pytest
from pycocotools import mask as coco_mask

from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.compact_shapes import Canvas, compact_object
from predscope.exploration.mask_outline import mask_outline, run_ends, sample_mask
from predscope.exploration.tiles import MAX_DETAILED, MAX_OBJECTS, TILE_UNITS, query_layers, tile_records

BOX = {"x": 64.0, "y": 48.0, "w": 320.0, "h": 240.0}


def tiles_of(project: Any, query: FrameQuery | None = None) -> list[dict[str, Any]]:
    query = query or FrameQuery()
    selection = select_frames(project, query)
    layers = query_layers(project, query)
    links = (lambda index, version: f"/image/{index}", lambda index, version: f"/thumb/{index}")
    return tile_records(project, layers, selection, selection.page(1, 60), *links)


def test_a_tile_carries_its_frame(project: Any) -> None:
    query = FrameQuery(sort="labels", descending=True, confidence=0.5)
    selection = select_frames(project, query)
    tiles = tiles_of(project, query)
    assert [tile["index"] for tile in tiles] == selection.indices.tolist()
    for position, tile in enumerate(tiles):
        assert tile["size"] == [480, TILE_UNITS]
        assert tile["badge"] == selection.value_in_words(position)
        assert tile["counts"][0] == selection.label_counts[position]
        assert tile["counts"][1:] == [counts[position] for counts in selection.prediction_counts.values()]
        assert len(tile["objects"]) + tile["more"] == sum(tile["counts"])
        assert all(entry[4] is None or entry[4] >= 0.5 for entry in tile["objects"])
        assert (tile["thumb"] is None) == (tile["status"] != "ok")


def test_only_the_chosen_sets_are_drawn(project: Any) -> None:
    layers = query_layers(project, FrameQuery(prediction_sets=("model_b",)))
    assert [layer.key for layer in layers] == ["labels", "p:model_b"]
    everything = query_layers(project, FrameQuery())
    assert layers[1].color == everything[2].color, "a set keeps its colour"


def test_shapes_in_tile_units(project_maker: Any) -> None:
    rows = [
        {"frame_index": 0, "class_id": 0} | BOX,
        {"geometry": "polygon", "polygons": [[[64, 48, 384, 48, 384, 288], [100, 60, 300, 60, 300, 200]]]},
        {"geometry": "oriented_box", "oriented_box": [200.0, 100.0, 64.0, 32.0, 0.5]},
        {"geometry": "polyline", "polylines": [[0.0, 0.0, 64.0, 64.0]]},
        {"geometry": "keypoints", "keypoints": [64.0, 64.0, 2.0, 0.0, 0.0, 0.0]},
        {"geometry": "classification", "is_crowd": True, "is_ignored": True} | dict.fromkeys("xywh"),
    ]  # fmt: skip
    objects = [{"frame_index": 0, "class_id": 0} | BOX | row for row in rows]
    (tile,) = tiles_of(project_maker([{}], {("labels", "labels"): objects}))
    kinds = {entry[3]: entry for entry in tile["objects"]}
    assert kinds["box"][6] == [48, 36, 240, 180]
    assert kinds["polygon"][6] == [[[48, 36, 288, 36, 288, 216], [75, 45, 225, 45, 225, 150]]]
    assert kinds["oriented_box"][6] == [150, 75, 48, 24, 0.5]
    assert kinds["polyline"][6] == [[0, 0, 48, 48]]
    assert kinds["keypoints"][6] == [48, 48, 2, 0, 0, 0]
    assert kinds["classification"][5:] == [3, None]


@pytest.mark.parametrize("is_judged", [False, True])
def test_classes_that_take_no_part_are_drawn_as_ignored(project_maker: Any, is_judged: bool) -> None:
    labels = [{"frame_index": 0, "class_id": class_id} | BOX for class_id in (0, 1)]
    predictions = [{"frame_index": 0, "class_id": class_id, "confidence": 0.9} | BOX for class_id in (0, 1)]
    sets = {("labels", "labels"): labels} | ({("predictions", "m"): predictions} if is_judged else {})
    project = project_maker([{}], sets)
    project.classes = (project.classes[0], replace(project.classes[1], is_ignored=True), *project.classes[2:])
    (tile,) = tiles_of(project, FrameQuery(sort="missed") if is_judged else None)
    flags = {(entry[1], entry[2]): entry[5] for entry in tile["objects"]}
    codes = {0: 1, 1: 4} if is_judged else {0: 0, 1: 0}
    assert flags == {(layer, cls): codes[cls] << 2 | (2 if cls else 0) for layer in range(len(sets)) for cls in (0, 1)}


def test_a_crowded_tile_is_capped_fairly_and_says_so(project_maker: Any) -> None:
    labels = [{"frame_index": 0, "class_id": 0} | BOX | {"w": float(width)} for width in range(1, 101)]
    predictions = [{"frame_index": 0, "class_id": 0, "confidence": rank / 100} | BOX for rank in range(100)]
    few = [{"frame_index": 0, "class_id": 0, "confidence": 0.9} | BOX] * 6
    project = project_maker(
        [{}], {("labels", "labels"): labels, ("predictions", "many"): predictions, ("predictions", "few"): few}
    )
    (tile,) = tiles_of(project)
    by_layer = [[entry for entry in tile["objects"] if entry[1] == layer] for layer in range(3)]
    assert [len(entries) for entries in by_layer] == [27, 27, 6]
    assert tile["more"] == 206 - MAX_OBJECTS
    assert min(entry[4] for entry in by_layer[1]) == pytest.approx(0.73), "the most confident are kept"
    assert tile["counts"] == [100, 100, 6]


def test_a_tile_with_many_shapes_shows_boxes(project_maker: Any) -> None:
    angles = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    ring = np.stack([200 + 100 * np.cos(angles), 150 + 90 * np.sin(angles)], axis=1).ravel().tolist()
    polygon = {"frame_index": 0, "class_id": 0, "geometry": "polygon", "polygons": [[ring]]} | BOX
    for count, kind in ((MAX_DETAILED, "polygon"), (MAX_DETAILED + 1, "box")):
        (tile,) = tiles_of(project_maker([{}], {("labels", "labels"): [polygon] * count}))
        assert {entry[3] for entry in tile["objects"]} == {kind}


def test_a_page_of_the_most_detailed_tiles_stays_small(project_maker: Any) -> None:
    rng = np.random.default_rng(0)
    objects = []
    for frame in range(60):
        for _ in range(MAX_DETAILED):
            ring = rng.uniform(0, 400, 200).tolist()
            objects.append({"frame_index": frame, "class_id": 0, "geometry": "polygon", "polygons": [[ring]]} | BOX)
    tiles = tiles_of(project_maker([{}] * 60, {("labels", "labels"): objects}))
    assert len(orjson.dumps(tiles)) < 320_000
    assert all(len(tile["objects"]) == MAX_DETAILED for tile in tiles)
    assert {entry[3] for tile in tiles for entry in tile["objects"]} == {"polygon", "box"}


def test_a_frame_of_unknown_size_still_has_a_tile(project_maker: Any) -> None:
    frame = {"width": None, "height": None, "image_status": "missing"}
    (tile,) = tiles_of(project_maker([frame], {("labels", "labels"): [{"frame_index": 0, "class_id": 0} | BOX]}))
    assert tile["size"] == [480, 360]
    assert tile["thumb"] is None


def random_mask(seed: int, height: int, width: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    canvas = np.zeros((height, width), np.uint8)
    for _ in range(3):
        centre = (int(rng.integers(width)), int(rng.integers(height)))
        axes = (int(rng.integers(20, width // 2)), int(rng.integers(20, height // 2)))
        cv2.ellipse(canvas, centre, axes, float(rng.uniform(0, 180)), 0, 360, 1, -1)
    cv2.circle(canvas, (width // 2, height // 2), min(height, width) // 8, 0, -1)
    return canvas


@pytest.mark.parametrize("seed", range(8))
def test_run_lengths_are_decoded_as_coco_does(seed: int) -> None:
    mask = random_mask(seed, 97, 131)
    counts = coco_mask.encode(np.asfortranarray(mask))["counts"]
    assert run_ends(counts)[-1] == mask.size
    rows, columns = np.arange(97), np.arange(131)
    np.testing.assert_array_equal(sample_mask(counts, 97, columns, rows), mask)


@pytest.mark.parametrize("scale", [0.25, 0.75, 2.0])
@pytest.mark.parametrize("seed", range(4))
def test_outlines_cover_the_mask(seed: int, scale: float) -> None:
    mask = random_mask(seed, 300, 420)
    encoded = coco_mask.encode(np.asfortranarray(mask))
    rings = mask_outline(encoded["counts"], (300, 420), tuple(coco_mask.toBbox(encoded)), scale, 1.0)
    size = (round(420 * scale), round(300 * scale))
    drawn = np.zeros(size[::-1], np.uint8)
    cv2.fillPoly(drawn, [np.round(np.reshape(ring, (-1, 2))).astype(np.int32) for ring in rings], 1)
    expected = cv2.resize(mask, size, interpolation=cv2.INTER_NEAREST)
    overlap = np.logical_and(drawn, expected).sum() / np.logical_or(drawn, expected).sum()
    assert overlap > 0.9


def test_a_mask_too_small_to_see_has_no_outline() -> None:
    mask = np.zeros((1000, 1000), np.uint8)
    mask[500:504, 500:504] = 1
    encoded = coco_mask.encode(np.asfortranarray(mask))
    assert mask_outline(encoded["counts"], (1000, 1000), (500, 500, 4, 4), 0.36, 1.5) == []
    assert run_ends(b"").tolist() == []


def test_a_part_of_a_frame_is_drawn_from_its_own_corner() -> None:
    mask = np.zeros((480, 640), np.uint8)
    mask[60:140, 200:320] = 1
    encoded = coco_mask.encode(np.asfortranarray(mask))
    common = {"row": 7, "class_id": 1, "confidence": 0.5, "is_crowd": False, "is_ignored": False}
    common |= dict(zip("xywh", (200.0, 60.0, 120.0, 80.0), strict=True))
    shapes = {
        "box": {},
        "mask": {"rle_counts": encoded["counts"], "rle_height": 480, "rle_width": 640},
        "polygon": {"polygons": [[[200.0, 60.0, 320.0, 60.0, 320.0, 140.0, 200.0, 140.0]]]},
        "oriented_box": {"oriented_box": [260.0, 100.0, 120.0, 80.0, 0.25]},
        "keypoints": {"keypoints": [200.0, 60.0, 2.0, 320.0, 140.0, 1.0]},
        "polyline": {"polylines": [[200.0, 60.0, 320.0, 140.0]]},
    }
    canvas = Canvas(2.0, 180, 50)
    drawn = {
        kind: compact_object(common | {"geometry": kind} | values, 1, canvas, detailed=True)
        for kind, values in shapes.items()
    }
    assert drawn["box"] == [7, 1, 1, "box", 0.5, 0, [40, 20, 240, 160]]
    assert drawn["oriented_box"][6] == [160, 100, 240, 160, 0.25]
    assert drawn["keypoints"][6] == [40, 20, 2, 280, 180, 1]
    assert drawn["polyline"][6] == [[40, 20, 280, 180]]
    for kind in ("mask", "polygon"):
        corners = np.reshape(drawn[kind][6][0][0], (-1, 2))
        np.testing.assert_allclose(corners.min(axis=0), (40, 20), atol=2)
        np.testing.assert_allclose(corners.max(axis=0), (280, 180), atol=2)
