"""What the page shows, in its address: which metric, how it is cut, what was clicked.

These parameters are the page's own; the frames, the operating point and the page of the gallery are those of
``components.state``. Nothing is held by a widget.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Self

import streamlit as st

from components.widget_values import put
from predscope.analysis import Binning
from predscope.analysis.binning import DEFAULT_BINS
from predscope.exploration.object_query import OBJECT_PARAMETERS, OBJECT_SORTS
from predscope.metrics.ranges import MetricRange

VIEWS: Final = {"metric": "One metric", "map": "Two metrics", "slices": "Weak slices"}
COLORINGS: Final = {"recall": "Recall", "precision": "Precision", "labels": "Labels", "predictions": "Predictions"}
RATES: Final = {"recall": "Recall", "missed": "Miss rate"}
SHOWN: Final = {
    "labels": "labels",
    "found": "found labels",
    "missed": "missed labels",
    "predictions": "predictions",
    "right": "right predictions",
    "false": "false predictions",
}
"""What of the objects of a part can be shown, in words."""
FEWEST_BINS: Final = 2
MOST_BINS: Final = 30
MOST_CLASSES: Final = 6
_OF_A_PLACE: Final = ("page", "frame", "object", *OBJECT_PARAMETERS)
"""Parameters of the gallery, and of a frame that one came back from: they mean nothing once something else is shown."""
_FRAME_RANGES: Final = "m"
_CLICKED: Final = "by_metric.clicked"
_MOMENT_SECONDS: Final = 1.5


@dataclass(frozen=True, slots=True)
class Choice:
    """What the page shows.

    Attributes:
        view: of ``VIEWS``.
        metric: name; "": the most important one.
        binning, bins: how the values of numeric metrics are cut, and into how many parts.
        rate: of ``RATES``: what is drawn of labels.
        compared: further prediction sets that are drawn.
        classes: that are drawn apart; empty: all together.
        other: name of the second metric of the map; "": one that comes by itself.
        coloring: of ``COLORINGS``.
        picked: ranges that hold together, of the objects that are shown; empty: those that the title speaks of.
        shown: of ``SHOWN``: which of the objects there; "": those that the title speaks of.
        line: which line of the chart they belong to, a prediction set or a class; "": the first.
        sort, descending: order of the objects.
    """

    view: str = "metric"
    metric: str = ""
    binning: Binning = Binning.QUANTILE
    bins: int = DEFAULT_BINS
    rate: str = "recall"
    compared: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    other: str = ""
    coloring: str = "recall"
    picked: tuple[MetricRange, ...] = ()
    shown: str = ""
    line: str = ""
    sort: str = "confidence"
    descending: bool = True

    @classmethod
    def from_params(cls, parameters: Mapping[str, Sequence[str]]) -> Self:
        """Of an address; what makes no sense is as if it were not there."""

        def last(name: str) -> str:
            values = parameters.get(name, ())
            return values[-1] if values else ""

        def one_of(name: str, allowed: Any, default: str) -> str:
            return last(name) if last(name) in allowed else default

        count, order = last("bins"), last("order") or "-confidence"
        known = order.removeprefix("-") in OBJECT_SORTS
        ranges = (MetricRange.from_param(text) for text in parameters.get("pick", ()))
        return cls(
            view=one_of("view", VIEWS, "metric"),
            metric=last("metric"),
            binning=Binning(one_of("cut", tuple(Binning), Binning.QUANTILE)),
            bins=min(max(int(count), FEWEST_BINS), MOST_BINS) if count.isascii() and count.isdigit() else DEFAULT_BINS,
            rate=one_of("rate", RATES, "recall"),
            compared=tuple(dict.fromkeys(parameters.get("with", ()))),
            classes=tuple(dict.fromkeys(parameters.get("split", ())))[:MOST_CLASSES],
            other=last("other"),
            coloring=one_of("color", COLORINGS, "recall"),
            picked=tuple(one for one in ranges if one is not None),
            shown=one_of("show", SHOWN, ""),
            line=last("line"),
            sort=order.removeprefix("-") if known else "confidence",
            descending=order.startswith("-") or not known,
        )

    def to_params(self) -> dict[str, str | list[str]]:
        """Parameters of a link, without what stands at its default."""
        order = ("-" if self.descending else "") + self.sort
        found: dict[str, str | list[str]] = {
            "view": [self.view] if self.view != "metric" else [],
            "metric": [self.metric],
            "cut": [str(self.binning)] if self.binning is not Binning.QUANTILE else [],
            "bins": [str(self.bins)] if self.bins != DEFAULT_BINS else [],
            "rate": [self.rate] if self.rate != "recall" else [],
            "with": list(self.compared),
            "split": list(self.classes),
            "other": [self.other],
            "color": [self.coloring] if self.coloring != "recall" else [],
            "pick": [one.to_param() for one in self.picked],
            "show": [self.shown],
            "line": [self.line],
            "order": [order] if order != "-confidence" else [],
        }
        return {name: values for name, values in found.items() if any(values)}

    def with_(self, **changes: Any) -> Self:
        return replace(self, **changes)

    def unpicked(self, **changes: Any) -> Self:
        """Something else is drawn: what was clicked is not there any more."""
        return replace(self, picked=(), shown="", line="", **changes)


PARAMETERS: Final = (
    *("view", "metric", "cut", "bins", "rate", "with", "split", "other", "color", "pick", "show", "line", "order"),
)


def read_choice() -> Choice:
    """What the address asks for.

    A part of the page that draws itself again may, at the moment of a click, still bring the address from before it:
    then what was clicked counts.
    """
    asked = Choice.from_params({name: st.query_params.get_all(name) for name in PARAMETERS if name in st.query_params})
    clicked: tuple[float, Choice, Choice] | None = st.session_state.get(_CLICKED)
    if clicked is not None and clicked[1] == asked and time.monotonic() - clicked[0] < _MOMENT_SECONDS:
        return clicked[2]
    return asked


def show(choice: Choice) -> None:
    """Write it into the address, as one step of the browser's history; the gallery begins at its first page."""
    address = {name: st.query_params.get_all(name) for name in st.query_params}
    wanted: dict[str, str | list[str]] = {
        name: values for name, values in address.items() if name not in (*PARAMETERS, *_OF_A_PLACE)
    }
    if _FRAME_RANGES in wanted:
        picked = read_choice().picked
        ranges = [text for text in address[_FRAME_RANGES] if MetricRange.from_param(text) not in picked]
        wanted[_FRAME_RANGES] = ranges
        if not ranges:
            del wanted[_FRAME_RANGES]
    wanted |= choice.to_params()
    st.session_state[_CLICKED] = time.monotonic(), read_choice(), choice
    if wanted != address:
        st.query_params.from_dict(wanted)


