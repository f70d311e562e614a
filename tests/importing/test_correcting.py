"""What the user says of a file is done to every kind of shape, and to copies of the caller's arrays."""

from __future__ import annotations

import copy
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from predscope.cli.parser import build_parser
from predscope.errors import InputError
from predscope.geometry import Paths
from predscope.importing import Corrections
from predscope.importing.corrections import CHOICES
from predscope.importing.rows.copies import CopyDropper
from predscope.importing.rows.correcting import (
    boxes_from_numbers,
    corrected,
    numbers_of_file,
    scaled_confidence,
)
from predscope.importing.rows.outlines import cross_themselves
from predscope.report import ImportReport
from predscope.schema import Geometry
from tests.importing.conftest import make_batch
from tests.importing.doctored import Clinic, make_dataset

BOXES = [[10.0, 20.0, 30.0, 40.0], [1.0, 2.0, 3.0, 4.0]]


def box_of(batch: Any) -> list[list[float]]:
    return np.asarray(batch.box).tolist()


@pytest.mark.parametrize("box_format", ["xywh", "xyxy", "cxcywh"])
def test_numbers_of_a_file_there_and_back(box_format: Any) -> None:
    boxes = np.random.default_rng(0).uniform(-5, 50, (20, 4))
    np.testing.assert_allclose(boxes_from_numbers(numbers_of_file(boxes, box_format), box_format), boxes)


def test_box_formats() -> None:
    assert boxes_from_numbers(np.array([[10, 20, 40, 60]]), "xyxy").tolist() == [[10, 20, 30, 40]]
    assert boxes_from_numbers(np.array([[25, 40, 30, 40]]), "cxcywh").tolist() == [[10, 20, 30, 40]]
    batch = make_batch([1, 1], boxes=BOXES, area=np.array([1200.0, 12.0]))
    as_corners = corrected(batch, Corrections(box_format="xyxy"))
    assert box_of(as_corners) == [[10, 20, 20, 20], [1, 2, 2, 2]]
    assert np.isnan(as_corners.area).all()  # the file's area came from the numbers that were mistaken
    assert corrected(batch, Corrections(box_format="xywh")) is batch


def test_boxes_of_shapes_follow_from_the_shapes() -> None:
    polygons = [[[[0, 0, 4, 0, 4, 4]]], None]
    kinds = [Geometry.POLYGON, Geometry.BOX]
    batch = make_batch([1, 1], boxes=BOXES, geometry=kinds, polygons=polygons, area=np.array([8.0, 12.0]))
    found = corrected(batch, Corrections(box_format="xyxy"))
    assert np.isnan(found.box[0]).all()
    assert found.box[1].tolist() == [1, 2, 2, 2]
    assert found.area[0] == 8


def test_units() -> None:
    batch = make_batch([1, 1], boxes=BOXES)
    assert corrected(batch, Corrections(units="relative")).relative
    assert not corrected(replace(batch, relative=True), Corrections(units="pixels")).relative
    assert corrected(batch, Corrections(units="pixels")) is batch


def test_exchanged_coordinates_of_all_shapes() -> None:
    mask = np.zeros((4, 6), np.uint8)
    mask[1:3, 2:6] = 1
    counts = coco_mask.encode(np.asfortranarray(mask))["counts"]
    batch = make_batch(
        [1] * 5,
        boxes=[[1, 2, 3, 4]] * 5,
        geometry=[
            Geometry.POLYGON,
            Geometry.POLYLINE,
            Geometry.KEYPOINTS,
            Geometry.ORIENTED_BOX,
            Geometry.MASK,
        ],
        polygons=[[[[0, 1, 2, 3, 4, 5], [6, 7, 8]]], None, None, None, None],
        polylines=[None, [[0, 1, 2, 3]], None, None, None],
        keypoints=[None, None, [1, 2, 0, 3, 4, 1], None, None],
        oriented_box=[None, None, None, [10, 20, 8, 4, 0.3], None],
        rle_counts=[None, None, None, None, counts],
        rle_size=np.array([[0, 0]] * 4 + [[4, 6]], np.int32),
    )
    before = copy.deepcopy(batch)
    found = corrected(batch, Corrections(swap_xy=True))
    assert box_of(found) == [[2, 1, 4, 3]] * 5
    assert found.polygons[0] == [[[1, 0, 3, 2, 5, 4], [6, 7, 8]]]  # half a point stays, to be rejected later
    assert found.polylines[1] == [[1, 0, 3, 2]]
    assert found.keypoints[2] == [2, 1, 0, 4, 3, 1]
    assert found.oriented_box[3] == pytest.approx([20, 10, 8, 4, np.pi / 2 - 0.3])
    assert found.rle_size[4].tolist() == [6, 4]
    decoded = coco_mask.decode({"size": [6, 4], "counts": found.rle_counts[4]})
    assert (decoded == mask.T).all()
    twice = corrected(found, Corrections(swap_xy=True))
    assert twice.rle_counts[4] == counts
    for entry in fields(batch):  # the caller's arrays are never touched
        np.testing.assert_equal(getattr(batch, entry.name), getattr(before, entry.name))


