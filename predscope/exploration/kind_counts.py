"""How many objects of each kind of outcome a frame has, and the outcomes of single objects as small numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from predscope.evaluation.match_table import MatchTable, Outcome, Reason

_OUTCOMES: Final = {
    "tp": Outcome.TRUE_POSITIVE,
    "fp": Outcome.FALSE_POSITIVE,
    "fn": Outcome.FALSE_NEGATIVE,
    "ignored": Outcome.IGNORED,
}
_CODES: Final = np.array([[Outcome.LEFT_OUT, *_OUTCOMES.values()].index(outcome) for outcome in Outcome])


@dataclass(frozen=True)
class KindCounts:
    """Objects of each kind by frame; arrays run over all frames of the project.

    A true positive is counted once, as the prediction that it is; an ignored prediction likewise.
    """

    _outcomes: np.ndarray
    _reasons: np.ndarray

    @classmethod
    def of(cls, table: MatchTable, n_frames: int) -> KindCounts:
        """Count the outcomes of an operating point."""
        predictions = table.predictions.frame
        outcomes = _by_frame(predictions, table.outcome, len(Outcome), n_frames)
        missed = table.labels.frame[table.label_outcome == Outcome.FALSE_NEGATIVE]
        outcomes[:, Outcome.FALSE_NEGATIVE] = np.bincount(missed, minlength=n_frames)
        return cls(outcomes, _by_frame(predictions, table.reason, len(Reason), n_frames))

    def __getitem__(self, kind: str) -> np.ndarray:
        """int64 (frames,): objects of a kind, a key of ``KIND_WORDS``."""
        if kind in _OUTCOMES:
            return self._outcomes[:, _OUTCOMES[kind]]
        return self._reasons[:, Reason[kind.upper()]]


def _by_frame(frames: np.ndarray, codes: np.ndarray, n_codes: int, n_frames: int) -> np.ndarray:
    """int64 (frames, codes): how many objects of a frame have a code."""
    return np.bincount(frames * n_codes + codes, minlength=n_frames * n_codes).reshape(n_frames, n_codes)


@dataclass(frozen=True)
class OutcomeCodes:
    """Outcomes as small numbers beside drawn objects: the place of their name in ``OUTCOME_WORDS``, from 1; 0: none."""

    table: MatchTable

    def of_rows(self, role: str, rows: np.ndarray) -> np.ndarray:
        """int64 (rows,): codes of rows of the label set ("labels") or of the prediction set ("predictions")."""
        table = self.table
        is_labels = role == "labels"
        objects, outcomes = (table.labels, table.label_outcome) if is_labels else (table.predictions, table.outcome)
        if not len(objects):
            return np.zeros(len(rows), np.int64)
        places = np.minimum(np.searchsorted(objects.row, rows), len(objects) - 1)
        return np.where(objects.row[places] == rows, _CODES[outcomes[places]], 0)
