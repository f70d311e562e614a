"""How often each class occurs, and how evenly."""

from __future__ import annotations

from typing import Final

import numpy as np

from components.chips import escape_markdown
from components.data.doors import VIEW_PARAMETER, range_door
from components.data.explanations import CLASSES
from components.loaded_sets import class_balance
from components.performance.explanations import explained
from predscope.exploration import FrameQuery
from predscope.exploration.metric_lookup import Side, metric_named
from predscope.metrics.ranges import MetricRange
from predscope.payload import Layer, project_layers
from predscope.project import Project
from predscope.schema import ObjectClass
from predscope.summary import class_counts

CLASS: Final = "class"


def show_classes(project: Project, query: FrameQuery) -> None:
    """Bars by class and set; a click opens the objects."""
    layers = project_layers(project)
    explained(balance_in_words(project, layers), "classes", CLASSES)

    def open_class(layer: Layer, class_name: str) -> None:
        side = Side(layer.objects.role, layer.objects.name)
        metric = metric_named(project, CLASS, side)
        if metric is not None:
            where = MetricRange(CLASS, categories=(class_name,))
            range_door(project, query, side, metric, [where], {VIEW_PARAMETER: "classes"}).open()

    class_balance(project, layers, open_class, key="data.class_balance", has_title=False)


def balance_in_words(project: Project, layers: list[Layer]) -> str:
    """The finding: which class the labels have most of, how much more than of the rarest, and which none at all."""
    labels = [layer for layer in layers if layer.role == "labels"]
    if not labels:
        return "There are no labels; the bars are predictions"
    counts = class_counts(project, labels)[labels[0].name]
    if counts.empty:
        return "There are no labels"
    most, least = counts.idxmax(), counts.idxmin()
    absent = absent_classes(project, labels[0])
    words = f"{counts[most]:,} labels of {escape_markdown(str(most))}"
    if len(counts) > 1:
        share = counts.to_numpy() / counts.sum()
        evenness = float(-(share * np.log(share)).sum() / np.log(len(share)))
        times = counts[most] / counts[least]
        words += f", {times:,.0f} times as many as of {escape_markdown(str(least))}; evenness {evenness:.2f}".replace(
            " 0.", " ."
        )
    if absent:
        names = ", ".join(escape_markdown(entry.name) for entry in absent[:5])
        more = f" and {len(absent) - 5:,} more" if len(absent) > 5 else ""
        words += f"; no labels of {names}{more}"
    return words


def absent_classes(project: Project, labels: Layer) -> list[ObjectClass]:
    """Classes of the project without a label."""
    used = np.unique(labels.objects.table(["class_id"])["class_id"].to_numpy())
    return [entry for entry in project.classes if entry.class_id not in used]
