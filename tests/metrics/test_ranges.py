"""Metrics as values: descriptions, columns, ranges."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope.errors import InputError
from predscope.metrics.column import MetricColumn
from predscope.metrics.metric import MeasuredOn, Metric
from predscope.metrics.ranges import MetricRange, short

BRIGHTNESS = Metric("brightness", "Brightness", MeasuredOn.FRAME, range=(0, 1))
AREA = Metric("area", "Area", MeasuredOn.OBJECT, unit="px²")
COUNT = Metric("label_count", "Label count", MeasuredOn.FRAME, is_integer=True)
TRUNCATED = Metric("truncated", "Truncated", MeasuredOn.OBJECT, range=(0, 1), is_integer=True)
WEATHER = Metric("weather", "Weather", MeasuredOn.FRAME, is_categorical=True)


def test_a_range_holds_from_its_low_end_to_below_its_high_end() -> None:
    column = MetricColumn.numeric(BRIGHTNESS, [0.1, 0.25, np.nan, 0.5, 1.0, np.inf])
    assert MetricRange("brightness", 0.1, 0.5).holds(column).tolist() == [True, True, False, False, False, False]
    assert MetricRange("brightness", 0.25).holds(column).tolist() == [False, True, False, True, True, False]
    assert MetricRange("brightness", None, 0.25).holds(column).tolist() == [True, False, False, False, False, False]
    assert MetricRange("brightness").holds(column).tolist() == [True, True, False, True, True, False]


def test_categories_hold_by_name_and_never_a_missing_value() -> None:
    column = MetricColumn.from_names(WEATHER, ["rain", None, "sun", "snow"])
    assert column.categories == ("rain", "snow", "sun")
    assert column.codes is not None
    assert column.codes.tolist() == [0, -1, 2, 1]
    assert MetricRange("weather", categories=("rain", "snow")).holds(column).tolist() == [True, False, False, True]
    assert not MetricRange("weather", categories=("fog",)).holds(column).any()
    assert not MetricRange("weather", 0, 3).holds(column).any(), "a numeric range says nothing about names"
    assert not MetricRange("brightness", categories=("rain",)).holds(MetricColumn.numeric(BRIGHTNESS, [0.5])).any()


def test_columns_keep_their_kind_when_rows_are_taken() -> None:
    column = MetricColumn.from_names(WEATHER, ["b", "a", None])
    taken = column.take(np.array([2, 0, 0]))
    assert [taken.name_of(row) for row in range(3)] == [None, "b", "b"]
    assert taken.is_missing.tolist() == [True, False, False]
    assert len(MetricColumn.numeric(BRIGHTNESS, [1, 2]).take(np.array([True, False]))) == 1


@pytest.mark.parametrize(
    ("wanted", "metric", "text"),
    [
        (MetricRange("brightness", None, 0.25), BRIGHTNESS, "brightness below .25"),
        (MetricRange("brightness", 0.1, 0.25), BRIGHTNESS, "brightness .1 to .25"),
        (MetricRange("area", 1024), AREA, "area from 1,024 px²"),
        (MetricRange("label_count", 3, 6), COUNT, "label count 3 to 5"),
        (MetricRange("label_count", 3, 4), COUNT, "label count is 3"),
        (MetricRange("label_count", 3), COUNT, "label count at least 3"),
        (MetricRange("label_count", None, 3), COUNT, "label count at most 2"),
        (MetricRange("truncated", 1), TRUNCATED, "truncated is yes"),
        (MetricRange("truncated", None, 0.5), TRUNCATED, "truncated is no"),
        (MetricRange("weather", categories=("rain", "snow")), WEATHER, "weather is rain or snow"),
        (MetricRange("f1", None, 0.5), Metric("f1", "F1 of the frame", MeasuredOn.FRAME), "F1 of the frame below .5"),
        (MetricRange("iou", 0.5), Metric("iou", "IoU with match", MeasuredOn.OBJECT), "IoU with match from .5"),
    ],
)
def test_ranges_in_words(wanted: MetricRange, metric: Metric, text: str) -> None:
    assert wanted.text(metric) == text


def test_ranges_as_parameters_are_short() -> None:
    assert MetricRange("brightness", 0.1, 0.25).to_param() == "brightness:.1...25"
    assert MetricRange("area", 1024).to_param() == "area:1024.."
    assert MetricRange("weather", categories=("rain",)).to_param() == "weather:~rain"


names = st.text(st.characters(exclude_categories=("C",)), min_size=1, max_size=20)
limits = st.none() | st.floats(allow_nan=False, allow_infinity=False)


@given(names, limits, limits)
def test_numeric_ranges_survive_an_address(name: str, low: float | None, high: float | None) -> None:
    wanted = MetricRange(name, low, high)
    found = MetricRange.from_param(wanted.to_param())
    assert found == (None if low is not None and high is not None and low >= high else wanted)


@given(names, st.lists(names, min_size=1, max_size=4))
def test_categories_survive_an_address(name: str, categories: list[str]) -> None:
    wanted = MetricRange(name, categories=tuple(categories))
    assert MetricRange.from_param(wanted.to_param()) == wanted


@pytest.mark.parametrize(
    "text",
    ["", "brightness", "brightness:", ":.1...2", "brightness:a..b", "brightness:.5...2", "b:1e999..", "b:nan..1"],
)
def test_what_is_no_range_is_told_apart(text: str) -> None:
    assert MetricRange.from_param(text) is None


@given(st.floats(-1e12, 1e12, allow_nan=False))
def test_short_numbers_are_close(number: float) -> None:
    text = short(number)
    assert len(text) <= 18
    read = float(text.replace(",", ""))
    assert math.isclose(read, number, rel_tol=6e-3, abs_tol=1e-9)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.25, ".25"),
        (1, "1"),
        (0.12345, ".123"),
        (-0.5, "-.5"),
        (1234.5, "1,234"),
        (10.04, "10"),
        (0.00012, ".00012"),
        (60.07, "60.1"),
    ],
)
def test_short_numbers(number: float, text: str) -> None:
    assert short(number) == text


@pytest.mark.parametrize(
    "wrong",
    [{"name": ""}, {"name": "a\nb"}, {"measured_on": "tree"}, {"needs": "luck"}, {"range": (1, 0)}, {"higher_is": "x"}],
)
def test_a_metric_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        Metric(**{"name": "a", "title": "A", "measured_on": "frame", **wrong})


def test_a_metric_survives_json() -> None:
    metric = Metric("area", "Area", MeasuredOn.LABEL, unit="px²", range=(0, 9), version=3, is_integer=True)
    assert Metric.from_json(metric.to_json()) == metric
    assert metric.key == "area@3"
    assert [MeasuredOn.OBJECT.covers(role) for role in (None, "labels", "predictions")] == [False, True, True]
