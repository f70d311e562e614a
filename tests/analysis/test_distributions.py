"""Outliers, drift and class balance."""

from __future__ import annotations

import numpy as np
import pytest

from predscope.analysis.balance import class_balance
from predscope.analysis.drift import drift_to_pandas, find_drift
from predscope.analysis.outliers import Severity, find_outliers
from predscope.evaluation.objects import Objects
from predscope.metrics.metric import MeasuredOn
from predscope.schema import ObjectClass
from tests.analysis.columns import names, numbers


def test_outliers_are_beyond_interquartile_ranges() -> None:
    values = np.array([*range(1, 101), 140.0, 190.0, -200.0, np.nan])
    column = numbers("m", values)
    found = find_outliers(column)
    first, third = np.nanquantile(values, [0.25, 0.75])
    spread = third - first
    assert found.moderate == (first - 1.5 * spread, third + 1.5 * spread)
    assert found.severe == (first - 2.5 * spread, third + 2.5 * spread)
    assert found.severity[100:].tolist() == [Severity.NONE, Severity.MODERATE, Severity.SEVERE, Severity.NONE]
    assert (found.moderate_count, found.severe_count) == (1, 1)
    assert found.farthest(10).tolist() == [102, 101]
    assert found.farthest(1).tolist() == [102]


@pytest.mark.parametrize(
    "column",
    [
        numbers("m", [3.0] * 50),
        numbers("m", [0.0] * 90 + [5.0] * 10),
        numbers("m", [np.nan] * 4),
        names("w", ["a", "b"]),
    ],
    ids=["constant", "mostly constant", "missing", "categories"],
)
def test_columns_without_a_spread_have_no_outliers(column) -> None:
    found = find_outliers(column)
    assert not found.severity.any()
    assert len(found.farthest(5)) == 0


def test_drift_is_that_of_scipy() -> None:
    stats = pytest.importorskip("scipy.stats")
    rng = np.random.default_rng(0)
    first = np.arange(900) < 400
    values = np.round(rng.normal(np.where(first, 0, 0.3), 1), 1)
    weather = rng.choice(["sun", "rain", "fog"], 900)
    columns = [
        numbers("shifted", np.where(np.arange(900) % 10 == 0, np.nan, values), MeasuredOn.FRAME),
        numbers("same", np.arange(900) % 20, MeasuredOn.FRAME),
        names("weather", weather.tolist()),
        names("split", np.where(first, "a", "b").tolist()),
        numbers("unknown", np.full(900, np.nan), MeasuredOn.FRAME),
    ]
    found = {one.metric.name: one for one in find_drift(columns, first, ~first)}
    assert next(iter(found)) == "split"
    assert found["split"].effect == pytest.approx(1)
    assert "unknown" not in found
    known = ~np.isnan(columns[0].values)
    expected = stats.ks_2samp(columns[0].values[known & first], columns[0].values[known & ~first])
    shifted = found["shifted"]
    assert shifted.statistic == pytest.approx(expected.statistic)
    assert np.log10(shifted.p_value) == pytest.approx(np.log10(expected.pvalue), abs=0.1)
    assert (shifted.first_count, shifted.second_count) == (360, 450)
    assert (shifted.first_missing, shifted.second_missing) == (40, 50)
    assert shifted.shift == pytest.approx(0.3, abs=0.15)
    table = np.array(
        [[((weather == name) & part).sum() for name in ("fog", "rain", "sun")] for part in (first, ~first)]
    )
    chi2 = stats.chi2_contingency(table, correction=False)
    assert found["weather"].statistic == pytest.approx(chi2.statistic)
    assert found["weather"].p_value == pytest.approx(chi2.pvalue)
    assert found["weather"].effect == pytest.approx(stats.contingency.association(table, method="cramer"))
    order = ["shifted", "same", "weather", "split"]
    adjusted = stats.false_discovery_control([found[name].p_value for name in order])
    np.testing.assert_allclose([found[name].q_value for name in order], adjusted)
    assert shifted.q_value < 0.05 < found["same"].q_value
    assert drift_to_pandas(list(found.values()))["metric"].tolist() == list(found)


def test_nothing_to_compare() -> None:
    columns = [numbers("m", [1.0, 2.0, 3.0])]
    assert find_drift(columns, np.array([True, False, False]), np.array([False, True, True])) == []


def test_class_balance_counts_objects_frames_and_company() -> None:
    labels = Objects.from_arrays(
        np.array([0, 0, 0, 1, 1, 2, 3]),
        np.array([0, 0, 1, 0, 1, 1, 0]),
        np.tile([0.0, 0, 9, 9], (7, 1)),
        is_crowd=np.array([0, 0, 0, 0, 0, 0, 1], bool),
    )
    classes = tuple(ObjectClass(index, name) for index, name in enumerate(("car", "dog", "bus")))
    found = class_balance(labels, classes, 5)
    assert found.objects.tolist() == [3, 3, 0]
    assert found.frames.tolist() == [2, 3, 0]
    assert found.together.tolist() == [[2, 2, 0], [2, 3, 0], [0, 0, 0]]
    assert found.frames_with_objects == 3
    assert found.imbalance == 1
    assert found.evenness == pytest.approx(np.log(2) / np.log(3))
    assert [entry.name for entry in found.absent] == ["bus"]
    assert found.lift[0, 1] == pytest.approx(2 / (2 * 3 / 3))
    assert np.isnan(found.lift[0, 2])
    assert found.to_pandas()["objects_per_frame"].tolist()[:2] == [1.5, 1.0]
    empty = class_balance(labels.take(np.zeros(7, bool)), classes, 5)
    assert np.isnan(empty.imbalance)
    assert np.isnan(empty.evenness)
