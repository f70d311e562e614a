"""The confusion matrix, each cell a link to its objects, and the table of the largest confusions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd
import streamlit as st

from components.charts.confusion_matrix import chart_width, choose_order, confusion_matrix_chart
from components.charts.style import CONFIG
from components.chips import escape_markdown
from components.performance.explanations import explained, heading
from components.performance.options import choose_one
from predscope.evaluation.confusion import Confusion
from predscope.exploration.object_query import BY_PLACE, ObjectQuery

MOST_CLASSES: Final = 25
"""Classes of a matrix whose numbers can be read."""
MATCHINGS: Final = {"class": "Matched within classes first", BY_PLACE: "Matched by place alone"}
"""By their name in the address; the first is the default, which the address leaves out."""
_MATRIX: Final = "performance.confusion"
_TABLE: Final = "performance.largest_confusions"
_SEARCH: Final = "performance.search"
_TABLE_PX: Final = 425
_LARGEST: Final = 20
_SHOWN: Final = {"counts": "Counts", "recall": "% of labels", "precision": "% of predictions"}
_ORDERS: Final = {"confusions": "Most confused first", "labels": "Most labels first", "name": "By name"}


_LEGEND: Final = "Green: found. Purple: missed. Orange: taken for another class or, in the last row, nothing was there."


@dataclass(frozen=True, slots=True)
class MatrixWords:
    """What is said of a matrix of something else than objects.

    Attributes:
        explanation: how it is computed, Markdown.
        no_label, no_prediction: names of the last row and of the last column.
        legend: what the colours mean.
    """

    explanation: str
    no_label: str
    no_prediction: str
    legend: str


def confusion(
    found: Confusion,
    query: ObjectQuery,
    on_open: Callable[[ObjectQuery], None],
    *,
    dark: bool,
    words: MatrixWords | None = None,
    by_place: Callable[[], Confusion] | None = None,
) -> None:
    """The matrix of all classes that occur, or of the most confused ones, and the table of the largest confusions.

    Args:
        found: the counts.
        query: all objects of the operating point.
        dark: for a dark page.
        words: None: those for objects.
        by_place: gives the counts where objects are matched whatever their classes; None: that is not on offer.
    """
    title = st.container()
    if by_place is not None and choose_one("What is matched", "matching", MATCHINGS) == BY_PLACE:
        found, query = by_place(), query.with_(by_place=True)
    with title:
        if words is None:
            heading(confusion_in_words(found), "confusion")
        else:
            explained(confusion_in_words(found), "confusion", words.explanation)
    beside = st.container(horizontal=True, gap="medium")  # the table goes below, where there is no room
    present = min(len(choose_order(found.to_pandas(), "name")), MOST_CLASSES)
    with beside.container(width=chart_width(present + 1)):
        confusion_matrix(found, query, on_open, most=MOST_CLASSES, key=_MATRIX, dark=dark, words=words)
    with beside.container(width=_TABLE_PX):
        _largest_confusions(found, query, on_open)
    with st.expander("The matrix as a table"):
        st.dataframe(found.to_pandas(), width="stretch")


def confusion_matrix(
    found: Confusion,
    query: ObjectQuery,
    on_open: Callable[[ObjectQuery], None],
    *,
    most: int,
    key: str,
    dark: bool,
    cell: tuple[str | None, str | None] | None = None,
    words: MatrixWords | None = None,
) -> None:
    """The matrix alone, with what can be chosen about it; it takes the width that there is.

    Args:
        found: the counts.
        query: all objects of the operating point.
        most: classes that are shown at once, the most confused ones.
        key: of the chart.
        dark: for a dark page.
        cell: label and predicted class whose objects are on screen, to be marked; None for either: any.
        words: None: those for objects.
    """
    chart = st.container()
    with st.container(horizontal=True):
        by = choose_one("Numbers in the cells", "matrix", _SHOWN)
        order = choose_one("Order of the classes", "order", _ORDERS)
    counts, shown = found.to_pandas(), found.to_pandas(by)
    present = len(choose_order(counts, "name"))
    chosen = set(choose_order(counts, "confusions")[:most])
    places = [*(position for position in choose_order(counts, order) if position in chosen), len(counts) - 1]
    figure = confusion_matrix_chart(counts.iloc[places, places], shown.iloc[places, places], by, dark=dark, cell=cell)
    if words is not None:
        for axis, name in ((figure.layout.xaxis, words.no_prediction), (figure.layout.yaxis, words.no_label)):
            axis.ticktext = [*axis.ticktext[:-1], name]
    chart.plotly_chart(
        figure,
        key=key,
        config=CONFIG,
        on_select=lambda: _open_point(key, query, on_open),
        selection_mode="points",
    )
    legend = _LEGEND if words is None else words.legend
    chart.caption(_matrix_in_words(len(chosen), present, len(found.classes), legend))


def confusion_in_words(found: Confusion) -> str:
    """The finding: the most frequent confusion, or that there is none."""
    largest = found.largest(1)
    if largest.empty:
        return "No class is taken for another"
    worst = largest.iloc[0]
    total = int(found.table.is_confused.sum())
    if worst["count"] == 1:
        return f"{total:,} confused, each pair of classes once"
    label, predicted = escape_markdown(worst["label_name"]), escape_markdown(worst["predicted_name"])
    return f"{total:,} confused, most often {label} taken for {predicted} ({worst['count']:,})"


def objects_of_point(points: Sequence[dict], query: ObjectQuery) -> ObjectQuery | None:
    """What a click on the matrix opens; None: on nothing."""
    for point in points:
        label, predicted = point["customdata"]
        return query.with_(label_class=label, predicted_class=predicted)
    return None


def find_confusions(table: pd.DataFrame, text: str) -> pd.DataFrame:
    """The confusions in which a class whose name holds the text takes part."""
    wanted = text.strip().casefold()
    names = (table["label_name"], table["predicted_name"])
    is_meant = [any(wanted in str(name).casefold() for name in pair) for pair in zip(*names, strict=True)]
    return table[is_meant].reset_index(drop=True)


def _largest_confusions(found: Confusion, query: ObjectQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    everything = found.largest(len(found.classes) ** 2)
    if everything.empty:
        return
    st.markdown("###### Largest confusions")
    text, extent = "", "top"
    if len(everything) > _LARGEST:
        with st.container(horizontal=True, vertical_alignment="center"):
            text = st.text_input(
                "Search", key=_SEARCH, placeholder="Search a class", width=200, label_visibility="collapsed"
            )
            extents = {"top": f"Top {_LARGEST}", "all": f"All {len(everything):,}"}
            extent = choose_one("How many", "confusions", extents)
    table = find_confusions(everything, text)
    table = table if extent == "all" or text.strip() else table.head(_LARGEST)

    def open_row() -> None:
        for row in st.session_state[_TABLE]["selection"]["rows"]:
            pair = table.iloc[row]
            on_open(query.with_(label_class=pair["label_name"], predicted_class=pair["predicted_name"]))

    if table.empty:
        st.caption(f"No class “{escape_markdown(text)}” is confused with another.")
        return
    shares = table[["share_of_labels", "share_of_predictions"]] * 100
    st.dataframe(
        table[["label_name", "predicted_name", "count"]].join(shares),
        key=_TABLE,
        hide_index=True,
        on_select=open_row,
        selection_mode="single-row",
        column_config={
            "label_name": "Label",
            "predicted_name": "Predicted as",
            "count": st.column_config.NumberColumn("Pairs", format="localized", width=60),
            "share_of_labels": st.column_config.NumberColumn("% of labels", format="%.1f", width=85),
            "share_of_predictions": st.column_config.NumberColumn("% of pred.", format="%.1f", width=80),
        },
    )


def _open_point(key: str, query: ObjectQuery, on_open: Callable[[ObjectQuery], None]) -> None:
    chosen = objects_of_point(st.session_state[key]["selection"]["points"], query)
    if chosen is not None:
        on_open(chosen)


def _matrix_in_words(shown: int, present: int, total: int, words: str) -> str:
    if shown < present:
        return f"The {shown} most confused of {present:,} classes. {words}"
    if present < total:
        missing = total - present
        noun = "class" if missing == 1 else "classes"
        return f"{words} {missing:,} {noun} without labels and predictions left out."
    return words
