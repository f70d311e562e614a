"""The page of viewer_app.py: ``?case=shapes`` chooses what is drawn; events are shown as text below the viewer."""

import streamlit as st
import viewer_frames

from components.viewer import frame_sequence, order_window, read_event, viewer

st.set_page_config(layout="wide")
st.html("<style>.block-container{padding:16px 24px 8px !important} header{display:none !important}</style>")

case = st.query_params.get("case", "shapes")
state = st.session_state
state.setdefault("runs", 0)
state.setdefault("nav", 0)
state.setdefault("current", int(st.query_params.get("frame", 0)))
state.setdefault("selected", None)
state["runs"] += 1

event = read_event(state.get("viewer"))
if event.sequence != state.get("seen"):
    state["seen"] = event.sequence
    if event.position is not None:
        state["current"] = event.position


def send(frame_index: int, selected: str | None) -> None:
    state["nav"] += 1
    state["current"] = frame_index
    state["selected"] = selected


current = state["current"]
indices = range(viewer_frames.FRAME_COUNT)
clip = range(viewer_frames.CLIP_START, viewer_frames.CLIP_START + viewer_frames.CLIP_LENGTH)
sequence = frame_sequence("clip", clip, clip) if case == "video" and current in clip else None
event = viewer(
    key="viewer",
    scene=viewer_frames.scene(case),
    frames=[viewer_frames.payload(case, current)],
    current=viewer_frames.payload(case, current)["frame"],
    selected=state["selected"],
    order=order_window(
        indices, current, lambda index: viewer_frames.entry(case, index), key=case, radius=20, sequence=sequence
    ),
    objects_url=f"/api/objects?case={case}",
    server_nav=state["nav"],
    height="calc(100vh - 110px)",
)
left, middle, right, _ = st.columns([1, 1, 2, 6])
left.button("Frame 3", on_click=send, args=(3, None))
middle.button("Rerun")
right.button("Select the first label", on_click=send, args=(current, "labels:0"))
st.text(f"run {state['runs']} frame {event.frame_id} position {event.position} selected {event.selected}")
