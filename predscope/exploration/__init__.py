"""Finding frames: queries, what they select, and what each further choice would give.

query       ``FrameQuery``: the question, and its parameters in a link
sorting     the orders, each with its value in words
columns     the numpy columns that queries work on, read once a revision
measures    counts of every frame under a query, and a mask for each condition
selection   ``select_frames``: the frames, in order, with neighbours and counters
facets      the numbers beside the filters
filters     the conditions one by one, in words
metric_*    metrics in queries: ``lookup`` (which there are), ``columns`` (their values), ``facets`` (their spread),
            ``standing`` (where one value is among all)
tiles       frames and their objects, small enough for a page of thumbnails
"""

from predscope.exploration.filters import ActiveFilter, active_filters, relaxations, without_filters
from predscope.exploration.query import FrameQuery, chosen_label_set, chosen_sets
from predscope.exploration.selection import Count, Counters, FrameSelection, select_frames
from predscope.exploration.sorting import SORTS, Sort

__all__ = [
    "SORTS",
    "ActiveFilter",
    "Count",
    "Counters",
    "FrameQuery",
    "FrameSelection",
    "Sort",
    "active_filters",
    "chosen_label_set",
    "chosen_sets",
    "relaxations",
    "select_frames",
    "without_filters",
]
