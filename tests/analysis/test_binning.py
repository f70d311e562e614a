from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from predscope.analysis.binning import Binning, bins_for, category_bins, make_bins
from predscope.evaluation.detection import Detection
from predscope.metrics.metric import MeasuredOn
from tests.analysis.columns import names, numbers
from tests.evaluation.problems import make_problem

COARSE = st.sampled_from([0.0, 1.0, 1.0, 2.0, 5.0, -3.0, np.nan])
ANY = st.floats(-1e6, 1e6, allow_subnormal=False) | COARSE


@given(arrays.arrays(float, st.integers(0, 80), elements=ANY), st.integers(1, 30), st.sampled_from(Binning))
def test_every_value_is_in_exactly_one_bin_and_missing_ones_in_none(values, count, binning) -> None:
    column = numbers("m", values)
    bins = make_bins([column], binning=binning, count=count)
    codes = bins.codes_of(column)
    held = np.array([one.holds(column) for one in bins.ranges]).reshape(len(bins), len(values))
    np.testing.assert_array_equal(held.sum(axis=0), ~np.isnan(values))
    np.testing.assert_array_equal(codes, np.where(np.isnan(values), -1, held.argmax(axis=0) if len(bins) else -1))
    assert (np.diff(bins.edges) > 0).all()
    if len(bins):
        assert bins.ranges[0].low is None
        assert bins.ranges[-1].high is None


@given(arrays.arrays(float, st.integers(1, 200), elements=ANY), st.integers(1, 20))
def test_quantile_bins_are_never_empty(values, count) -> None:
    column = numbers("m", values)
    bins = make_bins([column], count=count)
    codes = bins.codes_of(column)
    assert len(bins) <= count
    assert (np.bincount(codes[codes >= 0], minlength=len(bins)) > 0).all()


def test_quantile_bins_are_even_and_their_edges_short() -> None:
    values = np.random.default_rng(0).lognormal(3, 1, 20_000)
    bins = make_bins([numbers("m", values)])
    shares = np.bincount(bins.codes_of(numbers("m", values))) / len(values)
    assert len(bins) == 10
    assert shares == pytest.approx(np.full(10, 0.1), abs=0.011)
    assert all(len(f"{edge:g}") <= 4 for edge in bins.edges)


def test_few_distinct_values_have_a_bin_each() -> None:
    bins = make_bins([numbers("count", [0, 0, 0, 1, 2, 2, 7], is_integer=True)])
    assert [(one.low, one.high) for one in bins.ranges] == [(None, 1), (1, 2), (2, 7), (7, None)]


def test_equal_widths_have_round_edges() -> None:
    values = np.random.default_rng(0).random(1000) * 0.93 + 0.031
    bins = make_bins([numbers("m", values)], binning=Binning.EQUAL_WIDTH)
    np.testing.assert_allclose(bins.edges, np.arange(1, 10) / 10)
    whole = make_bins([numbers("m", [1, 2, 3, 4, 9], is_integer=True)], binning=Binning.EQUAL_WIDTH, count=10)
    np.testing.assert_array_equal(whole.edges, np.arange(2, 10))


def test_labels_and_predictions_weigh_the_same() -> None:
    few, many = numbers("m", np.linspace(0, 1, 100)), numbers("m", np.linspace(1, 2, 50_000))
    assert make_bins([few, many], count=2).edges == pytest.approx([1.0], abs=0.02)


def test_constant_and_empty_columns() -> None:
    for binning in Binning:
        assert [one.low for one in make_bins([numbers("m", [4.0] * 9)], binning=binning).ranges] == [None]
        assert len(make_bins([numbers("m", [np.nan] * 3)], binning=binning)) == 0
        assert len(make_bins([numbers("m", [])], binning=binning)) == 0


def test_the_rarest_categories_share_a_bin() -> None:
    column = names("site", [f"site {index}" for index in range(30) for _ in range(30 - index)] + [None] * 5)
    bins = category_bins([column], most=4)
    assert [one.categories for one in bins.ranges[:3]] == [("site 0",), ("site 1",), ("site 2",)]
    assert len(bins.ranges[3].categories) == 27
    codes = bins.codes_of(column)
    assert (codes == -1).sum() == 5
    np.testing.assert_array_equal(np.bincount(codes[codes >= 0]), [one.holds(column).sum() for one in bins.ranges])
    assert len(category_bins([column])) == 20


def test_columns_with_other_categories_are_told_by_name() -> None:
    bins = category_bins([names("weather", ["rain", "sun", "sun"])])
    np.testing.assert_array_equal(bins.codes_of(names("weather", ["fog", "sun", None, "rain"])), [-1, 1, -1, 0])


def test_bins_stay_while_the_confidence_moves() -> None:
    problem = make_problem(5)
    found = Detection(problem.labels, problem.predictions, problem.classes, frame_count=problem.frames)
    area = [numbers("area", objects.area[np.argsort(objects.row)]) for objects in (problem.labels, problem.predictions)]
    edges = [bins_for(found.match_table(confidence, 0.5), *area).edges for confidence in (0.0, 0.9)]
    np.testing.assert_array_equal(*edges)
    assert len(bins_for(found.match_table(0.5, 0.5), None, numbers("f", range(6), MeasuredOn.FRAME))) == 6
