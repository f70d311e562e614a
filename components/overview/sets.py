"""Which prediction sets the Overview speaks of; this module imports nothing that takes time."""

from __future__ import annotations

from typing import Final

from predscope.project import Project

MOST_CARDS: Final = 6
MOST_WORST: Final = 2
"""Sets whose weakest slices and worst frames are shown."""
_HEIGHT, _CARD_HEIGHT, _WORST_HEIGHT = 180, 92, 340


def compared_sets(project: Project) -> list[str]:
    """The prediction sets that have a card: the first few, where there are labels."""
    return project.set_names("predictions")[:MOST_CARDS] if project.set_names("labels") else []


def expected_height(project: Project) -> int:
    """About how high everything is that the Overview says of predictions, in pixels."""
    sets = compared_sets(project)
    return _HEIGHT + _CARD_HEIGHT * len(sets) + _WORST_HEIGHT * len(sets[:MOST_WORST])
