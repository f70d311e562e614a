"""By metric in a real Chromium: what is picked in a chart stands beside it, as many objects as the number says."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

from predscope import Project
from predscope.exploration import FrameQuery
from predscope.exploration.metric_performance import (
    bins_of_metric,
    joined_range,
    map_of_metrics,
    performance_against,
    weak_slices,
)
from tests.conftest import ROOT

CONFIDENCE = 0.3
COUNTED = ".st-key-by_metric-gallery .count[data-counter='{}'] b"
DOOR = ".st-key-by_metric-doors-0 [data-door='{}']"


@pytest.fixture
def app(app_server: Callable[..., str], streets: Project) -> str:
    return app_server(ROOT / "app.py", environment={"PREDSCOPE_PROJECT": str(streets.path)})


@pytest.fixture
def query(streets: Project) -> FrameQuery:
    return FrameQuery.of(streets).with_(confidence=CONFIDENCE)


def wait_for_count(page: Any, counter: str, number: int) -> None:
    page.locator(COUNTED.format(counter), has_text=re.compile(f"^{re.escape(f'{number:,}')}$")).wait_for()


def wait_for_door(page: Any, name: str, text: str) -> None:
    page.locator(DOOR.format(name), has_text=re.compile(f"^{re.escape(text)}$")).wait_for()


def test_bins_are_picked_and_their_numbers_are_doors(app: str, streets: Project, query: FrameQuery, page: Any) -> None:
    page.goto(f"{app}/By_metric?conf={CONFIDENCE}&metric=area")
    bins = bins_of_metric(streets, query, ["model_a"], "area")
    found = performance_against(streets, query, "model_a", bins)
    assert found.labels is not None
    assert found.predictions is not None
    chart = page.locator(".st-key-by_metric-chart-area")
    target = chart.locator(".target[data-bin='1']")
    target.wait_for()
    assert f"{found.labels.right[1]:,} of {found.labels.total[1]:,} labels found" in target.get_attribute("aria-label")

    target.click(position={"x": 10, "y": 60})  # in the upper panel, that of recall
    wait_for_door(page, "missed", f"{found.labels.wrong[1]:,} missed")
    wait_for_count(page, "labels", found.labels.wrong[1])
    for door, counter, text, number in (
        ("right", "predictions", "right", found.predictions.right[1]),
        ("false", "predictions", "false", found.predictions.wrong[1]),
        ("labels", "labels", "labels", found.labels.total[1]),
    ):
        assert page.locator(DOOR.format(door)).inner_text() == f"{number:,} {text}"
        page.locator(DOOR.format(door)).click()
        wait_for_count(page, counter, number)

    # Dragging picks a range of bins, in the lower panel those of the predictions.
    first, last = (chart.locator(f".target[data-bin='{place}']").bounding_box() for place in (2, 5))
    height = first["y"] + first["height"] - 60
    page.mouse.move(first["x"] + 8, height)
    page.mouse.down()
    page.mouse.move(last["x"] + 8, height, steps=4)
    assert chart.locator(".picked").bounding_box()["width"] == pytest.approx(4 * first["width"], abs=2)
    page.mouse.up()
    wait_for_count(page, "predictions", found.predictions.wrong[2:6].sum())
    wait_for_door(page, "found", f"{found.labels.right[2:6].sum():,} found")
    assert joined_range(bins, 2, 5).to_param() in page.url.replace("%3A", ":").replace("%2C", ",")
    page.reload()
    wait_for_count(page, "predictions", found.predictions.wrong[2:6].sum())

    # The keyboard: the bins are buttons.
    target = chart.locator(".target[data-bin='0']")
    target.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    wait_for_door(page, "missed", f"{found.labels.wrong[1]:,} missed")

    # Another operating point is followed by all of it, and the bins stay.
    page.goto(f"{page.url.replace(f'conf={CONFIDENCE}', 'conf=0.8')}")
    moved = performance_against(streets, query.with_(confidence=0.8), "model_a", bins)
    assert moved.labels is not None
    wait_for_door(page, "missed", f"{moved.labels.wrong[1]:,} missed")


def test_metrics_that_matter_the_map_and_the_slices(app: str, streets: Project, query: FrameQuery, page: Any) -> None:
    page.goto(f"{app}/By_metric?conf={CONFIDENCE}&metric=area")
    page.locator(".st-key-by_metric-importance .row[data-name='area'][aria-current]").wait_for()
    page.locator(".st-key-by_metric-importance .row[data-name='time_of_day']").click()
    page.get_by_text("Recall is lower where time of day is night").wait_for()
    bins = bins_of_metric(streets, query, ["model_a"], "time_of_day")
    found = performance_against(streets, query, "model_a", bins)
    assert found.labels is not None
    night = [one.categories for one in bins.ranges].index(("night",))
    wait_for_count(page, "labels", found.labels.wrong[night])

    page.get_by_role("radio", name="Two metrics").click()
    page.wait_for_url(re.compile("view=map"))
    page.goto(f"{app}/By_metric?conf={CONFIDENCE}&view=map&metric=area&other=time_of_day")
    size = bins_of_metric(streets, query, ["model_a"], "area", count=8)
    cells = map_of_metrics(streets, query, "model_a", size, bins)
    assert cells.labels is not None
    cell = page.locator(f".st-key-by_metric-map-area-time_of_day [data-cell='2,{night}']")
    cell.click()
    page.locator(f"[data-cell='2,{night}'][aria-current]").wait_for()
    wait_for_count(page, "labels", (cells.labels.total - cells.labels.right)[2, night])

    page.get_by_role("radio", name="Weak slices").click()
    slices = weak_slices(streets, query, "model_a")
    rows = page.locator(".st-key-by_metric-slices .row")
    rows.first.wait_for()
    assert rows.count() == len(slices)
    for place in range(min(len(slices), 3)):
        one = slices[place]
        assert rows.nth(place).locator(".title").inner_text() == one.sentence
        rows.nth(place).click()
        wait_for_count(page, "labels" if one.role == "labels" else "predictions", one.count - one.right)
        name = one.role
        wait_for_door(page, name, f"{one.count:,} {name}")
    # A crop opens its frame, and Back returns to the slice.
    sentence = page.locator(".row[aria-current] .title").inner_text()
    page.locator(".st-key-by_metric-gallery .tile a").first.click()
    page.wait_for_url(re.compile("/Frame"))
    page.locator(".st-key-object_walk", has_text="1 of ").wait_for()
    page.go_back()
    page.wait_for_url(re.compile("/By_metric"))
    page.locator(".row[aria-current] .title", has_text=sentence).wait_for()
    wait_for_count(page, "labels" if one.role == "labels" else "predictions", one.count - one.right)
