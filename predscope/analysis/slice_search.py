"""Counting all candidates of a search for weak slices, and choosing those that are worth a close look."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from predscope.analysis.clustering import design_effect
from predscope.analysis.significance import binomial_upper_tail
from predscope.analysis.slice_conditions import Conditions
from predscope.analysis.slice_ranking import Candidates
from predscope.evaluation.intervals import wilson

_LARGEST_SHARE: Final = 0.5
"""Of the objects: more of them are not a slice but the greater part of the data."""
_SCREEN: Final = 3.0
"""Standard deviations (as if objects were independent) below which a slice of two conditions is not looked at ..."""
_SCREEN_SINGLE: Final = 2.0
"""... and one of a single condition, of which there are fewer."""
_WORSE_THAN_PARENT: Final = 2.5
"""Standard deviations by which a slice of two conditions has to be worse than the rest of each."""
_SAME_METRIC: Final = 0.7
"""Rank correlation beyond which two metrics are not joined: area and width, say."""
_LOOKED_AT: Final = 2_000
"""The strongest of the slices that are left; more would be variations of them."""


@dataclass(frozen=True, eq=False)
class SliceCounts:
    """All candidates: the numbers of their conditions (of one condition: twice the same), and their counts.

    ``is_test``: neither too small nor too large to be a hypothesis.
    """

    first: np.ndarray
    second: np.ndarray
    count: np.ndarray
    right: np.ndarray
    is_test: np.ndarray


def count_slices(is_right: np.ndarray, conditions: list[Conditions], depth: int, minimum_count: int) -> SliceCounts:
    """Count by joint bins, a pass an object for each two metrics, and add bins up to conditions."""
    starts = np.cumsum([0, *(len(one.ranges) for one in conditions)])
    parts: list[tuple[np.ndarray, ...]] = []
    for place, one in enumerate(conditions):
        width = len(one.holds)
        total = np.bincount(one.codes, minlength=width) @ one.holds
        right = np.bincount(one.codes[is_right], minlength=width) @ one.holds
        own = np.arange(starts[place], starts[place + 1])
        parts.append((own, own, total, right))
    scaled_right = [one.codes[is_right] for one in conditions]
    for i, j in combinations(range(len(conditions)), 2) if depth > 1 else ():
        one, other = conditions[i], conditions[j]
        shape = (len(one.holds), len(other.holds))
        size = shape[0] * shape[1]
        total = np.bincount(one.codes * shape[1] + other.codes, minlength=size).reshape(shape)
        if not (one.metric.is_categorical or other.metric.is_categorical) and _is_the_same(total[:-1, :-1]):
            continue
        right = np.bincount(scaled_right[i] * shape[1] + scaled_right[j], minlength=size).reshape(shape)
        wanted, wanted_other = one.holds[:, : one.joinable], other.holds[:, : other.joinable]
        first, second = np.indices((one.joinable, other.joinable)).reshape(2, -1)
        parts.append(
            (
                first + starts[i],
                second + starts[j],
                (wanted.T @ total @ wanted_other).ravel(),
                (wanted.T @ right @ wanted_other).ravel(),
            )
        )
    first, second, count, right = (np.concatenate([part[column] for part in parts]) for column in range(4))
    is_test = (count >= minimum_count) & (count <= _LARGEST_SHARE * len(is_right))
    return SliceCounts(first, second, count, right, is_test)


def _is_the_same(joint: np.ndarray) -> bool:
    """Whether two metrics, counted by joint bins, rank objects so alike that they are two names of one thing."""
    rows, columns = joint.sum(axis=1), joint.sum(axis=0)
    total = max(int(rows.sum()), 1)
    first, second = np.cumsum(rows) - rows / 2 - total / 2, np.cumsum(columns) - columns / 2 - total / 2  # mid-ranks
    scale = np.sqrt((rows @ first**2) * (columns @ second**2))
    return bool(abs(first @ joint @ second) > _SAME_METRIC * scale)


def condition_masks(conditions: list[Conditions], wanted: np.ndarray) -> dict[int, np.ndarray]:
    """The objects of some conditions, by the number of the condition: bool (n,) each."""
    starts = np.cumsum([0, *(len(one.ranges) for one in conditions)])
    owners = np.searchsorted(starts, wanted, side="right") - 1
    return {
        number: conditions[owner].mask(number - int(starts[owner]))
        for number, owner in zip(wanted.tolist(), owners.tolist(), strict=True)
    }


def worth_a_look(counts: SliceCounts, total: int, total_right: int, minimum_deficit: float) -> np.ndarray:
    """int64: candidates clearly worse than the rest of the data, and than the rest of each of their conditions.

    Those left out count as tests that found nothing, which can only make the others' q values larger.
    """
    alone = counts.first == counts.second
    own_count = counts.count[alone]  # by condition, which come first and in order
    own_right = counts.right[alone]
    deviations = _deviations(counts.count, counts.right, total - counts.count, total_right - counts.right)
    screened = counts.is_test & (deviations >= np.where(alone, _SCREEN_SINGLE, _SCREEN))
    screened &= counts.right <= (total_right / total - minimum_deficit) * counts.count
    chosen = np.flatnonzero(screened)
    worse = np.ones(len(chosen), bool)
    for parent in (counts.first[chosen], counts.second[chosen]):
        rest, rest_right = own_count[parent] - counts.count[chosen], own_right[parent] - counts.right[chosen]
        far = _deviations(counts.count[chosen], counts.right[chosen], rest, rest_right) >= _WORSE_THAN_PARENT
        worse &= far | alone[chosen]
    chosen = chosen[worse]
    if len(chosen) > _LOOKED_AT:
        _, upper = wilson(counts.right[chosen], counts.count[chosen])
        score = (total_right / total - upper) * counts.count[chosen]
        chosen = np.sort(chosen[np.argsort(-score)[:_LOOKED_AT]])
    return chosen


def weighted_p_values(counts: SliceCounts, chosen: np.ndarray, p_values: np.ndarray) -> tuple[np.ndarray, int]:
    """P values divided by the weights of their hypotheses, and the number of hypotheses.

    One condition is simpler than two, and there are few such: either kind gets half of what may be discovered in error
    (weights of mean 1: Genovese, Roeder and Wasserman, 2006).
    """
    is_single = counts.first == counts.second
    tests = int(counts.is_test.sum())
    singles = int((counts.is_test & is_single).sum())
    if singles in (0, tests):
        return p_values, tests
    weight = np.where(is_single[chosen], tests / (2 * singles), tests / (2 * (tests - singles)))
    return np.minimum(p_values / weight, 1), tests


def _deviations(count: np.ndarray, right: np.ndarray, rest: np.ndarray, rest_right: np.ndarray) -> np.ndarray:
    """By how many standard deviations the share is below that of the rest: the signed root of the likelihood ratio."""
    with np.errstate(divide="ignore", invalid="ignore"):
        share, other = right / count, rest_right / rest
        pooled = (right + rest_right) / (count + rest)

        def information(hits: np.ndarray, of: np.ndarray, rate: np.ndarray) -> np.ndarray:
            misses = of - hits
            return np.where(hits > 0, hits * np.log(rate / pooled), 0) + np.where(
                misses > 0, misses * np.log((1 - rate) / (1 - pooled)), 0
            )

        ratio = 2 * (information(right, count, share) + information(rest_right, rest, other))
        return np.where((rest > 0) & (share < other), np.sqrt(np.maximum(ratio, 0)), 0)


def examine(
    counts: SliceCounts,
    chosen: np.ndarray,
    masks: dict[int, np.ndarray],
    is_right: np.ndarray,
    cluster: np.ndarray,
    correlation: float,
    minimum_clusters: int,
) -> Candidates:
    """The candidates with their design effects and p values; those on too few clusters have a p value of 1."""
    total, total_right = len(is_right), int(is_right.sum())
    effects, clusters = np.ones(len(chosen)), np.zeros(len(chosen), np.int64)
    pairs = zip(counts.first[chosen].tolist(), counts.second[chosen].tolist(), strict=True)
    for place, (first, second) in enumerate(pairs):
        inside = np.flatnonzero(masks[first] if first == second else masks[first] & masks[second])
        effects[place], clusters[place] = design_effect(cluster[inside], is_right[inside], correlation)
    count, right = counts.count[chosen], counts.right[chosen]
    # Given how many are wrong in all, a slice that has nothing to do with it is a sample without replacement of the
    # whole; the binomial is a little wider than that, and unlike a comparison with the rest does not depend on a share
    # that may be estimated from very few.
    wrong = np.full(len(chosen), 1 - total_right / total)
    p_value = binomial_upper_tail((count - right) / effects, count / effects, wrong)
    p_value[clusters < minimum_clusters] = 1.0
    return Candidates(
        first=counts.first[chosen],
        second=counts.second[chosen],
        count=count,
        right=right,
        design_effect=effects,
        p_value=p_value,
    )
