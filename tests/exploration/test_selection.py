"""Selections against a plain reading of the same rows, one frame at a time."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.exploration import SORTS, FrameQuery, chosen_sets, relaxations, select_frames
from predscope.exploration.selection import FrameSelection
from tests.evaluation.sequential import box_iou

NAMES = ["car", "person", "dog", "traffic light", "Bus"]
count_ranges = st.sampled_from([None, (0, 0), (1, None), (2, 5), (3, 3)])
queries = st.builds(
    FrameQuery,
    prediction_sets=st.sampled_from([(), ("model_a",), ("model_b",), ("model_b", "model_a")]),
    confidence=st.sampled_from([0.0, 0.25, 0.5, 0.77, 1.0]),
    label_classes=st.sampled_from([(), ("car",), ("car", "dog"), ("Bus",)]),
    predicted_classes=st.sampled_from([(), ("person",), ("dog", "traffic light")]),
    text=st.sampled_from(["", "night", "NIGHT rain", "traffic 01", "car", "bus", "n7"]),
    label_count=count_ranges,
    prediction_count=count_ranges,
    missed_count=count_ranges,
    false_count=count_ranges,
    kinds=st.sampled_from([(), ("fn",), ("tp", "fp")]),
    iou=st.sampled_from([0.1, 0.5]),
    image=st.sampled_from(["", "ok", "missing"]),
    has=st.sampled_from(["", "no_labels", "no_predictions"]),
    attributes=st.sampled_from(
        [(), (("weather", "rain"),), (("camera", "2"), ("camera", "3")), (("weather", "fog"), ("camera", "1"))]
    ),
    sort=st.sampled_from(list(SORTS)),
    descending=st.booleans(),
)


def labels_of(project: Any, frame: int) -> list[dict[str, Any]]:
    return [row for row in project.objects("labels", "labels").rows if row["frame_index"] == frame]


def predictions_of(project: Any, query: FrameQuery, frame: int) -> list[dict[str, Any]]:
    return [
        row
        for name in chosen_sets(project, query)
        for row in project.objects("predictions", name).rows
        if row["frame_index"] == frame and row["confidence"] >= query.confidence
    ]


def outcomes_of(project: Any, query: FrameQuery, frame: int) -> tuple[int, int, int]:
    """True positives, false positives and missed labels of the first chosen set, matched one prediction at a time."""
    name = chosen_sets(project, query)[0]
    labels = labels_of(project, frame)
    predictions = predictions_of(project, query.with_(prediction_sets=(name,)), frame)
    free, found = list(range(len(labels))), 0
    for prediction in sorted(predictions, key=lambda row: -row["confidence"]):
        box = np.array([prediction[side] for side in "xywh"])
        ious = {
            place: box_iou(box, np.array([labels[place][side] for side in "xywh"]), False)
            for place in free
            if labels[place]["class_id"] == prediction["class_id"]
        }
        best = max(ious, key=ious.__getitem__, default=None)
        if best is not None and ious[best] >= query.iou:
            free.remove(best)
            found += 1
    return found, len(predictions) - found, len(free)


def qualifies(project: Any, query: FrameQuery, frame: int) -> bool:
    record = project.frames.iloc[frame]
    attributes = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in json.loads(record["attributes"] or "{}").items()
        if value is not None
    }
    labels, predictions = labels_of(project, frame), predictions_of(project, query, frame)
    label_names = {NAMES[row["class_id"]] for row in labels}
    predicted_names = {NAMES[row["class_id"]] for row in predictions}
    places = [record["frame_id"], record["file_name"], *attributes.values(), *label_names, *predicted_names]

    def within(count: int, limits: Any) -> bool:
        return limits is None or (count >= limits[0] and (limits[1] is None or count <= limits[1]))

    wanted: dict[str, set[str]] = {}
    for key, value in query.attributes:
        wanted.setdefault(key, set()).add(value)
    return (
        (not query.label_classes or bool(label_names & set(query.label_classes)))
        and (not query.predicted_classes or bool(predicted_names & set(query.predicted_classes)))
        and all(any(word in place.casefold() for place in places) for word in query.text.casefold().split())
        and within(len(labels), query.label_count)
        and within(len(predictions), query.prediction_count)
        and within(outcomes_of(project, query, frame)[2], query.missed_count)
        and within(outcomes_of(project, query, frame)[1], query.false_count)
        and (
            not query.kinds
            or any(
                dict(zip(("tp", "fp", "fn"), outcomes_of(project, query, frame), strict=True))[kind]
                for kind in query.kinds
            )
        )
        and query.image in ("", record["image_status"])
        and (query.has != "no_labels" or not labels)
        and (query.has != "no_predictions" or not predictions)
        and all(attributes.get(key) in values for key, values in wanted.items())
    )


def sort_value(project: Any, query: FrameQuery, frame: int) -> float:
    labels, predictions = labels_of(project, frame), predictions_of(project, query, frame)
    confidence = [row["confidence"] for row in predictions]
    areas = [row["w"] * row["h"] for row in labels + predictions]
    per_set = [
        len(predictions_of(project, query.with_(prediction_sets=(name,)), frame)) - len(labels)
        for name in chosen_sets(project, query)
    ]
    found, wrong, missed = outcomes_of(project, query, frame)
    return {
        "frame": math.nan,
        "missed": missed,
        "false": wrong,
        "precision": found / (found + wrong) if found + wrong else math.nan,
        "recall": found / (found + missed) if found + missed else math.nan,
        "f1": 2 * found / (2 * found + wrong + missed) if found + wrong + missed else math.nan,
        "labels": len(labels),
        "predictions": len(predictions),
        "difference": max(per_set, key=abs),
        "confidence_mean": float(np.mean(confidence)) if confidence else math.nan,
        "confidence_min": min(confidence, default=math.nan),
        "confidence_max": max(confidence, default=math.nan),
        "largest": max(areas, default=math.nan) / (640 * 480),
        "smallest": math.sqrt(min(areas, default=math.nan)),
        "classes": len({row["class_id"] for row in labels + predictions}),
    }[query.sort]


@settings(max_examples=150, deadline=None)
@given(query=queries)
def test_selection_equals_a_plain_reading(project: Any, query: FrameQuery) -> None:
    selection = FrameSelection(project, query)
    members = [frame for frame in range(len(project.frames)) if qualifies(project, query, frame)]
    assert sorted(selection.indices.tolist()) == members
    assert selection.label_counts.tolist() == [len(labels_of(project, frame)) for frame in selection.indices]
    total = sum(selection.prediction_counts.values())
    if members:
        assert total.tolist() == [len(predictions_of(project, query, frame)) for frame in selection.indices]
    expected = [sort_value(project, query, frame) for frame in selection.indices]
    np.testing.assert_allclose(selection.values, expected)
    if query.sort == "frame":
        assert selection.indices.tolist() == (members[::-1] if query.descending else members)
        return
    keys = np.abs(selection.values) if query.sort == "difference" else selection.values
    known = keys[~np.isnan(keys)]
    assert not np.isnan(keys[: len(known)]).any(), "frames without a value come last"
    steps = np.diff(known)
    assert (steps <= 0).all() if query.descending else (steps >= 0).all()
    for value in np.unique(known):
        assert (np.diff(selection.indices[: len(known)][known == value]) > 0).all(), "ties keep the project's order"


def test_counters_are_of_the_whole_project(project: Any) -> None:
    query = FrameQuery(confidence=0.5, label_classes=("car",))
    selection = select_frames(project, query)
    counters = selection.counters
    frames = selection.indices.tolist()
    assert (counters.frames.shown, counters.frames.total) == (len(frames), 60)
    assert counters.labels.shown == sum(len(labels_of(project, frame)) for frame in frames)
    assert counters.labels.total == project.objects("labels", "labels").count
    assert set(counters.predictions) == {"model_a", "model_b"}
    only_a = query.with_(prediction_sets=("model_a",))
    assert counters.predictions["model_a"].shown == sum(len(predictions_of(project, only_a, frame)) for frame in frames)
    assert counters.predictions["model_a"].total == project.objects("predictions", "model_a").count


def test_neighbours_follow_the_order(project: Any) -> None:
    selection = select_frames(project, FrameQuery(sort="predictions", descending=True))
    order = selection.indices.tolist()
    assert selection.position(order[4]) == 4
    assert selection.neighbours(order[4], 2) == ([order[3], order[2]], [order[5], order[6]])
    assert selection.neighbours(order[0]) == ([], [order[1]])
    assert selection.neighbours(order[-1]) == ([order[-2]], [])
    assert selection.position(10_000) is None


def test_a_frame_outside_the_selection_lies_between_its_neighbours_in_the_project(project: Any) -> None:
    selection = select_frames(project, FrameQuery(image="missing"))
    assert selection.indices.tolist() == list(range(0, 60, 6))
    assert selection.position(8) is None
    assert selection.neighbours(8, 2) == ([6, 0], [12, 18])


def test_pages_cover_the_selection_once(project: Any) -> None:
    selection = select_frames(project, FrameQuery())
    assert selection.page_count(25) == 3
    pages = [selection.indices[selection.page(number, 25)] for number in (1, 2, 3)]
    assert np.concatenate(pages).tolist() == selection.indices.tolist()
    assert selection.page(99, 25) == slice(50, 60)
    nothing = select_frames(project, FrameQuery(text="no such thing"))
    assert (nothing.page_count(25), nothing.page(1, 25)) == (1, slice(0, 0))


def test_selections_cannot_be_changed(project: Any) -> None:
    selection = select_frames(project, FrameQuery())
    with pytest.raises(ValueError, match="read-only"):
        selection.indices[0] = 5


def test_the_same_question_is_answered_once(project: Any) -> None:
    assert select_frames(project, FrameQuery(text="night")) is select_frames(project, FrameQuery(text="night"))


def test_another_revision_is_read_anew(random_project_maker: Any) -> None:
    before, after = random_project_maker(seed=1, n_frames=20), random_project_maker(seed=2, n_frames=20)
    assert before.path == after.path
    counts = [select_frames(project, FrameQuery()).label_counts.sum() for project in (before, after)]
    assert counts == [project.objects("labels", "labels").count for project in (before, after)]


def test_tiles_say_the_value_in_words(project_maker: Any) -> None:
    box = {"x": 0.0, "y": 0.0, "w": 64.0, "h": 48.0}
    project = project_maker(
        [{}, {}, {}],
        {
            ("labels", "labels"): [{"frame_index": 0, "class_id": 0} | box, {"frame_index": 0, "class_id": 1} | box],
            ("predictions", "m"): [{"frame_index": 0, "class_id": 0, "confidence": 0.42} | box]
            + [{"frame_index": 1, "class_id": 0, "confidence": 0.9} | box] * 3,
        },
    )

    def words(sort: str) -> list[str]:
        selection = select_frames(project, FrameQuery(sort=sort))
        return [selection.value_in_words(selection.position(frame)) for frame in range(3)]

    assert words("frame") == ["", "", ""]
    assert words("labels") == ["2 labels", "0 labels", "0 labels"]
    assert words("predictions") == ["1 prediction", "3 predictions", "0 predictions"]
    assert words("difference") == ["1 fewer prediction", "3 more predictions", "as many as labels"]
    assert words("confidence_mean") == ["mean confidence .42", "mean confidence .90", ""]
    assert words("largest") == ["largest 1% of the frame", "largest 1% of the frame", ""]
    assert words("smallest") == ["smallest 55 px", "smallest 55 px", ""]
    assert words("classes") == ["2 classes", "1 class", "0 classes"]


def test_a_project_without_labels_or_predictions(project_maker: Any) -> None:
    project = project_maker([{}, {"attributes": {"a": 1}}], {})
    selection = select_frames(project, FrameQuery(sort="difference", descending=True, confidence=0.5))
    assert selection.indices.tolist() == [0, 1]
    assert selection.counters.labels is None
    assert selection.counters.predictions == {}
    assert selection.facets().label_classes == ()
    assert len(select_frames(project, FrameQuery(label_classes=("car",)))) == 0
    assert len(select_frames(project_maker([], {}), FrameQuery())) == 0


def test_what_to_remove_when_nothing_is_left(project: Any) -> None:
    query = FrameQuery(image="missing", text="no such thing", label_classes=("car",))
    assert len(select_frames(project, query)) == 0
    suggestions = [(active.key, frames) for active, frames in relaxations(project, query)]
    expected = len(select_frames(project, query.with_(text="")))
    assert suggestions == [("text", expected)]
