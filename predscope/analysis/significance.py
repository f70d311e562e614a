"""How surprising a count is, on its own and among many; exact where samples are small.

The special functions are those of Abramowitz and Stegun, chapters 6 and 26, by series and continued fractions; tests
compare them with scipy, which is not needed to run.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

_TINY: Final = 1e-300
_CLOSE: Final = 1e-13
_MOST_TERMS: Final = 10_000
_log_gamma = np.vectorize(math.lgamma, otypes=[np.float64])


def binomial_upper_tail(count: np.ndarray, trials: np.ndarray, chance: np.ndarray) -> np.ndarray:
    """float64: P(X >= count) of a binomial; counts and trials may be fractions, which go between the whole ones.

    Args:
        count, trials, chance: of one shape; 0 <= count <= trials, 0 <= chance <= 1.
    """
    count, trials, chance = np.broadcast_arrays(*(np.asarray(one, np.float64) for one in (count, trials, chance)))
    result = np.where(count <= 0, 1.0, np.where(chance <= 0, 0.0, 1.0))
    inside = (count > 0) & (chance > 0) & (chance < 1)
    if inside.any():
        a, b = count[inside], trials[inside] - count[inside] + 1
        result[inside] = _regularised_beta(a, b, chance[inside])
    return result


def chi_square_upper_tail(statistic: float, degrees: float) -> float:
    """P(X >= statistic) of a chi-square distribution."""
    if statistic <= 0 or degrees <= 0:
        return 1.0
    a, x = degrees / 2, statistic / 2
    scale = math.exp(-x + a * math.log(x) - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        for step in range(1, _MOST_TERMS):
            term *= x / (a + step)
            total += term
            if term < total * _CLOSE:
                break
        return max(0.0, 1 - total * scale)
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    fraction = d
    for step in range(1, _MOST_TERMS):
        factor = -step * (step - a)
        b += 2
        d = 1 / _away_from_zero(factor * d + b)
        c = _away_from_zero(b + factor / c)
        change = c * d
        fraction *= change
        if abs(change - 1) < _CLOSE:
            break
    return min(1.0, fraction * scale)


def kolmogorov_upper_tail(statistic: float) -> float:
    """P(K >= statistic) of the limiting distribution of the Kolmogorov statistic, sqrt(n) D."""
    if statistic < 0.2:
        return 1.0  # to 12 digits
    if statistic < 1.1:  # the two forms of the series converge where the other does not
        odd = np.arange(1, 20, 2)
        terms = np.exp(-((odd * math.pi / statistic) ** 2) / 8)
        return float(1 - math.sqrt(2 * math.pi) / statistic * terms.sum())
    k = np.arange(1, 30)
    return float(2 * ((-1.0) ** (k - 1) * np.exp(-2 * (k * statistic) ** 2)).sum())


def false_discovery_adjusted(p_values: np.ndarray, tests: int | None = None) -> np.ndarray:
    """float64: q values (Benjamini and Hochberg, 1995): the lowest false discovery rate at which each is kept.

    Args:
        p_values: float (n,).
        tests: how many were made, if more than are given here; the p values of the others count as 1.
    """
    p_values = np.asarray(p_values, np.float64)
    order = np.argsort(p_values)
    total = len(p_values) if tests is None else tests
    steps = p_values[order] * total / np.arange(1, len(p_values) + 1)
    adjusted = np.empty(len(p_values))
    adjusted[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1)
    return adjusted


def _regularised_beta(a: np.ndarray, b: np.ndarray, x: np.ndarray) -> np.ndarray:
    """I_x(a, b) by Lentz's continued fraction, on the side of the mean where it converges quickly."""
    swapped = x > (a + 1) / (a + b + 2)
    first, second, at = np.where(swapped, b, a), np.where(swapped, a, b), np.where(swapped, 1 - x, x)
    log_scale = (
        _log_gamma(first + second)
        - _log_gamma(first)
        - _log_gamma(second)
        + first * np.log(at)
        + second * np.log1p(-at)
    )
    c = np.ones_like(at)
    d = 1 / _apart_from_zero(1 - (first + second) * at / (first + 1))
    fraction = d.copy()
    for step in range(1, _MOST_TERMS):
        even = step * (second - step) * at / ((first + 2 * step - 1) * (first + 2 * step))
        odd = -(first + step) * (first + second + step) * at / ((first + 2 * step) * (first + 2 * step + 1))
        for factor in (even, odd):
            d = 1 / _apart_from_zero(1 + factor * d)
            c = _apart_from_zero(1 + factor / c)
            change = c * d
            fraction *= change
        if np.all(np.abs(change - 1) < _CLOSE):
            break
    part = np.exp(log_scale) * fraction / first
    return np.clip(np.where(swapped, 1 - part, part), 0, 1)


def _apart_from_zero(values: np.ndarray) -> np.ndarray:
    return np.where(np.abs(values) < _TINY, _TINY, values)


def _away_from_zero(value: float) -> float:
    return _TINY if abs(value) < _TINY else value
