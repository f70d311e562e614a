"""The Python side of the viewer, and what its JavaScript must never contain."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components import viewer as viewer_module
from components.drawing import drawing_source, drawing_style
from components.viewer import FrameOrder, ViewerEvent, frame_sequence, order_window, read_event


def entry(index: int) -> dict[str, Any]:
    return {"id": f"frame {index}", "index": index}


@pytest.mark.parametrize(
    ("position", "offset", "ids", "first", "last"),
    [
        (0, 0, [0, 1, 2], None, 9),
        (5, 3, [3, 4, 5, 6, 7], 0, 9),
        (9, 7, [7, 8, 9], 0, None),
        (None, 0, [0, 1, 2], None, 9),
        (40, 7, [7, 8, 9], 0, None),
    ],
)
def test_order_window(position: int | None, offset: int, ids: list[int], first: int | None, last: int | None) -> None:
    order = order_window(range(10), position, entry, key="all", radius=2)
    assert order.offset == offset
    assert order.total == 10
    assert [frame["index"] for frame in order.frames] == ids
    assert order.first == (None if first is None else entry(first))
    assert order.last == (None if last is None else entry(last))


def test_order_window_follows_the_order_not_the_index() -> None:
    order = order_window([7, 2, 5], 1, entry, key="by confidence", radius=1)
    assert [frame["index"] for frame in order.frames] == [7, 2, 5]
    assert "first" not in order.to_json()
    assert order.to_json()["key"] == "by confidence"


@pytest.mark.parametrize(
    ("positions", "indices", "runs"),
    [
        ([4, 5, 6, 7], [10, 11, 12, 13], [[4, 10, 4]]),
        ([4, 5, 7, 8], [10, 11, 12, 13], [[4, 10, 2], [7, 12, 2]]),  # another frame stands between them
        ([4, 5, 6], [10, 12, 13], [[4, 10, 1], [5, 12, 2]]),  # a filter took one out
        ([2, 1, 0], [7, 8, 9], [[2, 7, 1], [1, 8, 1], [0, 9, 1]]),  # the order goes backwards
        ([], [], []),
    ],
)
def test_frame_sequence(positions: list[int], indices: list[int], runs: list[list[int]]) -> None:
    assert frame_sequence("clip", positions, indices) == {"name": "clip", "runs": runs}


def test_an_order_tells_of_the_sequence_of_its_frame() -> None:
    sequence = frame_sequence("clip", [1, 2], [1, 2])
    assert order_window(range(5), 1, entry, key="all", sequence=sequence).to_json()["sequence"] == sequence
    assert "sequence" not in order_window(range(5), 1, entry, key="all").to_json()


def test_an_empty_order() -> None:
    assert order_window([], None, entry, key="none") == FrameOrder(key="none", total=0, frames=[])


@pytest.mark.parametrize(
    ("state", "event"),
    [
        (None, ViewerEvent()),
        ({}, ViewerEvent()),
        ({"view": None}, ViewerEvent()),
        (
            {"view": {"frame": "a/1", "position": 4, "selected": "labels:2", "seq": 3}},
            ViewerEvent(frame_id="a/1", position=4, selected="labels:2", sequence=3),
        ),
        ({"view": {"frame": None, "position": 90.0, "selected": None, "seq": 4}}, ViewerEvent(position=90, sequence=4)),
        ({"view": {"frame": 5, "position": "x", "selected": [], "seq": None}}, ViewerEvent()),
    ],
)
def test_read_event_trusts_nothing(state: Any, event: ViewerEvent) -> None:
    assert read_event(state) == event


def test_the_scripts_make_one_module_and_build_no_html_from_text() -> None:
    source = drawing_source() + viewer_module.read_sources(viewer_module._FOLDER, viewer_module._SCRIPTS)
    assert len(re.findall(r"^export ", source, flags=re.MULTILINE)) == 1
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert forbidden not in source
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", source)
    assert "--px" in drawing_style()
    names = re.findall(r"^(?:async )?(?:function|class|const|let) (\w+)", source, flags=re.MULTILINE)
    assert len(names) == len(set(names))


def test_every_script_of_the_folder_is_part_of_the_module() -> None:
    assert {path.name for path in viewer_module._FOLDER.glob("*.js")} == set(viewer_module._SCRIPTS)


def test_what_the_browser_is_given() -> None:
    def page() -> None:
        import streamlit as st

        from components.viewer import FrameOrder, viewer

        event = viewer(
            key="v",
            scene={"layers": [], "classes": []},
            frames=[{"frame": "a", "index": 0, "objects": []}],
            current="a",
            selected="labels:1",
            order=FrameOrder(key="all", total=1, frames=[{"id": "a", "index": 0}]),
            objects_url="/api/objects?sets=labels",
            server_nav=2,
            settings={"threshold": 0.5},
        )
        st.text(f"frame {event.frame_id} selected {event.selected} sequence {event.sequence}")

    app = AppTest.from_function(page).run()
    assert not app.exception
    assert app.text[0].value == "frame None selected None sequence 0"
    sent = app.get("bidi_component")[0].proto.json
    data = json.loads(sent)
    assert data["server_nav"] == 2
    assert data["selected"] == "labels:1"
    assert data["settings"] == {"threshold": 0.5}
    assert data["objects_url"] == "/api/objects?sets=labels"
    assert data["order"] == {"key": "all", "total": 1, "offset": 0, "frames": [{"id": "a", "index": 0}]}

    app.session_state["v"] = {"view": {"frame": "a", "position": 0, "selected": "labels:9", "seq": 7}}
    app.run()
    assert app.text[0].value == "frame a selected labels:9 sequence 7"
