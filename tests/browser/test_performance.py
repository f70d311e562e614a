"""The Performance page in a browser: every number is a door, and the operating point moves everything at once."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
import yaml

from components.performance.per_class import objects_of_cell
from predscope import Project
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.performance import Performance, performance
from tests.browser.pages import both_schemes, box_at_rest, click_at_rest
from tests.conftest import ROOT

APP = ROOT / "app.py"
CONFIDENCE, IOU = 0.4, 0.5
ADDRESS = f"Performance?conf={CONFIDENCE}"
MATRIX, PRECISION_RECALL = (f".st-key-performance-{name}" for name in ("confusion", "precision_recall"))


@pytest.fixture
def app(app_server: Callable[..., str], streets: Project) -> str:
    return app_server(APP, environment={"PREDSCOPE_PROJECT": str(streets.path)})


@pytest.fixture
def found(streets: Project) -> Performance:
    return performance(streets, FrameQuery.of(streets), "model_a")


def value(page: Any, name: str) -> str:
    return page.locator(f".figure[data-name='{name}'] .value").inner_text()


def wait_for_value(page: Any, name: str, text: str) -> None:
    page.locator(f".figure[data-name='{name}'] .value", has_text=re.compile(f"^{re.escape(text)}$")).wait_for()


def parameters(url: str) -> dict[str, list[str]]:
    return parse_qs(urlsplit(url).query)


def opened(page: Any, project: Project) -> ObjectQuery:
    """What the page of objects was asked for, once it is on screen."""
    page.wait_for_url(re.compile(r"/Objects\?"))
    query = ObjectQuery.from_params(parameters(page.url), project)
    assert query is not None
    assert not query.ignored
    assert not query.frames.ignored
    return query


def click_point(page: Any, chart: str, trace: int, point: int) -> None:
    """Click a mark of a chart, by the place of its trace and its own place in that."""
    layer = page.locator(f"{chart} .scatterlayer .trace").nth(trace)
    layer.locator(".point").first.wait_for(state="attached")
    click_at_rest(page, layer.locator(".point").nth(point))


def last_trace(page: Any, chart: str) -> int:
    page.locator(f"{chart} .scatterlayer .trace").last.wait_for(state="attached")
    return page.locator(f"{chart} .scatterlayer .trace").count() - 1


def test_a_count_opens_as_many_objects(app: str, streets: Project, found: Performance, page: Any) -> None:
    page.goto(f"{app}/{ADDRESS}")
    for outcome in ("tp", "fp", "fn"):
        figure = page.locator(f".figure[data-name='{outcome}'] a.value")
        figure.wait_for()
        number = int(value(page, outcome).replace(",", ""))
        assert number == getattr(found.at(CONFIDENCE, IOU).counts.micro, outcome)
        link = figure.get_attribute("href")
        figure.click()
        query = opened(page, streets)
        assert query.outcomes == (outcome,)
        assert len(select_objects(streets, query)) == number
        assert ObjectQuery.from_params(parameters(link), streets) == query, "a new tab opens the same"
        page.go_back()


def test_a_cell_of_the_matrix_opens_exactly_its_objects(
    app: str, streets: Project, found: Performance, page: Any
) -> None:
    start = f"{app}/{ADDRESS}&order=name"
    page.goto(start)
    confusion = found.at(CONFIDENCE, IOU).confusion
    trace = last_trace(page, MATRIX)
    texts = page.locator(f"{MATRIX} .scatterlayer .trace").nth(trace - 1).locator("text")
    numbers = [int(texts.nth(place).text_content().replace(",", "")) for place in range(texts.count())]
    cells = page.locator(f"{MATRIX} .scatterlayer .trace").nth(trace).locator(".point")
    assert cells.count() == len(numbers)
    matrix = confusion.to_pandas()
    assert sorted(numbers) == sorted(matrix.to_numpy()[matrix.to_numpy() > 0].tolist())
    background = len(confusion.classes)
    ids = {entry.name: entry.class_id for entry in confusion.classes} | {"background": background}
    seen = set()
    for place in (0, 1, numbers.index(min(numbers)), len(numbers) - 1):
        if seen:
            page.locator(".tile").first.wait_for()
            page.go_back()
            page.wait_for_url(start)  # one step, and nothing of the address is lost
        click_point(page, MATRIX, last_trace(page, MATRIX), place)
        query = opened(page, streets)
        selection = select_objects(streets, query)
        assert len(selection) == numbers[place]
        predictions, labels = confusion.cell(ids[query.label_class], ids[query.predicted_class])
        if ids[query.predicted_class] < background:
            assert sorted(selection.prediction_row) == sorted(predictions)
        if ids[query.label_class] < background:
            assert sorted(selection.label_row) == sorted(labels)
        seen.add((query.label_class, query.predicted_class))
    assert len(seen) >= 3, "different cells open different objects"


def test_cells_of_a_matching_by_place_open_exactly_their_objects(
    app: str, streets: Project, found: Performance, page: Any
) -> None:
    confusion, within = found.at(CONFIDENCE, 0.3, by_place=True).confusion, found.at(CONFIDENCE, 0.3).confusion
    differs = np.argwhere(confusion.counts != within.counts)
    assert len(differs)
    page.goto(f"{app}/{ADDRESS}&iou=0.3&order=name")
    page.get_by_text("Matched by place alone", exact=True).click()
    page.wait_for_url(re.compile("matching=place"))
    start = page.url
    names = [*(entry.name for entry in confusion.classes), "background"]
    shown = sorted(range(len(names) - 1), key=lambda place: names[place].casefold())
    order = [*(place for place in shown if within.counts[place].any() or within.counts[:, place].any()), len(names) - 1]
    numbers = confusion.counts[np.ix_(order, order)]
    expected = [f"{number:,}" for number in numbers[numbers > 0]]
    page.wait_for_function(
        """([chart, expected]) => {
          const traces = [...document.querySelectorAll(`${chart} .scatterlayer .trace`)];
          const texts = [...(traces.at(-2)?.querySelectorAll('text') ?? [])].map((node) => node.textContent);
          return JSON.stringify(texts) === JSON.stringify(expected);
        }""",
        arg=[MATRIX, expected],
    )
    cells = [(order[row], order[column]) for row, column in np.argwhere(numbers)]
    row, column = next(cell for cell in cells if list(cell) in differs.tolist())
    click_point(page, MATRIX, last_trace(page, MATRIX), cells.index((row, column)))
    query = opened(page, streets)
    assert (query.label_class, query.predicted_class, query.by_place) == (names[row], names[column], True)
    count = int(confusion.counts[row, column])
    assert len(select_objects(streets, query)) == count
    page.locator(".tile").first.wait_for()
    assert page.locator(".tile").count() == min(count, 60)
    page.locator(".st-key-filter_chips button", has_text="matched by place alone").first.wait_for()
    page.locator(".tile a.open").first.click()
    page.wait_for_url(re.compile(r"/Frame\?.*match=place"))
    page.locator(".viewer-host img").first.wait_for()
    page.goto(start)
    page.get_by_text("Matched within classes first", exact=True).click()
    page.wait_for_url(lambda url: "matching" not in url)


def test_a_row_of_the_table_opens_its_class(app: str, streets: Project, found: Performance, page: Any) -> None:
    page.goto(f"{app}/{ADDRESS}")
    table = page.locator(".st-key-performance-per_class [data-testid='stDataFrame'] canvas").first
    box = box_at_rest(page, table)
    page.mouse.click(box["x"] + 0.56 * box["width"], box["y"] + 50)
    query = opened(page, streets)
    rows = found.per_class(CONFIDENCE, IOU).sort_values("labels", ascending=False, kind="stable")
    first = rows.iloc[0]
    everything = ObjectQuery(query.frames, "model_a")
    columns = ("tp", "fp", "fn", "labels", "predictions")
    numbers = {objects_of_cell(first["name"], column, everything): first[column] for column in columns}
    whole_class = objects_of_cell(first["name"], "name", everything)
    assert query in {*numbers, whole_class}
    page.go_back()
    page.locator(".st-key-performance-per_class [data-testid='stDataFrame'] canvas").first.wait_for()
    page.wait_for_timeout(1000)
    assert "/Performance?" in page.url, "coming back opens nothing again"
    assert len(select_objects(streets, query)) == numbers.get(query, len(select_objects(streets, whole_class)))


def test_a_click_on_a_curve_moves_the_operating_point(app: str, found: Performance, page: Any) -> None:
    chart = PRECISION_RECALL
    page.goto(f"{app}/{ADDRESS}")
    page.locator(f"{chart} .scatterlayer .trace").first.wait_for(state="attached")
    with_points = page.locator(f"{chart} .scatterlayer .trace").filter(has=page.locator(".point"))
    count = with_points.first.locator(".point").count()
    click_at_rest(page, with_points.first.locator(".point").nth(count // 2))
    page.wait_for_function("before => new URLSearchParams(location.search).get('conf') !== before", arg=str(CONFIDENCE))
    confidence = float(parameters(page.url).get("conf", ["0.1"])[0])
    assert confidence != CONFIDENCE
    counts = found.at(confidence, IOU).counts.micro
    wait_for_value(page, "fp", f"{counts.fp:,}")
    assert value(page, "tp") == f"{counts.tp:,}"
    page.go_back()
    wait_for_value(page, "fp", f"{found.at(CONFIDENCE, IOU).counts.micro.fp:,}")


def test_each_group_says_how_it_is_computed_and_the_thresholds_of_all_classes_are_a_file(app: str, page: Any) -> None:
    page.goto(f"{app}/{ADDRESS}")
    page.locator(".figure[data-name='tp']").wait_for()
    buttons = page.get_by_role("button", name="How is this computed?")
    page.locator(".st-key-explain_calibration").wait_for()
    assert buttons.count() == 7
    buttons.first.click()
    assert "TP / (TP + FP)" in page.locator("[data-testid='stPopoverBody']").inner_text()
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("button", name="Thresholds of all classes").click()
    content = yaml.safe_load(download.value.path().read_text(encoding="utf-8"))
    assert download.value.suggested_filename == "thresholds-model_a.yaml"
    assert content["iou_threshold"] == IOU
    assert {"car", "person", "dog"} <= set(content["classes"])


def test_the_sliders_move_every_number(app: str, found: Performance, page: Any) -> None:
    page.goto(f"{app}/{ADDRESS}")
    page.locator(".figure[data-name='tp']").wait_for()
    thumbs = page.locator("[data-testid='stSidebar'] input[type='range']")
    thumbs.first.focus()
    for step in (1, 2):
        page.keyboard.press("ArrowRight")
        page.wait_for_url(re.compile(f"conf=0.4{step}"))
        wait_for_value(page, "fp", f"{found.at(CONFIDENCE + step / 100, IOU).counts.micro.fp:,}")
    thumbs.nth(1).focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile(r"iou=0\.55"))
    counts = found.at(0.42, 0.55).counts.micro
    wait_for_value(page, "fn", f"{counts.fn:,}")
    assert value(page, "fp") == f"{counts.fp:,}"
    page.reload()
    wait_for_value(page, "fn", f"{counts.fn:,}")
    assert float(thumbs.first.input_value()) == 0.42


def test_another_model_has_other_numbers(app: str, streets: Project, page: Any) -> None:
    page.goto(f"{app}/{ADDRESS}")
    page.locator(".figure[data-name='tp']").wait_for()
    page.locator("[data-testid='stSidebar'] label", has_text="model_b").click()
    page.wait_for_url(re.compile("model=model_b"))
    other = performance(streets, FrameQuery.of(streets), "model_b").at(CONFIDENCE, IOU).counts.micro
    wait_for_value(page, "tp", f"{other.tp:,}")
    assert page.get_by_role("heading", name="model_b against labels").count() == 1


def test_nothing_is_wider_than_the_page(app: str, new_page: Callable[..., Any]) -> None:
    page = new_page(width=900, color_scheme="dark")
    page.goto(f"{app}/{ADDRESS}&curve=car&curve=bus")
    page.locator(f"{PRECISION_RECALL} .scatterlayer .trace").first.wait_for(state="attached")
    page.locator(".st-key-explain_calibration").wait_for()
    for scheme in both_schemes(page, "dark"):
        too_wide = page.locator(".stMain").evaluate("main => main.scrollWidth - main.clientWidth")
        assert too_wide <= 1, scheme
