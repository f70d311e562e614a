"""The table of classes; every count in it opens the objects that it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from components.performance.explanations import heading
from components.performance.options import choose_one
from predscope.evaluation.bootstrap import ApBootstrap
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import Performance

_KEY: Final = "performance.per_class"
_MOST_ROWS: Final = 14
_ROW_PX: Final = 33
_QUICK: Final = 5_000
"""Objects up to which the intervals are computed without being asked for."""
_ON_REQUEST: Final = {"no": "Without intervals", "yes": "95 % intervals of AP"}


def per_class(found: Performance, query: ObjectQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    """One row a class, most labels first.

    Args:
        found: the numbers.
        query: all objects of the operating point.
    """
    heading("By class", "per_class")
    table = found.per_class(query.frames.confidence, query.frames.iou)
    table = table.sort_values("labels", ascending=False, kind="stable", ignore_index=True)
    intervals = _intervals(found)
    if intervals is not None:
        by_class = intervals.to_pandas().set_index("class_id").loc[table["class_id"]]
        table.insert(5, "interval", [_range(*ends) for ends in zip(by_class["low"], by_class["high"], strict=True)])

    def open_cell() -> None:
        chosen = objects_of_selection(table, st.session_state[_KEY]["selection"], query)
        if chosen is not None:
            on_open(chosen)

    st.dataframe(
        table.drop(columns=["class_id", "best_f1"]),
        key=_KEY,
        hide_index=True,
        width="stretch",
        row_height=_ROW_PX,
        height=_ROW_PX * (min(len(table), _MOST_ROWS) + 1) + 4,
        placeholder="–",
        on_select=open_cell,
        selection_mode=["single-row", "single-cell"],
        column_config=_columns(),
    )
    if intervals is not None:
        overall = intervals.overall
        st.caption(
            f"AP {_rate(overall.value)}, 95 % interval {_range(overall.low, overall.high)} over "
            f"{len(found.frames):,} frames. A click on a count opens its objects, on anything else those of the class."
        )
    else:
        st.caption("A click on a count opens its objects, on anything else those of the class.")


def objects_of_selection(table: pd.DataFrame, selection: dict[str, list], query: ObjectQuery) -> ObjectQuery | None:
    """What a click in the table opens; None: nothing was selected.

    Args:
        table: what is shown, with a column ``name``.
        selection: as ``st.dataframe`` reports it: ``cells`` of (row, column name), and ``rows``.
        query: all objects of the operating point.
    """
    for row, column in selection.get("cells", ()):
        return objects_of_cell(table["name"].iloc[row], column, query)
    for row in selection.get("rows", ()):
        return query.with_(klass=table["name"].iloc[row])
    return None


def objects_of_cell(class_name: str, column: str, query: ObjectQuery) -> ObjectQuery:
    """The objects that a count of a class counts; of other columns, all of the class."""
    if column in ("tp", "fp", "fn"):
        return query.with_(outcomes=(column,), klass=class_name)
    if column == "labels":
        return query.with_(label_class=class_name)
    if column == "predictions":
        return query.with_(predicted_class=class_name)
    return query.with_(klass=class_name)


def _intervals(found: Performance) -> ApBootstrap | None:
    if len(found.detection.labels) + len(found.detection.predictions) > _QUICK and (
        choose_one("Intervals", "intervals", _ON_REQUEST) == "no"
    ):
        return None
    with st.spinner("Drawing the frames anew, 1,000 times …", show_time=True):
        return found.ap_intervals()


def _columns() -> dict[str, object]:
    def count(label: str, words: str) -> object:
        return st.column_config.NumberColumn(label, format="localized", help=words)

    def share(label: str, words: str) -> object:
        return st.column_config.NumberColumn(label, format="%.3f", help=words)

    return {
        "name": st.column_config.TextColumn("Class", pinned=True),
        "labels": count("Labels", "Labels that count: neither crowd nor ignored. TP + FN."),
        "predictions": count("Predictions", "At or above the confidence threshold. TP + FP."),
        "AP": share("AP", "COCO's, over IoU .50 to .95."),
        "interval": st.column_config.TextColumn("AP, 95 %", help="Interval of AP, from drawing the frames anew."),
        "AP50": share("AP50", "COCO's, at IoU .50."),
        "precision": share("Precision", "TP / (TP + FP)"),
        "recall": share("Recall", "TP / (TP + FN)"),
        "f1": share("F1", "2 TP / (2 TP + FP + FN)"),
        "tp": count("TP", "True positives: labels found."),
        "fp": count("FP", "False positives: predictions that match no label of their class."),
        "fn": count("FN", "False negatives: labels missed."),
        "best_confidence": share("Best threshold", "The confidence at which F1 is highest."),
    }


def _rate(value: float) -> str:
    return f"{value:.3f}".removeprefix("0")


def _range(low: float, high: float) -> str:
    return "" if np.isnan(low) else f"[{_rate(low)}, {_rate(high)}]"
