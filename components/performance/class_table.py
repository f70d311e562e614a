"""How tables with a row a class look, whatever was compared: the columns, the height, the click."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

import pandas as pd
import streamlit as st

_MOST_ROWS: Final = 14
_ROW_PX: Final = 33


def show_class_table(
    table: pd.DataFrame, columns: Mapping[str, object], *, key: str, on_select: Callable[[], None]
) -> None:
    """Show a table; a click on a cell or a row calls ``on_select``, which reads it from the session under ``key``."""
    st.dataframe(
        table,
        key=key,
        hide_index=True,
        width="stretch",
        row_height=_ROW_PX,
        height=_ROW_PX * (min(len(table), _MOST_ROWS) + 1) + 4,
        placeholder="–",
        on_select=on_select,
        selection_mode=["single-row", "single-cell"],
        column_config=dict(columns),
    )


def name_column() -> object:
    """The class; it stays where the table is scrolled."""
    return st.column_config.TextColumn("Class", pinned=True)


def count_column(label: str, words: str) -> object:
    """Whole numbers; ``words`` say what they count."""
    return st.column_config.NumberColumn(label, format="localized", help=words)


def rate_column(label: str, words: str, width: int | None = None) -> object:
    """Numbers from 0 to 1; ``words`` say how they are computed."""
    return st.column_config.NumberColumn(label, format="%.3f", help=words, width=width)


def interval_column(of: str, how: str) -> object:
    """Intervals as text, so that they sort by their lower ends."""
    return st.column_config.TextColumn("95 %", help=f"The 95 % interval of {of}, {how}.", width=74)
