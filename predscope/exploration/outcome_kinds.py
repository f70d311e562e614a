"""Kinds of outcomes, by the names that links use, in words."""

from __future__ import annotations

from typing import Final

OUTCOME_WORDS: Final = {
    "tp": "true positives",
    "fp": "false positives",
    "fn": "false negatives",
    "ignored": "ignored predictions",
}
"""By the name that a link uses."""
REASON_WORDS: Final = {
    "wrong_class": "wrong class",
    "duplicate": "duplicate",
    "localisation": "poorly placed",
    "both": "poorly placed, wrong class",
    "background": "nothing there",
}
"""Why a prediction is a false positive, by the lower-case name of its ``Reason``."""
KIND_WORDS: Final = OUTCOME_WORDS | {name: f"false positives: {words}" for name, words in REASON_WORDS.items()}
"""What a frame may be asked to have: objects of an outcome, or false positives for a reason."""
