"""Labels that deserve a second look: each check is a range of a metric, so that what it counts can be opened."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from predscope.exploration.metric_columns import column_of
from predscope.exploration.query import FrameQuery
from predscope.metrics.ranges import MetricRange
from predscope.project import Project

SAME_THING_IOU: Final = 0.8
TINY_PX2: Final = 16 * 16
UNUSUAL_DEVIATIONS: Final = 3.0
NO_NEIGHBOURS: Final = 0.05
"""Share of neighbours of its class that only a label without any stays below."""
ALL_OF_THE_FRAME: Final = 95.0


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """One question about labels.

    Attributes:
        name: stable, for tests.
        title: what such labels have in common, to be read after their number.
        why: what may be wrong with them.
        where: the values that they have.
    """

    name: str
    title: str
    why: str
    where: MetricRange


CHECKS: Final = (
    LabelCheck(
        "twice",
        f"nearly coincide with another of their class (IoU from .{SAME_THING_IOU * 10:.0f})",
        "The same thing may be labelled twice.",
        MetricRange("duplicate_iou", SAME_THING_IOU),
    ),
    LabelCheck(
        "odd_one_out",
        "look like labels of other classes (none of the 10 most similar has theirs)",
        "The class may be wrong.",
        MetricRange("annotation_quality", None, NO_NEIGHBOURS),
    ),
    LabelCheck(
        "shape",
        "have an unusual shape for their class (3 standard deviations and more)",
        "The outline may be sloppy, or the class wrong.",
        MetricRange("shape_outlier", UNUSUAL_DEVIATIONS),
    ),
    LabelCheck(
        "tiny",
        "are tiny (less than 16 x 16 pixels in area)",
        "Slips of the mouse, or things too small to be told.",
        MetricRange("area", None, TINY_PX2),
    ),
    LabelCheck(
        "huge",
        "cover nearly the whole frame (95 % and more)",
        "A label of the frame rather than of a thing in it, perhaps.",
        MetricRange("relative_area", ALL_OF_THE_FRAME),
    ),
    LabelCheck(
        "border",
        "touch the border of their frame",
        "They show a part of the thing only.",
        MetricRange("truncated", 1),
    ),
    LabelCheck(
        "gap",
        "are missing in the frame before, and there in the one before that",
        "A label may have been forgotten in between.",
        MetricRange("missing_before", 1),
    ),
    LabelCheck(
        "switch",
        "take the place of another class or track in the frame before",
        "The class or the track id may have been mixed up.",
        MetricRange("track_consistency", None, 1),
    ),
)


@dataclass(frozen=True, slots=True)
class Checked:
    """How many labels a check finds; ``count`` None: its metric has not been computed, or cannot be here."""

    check: LabelCheck
    count: int | None


def check_labels(project: Project, label_set: str, query: FrameQuery) -> list[Checked]:
    """All checks, in a fixed order."""
    found = []
    for check in CHECKS:
        column = column_of(project, check.where.name, "labels", label_set, query)
        is_known = column is not None and not bool(column.is_missing.all())
        found.append(Checked(check, int(check.where.holds(column).sum()) if column is not None and is_known else None))
    return found
