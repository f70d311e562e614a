"""The viewer on the frames of a selection, kept in step with the address.

The user steps through frames in the browser; the address follows. Back, Forward and links change the address; the
viewer follows.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import numpy as np
import orjson
import streamlit as st

from components import urls
from components.frame_details import MOST_EVALUATED
from components.state import ViewState, change_state
from components.viewer import frame_sequence, order_window, read_event, viewer
from predscope.evaluation.objects import IouType
from predscope.exploration import FrameSelection, chosen_label_set, chosen_sets
from predscope.exploration.comparison import LIKENESS_WORDS, comparison
from predscope.exploration.object_selection import ObjectFrames, ObjectSelection
from predscope.exploration.outcome_fields import outcome_fields
from predscope.payload import Layer, frame_payloads, frame_record, scene
from predscope.project import Project

VIEWER_KEY: Final = "frame.viewer"
_AGREED: Final = "frame.agreed"
_SERVER_NAV: Final = "frame.server_nav"
_CLOSE_IN: Final = "frame.close_in"
_ZOOM: Final = "frame.zoom"
_WALK_REACH: Final = 16
_FASTEST: Final = 1000
_ENTRY_FIELDS: Final = ("index", "image", "width", "height", "apply_exif", "sequence", "sequence_index")


def frame_viewer(
    project: Project,
    layers: Sequence[Layer],
    state: ViewState,
    selection: FrameSelection | ObjectFrames,
    frame_index: int,
    *,
    objects: ObjectSelection | None = None,
    preview: str | None = None,
) -> None:
    """Draw the viewer on one frame, with the other frames of the selection before and after it.

    Args:
        layers: the sets drawn over the frame.
        state: of the address; ``state.selected`` is selected.
        objects: those through which the frame was reached: the keys for errors go through them.
        preview: id of the staged import that is shown, if one is.
    """
    wanted = (project.frames["frame_id"].iloc[frame_index], state.selected)
    if st.session_state.get(_AGREED) != wanted:  # the address says something else than the browser did
        st.session_state[_SERVER_NAV] = st.session_state.get(_SERVER_NAV, 0) + 1
        st.session_state[_AGREED] = wanted
        st.session_state[_ZOOM] = st.session_state.pop(_CLOSE_IN, False)
    order = order_window(
        selection.indices,
        selection.position(frame_index),
        partial(_order_entry, project),
        key=f"{project.revision}{(state.query if state.objects is None else state.objects).to_params()}",
        sequence=_sequence_around(project, selection, frame_index),
    )
    hidden = [layer.key for layer in layers if not _is_shown(layer, state)]
    label_set = state.query.label_set
    point = (evaluated_sets(project, state), state.query.confidence, state.query.iou) if preview is None else ((), 0, 1)
    by_place = state.objects is not None and state.objects.by_place
    fields = outcome_fields(project, *point, label_set=label_set, by=state.query.by, by_place=by_place)
    viewer(
        key=VIEWER_KEY,
        scene=scene(project, layers) | _likeness(project, state, point[0]),
        frames=frame_payloads(project, layers, [frame_index], urls.image_url, urls.thumbnail_url, fields),
        current=wanted[0],
        order=order,
        objects_url=urls.objects_url(
            (layer.key for layer in layers),
            project.revision,
            preview,
            label_set=label_set,
            outcomes=point if fields else None,
            by=state.query.by,
            by_place=by_place,
        ),
        server_nav=st.session_state[_SERVER_NAV],
        selected=state.selected,
        zoom=st.session_state.get(_ZOOM, False),
        settings={"threshold": state.query.confidence, "iou": state.query.iou, "hiddenLayers": hidden},
        walk=None if objects is None else _walk(project, objects, selection, frame_index, state.selected),
        on_view=partial(_follow_viewer, project, selection),
    )


def close_in() -> None:
    """For callbacks that change the selected object: the viewer centres and enlarges it."""
    st.session_state[_CLOSE_IN] = True


def _follow_viewer(project: Project, selection: FrameSelection | ObjectFrames) -> None:
    """Write into the address what the user has come to in the browser: frame, object, operating point."""
    event = read_event(st.session_state[VIEWER_KEY])
    frame_id = event.frame_id
    if frame_id is None and event.position is not None and 0 <= event.position < len(selection):
        frame_id = project.frames["frame_id"].iloc[selection.indices[event.position]]
    if frame_id is None:
        return
    st.session_state[_AGREED] = (frame_id, event.selected)

    def follow(state: ViewState) -> ViewState:
        chosen = {"confidence": event.threshold, "iou": event.iou}
        changes = {name: value for name, value in chosen.items() if value not in (None, getattr(state.query, name))}
        if changes:
            state = state.with_query(state.query.with_(**changes))
        return state.with_frame(frame_id, event.selected)

    change_state(project, follow)


def _walk(
    project: Project,
    objects: ObjectSelection,
    selection: FrameSelection | ObjectFrames,
    frame_index: int,
    selected: str | None,
) -> list[dict[str, Any]]:
    """The objects around the selected one, with what the viewer must know to show their frames."""
    place = objects.place_of(frame_index, selected)
    if place is None:
        on_frame = np.flatnonzero(objects.frame_index == frame_index)
        place = int(on_frame[0]) if len(on_frame) else 0
    places = range(max(place - _WALK_REACH, 0), min(place + _WALK_REACH + 1, len(objects)))
    frames = {int(objects.frame_index[near]) for near in places}
    known = {index: (selection.position(index), _order_entry(project, index)) for index in frames}
    return [
        {"object": objects.object_id(near), "position": position, "entry": entry}
        for near in places
        for position, entry in (known[int(objects.frame_index[near])],)
    ]


def _likeness(project: Project, state: ViewState, prediction_sets: Sequence[str]) -> dict[str, str]:
    """What the overlap of a match is called; whole frames always overlap, so nothing is said of it."""
    if not prediction_sets:
        return {}
    by = comparison(project, chosen_label_set(project, state.query), prediction_sets[0], state.query.by)
    return {"likeness": "" if by == IouType.FRAME else LIKENESS_WORDS[by]}


def _order_entry(project: Project, frame_index: int) -> dict[str, Any]:
    record = frame_record(project.frames.iloc[frame_index], urls.image_url, urls.thumbnail_url)
    return {
        "id": record["frame"],
        **{name: record[name] for name in _ENTRY_FIELDS if name in record},
    }


def _sequence_around(
    project: Project, selection: FrameSelection | ObjectFrames, frame_index: int
) -> dict[str, Any] | None:
    """The frames of the selection that belong to the same video or image sequence as a frame."""
    sequences = project.frames["sequence"]
    name = sequences.iloc[frame_index]
    if not isinstance(name, str) or not name:
        return None
    selected = np.asarray(selection.indices, dtype=np.int64)
    positions = np.flatnonzero((sequences == name).to_numpy(dtype=bool, na_value=False)[selected])
    places = project.frames["sequence_index"].iloc[selected[positions]].to_numpy(dtype=float, na_value=np.inf)
    positions = positions[np.argsort(places, kind="stable")]
    rate = _frames_a_second(project.frames["attributes"].iloc[frame_index])
    return frame_sequence(name, positions.tolist(), selected[positions].tolist(), rate)


def _frames_a_second(attributes: Any) -> float | None:
    """The rate of a video, as its frames have it among their metadata; None if it says nothing usable."""
    rate = orjson.loads(attributes).get("fps") if isinstance(attributes, str) else None
    return float(rate) if isinstance(rate, int | float) and math.isfinite(rate) and 0 < rate <= _FASTEST else None


def evaluated_sets(project: Project, state: ViewState) -> tuple[str, ...]:
    """The prediction sets whose objects are told their outcomes: the shown ones first, but not very many."""
    if chosen_label_set(project, state.query) is None:
        return ()
    names = project.set_names("predictions")
    shown = chosen_sets(project, state.query) if state.objects is None else [state.objects.prediction_set]
    return tuple(dict.fromkeys((*shown, *names)))[:MOST_EVALUATED]


def _is_shown(layer: Layer, state: ViewState) -> bool:
    sets = state.query.prediction_sets if state.objects is None else (state.objects.prediction_set,)
    return layer.role == "labels" or not sets or layer.name in sets
