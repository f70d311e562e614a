"""The special functions against scipy's, where it is installed."""

from __future__ import annotations

import numpy as np
import pytest

from predscope.analysis import significance

stats = pytest.importorskip("scipy.stats")


def test_binomial_tails() -> None:
    rng = np.random.default_rng(0)
    trials = rng.integers(1, 5000, 3000)
    count = (rng.random(3000) * (trials + 1)).astype(int)
    chance = rng.random(3000) ** 2
    expected = stats.binom.sf(count - 1, trials, chance)
    np.testing.assert_allclose(significance.binomial_upper_tail(count, trials, chance), expected, rtol=1e-6, atol=1e-12)
    assert significance.binomial_upper_tail([0, 3, 3, 2.5], [5, 5, 5, 5], [0.0, 0.0, 1.0, 0.3]).tolist()[:3] == [
        1,
        0,
        1,
    ]
    lower, between, higher = significance.binomial_upper_tail([2, 2.5, 3], [5, 5, 5], [0.3, 0.3, 0.3])
    assert lower > between > higher


def test_chi_square_tails() -> None:
    for degrees in (1, 2, 7, 60):
        for statistic in (0, 0.1, 1, 8, 70, 400):
            found = significance.chi_square_upper_tail(statistic, degrees)
            assert found == pytest.approx(stats.chi2.sf(statistic, degrees), rel=1e-9, abs=1e-14)


def test_kolmogorov_tails() -> None:
    for statistic in (0.1, 0.25, 0.5, 1.0, 1.1, 1.36, 2.5, 5):
        assert significance.kolmogorov_upper_tail(statistic) == pytest.approx(stats.kstwobign.sf(statistic), rel=1e-9)


def test_false_discovery() -> None:
    p_values = np.random.default_rng(0).random(50) ** 3
    expected = stats.false_discovery_control(p_values)
    np.testing.assert_allclose(significance.false_discovery_adjusted(p_values), expected)
    with_others = stats.false_discovery_control([*p_values, *[1.0] * 150])[:50]
    np.testing.assert_allclose(significance.false_discovery_adjusted(p_values, 200), with_others)
    assert len(significance.false_discovery_adjusted([])) == 0
