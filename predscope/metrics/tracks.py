"""Objects along sequences of frames: what of the frame before is the same thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.evaluation.objects import Objects
from predscope.evaluation.pairs import find_pairs

LINK_IOU: Final = 0.5
"""Objects of one class in consecutive frames are the same thing from this IoU on, where they have no track id."""
_APART: Final = 3
"""Places between two sequences, so that no object of one is taken for a predecessor of the other."""


@dataclass(frozen=True)
class Tracks:
    """The objects of a set along the sequences of frames.

    Attributes:
        position: int64 (n,): place of the object's frame within its sequence, from 0; -1: in no sequence.
        class_id: int64 (n,).
        track: int64 (n,): number of its track as the file gives it, within its sequence; -1: none.
        box: float64 (n, 4): x, y, w, h.
        predecessor: int64 (n,): the object that is the same thing, in the frame before or the one before that (with
            track ids: in any frame before); -1: none.
        lag: int64 (n,): frames back to the predecessor; 0: none.
        later, earlier: int64 (p,): pairs of objects of consecutive frames that overlap, of whatever class.
        iou: float64 (p,): of the pairs, from ``LINK_IOU`` on.
    """

    position: np.ndarray
    class_id: np.ndarray
    track: np.ndarray
    box: np.ndarray
    predecessor: np.ndarray
    lag: np.ndarray
    later: np.ndarray
    earlier: np.ndarray
    iou: np.ndarray

    def __len__(self) -> int:
        return len(self.position)

    @property
    def first_of_track(self) -> np.ndarray:
        """int64 (n,): the first object of the chain of predecessors that each one is in; itself if it is the first."""
        first = np.where(self.predecessor < 0, np.arange(len(self)), self.predecessor)
        while True:
            further = first[first]
            if (further == first).all():
                return first
            first = further


def link_tracks(
    frame: np.ndarray,
    class_id: np.ndarray,
    box: np.ndarray,
    track_id: list[str | None],
    sequence: np.ndarray,
    sequence_index: np.ndarray,
) -> Tracks:
    """Find the predecessor of each object: by its track id, else by the highest IoU, each the other's best.

    Args:
        frame: int (n,): frame index of each object.
        class_id: int (n,).
        box: float64 (n, 4).
        track_id: per object, None where it has none.
        sequence: int (frames,): number of the sequence of each frame; -1: none.
        sequence_index: float (frames,): its place there; NaN: unknown.
    """
    position, place = _positions(sequence, sequence_index)
    own_place = place[frame]
    track = _numbered_tracks(track_id, sequence[frame])
    later, earlier, iou = _overlapping(own_place, class_id, box, 1)
    predecessor, lag = np.full(len(frame), -1, np.int64), np.zeros(len(frame), np.int64)
    is_same = (class_id[later] == class_id[earlier]) & (track[later] < 0) & (track[earlier] < 0)
    _link(predecessor, lag, 1, later[is_same], earlier[is_same], iou[is_same])
    has_no_next = np.ones(len(frame), bool)
    has_no_next[predecessor[predecessor >= 0]] = False
    later2, earlier2, iou2 = _overlapping(own_place, class_id, box, 2)
    is_open = (class_id[later2] == class_id[earlier2]) & (track[later2] < 0) & (track[earlier2] < 0)
    is_open &= (predecessor[later2] < 0) & has_no_next[earlier2]
    _link(predecessor, lag, 2, later2[is_open], earlier2[is_open], iou2[is_open])
    _follow_tracks(predecessor, lag, track, own_place)
    return Tracks(position[frame], class_id, track, box, predecessor, lag, later, earlier, iou)


def _positions(sequence: np.ndarray, sequence_index: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place of each frame within its sequence, and on one line on which all sequences lie one after the other."""
    position, place = np.full(len(sequence), -1, np.int64), np.full(len(sequence), -1, np.int64)
    rows = np.flatnonzero((sequence >= 0) & ~np.isnan(sequence_index))
    rows = rows[np.lexsort((sequence_index[rows], sequence[rows]))]
    size = np.bincount(sequence[rows]) if len(rows) else np.zeros(0, np.int64)
    starts = np.cumsum(size) - size
    position[rows] = np.arange(len(rows)) - starts[sequence[rows]]
    place[rows] = np.arange(len(rows)) + _APART * sequence[rows]
    return position, place


def _numbered_tracks(track_id: list[str | None], sequence: np.ndarray) -> np.ndarray:
    number_of: dict[tuple[int, str], int] = {}
    return np.fromiter(
        (
            -1 if name is None or within < 0 else number_of.setdefault((within, name), len(number_of))
            for name, within in zip(track_id, sequence.tolist(), strict=True)
        ),
        np.int64,
        len(track_id),
    )


def _overlapping(
    place: np.ndarray, class_id: np.ndarray, box: np.ndarray, lag: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rows = np.flatnonzero((place >= 0) & ~np.isnan(box).any(axis=1))
    late = Objects.from_arrays(place[rows], class_id[rows], box[rows])
    early = Objects.from_arrays(place[rows] + lag, class_id[rows], box[rows])
    pairs = find_pairs(early, late, lowest_iou=LINK_IOU)
    return rows[late.row[pairs.prediction]], rows[early.row[pairs.label]], pairs.iou


def _link(
    predecessor: np.ndarray, lag: np.ndarray, frames: int, later: np.ndarray, earlier: np.ndarray, iou: np.ndarray
) -> None:
    """Tie pairs each of which is the other's best."""
    order = np.lexsort((earlier, later, -iou))
    later, earlier = later[order], earlier[order]
    is_best = np.zeros(len(order), bool)
    for side in (later, earlier):
        _, first = np.unique(side, return_index=True)
        seen = np.zeros(len(order), bool)
        seen[first] = True
        is_best = seen if side is later else is_best & seen
    predecessor[later[is_best]] = earlier[is_best]
    lag[later[is_best]] = frames


def _follow_tracks(predecessor: np.ndarray, lag: np.ndarray, track: np.ndarray, place: np.ndarray) -> None:
    rows = np.flatnonzero((track >= 0) & (place >= 0))
    rows = rows[np.lexsort((place[rows], track[rows]))]
    before, after = rows[:-1], rows[1:]
    is_next = (track[before] == track[after]) & (place[before] < place[after])
    predecessor[after[is_next]] = before[is_next]
    lag[after[is_next]] = (place[after] - place[before])[is_next]
