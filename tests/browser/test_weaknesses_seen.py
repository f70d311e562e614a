"""The weaknesses planted in the sample data are found by looking: in Explore, in Objects, on Performance."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.project import Project
from tests.conftest import SAMPLE_DATA

APP = Path(__file__).resolve().parents[2] / "app.py"


@pytest.fixture(scope="module")
def planted() -> dict[str, dict[str, Any]]:
    """What was planted, by its key."""
    content = json.loads((SAMPLE_DATA / "weaknesses.json").read_text(encoding="utf-8"))
    return {weakness["key"]: weakness for weakness in content["weaknesses"]}


class Screen:
    """The pages, and the numbers that stand on them."""

    def __init__(self, page: Any, url: str, project: Project) -> None:
        self.page, self.url, self.project = page, url, project

    def count(self, counter: str, wanted: int) -> None:
        """Waits until the counter's first number is the one wanted."""
        entry = self.page.locator(f"[data-counter='{counter}']").first
        entry.filter(has_text=re.compile(rf"^(in )?{wanted:,} of ")).wait_for()

    def objects(self, **parameters: str) -> tuple[int, int]:
        """Opens Objects: how many objects it says there are, and in how many frames; the library says the same."""
        query = ObjectQuery.from_params(parameters, self.project)
        selection = select_objects(self.project, query)
        counters = selection.counters
        self.page.goto(f"{self.url}/Objects?{urlencode(parameters)}")
        self.page.locator(".tile, .st-key-nothing_found").first.wait_for()
        if len(selection):
            self.count("labels" if counters.labels.shown else "predictions", len(selection))
            self.count("frames", counters.frames.shown)
            self.page.locator(".tile").nth(min(len(selection), 60) - 1).wait_for(state="attached")
            assert self.page.locator(".tile").count() == min(len(selection), 60)
        return len(selection), counters.frames.shown

    def frames(self, **parameters: str) -> int:
        """Opens Explore: how many frames it says there are; the library says the same."""
        selection = select_frames(self.project, FrameQuery.from_params(parameters, self.project))
        self.page.goto(f"{self.url}/Explore?{urlencode(parameters)}")
        self.count("frames", len(selection))
        return len(selection)

    def badges(self) -> list[str]:
        return list(self.page.locator(".tile .badge").all_inner_texts())


@pytest.fixture
def screen(app_server: Callable[..., str], page: Any, streets: Project) -> Screen:
    return Screen(page, app_server(APP, environment={"PREDSCOPE_PROJECT": str(streets.path)}), streets)


def test_small_people_and_cars_are_missed_at_night(screen: Screen, planted: dict[str, dict[str, Any]]) -> None:
    weakness = planted["small_at_night"]
    night = "time_of_day:night"
    screen.page.goto(f"{screen.url}/Explore?model=model_a&sort=-missed")
    screen.page.locator(".badge", has_text="17 missed").wait_for()
    names = screen.page.locator(".tile .name").all_inner_texts()[:12]
    frames = screen.project.frames.set_index("file_name")
    times = [json.loads(frames.loc[name, "attributes"] or "{}").get("time_of_day") for name in names]
    assert times.count("night") >= 11, "sorted by missed labels, the night comes first"
    assert screen.frames(model="model_a", meta=night, kind="fn") == weakness["frames"]
    missed = [
        screen.objects(set="model_a", outcome="fn", meta=night, osort="size", **{"class": name})[0]
        for name in weakness["where"]["classes"]
    ]
    planted_misses = weakness["labels"] - weakness["found_labels"]
    assert planted_misses <= sum(missed) <= 1.2 * planted_misses
    other, _ = screen.objects(set="model_b", outcome="fn", meta=night, **{"class": "person"})
    assert other < missed[0] / 2, "it is a weakness of this model"


def test_buses_and_trucks_are_confused(screen: Screen, planted: dict[str, dict[str, Any]]) -> None:
    pairs = [screen.objects(set="model_a", cell=cell)[0] for cell in ("bus~truck", "truck~bus")]
    assert sum(pairs) == planted["bus_or_truck"]["predictions"]
    captions = screen.page.locator(".caption").all_inner_texts()
    assert all("bus" in caption and "another class, truck" in caption for caption in captions)
    assert screen.objects(set="model_b", cell="bus~truck") == (0, 0)
    screen.page.goto(f"{screen.url}/Performance?model=model_a")
    main = screen.page.locator("[data-testid='stMain']")
    main.get_by_text(re.compile(r"bus.*truck|truck.*bus")).first.wait_for()


def test_bicycles_are_found_twice(screen: Screen, planted: dict[str, dict[str, Any]]) -> None:
    weakness = planted["duplicate_bicycles"]
    count, frames = screen.objects(set="model_a", outcome="fp", reason="duplicate", **{"class": "bicycle"})
    assert count == pytest.approx(weakness["predictions"], abs=2)
    assert frames == pytest.approx(weakness["frames"], abs=2)
    assert screen.page.locator(".caption").first.inner_text().startswith("False positive: bicycle")
    assert screen.frames(model="model_a", kind="duplicate", pred="bicycle") == frames
    assert screen.frames(model="model_b", kind="duplicate") < frames / 4


def test_traffic_lights_are_misplaced(screen: Screen, planted: dict[str, dict[str, Any]]) -> None:
    weakness = planted["shifted_traffic_lights"]
    count, frames = screen.objects(set="model_b", outcome="fp", reason="localisation", **{"class": "traffic light"})
    assert 0.9 * weakness["predictions"] <= count <= weakness["predictions"]
    assert frames == weakness["frames"]
    captions = screen.page.locator(".caption").all_inner_texts()
    overlaps = [float(match[1]) for caption in captions if (match := re.search(r"IoU (\.\d+) with", caption))]
    assert 0.3 < sum(overlaps) / len(overlaps) < 0.5
    assert screen.frames(model="model_b", kind="localisation", pred="traffic light") == frames


def test_one_model_is_sure_of_everything(screen: Screen, planted: dict[str, dict[str, Any]]) -> None:
    sure = {name: screen.objects(set=name, outcome="fp", score=".9..")[0] for name in ("model_a", "model_b")}
    assert sure["model_b"] == screen.objects(set="model_b", outcome="fp")[0], "it invents nothing with less confidence"
    assert sure["model_b"] >= planted["overconfident"]["predictions"] > 5 * sure["model_a"]


def test_dogs_are_seen_on_wet_roads(screen: Screen, planted: dict[str, dict[str, Any]]) -> None:
    weakness = planted["dogs_in_rain"]
    rain = {"meta": "weather:rain", "class": "dog", "outcome": "fp"}
    count, frames = screen.objects(set="model_b", **rain)
    assert weakness["predictions"] <= count <= 1.2 * weakness["predictions"]
    assert frames == weakness["frames"]
    assert screen.objects(set="model_a", **rain)[0] < count / 5
    badge = screen.frames(model="model_b", meta="weather:rain", kind="background", pred="dog", sort="-false")
    assert badge <= frames
    assert re.fullmatch(r"(\d+ missed, )?\d+ false", screen.badges()[0])
