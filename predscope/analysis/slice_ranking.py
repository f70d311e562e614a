"""Which of many overlapping weak slices to report, and in which order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.evaluation.intervals import wilson

_PART_SIZE: Final = 0.5
"""At most this share of a slice's objects ..."""
_INSIDE: Final = 0.67
"""... with this share of its own inside of it ..."""
_PART_SCORE: Final = 0.75
"""... and at least this share of its score has a part that is the better description ..."""
_SURER: Final = 0.01
"""... if its p value is so many times smaller."""
_NEW_SHARE: Final = 0.35
"""Share of its score that those reported before must not explain ..."""
_LEAST_NEW: Final = 1.0
"""... and errors: fewer than one are none."""
_SAME: Final = 0.7
"""Jaccard index from which two slices are nearly the same objects."""
_MOST_SAME: Final = 3


@dataclass(frozen=True, eq=False)
class Candidates:
    """Slices that are significant, of one side.

    Attributes:
        first, second: int64 (n,): their conditions; the same where there is one.
        count, right: float64 (n,): objects, and the right ones of them.
        design_effect: float64 (n,): see ``clustering``.
        p_value: float64 (n,).
    """

    first: np.ndarray
    second: np.ndarray
    count: np.ndarray
    right: np.ndarray
    design_effect: np.ndarray
    p_value: np.ndarray

    def __len__(self) -> int:
        return len(self.first)

    def take(self, places: np.ndarray) -> Candidates:
        names = ("first", "second", "count", "right", "design_effect", "p_value")
        return Candidates(*(getattr(self, name)[places] for name in names))


def rank(
    candidates: Candidates, masks: Mapping[int, np.ndarray], metric_of: np.ndarray, is_right: np.ndarray, limit: int
) -> list[tuple[int, float, list[int]]]:
    """The slices to report, strongest first: (candidate, new excess errors, other names of nearly the same objects).

    A slice scores the lower bound of its deficit times its objects: errors more than expected, at least. The highest
    score comes first, unless a part of less than half its size says nearly as much and is surer: then that does.

    What is expected of an object is the share of right ones of all objects at first, and then that of the strongest
    reported slice that it is in. So the others are scored by what those before them do not explain: another name of
    the same objects, or a larger slice that is weak only by containing one, scores next to nothing.

    Args:
        masks: bool (objects,), by condition.
        metric_of: int (conditions,): the number of the metric that each is about.
        is_right: bool (objects,).
    """
    bits = {number: _packed(masks[number]) for number in {*candidates.first.tolist(), *candidates.second.tolist()}}
    pairs = zip(candidates.first.tolist(), candidates.second.tolist(), strict=True)
    # a bit an object: eight of them in a byte, and to count them is one instruction a word
    members = np.stack([bits[first] & bits[second] for first, second in pairs])
    expectation = _Expectation(members, is_right)
    _, upper = wilson(candidates.right / candidates.design_effect, candidates.count / candidates.design_effect)
    at_most_right = upper * candidates.count
    own_score = expectation.sums - at_most_right
    is_open = own_score >= _LEAST_NEW
    reported: list[tuple[int, float, list[int]]] = []
    while len(reported) < limit:
        score = expectation.sums - at_most_right
        is_open &= (score >= _NEW_SHARE * own_score) & (score >= _LEAST_NEW)
        places = np.flatnonzero(is_open)
        if not len(places):
            break
        place = _concentrated(int(places[np.argmax(score[places])]), places, score, members, candidates)
        common, either = _ones(members[places] & members[place]), _ones(members[places] | members[place])
        alike = places[common >= _SAME * either]
        alike = alike[np.argsort(-own_score[alike], kind="stable")]
        reported.append((place, float(score[place]), _other_names(place, alike, candidates, metric_of)))
        expectation.lower(place)
        is_open[place] = False
    return reported


class _Expectation:
    """How many right objects are to be expected in each slice, given the slices reported so far.

    Attributes:
        sums: float64 (slices,).
    """

    def __init__(self, members: np.ndarray, is_right: np.ndarray) -> None:
        everything = _packed(np.ones(len(is_right), bool))
        self._members = members
        self._right = _packed(is_right)
        self._levels = [(float(is_right.mean()), everything)]  # objects of which the same share is expected
        self.sums = self._levels[0][0] * _ones(members)

    def lower(self, place: int) -> None:
        """Take into account that a slice is weak: for those of its objects that more was expected of."""
        share = float(_ones(self._members[place] & self._right) / _ones(self._members[place]))
        inside = np.bitwise_or.reduce([level & self._members[place] for value, level in self._levels if value > share])
        share = float(_ones(inside & self._right) / max(_ones(inside), 1))
        levels = []
        for value, level in self._levels:
            moved = level & inside if value > share else np.zeros_like(level)
            self.sums -= (value - share) * _ones(self._members & moved)
            levels.append((value, level & ~moved))
            levels.append((share, moved))
        self._levels = [(value, level) for value, level in levels if level.any()]


def _other_names(place: int, alike: np.ndarray, candidates: Candidates, metric_of: np.ndarray) -> list[int]:
    """Of slices of nearly the same objects those that say it by other metrics: one for each choice of metrics."""

    def metrics(candidate: int) -> frozenset[int]:
        return frozenset((int(metric_of[candidates.first[candidate]]), int(metric_of[candidates.second[candidate]])))

    said = [metrics(place)]
    others: list[int] = []
    for candidate in alike.tolist():
        names = metrics(candidate)
        if len(others) < _MOST_SAME and not any(known <= names for known in said):
            said.append(names)
            others.append(candidate)
    return others


def _concentrated(
    place: int, places: np.ndarray, score: np.ndarray, members: np.ndarray, candidates: Candidates
) -> int:
    """The strongest part of a slice that says most of it of far fewer objects, and is surer; else the slice."""
    parts = places[
        (candidates.count[places] <= _PART_SIZE * candidates.count[place])
        & (score[places] >= _PART_SCORE * score[place])
        & (candidates.p_value[places] < _SURER * candidates.p_value[place])
    ]
    parts = parts[_ones(members[parts] & members[place]) >= _INSIDE * candidates.count[parts]]
    return int(parts[np.argmax(score[parts])]) if len(parts) else place


def _packed(mask: np.ndarray) -> np.ndarray:
    """uint64 (words,): a bit an object."""
    packed = np.packbits(mask)
    return np.pad(packed, (0, -len(packed) % 8)).view(np.uint64)


def _ones(bits: np.ndarray) -> np.ndarray:
    """float64 (masks,): set bits of each row."""
    return np.bitwise_count(bits).sum(axis=-1, dtype=np.float64)
