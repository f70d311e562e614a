"""Each row is imported, repaired or rejected, for a reason that the report names."""

from __future__ import annotations

import copy
import dataclasses
import math

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from predscope.errors import InputError
from predscope.evaluation.objects import IouType, Objects, columns_for
from predscope.importing import Corrections
from predscope.report import Severity
from predscope.schema import DeclaredFrame, Geometry

NAN = math.nan


def boxes_of(result) -> list[list[float]]:
    table = result.objects.table(["x", "y", "w", "h"])
    return [list(row.values()) for row in table.to_pylist()]


def one_frame(importer, *batches, width: int | None = 100, height: int | None = 80, **options):
    """Labels on one frame, number 11."""
    return importer.labels(*batches, frames=[DeclaredFrame("11.jpg", "11", width, height)], **options)


def on_one_frame(importer, count: int, **options):
    return one_frame(importer, importer.batch([11] * count, **options))


@pytest.mark.parametrize(
    ("box", "code"),
    [
        ([NAN, 0, 5, 5], "not_finite"),
        ([NAN] * 4, "not_finite"),
        ([0, math.inf, 5, 5], "not_finite"),
        ([10, 10, -5, 5], "negative_size"),
        ([10, 10, 5, -1e-9], "negative_size"),
        ([100, 10, 5, 5], "box_outside_frame"),
        ([500, 10, 5, 5], "box_outside_frame"),
        ([10, 80, 5, 5], "box_outside_frame"),
        ([-10, 10, 10, 5], "box_outside_frame"),
        ([10, -50, 10, 5], "box_outside_frame"),
    ],
)
def test_rejected_boxes(importer, box: list[float], code: str) -> None:
    result = on_one_frame(importer, 2, boxes=[box, [1, 2, 3, 4]])
    problem = result.report.problems[code]
    assert (problem.count, problem.severity) == (1, Severity.ERROR)
    assert problem.examples[0].startswith("annotations[0]: x, y, w, h = ")
    assert problem.examples[0].endswith("in 11.jpg")
    assert problem.fix
    assert boxes_of(result) == [[1, 2, 3, 4]]


@pytest.mark.parametrize(
    ("box", "clipped"),
    [
        ([-10, 5, 20, 20], [0, 5, 10, 20]),
        ([95, 75, 10, 10], [95, 75, 5, 5]),
        ([-10, -10, 200, 200], [0, 0, 100, 80]),
        ([99.5, 0, 5, 5], [99.5, 0, 0.5, 5]),
    ],
)
def test_boxes_that_reach_outside_are_clipped(importer, box: list[float], clipped: list[float]) -> None:
    result = on_one_frame(importer, 1, boxes=[box])
    assert boxes_of(result) == [clipped]
    assert result.report.problems["box_clipped"].count == result.report.repaired == 1


def test_a_clipped_box_is_kept_as_it_was_given(importer) -> None:
    result = on_one_frame(importer, 2, boxes=[[-10, 5, 20, 20], [1, 2, 3, 4]])
    table = result.objects.table(["given_box", "area"])
    assert table.to_pylist() == [{"given_box": [-10, 5, 20, 20], "area": 400}, {"given_box": None, "area": 12}]
    assert Objects.from_table(result.objects.table(columns_for(IouType.BBOX))).box.tolist() == [
        [-10, 5, 20, 20],
        [1, 2, 3, 4],
    ]


def test_less_than_a_pixel_outside_is_left_alone(importer) -> None:
    boxes = [[-0.5, 0, 10, 10], [90.9, 70.9, 10, 10], [0, 0, 100, 80]]
    result = on_one_frame(importer, 3, boxes=boxes)
    assert boxes_of(result) == boxes
    assert result.report.repaired == 0
    assert result.report.problems["box_overhang"].count == 2


def test_zero_size_is_kept_and_said(importer) -> None:
    result = on_one_frame(importer, 3, boxes=[[10, 10, 0, 5], [100, 10, 0, 5], [1, 1, 5, 5]])
    assert result.report.imported == 3
    assert result.report.problems["zero_size"].count == 2


def test_frames_of_unknown_size_clip_nothing(importer) -> None:
    boxes = [[-10, 5, 2000, 20], [5000, 1, 1, 1]]
    result = one_frame(importer, importer.batch([11, 11], boxes=boxes), width=None, height=None)
    assert sorted(boxes_of(result)) == sorted(boxes)


