"""Performance in a browser where the data is not boxes: classes of whole frames, and a class for every pixel."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest

from predscope.exploration import FrameQuery
from predscope.exploration.classification_performance import classification_performance
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.semantic_performance import PixelQuery, rank_frames, semantic_performance
from predscope.importing import import_labels, import_predictions
from predscope.project import Project
from tests.browser.pages import box_at_rest
from tests.classification_dataset import write_classification
from tests.conftest import ROOT
from tests.semantic_dataset import write_semantic

APP = ROOT / "app.py"


def imported(folder: Path, images: Path, labels: Path, predictions: Path) -> Project:
    made = import_labels(Project.create(folder / "project", images=images), labels).project
    return import_predictions(made, predictions, name="model").project


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("frames")
    files = write_classification(folder)
    return imported(folder, files.images, files.images, files.predictions)


@pytest.fixture(scope="module")
def pixels(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("pixels")
    files = write_semantic(folder, frames=30)
    return imported(folder, files.images, files.labels, files.predictions)


@pytest.fixture
def opened(app_server: Callable[..., str], page: Any) -> Callable[[Project, str], Any]:
    """Performance of a project, with some parameters."""

    def open_page(project: Project, parameters: str = "") -> Any:
        address = app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path)})
        page.goto(f"{address}/Performance{parameters}")
        return page

    return open_page


def parameters(page: Any) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def value(page: Any, name: str) -> str:
    return page.locator(f".figure[data-name='{name}'] .value").inner_text()


def click_cell(page: Any, chart: str, words: str) -> None:
    """Click the cell of a matrix whose number is this; the marks over the cells come in the order of the numbers."""
    traces = page.locator(f"{chart} .scatterlayer .trace")
    traces.last.locator(".point").first.wait_for(state="attached")
    numbers = traces.nth(traces.count() - 2).locator("text").all_text_contents()
    mark = traces.last.locator(".point").nth(numbers.index(words))
    mark.scroll_into_view_if_needed()
    page.wait_for_timeout(300)  # plotly takes clicks from its second frame on
    box = mark.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)


def test_numbers_of_frames_open_the_frames_that_they_count(opened: Callable[..., Any], frames: Project) -> None:
    page = opened(frames, "?conf=0.3")
    start = page.url
    page.locator(".figure[data-name='accuracy']").wait_for()
    found = classification_performance(frames, FrameQuery.of(frames).with_(confidence=0.3), "model")
    assert value(page, "accuracy") == f"{found.accuracy:.2f}".removeprefix("0")
    assert value(page, "top2") == f"{found.top_k_accuracy(2):.2f}".removeprefix("0")
    right, wrong, none = (int(value(page, name)) for name in ("right", "wrong", "none"))
    assert (right, right + wrong + none) == ((found.label == found.prediction).sum(), 60)
    page.locator(".st-key-classification-roc .scatterlayer").wait_for(state="attached")
    assert page.get_by_text("IoU ≥").count() == 0, "classes of frames do not overlap"

    click_cell(page, ".st-key-performance-confusion", str(np.diag(found.confusion).max()))
    page.wait_for_url(re.compile(r"/Objects\?"))
    query = ObjectQuery.from_params(parameters(page), frames)
    assert query.label_class == query.predicted_class
    page.locator(".tile").first.wait_for()
    page.go_back()
    page.wait_for_url(start)
    table = page.locator(".st-key-classification-classes [data-testid='stDataFrame'] canvas").first
    box = box_at_rest(page, table)
    page.mouse.click(box["x"] + 0.1 * box["width"], box["y"] + 50)
    page.wait_for_url(re.compile(r"/Objects\?"))
    query = ObjectQuery.from_params(parameters(page), frames)
    assert query.klass or query.label_class
    page.locator(".tile").first.wait_for()
    page.go_back()
    page.wait_for_url(start)

    page.locator(".figure[data-name='wrong'] a.value").click()
    page.wait_for_url(re.compile(r"/Objects\?"))
    query = ObjectQuery.from_params(parameters(page), frames)
    assert len(select_objects(frames, query)) == wrong
    tiles = page.locator(".tile")
    tiles.first.wait_for()
    assert tiles.count() == wrong
    tiles.first.locator("a.open").click()
    page.wait_for_url(re.compile(r"/Frame\?"))
    page.locator(".viewer-host img").first.wait_for()


def test_pixels_open_the_frames_that_they_lie_in(opened: Callable[..., Any], pixels: Project) -> None:
    page = opened(pixels)
    start = page.url
    page.locator(".figure[data-name='miou']").wait_for()
    found = semantic_performance(pixels, FrameQuery.of(pixels), "model")
    assert value(page, "miou") == f"{found.mean_iou:.3f}".removeprefix("0")
    assert value(page, "frame_miou") == f"{found.mean_frame_iou:.3f}".removeprefix("0")
    cards = page.locator(".pixel-frames a")
    cards.first.wait_for()
    worst = rank_frames(found, PixelQuery())
    names = pixels.frames["frame_id"].tolist()
    assert cards.count() == 24
    assert cards.first.get_attribute("data-frame") == names[worst.indices[0]]
    assert page.locator(".pixel-frames .over").count() == 48

    label, predicted = 1, 0
    share = 100 * found.confusion[label, predicted] / found.confusion[label].sum()
    click_cell(page, ".st-key-semantic-matrix", f"{share:.0f}" if share >= 9.5 else f"{share:.1f}")
    page.wait_for_url(re.compile("pixels=car~road|pixels=car%7Eroad"))
    cell = rank_frames(found, PixelQuery("car", "road"))
    count = int(found.confusion[label, predicted])
    page.get_by_text(f"{count:,} pixels of car predicted as road, in {len(cell)} frames").wait_for()
    page.locator(f".pixel-frames a[data-frame='{names[cell.indices[0]]}'] .words", has_text="px").wait_for()
    address = page.url
    page.go_back()
    page.wait_for_url(start)
    page.get_by_text(f"{len(worst)} frames, the worst first").wait_for()
    page.go_forward()
    page.wait_for_url(address)
    page.reload()
    page.get_by_text(f"{count:,} pixels of car predicted as road").wait_for()
    page.get_by_role("button", name="All frames").click()
    page.get_by_text(f"{len(worst)} frames, the worst first").wait_for()

    page.get_by_text("Without background", exact=True).click()
    without = f"{found.without_background().mean_iou:.3f}".removeprefix("0")
    page.locator(".figure[data-name='miou'] .value", has_text=without).wait_for()

    page.goto(address)
    page.locator(f".pixel-frames a[data-frame='{names[cell.indices[0]]}']").click()
    page.wait_for_url(re.compile(r"/Frame\?"))
    assert parameters(page)["frame"] == [names[cell.indices[0]]]
    page.go_back()
    page.wait_for_url(address)
    page.get_by_text(f"{count:,} pixels of car predicted as road").wait_for()
