"""One arithmetic on every page, and an operating point that moves all of it: numbers, matrix, photos, outcomes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pandas as pd
import pytest

from predscope import Project, quick_project
from predscope.evaluation.confusion import Confusion
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.outcomes import frame_outcomes
from predscope.exploration.performance import Performance, performance
from tests.browser.pages import click_at_rest, wait_for_chips
from tests.conftest import ROOT

APP = ROOT / "app.py"
CONFIDENCE, IOU = 0.4, 0.5
SURER, NEARER = (0.95, 0.55), (0.41, 0.95)
"""Operating points far from the one at which the photo is opened."""
OUTCOMES = {"tp": "True positives", "fp": "False positives", "fn": "False negatives"}


class Screen:
    """The pages of an app, and what the tests read off them."""

    def __init__(self, page: Any, url: str, project: Project) -> None:
        self.page, self.url, self.project = page, url, project

    def figure(self, name: str) -> Any:
        return self.page.locator(f".figure[data-name='{name}']")

    def matrix_numbers(self, chart: str) -> list[str]:
        """What is written in the cells that hold something, as the chart has them."""
        traces = self.page.locator(f".st-key-{chart} .scatterlayer .trace")
        traces.last.locator(".point").first.wait_for(state="attached")
        return traces.nth(-2).locator("text").all_text_contents()

    def wait_for_matrix(self, chart: str, confusion: Confusion) -> None:
        """Until a matrix shows the counts of all classes that occur."""
        self.page.wait_for_function(
            """([chart, wanted]) => {
              const traces = document.querySelectorAll(`.st-key-${chart} .scatterlayer .trace`);
              const texts = traces.length > 1 ? traces[traces.length - 2].querySelectorAll('text') : [];
              return [...texts].map((text) => text.textContent).sort().join() === wanted;
            }""",
            arg=[chart, ",".join(sorted(f"{count:,}" for count in cells(confusion)))],
        )

    def click_cell(self, chart: str, place: int) -> None:
        click_at_rest(
            self.page, self.page.locator(f".st-key-{chart} .scatterlayer .trace").last.locator(".point").nth(place)
        )

    def step(self, slider: str, key: str) -> None:
        sliders = self.page.locator("[data-testid='stSidebar'] [data-testid='stSlider']", has_text=slider)
        sliders.get_by_role("slider").press(key)

    def wait_for_parameter(self, name: str, value: str | None) -> None:
        self.page.wait_for_function(
            "([name, value]) => new URLSearchParams(location.search).get(name) === value", arg=[name, value]
        )

    def wait_for_count(self, counter: str, pattern: str) -> None:
        self.page.locator(f".count[data-counter='{counter}']", has_text=re.compile(pattern)).first.wait_for()

    def objects_on_screen(self) -> list[str]:
        """The first objects of a page of crops, in order."""
        return self.page.locator(".tile .anchor").evaluate_all("nodes => nodes.map((node) => node.dataset.id)")

    def asked(self) -> ObjectSelection:
        """What the address asks for."""
        query = ObjectQuery.from_params(parse_qs(urlsplit(self.page.url).query), self.project)
        assert query is not None
        assert not query.ignored
        return select_objects(self.project, query)


def cells(confusion: Confusion) -> list[int]:
    """The counts of a matrix that are not zero."""
    counts = confusion.to_pandas().to_numpy()
    return [int(count) for count in counts[counts > 0]]


def wrong_pairs(confusion: Confusion) -> pd.DataFrame:
    """The counts of the classes that were taken for one another."""
    counts = confusion.to_pandas().iloc[:-1, :-1]
    return counts.where(~np.eye(len(counts), dtype=bool), 0)


@pytest.fixture(scope="module")
def photos(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """100 photographs, 273 labels and 452 predictions of 20 classes."""
    folder = shared_data / "voc2012_rodm100"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PREDSCOPE_CACHE", str(tmp_path_factory.mktemp("photos")))
        return quick_project(
            images=folder / "images",
            labels=folder / "gts/coco_format_v2/instances_v2.json",
            predictions={"model": folder / "dets/coco_format/coco_dets.json"},
        ).project


def test_a_confused_pair_is_one_false_positive_and_one_false_negative_everywhere(
    app_server: Callable[..., str], new_page: Callable[..., Any], photos: Project
) -> None:
    screen = Screen(new_page(), app_server(APP, environment={"PREDSCOPE_PROJECT": str(photos.path)}), photos)
    page = screen.page
    page.goto(f"{screen.url}/Performance?conf=0&by=bbox")
    for name, number in {"tp": "226", "fp": "226", "fn": "47"}.items():
        screen.figure(name).locator(".value", has_text=re.compile(f"^{number}$")).wait_for()
    assert screen.figure("fp").locator("a.note").inner_text() == "3 of them confused"

    # The matrix: every class that occurs and every confusion are seen without a click.
    confusion = performance(photos, FrameQuery.of(photos).with_(by="bbox"), "model").at(0.0, IOU).confusion
    counts, wrong = confusion.to_pandas(), wrong_pairs(confusion)
    assert (counts.iloc[-1].sum(), counts.iloc[:, -1].sum(), wrong.to_numpy().sum()) == (223, 44, 3)
    screen.wait_for_matrix("performance-confusion", confusion)
    chart = page.locator(".st-key-performance-confusion")
    names = {name for name in counts.index[:-1] if counts.loc[name].sum() + counts[name].sum()}
    for axis, title in (("x", "prediction"), ("y", "label")):
        ticks = chart.locator(f".{axis}tick text").all_text_contents()
        assert names <= {tick.split("<")[0].strip() for tick in ticks}, axis
        assert chart.locator(f".{axis}title").text_content().lower() == title

    # A cell opens its objects; chips say which; the address opens the same ones in a new tab.
    label, predicted = next(pair for pair, count in wrong.stack().items() if count == 1)
    page.goto(f"{screen.url}/Objects?set=model&conf=0&by=bbox&cell={label}~{predicted}")
    screen.wait_for_count("predictions", "^1 of 452")
    screen.wait_for_count("frames", r"\b1 of 100")
    screen.wait_for_count("selected", "^0 of 1 ")
    chips = [f"label: {label} × prediction: {predicted}", "any confidence", "compared by boxes", "Clear all"]
    wait_for_chips(page, *chips)
    other = Screen(new_page(), screen.url, photos)
    other.page.goto(page.url)
    other.wait_for_count("predictions", "^1 of 452")
    assert other.objects_on_screen() == screen.objects_on_screen() != []
    wait_for_chips(other.page, *chips)
    page.locator(".st-key-filter_chips button", has_text=f"label: {label}").first.click()
    page.locator(".st-key-filter_chips button", has_text=f"label: {label}").first.wait_for(state="detached")
    screen.wait_for_count("predictions", "^452 of 452")
    screen.wait_for_count("labels", "^47 of 273 labels missed")
    wait_for_chips(page, *chips[1:])
    page.go_back()
    screen.wait_for_count("predictions", "^1 of 452")


def test_the_operating_point_moves_numbers_matrix_photos_and_outcomes_together(
    app_server: Callable[..., str], page: Any, streets: Project
) -> None:
    screen = Screen(page, app_server(APP, environment={"PREDSCOPE_PROJECT": str(streets.path)}), streets)
    found = performance(streets, FrameQuery.of(streets), "model_a")
    page.goto(f"{screen.url}/Errors?conf={CONFIDENCE}&view=confusions")
    screen.wait_for_matrix("errors-confusion", found.at(CONFIDENCE, IOU).confusion)
    numbers = screen.matrix_numbers("errors-confusion")
    screen.click_cell("errors-confusion", len(numbers) - 1)
    page.wait_for_url(re.compile("cell="))
    for slider, parameter, confidence, iou in (
        ("Confidence", ("conf", "0.41"), 0.41, 0.5),
        ("IoU", ("iou", "0.55"), 0.41, 0.55),
    ):
        screen.step(slider, "ArrowRight")
        screen.wait_for_parameter(*parameter)
        point = found.at(confidence, iou)
        screen.wait_for_matrix("errors-confusion", point.confusion)
        selection = screen.asked()
        assert (selection.query.frames.confidence, selection.query.frames.iou) == (confidence, iou)
        counted = "predictions" if (selection.prediction_row >= 0).all() else "labels"
        screen.wait_for_count(counted, f"^{len(selection):,} ")
        assert page.locator(".tile").count() == min(len(selection), 60)
        assert_one_arithmetic(found, confidence, iou)

    # The photo shows the outcomes of the same point.
    here, surer, nearer = (frame_outcomes(streets, "model_a", *point) for point in ((0.41, 0.55), SURER, NEARER))
    changes = (here.tp != surer.tp) & (here.tp != nearer.tp)
    page.locator(".tile a").nth(int(changes[selection.frame_index].argmax())).click()
    page.wait_for_url(re.compile(r"/Frame\?"))
    (frame_id,) = parse_qs(urlsplit(page.url).query)["frame"]
    assert changes[streets.frame_index(frame_id)]
    for outcome, name in OUTCOMES.items():
        count = getattr(here, outcome)[streets.frame_index(frame_id)]
        entry = page.locator(f".legend-entry[data-name='{name}'] .count")
        entry.filter(has_text=re.compile(f"^{count}$")).wait_for()

    # So do the numbers of Performance, by the menu.
    page.get_by_role("link", name="Performance", exact=True).click()
    counts = found.at(0.41, 0.55).counts.micro
    for name in OUTCOMES:
        screen.figure(name).locator(".value", has_text=re.compile(f"^{getattr(counts, name):,}$")).wait_for()


def assert_one_arithmetic(found: Performance, confidence: float, iou: float) -> None:
    """Predictions that count are found or false; labels that count are found or missed; cells add up to them."""
    point = found.at(confidence, iou)
    counts, confusion = point.counts.micro, point.confusion.to_pandas()
    assert confusion.iloc[:-1, :-1].to_numpy().trace() == counts.tp
    assert confusion.iloc[:, :-1].to_numpy().sum() == counts.tp + counts.fp
    assert confusion.iloc[:-1].to_numpy().sum() == counts.tp + counts.fn
