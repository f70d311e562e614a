"""Classes of whole frames: how many are right, which is taken for which, and how well the scores tell them apart."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from components import urls
from components.charts.binary_curves import ClassCurve, precision_recall_of_classes_chart, roc_chart
from components.charts.style import CONFIG
from components.chips import escape_markdown
from components.classification.explanations import ACCURACY, CONFUSION, CURVES, MULTILABEL, PER_CLASS
from components.doors import open_page
from components.operating_point import number
from components.performance.class_table import (
    count_column,
    interval_column,
    name_column,
    rate_column,
    show_class_table,
)
from components.performance.confusion import MatrixWords, confusion
from components.performance.explanations import explained
from components.performance.figures import Door, Figure, figures, interval, limits, share
from components.performance.options import choose_several
from components.performance.per_class import objects_of_selection
from components.state import ViewState
from predscope.evaluation.classification import Classification
from predscope.evaluation.confusion import BACKGROUND
from predscope.evaluation.intervals import wilson
from predscope.evaluation.match_table import Outcome
from predscope.evaluation.objects import IouType
from predscope.exploration import chosen_label_set, chosen_sets
from predscope.exploration.classification_performance import classification_performance
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.performance import AtPoint, performance
from predscope.palette import class_colors
from predscope.project import Project

MOST_CURVES: Final = 6
_TOP: Final = (2, 3, 5, 10)
_MOST_TOP: Final = 2
_TABLE: Final = "classification.classes"
_MATRIX_WORDS: Final = MatrixWords(
    CONFUSION,
    no_label="no label",
    no_prediction="no prediction",
    legend="Green: right. Orange: taken for another class. Purple: without a prediction.",
)


def show_classification(project: Project, state: ViewState) -> None:
    """The classes of frames that a prediction set gives, against the labels, on the frames of the address."""
    query = state.query.with_(by=str(IouType.FRAME))
    set_name = chosen_sets(project, query)[0]
    objects = ObjectQuery(query, set_name)
    point = performance(project, query, set_name).at(query.confidence, query.iou)
    single = classification_performance(project, query, set_name)
    _show_title(project, state, set_name, point)
    if not len(point.table.labels):
        st.info("No frame here has a label of the whole frame. Remove a filter, or import classes of frames as labels.")
        return
    title = f"At confidence ≥ {number(query.confidence)}"
    if single is None:
        explained(title, "classification", MULTILABEL)
        figures(multilabel_figures(point, objects), key="classification.figures", on_open=_open)
    else:
        explained(title, "classification", ACCURACY)
        entries = single_label_figures(point, single, objects)
        figures(entries, frames_sentence(point, single, objects), key="classification.figures", on_open=_open)
    confusion(point.confusion, objects, _open, dark=st.context.theme.type == "dark", words=_MATRIX_WORDS)
    _show_classes(point, single, objects, _open)
    if single is not None and single.scores is not None:
        _show_curves(single)


def single_label_figures(point: AtPoint, found: Classification, query: ObjectQuery) -> list[Figure]:
    """Rates, and the frames that are right, wrong and without an answer."""
    counts = point.counts.micro
    labels = counts.tp + counts.fn
    top = [k for k in _TOP if k <= found.scored_classes and k < len(found.classes)][:_MOST_TOP]
    return [
        Figure(
            "accuracy",
            "Accuracy",
            share(counts.recall),
            interval(counts.tp, labels),
            hint="Open the frames that are right",
            opens=query.with_(outcomes=("tp",)) if counts.tp else None,
        ),
        Figure("balanced", "Balanced accuracy", share(found.balanced_accuracy)),
        Figure("macro_f1", "Macro F1", share(found.macro["f1"])),
        *(Figure(f"top{k}", f"Top-{k} accuracy", share(found.top_k_accuracy(k))) for k in top),
        _count("right", "Right", counts.tp, query.with_(outcomes=("tp",)), "tp"),
        _count("wrong", "Wrong class", counts.fp, query.with_(outcomes=("fp",)), "fp"),
        _count("none", "No prediction", counts.fn - point.confused, query.with_(predicted_class=BACKGROUND), "fn"),
    ]


def frames_sentence(point: AtPoint, found: Classification, query: ObjectQuery) -> list[str | Door]:
    """How the counts add up to the labelled frames."""
    counts = point.counts.micro
    labels, missing = counts.tp + counts.fn, counts.fn - point.confused
    parts: list[str | Door] = [
        Door(
            "labels",
            f"{labels:,} labelled {'frame' if labels == 1 else 'frames'}",
            query.with_(outcomes=("tp", "fn")) if labels else None,
        ),
        f" = {counts.tp:,} right + {counts.fp:,} wrong + {missing:,} without a prediction.",
    ]
    if found.unlabelled:
        frames = "frame has" if found.unlabelled == 1 else "frames have"
        parts.append(f" {found.unlabelled:,} {frames} a prediction and no label, and take no part.")
    return parts


def multilabel_figures(point: AtPoint, query: ObjectQuery) -> list[Figure]:
    """Rates over all classes of all frames, and their counts."""
    counts = point.counts.micro
    return [
        Figure("precision", "Precision", share(counts.precision), interval(counts.tp, counts.tp + counts.fp)),
        Figure("recall", "Recall", share(counts.recall), interval(counts.tp, counts.tp + counts.fn)),
        Figure("f1", "F1", share(counts.f1)),
        Figure("macro_f1", "Macro F1", share(point.counts.macro["f1"])),
        Figure("exact", "Exact match", share(exact_match(point))),
        _count("tp", "True positives", counts.tp, query.with_(outcomes=("tp",)), "tp"),
        _count("fp", "False positives", counts.fp, query.with_(outcomes=("fp",)), "fp"),
        _count("fn", "False negatives", counts.fn, query.with_(outcomes=("fn",)), "fn"),
    ]


def exact_match(point: AtPoint) -> float:
    """Share of the labelled frames without any error; NaN without frames."""
    table = point.table
    frames = np.unique(table.labels.frame)
    wrong = np.union1d(
        table.predictions.frame[table.outcome == Outcome.FALSE_POSITIVE],
        table.labels.frame[table.label_outcome == Outcome.FALSE_NEGATIVE],
    )
    return 1 - len(np.intersect1d(frames, wrong)) / len(frames) if len(frames) else np.nan


def class_table(point: AtPoint, found: Classification | None) -> pd.DataFrame:
    """One row a class that is labelled or predicted, most labels first.

    Columns: ``class_id``, ``name``, ``labels``, ``predictions``, ``precision``, ``recall`` and after each its interval
    as text, ``f1``, ``tp``, ``fp``, ``fn``, and where there are scores ``roc_auc`` and ``AP``.
    """
    table = point.counts.to_pandas()
    table = table.rename(columns={"support": "labels"})[
        ["class_id", "name", "labels", "precision", "recall", "f1", "tp", "fp", "fn"]
    ]
    table.insert(3, "predictions", table["tp"] + table["fp"])
    for name, total in (("precision", "predictions"), ("recall", "labels")):
        low, high = wilson(table["tp"].to_numpy(), table[total].to_numpy())
        texts = [limits(*ends) for ends in zip(low.tolist(), high.tolist(), strict=True)]
        table.insert(table.columns.get_loc(name) + 1, f"{name}_interval", texts)
    if found is not None and found.scores is not None:
        curves = [found.curve(int(class_id)) for class_id in table["class_id"]]
        table["roc_auc"] = [np.nan if curve is None else curve.roc_auc for curve in curves]
        table["AP"] = [np.nan if curve is None else curve.average_precision for curve in curves]
    table = table[(table["labels"] > 0) | (table["predictions"] > 0)]
    return table.sort_values("labels", ascending=False, kind="stable", ignore_index=True)


def _show_title(project: Project, state: ViewState, set_name: str, point: AtPoint) -> None:
    label_set = escape_markdown(chosen_label_set(project, state.query) or "")
    frames = len(np.unique(point.table.labels.frame))
    with st.container(gap=None, key="page_title"):
        st.markdown(f"#### {escape_markdown(set_name)} against {label_set}")
        st.caption(f"{frames:,} of {len(project.frames):,} frames have a label of the whole frame")


def _show_classes(
    point: AtPoint, found: Classification | None, query: ObjectQuery, on_open: Callable[[ObjectQuery], None]
) -> None:
    explained("By class", "classification_classes", PER_CLASS)
    table = class_table(point, found)

    def open_cell() -> None:
        chosen = objects_of_selection(table, st.session_state[_TABLE]["selection"], query)
        if chosen is not None:
            on_open(chosen)

    show_class_table(table.drop(columns="class_id"), _columns(), key=_TABLE, on_select=open_cell)
    st.caption("A click on a count opens its frames, on anything else those of the class.")


def _show_curves(found: Classification) -> None:
    curves = {entry.name: found.curve(entry.class_id) for entry in found.classes}
    known = {name: curve for name, curve in curves.items() if curve is not None and curve.positives}
    if not known:
        return
    explained("How well the scores tell the classes apart", "classification_curves", CURVES)
    usual = sorted(known, key=lambda name: -known[name].positives)[:MOST_CURVES]
    placeholder = "Choose classes" if len(known) > MOST_CURVES else "All classes"
    chosen = choose_several("Classes", "curves", list(known), placeholder, MOST_CURVES) or usual
    colors = class_colors(found.classes)
    lines = [ClassCurve(name, colors[name], known[name]) for name in chosen]
    left, right = st.columns(2)
    left.plotly_chart(roc_chart(lines), key="classification.roc", config=CONFIG)
    right.plotly_chart(precision_recall_of_classes_chart(lines), key="classification.pr", config=CONFIG)
    if len(known) > MOST_CURVES and chosen is usual:
        st.caption(
            f"The {MOST_CURVES} classes with the most labels; the table above has the areas of all {len(known)}."
        )


def _open(query: ObjectQuery) -> None:
    open_page(urls.OBJECTS_PATH, query.to_params())


def _count(name: str, label: str, count: int, opens: ObjectQuery, outcome: str) -> Figure:
    hint = f"Open the frames: {label.lower()}" if count else ""
    return Figure(name, label, f"{count:,}", hint=hint, opens=opens if count else None, outcome=outcome)


def _columns() -> dict[str, object]:
    return {
        "name": name_column(),
        "labels": count_column("Labels", "Frames labelled as the class."),
        "predictions": count_column(
            "Predictions", "Frames predicted as the class, at or above the confidence threshold."
        ),
        "precision": rate_column("Precision", "TP / (TP + FP)"),
        "precision_interval": interval_column("precision", "Wilson's"),
        "recall": rate_column("Recall", "TP / (TP + FN)"),
        "recall_interval": interval_column("recall", "Wilson's"),
        "f1": rate_column("F1", "2 TP / (2 TP + FP + FN)"),
        "tp": count_column("TP", "Frames of the class that are predicted as it."),
        "fp": count_column("FP", "Frames predicted as the class that are not of it."),
        "fn": count_column("FN", "Frames of the class that are not predicted as it."),
        "roc_auc": rate_column("ROC AUC", "Area under the ROC curve, the class against the rest."),
        "AP": rate_column("AP", "Average precision, the class against the rest."),
    }
