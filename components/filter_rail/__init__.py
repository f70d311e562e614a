"""The filters in the sidebar: text, confidence, models, classes, counts, state of the image, metadata, metrics.

A browser component that is drawn from the query alone: it sends back the parameters of the link that it asks for, and
shows whatever the next run of the page says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import streamlit as st

from components.browser_code import browser_component
from components.drawing import drawing_source, drawing_style, read_sources
from components.metric_filters import metric_filter_data
from components.state import QUERY_PARAMETERS
from predscope.exploration import FrameQuery, FrameSelection
from predscope.exploration.facets import Facets, Histogram, ValueFacet
from predscope.exploration.metric_columns import Offer
from predscope.exploration.outcome_kinds import OUTCOME_WORDS, REASON_WORDS
from predscope.exploration.outcome_words import sentence
from predscope.exploration.query import LOWEST_IOU, attribute_parameter
from predscope.palette import OUTCOME_COLORS, color_of, prediction_set_color
from predscope.project import Project

_FOLDER: Final = Path(__file__).parent
_SCRIPTS: Final = ("elements.js", "histogram.js", "outcome_section.js", "metric_section.js", "filter_rail.js")
_HAVE_A_FILTER: Final = frozenset({"label_count", "prediction_count"})
_KEY: Final = "filter_rail"
_SENT: Final = "filter_rail.sequence"


def filter_rail(
    project: Project,
    selection: FrameSelection,
    on_change: Callable[[FrameQuery], None],
    metrics: Sequence[Offer] = (),
) -> None:
    """Show the filters of a selection.

    Args:
        project: where names and colours come from.
        selection: the frames on screen; its facets are the numbers beside the filters.
        on_change: called with the query that the reader asks for.
        metrics: of frames, that there can be filters by.
    """

    def changed() -> None:
        message = st.session_state[_KEY].change
        if isinstance(message, Mapping):
            st.session_state[_SENT] = int(message["sequence"])
            on_change(query_from_rail(project, selection.query, message["parameters"]))

    _component()(
        key=_KEY,
        data=rail_data(project, selection, metrics) | {"sequence": st.session_state.get(_SENT, 0)},
        on_change_change=changed,
    )


def query_from_rail(project: Project, query: FrameQuery, parameters: Mapping[str, Any]) -> FrameQuery:
    """The query that the rail asks for; what it does not offer (sort, label set) stays as it is."""
    kept = {name: value for name, value in query.to_params().items() if name in ("sort", "labels")}
    asked = {
        name: [str(part) for part in value] if isinstance(value, list) else str(value)
        for name, value in parameters.items()
        if name in QUERY_PARAMETERS and name not in kept
    }
    return FrameQuery.from_params(asked | kept, project)


def rail_data(project: Project, selection: FrameSelection, metrics: Sequence[Offer] = ()) -> dict[str, Any]:
    """What the component draws."""
    query, facets = selection.query, selection.facets()
    chosen = query.with_(sort="frame", descending=False, label_set=None).to_params()
    return {
        "parameters": chosen,
        "confidence": {
            "value": query.confidence,
            "default": query.default_confidence,
            "histogram": _histogram(facets.confidence),
        },
        "iou": {"value": query.iou, "default": query.default_iou, "lowest": LOWEST_IOU},
        "models": [
            {"name": name, "color": prediction_set_color(position)}
            for position, name in enumerate(project.set_names("predictions"))
        ],
        "classes": _classes(facets, project),
        "has_labels": bool(project.set_names("labels")),
        "label_count": _histogram(facets.label_count),
        "prediction_count": _histogram(facets.prediction_count),
        "missed_count": None if facets.missed_count is None else _histogram(facets.missed_count),
        "false_count": None if facets.false_count is None else _histogram(facets.false_count),
        "kinds": [
            {
                "value": facet.value,
                "frames": facet.frames,
                "words": sentence(OUTCOME_WORDS.get(facet.value) or REASON_WORDS[facet.value]),
                "color": OUTCOME_COLORS.get(facet.value),
            }
            for facet in facets.kinds
        ],
        "has": _values(facets.has),
        "image": _values(facets.image),
        "attributes": [
            {"key": key, "prefix": attribute_parameter(key, ""), "values": _values(values)}
            for key, values in facets.attributes.items()
        ],
        "metrics": metric_filter_data(facets.metrics, metrics, "frame", _HAVE_A_FILTER | set(facets.attributes)),
    }


def _classes(facets: Facets, project: Project) -> list[dict[str, Any]]:
    """Most objects first, by the whole project, so that rows stay put while numbers change."""
    by_id: dict[int, dict[str, Any]] = {}
    for role, classes in (("label", facets.label_classes), ("pred", facets.predicted_classes)):
        for facet in classes:
            color = color_of(project.classes[facet.class_id])
            row = by_id.setdefault(
                facet.class_id, {"name": facet.name, "color": color, "label": None, "pred": None, "total": 0}
            )
            row[role] = {"frames": facet.frames, "objects": facet.objects}
            row["total"] += facet.total
    return sorted(by_id.values(), key=lambda row: -row["total"])


def _histogram(histogram: Histogram) -> dict[str, Any]:
    return {"edges": list(histogram.edges), "counts": list(histogram.counts)}


def _values(values: tuple[ValueFacet, ...]) -> list[dict[str, Any]]:
    return [{"value": facet.value, "frames": facet.frames} for facet in values]


@cache
def _component() -> Any:
    return browser_component(
        "predscope_filter_rail",
        html="<form class='rail' autocomplete='off'></form>",
        script=drawing_source() + "\n" + read_sources(_FOLDER, _SCRIPTS),
        style=drawing_style() + "\n" + read_sources(_FOLDER, ("filter_rail.css",)),
    )