def choose_among(label: str, key: str, options: Mapping[Any, str], value: Any, on_change: Any) -> None:
    """One of a few, side by side; ``on_change`` is called with the value that was clicked."""
    put(key, value)
    st.segmented_control(
        label,
        list(options),
        format_func=lambda one: options[one],
        required=True,
        key=key,
        label_visibility="collapsed",
        on_change=lambda: on_change(st.session_state[key]),
    )


def choose_from_list(
    label: str, key: str, options: Sequence[str], words: Mapping[str, str], value: str, on_change: Any
) -> None:
    """One of many, with a search; ``on_change`` is called with the value that was chosen."""
    put(key, value)
    st.selectbox(
        label, options, format_func=lambda one: words[one], key=key, on_change=lambda: on_change(st.session_state[key])
    )


def choose_several(
    label: str, key: str, options: Sequence[str], value: Sequence[str], placeholder: str, most: int, on_change: Any
) -> None:
    """Any of the options; ``on_change`` is called with those chosen."""
    put(key, list(value))
    st.multiselect(
        label,
        options,
        key=key,
        max_selections=most,
        placeholder=placeholder,
        on_change=lambda: on_change(tuple(st.session_state[key])),
    )


def choose_number(label: str, key: str, lowest: int, highest: int, value: int, on_change: Any) -> None:
    """A whole number on a slider."""
    put(key, value)
    st.slider(label, lowest, highest, key=key, on_change=lambda: on_change(int(st.session_state[key])))