def test_oriented_boxes_exchange_as_their_corners_do() -> None:
    def corners(entry: list[float]) -> set[tuple[float, float]]:
        cx, cy, w, h, angle = entry
        along, across = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        points = [[cx, cy] + a * along * w / 2 + b * across * h / 2 for a in (-1, 1) for b in (-1, 1)]
        return {(round(float(x), 6), round(float(y), 6)) for x, y in points}

    entry = [10.0, 20.0, 8.0, 4.0, 0.7]
    batch = make_batch([1], geometry=Geometry.ORIENTED_BOX, oriented_box=[entry])
    found = corrected(batch, Corrections(swap_xy=True))
    assert corners(found.oriented_box[0]) == {(y, x) for x, y in corners(entry)}


def test_class_offsets() -> None:
    assert corrected(make_batch([1, 1], [3, 0]), Corrections(class_offset=-1)).class_ref.tolist() == [2, -1]
    texts = corrected(make_batch([1, 1, 1], ["3", "-1", "car"]), Corrections(class_offset=2)).class_ref.tolist()
    assert texts == ["5", "1", "car"]
    named = make_batch([1], ["3"], class_ref_is="name")
    assert corrected(named, Corrections(class_offset=2)).class_ref.tolist() == ["3"]


def test_confidence_scales() -> None:
    assert scaled_confidence(np.array([50.0, np.nan]), "percent")[0] == 0.5
    logits = scaled_confidence(np.array([-800.0, 0.0, 800.0, np.nan]), "logit")
    np.testing.assert_equal(logits, [0.0, 0.5, 1.0, np.nan])
    unbounded = scaled_confidence(np.array([-2.0, 0.0, 1.0, 3.0, np.inf, np.nan]), "unbounded")
    np.testing.assert_equal(unbounded, [-2.0, 0.0, 0.5, 0.75, np.inf, np.nan])
    batch = make_batch([1] * 20, confidence=[30.0, 0.4] * 10)
    assert corrected(batch, Corrections(confidence_scale="fraction")).confidence.tolist() == [30.0, 0.4] * 10


def test_told_fractions_are_not_taken_for_percent(labelled: Any) -> None:
    batch = make_batch([11] * 20, confidence=[30.0, 0.4] * 10)
    reading = labelled.reading(batch, role="predictions")
    with labelled.stage(reading, corrections=Corrections(confidence_scale="fraction")) as staged:
        assert staged.report.problems["confidence_out_of_range"].count == 10
        assert "confidence_in_percent" not in staged.report.problems


def test_copies_are_known_across_batches(labelled: Any) -> None:
    first = make_batch([11, 11, 12], boxes=[[1, 2, 10, 5], [2, 2, 10, 5], [1, 2, 10, 5]], confidence=0.5)
    second = make_batch([11, 11], boxes=[[1, 2, 10, 5], [3, 2, 10, 5]], confidence=0.5)
    reading = labelled.reading(first, second, role="predictions")
    with labelled.stage(reading, corrections=Corrections(drop_duplicates=True)) as staged:
        assert staged.objects.count == 4
        assert staged.report.problems["duplicates_dropped"].examples == ["annotations[0]"]
        assert (staged.report.rows, staged.report.rejected) == (5, 1)
    assert CopyDropper(ImportReport()).dropped == 0


def test_copies_differ_by_their_shapes(labelled: Any) -> None:
    rings = [[[[1, 1, 9, 1, 9, 9]]], [[[1, 1, 9, 9, 1, 9]]], [[[1, 1, 9, 1, 9, 9]]]]
    batch = make_batch([11] * 3, boxes=[[1, 1, 8, 8]] * 3, geometry=Geometry.POLYGON, polygons=rings)
    with labelled.stage(labelled.reading(batch), corrections=Corrections(drop_duplicates=True)) as staged:
        assert staged.objects.count == 2


