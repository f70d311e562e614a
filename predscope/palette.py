"""Colours that carry meaning: one per class for the life of a project, one per prediction set, one per outcome.

Outcome and prediction-set colours are taken from the Okabe-Ito set, which stays distinct for the common kinds of colour
blindness (https://jfly.uni-koeln.de/color/); class colours are a fixed list of 24 hues chosen to stand off photographs
and off each other, then generated ones.
"""

from __future__ import annotations

import colorsys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from predscope.schema import ObjectClass

CLASS_COLORS: Final = (
    "#3B8BEA", "#F2A33A", "#2FB57C", "#E4572E", "#9B6BDF", "#E8C547", "#1FB6C9", "#E26AA5",
    "#8BBF3F", "#B0723B", "#5C6BD6", "#F0806A", "#3FA06B", "#C2489A", "#6FA8DC", "#C9A227",
    "#7D8FA9", "#D94A64", "#4CC3A0", "#A58BE8", "#D98E4A", "#5E9E3A", "#B85C5C", "#4F87A8",
)  # fmt: skip

LABEL_COLOR: Final = "#F5F5F0"
"""Labels when coloured by layer: near white, drawn on a dark casing so that it stands off every photo."""

PREDICTION_SET_COLORS: Final = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#F0E442", "#8A6FBF", "#7F7F7F",
)  # fmt: skip

OUTCOME_COLORS: Final = {"tp": "#009E73", "fp": "#D55E00", "fn": "#CC79A7", "ignored": "#8A8F98"}

_GOLDEN_ANGLE: Final = 0.381966011


def color_of(object_class: ObjectClass) -> str:
    """The colour of a class, as ``#RRGGBB``: its own, or else the one of its id."""
    return object_class.color or class_color(object_class.class_id)


def class_colors(classes: Sequence[ObjectClass]) -> dict[str, str]:
    """The colours of classes by name."""
    return {entry.name: color_of(entry) for entry in classes}


def class_color(class_id: int) -> str:
    """The colour, as ``#RRGGBB``, of a class that has none of its own; depends on its id alone."""
    if class_id < len(CLASS_COLORS):
        return CLASS_COLORS[class_id]
    step = class_id - len(CLASS_COLORS)
    hue = (0.07 + step * _GOLDEN_ANGLE) % 1.0
    lightness = (0.50, 0.62, 0.42)[step % 3]
    saturation = (0.62, 0.78)[(step // 3) % 2]
    return to_hex(colorsys.hls_to_rgb(hue, lightness, saturation))


def prediction_set_color(position: int) -> str:
    """The colour of the prediction set at ``position`` (from 0) in the project's order."""
    return PREDICTION_SET_COLORS[position % len(PREDICTION_SET_COLORS)]


def to_hex(rgb: tuple[float, float, float]) -> str:
    """``#RRGGBB`` of red, green, blue in 0..1."""
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in rgb)


def to_bgr(color: str) -> tuple[int, int, int]:
    """Blue, green, red (0..255) of ``#RRGGBB``, the order that OpenCV draws in."""
    return int(color[5:7], 16), int(color[3:5], 16), int(color[1:3], 16)
