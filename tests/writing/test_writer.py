"""Predictions and labels from a program: what is stated, what is taken, what is refused, what is left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec

from predscope import InputError, LabelWriter, PredictionWriter, Project
from predscope.formats.base import BATCH_ROWS
from predscope.importing.corrections import Corrections
from predscope.importing.doctor.habits import SAMPLE_ROWS
from predscope.schema import Geometry
from predscope.writing.batching import WrittenObjects
from tests.writing.conftest import HEIGHT, WIDTH, leftovers

BOX = (20.0, 10.0, 30.0, 40.0)
STATED: dict[str, Any] = {"box_format": "xywh", "units": "pixels"}


def as_format(box: tuple[float, ...], box_format: str, units: str) -> list[float]:
    x, y, w, h = box
    numbers = {"xywh": [x, y, w, h], "xyxy": [x, y, x + w, y + h], "cxcywh": [x + w / 2, y + h / 2, w, h]}[box_format]
    scale = [WIDTH, HEIGHT] * 2 if units == "relative" else [1] * 4
    return [number / side for number, side in zip(numbers, scale, strict=True)]


def rows(writer: PredictionWriter | LabelWriter, *columns: str) -> list[tuple[Any, ...]]:
    table = writer.result.objects.table(list(columns))
    return list(zip(*(table[name].to_pylist() for name in columns), strict=True))


def frame_names(writer: PredictionWriter | LabelWriter) -> list[str]:
    names = writer.result.project.frames["file_name"]
    return [names[index] for (index,) in rows(writer, "frame_index")]


def class_names(writer: PredictionWriter | LabelWriter) -> list[str]:
    return [writer.result.project.classes[index].name for (index,) in rows(writer, "class_id")]


@pytest.mark.parametrize("units", ["pixels", "relative"])
@pytest.mark.parametrize("box_format", ["xywh", "xyxy", "cxcywh"])
def test_a_box_in_any_stated_form_is_the_same_box(project: Project, box_format: str, units: str) -> None:
    box = as_format(BOX, box_format, units)
    with PredictionWriter(project, box_format=box_format, units=units) as writer:
        writer.add("a", "car", 0.5, box=box)
        writer.add_batch("a", classes=["car"] * 2, confidences=[0.5, 0.5], boxes=[box, box])
    with PredictionWriter(project) as by_call:
        by_call.add("a", "car", 0.5, box=box, box_format=box_format, units=units)
        by_call.add_batch("a", classes=["car"], confidences=[0.5], boxes=[box], box_format=box_format, units=units)
    for written in (writer, by_call):
        for found in rows(written, "x", "y", "w", "h"):
            assert found == pytest.approx(BOX)
    assert writer.result.version == 1
    assert by_call.result.version == 2


def test_a_call_states_for_itself(project: Project) -> None:
    with PredictionWriter(project, box_format="xywh", units="relative") as writer:
        writer.add("a", "car", 0.5, box=as_format(BOX, "xyxy", "pixels"), box_format="xyxy", units="pixels")
        writer.add("a", "car", 0.5, box=as_format(BOX, "xywh", "relative"))
        writer.add("a", "car", 0.5, box=as_format(BOX, "xyxy", "relative"), box_format="xyxy")
    for found in rows(writer, "x", "y", "w", "h"):
        assert found == pytest.approx(BOX)


@pytest.mark.parametrize(
    ("stated", "missing"),
    [({"units": "pixels"}, "box_format="), ({"box_format": "xyxy"}, "units="), ({}, "box_format=")],
)
def test_what_is_not_stated_is_asked_for_and_never_guessed(
    project: Project, stated: dict[str, Any], missing: str
) -> None:
    writer = PredictionWriter(project, **stated)
    with pytest.raises(InputError, match=missing):
        writer.add("a", "car", 0.5, box=BOX)
    with pytest.raises(InputError, match=missing):
        writer.add_batch("a", classes=[1], confidences=[0.5], boxes=[BOX])
    if "units" not in stated:
        with pytest.raises(InputError, match="units="):
            writer.add("a", "car", 0.5, polygon=[1, 2, 3, 4, 5, 6])
        with pytest.raises(InputError, match="units="):
            writer.add("a", "car", 0.5, keypoints=[[1, 2]])
    writer.discard()


def test_a_choice_that_is_none_is_named(project: Project) -> None:
    with pytest.raises(InputError, match="box_format must be one of xywh, xyxy, cxcywh, got 'xyyx'"):
        PredictionWriter(project, box_format="xyyx")  # type: ignore[arg-type]
    with PredictionWriter(project, **STATED) as writer, pytest.raises(InputError, match="units must be one of"):
        writer.add("a", "car", 0.5, box=BOX, units="percent")  # type: ignore[arg-type]
    with pytest.raises(InputError, match="by its own arguments"):
        PredictionWriter(project, corrections=Corrections(box_format="xyxy"))
    assert leftovers(project) == []


def test_masks_and_classifications_need_no_statement(project: Project) -> None:
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[10:20, 30:50] = 255
    with PredictionWriter(project) as writer:
        writer.add("a", "car", 0.5)
        writer.add("a", "car", 0.5, mask=mask)
    assert rows(writer, "geometry", "x", "w") == [(Geometry.CLASSIFICATION, None, None), (Geometry.MASK, 30.0, 20.0)]


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        *[("a.png", "a.png"), ("a", "a.png"), (Path("sub/c.png"), "sub/c.png"), ("c", "sub/c.png")],
        *[("sub/c", "sub/c.png"), (np.str_("b"), "b.png")],
    ],
)
def test_frames_by_name(project: Project, frame: Any, name: str) -> None:
    with PredictionWriter(project, **STATED) as writer:
        writer.add(frame, "car", 0.5, box=BOX)
        writer.add_batch(frame, classes=["car"], confidences=[0.5], boxes=[BOX])
        writer.add_batch([frame], classes=["car"], confidences=[0.5], boxes=[BOX])
    assert frame_names(writer) == [name] * 3


@pytest.mark.parametrize("number", [12, np.int64(12), np.float32(12), np.array(12), np.array([12])])
def test_frames_by_the_ids_of_the_labels(tmp_path: Path, number: Any) -> None:
    with LabelWriter(Project.create(tmp_path / "project"), **STATED) as labels:
        labels.add_batch([11, 12, 13], classes=[1, 1, 1], boxes=[BOX] * 3)
    with PredictionWriter(labels.result.project, **STATED) as writer:
        writer.add(number, 1, 0.5, box=BOX)
        writer.add_batch(int(np.reshape(number, ())), classes=[1], confidences=[0.5], boxes=[BOX])
        writer.add_batch(np.array([12, 13]), classes=[1, 1], confidences=[0.5, 0.5], boxes=[BOX] * 2)
    assert rows(writer, "frame_index") == [(1,), (1,), (1,), (2,)]


def test_a_frame_of_a_video_is_a_video_and_a_number(tmp_path: Path) -> None:
    with LabelWriter(Project.create(tmp_path / "project"), **STATED) as labels:
        for number in range(3):
            labels.add(("clips/a.mp4", number), "car", box=BOX)
    assert list(labels.result.project.frames["file_name"]) == [f"clips/a.mp4#{number}" for number in range(3)]
    with PredictionWriter(labels.result.project, **STATED) as writer:
        writer.add(("clips/a.mp4", 2), "car", 0.5, box=BOX)
        writer.add_batch((Path("clips/a.mp4"), np.int64(1)), classes=["car"], confidences=[0.5], boxes=[BOX])
    assert rows(writer, "frame_index") == [(1,), (2,)]


@pytest.mark.parametrize("frame", [None, True, 1.5, b"a.png", ("a", "b"), {"a": 1}])
def test_what_cannot_be_a_frame_is_refused(project: Project, frame: Any) -> None:
    with PredictionWriter(project, **STATED) as writer, pytest.raises(InputError, match="a frame must be"):
        writer.add(frame, "car", 0.5, box=BOX)


def test_classes_by_name_id_and_index(tmp_path: Path, project: Project) -> None:
    with PredictionWriter(project, **STATED) as by_name:
        by_name.add("a", "dog", 0.5, box=BOX)
        by_name.add("a", project.classes[1], 0.5, box=BOX)
        by_name.add_batch("a", classes=np.array(["car", "person"]), confidences=[0.5] * 2, boxes=[BOX] * 2)
    assert class_names(by_name) == ["dog", "car", "car", "person"]
    with PredictionWriter(project, class_map=["dog", "person", "car"], **STATED) as by_index:
        by_index.add("a", np.int32(1), 0.5, box=BOX)
        by_index.add_batch("a", classes=np.array([0.0, 2.0, 1.0]), confidences=[0.5] * 3, boxes=[BOX] * 3)
    assert class_names(by_index) == ["person", "dog", "car", "person"]
    with PredictionWriter(project, class_map={7: "dog"}, **STATED) as by_map:
        by_map.add("a", 7, 0.5, box=BOX)
    assert class_names(by_map) == ["dog"]
    with PredictionWriter(project, class_map={"dog": "hound", "car": 9}, **STATED) as either_way:
        either_way.add("a", "hound", 0.5, box=BOX)
        either_way.add("a", 9, 0.5, box=BOX)
    assert class_names(either_way) == ["dog", "car"]
    with PredictionWriter(project, **STATED) as writer, pytest.raises(InputError, match="a class must be"):
        writer.add_batch("a", classes=[0.5, 0.9], confidences=[1, 2], boxes=[BOX] * 2)


def test_a_list_of_names_goes_before_ids_of_the_labels(tmp_path: Path) -> None:
    """Labels whose ids count from 0 too, in another order, and a name that they do not have."""
    with LabelWriter(Project.create(tmp_path / "project"), class_map=["cat", "dog", "cow"], **STATED) as labels:
        labels.add_batch("a", classes=[0, 1, 2], boxes=[BOX] * 3)
    with PredictionWriter(labels.result.project, class_map=["dog", "bird", "cat", "fish"], **STATED) as writer:
        writer.add_batch("a", classes=[2, 0, 1], confidences=[0.5] * 3, boxes=[BOX] * 3)
    assert class_names(writer) == ["cat", "dog", "bird"]
    assert writer.result.report.problems["unknown_class"].count == 1
    assert [entry.name for entry in writer.result.project.classes] == ["cat", "dog", "cow", "bird"]


def test_one_by_one_is_the_same_as_all_at_once(project: Project) -> None:
    generator = np.random.default_rng(4)
    count = 40
    boxes = np.hstack([generator.uniform(0, 40, (count, 2)), generator.uniform(1, 40, (count, 2))])
    confidences = generator.random(count)
    classes = generator.choice(["car", "dog"], count)
    frames = generator.choice(["a", "b", "c"], count)
    scores = generator.random((count, 3)).astype(np.float32)
    attributes = [{"row": row} if row % 2 else None for row in range(count)]
    with PredictionWriter(project, **STATED) as single:
        for row in range(count):
            single.add(
                *(frames[row], classes[row], confidences[row]),
                box=boxes[row],
                class_scores=scores[row],
                track_id=row,
                attributes=attributes[row],
            )
    with PredictionWriter(project, **STATED) as many:
        many.add_batch(
            frames.tolist(),
            classes=classes,
            confidences=confidences,
            boxes=boxes,
            class_scores=scores,
            track_ids=np.arange(count),
            attributes=attributes,
        )
    assert single.result.objects.table() == many.result.objects.table()
    assert many.result.objects.table(["track_id"])["track_id"].null_count == 0
    assert single.result.report.to_json() == many.result.report.to_json()


def test_batches_are_handed_on_as_they_fill(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(WrittenObjects.__init__, "__defaults__", (None, 7))
    told: list[int] = []
    with PredictionWriter(project, progress=lambda done, *_: told.append(done), **STATED) as writer:
        for number in range(5):
            writer.add("a", "car", 0.5, box=(1 + number, 2, 3, 4))
            writer.add_batch("b", classes=["car"] * 3, confidences=[0.5] * 3, boxes=[(number, 2, 3, 4)] * 3)
        writer.add_batch("c", classes=["car"] * 30, confidences=[0.1] * 30, boxes=[(row, 2, 3, 4) for row in range(30)])
        writer.add("c", "car", 0.5, mask=np.ones((HEIGHT, WIDTH), bool))
    assert told == sorted(told)
    assert len(told) >= 50 // 7
    assert [row for row in rows(writer, "frame_index", "x") if row[0] == 0] == [(0, 1.0 + n) for n in range(5)]
    assert [row for row in rows(writer, "frame_index", "x") if row[0] == 1] == [(1, float(n // 3)) for n in range(15)]
    assert writer.result.objects.of_frame(2)["x"].to_pylist() == [*map(float, range(30)), 0.0]


@pytest.mark.parametrize(
    "polygon",
    [
        [10, 20, 40, 20, 40, 50],
        [[10, 20], [40, 20], [40, 50]],
        np.array([[10, 20], [40, 20], [40, 50]]),
        [[10, 20, 40, 20, 40, 50]],
        [np.array([10, 20, 40, 20, 40, 50])],
        [[[10, 20], [40, 20], [40, 50]]],
        [[[10, 20, 40, 20, 40, 50]]],
    ],
)
def test_outlines_in_every_form(project: Project, polygon: Any) -> None:
    with PredictionWriter(project, units="pixels") as writer:
        writer.add("a", "car", 0.5, polygon=polygon)
        writer.add_batch("a", classes=["car"], confidences=[0.5], polygons=[polygon])
    expected = ([[[10.0, 20.0, 40.0, 20.0, 40.0, 50.0]]], Geometry.POLYGON, 10.0, 30.0)
    assert rows(writer, "polygons", "geometry", "x", "w") == [expected, expected]


def test_parts_and_holes(project: Project) -> None:
    outer, hole, other = [0, 0, 40, 0, 40, 40, 0, 40], [10, 10, 20, 10, 20, 20], [50, 50, 60, 50, 60, 60]
    with PredictionWriter(project, units="pixels") as writer:
        writer.add("a", "car", 0.5, polygon=[outer, other])
        writer.add("a", "car", 0.5, polygon=[[outer, hole], [other]])
        writer.add_batch(
            "a",
            classes=["car"] * 2,
            confidences=[0.5] * 2,
            polygons=[[outer], None],
            boxes=[BOX] * 2,
            box_format="xywh",
        )
    assert rows(writer, "polygons", "area") == [
        ([[outer], [other]], 1650.0),
        ([[outer, hole], [other]], 1600.0),
        ([[outer]], 1600.0),
        (None, 1200.0),
    ]


def test_relative_shapes_are_scaled(project: Project) -> None:
    with PredictionWriter(project, units="relative") as writer:
        writer.add("a", "car", 0.5, polygon=[0.1, 0.5, 0.2, 0.5, 0.2, 1])
        writer.add("a", "car", 0.5, keypoints=[[0.1, 0.5], [0.2, 1]])
    ((polygons, _), (_, keypoints)) = rows(writer, "polygons", "keypoints")
    assert polygons == [[[10, 40, 20, 40, 20, 80]]]
    assert keypoints == [10, 40, 2, 20, 80, 2]


def test_keypoints_of_many(project: Project) -> None:
    points = np.array([[[1, 2, 0], [3, 4, 2]], [[5, 6, 1], [7, 8, 2]]])
    with PredictionWriter(project, units="pixels") as writer:
        writer.add_batch("a", classes=["dog"] * 2, confidences=[0.5] * 2, keypoints=points)
    assert [entry for (entry,) in rows(writer, "keypoints")] == points.reshape(2, -1).tolist()


def test_masks_in_every_form(project: Project) -> None:
    mask = np.random.default_rng(2).random((HEIGHT, WIDTH)) > 0.7
    encoded = rle_codec.encode(np.asfortranarray(mask.view(np.uint8)))
    flat = mask.ravel(order="F").astype(int)
    edges = np.flatnonzero(np.diff(np.concatenate([[0], flat, [-1]])))
    runs = np.diff(np.concatenate([[0], edges])).tolist()
    counts = encoded["counts"] if isinstance(encoded["counts"], bytes) else encoded["counts"].encode()
    forms = [mask, mask.astype(np.uint8), mask * np.uint8(255), mask.astype(float), np.asfortranarray(mask)]
    lengths = [{"size": [HEIGHT, WIDTH], "counts": value} for value in (counts, counts.decode(), runs)]
    with PredictionWriter(project) as writer:
        for form in [*forms, *lengths]:
            writer.add("a", "car", 0.5, mask=form)
        writer.add_batch("b", classes=["car"] * 2, confidences=[0.5] * 2, masks=np.stack([mask, mask]))
        writer.add_batch("b", classes=["car"] * 2, confidences=[0.5] * 2, masks=[mask, lengths[0]])
    assert rows(writer, "rle_counts", "rle_height", "rle_width", "area") == [(counts, HEIGHT, WIDTH, mask.sum())] * 12


@pytest.mark.parametrize(
    ("mask", "message"),
    [
        (np.full((4, 5), 0.7), "mask > 0.5"),
        (np.arange(20).reshape(4, 5), "0 and 255"),
        (np.zeros((1, 4, 5), bool), "array \\(height, width\\)"),
        ({"size": [4, 5], "counts": [3, 3]}, "add up"),
        ({"size": [4, 5]}, "counts"),
    ],
)
def test_what_cannot_be_a_mask_is_refused(project: Project, mask: Any, message: str) -> None:
    with PredictionWriter(project) as writer:
        with pytest.raises(InputError, match=message):
            writer.add("a", "car", 0.5, mask=mask)
        masks = [np.zeros((HEIGHT, WIDTH), bool), mask]
        with pytest.raises(InputError, match="masks\\[1\\]"):
            writer.add_batch("a", classes=["car"] * 2, confidences=[0.5] * 2, masks=masks)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"boxes": np.zeros((2, 5))}, "boxes must have the shape \\(3, 4\\), got \\(2, 5\\)"),
        ({"confidences": [0.5]}, "confidences must have the shape"),
        ({"confidences": ["high", "low", "none"]}, "confidences must be an array of numbers"),
        ({"boxes": [[1, 2, 3, 4], [1, 2], [3]]}, "boxes must be an array of numbers"),
        ({"frames": ["a", "b"]}, "frames must have one entry for each of the 3"),
        ({"track_ids": ["x"]}, "track_ids must have one entry"),
        ({"keypoints": np.zeros((3, 4))}, "keypoints must have the shape"),
        ({"keypoints": np.zeros((3, 5, 4))}, "keypoints must have the shape"),
        ({"polygons": [[1, 2, 3, 4, 5, 6]]}, "polygons must have one entry"),
        ({"polygons": [["a"], ["b"], ["c"]]}, "polygons\\[0\\] must be points"),
        ({"masks": np.zeros((3, 2, 2), bool), "polygons": [None] * 3}, "one shape"),
        ({"classes": np.zeros((3, 2))}, "classes must be one-dimensional"),
    ],
)
def test_arguments_that_do_not_fit_are_refused_at_once(project: Project, changes: dict[str, Any], message: str) -> None:
    given = {"frames": "a", "classes": ["car"] * 3, "confidences": [0.5] * 3, "boxes": [BOX] * 3} | changes
    frames = given.pop("frames")
    with PredictionWriter(project, **STATED) as writer:
        with pytest.raises(InputError, match=message):
            writer.add_batch(frames, **given)
        writer.add("a", "car", 0.5, box=BOX)
    assert writer.result.objects.count == 1, "what was refused leaves nothing, and the writer goes on"


def test_rows_that_cannot_be_used_are_reported_with_frame_and_index(project: Project) -> None:
    boxes = np.tile(BOX, (6, 1))
    boxes[1, 2] = np.nan
    boxes[3] = [500, 500, 5, 5]
    with PredictionWriter(project, **STATED) as writer:
        writer.add_batch("b", classes=["car"] * 6, confidences=[0.5, 0.5, 1.7, 0.5, np.nan, 0.5], boxes=boxes)
        writer.add("a", "car", 0.5, box=BOX)
        writer.add("a", "car", 0.5, box=(1, 2, -3, 4))
        writer.add("nowhere", "car", 0.5, box=BOX)
        writer.add_batch("c", classes=["car"] * 60, confidences=[0.5] * 60, boxes=[BOX] * 60)
    report = writer.result.report
    assert (report.rows, report.imported, report.rejected) == (69, 63, 6)
    examples = {code: problem.examples for code, problem in report.problems.items()}
    assert examples["not_finite"] == ["index 1: x, y, w, h = 20, 10, nan, 40 in b.png"]
    assert examples["confidence_out_of_range"] == ["index 2: confidence = 1.7 in b.png"]
    assert examples["box_outside_frame"][0].startswith("index 3: ")
    assert examples["confidence_missing"] == ["index 4 in b.png"]
    assert examples["negative_size"][0].startswith("index 1: ")
    assert examples["negative_size"][0].endswith(" in a.png")
    assert examples["unknown_frame"] == ["index 0: image nowhere"]


def test_arrays_are_copied_and_never_changed(project: Project) -> None:
    boxes, confidences = np.array([[20.0, 10, 50, 50]]), np.array([50.0])
    classes, keypoints = np.array([0]), np.array([[[1.0, 2, 2]]])
    given = (boxes, confidences, classes, keypoints)
    before = [array.copy() for array in given]
    for array in given:
        array.flags.writeable = False
    with PredictionWriter(project, box_format="xyxy", units="pixels", class_map=["car"]) as writer:
        for _ in range(12):
            writer.add_batch("a", classes=classes, confidences=confidences, boxes=boxes, keypoints=keypoints)
            assert all(np.array_equal(array, copy) for array, copy in zip(given, before, strict=True))
        for array in given:  # the caller may use its arrays again
            array.flags.writeable = True
            array[:] = 77
    assert set(rows(writer, "x", "y", "w", "h", "confidence")) == {(*BOX, 0.5)}


def test_an_exception_publishes_nothing_and_leaves_nothing(project: Project) -> None:
    many = 200_000

    def write(writer: PredictionWriter, error: type[BaseException]) -> None:
        with writer:
            writer.add_batch("a", classes=["car"] * many, confidences=[0.5] * many, boxes=np.tile(BOX, (many, 1)))
            assert leftovers(project) != []
            raise error

    for error in (ValueError, KeyboardInterrupt, SystemExit):
        writer = PredictionWriter(project, "model", **STATED)
        with pytest.raises(error):
            write(writer, error)
        assert leftovers(project) == []
        with pytest.raises(InputError, match="nothing is published"):
            _ = writer.result
    assert Project.open(project.path).set_names("predictions") == []


def test_without_a_block(project: Project) -> None:
    writer = PredictionWriter(project.path, "model", **STATED)
    writer.add("a", "car", 0.5, box=BOX)
    assert writer.publish().objects.count == writer.result.objects.count == 1
    for call in (writer.publish, lambda: writer.add("a", "car", 0.5, box=BOX), writer.__enter__):
        with pytest.raises(InputError, match="has ended"):
            call()
    writer.discard()
    assert Project.open(project.path).versions("predictions", "model")[-1].source == "PredictionWriter"
    with PredictionWriter(project, "model", source="train.py, epoch 3", **STATED) as early:
        early.add("a", "car", 0.5, box=BOX)
        early.publish()
    assert early.result.version == 2
    assert early.result.report.source == "train.py, epoch 3"


def test_a_writer_that_nobody_ends_leaves_nothing(project: Project) -> None:
    writer = PredictionWriter(project, "model", **STATED)
    writer.add("a", "car", 0.5, box=BOX)
    assert len(leftovers(project)) == 1
    del writer
    gc.collect()
    assert leftovers(project) == []


def test_a_writer_without_rows_publishes_an_empty_set(project: Project) -> None:
    with PredictionWriter(project, "model") as writer:
        writer.add_batch("a", classes=[], confidences=[], boxes=np.zeros((0, 4)), **STATED)
    assert writer.result.objects.count == 0
    assert "no_objects" in writer.result.report.problems
    assert Project.open(project.path).set_names("predictions") == ["model"]


def test_nothing_that_can_be_used_is_an_error(project: Project) -> None:
    with (
        pytest.raises(InputError, match="none of the 2 objects can be used"),
        PredictionWriter(project, **STATED) as writer,
    ):
        writer.add_batch("a", classes=["car"] * 2, confidences=[np.nan] * 2, boxes=[BOX] * 2)
    assert leftovers(project) == []
    with pytest.raises(InputError, match="do not belong to the frames"), PredictionWriter(project, **STATED) as writer:
        writer.add("elsewhere", "car", 0.5, box=BOX)
    assert leftovers(project) == []


def test_strict_publishes_nothing_for_one_bad_row(project: Project) -> None:
    with (
        pytest.raises(InputError, match="1 of 2 objects were rejected"),
        PredictionWriter(project, strict=True, **STATED) as writer,
    ):
        writer.add_batch("a", classes=["car"] * 2, confidences=[0.5, np.nan], boxes=[BOX] * 2)
    assert Project.open(project.path).set_names("predictions") == []
    assert leftovers(project) == []


def test_corrections_are_those_of_every_import(project: Project) -> None:
    with PredictionWriter(project, corrections=Corrections(confidence_scale="percent"), **STATED) as writer:
        writer.add("a", "car", 50, box=BOX)
    assert rows(writer, "confidence") == [(0.5,)]


def test_scores_of_classes_are_in_the_order_of_the_project(project: Project) -> None:
    names = [entry.name for entry in project.classes]
    assert names == ["person", "car", "dog"]
    with PredictionWriter(project, class_map=["dog", "person", "car"], **STATED) as writer:
        writer.add("a", 0, 0.5, box=BOX, class_scores=[0.5, 0.25, 0.125])
        writer.add_batch("b", classes=[1], confidences=[0.5], boxes=[BOX], class_scores=np.array([[0.5, 0.25, 0.125]]))
        writer.add_batch("b", classes=[1], confidences=[0.5], boxes=[BOX])
        with pytest.raises(InputError, match="class_scores must have the shape \\(1, 3\\)"):
            writer.add_batch("b", classes=[1], confidences=[0.5], boxes=[BOX], class_scores=[[0.5, 0.25]])
    assert [scores for (scores,) in rows(writer, "class_scores")] == [[0.25, 0.125, 0.5]] * 2 + [None]
    with PredictionWriter(project, **STATED) as by_project:
        by_project.add("a", "car", 0.5, box=BOX, class_scores=[0.25, 0.5, 0.125])
    assert rows(by_project, "class_scores") == [([0.25, 0.5, 0.125],)]


def test_labels_bring_frames_and_classes(project: Project) -> None:
    with LabelWriter(project, "more", **STATED) as writer:
        writer.add("a", "car", box=BOX, is_crowd=True, attributes={"weather": "rain"})
        writer.add_batch(["b", "new.png"], classes=["horse", "car"], boxes=[BOX] * 2, is_ignored=[True, False])
    assert frame_names(writer) == ["a.png", "b.png", "new.png"]
    assert class_names(writer) == ["car", "horse", "car"]
    assert rows(writer, "is_crowd", "is_ignored", "attributes", "confidence") == [
        (True, False, '{"weather":"rain"}', None),
        (False, True, None, None),
        (False, False, None, None),
    ]


def test_a_line_is_drawn_where_somebody_sees_it(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = StringIO()
    terminal.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr("predscope.progress.QUIET_SECONDS", 0.0)
    monkeypatch.setattr(sys, "stderr", terminal)
    with PredictionWriter(project, progress=True, **STATED) as writer:
        writer.add_batch("a", classes=["car"] * 1000, confidences=[0.5] * 1000, boxes=[BOX] * 1000)
    assert "Importing predictions: 1,000" in terminal.getvalue()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_writers_at_the_same_time(project: Project) -> None:
    with (
        PredictionWriter(project, "one", **STATED) as one,
        PredictionWriter(project, "two", **STATED) as two,
        LabelWriter(project, "more", **STATED) as labels,
    ):
        for number in range(30):
            labels.add(f"new_{number}.png", f"class {number % 3}", box=BOX)
            labels.add("a", "horse", box=BOX)
            one.add("abc"[number % 3], "zebra", 0.5, box=BOX)
            two.add("abc"[number % 3], "lion", 0.5, box=BOX)
    assert [writer.result.objects.count for writer in (one, two, labels)] == [30, 30, 60]
    last = Project.open(project.path)
    assert len(last.frames) == 33
    names = [entry.name for entry in last.classes]
    assert len(set(names)) == len(names)
    for name, expected in (("one", "zebra"), ("two", "lion")):
        classes = last.objects("predictions", name).table(["class_id"])["class_id"].to_pylist()
        assert {names[entry] for entry in classes} == {expected}


def test_threads_share_a_writer(project: Project) -> None:
    with PredictionWriter(project, **STATED) as writer:

        def write(frame: str) -> None:
            for number in range(200):
                if number % 2:
                    writer.add(frame, "car", 0.5, box=BOX)
                else:
                    writer.add_batch(frame, classes=["dog"] * 3, confidences=[0.5] * 3, boxes=[BOX] * 3)

        threads = [threading.Thread(target=write, args=(frame,)) for frame in "abc"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert np.diff(writer.result.objects.offsets).tolist() == [400, 400, 400]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_neither_writes_nor_takes_away(project: Project) -> None:
    with PredictionWriter(project, **STATED) as writer:
        writer.add("a", "car", 0.5, box=BOX)
        child = os.fork()
        if child == 0:
            try:
                writer.add("a", "car", 0.5, box=BOX)
            except InputError as error:
                writer.discard()
                os._exit(7 if "another process" in str(error) else 1)
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
        writer.add("a", "car", 0.5, box=BOX)
    assert writer.result.objects.count == 2


# Frames without images


def test_frames_without_images_have_the_size_that_they_are_given(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "sizes")
    with LabelWriter(project, box_format="cxcywh", units="relative") as writer:
        writer.add_frame("drive/1.jpg", width=200, height=np.int64(100))
        writer.add("drive/1.jpg", "car", box=[0.5, 0.5, 0.2, 0.4])
        writer.add("2.jpg", "car", box=[0.5, 0.5, 0.2, 0.4])
        writer.add_frame(17, width=64, height=48)
        writer.add_frame("nothing in it.jpg", width=30, height=40)
    result = writer.result
    assert result.report.imported == 1
    assert result.report.problems["frame_size_unknown"].count == 1
    frames = result.project.frames.set_index("file_name")
    assert frames.loc["drive/1.jpg", ["width", "height"]].tolist() == [200, 100]
    assert frames.loc["17", ["width", "height", "source_id"]].tolist() == [64, 48, "17"]
    assert frames.loc["nothing in it.jpg", ["width", "height"]].tolist() == [30, 40]
    box = result.objects.table(["x", "y", "w", "h"]).to_pylist()[0]
    assert box == pytest.approx({"x": 80, "y": 30, "w": 40, "h": 40})


def test_a_frame_may_be_added_late_and_the_size_of_its_image_holds(project: Project) -> None:
    name = project.frames["file_name"][0]
    before = project.frames[["width", "height"]].iloc[0].tolist()
    count = SAMPLE_ROWS + BATCH_ROWS  # those are no longer held back
    with LabelWriter(project, "late", box_format="xywh", units="pixels") as writer:
        writer.add_batch(name, classes=["car"] * count, boxes=np.tile([1, 2, 3, 4], (count, 1)))
        writer.add_frame("unseen.jpg", width=10, height=20)
        writer.add("unseen.jpg", "car", box=[1, 2, 3, 4])
        writer.add_frame(name, width=1, height=1)
    frames = writer.result.project.frames
    assert writer.result.report.imported == count + 1
    assert frames[["width", "height"]].iloc[0].tolist() == before
    assert frames.set_index("file_name").loc["unseen.jpg", ["width", "height"]].tolist() == [10, 20]
    assert writer.result.report.problems["size_differs"].count == 1


@pytest.mark.parametrize("size", [{"width": 10}, {"width": 0, "height": 5}, {"width": 2.5, "height": 5}])
def test_sizes_that_are_none_are_refused(project: Project, size: dict[str, Any]) -> None:
    with LabelWriter(project, box_format="xywh", units="pixels") as writer:
        with pytest.raises(InputError, match="width and height"):
            writer.add_frame("new.jpg", **size)
        writer.add(project.frames["file_name"][0], "car", box=[1, 2, 3, 4])