def test_fractions_are_scaled_after_the_join(importer) -> None:
    frames = [DeclaredFrame("a.jpg", "1", 200, 100), DeclaredFrame("b.jpg", "2", 50, 40), DeclaredFrame("c.jpg", "3")]
    batch = importer.batch([1, 2, 3], boxes=[[0.1, 0.2, 0.5, 0.5]] * 3, relative=True)
    result = importer.labels(batch, frames=frames)
    np.testing.assert_allclose(boxes_of(result), [[20, 20, 100, 50], [5, 8, 25, 20]])
    assert result.report.problems["frame_size_unknown"].count == 1


def test_fractions_of_every_shape(importer) -> None:
    batch = importer.batch(
        [11] * 5,
        geometry=[
            Geometry.POLYGON,
            Geometry.KEYPOINTS,
            Geometry.POLYLINE,
            Geometry.ORIENTED_BOX,
            Geometry.CLASSIFICATION,
        ],
        polygons=[[[[0, 0, 0.5, 0, 0.5, 0.5]]], None, None, None, None],
        keypoints=[None, [0.5, 0.5, 2, 0.1, 0.1, 0], None, None, None],
        polylines=[None, None, [[0, 0, 1, 1]], None, None],
        oriented_box=[None, None, None, [0.5, 0.5, 0.2, 0.1, 0.3], None],
        relative=True,
    )
    rows = one_frame(importer, batch).objects.table().to_pylist()
    assert rows[0]["polygons"] == [[[0, 0, 50, 0, 50, 40]]]
    assert (rows[0]["w"], rows[0]["h"], rows[0]["area"]) == (50, 40, 1000)
    assert rows[1]["keypoints"] == pytest.approx([50, 40, 2, 10, 8, 0])
    assert rows[2]["polylines"] == [[0, 0, 100, 80]]
    assert rows[3]["oriented_box"] == pytest.approx([50, 40, 20, 8, 0.3])
    assert rows[4]["x"] is None


def test_boxes_and_areas_follow_from_shapes(importer) -> None:
    outline = [[[10, 10, 30, 10, 30, 20, 10, 20], [12, 12, 14, 12, 14, 14, 12, 14]]]
    batch = importer.batch(
        [11] * 5,
        geometry=[Geometry.POLYGON, Geometry.POLYGON, Geometry.KEYPOINTS, Geometry.POLYLINE, Geometry.ORIENTED_BOX],
        boxes=[[NAN] * 4, [1, 2, 3, 4], *[[NAN] * 4] * 3],
        area=np.array([NAN, 77, NAN, NAN, NAN]),
        polygons=[outline, outline, None, None, None],
        keypoints=[None, None, [5, 6, 2, 0, 0, 0, 15, 26, 1], None, None],
        polylines=[None, None, None, [[1, 1, 9, 5]], None],
        oriented_box=[None, None, None, None, [50, 40, 20, 10, math.pi / 2]],
    )
    rows = one_frame(importer, batch).objects.table().to_pylist()
    shown = [[round(row[side], 6) for side in "xywh"] for row in rows]
    assert shown == [[10, 10, 20, 10], [1, 2, 3, 4], [5, 6, 10, 20], [1, 1, 8, 4], [45, 30, 10, 20]]
    assert [row["area"] for row in rows] == [196, 77, 200, None, 200]


def test_lines_and_oriented_boxes_may_reach_over_the_border(importer) -> None:
    batch = importer.batch(
        [11] * 3,
        geometry=[Geometry.POLYLINE, Geometry.ORIENTED_BOX, Geometry.ORIENTED_BOX],
        polylines=[[[-20, 5, 50, 60]], None, None],
        oriented_box=[None, [0, 0, 40, 20, 0.5], [-500, 0, 40, 20, 0.5]],
    )
    result = one_frame(importer, batch)
    assert (result.report.imported, result.report.repaired) == (2, 0)
    assert result.report.problems["box_outside_frame"].count == 1
    assert boxes_of(result)[0] == [-20, 5, 70, 55]


def test_outlines_with_too_few_points(importer) -> None:
    good, short = [0, 0, 5, 0, 5, 5], [1, 1, 2, 2]
    batch = importer.batch(
        [11] * 5,
        geometry=Geometry.POLYGON,
        polygons=[[[good]], [[good], [short]], [[short]], [[[*good, 7]]], []],
    )
    result = one_frame(importer, batch)
    assert result.report.problems["part_dropped"].examples == ["annotations[1] in 11.jpg"]
    assert result.report.problems["polygon_too_short"].count == 2
    assert result.report.problems["shape_missing"].count == 1
    assert (result.report.imported, result.report.repaired, result.report.rejected) == (2, 1, 3)
    assert result.objects.table(["polygons"])["polygons"].to_pylist() == [[[good]], [[good]]]


