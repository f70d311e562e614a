"""The left column of the page: one of the charts, with its finding as the title."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import streamlit as st

from components import urls
from components.errors.bars import BarRow, bars
from components.errors.matching import matching_parameters
from components.errors.views import (
    VIEWS,
    outcome_rows,
    outcomes_in_words,
    points,
    tide_in_words,
    tide_rows,
    view_parameters,
)
from components.operating_point import number
from components.performance.confusion import confusion_in_words, confusion_matrix
from components.performance.explanations import heading
from components.performance.options import choose_one
from predscope.evaluation.tide import Tide
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import AtPoint

MOST_CLASSES: Final = 8
"""Of the matrix, which shares the width with photos; Performance has room for more."""


def choose_view() -> str:
    """Which chart is shown; it is in the address."""
    return choose_one("What the chart shows", "view", VIEWS)


def show_chart(
    view: str,
    tide: Tide,
    point: AtPoint,
    query: ObjectQuery,
    chosen: ObjectQuery,
    on_open: Callable[[ObjectQuery], None],
    *,
    dark: bool,
) -> None:
    """One chart.

    Args:
        view: of ``VIEWS``.
        tide, point: errors and outcomes of the operating point.
        query: all objects of it.
        chosen: the objects that are on screen.
        on_open: called with the objects of what was clicked.
        dark: for a dark page.
    """
    query = query.with_(sort=chosen.sort, descending=chosen.descending)

    def show_bars(rows: list[BarRow], measures: list[str], file_name: str) -> None:
        bars(
            rows,
            measures,
            chosen=next((row.name for row in rows if row.opens == chosen.with_(klass=None)), ""),
            key=f"errors.{view}",
            file_name=file_name,
            link=lambda opens: urls.page_url(
                urls.ERRORS_PATH,
                opens.to_params() | view_parameters(view) | matching_parameters(opens.by_place),
            ),
            on_open=on_open,
        )

    if view == "confusions":
        heading(confusion_in_words(point.confusion), "confusion")
        cell = (chosen.label_class, chosen.predicted_class) if chosen.is_cell else None
        confusion_matrix(
            point.confusion, query, on_open, most=MOST_CLASSES, key="errors.confusion", cell=cell, dark=dark
        )
    elif view == "outcomes":
        heading(outcomes_in_words(point), "outcomes")
        show_bars(outcome_rows(point, query), ["Objects"], f"outcomes-{query.prediction_set}")
    else:
        heading(tide_in_words(tide), "tide")
        show_bars(tide_rows(tide, point, query), ["AP lost", "Objects"], f"error-types-{query.prediction_set}")
        st.caption(tide_base_in_words(tide))


def tide_base_in_words(tide: Tide) -> str:
    """The AP that the losses are to be added to."""
    name = "AP50" if tide.iou_threshold == 0.5 else f"AP at IoU {number(tide.iou_threshold)}"
    return (
        f"{name} is {points(tide.ap)} of 100 with the predictions from confidence {number(tide.confidence)} on. "
        "AP lost: what would be gained if this kind alone were mended."
    )
