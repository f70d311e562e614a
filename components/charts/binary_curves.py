"""Curves of one class against the rest: ROC, and precision over recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import plotly.graph_objects as go

from components.charts.style import QUIET_COLOR, lay_out, plain, rate_axis
from predscope.evaluation.binary_curve import BinaryCurve
from predscope.exploration.sorting import rate

HEIGHT_PX: Final = 340
_MOST_POINTS: Final = 1_000


@dataclass(frozen=True)
class ClassCurve:
    """The curve of a class, and how it is drawn."""

    name: str
    color: str
    curve: BinaryCurve


def roc_chart(lines: Sequence[ClassCurve]) -> go.Figure:
    """Recall over the share of other frames that are taken for the class; the diagonal is guessing."""
    figure = go.Figure()
    figure.add_shape(type="line", x0=0, y0=0, x1=1, y1=1, line={"color": QUIET_COLOR, "width": 1, "dash": "dot"})
    for line in lines:
        curve = line.curve
        x, y = np.append(0, curve.fp / max(curve.negatives, 1)), np.append(0, curve.tp / max(curve.positives, 1))
        _add(figure, line, x, y, np.append(np.inf, curve.threshold), "found %{y:.3f}, falsely %{x:.3f}")
    _name(figure, [(line, f"AUC {_text(line.curve.roc_auc)}") for line in lines], left=False)
    return lay_out(figure, HEIGHT_PX, xaxis=rate_axis("other frames taken for it"), yaxis=rate_axis("recall"))


def precision_recall_of_classes_chart(lines: Sequence[ClassCurve]) -> go.Figure:
    """Precision over recall."""
    figure = go.Figure()
    for line in lines:
        curve = line.curve
        recall, precision = curve.tp / max(curve.positives, 1), curve.tp / (curve.tp + curve.fp)
        _add(figure, line, recall, precision, curve.threshold, "precision %{y:.3f}, recall %{x:.3f}")
    _name(figure, [(line, f"AP {_text(line.curve.average_precision)}") for line in lines], left=True)
    return lay_out(figure, HEIGHT_PX, xaxis=rate_axis("recall"), yaxis=rate_axis("precision"))


def _add(figure: go.Figure, line: ClassCurve, x: np.ndarray, y: np.ndarray, threshold: np.ndarray, words: str) -> None:
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), _MOST_POINTS)).astype(int))
    figure.add_scatter(
        x=x[kept],
        y=y[kept],
        customdata=threshold[kept],
        mode="lines",
        line={"color": line.color, "width": 2},
        hovertemplate=f"<b>{plain(line.name)}</b><br>{words}<br>at a score of %{{customdata:.3f}}<extra></extra>",
    )


def _name(figure: go.Figure, names: Sequence[tuple[ClassCurve, str]], *, left: bool) -> None:
    """Names in a column at the bottom, on the side where curves seldom are."""
    for place, (line, words) in enumerate(reversed(names)):
        figure.add_annotation(
            x=0.02 if left else 0.98,
            y=0.03 + 0.065 * place,
            xref="paper",
            yref="paper",
            xanchor="left" if left else "right",
            yanchor="bottom",
            text=f"<b>{plain(line.name)}</b> {words}",
            font={"color": line.color, "size": 12},
            showarrow=False,
        )


def _text(value: float) -> str:
    return "–" if np.isnan(value) else rate(value)
