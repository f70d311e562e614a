"""Objects selected equal objects counted: at operating points, in cells of the matrix, row by row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from predscope import Project, import_labels, import_predictions
from predscope.evaluation.confusion import BACKGROUND
from predscope.evaluation.match_table import Outcome, Reason
from predscope.evaluation.operating_point import count_outcomes
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.crops import CONTEXT, crop_records, crop_window
from predscope.exploration.object_query import REASON_WORDS, ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.outcome_fields import outcome_fields
from predscope.exploration.outcomes import detection, match_table
from predscope.exploration.performance import performance
from predscope.payload import project_layers
from tests.conftest import SAMPLE_DATA


def check_every_number(
    project: Any, name: str, confidence: float, iou: float, by: str = "", *, by_place: bool = False
) -> None:
    """Every count of the operating point and of the confusion matrix opens exactly its objects."""
    base = ObjectQuery(FrameQuery(confidence=confidence, iou=iou, by=by), name, by_place=by_place)
    found = detection(project, name, by=by)
    table = found.match_table(confidence, iou, class_agnostic=by_place)
    point = count_outcomes(table, found.classes)
    confusion = found.confusion(confidence, iou, class_agnostic=by_place)
    names = [object_class.name for object_class in project.classes]

    totals = {key: getattr(point, key) for key in ("tp", "fp", "fn", "ignored")}
    for outcome, counts in totals.items():
        assert len(select_objects(project, base.with_(outcomes=(outcome,)))) == counts.sum()
        for class_id in np.flatnonzero(counts):
            chosen = ObjectSelection(project, base.with_(outcomes=(outcome,), klass=names[class_id]))
            assert len(chosen) == counts[class_id]
    left_out = select_objects(project, base.with_(outcomes=("ignored_label",)))
    assert sorted(left_out.label_row) == table.labels.row[table.label_outcome == Outcome.IGNORED].tolist()
    assert left_out.is_label.all()
    tp = select_objects(project, base.with_(outcomes=("tp",)))
    positions = np.flatnonzero(table.outcome == Outcome.TRUE_POSITIVE)
    assert {*zip(tp.prediction_row.tolist(), tp.label_row.tolist(), strict=True)} == {
        *zip(table.predictions.row[positions].tolist(), table.labels.row[table.label[positions]].tolist(), strict=True)
    }
    fp = select_objects(project, base.with_(outcomes=("fp",)))
    assert sorted(fp.prediction_row) == table.predictions.row[table.outcome == Outcome.FALSE_POSITIVE].tolist()
    fn = select_objects(project, base.with_(outcomes=("fn",)))
    assert sorted(fn.label_row) == table.labels.row[table.label_outcome == Outcome.FALSE_NEGATIVE].tolist()

    sides = [*names, BACKGROUND]
    for row, column in np.argwhere(confusion.counts)[:400].tolist():
        cell = ObjectSelection(project, base.with_(label_class=sides[row], predicted_class=sides[column]))
        predictions, labels = confusion.cell(row, column)
        assert len(cell) == confusion.counts[row, column]
        assert sorted(cell.prediction_row[cell.prediction_row >= 0]) == sorted(predictions)
        assert sorted(cell.label_row[cell.label_row >= 0]) == sorted(labels)
    for place, side in enumerate(sides):
        assert len(ObjectSelection(project, base.with_(label_class=side))) == confusion.counts[place].sum()
        assert len(ObjectSelection(project, base.with_(predicted_class=side))) == confusion.counts[:, place].sum()
    for class_id in np.flatnonzero(confusion.counts[-1, :-1]):
        for reason in REASON_WORDS:
            query = base.with_(label_class=BACKGROUND, predicted_class=names[class_id], reasons=(reason,))
            expected = confusion.background_of(int(class_id), Reason[reason.upper()])
            assert sorted(ObjectSelection(project, query).prediction_row) == sorted(expected)
    reasons = [len(select_objects(project, base.with_(reasons=(reason,)))) for reason in REASON_WORDS]
    assert sum(reasons) == len(fp)


@pytest.mark.parametrize("by_place", [False, True], ids=["classes", "place"])
@pytest.mark.parametrize(("confidence", "iou"), [(0.0, 0.5), (0.45, 0.3), (0.9, 0.1)])
def test_numbers_of_a_generated_project(project: Any, confidence: float, iou: float, by_place: bool) -> None:
    check_every_number(project, "model_a", confidence, iou, by_place=by_place)


def test_numbers_of_a_matching_by_place(sample: Project) -> None:
    check_every_number(sample, "model_b", 0.1, 0.3, by_place=True)
    shown = performance(sample, FrameQuery(), "model_b").at(0.1, 0.3, by_place=True).confusion
    assert (shown.counts == detection(sample, "model_b").confusion(0.1, 0.3, class_agnostic=True).counts).all()
    within = detection(sample, "model_b").confusion(0.1, 0.3)
    assert (shown.counts != within.counts).any()
    assert (shown.counts.sum(axis=1)[:-1] == within.counts.sum(axis=1)[:-1]).all(), "rows are the labels"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Project:
    project = Project.create(tmp_path_factory.mktemp("sample") / "project", images=SAMPLE_DATA / "images")
    import_labels(project, SAMPLE_DATA / "labels" / "instances.json")
    for name in ("model_a", "model_b"):
        import_predictions(Project.open(project.path), SAMPLE_DATA / "predictions" / f"{name}.json", name=name)
    return Project.open(project.path)


@pytest.mark.parametrize("name", ["model_a", "model_b"])
def test_numbers_of_the_sample_project(sample: Project, name: str) -> None:
    check_every_number(sample, name, 0.1, 0.5)


def test_planted_weaknesses_are_there_to_be_seen(sample: Project) -> None:
    base = ObjectQuery(FrameQuery(confidence=0.1), "model_a")
    confused = [
        len(select_objects(sample, base.with_(label_class=label, predicted_class=predicted)))
        for label, predicted in (("bus", "truck"), ("truck", "bus"))
    ]
    assert 40 <= sum(confused) <= 48
    assert len(select_objects(sample, base.with_(reasons=("duplicate",), klass="bicycle"))) >= 110
    night = FrameQuery(confidence=0.1, attributes=(("time_of_day", "night"),))
    at_night = select_objects(sample, ObjectQuery(night, "model_a", ("fn",), klass="person"))
    assert np.median(at_night.size) < 32
    lights = ObjectQuery(FrameQuery(confidence=0.1), "model_b", ("fp",), ("localisation",), klass="traffic light")
    shifted = select_objects(sample, lights)
    assert len(shifted) >= 150
    assert np.median(shifted.iou) == pytest.approx(0.4, abs=0.06)


def test_numbers_of_voc(shared_data: Path, tmp_path: Path) -> None:
    folder = shared_data / "voc2012_rodm100"
    project = Project.create(tmp_path / "project")
    import_labels(project, folder / "gts/coco_format_v2/instances_v2.json")
    import_predictions(Project.open(project.path), folder / "dets/coco_format/coco_dets.json", name="m")
    project = Project.open(project.path)
    check_every_number(project, "m", 0.0, 0.5)
    base = ObjectQuery(FrameQuery(), "m")
    assert len(select_objects(project, base.with_(outcomes=("fp",)))) == 226
    assert len(select_objects(project, base.with_(outcomes=("fn",)))) == 47
    assert len(select_objects(project, base.with_(label_class=BACKGROUND))) == 223
    assert len(select_objects(project, base.with_(predicted_class=BACKGROUND))) == 44


def test_conditions_on_frames_restrict_objects(project: Any) -> None:
    frames = FrameQuery(confidence=0.2, attributes=(("weather", "rain"),), missed_count=(1, None))
    everything = select_objects(project, ObjectQuery(FrameQuery(confidence=0.2), "model_a"))
    some = select_objects(project, ObjectQuery(frames, "model_a"))
    members = set(select_frames(project, frames).indices.tolist())
    kept = np.isin(everything.frame_index, list(members))
    assert 0 < len(some) < len(everything)
    assert [some.object_id(place) for place in range(len(some))] == [
        everything.object_id(place) for place in np.flatnonzero(kept)
    ]
    assert some.counters.frames.shown == len(set(some.frame_index.tolist())) == len(some.frames)


@pytest.mark.parametrize("sort", ["confidence", "iou", "size"])
@pytest.mark.parametrize("descending", [True, False])
def test_order(project: Any, sort: str, descending: bool) -> None:
    query = ObjectQuery(FrameQuery(confidence=0.2), "model_a", sort=sort, descending=descending)
    selection = select_objects(project, query)
    values = getattr(selection, sort)
    known = values[~np.isnan(values)]
    assert np.isnan(values[len(known) :]).all(), "what has no value comes last"
    assert known.tolist() == sorted(known, reverse=descending)


@pytest.mark.parametrize("sort", ["confidence", "iou", "size"])
@pytest.mark.parametrize("by_place", [False, True], ids=["classes", "place"])
def test_the_six_orders_of_a_cell(sample: Project, sort: str, by_place: bool) -> None:
    frames = FrameQuery(confidence=0.1)
    found = detection(sample, "model_b").confusion(0.1, 0.5, class_agnostic=by_place)
    worst = found.largest(1).iloc[0]
    query = ObjectQuery(
        frames,
        "model_b",
        label_class=worst["label_name"],
        predicted_class=worst["predicted_name"],
        by_place=by_place,
        sort=sort,
    )
    falling, rising = (select_objects(sample, query.with_(descending=descending)) for descending in (True, False))
    table, pairs = found.table, {}
    for position in np.flatnonzero(table.is_confused):
        width, height = table.predictions.box[position, 2:]
        facts = {"confidence": table.predictions.confidence[position], "iou": table.iou[position]}
        pairs[int(table.predictions.row[position])] = facts | {"size": np.sqrt(width * height)}
    assert len(falling) == len(rising) == worst["count"] > 2
    values = [pairs[row][sort] for row in falling.prediction_row.tolist()]
    assert values == sorted(values, reverse=True)
    assert [pairs[row][sort] for row in rising.prediction_row.tolist()] == sorted(values)
    assert len(set(values)) > 1


def test_places_items_and_neighbours(project: Any) -> None:
    selection = select_objects(project, ObjectQuery(FrameQuery(confidence=0.2), "model_a", ("fp", "fn")))
    table = match_table(project, "model_a", 0.2, 0.5)
    for place in range(len(selection)):
        item = selection.item(place)
        assert selection.place_of(item.frame_index, selection.object_id(place)) == place
        if item.is_label:
            assert (item.prediction_row, np.isnan(item.confidence)) == (-1, True)
            assert table.labels.frame[item.label_row] == item.frame_index
        else:
            assert table.predictions.confidence[item.prediction_row] == item.confidence
    assert selection.neighbours(0) == (None, 1)
    assert selection.neighbours(len(selection) - 1) == (len(selection) - 2, None)
    for nothing in (None, "", "labels:", "labels:99999", "p:model_b:1", "p:model_a:x"):
        assert selection.place_of(0, nothing) is None
    assert [*selection.page(1, 10), *selection.page(2, 10)] == list(range(20))
    assert selection.page_count(10) == -(-len(selection) // 10)


def test_a_match_is_found_by_either_of_its_objects(project: Any) -> None:
    selection = select_objects(project, ObjectQuery(FrameQuery(), "model_a", ("tp",)))
    item = selection.item(0)
    assert selection.place_of(item.frame_index, f"labels:{item.label_row}") == 0
    assert selection.place_of(item.frame_index, f"p:model_a:{item.prediction_row}") == 0


def test_facets_tell_what_choosing_gives(project: Any) -> None:
    for query in (
        ObjectQuery(FrameQuery(confidence=0.3), "model_a"),
        ObjectQuery(FrameQuery(confidence=0.3), "model_a", ("fp",), klass="car"),
        ObjectQuery(FrameQuery(), "model_b", ("fp", "fn"), sort="size"),
        ObjectQuery(FrameQuery(), "model_a", label_class="car"),
    ):
        facets = select_objects(project, query).facets
        for outcome, count in facets.outcomes.items():
            assert len(select_objects(project, query.with_(outcomes=(outcome,), reasons=()))) == count
        for reason, count in facets.reasons.items():
            assert len(select_objects(project, query.with_(outcomes=("fp",), reasons=(reason,)))) == count
        for name, count in facets.classes.items():
            assert len(select_objects(project, query.with_(klass=name))) == count


def test_labels_that_do_not_count_are_a_choice_of_their_own(sample: Project) -> None:
    """They are told beside the counts, and are in neither of them."""
    base = ObjectQuery(FrameQuery(confidence=0.1), "model_a")
    left_out = select_objects(sample, base.with_(outcomes=("ignored_label",)))
    point = performance(sample, base.frames, "model_a").at(0.1, 0.5)
    assert len(left_out) == point.ignored_labels == left_out.facets.outcomes["ignored_label"] > 0
    both = select_objects(sample, base.with_(outcomes=("fn", "ignored_label")))
    missed = select_objects(sample, base.with_(outcomes=("fn",)))
    assert len(both) == len(missed) + len(left_out)
    assert both.counters.labels.total == missed.counters.labels.total + len(left_out)
    everything = select_objects(sample, base)
    assert not (everything.outcome[everything.is_label] == Outcome.IGNORED).any(), "unless they are asked for"
    cell = base.with_(outcomes=("ignored_label",), predicted_class=BACKGROUND)
    assert len(select_objects(sample, cell)) == 0, "no cell of the matrix counts them"
    crops = crop_records(sample, project_layers(sample, ["model_a"]), left_out, range(1), lambda *_: "")
    assert crops[0]["title"].startswith("Ignored: ")
    assert crops[0]["words"].endswith("counts neither way")


def test_nothing_to_find(project_maker: Any) -> None:
    empty = project_maker([{}], {("labels", "labels"): [], ("predictions", "m"): []})
    selection = select_objects(empty, ObjectQuery(FrameQuery(), "m"))
    assert len(selection) == 0
    assert selection.counters.objects.total == 0
    assert selection.page_count(60) == 1
    only_labels = project_maker(
        [{}],
        {("labels", "labels"): [{"frame_index": 0, "class_id": 0, "x": 0.0, "y": 0.0, "w": 9.0, "h": 9.0}]}
        | {("predictions", "m"): []},
    )
    missed = select_objects(only_labels, ObjectQuery(FrameQuery(), "m"))
    assert [missed.object_id(0), missed.item(0).outcome] == ["labels:0", Outcome.FALSE_NEGATIVE]


def test_windows_hold_their_boxes_with_context() -> None:
    left, top, width, height = crop_window([[100, 100, 100, 80]], 640, 480)
    assert (width, height) == (100 * CONTEXT, 128)
    assert (left + width / 2, top + height / 2) == (150, 140)
    assert crop_window([[0, 0, 10, 10]], 640, 480) == (0, 0, 64, 64), "never smaller, and inside the frame"
    assert crop_window([[600, 440, 40, 40], [560, 440, 40, 40]], 640, 480)[:2] == (512, 408)
    assert crop_window([[0, 0, 640, 480]], 640, 480) == (0, 0, 640, 480)
    left, top, width, height = crop_window([[300, 0, 10, 480]], 640, 480)
    assert (top, height) == (0, 480)
    assert width >= 0.75 * 480, "narrow things are shown with what is beside them"
    assert crop_window([[10, 10, 50, 50]], float("nan"), float("nan"))[:2] == (0, 0)


def test_crops_carry_their_objects_and_words(sample: Project) -> None:
    query = ObjectQuery(FrameQuery(confidence=0.1), "model_a", ("fp",), ("duplicate",))
    selection = select_objects(sample, query)
    layers = project_layers(sample, ["model_a"])
    crops = crop_records(sample, layers, selection, range(8), lambda index, version, box: f"/crop/{index}/{list(box)}")
    for place, crop in enumerate(crops):
        assert crop["frame"] == selection.object_id(place)
        assert crop["title"].startswith("False positive: bicycle .")
        assert crop["words"].startswith("duplicate, IoU .")
        codes = [(layer, flags >> 2) for _, layer, _, _, _, flags, *_ in crop["objects"]]
        assert codes == [(0, 1), (1, 2)], "the label is found, by another prediction"
        for drawn in crop["objects"]:
            assert drawn[3] == "box"
            assert drawn[7] in ("polygon", "mask"), "the shape, not only the box that was compared"
            corners = np.concatenate([np.reshape(ring, (-1, 2)) for part in drawn[8] for ring in part])
            assert (corners >= -2).all()
            assert (corners <= np.add(crop["size"], 2)).all()


def test_the_viewer_tells_the_outcomes_of_the_matching_that_was_asked_for(sample: Project) -> None:
    table = match_table(sample, "model_b", 0.1, 0.3, by_place=True)
    fields = outcome_fields(sample, ["model_b"], 0.1, 0.3, by_place=True)
    codes = {Outcome.TRUE_POSITIVE: "tp", Outcome.FALSE_POSITIVE: "fp", Outcome.FALSE_NEGATIVE: "fn"}
    codes[Outcome.IGNORED] = "ignored"
    kept = np.flatnonzero(table.outcome != Outcome.LEFT_OUT)
    told = fields["p:model_b"](table.predictions.row[kept])
    assert [one["outcome"] for one in told] == [codes[Outcome(code)] for code in table.outcome[kept]]
    told = fields["labels"](table.labels.row)
    assert [one["outcome"] for one in told] == [codes[Outcome(code)] for code in table.label_outcome]
    within = match_table(sample, "model_b", 0.1, 0.3)
    assert (within.outcome != table.outcome).any()
