"""Tracks along a video, likeness, and outcomes, on cases small enough to follow by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from predscope.evaluation.objects import Objects
from predscope.metrics.blocks import Features, FrameBlock, Outcomes
from predscope.metrics.neighbours import nearest_by_angle, nearest_by_hash, nearest_rows
from predscope.metrics.registry import all_metrics
from predscope.metrics.tracks import Tracks, link_tracks


def compute(name: str, given: Any) -> list[float | None]:
    found = np.asarray(all_metrics()[name].compute(given), np.float64)
    return [None if np.isnan(v) else round(float(v), 6) for v in found]


def tracks(
    boxes: list[list[float]], frame: list[int], *, class_id: list[int] | None = None, ids: list[Any] | None = None
) -> Tracks:
    """Objects in one sequence of ten frames, and an eleventh frame in none."""
    count = len(boxes)
    return link_tracks(
        np.array(frame),
        np.array(class_id or [0] * count),
        np.array(boxes, np.float64),
        ids or [None] * count,
        np.array([0] * 10 + [-1]),
        np.array([*range(10), np.nan]),
    )


BOX, MOVED, HALF, FAR = [10, 10, 20, 20], [12, 10, 20, 20], [10, 10, 20, 10], [70, 70, 20, 20]


def test_objects_are_linked_by_class_and_place() -> None:
    found = tracks([BOX, FAR, MOVED, FAR, BOX], [0, 0, 1, 1, 2], class_id=[0, 1, 0, 0, 0])
    assert found.predecessor.tolist() == [-1, -1, 0, -1, 2]
    assert found.lag.tolist() == [0, 0, 1, 0, 1]
    assert found.first_of_track.tolist() == [0, 1, 0, 3, 0]
    assert tracks([BOX, BOX], [0, 3]).predecessor.tolist() == [-1, -1], "two frames without it end a track"
    assert tracks([BOX, BOX], [9, 10]).predecessor.tolist() == [-1, -1], "the last frame is in no sequence"


def test_a_thing_that_changes_its_class_is_not_consistent() -> None:
    found = tracks([BOX, FAR, BOX, FAR, BOX], [0, 0, 1, 1, 2], class_id=[0, 1, 2, 1, 2])
    assert compute("track_consistency", found) == [None, None, 0, 1, 1]
    switched = tracks([BOX, BOX], [0, 1], ids=["a", "b"])
    assert compute("track_consistency", switched) == [None, 0]


def test_a_thing_that_is_missing_for_one_frame() -> None:
    found = tracks([BOX, BOX, BOX, BOX], [0, 2, 3, 5])
    assert compute("missing_before", found) == [None, 1, 0, 1]
    assert compute("interruptions", found) == [2, 2, 2, 2]
    steady = tracks([BOX, BOX, BOX], [1, 2, 3])
    assert compute("missing_before", steady) == [None, 0, 0]
    assert compute("interruptions", steady) == [0, 0, 0]
    assert compute("interruptions", tracks([BOX], [10])) == [None]


def test_track_ids_outdo_place() -> None:
    found = tracks([BOX, FAR, FAR, BOX, BOX], [0, 0, 4, 4, 5], ids=["a", "b", "a", "b", "b"])
    assert found.predecessor.tolist() == [-1, -1, 0, 1, 3]
    assert found.lag.tolist() == [0, 0, 4, 4, 1]
    assert compute("interruptions", found) == [1, 1, 1, 1, 1]


def test_the_drop_in_area_along_a_track() -> None:
    found = tracks([BOX, HALF, BOX], [0, 1, 2])
    assert compute("area_drop", found) == [None, 0.5, 0]


def test_sequences_do_not_touch_each_other() -> None:
    found = link_tracks(
        np.arange(4),
        np.zeros(4, int),
        np.array([BOX] * 4, np.float64),
        ["t"] * 4,
        np.array([0, 0, 1, 1]),
        np.array([0.0, 1, 0, 1]),
    )
    assert found.predecessor.tolist() == [-1, 0, -1, 2]
    assert found.position.tolist() == [0, 1, 0, 1]


def features(vectors: Any, **more: Any) -> Features:
    given = {"is_users": True, "name": "mine", "class_id": None, "class_count": 2, **more}
    return Features(np.asarray(vectors, np.float32), **given)


def test_neighbours_equal_brute_force() -> None:
    rng = np.random.default_rng(6)
    vectors = rng.normal(size=(700, 8)).astype(np.float32)
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    distance = 1 - unit @ unit.T
    np.fill_diagonal(distance, np.inf)
    index, found = nearest_by_angle(vectors)
    np.testing.assert_allclose(found, distance.min(axis=1), atol=1e-5)
    np.testing.assert_allclose(distance[np.arange(700), index], distance.min(axis=1), atol=1e-5)

    hashes = rng.integers(0, 256, (700, 8), dtype=np.uint8)
    hashes[5] = hashes[650]
    bits = np.bitwise_count(hashes[:, None] ^ hashes[None]).sum(axis=2).astype(float)
    np.fill_diagonal(bits, np.inf)
    index, found = nearest_by_hash(hashes)
    assert found.tolist() == bits.min(axis=1).tolist()
    assert (index[5], index[650], found[5]) == (650, 5, 0)

    squares = ((vectors[:, None] - vectors[None, :50]) ** 2).sum(axis=2)
    assert (nearest_rows(vectors, vectors[:50], 3) == np.argsort(squares, axis=1)[:, :3]).all()


def test_uniqueness_of_embeddings_and_of_hashes() -> None:
    nan = [np.nan] * 2
    assert compute("uniqueness", features([[1, 0], [2, 0], [0, 1], nan])) == [0, 0, 0.5, None]
    hashes = np.zeros((3, 8))
    hashes[2, 0] = 0b1111
    assert compute("uniqueness", features(hashes, is_users=False)) == [0, 0, 4 / 64]
    assert compute("uniqueness", features([[1, 0]])) == [None]


def test_copies_are_counted_by_content() -> None:
    contents = np.array([7, 8, 7, 0, 7, 0], np.uint64)
    size = np.full(6, 10.0)
    assert compute("copies", FrameBlock(size, size, contents)) == [2, 0, 2, None, 2, None]


def test_difficulty_ranks_within_a_group_and_diversity_goes_round_the_groups() -> None:
    around = np.array([[0, 0], [0.1, 0], [-0.3, 0], [0, 0.7]])
    vectors = np.concatenate([around + np.array([10, 0]), around + np.array([0, 10]), [[np.nan] * 2]])
    plain = features(vectors, is_users=False)
    difficulty, diversity = compute("difficulty", plain), compute("diversity", plain)
    assert difficulty[3] == difficulty[7] == 1
    assert difficulty[8] is diversity[8] is None
    first = {int(place) for place in np.argsort([-(v if v is not None else -1) for v in diversity])[:2]}
    assert len({place // 4 for place in first}) == 2, "the first two are of different groups"
    assert {difficulty[place] for place in first} == {0}
    assert sorted(v for v in diversity if v is not None) == pytest.approx(np.linspace(0, 1, 8), abs=1e-6)


def test_a_wrong_label_has_few_neighbours_of_its_class() -> None:
    rng = np.random.default_rng(8)
    vectors = np.concatenate([rng.normal(0, 1, (40, 6)), rng.normal(8, 1, (40, 6))])
    class_id = np.repeat([0, 1], 40)
    class_id[3] = 1
    found = all_metrics()["annotation_quality"].compute(features(vectors, is_users=False, class_id=class_id))
    assert found[3] == 0
    assert np.delete(found, 3).min() >= 0.8
    few = features(vectors[:5], class_id=class_id[:5])
    assert compute("annotation_quality", few) == [None] * 5


def test_outcomes_at_an_operating_point() -> None:
    from predscope.evaluation.detection import Detection

    labels = Objects.from_arrays(np.array([0, 0, 1]), np.zeros(3, int), np.array([BOX, FAR, BOX], np.float64))
    predictions = Objects.from_arrays(
        np.array([0, 0, 1, 2]),
        np.zeros(4, int),
        np.array([BOX, HALF, FAR, BOX], np.float64),
        confidence=np.array([0.9, 0.8, 0.7, 0.05]),
    )
    table = Detection(labels, predictions, classes=(), frame_count=4).match_table(0.1, 0.5)
    frames = Outcomes(table, 4, None, 4)
    assert compute("frame_precision", frames) == [0.5, 0, None, None]
    assert compute("frame_recall", frames) == [0.5, 0, None, None]
    assert compute("frame_f1", frames) == [0.5, 0, None, None]
    assert compute("frame_mean_iou", frames) == [1, None, None, None]
    assert compute("predictions_above", frames) == [2, 1, 0, 0]
    assert compute("match_iou", Outcomes(table, 4, "predictions", 4)) == [1, 0.5, 0, None]
    assert compute("match_iou", Outcomes(table, 4, "labels", 3)) == [1, 0, 0]
    assert compute("agreement", Outcomes(table, 4, "predictions", 4)) == [None] * 4
