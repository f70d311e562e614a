"""Performance against metrics: every number of a bin, a cell and a slice opens exactly as many objects as it says."""

from __future__ import annotations

import json
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from predscope.analysis import BinCounts, Binning, MetricPerformance, find_weak_slices
from predscope.analysis.slice_conditions import CLASS_METRIC
from predscope.exploration import FrameQuery
from predscope.exploration.metric_findings import finding, range_in_words
from predscope.exploration.metric_performance import (
    bins_of_metric,
    counts_in_ranges,
    importance,
    joined_range,
    map_of_metrics,
    metric_sides,
    metrics_on_offer,
    most_important,
    objects_in_ranges,
    performance_against,
    slice_objects,
    weak_slices,
)
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.outcomes import match_table
from predscope.importing import import_labels, import_predictions
from predscope.metrics import MetricsMissing
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange
from predscope.project import Project

N_FRAMES = 60
CLASSES = ("car", "person", "dog")
METRICS = (
    *("area", "class", "confidence", "border_closeness"),
    *("label_count", "prediction_count", "weather", "temperature"),
)
POINTS = ((0.0, 0.5), (0.4, 0.5), (0.4, 0.75))


@pytest.fixture(scope="module")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Sixty frames without images: small labels are missed in the rain, and dogs are often false."""
    folder = tmp_path_factory.mktemp("metric_streets")
    rng = np.random.default_rng(5)
    images, labels = [], []
    predictions: dict[str, list[dict]] = {"model_a": [], "model_b": []}
    for index in range(N_FRAMES):
        weather = ("clear", "rain", "snow")[index % 3]
        attributes = {"weather": weather} | ({"temperature": float(rng.normal(10, 8))} if index % 5 else {})
        images.append(
            {"id": index + 1, "file_name": f"{index:03d}.jpg", "width": 640, "height": 480, "attributes": attributes}
        )
        count = 9 + index % 4
        for place in range(count):
            side = float(rng.choice([12, 24, 60, 110]))
            category = int(rng.integers(1, 4))
            box = [4 + 150.0 * (place % 4), 4 + 150.0 * (place // 4), side, side * 1.25]
            item = {"image_id": index + 1, "category_id": category, "bbox": box}
            labels.append(
                item | {"id": len(labels) + 1, "area": side * side * 1.25, "iscrowd": int(place == count - 1)}
            )
            for name, missed in (("model_a", 0.85 if side < 30 and weather == "rain" else 0.1), ("model_b", 0.25)):
                if rng.random() > missed:
                    moved = [box[0] + float(rng.integers(0, 3)), *box[1:]]
                    score = round(float(rng.uniform(0.2, 1)), 2)
                    predictions[name].append(item | {"bbox": moved, "score": score})
                if category == 3 and rng.random() < 0.5:
                    away = {"bbox": [box[0] + 20, box[1] + 20, 8, 10], "score": round(float(rng.uniform(0, 1)), 2)}
                    predictions[name].append(item | away)
    categories = [{"id": number, "name": name} for number, name in enumerate(CLASSES, start=1)]
    content = {"images": images, "annotations": labels, "categories": categories}
    _write(folder / "labels.json", content)
    project = Project.create(folder / "project")
    import_labels(project, folder / "labels.json")
    for name, items in predictions.items():
        _write(folder / f"{name}.json", items)
        import_predictions(Project.open(project.path), folder / f"{name}.json", name=name)
    return Project.open(project.path)


def _write(path: Path, content: object) -> None:
    path.write_text(json.dumps(content), encoding="utf-8")


def at(project: Project, confidence: float, iou: float, **fields: object) -> FrameQuery:
    return FrameQuery.of(project).with_(confidence=confidence, iou=iou, **fields)


def metric_of(project: Project, query: FrameQuery, name: str, prediction_set: str = "model_a") -> Metric:
    return next(metric for metric in metrics_on_offer(project, query, prediction_set) if metric.name == name)


def opened(project: Project, query: ObjectQuery, side: str, outcomes: tuple[str, ...]) -> int:
    """As many as a link opens: the query goes through an address."""
    asked = ObjectQuery.from_params(query.with_(side=side, outcomes=outcomes).to_params(), project)
    assert asked is not None
    assert not asked.ignored
    assert not asked.frames.ignored
    return len(select_objects(project, asked))


@pytest.mark.parametrize(("confidence", "iou"), POINTS)
@pytest.mark.parametrize("name", METRICS)
def test_every_number_of_every_bin_is_a_door(streets: Project, name: str, confidence: float, iou: float) -> None:
    query = at(streets, confidence, iou)
    for prediction_set in ("model_a", "model_b"):
        bins = bins_of_metric(streets, query, ["model_a", "model_b"], name, count=6)
        found = performance_against(streets, query, prediction_set, bins)
        metric = metric_of(streets, query, name, prediction_set)
        assert len(bins) > 1
        for place in range(len(bins)):
            inside = objects_in_ranges(ObjectQuery(query, prediction_set), [(metric, joined_range(bins, place, place))])
            for role, error, counts in (("labels", "fn", found.labels), ("predictions", "fp", found.predictions)):
                if counts is None:
                    assert name == "confidence"
                    continue
                assert opened(streets, inside, role, ("tp", error)) == counts.total[place]
                assert opened(streets, inside, role, ("tp",)) == counts.right[place]
                assert opened(streets, inside, role, (error,)) == counts.wrong[place]


def test_a_range_of_bins_and_one_class(streets: Project) -> None:
    query = at(streets, 0.3, 0.5)
    for binning, name in product(Binning, ("area", "weather", "temperature")):
        bins = bins_of_metric(streets, query, ["model_a"], name, binning=binning, count=5)
        found = performance_against(streets, query, "model_a", bins, class_name="dog")
        wanted = joined_range(bins, 1, 2)
        counts = counts_in_ranges(streets, query, "model_a", [wanted], class_name="dog")
        assert found.labels is not None
        assert found.predictions is not None
        assert counts["labels"] == (found.labels.total[1:3].sum(), found.labels.right[1:3].sum())
        assert counts["predictions"] == (found.predictions.total[1:3].sum(), found.predictions.right[1:3].sum())
        dogs = ObjectQuery(query, "model_a", klass="dog")
        inside = objects_in_ranges(dogs, [(metric_of(streets, query, name), wanted)])
        assert opened(streets, inside, "labels", ("tp", "fn")) == counts["labels"][0]
        assert opened(streets, inside, "predictions", ("tp",)) == counts["predictions"][1]


def test_bins_and_what_is_missing_add_up_to_the_operating_point(streets: Project) -> None:
    query = at(streets, 0.3, 0.5)
    table = match_table(streets, "model_a", 0.3, 0.5)
    for name in METRICS:
        bins = bins_of_metric(streets, query, ["model_a"], name)
        found = performance_against(streets, query, "model_a", bins)
        for counts, outcome in ((found.labels, table.label_outcome), (found.predictions, table.outcome)):
            if counts is not None:
                right = int((outcome == 1).sum())
                assert counts.right.sum() + counts.missing_right == right
                assert counts.missing_total == 0 or name == "temperature"


def test_bins_stay_while_the_operating_point_moves(streets: Project) -> None:
    found = [bins_of_metric(streets, at(streets, *point), ["model_a"], "area") for point in POINTS]
    assert found[0].ranges == found[1].ranges == found[2].ranges


def test_only_the_frames_of_the_query_count(streets: Project) -> None:
    query = at(streets, 0.3, 0.5, attributes=(("weather", "rain"),))
    bins = bins_of_metric(streets, query, ["model_a"], "weather")
    assert [one.categories for one in bins.ranges] == [("rain",)]
    found = performance_against(streets, query, "model_a", bins)
    assert found.labels is not None
    assert found.labels.total.tolist() == [sum(8 + index % 4 for index in range(1, N_FRAMES, 3))]  # without the crowds


def test_every_cell_of_a_map_is_a_door(streets: Project) -> None:
    query = at(streets, 0.3, 0.5)
    names = ("area", "weather")
    bins = [bins_of_metric(streets, query, ["model_a"], name, count=4) for name in names]
    found = map_of_metrics(streets, query, "model_a", *bins)
    metrics = [metric_of(streets, query, name) for name in names]
    assert found.labels is not None
    assert found.predictions is not None
    for x, y in product(range(len(bins[0])), range(len(bins[1]))):
        ranges = [(metrics[0], bins[0].ranges[x]), (metrics[1], bins[1].ranges[y])]
        inside = objects_in_ranges(ObjectQuery(query, "model_a"), ranges)
        assert opened(streets, inside, "labels", ("tp", "fn")) == found.labels.total[x, y]
        assert opened(streets, inside, "labels", ("fn",)) == (found.labels.total - found.labels.right)[x, y]
        assert opened(streets, inside, "predictions", ("tp",)) == found.predictions.right[x, y]


def test_weak_slices_open_their_objects_and_the_planted_one_is_the_first(streets: Project) -> None:
    for confidence, iou in POINTS:
        query = at(streets, confidence, iou)
        found = weak_slices(streets, query, "model_a")
        metrics = {metric.name: metric for metric in metrics_on_offer(streets, query, "model_a")}
        assert found
        for one in found:
            everything = ObjectQuery(query, "model_a")
            errors = slice_objects(everything, one, metrics)
            assert opened(streets, errors, errors.side, errors.outcomes) == one.count - one.right
            whole = slice_objects(everything, one, metrics, errors_only=False)
            assert opened(streets, whole, whole.side, whole.outcomes) == one.count
            counts = counts_in_ranges(streets, query, "model_a", one.rule)
            assert counts[one.role] == (one.count, one.right)
    of_labels = [one for one in weak_slices(streets, at(streets, 0.0, 0.5), "model_a") if one.role == "labels"]
    assert any(one.categories == ("rain",) for one in of_labels[0].rule)
    assert len(of_labels[0].rule) == 2


def test_a_range_of_one_class_becomes_the_class_of_the_query(streets: Project) -> None:
    query = ObjectQuery(FrameQuery.of(streets), "model_a")
    dogs = objects_in_ranges(query, [(CLASS_METRIC, MetricRange("class", categories=("dog",)))])
    assert (dogs.klass, dogs.metric_ranges) == ("dog", ())
    both = objects_in_ranges(query, [(CLASS_METRIC, MetricRange("class", categories=("dog", "car")))])
    assert both.klass is None
    assert len(both.metric_ranges) == 1


def test_importance_and_the_metric_that_is_shown_first(streets: Project) -> None:
    query = at(streets, 0.0, 0.5)
    found = importance(streets, query, "model_a")
    assert importance(streets, query, "model_a") is found, "it is kept"
    assert importance(streets, query.with_(confidence=0.4), "model_a") is not found
    first = most_important(streets, query, "model_a")
    assert first in {"area", "relative_area", "width", "height", "weather"}
    assert most_important(streets, query.with_(confidence=0.4), "model_a") == first, "it stays while one looks around"
    assert not any(one.metric.needs == "outcomes" for one in found)


def test_metrics_that_are_not_there(streets: Project) -> None:
    query = FrameQuery.of(streets)
    assert not any(metric.needs == "outcomes" for metric in metrics_on_offer(streets, query, "model_a"))
    with pytest.raises(MetricsMissing):
        metric_sides(streets, query, "model_a", "crowding")


# Findings in words


def counted(total: list[int], right: list[int]) -> BinCounts:
    return BinCounts(np.array(total), np.array(right), np.zeros(len(total)), 0, 0)


def with_bins(streets: Project, name: str, total: list[int], right: list[int]) -> MetricPerformance:
    bins = bins_of_metric(streets, FrameQuery.of(streets), ["model_a"], name, count=len(total))
    assert len(bins) == len(total)
    return MetricPerformance(bins, None, counted(total, right), None)


def test_a_finding_names_the_part_whose_interval_is_apart(streets: Project) -> None:
    found = finding(with_bins(streets, "temperature", [100, 100, 100, 100], [40, 85, 88, 86]))
    assert found is not None
    assert (found.role, found.first, found.last) == ("labels", 0, 0)
    assert found.text.startswith("Recall falls at temperature below ")
    assert found.text.endswith(": .40, elsewhere .86")
    among = finding(with_bins(streets, "weather", [100, 100, 100], [90, 50, 91]))
    assert among is not None
    assert among.text == "Recall is lower where weather is rain: .50, elsewhere .91"


def test_no_finding_without_enough_objects_or_difference(streets: Project) -> None:
    assert finding(with_bins(streets, "temperature", [100, 100, 100, 100], [84, 85, 88, 86])) is None
    assert finding(with_bins(streets, "temperature", [12, 100, 100, 100], [0, 85, 86, 85])) is None
    assert finding(with_bins(streets, "temperature", [9000, 9000, 9000, 9000], [8000, 8200, 8200, 8200])) is None
    assert finding(with_bins(streets, "temperature", [0, 0, 0, 0], [0, 0, 0, 0])) is None


def test_findings_on_chance_are_rare(streets: Project) -> None:
    rng = np.random.default_rng(1)
    total = [200, 200, 200, 200]
    told = [finding(with_bins(streets, "temperature", total, rng.binomial(200, 0.7, 4).tolist())) for _ in range(200)]
    assert sum(one is not None for one in told) < 0.12 * len(told)


def test_a_range_as_a_heading(streets: Project) -> None:
    bins = bins_of_metric(streets, FrameQuery.of(streets), ["model_a"], "weather")
    assert range_in_words(bins, 0, 1) == "Weather is clear or rain"


def test_find_weak_slices_is_what_is_kept(streets: Project) -> None:
    """The page adds frames, classes and columns, and nothing to the statistics."""
    query = at(streets, 0.4, 0.5)
    table = match_table(streets, "model_a", 0.4, 0.5)
    names = [metric.name for metric in metrics_on_offer(streets, query, "model_a")]
    sides = []
    for name in names:
        try:
            sides.append(metric_sides(streets, query, "model_a", name))
        except MetricsMissing:
            continue
    labels = [one.labels for one in sides if one.labels is not None]
    predictions = [one.predictions for one in sides if one.predictions is not None]
    again = find_weak_slices(table, labels, predictions, streets.classes)
    assert [one.sentence for one in again] == [one.sentence for one in weak_slices(streets, query, "model_a")]
