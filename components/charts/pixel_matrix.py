"""The confusion matrix of pixels: the same drawing as that of objects, in other words."""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.charts.confusion_matrix import ROW_PX, Shown, confusion_matrix_chart
from components.charts.style import plain


def pixel_matrix_chart(
    counts: np.ndarray,
    names: list[str],
    by: Shown,
    *,
    dark: bool = False,
    cell: tuple[str | None, str | None] | None = None,
) -> go.Figure:
    """Labelled pixels by row, predicted ones by column; the last column is that of no prediction.

    Args:
        counts: int (classes, classes + 1).
        names: of the classes, and of what is no prediction.
        by: what stands in the cells: "counts", shares of the row ("recall") or of the column ("precision").
        dark: for a dark page.
        cell: label and predicted class that are marked.
    """
    whole = np.vstack([counts, np.zeros((1, counts.shape[1]), np.int64)])
    frame = pd.DataFrame(whole, names, names)
    figure = confusion_matrix_chart(frame, shares(frame, by), by, dark=dark, cell=cell)
    row, column = np.nonzero(whole)  # in the order of the chart's own marks
    figure.data[-1].text = [_in_words(whole, names, i, j) for i, j in zip(row, column, strict=True)]
    if by == "counts":
        figure.data[-2].text = [short_count(whole[i, j]) for i, j in zip(row, column, strict=True)]
    # No pixel without a label is counted, so there is no last row.
    axis = figure.layout.yaxis
    axis.update(range=[len(counts) - 0.5, -0.5], tickvals=axis.tickvals[:-1], ticktext=axis.ticktext[:-1])
    figure.update_layout(height=figure.layout.height - round(1.3 * ROW_PX))
    return figure


def shares(counts: pd.DataFrame, by: Shown) -> pd.DataFrame:
    """The counts, or their share of the row or of the column; NaN for empty ones."""
    if by == "counts":
        return counts
    total = counts.sum(axis=1) if by == "recall" else counts.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return counts.div(total, axis=0 if by == "recall" else 1)


def short_count(value: int) -> str:
    """A number of pixels in few characters: ``812``, ``34 k``, ``1.2 M``."""
    for size, letter in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if value >= size:
            return f"{value / size:.1f} {letter}" if value < 9.95 * size else f"{value / size:.0f} {letter}"
    return f"{value}"


def _in_words(counts: np.ndarray, names: list[str], row: int, column: int) -> str:
    count, total = int(counts[row, column]), int(counts[row].sum())
    label, predicted = plain(names[row]), plain(names[column])
    share = f"{count / total:.1%} of the pixels of {label}"
    if row == column:
        words = f"<b>{count:,}</b> pixels of {label} are right"
    elif column == len(names) - 1:
        words = f"<b>{count:,}</b> pixels of {label} without a prediction"
    else:
        words = f"<b>{count:,}</b> pixels of {label} predicted as {predicted}"
    return f"{words}<br>{share}<br>Click to see the frames"
