"""The confusion matrix: what is right, what is taken for what, what is missed and what is made up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from components.charts.style import add_click_targets, lay_out, mix, plain
from predscope.palette import OUTCOME_COLORS

Shown = Literal["counts", "recall", "precision"]

ROW_PX: Final = 28
CELL_PX: Final = 60
_GAP: Final = 0.3
"""Between the classes and the background, in cells."""
_USUAL_PX: Final = 800
_TITLE_PX: Final = 76
_NAMES_PX: Final = 120
_LEAST_PX: Final = 400
"""For the choices below a small matrix to stand in full."""
_CHARACTER_PX: Final = 6.5
_LIGHT: Final = "#FFFFFF"
_DARK: Final = "#14171B"
_NAME_LENGTH: Final = 22


def confusion_matrix_chart(
    counts: pd.DataFrame,
    shown: pd.DataFrame,
    by: Shown = "counts",
    *,
    dark: bool = False,
    cell: tuple[str | None, str | None] | None = None,
) -> go.Figure:
    """Rows are label classes, columns predicted classes; the last of each is the background, a little apart.

    Matches are green, missed labels purple, confusions and predictions of nothing vermilion: each by the logarithm of
    its count or by its share, up to the largest of its kind. Empty cells are empty.

    Args:
        counts: the square matrix, class names as index and columns.
        shown: the same shape: what stands in the cells, counts or shares.
        by: which of the two: "counts", shares of the row ("recall") or of the column ("precision").
        dark: for a dark page.
        cell: row and column that are marked, by name; None for either: all of them.
    """
    size = len(counts)
    places = np.arange(size, dtype=np.float64)
    places[-1] += _GAP
    values, numbers = counts.to_numpy(), shown.to_numpy(np.float64)
    weight = np.log1p(values.astype(np.float64)) if by == "counts" else np.nan_to_num(numbers)
    is_class = np.arange(size) < size - 1
    inner = is_class[:, None] & is_class[None, :]
    is_diagonal = np.eye(size, dtype=bool)
    parts = (  # each from its own smallest to its own largest, so that a few confusions stand out beside many matches
        (OUTCOME_COLORS["tp"], inner & is_diagonal),
        (OUTCOME_COLORS["fp"], inner & ~is_diagonal),
        (OUTCOME_COLORS["fn"], is_class[:, None] & ~is_class[None, :]),
        (OUTCOME_COLORS["fp"], ~is_class[:, None] & is_class[None, :]),
    )
    ground = _DARK if dark else _LIGHT
    text_color = np.full((size, size), "", dtype=object)
    figure = go.Figure()
    for color, part in parts:
        filled = part & (values > 0)
        if filled.any():
            most = float(weight[filled].max())
            ends = mix(ground, color, 0.16), mix(ground, color, 0.92)
            figure.add_trace(_cells(places, np.where(filled, weight, np.nan), most, ends))
            text_color[filled] = [_readable_on(mix(*ends, share)) for share in weight[filled] / most]
    _add_links(figure, counts, places, _texts(values, numbers, by), text_color)
    classes, background = (-0.5, size - 1.5), (places[-1] - 0.5, places[-1] + 0.5)
    for across, down in ((classes, classes), (background, classes), (classes, background)):
        ends = {"x0": across[0], "x1": across[1], "y0": down[0], "y1": down[1]}
        figure.add_shape(type="rect", **ends, line_width=0, fillcolor="rgba(128,132,140,0.07)", layer="below")
    if cell is not None:
        _mark(figure, counts, places, cell, _LIGHT if dark else _DARK)
    names = [plain(_short(str(name))) for name in counts.index]
    longest = max(map(len, names))
    is_turned = longest * _CHARACTER_PX > min(CELL_PX, _USUAL_PX / size)
    axis = {"tickvals": places, "ticktext": names, "showgrid": False, "zeroline": False, "automargin": True}
    lay_out(
        figure,
        round(ROW_PX * (size + _GAP) + _TITLE_PX + (0.72 * longest * _CHARACTER_PX if is_turned else 0)),
        xaxis=axis
        | {"title": {"text": "prediction", "standoff": 6}, "side": "top", "tickangle": -45 if is_turned else 0}
        | {"range": [-0.5, places[-1] + 0.5]},
        yaxis=axis | {"title": {"text": "label", "standoff": 6}, "range": [places[-1] + 0.5, -0.5]},
    )
    if is_turned:  # the name of the last column leans out to the right
        figure.update_layout(margin_r=round(0.75 * longest * _CHARACTER_PX))
    return figure


def chart_width(size: int) -> int:
    """Pixels that a matrix of so many rows looks good at, if there is room."""
    return max(_LEAST_PX, round(_NAMES_PX + CELL_PX * (size + _GAP)))


def cell_in_words(counts: pd.DataFrame, row: int, column: int) -> str:
    """What a cell says when the pointer is on it."""
    values = counts.to_numpy()
    count, background = int(values[row, column]), len(values) - 1
    label, predicted = plain(str(counts.index[row])), plain(str(counts.columns[column]))
    labels, predictions = ("label", "prediction") if count == 1 else ("labels", "predictions")
    if row == background:
        words = f"<b>{count:,}</b> {predictions} of {predicted} with no label to match"
    elif column == background:
        words = f"<b>{count:,}</b> {labels} of {label} that nothing matches"
    elif row == column:
        words = f"<b>{count:,}</b> {labels} of {label} found"
    else:
        words = f"<b>{count:,}</b> {labels} of {label} predicted as {predicted}"
    return f"{words}<br>Click to open"


def choose_order(counts: pd.DataFrame, order: Literal["confusions", "name", "labels", "project"]) -> Sequence[int]:
    """Positions of the classes (without the background) that have any count, in the order asked for."""
    values = counts.to_numpy()
    inner = values[:-1, :-1]
    present = np.flatnonzero((values.sum(axis=0) + values.sum(axis=1))[:-1])
    if order == "name":
        return sorted(present.tolist(), key=lambda position: str(counts.index[position]).casefold())
    off = inner.sum(axis=0) + inner.sum(axis=1) - 2 * np.diag(inner)
    wrong = values[:-1, -1] + values[-1, :-1]
    keys = {"confusions": (-wrong, -off), "labels": (-values[:-1].sum(axis=1),), "project": (np.arange(len(inner)),)}
    return present[np.lexsort([key[present] for key in keys[order]])].tolist()


def _cells(places: np.ndarray, weight: np.ndarray, most: float, ends: tuple[str, str]) -> go.Heatmap:
    rows, columns = (np.flatnonzero(~np.isnan(weight).all(axis=axis)) for axis in (1, 0))
    first_row, last_row, first, last = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return go.Heatmap(
        x=places[first:last],
        y=places[first_row:last_row],
        z=weight[first_row:last_row, first:last],
        zmin=0,
        zmax=most,
        colorscale=[[0, ends[0]], [1, ends[1]]],
        showscale=False,
        hoverinfo="skip",
        xgap=1,
        ygap=1,
    )


def _add_links(
    figure: go.Figure, counts: pd.DataFrame, places: np.ndarray, text: np.ndarray, text_color: np.ndarray
) -> None:
    """The numbers, and over each filled cell an invisible square: heatmaps themselves report no clicks."""
    row, column = np.nonzero(counts.to_numpy())
    names = list(map(str, counts.index))
    figure.add_scatter(
        x=places[column],
        y=places[row],
        mode="text",
        text=text[row, column],
        textfont={"size": 11, "color": text_color[row, column]},
        hoverinfo="skip",
    )
    add_click_targets(
        figure,
        places[column],
        places[row],
        [[names[i], names[j]] for i, j in zip(row, column, strict=True)],
        "%{text}<extra></extra>",
        ROW_PX - 2,
        "square",
    )
    figure.data[-1].text = [cell_in_words(counts, i, j) for i, j in zip(row, column, strict=True)]


def _mark(
    figure: go.Figure, counts: pd.DataFrame, places: np.ndarray, cell: tuple[str | None, str | None], color: str
) -> None:
    """A frame around what is chosen: a cell, a row or a column."""
    ends = []
    for name, axis in zip(cell, (counts.index, counts.columns), strict=True):
        found = np.arange(len(axis)) if name is None else np.flatnonzero(axis == name)
        if not len(found):
            return
        ends.append((places[found[0]] - 0.5, places[found[-1]] + 0.5))
    (top, bottom), (left, right) = ends
    figure.add_shape(type="rect", x0=left, x1=right, y0=top, y1=bottom, line={"color": color, "width": 2})


def _readable_on(color: str) -> str:
    red, green, blue = (int(color[place : place + 2], 16) for place in (1, 3, 5))
    return "#14171B" if 0.299 * red + 0.587 * green + 0.114 * blue > 140 else "#FFFFFF"


def _texts(values: np.ndarray, numbers: np.ndarray, by: Shown) -> np.ndarray:
    if by == "counts":
        return np.array([[f"{value:,}" for value in row] for row in values], dtype=object)
    rounded = [[_percent(value) for value in row] for row in numbers]
    return np.array(rounded, dtype=object)


def _percent(share: float) -> str:
    if np.isnan(share):
        return ""
    return f"{100 * share:.0f}" if share >= 0.095 or share == 0 else f"{100 * share:.1f}"


def _short(name: str) -> str:
    return name if len(name) <= _NAME_LENGTH else f"{name[: _NAME_LENGTH - 1]}…"
