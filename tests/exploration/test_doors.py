"""Every number opens its objects: kinds of error, confused pairs, confidences, by whatever is compared."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import pytest
from hotcoco import mask as rle_codec

from predscope import Project
from predscope.evaluation.calibration import calibrate
from predscope.evaluation.detection import Detection
from predscope.evaluation.match_table import Outcome
from predscope.evaluation.objects import IouType
from predscope.evaluation.tide import find_errors
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.comparison import COMPARISON_WORDS, LIKENESS_WORDS, comparison, comparisons
from predscope.exploration.crops import crop_records
from predscope.exploration.object_query import ERROR_WORDS, ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.outcome_fields import outcome_fields
from predscope.exploration.outcomes import detection, frame_outcomes, match_table, tide_errors
from predscope.exploration.performance import performance
from predscope.payload import project_layers
from tests.exploration.test_object_selection import check_every_number, sample

__all__ = ["sample"]

SIZE = (640, 480)
POINTS = [(10.0, 1.0), (4.0, 4.0), (4.0, 4.0)]


def shaped(kind: str, row: dict[str, Any]) -> dict[str, Any]:
    """A box of a generated project as another shape inside it."""
    x, y, w, h = (row[side] for side in "xywh")
    if kind == "polygon":
        ring = [x + w / 2, y, x + w, y + h / 2, x + w / 2, y + h, x, y + h / 2]
        return row | {"geometry": kind, "polygons": [[ring]]}
    if kind == "mask":
        pixels = np.zeros((SIZE[1], SIZE[0]), np.uint8)
        middle, axes = (round(x + w / 2), round(y + h / 2)), (max(round(w / 2), 1), max(round(h / 2), 1))
        cv2.ellipse(pixels, middle, axes, 0, 0, 360, 1, -1)
        encoded = rle_codec.encode(np.asfortranarray(pixels))
        return row | {
            "geometry": kind,
            "rle_counts": encoded["counts"],
            "rle_height": SIZE[1],
            "rle_width": SIZE[0],
        }
    if kind == "keypoints":
        points = [(x, y, 2), (x + w, y, 2), (x + w / 2, y + h, 1)]
        return row | {"geometry": kind, "keypoints": [value for point in points for value in point], "area": w * h}
    if kind == "oriented_box":
        return row | {"geometry": kind, "oriented_box": [x + w / 2, y + h / 2, w * 0.7, h * 0.7, 0.4]}
    if kind == "classification":
        return {name: value for name, value in row.items() if name not in "xywh"} | {"geometry": kind}
    return row


@pytest.fixture(scope="module")
def shaped_project(project_maker: Any) -> Any:
    """``make(kind)``: 24 frames of labels and predictions of a shape, many of the predictions near a label."""
    made: dict[str, Any] = {}

    def make(kind: str) -> Any:
        if kind not in made:
            rng = np.random.default_rng(5)
            labels, predictions = [], []
            for index in range(24):
                for number in range(rng.integers(0, 5)):
                    x, y, w, h = rng.uniform(0, 400), rng.uniform(0, 250), rng.uniform(30, 200), rng.uniform(30, 200)
                    box = {"x": x, "y": y, "w": w, "h": h, "frame_index": index, "class_id": int(rng.integers(3))}
                    crowd = kind == "box" and number == 3
                    labels.append(shaped(kind, box) | {"is_crowd": crowd})
                    for _ in range(rng.integers(0, 4)):
                        moved = {side: box[side] + rng.normal(0, 12) for side in "xy"}
                        class_id = int(rng.integers(3)) if rng.random() < 0.3 else box["class_id"]
                        near = shaped(kind, box | moved | {"class_id": class_id})
                        predictions.append(near | {"confidence": round(float(rng.random()), 2)})
            sets = {("labels", "labels"): labels, ("predictions", "m"): predictions}
            made[kind] = project_maker([{"width": SIZE[0], "height": SIZE[1]}] * 24, sets)
        return made[kind]

    return make


def rows(selection: ObjectSelection) -> set[tuple[int, int]]:
    """Of what is counted: (row of the prediction, -1) or (-1, row of the label)."""
    label = np.where(selection.is_label, selection.label_row, -1)
    return {*zip(selection.prediction_row.tolist(), label.tolist(), strict=True)}


def check_errors(project: Any, name: str, confidence: float, iou: float, by: str = "") -> None:
    """Every count of TIDE opens exactly its records, alone and together with the other conditions."""
    base = ObjectQuery(FrameQuery(confidence=confidence, iou=iou, by=by), name)
    tide = tide_errors(project, name, confidence, iou, by=by)
    records = tide.records()
    names = [object_class.name for object_class in project.classes]
    table = match_table(project, name, confidence, iou, by=by)
    class_of = np.full(project.objects("predictions", name).count, -1)
    class_of[table.predictions.row] = table.predictions.class_id

    for kind in ERROR_WORDS:
        of_kind = records[records["error"] == kind.capitalize()]
        selection = select_objects(project, base.with_(errors=(kind,)))
        assert len(selection) == tide.counts[kind.capitalize()] == len(of_kind)
        wanted = of_kind["label_row"].where(of_kind["error"] == "Miss", -1)
        assert rows(selection) == {*zip(of_kind["prediction_row"], wanted, strict=True)}
        about = dict(
            zip(of_kind["prediction_row"], zip(of_kind["label_row"], of_kind["iou"], strict=True), strict=True)
        )
        for place in range(len(selection)):
            item = selection.item(place)
            assert item.error.name.lower() == kind
            assert item.is_label == (kind == "miss")
            if not item.is_label:
                assert (item.near_row, item.iou) == about[item.prediction_row]
        for class_id, class_name in enumerate(names):
            chosen = ObjectSelection(project, base.with_(errors=(kind,), klass=class_name))
            assert len(chosen) == (of_kind["class_id"] == class_id).sum()
        for sort in ("confidence", "iou", "size"):
            values = {"confidence": selection.confidence, "iou": selection.iou, "size": selection.size}
            for descending in (True, False):
                ordered = ObjectSelection(project, base.with_(errors=(kind,), sort=sort, descending=descending))
                assert rows(ordered) == rows(selection)
                found = {"confidence": ordered.confidence, "iou": ordered.iou, "size": ordered.size}[sort]
                expected = np.sort(values[sort])
                known = expected[~np.isnan(expected)]
                assert found[: len(known)].tolist() == (known[::-1] if descending else known).tolist()

    some = base.with_(errors=("loc", "miss"))
    assert len(select_objects(project, some)) == records["error"].isin(["Loc", "Miss"]).sum()
    of_errors = {kind: records[records["error"] == kind.capitalize()] for kind in ERROR_WORDS}
    for outcome, code in (("fp", Outcome.FALSE_POSITIVE), ("ignored", Outcome.IGNORED)):
        chosen = select_objects(project, base.with_(errors=("bkg", "loc", "cls"), outcomes=(outcome,)))
        wrong = {*of_errors["bkg"]["prediction_row"], *of_errors["loc"]["prediction_row"]}
        wrong |= {*of_errors["cls"]["prediction_row"]}
        assert {*chosen.prediction_row} == wrong & {*table.predictions.row[table.outcome == code]}
    facets = ObjectSelection(project, base).facets.errors
    assert facets == {kind: tide.counts[kind.capitalize()] for kind in ERROR_WORDS}
    narrowed = base.with_(klass=names[0], errors=("cls",))
    facets = ObjectSelection(project, narrowed).facets.errors
    for kind, count in facets.items():
        assert len(ObjectSelection(project, narrowed.with_(errors=(kind,)))) == count


def check_confused(project: Any, name: str, confidence: float, iou: float, by: str = "") -> None:
    """ "3 of them confused" opens three predictions among the false positives, three labels among the missed."""
    frames = FrameQuery(confidence=confidence, iou=iou, by=by)
    base = ObjectQuery(frames, name, confused=True)
    at = performance(project, frames, name).at(confidence, iou)
    inner = at.confusion.counts[:-1, :-1]
    pairs = {
        pair
        for row, column in np.argwhere(inner).tolist()
        if row != column
        for pair in zip(*(side.tolist() for side in at.confusion.cell(row, column)), strict=True)
    }
    predictions = select_objects(project, base.with_(outcomes=("fp",)))
    assert len(predictions) == at.confused == inner.sum() - inner.trace() == len(pairs)
    assert {*zip(predictions.prediction_row.tolist(), predictions.label_row.tolist(), strict=True)} == pairs
    labels = select_objects(project, base.with_(outcomes=("fn",)))
    assert rows(labels) == {(-1, label) for _, label in pairs}
    assert {*labels.near_row.tolist()} == {prediction for prediction, _ in pairs}
    assert len(select_objects(project, base.with_(outcomes=("tp",)))) == 0
    told = ObjectSelection(project, base).facets.outcomes
    assert told == {"tp": 0, "fp": len(pairs), "fn": len(pairs), "ignored": 0, "ignored_label": 0}
    names = [object_class.name for object_class in project.classes]
    for row, column in np.argwhere(inner).tolist():
        cell = base.with_(label_class=names[row], predicted_class=names[column])
        assert len(ObjectSelection(project, cell)) == (inner[row, column] if row != column else 0)


def check_confidences(project: Any, name: str, confidence: float, iou: float, by: str = "") -> None:
    """Bins of confidence hold each prediction once; a bin of the calibration opens what it counts."""
    base = ObjectQuery(FrameQuery(confidence=confidence, iou=iou, by=by), name)
    table = match_table(project, name, confidence, iou, by=by)
    edges: list[float | None] = [0.0, 0.1, 0.25, 0.5, 0.51, 0.9, None]
    for outcome, code in (("tp", Outcome.TRUE_POSITIVE), ("fp", Outcome.FALSE_POSITIVE)):
        seen: list[int] = []
        for low, high in pairwise(edges):
            assert low is not None
            chosen = select_objects(project, base.with_(outcomes=(outcome,), confidence_range=(low, high)))
            assert not chosen.is_label.any()
            inside = (table.predictions.confidence >= low) & (table.predictions.confidence < (high or np.inf))
            assert {*chosen.prediction_row} == {*table.predictions.row[inside & (table.outcome == code)]}
            seen += chosen.prediction_row.tolist()
        assert sorted(seen) == table.predictions.row[table.outcome == code].tolist()
    found = detection(project, name, by=by)
    everything = base.with_(frames=base.frames.with_(confidence=0.0), outcomes=("tp", "fp"))
    bins = calibrate(found.matching(iou), found.labels, found.predictions)
    for low, high, count in zip(bins.low.tolist(), bins.high.tolist(), bins.count.tolist(), strict=True):
        limits = (low, None if high == 1.0 else high)
        assert len(select_objects(project, everything.with_(confidence_range=limits))) == count


@pytest.fixture(scope="module", params=["box", "polygon", "mask", "keypoints", "oriented_box", "classification"])
def kind(request: pytest.FixtureRequest) -> str:
    return request.param


BY = {
    "polygon": IouType.SEGM,
    "mask": IouType.SEGM,
    "keypoints": IouType.KEYPOINTS,
    "oriented_box": IouType.ORIENTED,
    "classification": IouType.FRAME,
}


def test_the_comparison_that_suits(shaped_project: Any, kind: str) -> None:
    own = BY.get(kind, IouType.BBOX)
    project = shaped_project(kind)
    assert comparison(project, None, "m") is own
    offered = {
        IouType.BBOX: [IouType.BBOX],
        IouType.FRAME: [IouType.FRAME],
        IouType.SEGM: [IouType.BBOX, IouType.SEGM, IouType.BOUNDARY],
    }.get(own, [IouType.BBOX, own])
    assert comparisons(project, "labels", "m") == offered
    assert [comparison(project, None, "m", str(iou_type)) for iou_type in offered] == offered
    other = IouType.SEGM if own is IouType.KEYPOINTS else IouType.KEYPOINTS
    assert comparison(project, None, "m", str(other)) is own, "what is not on offer is not made"
    assert detection(project, "m").iou_type is own
    assert detection(project, "m") is detection(project, "m", by=str(own))
    if len(offered) > 1:
        boxes = detection(project, "m", by="bbox")
        assert boxes.iou_type is IouType.BBOX
        assert performance(project, FrameQuery(by="bbox"), "m").detection is boxes


@pytest.mark.parametrize(("confidence", "iou"), [(0.0, 0.5), (0.35, 0.3), (0.6, 0.75)])
def test_numbers_by_every_comparison(shaped_project: Any, kind: str, confidence: float, iou: float) -> None:
    project = shaped_project(kind)
    for iou_type in comparisons(project, None, "m"):
        point = ("m", confidence, iou, str(iou_type))
        check_every_number(project, *point)
        check_errors(project, *point)
        check_confused(project, *point)
        check_confidences(project, *point)
        counts = frame_outcomes(project, "m", confidence, iou, by=str(iou_type))
        missed = select_frames(project, FrameQuery(confidence=confidence, iou=iou, by=str(iou_type), sort="missed"))
        assert missed.values.tolist() == sorted(counts.fn)


@pytest.mark.parametrize(("confidence", "iou"), [(0.0, 0.5), (0.45, 0.3), (0.9, 0.1)])
def test_doors_of_a_generated_project(project: Any, confidence: float, iou: float) -> None:
    for check in (check_errors, check_confused, check_confidences):
        check(project, "model_a", confidence, iou)


@pytest.mark.parametrize("name", ["model_a", "model_b"])
def test_doors_of_the_sample_project(sample: Project, name: str) -> None:
    for iou_type in comparisons(sample, None, name):
        for check in (check_errors, check_confused, check_confidences):
            check(sample, name, 0.1, 0.5, str(iou_type))


def test_errors_on_some_frames_are_those_of_these_frames_alone(sample: Project) -> None:
    night = FrameQuery(confidence=0.25, attributes=(("time_of_day", "night"),))
    tide = performance(sample, night, "model_a").errors(0.25, 0.5)
    counts = {kind: len(select_objects(sample, ObjectQuery(night, "model_a", errors=(kind,)))) for kind in ERROR_WORDS}
    assert counts == {name.lower(): count for name, count in tide.counts.items()}
    assert performance(sample, night, "model_a").errors(0.25, 0.5) is tide


def test_a_confidence_leaves_what_evaluating_the_rest_from_scratch_finds(project: Any) -> None:
    found = detection(project, "model_a")
    for confidence, iou in ((0.3, 0.5), (0.62, 0.25)):
        rest = found.predictions.take(found.predictions.confidence >= confidence)
        scratch = Detection(found.labels, rest, found.classes, frame_count=found.frame_count)
        expected = find_errors(scratch.pairs, found.labels, rest, len(found.classes), iou_threshold=iou)
        ours = tide_errors(project, "model_a", confidence, iou)
        assert ours.counts == expected.counts
        assert ours.records().equals(expected.records())
        assert ours.ap == pytest.approx(expected.ap, abs=1e-12)
        assert ours.delta_ap == pytest.approx(expected.delta_ap, abs=1e-12)
        assert ours.special == pytest.approx(expected.special, abs=1e-12)


def test_crops_say_the_kind_of_error(sample: Project) -> None:
    layers = project_layers(sample, ["model_a"])

    def captions(*errors: str, **fields: Any) -> list[str]:
        query = ObjectQuery(FrameQuery(confidence=0.1), "model_a", errors=errors, **fields)
        selection = select_objects(sample, query)
        crops = crop_records(sample, layers, selection, range(min(len(selection), 40)), lambda *_: "/crop")
        return [f"{crop['title']}: {crop['words']}" for crop in crops]

    for caption in captions("dupe"):
        assert caption.startswith("Duplicate: ")
        assert "already matched" in caption
    for caption in captions("cls", klass="truck"):
        assert caption.startswith("Wrong class: truck .")
        assert "with a label of another class, " in caption
    assert all(caption.startswith("Localisation: ") and ", needs .50" in caption for caption in captions("loc"))
    assert all("no label overlaps it by .10 or more" in caption for caption in captions("bkg"))
    assert all(caption.startswith("Missed label: person: ") for caption in captions("miss", klass="person"))
    assert captions("cls", "loc", "both", "dupe", "bkg", "miss")


def test_sentences_name_what_is_compared(shaped_project: Any, kind: str) -> None:
    project = shaped_project(kind)
    own = comparison(project, None, "m")
    said = " ".join(
        str(fields.get("error"))
        for rows in outcome_fields(project, ["m"], 0.0, 0.8).values()
        for fields in rows(np.arange(project.objects("labels").count))
    )
    if own is IouType.FRAME:
        assert "The frame is labelled" in said
        assert "IoU" not in said
        assert "overlap" not in said.lower()
    else:
        assert LIKENESS_WORDS[own] in said
        assert ("best overlap" in said.lower()) == (own is IouType.BBOX)
    assert set(COMPARISON_WORDS) == set(LIKENESS_WORDS) == {str(iou_type) for iou_type in IouType}


def test_shapes_of_several_kinds(project_maker: Any) -> None:
    """People with keypoints and, in the labels, masks beside them; cars with plain boxes."""
    person = {"frame_index": 0, "class_id": 1, "x": 10.0, "y": 10.0, "w": 60.0, "h": 90.0}
    car = {"frame_index": 0, "class_id": 0, "x": 200.0, "y": 10.0, "w": 60.0, "h": 90.0}
    posed = shaped("keypoints", person)
    outlined = posed | {"polygons": shaped("polygon", person)["polygons"]}
    sets = {
        ("labels", "labels"): [car, outlined, {**car, "class_id": 1, "x": 400.0}],
        ("predictions", "m"): [
            {**posed, "confidence": 0.9},
            {**car, "confidence": 0.8},
            {**shaped("polygon", person), "confidence": 0.7},
        ],
    }
    project = project_maker([{}], sets)
    assert comparison(project, None, "m") is IouType.BBOX
    assert comparisons(project, None, "m") == ["bbox", "segm", "boundary", "keypoints"]
    by_points = select_objects(project, ObjectQuery(FrameQuery(by="keypoints"), "m"))
    assert [by_points.item(place).outcome for place in range(len(by_points))] == [Outcome.TRUE_POSITIVE]
    assert match_table(project, "m", 0.0, 0.5, by="keypoints").labels.row.tolist() == [1, 2]
    by_masks = select_objects(project, ObjectQuery(FrameQuery(by="segm", iou=0.9), "m", ("tp",), klass="person"))
    assert by_masks.prediction_row.tolist() == [2], "the outline beside the keypoints, not the box around them"
    assert by_masks.iou.tolist() == [1.0]


def test_whole_frames_have_no_size_and_are_shown_whole(shaped_project: Any) -> None:
    project = shaped_project("classification")
    selection = select_objects(project, ObjectQuery(FrameQuery(), "m"))
    assert len(selection)
    assert np.isnan(selection.size).all()


def test_polygons_are_compared_as_masks_only_where_frames_have_sizes(project_maker: Any) -> None:
    square = {"frame_index": 0, "class_id": 0, "x": 10.0, "y": 10.0, "w": 50.0, "h": 50.0}
    sets = {
        ("labels", "labels"): [shaped("polygon", square)],
        ("predictions", "m"): [shaped("polygon", square) | {"confidence": 0.9}],
    }
    assert comparisons(project_maker([{}, {"width": None, "height": None}], sets), None, "m") == [
        "bbox",
        "segm",
        "boundary",
    ]
    assert comparisons(project_maker([{"width": None, "height": None}], sets), None, "m") == ["bbox"]
