"""Errors and the doors of Performance in a real Chromium: as many objects as the mark says, beside the chart."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from components.errors.views import costliest, largest_cell
from predscope import Project
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import ObjectSelection, select_objects
from predscope.exploration.performance import Performance, performance
from tests.browser.pages import click_at_rest
from tests.conftest import ROOT

CONFIDENCE, IOU = 0.4, 0.5
MATRIX = ".st-key-errors-confusion"
COUNTED = ".st-key-errors-gallery .count[data-counter='{}'] b"


@pytest.fixture
def app(app_server: Callable[..., str], streets: Project) -> str:
    return app_server(ROOT / "app.py", environment={"PREDSCOPE_PROJECT": str(streets.path)})


@pytest.fixture
def found(streets: Project) -> Performance:
    return performance(streets, FrameQuery.of(streets), "model_a")


def asked(page: Any, project: Project) -> ObjectSelection:
    """What the address asks for."""
    query = ObjectQuery.from_params(parse_qs(urlsplit(page.url).query), project)
    assert query is not None
    assert not query.ignored
    return select_objects(project, query)


def wait_for_count(page: Any, counter: str, text: str) -> None:
    page.locator(COUNTED.format(counter), has_text=re.compile(f"^{re.escape(text)}$")).wait_for()


def test_a_bar_opens_its_objects_beside_it_and_back_keeps_the_place(
    app: str, streets: Project, found: Performance, page: Any
) -> None:
    page.goto(f"{app}/Errors?conf={CONFIDENCE}")
    tide = found.errors(CONFIDENCE, IOU)
    worst = costliest(tide)
    page.locator(f".row[data-name='{worst}'][aria-current]").wait_for()
    wait_for_count(page, "labels" if worst == "miss" else "predictions", f"{tide.counts[worst.capitalize()]:,}")
    for name, counter in (("bkg", "predictions"), ("dupe", "predictions"), ("fn", "labels")):
        row = page.locator(f".row[data-name='{name}']")
        number = row.locator(".number").last.inner_text()
        row.click()
        page.locator(f".row[data-name='{name}'][aria-current]").wait_for()
        wait_for_count(page, counter, number)
        selection = asked(page, streets)
        assert f"{len(selection):,}" == number
        assert page.locator(".tile").count() == min(len(selection), 60)
    tile = page.locator(".tile").nth(30)
    tile.scroll_into_view_if_needed()
    chart = page.locator(".row[data-name='fn']")
    assert chart.bounding_box()["y"] > 0, "the chart stays in view while the photos scroll"
    scrolled = page.locator(".stMain").evaluate("main => main.scrollTop")
    assert scrolled > 100
    page.wait_for_function("before => sessionStorage.length > before", arg=0)
    tile.locator("a").click()
    page.wait_for_url(re.compile(r"/Frame\?"))
    assert asked(page, streets).query.outcomes == ("fn",)
    page.locator(".st-key-object_walk", has_text=f"31 of {len(selection)}").wait_for()
    page.get_by_role("button", name="Next", exact=True).click()
    page.locator(".st-key-object_walk", has_text=f"32 of {len(selection)}").wait_for()
    page.go_back()
    page.go_back()
    page.wait_for_url(re.compile(r"/Errors\?"))
    page.locator(".row[data-name='fn'][aria-current]").wait_for()
    page.wait_for_function(
        "before => Math.abs(document.querySelector('.stMain').scrollTop - before) < 60", arg=scrolled
    )


def open_cell(page: Any, mark: Any, address: str) -> None:
    """Click a cell until the address speaks of it: while the chart is drawn anew, plotly loses clicks."""
    for attempt in range(60):
        if attempt % 20 == 0:
            click_at_rest(page, mark)
        if address in page.url:
            return
        page.wait_for_timeout(250)
    raise AssertionError(f"no click opened {address}: {page.url}")


def test_the_matrix_stands_beside_its_photos_after_one_click(
    app: str, streets: Project, found: Performance, page: Any
) -> None:
    page.goto(f"{app}/Errors?conf={CONFIDENCE}")
    page.locator(".tile").first.wait_for()
    page.get_by_text("Confusions", exact=True).click()
    confusion = found.at(CONFIDENCE, IOU).confusion
    counts, cell = confusion.to_pandas(), largest_cell(confusion)
    wait_for_count(page, "predictions", f"{counts.loc[cell['label_class'], cell['predicted_class']]:,}")
    marks = page.locator(f"{MATRIX} .scatterlayer .trace").last.locator(".point")
    marks.first.wait_for(state="attached")
    matrix, photo = page.locator(f"{MATRIX} .main-svg").first.bounding_box(), page.locator(".tile").first.bounding_box()
    assert matrix["x"] + matrix["width"] <= photo["x"]
    assert max(matrix["y"], photo["y"]) < 500
    texts = page.locator(f"{MATRIX} .scatterlayer .trace").nth(-2).locator("text")
    numbers = [texts.nth(place).text_content() for place in range(texts.count())]
    for place in (0, len(numbers) - 1):
        open_cell(page, marks.nth(place), "cell=" if place == 0 else "cell=background")
        selection = asked(page, streets)
        assert f"{len(selection):,}" == numbers[place]
        page.locator(
            ".st-key-errors-gallery .count b", has_text=re.compile(f"^{re.escape(numbers[place])}$")
        ).first.wait_for()


def test_the_operating_point_is_dragged(app: str, streets: Project, found: Performance, page: Any) -> None:
    sent: list[str] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda _: sent.append("message")))
    page.goto(f"{app}/Performance?conf={CONFIDENCE}")
    handle = page.get_by_role("slider", name="Confidence threshold")
    handle.scroll_into_view_if_needed()
    page.locator(".st-key-explain_calibration").wait_for()
    grip = page.locator(".handle .grip")
    box = grip.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    before, spoken = len(sent), set()
    for step in range(1, 9):
        page.mouse.move(x + 12 * step, y - 3 * step)
        spoken.add(handle.get_attribute("aria-valuetext"))
    assert len(spoken) == 8, "the rates are read out at every step"
    assert len(sent) == before, "and nothing is asked of the server"
    confidence = float(handle.get_attribute("aria-valuenow"))
    assert confidence > CONFIDENCE
    page.mouse.up()
    page.wait_for_url(re.compile(f"conf={confidence:g}(&|$)"))
    counts = found.at(confidence, IOU).counts.micro
    page.locator(".figure[data-name='fp'] .value", has_text=re.compile(f"^{counts.fp:,}$")).wait_for()
    said = re.findall(r"(precision|recall|F1) (\S+?)(?:,|$)", handle.get_attribute("aria-valuetext"))
    shown = {name: page.locator(f".figure[data-name='{name.lower()}'] .value").inner_text() for name, _ in said}
    assert {name: float(value) for name, value in said} == pytest.approx(
        {name: float(value) for name, value in shown.items()}, abs=0.0101
    ), "what was read out between two of the 200 points is what the page then says"
    handle.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    page.wait_for_url(re.compile(f"conf={round(confidence - 0.11, 2):g}(&|$)"))
    fewer = found.at(round(confidence - 0.11, 2), IOU).counts.micro
    page.locator(".figure[data-name='fp'] .value", has_text=re.compile(f"^{fewer.fp:,}$")).wait_for()
    page.go_back()
    page.locator(".figure[data-name='fp'] .value", has_text=re.compile(f"^{counts.fp:,}$")).wait_for()
    page.locator(f".handle[aria-valuenow='{confidence:g}']").wait_for(state="attached")


def test_confused_pairs_and_bins_of_confidences_are_doors(
    app: str, streets: Project, found: Performance, page: Any
) -> None:
    page.goto(f"{app}/Performance?conf={CONFIDENCE}")
    note = page.locator(".figure[data-name='fp'] a.note")
    confused = found.at(CONFIDENCE, IOU).confused
    assert note.inner_text() == f"{confused:,} of them confused"
    note.click()
    page.wait_for_url(re.compile(r"/Objects\?.*confused=1"))
    assert len(asked(page, streets)) == confused
    page.locator(".tile").first.wait_for()
    page.go_back()
    chart = ".st-key-performance-calibration"
    page.locator(chart).scroll_into_view_if_needed()
    bars = page.locator(f"{chart} .barlayer .trace")
    bars.last.locator(".point path").first.wait_for(state="attached")
    bins = found.calibration(IOU)
    smallest = int(bins.count.argmin())
    bar = bars.last.locator(".point path").nth(smallest)
    page.locator(f"{chart} .plot-container").scroll_into_view_if_needed()
    box = bar.bounding_box()
    assert box["height"] > 40, "a bin of few predictions is as easy to hit as one of many"
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 12)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + 12)
    page.wait_for_url(re.compile(r"/Objects\?.*score="))
    selection = asked(page, streets)
    assert len(selection) == bins.count[smallest]
    page.locator(".count[data-counter='predictions'] b", has_text=re.compile(f"^{len(selection)}$")).wait_for()


@pytest.mark.parametrize(("width", "color_scheme", "view"), [(1400, "dark", "outcomes"), (900, "light", "confusions")])
def test_nothing_is_wider_than_the_page(
    app: str, new_page: Callable[..., Any], width: int, color_scheme: str, view: str
) -> None:
    page = new_page(width=width, color_scheme=color_scheme)
    page.goto(f"{app}/Errors?conf={CONFIDENCE}&view={view}")
    page.locator(".tile").first.wait_for()
    assert page.evaluate("() => { const main = document.querySelector('.stMain');"
                         " return main.scrollWidth - main.clientWidth }") <= 1  # fmt: skip
