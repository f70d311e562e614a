"""What filters by metrics are drawn from: those in force, with the spread of their values, and those on offer."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Final

from predscope.exploration.metric_columns import Offer, offers
from predscope.exploration.metric_facets import MetricFacet
from predscope.exploration.metric_lookup import FRAMES, METRIC_SORT, Side
from predscope.exploration.query import FrameQuery
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange
from predscope.project import Project

COUNTED_ALREADY: Final = frozenset(
    {"label_count", "prediction_count", "mean_confidence", "min_confidence", "max_confidence"}
    | {"frame_precision", "frame_recall", "frame_f1"}
)
"""Metrics of frames that have a sort of another name."""
_RANDOM: Final = frozenset({"random", "object_random"})
"""An order to look at things in, but nothing to choose them by."""


def metric_offers(project: Project, query: FrameQuery, sides: Sequence[Side] = (FRAMES,)) -> list[Offer]:
    """The metrics that can be chosen, those with values first."""
    return sorted(offers(project, query, sides), key=lambda offer: not offer.is_ready)


def metric_filter_data(
    facets: Sequence[MetricFacet], offered: Sequence[Offer], noun: str, hidden: Collection[str] = ()
) -> dict[str, Any]:
    """For ``MetricSection`` of ``filter_rail/metric_section.js``.

    Args:
        facets: of the metrics that there are filters by.
        noun: what is counted, such as "frame".
        hidden: names of metrics that the page has another filter for.
    """
    left_out = {*hidden, *_RANDOM}
    return {
        "noun": noun,
        "chosen": [_chosen(facet) for facet in facets],
        "offered": [
            _described(offer.metric) | {"ready": offer.is_ready}
            for offer in offered
            if offer.metric.name not in left_out
        ],
    }


def metric_sorts(offered: Sequence[Offer], hidden: Collection[str] = ()) -> list[dict[str, Any]]:
    """Orders by a metric, as the bar of a gallery lists them."""
    return [
        {
            "name": METRIC_SORT + offer.metric.name,
            "title": offer.metric.title,
            "descending_first": offer.metric.higher_is != "good",
            "group": "Metrics",
        }
        for offer in offered
        if offer.is_ready and offer.metric.name not in hidden
    ]


def _described(metric: Metric) -> dict[str, Any]:
    return {
        "name": metric.name,
        "prefix": MetricRange(metric.name).to_param().removesuffix(".."),
        "title": metric.title,
        "unit": metric.unit,
        "definition": metric.definition,
    }


def _chosen(facet: MetricFacet) -> dict[str, Any]:
    prefix = MetricRange(facet.metric.name).to_param().removesuffix("..")
    own: dict[str, Any] = {"categories": [], "missing": facet.missing}
    if facet.edges:
        own |= {
            "edges": list(facet.edges),
            "counts": list(facet.counts),
            "integer": facet.metric.is_integer,
            "yes_or_no": facet.metric.is_integer and facet.metric.range == (0, 1),
            "lowest": facet.lowest,
            "highest": facet.highest,
        }
    else:
        own["categories"] = [
            {
                "part": MetricRange(facet.metric.name, categories=(name,)).to_param().removeprefix(f"{prefix}~"),
                "name": name,
                "count": count,
            }
            for name, count in facet.categories
        ]
    return _described(facet.metric) | own
