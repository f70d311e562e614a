"""The Data page and the numbers of the Overview in a real Chromium: what a number says is what it opens."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from predscope import Project
from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.data_summary import distributions
from predscope.exploration.metric_lookup import FRAMES, Side
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.metrics import run_metrics
from tests.browser.pages import both_schemes, click_at_rest
from tests.conftest import ROOT

LABELS = Side("labels", "labels")


@pytest.fixture(scope="module")
def measured(streets: Project) -> Project:
    run_metrics(streets)
    return streets


@pytest.fixture
def app(app_server: Callable[..., str], measured: Project) -> str:
    return app_server(ROOT / "app.py", environment={"PREDSCOPE_PROJECT": str(measured.path)})


def whole(text: str) -> int:
    return int(re.match(r"[\d,]+", text)[0].replace(",", ""))  # type: ignore[index]


def test_outliers_and_bars_open_their_frames_and_labels(app: str, measured: Project, page: Any) -> None:
    page.goto(f"{app}/Data")
    row = page.locator(".distributions .row[data-name='sharpness']")
    row.wait_for()
    sharpness = next(
        entry for entry in distributions(measured, FRAMES, FrameQuery.of(measured)) if entry.metric.name == "sharpness"
    )
    assert sharpness.low is not None
    number = row.locator(".below a.all")
    assert whole(number.inner_text()) == sharpness.low.count
    number.click()
    page.wait_for_url(re.compile(r"/Explore\?.*m=sharpness"))
    page.locator("[data-counter='frames']", has_text=f"{sharpness.low.count} of 128").wait_for()
    assert page.locator(".tile").count() == sharpness.low.count
    page.go_back()
    page.wait_for_url(f"{app}/Data")  # one step, and nothing is left of where it led
    row.wait_for()

    page.get_by_role("radio", name="Labels", exact=True).click()
    page.wait_for_url(re.compile(r"of=labels"))
    bar = page.locator(".distributions .row[data-name='vertices'] svg a").last
    bar.wait_for()
    count = whole(bar.get_attribute("aria-label").rsplit(": ", 1)[1])
    bar.locator(".hit").click()
    page.wait_for_url(re.compile(r"range=vertices"))
    page.locator(f".count[data-counter='objects'] b:text-is('{count:,}')").wait_for()
    assert page.locator(".tile").count() == min(count, 60)
    tile = page.locator(".tile").nth(2)
    identity = tile.get_attribute("data-frame")
    tile.locator("a").click()
    page.wait_for_url(re.compile(r"/Frame\?"))
    assert parse_qs(urlsplit(page.url).query)["object"] == [identity]
    page.locator(f".pane .layer [data-id='{identity}']").first.wait_for(state="attached")
    page.go_back()
    page.wait_for_url(re.compile(r"/Data\?"))
    page.locator(f".tile[data-frame='{identity}']").wait_for()
    page.get_by_role("button", name="Back", exact=True).click()
    page.locator(".distributions .row[data-name='area']").wait_for()
    assert "range" not in page.url


def test_every_view_of_the_data_is_there(app: str, measured: Project, new_page: Callable[..., Any]) -> None:
    page = new_page(width=900, color_scheme="dark")
    page.goto(f"{app}/Data?of=labels")
    views = {
        "Distributions": ".distributions .row",
        "Image sizes": ".js-plotly-plot .scatterlayer path.point",
        "Classes": ".js-plotly-plot .barlayer path",
        "Duplicates": ".picture img",
        "Label quality": "a.line",
        "Drift": "[data-testid='stDataFrame']",
    }
    for name, selector in views.items():
        page.get_by_role("radio", name=name, exact=True).click()
        page.locator(selector).first.wait_for()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{name} fits"
        if name == "Distributions":
            rows = page.locator(".distributions")
            assert rows.evaluate("node => node.scrollWidth <= node.clientWidth"), "no number is cut off"
            for _ in both_schemes(page, "dark"):
                assert rows.locator(".bar").first.is_visible()
    page.get_by_role("radio", name="Label quality", exact=True).click()
    line = page.locator("a.line[data-name='border']")
    count = whole(line.locator("b").inner_text())
    line.click()
    page.wait_for_url(re.compile("range=truncated"))
    page.locator(f".count[data-counter='objects'] b:text-is('{count:,}')").wait_for()


def test_the_overview_says_how_good_and_where_not(app: str, measured: Project, page: Any) -> None:
    page.goto(app)
    page.locator(".tile img").first.wait_for()
    for name in ("model_a", "model_b"):
        page.get_by_text(name, exact=True).first.wait_for()
    missed = page.locator("[data-name='fn'] a.value").first
    missed.wait_for()
    line = page.locator("a.line[data-name='slice_0']").first
    line.wait_for()
    assert "night" in line.inner_text(), "the planted weakness of model_a comes first"
    count = whole(line.locator("b").inner_text())
    line.click()
    page.wait_for_url(re.compile(r"/Objects\?"))
    query = ObjectQuery.from_params(parse_qs(urlsplit(page.url).query), measured)
    assert query is not None
    assert len(select_objects(measured, query)) == count
    page.locator(f".count[data-counter='labels'] b:text-is('{count:,}')").wait_for()
    page.go_back()
    page.wait_for_url(f"{app}/")
    line.wait_for()
    click_at_rest(page, missed)
    page.wait_for_url(re.compile(r"/Objects\?.*outcome=fn"))
    page.locator(".count[data-counter='labels']").wait_for()
    page.go_back()
    page.wait_for_url(f"{app}/")
    bar = page.locator(".st-key-overview-class_balance .barlayer .point path").first
    bar.wait_for()
    click_at_rest(page, bar)
    page.wait_for_url(re.compile(r"/Explore\?.*(label|pred)="))
    page.locator("[data-counter='frames']").wait_for()
    page.go_back()
    page.wait_for_url(f"{app}/")
    picture = page.locator(".picture").first
    worst = select_frames(measured, FrameQuery.of(measured).with_(prediction_sets=("model_a",), sort="f1"))
    frame = measured.frames["frame_id"].iloc[int(worst.indices[0])]
    picture.wait_for()
    assert picture.get_attribute("data-frame") == frame
    picture.click()
    page.wait_for_url(re.compile(rf"/Frame\?.*frame={frame}"))
