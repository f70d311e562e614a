"""The table of classes; every count in it opens the objects that it counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from components.performance.class_table import (
    count_column,
    interval_column,
    name_column,
    rate_column,
    show_class_table,
)
from components.performance.explanations import heading
from components.performance.figures import exact_share, limits
from components.performance.intervals import ap_intervals
from predscope.evaluation.intervals import wilson
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import Performance

_KEY: Final = "performance.per_class"


def per_class(found: Performance, query: ObjectQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    """One row a class, most labels first.

    Args:
        found: the numbers.
        query: all objects of the operating point.
    """
    heading("By class", "per_class")
    table = found.per_class(query.frames.confidence, query.frames.iou)
    table = table.sort_values("labels", ascending=False, kind="stable", ignore_index=True)
    intervals = ap_intervals(found)
    if intervals is not None:
        by_class = intervals.to_pandas().set_index("class_id").loc[table["class_id"]]
        _insert_after(table, "AP", _ranges(by_class["low"].to_numpy(), by_class["high"].to_numpy()))
    for name, total in (("precision", "predictions"), ("recall", "labels")):
        _insert_after(table, name, _ranges(*wilson(table["tp"].to_numpy(), table[total].to_numpy())))

    def open_cell() -> None:
        chosen = objects_of_selection(table, st.session_state[_KEY]["selection"], query)
        if chosen is not None:
            on_open(chosen)

    show_class_table(table.drop(columns=["class_id", "best_f1"]), _columns(), key=_KEY, on_select=open_cell)
    words = "A click on a count opens its objects, on anything else those of the class."
    if intervals is not None:
        overall = intervals.overall
        words = (
            f"AP {exact_share(overall.value)}, 95 % interval {limits(overall.low, overall.high)} over "
            f"{len(found.frames):,} frames. {words}"
        )
    st.caption(words)


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


def _insert_after(table: pd.DataFrame, name: str, ranges: list[str]) -> None:
    table.insert(table.columns.get_loc(name) + 1, f"{name}_interval", ranges)


def _columns() -> dict[str, object]:
    return {
        "name": name_column(),
        "labels": count_column("Labels", "Labels that count: neither crowd nor ignored. TP + FN."),
        "predictions": count_column("Predictions", "At or above the confidence threshold. TP + FP."),
        "AP": rate_column("AP", "COCO's, over IoU .50 to .95."),
        "AP_interval": interval_column("AP", "from drawing the frames anew"),
        "AP50": rate_column("AP50", "COCO's, at IoU .50."),
        "precision": rate_column("Precision", "TP / (TP + FP)"),
        "precision_interval": interval_column("precision", "Wilson's"),
        "recall": rate_column("Recall", "TP / (TP + FN)"),
        "recall_interval": interval_column("recall", "Wilson's"),
        "f1": rate_column("F1", "2 TP / (2 TP + FP + FN)"),
        "tp": count_column("TP", "True positives: labels found."),
        "fp": count_column("FP", "False positives: predictions that match no label of their class."),
        "fn": count_column("FN", "False negatives: labels missed."),
        "best_confidence": rate_column("Best threshold", "The confidence at which F1 is highest."),
    }


def _ranges(low: np.ndarray, high: np.ndarray) -> list[str]:
    return [limits(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)]
