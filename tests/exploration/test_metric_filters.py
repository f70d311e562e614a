"""Filters and orders by metrics: links, exactness, and what is said of them."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope.analysis.binning import make_bins
from predscope.evaluation.match_table import Outcome
from predscope.exploration import FrameQuery, active_filters, relaxations, select_frames
from predscope.exploration.metric_columns import column_of, offers, value_in_words
from predscope.exploration.metric_facets import bin_edges, metric_facet
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.exploration.metric_standing import place_in_words, standings
from predscope.exploration.object_query import ObjectQuery, active_object_filters
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.metrics import MeasuredOn, Metric, MetricColumn, MetricRange

ALL = ("tp", "fp", "fn")


def objects(project: Any, **fields: Any) -> ObjectSelection:
    query = ObjectQuery.of(project)
    assert query is not None
    return select_objects(project, query.with_(**fields))


limits = st.none() | st.floats(-1e6, 1e6, allow_nan=False)
ranges = st.builds(MetricRange, st.sampled_from(["label_count", "frame_f1", "frame_area"]), limits, limits).filter(
    lambda one: one.low is None or one.high is None or one.low < one.high
)


@given(st.lists(ranges, unique=True, max_size=3).map(tuple), st.sampled_from(["metric:frame_f1", "metric:label_count"]))
def test_a_link_gives_the_ranges_again(project: Any, wanted: tuple[MetricRange, ...], sort: str) -> None:
    query = FrameQuery.of(project).with_(metric_ranges=wanted, sort=sort, descending=True)
    again = FrameQuery.from_params(parse_qs(urlencode(query.to_params(), doseq=True)), project)
    assert again == query
    assert again.ignored == ()


@pytest.mark.parametrize("side", ["", "labels", "predictions"])
def test_a_link_gives_the_ranges_of_objects_again(project: Any, side: str) -> None:
    query = ObjectQuery.of(project).with_(
        metric_ranges=(MetricRange("area", 10, None), MetricRange("class", categories=("car", "traffic light"))),
        side=side,
        sort="metric:area",
        descending=False,
    )
    again = ObjectQuery.from_params(parse_qs(urlencode(query.to_params(), doseq=True)), project)
    assert again == query
    assert again.ignored == again.frames.ignored == ()


def test_what_a_link_cannot_have_is_named(project: Any) -> None:
    query = ObjectQuery.from_params(
        {
            "m": ["age:1..2", "label_count:5..2", "label_density:..1", "label_count:2.."],
            "sort": "metric:age",
            "om": ["frown:1..", "confidence:.5..", "crowding:..2"],
            "side": "labels",
            "osort": "-metric:confidence",
        },
        project,
    )
    assert query is not None
    assert query.frames.metric_ranges == (MetricRange("label_count", 2),)
    assert query.frames.ignored == (
        *("metric “age”", "range “label_count:5..2”", "metric “label_density” (not computed yet)", "metric “age”"),
    )
    assert query.metric_ranges == ()
    assert query.ignored == (
        *("metric “frown”", "metric “confidence”", "metric “crowding” (not computed yet)", "metric “confidence”"),
    )
    assert (query.sort, query.frames.sort, query.side) == ("confidence", "frame", "labels")
    assert ObjectQuery.from_params({"side": "left"}, project).ignored == ("side “left”",)


def test_each_range_is_a_chip_in_words(project: Any) -> None:
    query = FrameQuery.of(project).with_(metric_ranges=(MetricRange("label_count", 2, 4), MetricRange("frame_f1", 0.5)))
    chips = active_filters(query, project)
    assert [chip.text for chip in chips] == ["label count 2 to 3", "F1 of the frame from .5"]
    assert chips[0].without.metric_ranges == (MetricRange("frame_f1", 0.5),)
    assert not query.is_unfiltered
    chosen = ObjectQuery.of(project).with_(metric_ranges=(MetricRange("area", None, 1024),), side="labels")
    assert [chip.text for chip in active_object_filters(chosen, project)] == ["labels only", "area below 1,024 px²"]


def test_frames_in_a_range_are_those_with_such_a_value(project: Any) -> None:
    query = FrameQuery.of(project)
    counts = select_frames(project, query).label_counts
    found = select_frames(project, query.with_(metric_ranges=(MetricRange("label_count", 2, 5),)))
    assert found.indices.tolist() == np.flatnonzero((counts >= 2) & (counts < 5)).tolist()
    both = query.with_(metric_ranges=(MetricRange("label_count", 2, 5), MetricRange("label_count", 4)))
    assert set(select_frames(project, both).label_counts) == {4}
    nothing = query.with_(metric_ranges=(MetricRange("label_density", 0),))
    assert len(select_frames(project, nothing)) == 0, "what is not computed is in no range"


def test_nothing_found_says_which_range_to_remove(project: Any) -> None:
    query = FrameQuery.of(project).with_(metric_ranges=(MetricRange("label_count", 1_000),))
    assert [(active.text, frames) for active, frames in relaxations(project, query)] == [
        ("label count at least 1,000", 60)
    ]


@pytest.mark.parametrize("name", ["width", "aspect_ratio", "class", "match_iou", "label_count"])
@pytest.mark.parametrize("side", ["labels", "predictions"])
def test_bins_of_a_metric_share_the_objects_out(project: Any, name: str, side: str) -> None:
    everything = objects(project, side=side, outcomes=ALL)
    column = column_of(project, name, side, None, everything.query.frames)
    assert column is not None
    rows = everything.label_row if side == "labels" else everything.prediction_row
    parts = [objects(project, side=side, outcomes=ALL, metric_ranges=(one,)) for one in make_bins([column]).ranges]
    assert len(parts) > 1
    of_parts = np.concatenate([part.label_row if side == "labels" else part.prediction_row for part in parts])
    assert sorted(of_parts.tolist()) == sorted(rows.tolist())
    assert len(set(rows.tolist())) == len(everything)


def test_labels_that_count_are_the_found_and_the_missed(project: Any) -> None:
    found = objects(project, side="labels", outcomes=("tp",))
    table = found.table
    assert len(found) == np.count_nonzero(table.label_outcome == Outcome.TRUE_POSITIVE)
    labels = objects(project, side="labels", outcomes=ALL)
    assert len(labels) == np.count_nonzero(~table.labels.is_out)
    assert labels.counters.labels.shown == len(labels)
    assert labels.counters.predictions.shown == 0
    predictions = objects(project, side="predictions", outcomes=ALL)
    assert len(predictions) == np.count_nonzero(table.outcome != Outcome.LEFT_OUT)
    assert len(objects(project, outcomes=ALL)) == len(predictions) + len(objects(project, outcomes=("fn",)))


def test_a_match_is_judged_by_the_side_that_counts(project: Any) -> None:
    query = ObjectQuery.of(project)
    for side in ("labels", "predictions"):
        column = column_of(project, "width", side, None, query.frames)
        assert column is not None
        found = objects(project, side=side, outcomes=("tp",), metric_ranges=(MetricRange("width", 50, 200),))
        rows = found.label_row if side == "labels" else found.prediction_row
        assert len(found)
        assert ((column.values[rows] >= 50) & (column.values[rows] < 200)).all()


@pytest.mark.parametrize("descending", [False, True])
def test_objects_in_the_order_of_a_metric(project: Any, descending: bool) -> None:
    found = objects(project, sort="metric:confidence", descending=descending)
    known = found.value[~np.isnan(found.value)]
    assert (np.diff(known) <= 0).all() if descending else (np.diff(known) >= 0).all()
    assert np.isnan(found.value[len(known) :]).all(), "labels have no confidence, and come last"
    assert found.value_in_words(0).startswith("confidence ")
    assert found.value_in_words(len(found) - 1) == ""


def test_frames_in_the_order_of_a_metric(project: Any) -> None:
    found = select_frames(project, FrameQuery.of(project).with_(sort="metric:frame_mean_iou"))
    values = found.values
    assert len(found) == 60
    known = values[~np.isnan(values)]
    assert 0 < len(known) < 60
    assert (np.diff(known) >= 0).all()
    assert not np.isnan(values[: len(known)]).any()
    assert found.value_in_words(0).startswith("mean IoU of the frame .")
    assert found.value_in_words(59) == ""
    by_place = select_frames(project, FrameQuery.of(project).with_(sort="metric:weather"))
    assert by_place.value_in_words(0) == "weather clear"


def test_facets_are_counted_without_their_own_range(project: Any) -> None:
    query = FrameQuery.of(project).with_(metric_ranges=(MetricRange("label_count", 3, 5), MetricRange("weather")))
    counts, weather = select_frames(project, query).facets().metrics
    assert sum(counts.counts) == len(select_frames(project, query.with_(metric_ranges=(MetricRange("weather"),))))
    assert {name for name, _ in weather.categories} == {"clear", "fog", "rain"}
    chosen = objects(
        project, metric_ranges=(MetricRange("width", None, 150), MetricRange("class", categories=("car",)))
    )
    width, classes = chosen.facets.metrics
    assert sum(width.counts) == len(objects(project, metric_ranges=(MetricRange("class", categories=("car",)),)))
    assert dict(classes.categories)["car"] == len(chosen)


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=60), st.booleans())
def test_every_value_is_in_a_bar(values: list[float], is_integer: bool) -> None:
    numbers = np.round(values) if is_integer else np.array(values)
    metric = Metric("m", "M", MeasuredOn.FRAME, is_integer=is_integer)
    edges = bin_edges(numbers, metric)
    assert len(edges) > 1
    assert (np.diff(edges) > 0).all()
    assert len(edges) < 60
    facet = metric_facet([(MetricColumn.numeric(metric, np.append(numbers, np.nan)), np.arange(len(numbers) + 1))])
    assert sum(facet.counts) == len(numbers)
    assert facet.missing == 1


def test_offers_say_what_is_not_measured(project: Any) -> None:
    ready = {offer.metric.name: offer.is_ready for offer in offers(project, FrameQuery.of(project))}
    assert ready["label_count"]
    assert ready["frame_f1"]
    assert not ready["label_density"]
    assert "brightness" not in ready, "there are no images"
    sides = (Side("predictions", "model_a"), Side("labels"))
    assert {"area", "confidence", "match_iou"} <= {
        offer.metric.name for offer in offers(project, FrameQuery.of(project), sides)
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [(0.0, "lowest, as 2 of 5 frames"), (1.0, "higher than 40% of frames"), (9.0, "highest of 5 frames")],
)
def test_the_place_of_a_value(value: float, words: str) -> None:
    assert place_in_words(np.array([0, 0, 1, 3, 9, np.nan]), value, "frames") == words
    assert place_in_words(np.array([2.0, 2.0]), 2.0, "frames") == ""


def test_what_is_known_of_a_frame_and_of_an_object(project: Any) -> None:
    query = FrameQuery.of(project)
    frame = {one.metric.name: one for one in standings(project, query, 1)}
    assert frame["label_count"].value == str(select_frames(project, query).label_counts[1])
    assert "weather" not in frame, "the details tell metadata anyway"
    assert "random" not in frame
    prediction = {one.metric.name: one for one in standings(project, query, 0, Side("predictions", "model_a"))}
    assert prediction["width"].value.endswith(" px")
    assert prediction["width"].place.endswith("of predictions")


def test_the_same_column_until_something_is_computed(project: Any) -> None:
    query = FrameQuery.of(project)
    for name, role in (("label_count", None), ("frame_f1", None), ("area", "labels"), ("label_count", "predictions")):
        first = column_of(project, name, role, None, query)
        assert first is not None
        assert column_of(project, name, role, None, query) is first
    assert column_of(project, "frame_f1", None, None, query.with_(confidence=0.9)) is not column_of(
        project, "frame_f1", None, None, query
    )


def test_values_in_words() -> None:
    yes_or_no = Metric("cut", "Cut", MeasuredOn.OBJECT, range=(0, 1), is_integer=True)
    area = Metric("area", "Area", MeasuredOn.OBJECT, unit="px²")
    assert value_in_words(MetricColumn.numeric(yes_or_no, [1]), 1.0) == "cut yes"
    assert value_in_words(MetricColumn.numeric(area, [1024]), 1024.0) == "area 1,024 px²"
    assert Side(None) == FRAMES
