"""Objects beside frames in the address, and the HTTP answers that their pages are made of."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient
from streamlit.testing.v1 import AppTest

from components import session, urls
from components.objects import toggled
from components.routes import MIDDLEWARE, ROUTES
from components.state import ViewState
from components.viewer import read_event
from predscope import Project
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery


@pytest.fixture
def client(seven_frames: Project, monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    monkeypatch.setenv(session.PROJECT_VARIABLE, str(seven_frames.path))
    monkeypatch.setattr(session, "_open_project", None)
    with TestClient(Starlette(routes=ROUTES, middleware=MIDDLEWARE), base_url="http://127.0.0.1") as test_client:
        yield test_client


def test_a_crop_is_that_part_of_the_frame(client: TestClient, seven_frames: Project) -> None:
    answer = client.get(urls.crop_url(3, "1", (8, 4, 40, 30)))
    assert answer.status_code == 200
    assert "immutable" in answer.headers["cache-control"]
    crop = cv2.imdecode(np.frombuffer(answer.content, np.uint8), cv2.IMREAD_COLOR)
    assert crop.shape == (30, 40, 3)
    whole = cv2.imread(str(seven_frames.image_file(3)))
    shades = [cv2.cvtColor(pixels, cv2.COLOR_BGR2GRAY).ravel() for pixels in (crop, whole[4:34, 8:48])]
    assert np.corrcoef(*shades)[0, 1] > 0.9
    beyond = client.get(urls.crop_url(3, "1", (50, 40, 40, 30)))
    assert cv2.imdecode(np.frombuffer(beyond.content, np.uint8), cv2.IMREAD_COLOR).shape == (8, 14, 3)


@pytest.mark.parametrize(
    ("address", "code"),
    [
        ("/api/crop/3?box=1,2,3", 400),
        ("/api/crop/3?box=a,b,c,d", 400),
        ("/api/crop/3", 400),
        ("/api/crop/99?box=0,0,9,9", 404),
        ("/api/crop/3?box=500,500,9,9", 404),
        ("/api/crop/3?box=0,0,-5,9", 404),
    ],
)
def test_crops_that_cannot_be(client: TestClient, address: str, code: int) -> None:
    assert client.get(address).status_code == code


def test_objects_are_told_their_outcomes_at_the_point_asked_for(client: TestClient, seven_frames: Project) -> None:
    def outcomes(confidence: float) -> dict[str, str]:
        address = urls.objects_url(["labels", "p:model_a"], "1", outcomes=(("model_a",), confidence, 0.5))
        (frame,) = client.get(f"{address}&frames=5").json()["frames"]
        return {entry["id"]: entry.get("outcome") for entry in frame["objects"] if entry["id"].startswith("labels")}

    assert set(outcomes(0.0).values()) == {"tp"}
    assert list(outcomes(0.35).values()).count("fn") == 3
    plain = client.get(urls.objects_url(["labels", "p:model_a"], "1") + "&frames=5").json()["frames"][0]
    assert all("outcome" not in entry for entry in plain["objects"])
    unknown = urls.objects_url(["labels"], "1", outcomes=(("gone",), 0.5, 0.5))
    assert client.get(f"{unknown}&frames=5").status_code == 404
    assert client.get(urls.objects_url(["labels"], "1", label_set="gone") + "&frames=5").status_code == 404


def test_outcomes_are_told_by_what_is_compared(client: TestClient) -> None:
    address = urls.objects_url(["labels", "p:model_a"], "1", outcomes=(["model_a"], 0.1, 0.5), by="segm")
    assert "by=segm" in address
    assert "by=" not in urls.objects_url(["labels"], "1", outcomes=(["model_a"], 0.1, 0.5))
    boxes = client.get(f"{address}&frames=5").json()["frames"][0]["objects"]
    assert boxes == client.get(f"{address.replace('segm', 'bbox')}&frames=5").json()["frames"][0]["objects"]
    assert {"tp"} == {entry["outcome"] for entry in boxes}


def test_a_link_to_objects_is_a_state(seven_frames: Project) -> None:
    query = ObjectQuery(FrameQuery.of(seven_frames).with_(confidence=0.3, iou=0.75), "model_a", ("fp",), klass="car")
    doors = query.with_(
        frames=query.frames.with_(by="bbox"), errors=("loc",), confused=True, confidence_range=(0.3, None)
    )
    assert urls.objects_page_url(doors) == (
        "/Objects?conf=0.3&iou=0.75&by=bbox&set=model_a&outcome=fp&tide=loc&confused=1&score=.3..&class=car"
    )
    assert ViewState.from_params(doors.to_params(), seven_frames).objects == doors
    state = ViewState(query.frames, page=2, frame="frame_4", selected="p:model_a:3", objects=query)
    assert ViewState.from_params(state.to_params(), seven_frames) == state
    assert urls.objects_page_url(query) == "/Objects?conf=0.3&iou=0.75&set=model_a&outcome=fp&class=car"
    moved = state.with_query(query.frames.with_(iou=0.5))
    assert (moved.objects.frames.iou, moved.page, moved.frame) == (0.5, 1, None)
    assert state.with_objects(query.with_(outcomes=("fn",))).query == query.frames
    assert state.without_objects().to_params() == {
        "conf": "0.3",
        "iou": "0.75",
        "frame": "frame_4",
        "object": "p:model_a:3",
    }


def test_choices_go_in_and_out(seven_frames: Project) -> None:
    query = ObjectQuery(FrameQuery.of(seven_frames), "model_a")
    assert toggled(query, "outcomes", "fp").outcomes == ("fp",)
    assert toggled(toggled(query, "outcomes", "fp"), "outcomes", "fp") == query
    assert toggled(query, "klass", "dog").klass == "dog"
    assert toggled(toggled(query, "klass", "dog"), "klass", "dog").klass is None


def test_the_viewer_tells_its_threshold() -> None:
    assert read_event({"view": {"frame": "a", "position": 0, "threshold": 0.35, "seq": 1}}).threshold == 0.35
    assert read_event({"view": {"frame": "a", "position": 0, "seq": 1}}).threshold is None


def test_explore_shows_frames_whatever_the_objects(seven_frames: Project) -> None:
    def script() -> None:
        import streamlit as st

        from components.state import read_state

        st.session_state["state"] = read_state(st.session_state["project"], st.session_state["page"])

    test = AppTest.from_function(script)
    test.session_state["project"] = seven_frames
    test.session_state["page"] = "Objects"
    test.run()
    assert test.session_state["state"].objects == ObjectQuery.of(seven_frames)
    test.query_params["outcome"] = "fp"
    test.query_params["conf"] = "0.3"
    test.run()
    assert test.session_state["state"].objects.outcomes == ("fp",)
    test.query_params.clear()
    test.session_state["page"] = "Explore"
    test.run()
    assert test.session_state["state"].objects is None
    assert test.session_state["state"].query.confidence == 0.3, "the operating point goes along"
