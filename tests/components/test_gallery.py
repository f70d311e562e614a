"""What Explore hands to its components, and what it does with what comes back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from components.filter_rail import query_from_rail, rail_data
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.outcome_kinds import OUTCOME_WORDS
from predscope.project import Project

SHELL = Path(__file__).resolve().parents[2] / "components" / "shell.py"


@pytest.fixture
def explore(seven_frames: Project, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    """Explore, opened through the shell."""
    from components import session

    monkeypatch.setenv("PREDSCOPE_PROJECT", str(seven_frames.path))
    monkeypatch.setattr(session, "_open_project", None)
    app = AppTest.from_file(str(SHELL), default_timeout=20)
    app.run()
    app.switch_page("../pages/explore.py")
    return app


def shown(app: AppTest, component: str) -> dict[str, Any]:
    """The data of one of the page's components."""
    app.run()
    assert not app.exception
    (element,) = [entry for entry in app.get("bidi_component") if component in entry.proto.component_name]
    return json.loads(element.proto.json)


def test_the_gallery_shows_every_frame(explore: AppTest) -> None:
    data = shown(explore, "gallery")
    assert [tile["frame"] for tile in data["tiles"]] == [f"frame_{index}" for index in range(7)]
    assert data["counters"]["frames"] == [7, 7]
    assert data["counters"]["layers"] == [[21, 21], [21, 21]]
    assert [layer["key"] for layer in data["scene"]["layers"]] == ["labels", "p:model_a"]
    assert data["tiles"][3]["href"] == "/Frame?frame=frame_3"
    assert [len(tile["objects"]) for tile in data["tiles"]] == [0, 2, 4, 6, 8, 10, 12]


def test_a_link_selects_sorts_and_carries_on_in_the_tiles(explore: AppTest) -> None:
    explore.query_params["label"] = "dog"
    explore.query_params["conf"] = "0.3"
    explore.query_params["sort"] = "-predictions"
    data = shown(explore, "gallery")
    assert [tile["frame"] for tile in data["tiles"]] == ["frame_6", "frame_5", "frame_4", "frame_3"]
    assert [tile["badge"].split(", ")[0] for tile in data["tiles"]] == [
        "4 predictions",
        "3 predictions",
        "2 predictions",
        "1 prediction",
    ]
    assert data["counters"]["frames"] == [4, 7]
    assert data["counters"]["layers"] == [[18, 21], [10, 21]]
    assert data["tiles"][0]["href"] == "/Frame?conf=0.3&label=dog&sort=-predictions&frame=frame_6"
    assert [button.label for button in explore.button] == ["confidence ≥ \\.30", "label\\: dog", "Clear all"]


def test_outcomes_on_the_tiles_are_those_that_are_counted(explore: AppTest) -> None:
    explore.query_params["conf"] = "0.3"
    explore.query_params["kind"] = ["fn", "background"]
    data = shown(explore, "gallery")
    assert (data["has_outcomes"], data["evaluated"]) == (True, "p:model_a")
    counted = dict.fromkeys(OUTCOME_WORDS, 0)
    for tile in data["tiles"]:
        codes = [(entry[1], list(OUTCOME_WORDS)[(entry[5] >> 2) - 1]) for entry in tile["objects"]]
        missed, false = codes.count((0, "fn")), codes.count((1, "fp"))
        words = [f"{number} {word}" for number, word in ((missed, "missed"), (false, "false")) if number]
        assert tile["badge"] == ", ".join(words)
        assert missed or false
        for layer, outcome in codes:
            counted[outcome] += (layer, outcome) != (0, "tp")
    assert data["counters"]["outcomes"] == counted
    assert min(counted["fn"], counted["tp"]) > 0
    assert shown(explore, "filter_rail")["parameters"]["kind"] == ["fn", "background"]
    chips = [button.label for button in explore.button]
    assert chips[1:3] == ["with false negatives", "with false positives\\: nothing there"]


def test_a_chip_removes_its_filter(explore: AppTest) -> None:
    explore.query_params["label"] = ["dog", "car"]
    shown(explore, "gallery")
    next(button for button in explore.button if "dog" in button.label).click()
    assert len(shown(explore, "gallery")["tiles"]) == 6
    assert explore.query_params["label"] in ("car", ["car"])


def test_nothing_found_offers_what_to_remove(explore: AppTest) -> None:
    explore.query_params["label"] = "dog"
    explore.query_params["q"] = "frame_1"
    data = shown(explore, "gallery")
    assert data["tiles"] == []
    offers = [button.label for button in explore.button if "→" in button.label]
    assert offers == ["“frame\\_1” → 4 frames", "label\\: dog → 1 frame"]
    next(button for button in explore.button if button.label == offers[1]).click()
    assert [tile["frame"] for tile in shown(explore, "gallery")["tiles"]] == ["frame_1"]


def test_what_a_link_names_in_vain_is_said(explore: AppTest) -> None:
    explore.query_params["label"] = "zebra"
    assert len(shown(explore, "gallery")["tiles"]) == 7
    assert "zebra" in explore.warning[0].value


def test_the_rail_shows_what_is_on_screen(seven_frames: Project) -> None:
    query = FrameQuery.of(seven_frames).with_(label_classes=("dog",), confidence=0.5, sort="labels")
    data = rail_data(seven_frames, select_frames(seven_frames, query))
    assert data["parameters"] == {"conf": "0.5", "label": ["dog"]}
    rows = {row["name"]: row for row in data["classes"]}
    assert list(rows) == ["car", "person", "dog"], "most objects first"
    assert rows["dog"]["label"] == {"frames": 4, "objects": 5}
    assert rows["car"]["label"]["frames"] == 6
    assert [model["name"] for model in data["models"]] == ["model_a"]


def test_the_rail_asks_in_parameters_of_a_link(seven_frames: Project) -> None:
    query = FrameQuery.of(seven_frames).with_(sort="labels", descending=True, text="old")
    asked = query_from_rail(seven_frames, query, {"label": ["car"], "n_preds": "2..", "sort": "frame", "evil": "x"})
    assert asked == FrameQuery.of(seven_frames).with_(
        label_classes=("car",), prediction_count=(2, None), sort="labels", descending=True
    )
    assert query_from_rail(seven_frames, query, {"conf": ["oops", {}], "label": 7}).label_classes == ()