def encode(height: int, width: int) -> bytes:
    mask = np.zeros((height, width), np.uint8, order="F")
    mask[10:20, 5:9] = 1
    return coco_mask.encode(mask)["counts"]


def test_masks(importer) -> None:
    counts = [encode(80, 100), encode(80, 100)[:-3], encode(40, 50), b"~~", None, encode(80, 100)]
    sizes = [[80, 100], [80, 100], [40, 50], [80, 100], [80, 100], [80, 100]]
    batch = importer.batch(
        [11] * 6,
        geometry=Geometry.MASK,
        rle_counts=counts,
        rle_size=np.array(sizes, np.int32),
        is_crowd=np.array([0, 0, 0, 0, 0, 1], bool),
    )
    result = one_frame(importer, batch)
    problems = result.report.problems
    assert problems["mask_broken"].count == 2
    assert problems["mask_size_differs"].examples == ["annotations[2]: mask 50 x 40, frame 100 x 80 in 11.jpg"]
    assert problems["shape_missing"].count == 1
    rows = result.objects.table().to_pylist()
    assert [[row[side] for side in "xywh"] for row in rows] == [[5, 10, 4, 10]] * 2
    assert [(row["area"], row["rle_counts"], row["is_crowd"]) for row in rows] == [
        (40, counts[0], False),
        (40, counts[0], True),
    ]


@pytest.mark.parametrize("geometry", [g for g in Geometry if g not in (Geometry.BOX, Geometry.CLASSIFICATION)])
def test_shapes_that_are_not_there(importer, geometry: Geometry) -> None:
    good = importer.batch([11])
    result = one_frame(importer, good, importer.batch([11], boxes=[[1, 1, 5, 5]], geometry=geometry))
    assert result.report.problems["shape_missing"].count == 1


def test_broken_points(importer) -> None:
    geometry = [Geometry.KEYPOINTS] * 3 + [Geometry.ORIENTED_BOX] * 3
    batch = importer.batch(
        [11] * 6,
        geometry=geometry,
        keypoints=[[1, 2], [1, NAN, 2], [1, 2, 2], None, None, None],
        oriented_box=[None, None, None, [1, 2, 3, 4], [5, 5, -2, 1, 0], [5, 5, 2, 1, 0]],
    )
    result = one_frame(importer, batch)
    codes = {code: problem.count for code, problem in result.report.problems.items()}
    assert codes == {"keypoints_broken": 1, "not_finite": 1, "oriented_box_broken": 2}


def test_keypoints_none_of_which_is_visible(importer) -> None:
    batch = importer.batch(
        [11, 11], geometry=Geometry.KEYPOINTS, boxes=[[1, 2, 3, 4], [NAN] * 4], keypoints=[[0, 0, 0], [0, 0, 0]]
    )
    result = one_frame(importer, batch)
    assert boxes_of(result) == [[1, 2, 3, 4]]
    assert result.report.problems["shape_missing"].count == 1


def test_unknown_geometry(importer) -> None:
    result = one_frame(importer, importer.batch([11, 11], boxes=[[1, 1, 2, 2]] * 2, geometry=[Geometry.BOX, "cuboid"]))
    assert result.report.problems["unknown_geometry"].count == 1


def predict(labelled, confidence: list[float] | None, *, corrections: Corrections | None = None):
    count = len(confidence) if confidence is not None else 3
    generator = np.random.default_rng(4)
    boxes = np.column_stack([generator.uniform(0, 50, (count, 2)), generator.uniform(5, 20, (count, 2))])
    frames = [11 + index % 10 for index in range(count)]
    return labelled.predictions(labelled.batch(frames, boxes=boxes, confidence=confidence), corrections=corrections)


def confidences(result) -> list[float]:
    return sorted(result.objects.table(["confidence"])["confidence"].to_pylist())


def test_confidences(labelled) -> None:
    result = predict(labelled, [0, 1, 0.5, 1.0005, 1.1, -0.1, NAN, math.inf])
    assert confidences(result) == [0, 0.5, 1, 1]
    problems = result.report.problems
    assert problems["confidence_clipped"].count == result.report.repaired == 1
    assert problems["confidence_out_of_range"].count == 3
    assert problems["confidence_missing"].count == 1


