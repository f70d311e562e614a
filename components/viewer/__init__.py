"""The large viewer: one frame with its overlays, everything about it done in the browser.

A Streamlit component without an iframe: the photo is an ``<img>`` by URL, the objects are SVG over it. Zooming,
filtering, colouring, hovering and stepping through the order of frames need no Python; Python hears, a moment after the
user has come to rest, which frame is shown and which object is selected (`ViewerEvent`).

Who moves the viewer: the user's steps count ``ViewerEvent.sequence`` up, in the browser; Python's own moves (the
browser's Back, a deep link, a click in a table) count ``server_nav`` up. The browser obeys ``current`` and ``selected``
only when ``server_nav`` has grown, so that a rerun which is late never pulls a user back.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import streamlit as st

from components.browser_code import browser_component
from components.drawing import drawing_source, drawing_style, read_sources

__all__ = [
    "DEFAULT_HEIGHT",
    "WINDOW_RADIUS",
    "FrameOrder",
    "ViewerEvent",
    "frame_sequence",
    "order_window",
    "read_event",
    "viewer",
]

WINDOW_RADIUS: Final = 32
"""Frames before and after the current one whose entries the browser is given."""

DEFAULT_HEIGHT: Final = "calc(100vh - 170px)"

_FOLDER: Final = Path(__file__).parent
_SCRIPTS: Final = (
    "dom.js",
    "settings.js",
    "order.js",
    "photo.js",
    "store.js",
    "viewport.js",
    "view.js",
    "sheet.js",
    "pane.js",
    "outcomes.js",
    "overlays.js",
    "tooltip.js",
    "selection.js",
    "legend.js",
    "toolbar.js",
    "help.js",
    "keyboard.js",
    "interaction.js",
    "panel.js",
    "object_list.js",
    "side.js",
    "playback.js",
    "position_bar.js",
    "python_link.js",
    "viewer.js",
)

_component = browser_component(
    "predscope_viewer",
    html="<div class='viewer-host'></div>",
    script=f"{drawing_source()}\n{read_sources(_FOLDER, _SCRIPTS)}",
    style=f"{drawing_style()}\n{read_sources(_FOLDER, ('viewer.css',))}",
)


@dataclass(frozen=True, slots=True)
class FrameOrder:
    """The part of the order of frames that the browser is given.

    Attributes:
        key: names the order (filters, sort, revision); windows of the same key belong together.
        total: number of frames in the order.
        offset: position of ``frames[0]`` in the order, from 0.
        frames: entries ``{"id", "index", "image", "width", "height", "apply_exif"}``, ``image`` being a URL or None,
            and ``"sequence"`` where the frame belongs to one.
        first: entry of the very first frame, if it is outside of the window (Home goes there at once).
        last: entry of the very last frame, likewise.
        sequence: the video or image sequence of the current frame, if it belongs to one, see `frame_sequence`. Frames
            of it that are outside of the window are played by their indices.
    """

    key: str
    total: int
    offset: int = 0
    frames: Sequence[Mapping[str, Any]] = field(default_factory=tuple)
    first: Mapping[str, Any] | None = None
    last: Mapping[str, Any] | None = None
    sequence: Mapping[str, Any] | None = None

    def to_json(self) -> dict[str, Any]:
        record = {"key": self.key, "total": self.total, "offset": self.offset, "frames": list(self.frames)}
        for name in ("first", "last", "sequence"):
            if (value := getattr(self, name)) is not None:
                record[name] = value
        return record


def frame_sequence(
    name: str, positions: Sequence[int], frame_indices: Sequence[int], frames_a_second: float | None = None
) -> dict[str, Any]:
    """A sequence as the browser is given it.

    Args:
        name: of the sequence, as in the ``sequence`` of entries and payloads.
        positions: places in the order of the sequence's frames, in the sequence's own order.
        frame_indices: indices of these frames.
        frames_a_second: at which it is played; None: slowly enough to look at each frame.

    Returns:
        ``{"name", "runs": [[position, frame index, count], ...]}``, and ``"fps"`` where it is known; within a run both
        go up one by one, so that a video in its natural order is a single run.
    """
    runs: list[list[int]] = []
    for position, index in zip(positions, frame_indices, strict=True):
        if runs and position == runs[-1][0] + runs[-1][2] and index == runs[-1][1] + runs[-1][2]:
            runs[-1][2] += 1
        else:
            runs.append([int(position), int(index), 1])
    return {"name": name, "runs": runs} | ({"fps": frames_a_second} if frames_a_second else {})


def order_window(
    frame_indices: Sequence[int],
    position: int | None,
    entry: Callable[[int], Mapping[str, Any]],
    *,
    key: str,
    radius: int = WINDOW_RADIUS,
    sequence: Mapping[str, Any] | None = None,
) -> FrameOrder:
    """The window of an order around a position.

    Args:
        frame_indices: the frames in their order.
        position: place of the current frame in it, from 0; None: it is not part of the order (the window is its start).
        entry: makes the entry of a frame index; called for the frames of the window and both ends only.
        key: names the order, see `FrameOrder`.
        radius: frames to either side.
        sequence: of the current frame, see `frame_sequence`.
    """
    total = len(frame_indices)
    centre = min(max(position or 0, 0), max(total - 1, 0))
    start = max(0, centre - radius)
    stop = min(total, centre + radius + 1)
    return FrameOrder(
        key=key,
        total=total,
        offset=start,
        frames=[entry(int(index)) for index in frame_indices[start:stop]],
        first=entry(int(frame_indices[0])) if start > 0 else None,
        last=entry(int(frame_indices[-1])) if stop < total else None,
        sequence=sequence,
    )


@dataclass(frozen=True, slots=True)
class ViewerEvent:
    """What the user did last in the viewer.

    Attributes:
        frame_id: the frame shown; None when a position was asked for whose frame the browser does not know yet: show
            the order's frame at ``position`` by sending its window (no ``server_nav`` needed).
        position: its position in the order, from 0; None when it is not part of it.
        selected: id of the selected object, or None.
        threshold: the confidence below which predictions are hidden, 0..1; None: not told.
        iou: the lowest IoU of a match; None: not told.
        sequence: the user's steps and selections so far in this mount of the viewer; 0: none yet.
    """

    frame_id: str | None = None
    position: int | None = None
    selected: str | None = None
    threshold: float | None = None
    iou: float | None = None
    sequence: int = 0


def read_event(state: Any) -> ViewerEvent:
    """The event in a component's result, or in ``st.session_state[key]`` before the component is drawn."""
    view = state.get("view") if isinstance(state, Mapping) else getattr(state, "view", None)
    if not isinstance(view, Mapping):
        return ViewerEvent()
    position = view.get("position")
    return ViewerEvent(
        frame_id=_text(view.get("frame")),
        position=int(position) if isinstance(position, int | float) else None,
        selected=_text(view.get("selected")),
        threshold=_number(view.get("threshold")),
        iou=_number(view.get("iou")),
        sequence=int(view.get("seq") or 0),
    )


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def viewer(
    *,
    key: str,
    scene: Mapping[str, Any],
    frames: Sequence[Mapping[str, Any]],
    current: str,
    order: FrameOrder,
    objects_url: str,
    server_nav: int = 0,
    selected: str | None = None,
    zoom: bool = False,
    settings: Mapping[str, Any] | None = None,
    height: str = DEFAULT_HEIGHT,
    walk: Sequence[Mapping[str, Any]] | None = None,
    on_view: Callable[[], None] | None = None,
) -> ViewerEvent:
    """Draws the viewer.

    Args:
        key: of the component; also names the settings that the browser remembers.
        scene: layers and classes, and ``likeness``, what the ``iou`` of objects is called ("IoU", "mask IoU", "OKS";
            "": it says nothing); "IoU" without.
        frames: payloads of the current frame and, if at hand, of its neighbours.
        current: id of the frame to show (obeyed on the first draw and when ``server_nav`` has grown).
        order: window of the order around it, see `order_window`.
        objects_url: where payloads of further frames come from; ``&frames=3,4,5`` is appended. It must change whenever
            payloads do.
        server_nav: to be increased whenever Python, not the user, changes ``current`` or ``selected``.
        selected: id of the object to select along with ``current``.
        zoom: centre and enlarge that object, with its match; else the view is that of any frame.
        settings: initial settings, by their names in ``settings.js`` (``threshold``, ``hiddenLayers``, ...); they win
            over what the browser remembers, and again whenever they change.
        height: CSS height of the whole viewer; never less than 360 px.
        walk: objects around the selected one that the keys for the previous and the next error go through, each
            ``{"object": id, "position": of its frame in the order, "entry": of the order}``; None: the errors of each
            frame, frame by frame.
        on_view: called at the start of a rerun that an event of the viewer has caused.

    Returns:
        The last event.
    """
    result = _component(
        key=key,
        data={
            "storage": key,
            "scene": scene,
            "frames": list(frames),
            "current": current,
            "selected": selected,
            "zoom": zoom,
            "order": order.to_json(),
            "objects_url": objects_url,
            "server_nav": server_nav,
            "heard": read_event(st.session_state.get(key, {})).sequence,
            "settings": dict(settings or {}),
            "walk": None if walk is None else {"items": list(walk)},
            "height": height,
        },
        on_view_change=on_view or (lambda: None),
    )
    return read_event(result)
