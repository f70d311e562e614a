"""The address is the state: what pages read from it, what callbacks write to it."""

from __future__ import annotations

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.state import ViewState
from predscope.exploration import FrameQuery
from predscope.project import Project


def script() -> None:
    """A page with a button for each change, and the state that it reads written on it."""
    import streamlit as st

    from components.state import change_state, note_visit, read_state

    project = st.session_state["project"]
    page = st.session_state.get("shown_page", "Explore")
    if page == "Overview":
        note_visit(page)
    else:
        adapt = {"adapt": st.session_state["adapt"]} if "adapt" in st.session_state else {}
        state = read_state(project, page, **adapt)
        st.session_state["state"] = state
        changes = {
            "car": lambda now: now.with_query(now.query.with_(label_classes=(*now.query.label_classes, "car"))),
            "dog": lambda now: now.with_query(now.query.with_(label_classes=(*now.query.label_classes, "dog"))),
            "page 3": lambda now: now.with_page(3),
            "open": lambda now: now.with_frame("frame_4", "labels:8"),
        }
        for name, change in changes.items():
            st.button(name, on_click=change_state, args=(project, change))


@pytest.fixture
def app(seven_frames: Project) -> AppTest:
    test = AppTest.from_function(script)
    test.session_state["project"] = seven_frames
    return test


def press(app: AppTest, name: str) -> None:
    next(button for button in app.button if button.label == name).click().run()
    assert not app.exception


def address(app: AppTest) -> dict[str, Any]:
    values = {name: app.query_params[name] for name in app.query_params}
    return {name: [value] if isinstance(value, str) else value for name, value in values.items()}


def test_a_link_opens_its_state(app: AppTest) -> None:
    app.query_params["label"] = ["car", "dog"]
    app.query_params["page"] = "2"
    app.query_params["frame"] = "frame_3"
    app.run()
    state = app.session_state["state"]
    assert state.query.label_classes == ("car", "dog")
    assert (state.page, state.frame) == (2, "frame_3")


def test_a_change_goes_to_the_address_and_starts_at_the_first_page(app: AppTest) -> None:
    app.query_params["page"] = "2"
    app.query_params["frame"] = "frame_3"
    app.query_params["preview"] = "abc"
    app.run()
    press(app, "car")
    assert address(app) == {"label": ["car"], "preview": ["abc"]}, "parameters of others stay"
    assert app.session_state["state"].query.label_classes == ("car",)
    press(app, "page 3")
    press(app, "open")
    assert address(app) == {
        "label": ["car"],
        "page": ["3"],
        "frame": ["frame_4"],
        "object": ["labels:8"],
        "preview": ["abc"],
    }


def test_back_is_followed(app: AppTest) -> None:
    app.run()
    press(app, "car")
    press(app, "dog")
    app.query_params["label"] = ["car"]
    app.run()
    assert app.session_state["state"].query.label_classes == ("car",)
    press(app, "dog")
    assert address(app) == {"label": ["car", "dog"]}


def test_a_click_that_still_carries_the_old_address_loses_nothing(app: AppTest) -> None:
    app.run()
    press(app, "car")
    del app.query_params["label"]
    press(app, "dog")
    assert app.session_state["state"].query.label_classes == ("car", "dog")
    assert address(app) == {"label": ["car", "dog"]}


def test_the_menu_keeps_the_filters(app: AppTest) -> None:
    app.query_params["label"] = "car"
    app.query_params["frame"] = "frame_2"
    app.query_params["object"] = "labels:1"
    app.session_state["shown_page"] = "Frame"
    app.run()
    for name in list(app.query_params):
        del app.query_params[name]
    app.session_state["shown_page"] = "Explore"
    app.run()
    assert app.session_state["state"] == ViewState(
        FrameQuery.of(app.session_state["project"]).with_(label_classes=("car",))
    )
    assert address(app) == {"label": ["car"]}
    app.session_state["shown_page"] = "Overview"
    app.run()
    del app.query_params["label"]
    app.session_state["shown_page"] = "Explore"
    app.run()
    assert address(app) == {"label": ["car"]}


def test_what_a_page_leaves_out_does_not_follow_to_another(app: AppTest) -> None:
    app.query_params["label"] = ["car", "dog"]
    app.session_state["shown_page"] = "By_metric"
    app.session_state["adapt"] = lambda state: state.with_query(state.query.with_(label_classes=("dog",)))
    app.run()
    assert app.session_state["state"].query.label_classes == ("dog",)
    del app.session_state["adapt"]
    del app.query_params["label"]
    app.session_state["shown_page"] = "Explore"
    app.run()
    assert app.session_state["state"].query.label_classes == ("dog",)
    assert address(app) == {"label": ["dog"]}


def test_a_cleared_address_on_the_same_page_is_believed(app: AppTest) -> None:
    app.query_params["label"] = "car"
    app.run()
    del app.query_params["label"]
    app.run()
    assert app.session_state["state"].query.is_unfiltered


@pytest.mark.parametrize("page", ["0", "-1", "x", "", "1.5", "²", "99999999"])
def test_a_page_that_is_none_is_the_first(seven_frames: Project, page: str) -> None:
    assert ViewState.from_params({"page": page}, seven_frames).page == 1


def test_states_survive_their_link(seven_frames: Project) -> None:
    query = FrameQuery.of(seven_frames).with_(text="frame", confidence=0.35, sort="labels", descending=True)
    state = ViewState(query, page=4, frame="a/b c", selected="p:model_a:7")
    assert ViewState.from_params(state.to_params(), seven_frames) == state
    assert state.with_query(query) is state
    assert state.with_query(query.with_(text="")) == ViewState(query.with_(text=""))
    assert state.with_page(2) == ViewState(query, page=2)
    assert state.with_frame("c") == ViewState(query, page=4, frame="c")