def test_confidence_in_percent(labelled) -> None:
    result = predict(labelled, [0, 99.5, 50, 0.5, 3, 100])
    assert confidences(result) == pytest.approx([0, 0.005, 0.03, 0.5, 0.995, 1])
    assert result.report.problems["confidence_in_percent"].count == result.report.repaired == 5


def test_one_stray_confidence_is_not_percent(labelled) -> None:
    result = predict(labelled, [0.5] * 60 + [57])
    assert result.report.problems["confidence_out_of_range"].examples[0].startswith("annotations[60]: confidence = 57")
    assert set(confidences(result)) == {0.5}


@pytest.mark.parametrize(
    "scores",
    [[97.85], [97.85, 32.65, 3.183], [0.4] * 60 + [2, 5, 30, 60, 90, 95, 99], [0] * 500 + [21] * 3],
    ids=["one row", "three rows", "mostly low", "zeros"],
)
def test_few_but_clear_percentages(labelled, scores: list[float]) -> None:
    result = predict(labelled, scores)
    assert confidences(result) == pytest.approx(sorted(score / 100 for score in scores))
    assert result.report.problems["confidence_in_percent"].count == np.count_nonzero(scores)


@pytest.mark.parametrize(
    "scores",
    [[0.2, 1.79, 1.6, 0.9, 1.2] * 3, [10, 9.5, 8, 3, 2, 0.5] * 20, [17.0] * 30 + [2.0, 0.5]],
    ids=["CrowdPose", "up to 10", "sums over keypoints"],
)
def test_scores_of_poses_are_not_percent(labelled, scores: list[float]) -> None:
    result = predict(labelled, scores)
    assert "confidence_in_percent" not in result.report.problems
    problem = result.report.problems["confidence_out_of_range"]
    assert problem.count == sum(score > 1 for score in scores)
    assert problem.examples[0].startswith("annotations[")
    assert problem.correction == {"confidence_scale": "unbounded"}
    mended = predict(labelled, scores, corrections=Corrections(**problem.correction))
    assert confidences(mended) == pytest.approx(sorted(score / (1 + score) for score in scores))


def test_strays_among_fractions_are_offered_no_other_scale(labelled) -> None:
    for scores in ([0.5] * 60 + [57, 80], [0.5] * 10 + [57] * 4 + [0.5] * 10, [0.5] * 5 + [57]):
        problem = predict(labelled, scores).report.problems["confidence_out_of_range"]
        assert problem.count == sum(score > 1 for score in scores)
    assert problem.correction == {}


def test_logits_are_not_percent(labelled) -> None:
    result = predict(labelled, [-3, 4, 2, 0.4])
    assert result.report.problems["confidence_out_of_range"].count == 3
    assert "sigmoid" in result.report.problems["confidence_out_of_range"].fix


def test_no_confidence_at_all(labelled) -> None:
    with pytest.raises(InputError, match="confidence_missing"):
        predict(labelled, None)


def test_labels_have_no_confidence(importer) -> None:
    result = on_one_frame(importer, 2, confidence=[0.5, NAN])
    assert result.objects.table(["confidence"])["confidence"].null_count == 2
    assert result.report.problems["confidence_ignored"].count == 1


def test_constant_confidence_and_crowded_frames(labelled) -> None:
    result = predict(labelled, [0.5] * 40)
    assert result.report.problems["constant_confidence"].examples == ["confidence = 0.5"]
    many = [[index / 10, 1, 10, 10] for index in range(150)]
    batch = labelled.batch([11] * 150, boxes=many, confidence=list(np.linspace(0.1, 0.9, 150)))
    result = labelled.predictions(batch)
    assert result.report.problems["many_predictions"].examples == ["000011.jpg: 150"]
    assert result.report.problems["frames_without_predictions"].count == 9


def test_fractions_in_a_format_of_pixels(labelled) -> None:
    generator = np.random.default_rng(0)
    batch = labelled.batch([11] * 20, boxes=generator.uniform(0.01, 0.5, (20, 4)), confidence=0.5)
    staged = labelled.stage(labelled.reading(batch, role="predictions"))
    assert staged.report.problems["looks_normalised"].count == 20
    with pytest.raises(InputError, match="none of the 20 objects can be used: looks_normalised"):
        staged.publish()
    staged.discard()
    tiny = labelled.batch([11] * 20, boxes=[[1, 0, 1, 1]] * 20, confidence=0.5)
    assert labelled.predictions(tiny).report.imported == 20