def test_outlines_that_cross_themselves() -> None:
    bow_tie, square = [0, 0, 9, 9, 9, 0, 0, 9], [0, 0, 9, 0, 9, 9, 0, 9]
    touching = [0, 0, 5, 5, 10, 0, 10, 10, 5, 5, 0, 10]  # two triangles that share a point
    double_crossing = [0, 0, 10, 0, 10, 6, 4, 6, 4, -2, 6, -2, 6, 4, 0, 4]
    hole_that_crosses = [[0, 0, 90, 0, 90, 90, 0, 90], [20, 20, 40, 40, 40, 20, 20, 40]]
    polygons = Paths.from_polygons(
        [[[bow_tie]], [[square]], [[touching]], [[double_crossing]], [hole_that_crosses], None, [[square], [bow_tie]]]
    )
    assert cross_themselves(polygons).tolist() == [True, False, False, True, True, False, True]


@pytest.mark.parametrize("sides", [3, 5, 40, 300])
def test_simple_outlines_of_any_number_of_points(sides: int) -> None:
    angle = np.sort(np.random.default_rng(sides).uniform(0, 2 * np.pi, sides))
    radius = np.random.default_rng(1).uniform(20, 40, sides)
    star = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)]).ravel().tolist()
    assert not cross_themselves(Paths.from_polygons([[[star]]])).any()


@pytest.mark.parametrize(
    "told",
    [
        Corrections(),
        Corrections(
            box_format="xyxy",
            units="relative",
            swap_xy=True,
            rescale=True,
            network_input="640x384",
            network_fit="letterbox",
            class_ids="index",
            class_offset=-1,
            confidence_scale="logit",
            merge_alike_classes=True,
            drop_duplicates=True,
        ),
    ],
    ids=["as it stands", "all corrections"],
)
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_numbers_of_any_size_end_in_a_report(clinic: Clinic, told: Corrections) -> None:
    clean = make_dataset()
    project = clinic.project(clean)
    random = np.random.default_rng(0)
    numbers, ids = [0, 1e308, -1e308, 1e-300, 5, 0.5], ["9" * 5000, "-3", 7, -1, 10**40, 2**63 - 1]
    for _ in range(4):
        ill = clean.copy()
        for row in (*ill.annotations, *ill.results):
            if random.random() < 0.5:
                row["bbox"] = [float(value) for value in random.choice(numbers, 4)]
            if random.random() < 0.3:
                row["category_id"] = ids[int(random.integers(6))]
        for row in ill.results:
            row["score"] = float(random.choice([1e300, -1e300, 0, 1, 0.5]))
        found = clinic.predictions(clean, ill.results, project, corrections=told).report
        assert found.rows == found.imported + found.rejected == len(ill.results)
        found = clinic.labels(ill.labels, corrections=told).report
        assert found.rows == found.imported + found.rejected == len(ill.annotations)


def test_offsets_beyond_reason_are_refused() -> None:
    with pytest.raises(InputError, match="class_offset must be a whole number"):
        Corrections(class_offset=10**30)
    with pytest.raises(InputError, match="class_offset must be a whole number"):
        Corrections(class_offset=0.5)  # type: ignore[arg-type]


def test_wrong_choices_are_refused() -> None:
    with pytest.raises(InputError, match="network_input must be a width and a height in pixels, as 640x384, got '0x9'"):
        Corrections(network_input="0x9")
    with pytest.raises(InputError, match="box_format must be one of xywh, xyxy, cxcywh, got 'yxyx'"):
        Corrections(box_format="yxyx")  # type: ignore[arg-type]


@pytest.mark.parametrize("command", [["import", "labels", "x"], ["import", "predictions", "x"], ["evaluate"], ["view"]])
def test_every_correction_is_a_flag(command: list[str]) -> None:
    from predscope.cli.corrections import read_corrections

    told = Corrections(
        box_format="xyxy",
        units="relative",
        swap_xy=True,
        rescale=True,
        network_input="640x384",
        network_fit="letterbox",
        class_ids="index",
        class_offset=-1,
        confidence_scale="logit",
        merge_alike_classes=True,
        drop_duplicates=True,
    )
    assert all(getattr(told, entry.name) != entry.default for entry in fields(Corrections)), "a new field: add it here"
    assert read_corrections(build_parser().parse_args([*command, *told.flags()])) == told
    assert read_corrections(build_parser().parse_args(command)) == Corrections()
    for name, choices in CHOICES.items():
        for choice in choices:
            flags = Corrections(**{name: choice}).flags()  # type: ignore[arg-type]
            assert read_corrections(build_parser().parse_args([*command, *flags])) == Corrections(**{name: choice})  # type: ignore[arg-type]
