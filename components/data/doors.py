"""What a number about the data opens: frames on Explore, or the objects of a set on the Data page itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st

from components import urls
from components.doors import open_page
from components.state import ViewState
from predscope.exploration import FrameQuery
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.metrics.metric import Metric
from predscope.metrics.ranges import MetricRange
from predscope.project import Project

VIEW_PARAMETER: Final = "show"
SIDE_PARAMETER: Final = "of"
RANGE_PARAMETER: Final = "range"
PART_PARAMETERS: Final = ("split", "part", "other")
_OWN: Final = (VIEW_PARAMETER, SIDE_PARAMETER, RANGE_PARAMETER, *PART_PARAMETERS)
_PREDICTIONS: Final = "p:"
_LABELS: Final = "labels"

Parameters = Mapping[str, str | list[str]]


@dataclass(frozen=True)
class Door:
    """A link to a page of the app.

    Attributes:
        path: of its address.
        parameters: of its address.
    """

    path: str
    parameters: Parameters

    @property
    def href(self) -> str:
        return urls.page_url(self.path, self.parameters)

    def open(self) -> None:
        """Go there, where the link is no ``a`` that the browser can follow."""
        open_page(self.path, self.parameters)


def frames_door(query: FrameQuery) -> Door:
    """The gallery of the frames of a query."""
    return Door(urls.EXPLORE_PATH, ViewState(query).to_params())


def frame_door(query: FrameQuery, frame_id: str) -> Door:
    """The viewer on one of the frames of a query."""
    return Door(urls.FRAME_PATH, ViewState(query, frame=frame_id).to_params())


def range_door(
    project: Project, query: FrameQuery, side: Side, metric: Metric, ranges: Sequence[MetricRange], view: Parameters
) -> Door:
    """The frames, or the objects of a set, whose values are in all of some ranges.

    Args:
        query: all frames.
        metric: the first range is of it.
        view: parameters of what the Data page shows beside the objects.
    """
    if side.role is None:
        order = {} if metric.is_categorical else {"sort": f"metric:{metric.name}", "descending": ranges[0].high is None}
        return frames_door(query.with_(metric_ranges=tuple(ranges), **order))
    parameters = {
        **view,
        SIDE_PARAMETER: side_name(project, side),
        RANGE_PARAMETER: [one.to_param() for one in ranges],
    }
    return Door(urls.DATA_PATH, parameters)


def side_name(project: Project, side: Side) -> str:
    """A side in an address: "frames", "labels", "labels:second", "p:model_a"."""
    if side.role is None:
        return "frames"
    if side.role == "predictions":
        return f"{_PREDICTIONS}{side.set_name}"
    return _LABELS if side.set_name == project.set_names("labels")[0] else f"{_LABELS}:{side.set_name}"


def side_titles(project: Project, sides: Sequence[Side]) -> dict[str, str]:
    """What people call some sides, by name in the address."""
    several = len(project.set_names("labels")) > 1
    return {
        side_name(project, side): "Frames"
        if side == FRAMES
        else f"Labels: {side.set_name}"
        if side.role == "labels" and several
        else "Labels"
        if side.role == "labels"
        else str(side.set_name)
        for side in sides
    }


def noun_of(side: Side, count: int) -> str:
    """What one side is counted in: "1 label", "3 frames"."""
    word = "frame" if side.role is None else "label" if side.role == "labels" else "prediction"
    return f"{count:,} {word if count == 1 else word + 's'}"


def own_parameters() -> dict[str, str | list[str]]:
    """What the address says of the Data page, so that a link elsewhere can bring the reader back to it."""
    found: dict[str, str | list[str]] = {}
    for name in _OWN:
        values = st.query_params.get_all(name)
        if values:
            found[name] = values if len(values) > 1 else values[0]
    return found