def test_corners_in_place_of_sizes_are_said(labelled) -> None:
    generator = np.random.default_rng(0)
    corner = generator.uniform(20, 60, (40, 2))
    boxes = np.column_stack([corner, corner + generator.uniform(5, 20, (40, 2))])
    result = labelled.predictions(labelled.batch([11] * 40, boxes=boxes, confidence=0.5))
    assert "x1, y1, x2, y2" in result.report.problems["looks_like_corners"].message
    fine = np.column_stack([corner, np.full((40, 2), 10)])
    assert (
        "looks_like_corners"
        not in labelled.predictions(labelled.batch([11] * 40, boxes=fine, confidence=0.5)).report.problems
    )


def test_ids_and_copies(importer) -> None:
    boxes = [[1, 1, 5, 5], [1, 1, 5, 5], [2, 1, 5, 5], [1, 1, 5, 5]]
    result = on_one_frame(importer, 4, boxes=boxes, source_id=["0", "7", "7", None])
    assert result.report.problems["duplicate_objects"].count == 2
    assert result.report.problems["duplicate_id"].examples == ["id 7"]
    assert result.report.problems["object_id_zero"].count == 1
    assert result.report.imported == 4


def test_keypoint_counts(importer) -> None:
    from predscope.schema import DeclaredClass

    batch = importer.batch([11, 11], geometry=Geometry.KEYPOINTS, keypoints=[[1, 2, 2, 3, 4, 2], [1, 2, 2]])
    result = one_frame(importer, batch, classes=[DeclaredClass("person", "1", keypoints=("nose", "tail"))])
    assert result.report.problems["keypoint_count_differs"].examples == ["11.jpg: 1 points, the class has 2"]


def test_everything_else_is_carried_along(importer) -> None:
    batch = importer.batch(
        [11, 11],
        boxes=[[1, 1, 5, 5], [2, 2, 5, 5]],
        is_ignored=np.array([True, False]),
        class_scores=[[0.25, 0.75], None],
        track_id=["t1", None],
        source_id=["900", "901"],
        attributes=[{"occluded": True, "score": np.float32(0.5)}, None],
    )
    rows = one_frame(importer, batch).objects.table().to_pylist()
    assert [row["is_ignored"] for row in rows] == [True, False]
    assert [row["class_scores"] for row in rows] == [[0.25, 0.75], None]
    assert [row["track_id"] for row in rows] == ["t1", None]
    assert [row["source_id"] for row in rows] == ["900", "901"]
    assert [row["attributes"] for row in rows] == ['{"occluded":true,"score":0.5}', None]


def test_a_row_counts_once_however_much_is_wrong(labelled) -> None:
    boxes = [[NAN, 1, -5, 5], [-10, -10, 200, 200]]
    result = labelled.predictions(labelled.batch([99, 11], boxes=boxes, confidence=[7, 1.0005]))
    assert (result.report.rows, result.report.imported, result.report.repaired, result.report.rejected) == (2, 1, 1, 1)


def test_strict_refuses_the_whole_input(labelled) -> None:
    before = labelled.project.current_revision()
    batch = labelled.batch([11, 12, 99], boxes=[[1, 1, 5, 5], [NAN] * 4, [1, 1, 5, 5]], confidence=0.5)
    with pytest.raises(InputError) as caught:
        labelled.predictions(batch, strict=True)
    for words in ("2 of 3", "not_finite (1)", "unknown_frame (1)", "image id 99"):
        assert words in str(caught.value)
    assert labelled.project.current_revision() == before
    assert labelled.predictions(labelled.batch([11], confidence=0.5), strict=True).version == 1


def test_the_callers_arrays_are_never_changed(labelled) -> None:
    boxes = [[0.1, 0.2, 0.5, 0.9], [-0.5, 0.1, 0.9, 0.2]]
    batch = labelled.batch(
        [11, 12],
        boxes=boxes,
        confidence=[50.0, 99.0],
        relative=True,
        geometry=Geometry.POLYGON,
        polygons=[[[[0, 0, 1, 0, 1, 1], [0, 0]]], [[[0, 0, 0.5, 0, 0.5, 0.5]]]],
        keypoints=[[0.1, 0.1, 2], None],
        area=np.array([0.2, NAN]),
    )
    before = copy.deepcopy(batch)
    for field in dataclasses.fields(batch):
        value = getattr(batch, field.name)
        if isinstance(value, np.ndarray):
            value.flags.writeable = False
    labelled.predictions(batch)
    for field in dataclasses.fields(batch):
        if isinstance(getattr(before, field.name), np.ndarray):
            np.testing.assert_array_equal(getattr(batch, field.name), getattr(before, field.name))
        else:
            assert getattr(batch, field.name) == getattr(before, field.name)
