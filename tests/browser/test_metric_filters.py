"""Metrics in a real Chromium: measured by themselves, then filtered and sorted by, and told on the frame."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import orjson
import pytest

from predscope.importing import import_labels, import_predictions
from predscope.metrics import frame_column
from predscope.project import Project
from predscope.project.locking import FileLock

APP = Path(__file__).resolve().parents[2] / "app.py"
N_FRAMES = 12


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Twelve frames, each lighter than the one before; frame i has boxes 10, 20 and 30 px wide, all of them found."""
    (tmp_path / "images").mkdir()
    images, labels, predictions = [], [], []
    for index in range(N_FRAMES):
        name = f"{index:02d}.png"
        cv2.imwrite(str(tmp_path / "images" / name), np.full((90, 120, 3), 20 * index, np.uint8))
        images.append({"id": index + 1, "file_name": name, "width": 120, "height": 90})
        for place in range(3):
            side = 10 * (place + 1)
            box = {"image_id": index + 1, "category_id": 1, "bbox": [5 + 35 * place, 10, side, side]}
            labels.append(box | {"id": len(labels) + 1, "area": side * side, "iscrowd": 0})
            predictions.append(box | {"score": 0.9})
    content = {"images": images, "annotations": labels, "categories": [{"id": 1, "name": "box"}]}
    (tmp_path / "labels.json").write_text(json.dumps(content))
    (tmp_path / "model.json").write_text(json.dumps(predictions))
    made = Project.create(tmp_path / "project", images=tmp_path / "images")
    import_labels(made, tmp_path / "labels.json")
    import_predictions(Project.open(made.path), tmp_path / "model.json", name="model")
    return Project.open(made.path)


def chip(page: Any, text: str) -> Any:
    return page.locator(".st-key-filter_chips").get_by_role("button", name=text, exact=True)


def add_metric(page: Any, words: str) -> None:
    page.locator(".metrics .plain", has_text="Add a metric").click()
    page.get_by_label("Find a metric").fill(words)
    page.get_by_label("Find a metric").press("Enter")


def test_metrics_are_measured_and_frames_found_by_them(
    app_server: Callable[..., str], page: Any, project: Project
) -> None:
    folder = project.cache_dir / "metrics"
    folder.mkdir()
    other = FileLock(folder / "run.lock")
    assert other.try_acquire()  # as another process that measures holds it
    state = {"done": 30, "total": 1204, "what": "Measuring images", "process_id": 1}
    (folder / "run.json").write_bytes(orjson.dumps(state))
    url = app_server(APP, environment={"PREDSCOPE_PROJECT": str(project.path), "PREDSCOPE_MEASURE": "1"})

    # how far it is, and how to stop it
    page.goto(f"{url}/Explore?m=brightness:.5..")
    page.get_by_text("metric “brightness” (not computed yet)").wait_for()
    page.get_by_text("Measuring images: 30 of 1,204").wait_for()
    page.get_by_role("button", name="Cancel").click()
    for _ in range(100):
        if (folder / "stop").exists():
            break
        page.wait_for_timeout(100)
    assert (folder / "stop").exists()
    (folder / "run.json").unlink()
    other.release()
    page.get_by_text("Some metrics are not measured.").wait_for()
    page.get_by_role("button", name="Measure").click()

    # once it is done the page is drawn again, with what the link asks for
    chip(page, "brightness from .5").wait_for()
    page.locator(".st-key-metric_progress").wait_for(state="detached")
    values = frame_column(Project.open(project.path), "brightness").values
    expected = int((values >= 0.5).sum())
    assert 0 < expected < N_FRAMES
    page.locator(".count[data-counter='frames']", has_text=f"{expected} of {N_FRAMES} frames").wait_for()
    assert page.locator(".metric[data-metric='brightness'] .bars i").count() > 5

    # the range follows the slider, and the address follows the range
    page.get_by_label("Lowest Brightness").press("Home")
    page.wait_for_url(lambda address: "brightness%3A.." in address)
    page.locator(".count[data-counter='frames']", has_text=f"{N_FRAMES} of {N_FRAMES} frames").wait_for()
    page.get_by_label("To", exact=True).fill("0.3")
    page.get_by_label("To", exact=True).press("Enter")
    page.get_by_label("To", exact=True).blur()
    chip(page, "brightness below .3").wait_for()
    darkest = int((values < 0.3).sum())
    page.locator(".count[data-counter='frames']", has_text=f"{darkest} of {N_FRAMES} frames").wait_for()

    # sorted by it, each tile says its value; a second metric is one search away
    page.get_by_label("Sort by").select_option(label="Brightness")
    page.locator(".badge", has_text="brightness").first.wait_for()
    page.wait_for_url(lambda address: "sort=-metric%3Abrightness" in address)
    add_metric(page, "label dens")
    chip(page, "label density is known").wait_for()
    assert page.locator(".metric").count() == 2
    page.get_by_label("Remove the filter by Brightness").click()
    chip(page, "brightness below .3").wait_for(state="detached")
    page.locator(".count[data-counter='frames']", has_text=f"{N_FRAMES} of {N_FRAMES} frames").wait_for()

    # objects: labels in a range of their own metric
    page.goto(f"{url}/Objects?side=labels&outcome=tp&om=width:15..25&osort=metric:width")
    chip(page, "width 15 to 25 px").wait_for()
    page.locator(".count[data-counter='labels']", has_text=f"{N_FRAMES} of {3 * N_FRAMES} labels").wait_for()
    page.locator(".caption", has_text="width 20 px").first.wait_for()
    add_metric(page, "aspect")
    chip(page, "aspect ratio is known").wait_for()

    # on the frame, where its values and those of the selected object stand
    page.locator(".tile .open").first.click()
    page.get_by_text("Frame details").click()
    page.get_by_text("Metrics of the frame").wait_for()
    page.get_by_text("Metrics of the selected").wait_for()
