"""Filters by metrics as the browser gets them, and as it asks for them."""

from __future__ import annotations

import pytest

from components import metric_runs
from components.filter_rail import query_from_rail, rail_data
from components.frame_details import object_side
from components.metric_filters import COUNTED_ALREADY, metric_filter_data, metric_offers, metric_sorts
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.metric_lookup import Side
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.metrics import MetricRange
from predscope.payload import project_layers
from predscope.project import Project


def test_the_rail_has_the_histogram_of_each_metric(seven_frames: Project) -> None:
    query = FrameQuery.of(seven_frames).with_(metric_ranges=(MetricRange("label_count", 2, 5),))
    data = rail_data(seven_frames, select_frames(seven_frames, query), metric_offers(seven_frames, query))
    assert data["parameters"]["m"] == ["label_count:2..5"]
    (chosen,) = data["metrics"]["chosen"]
    assert chosen["prefix"] == "label_count:"
    assert chosen["edges"] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert chosen["counts"] == [1] * 7, "under all conditions but its own"
    assert (chosen["lowest"], chosen["highest"], chosen["integer"]) == (0, 6, True)
    offered = {offer["name"]: offer for offer in data["metrics"]["offered"]}
    assert not offered["brightness"]["ready"], "not measured"
    assert offered["frame_area"]["ready"]
    assert "label_count" not in offered, "the rail counts labels anyway"
    ready = [offer["ready"] for offer in data["metrics"]["offered"]]
    assert ready == sorted(ready, reverse=True)


def test_the_rail_asks_for_ranges(seven_frames: Project) -> None:
    query = FrameQuery.of(seven_frames).with_(sort="metric:frame_area")
    asked = query_from_rail(seven_frames, query, {"m": ["label_count:2..5", "frame_area:.."]})
    assert asked.metric_ranges == (MetricRange("label_count", 2, 5), MetricRange("frame_area"))
    assert asked.sort == "metric:frame_area", "what the rail does not offer stays"
    assert asked.ignored == ()


def test_categories_travel_as_links_spell_them(seven_frames: Project) -> None:
    query = ObjectQuery.of(seven_frames).with_(metric_ranges=(MetricRange("class", categories=("car",)),))
    selection = select_objects(seven_frames, query)
    data = metric_filter_data(selection.facets.metrics, [], "object")
    (chosen,) = data["chosen"]
    assert "edges" not in chosen
    parts = {entry["name"]: entry["part"] for entry in chosen["categories"]}
    again = MetricRange.from_param(f"{chosen['prefix']}~{parts['car']}~{parts['dog']}")
    assert again == MetricRange("class", categories=("car", "dog"))


def test_orders_by_metrics_are_those_with_values(seven_frames: Project) -> None:
    sorts = metric_sorts(metric_offers(seven_frames, FrameQuery.of(seven_frames)), COUNTED_ALREADY)
    names = [sort["name"] for sort in sorts]
    assert "metric:frame_area" in names
    assert "metric:frame_mean_iou" in names
    assert not {"metric:brightness", "metric:label_count", "metric:frame_f1"} & set(names)
    assert all(sort["group"] == "Metrics" for sort in sorts)


def test_the_set_of_an_object(seven_frames: Project) -> None:
    layers = project_layers(seven_frames)
    assert object_side(layers, "labels:3") == (Side("labels", "labels"), 3)
    assert object_side(layers, "p:model_a:0") == (Side("predictions", "model_a"), 0)
    for identity in (None, "labels:99999", "labels:x", "p:gone:1"):
        assert object_side(layers, identity) == (None, -1)


def test_nothing_is_measured_where_that_is_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(metric_runs.MEASURE_VARIABLE, "0")
    assert not metric_runs.is_measuring_allowed()
    monkeypatch.delenv(metric_runs.MEASURE_VARIABLE)
    assert metric_runs.is_measuring_allowed()
