"""The Import page in a real Chromium: from a file to a version, and what is done with versions, as a user does it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from predscope import Project, import_labels, import_predictions
from tests.browser.pages import both_schemes, click_at_rest
from tests.conftest import ROOT, SAMPLE_DATA

MODEL_A = SAMPLE_DATA / "predictions" / "model_a.json"
LABELS = SAMPLE_DATA / "labels" / "instances.json"
MANY = 120
"""Copies of the predictions in a file that is read for some seconds."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of the sample scenes with model_a, and files to import beside it."""
    tmp_path = tmp_path_factory.mktemp("imports")
    project = Project.create(tmp_path / "project", images=SAMPLE_DATA / "images")
    import_predictions(import_labels(project, LABELS).project, MODEL_A)
    rows = [
        {key: row[key] for key in ("image_id", "category_id", "bbox", "score")}
        for row in json.loads(MODEL_A.read_bytes())
    ]
    labels = json.loads(LABELS.read_bytes())
    other_names = {"car": "Cars", "person": "persn", "truck": "lorry"}
    categories = [{"id": one["id"], "name": other_names.get(one["name"], one["name"])} for one in labels["categories"]]
    annotations = []
    for number, row in enumerate(rows, start=1):
        x, y, width, height = row["bbox"]
        corners = [x, y, x + width, y + height]
        annotations.append({**row, "id": number, "area": width * height, "iscrowd": 0, "bbox": corners})
    content = {"images": labels["images"], "categories": categories, "annotations": annotations}
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "defects.json").write_text(json.dumps(content))
    (tmp_path / "files" / "many.json").write_text(json.dumps(rows * MANY))
    return tmp_path


@pytest.fixture
def address(folder: Path, app_server: Callable[..., str]) -> str:
    return app_server(ROOT / "app.py", environment={"PREDSCOPE_PROJECT": str(folder / "project")})


def versions(folder: Path, name: str = "model_a") -> list[int]:
    return [entry.version for entry in Project.open(folder / "project").versions("predictions", name)]


def press(page: Any, name: str | re.Pattern[str]) -> None:
    click_at_rest(page, page.get_by_role("button", name=name, exact=isinstance(name, str)).first)


def test_from_a_file_to_a_version(folder: Path, address: str, new_page: Callable[..., Any]) -> None:
    page = new_page()
    page.goto(address)
    page.get_by_role("link", name="Import predictions").click()
    page.wait_for_url(re.compile("/Import"))

    # The file is found in the browser of folders.
    page.get_by_title("Open files").click()
    page.get_by_label("Filter by name").fill("DEF")
    page.get_by_title("Choose many.json").wait_for(state="detached")
    page.get_by_title("Choose defects.json").click()
    page.get_by_text("3 classes of the file are not in the project").wait_for()
    assert versions(folder) == [1]

    # Classes: both suggestions at once, the third by hand.
    press(page, "Use all 2 suggestions")
    page.get_by_text("1 class of the file is not in the project").wait_for()
    choice = page.get_by_role("combobox", name=re.compile("Class of lorry"))
    click_at_rest(page, choice)
    page.get_by_role("option", name="truck", exact=True).click()
    page.get_by_text("All 7 classes of the file are classes of the project").wait_for()

    # The boxes are corners: the report says so, and one click mends it.
    press(page, re.compile("^Read boxes as x1, y1, x2, y2"))
    page.get_by_text("Corrected:").wait_for()
    page.get_by_text("2,273 objects become version 1").wait_for()

    # The first frame is drawn with what would be imported, on its photo; the next one follows.
    photo = page.locator(".pane img").first
    photo.wait_for()
    page.wait_for_function("node => node.complete && node.naturalWidth > 0", arg=photo.element_handle())
    drawn = page.locator(".pane .layer[data-layer='p:defects'] [data-id]")
    drawn.first.wait_for(state="attached")
    project = Project.open(folder / "project")
    first = project.frame_index("street_000")
    assert first is not None
    assert drawn.count() == project.objects("predictions", "model_a").of_frame(first).num_rows
    press(page, re.compile("Next frame"))
    page.get_by_text("2 of 126").wait_for()
    page.get_by_text("street_001.jpg").first.wait_for()
    for _ in both_schemes(page, "light"):
        assert page.get_by_role("button", name="Import 2,273 objects").is_enabled()

    # Under the name of model_a it becomes its second version.
    name = page.get_by_label("Name of the set")
    name.fill("model_a")
    name.press("Enter")
    page.get_by_text("this will be its version 2, and the earlier one is kept").wait_for()
    press(page, "Import 2,273 objects")
    page.get_by_text("Imported: 2,273 objects as version 2 of the predictions model_a.").wait_for()
    assert versions(folder) == [1, 2]
    project = Project.open(folder / "project")
    old, new = (project.objects("predictions", "model_a", number).table(["class_id", "x", "y"]) for number in (1, 2))
    assert old["class_id"].equals(new["class_id"])
    assert [entry.name for entry in project.classes].count("truck") == 1
    page.get_by_role("link", name="Performance", exact=True).last.click()
    page.get_by_text("model_a against labels").wait_for()
    page.go_back()
    press(page, "Undo")
    page.get_by_text("Imported: 2,273 objects").wait_for(state="detached")
    assert versions(folder) == [1]


def test_cancelled_reading_leaves_nothing(folder: Path, address: str, new_page: Callable[..., Any]) -> None:
    page = new_page(width=900)
    page.goto(f"{address}/Import")
    path = page.get_by_label("Path on this machine")
    path.fill(f'"{folder / "files" / "many.json"}"')
    path.press("Enter")
    page.get_by_role("progressbar").wait_for()
    press(page, "Cancel")
    page.get_by_text("The reading was cancelled. Nothing was imported.").wait_for()
    assert not Project.open(folder / "project").versions("predictions", "many")
    press(page, "Choose another")
    path.wait_for()
    path.fill(str(folder / "nothing.json"))
    path.press("Enter")
    page.get_by_text(re.compile("nothing.json: there is no such file or folder")).wait_for()


def test_one_of_several_inputs_is_used(folder: Path, address: str, new_page: Callable[..., Any]) -> None:
    inputs = folder / "several"
    inputs.mkdir()
    for name in ("first.json", "second.json"):
        (inputs / name).write_bytes(MODEL_A.read_bytes())
    page = new_page()
    page.goto(f"{address}/Import")
    path = page.get_by_label("Path on this machine")
    path.fill(str(inputs))
    path.press("Enter")
    page.get_by_text("This folder holds 2 inputs of predictions.").wait_for()
    read_as = page.get_by_label("Format", exact=True)
    assert read_as.input_value() == "None was recognised"
    press(page, "Use")
    page.get_by_text("version 1 of the predictions first").wait_for()
    assert read_as.input_value().startswith("COCO JSON: "), "nothing of the folder stays in the box"

    name = page.get_by_label("Name of the set")
    name.fill("other")
    name.press("Enter")
    page.get_by_text("version 1 of the predictions other").wait_for()


def test_versions_are_looked_at_restored_and_deleted(folder: Path, address: str, new_page: Callable[..., Any]) -> None:
    rows = json.loads(MODEL_A.read_bytes())
    (folder / "fewer.json").write_text(json.dumps(rows[:500]))
    project = import_predictions(Project.open(folder / "project"), MODEL_A, name="tried").project
    import_predictions(project, folder / "fewer.json", name="tried")
    page = new_page(color_scheme="dark")
    page.goto(f"{address}/Import")

    press(page, "Look at version 1 of tried")
    page.wait_for_url(re.compile("/Explore"))
    page.get_by_text("is an old version of the predictions tried (1 of 2)").wait_for()
    page.get_by_text(re.compile(r"of 2,273 predictions")).first.wait_for()
    press(page, "Side by side")
    page.wait_for_url(re.compile(r"model=tried&model=tried%401"))
    page.get_by_text(re.compile(r"of 2,273")).first.wait_for()
    page.get_by_text(re.compile(r"of 500")).first.wait_for()
    page.get_by_role("link", name="Performance", exact=True).click()
    page.get_by_text("tried against labels").wait_for()
    page.locator("[data-testid=stSidebar]").get_by_text("tried@1").click()
    page.get_by_text("tried@1 against labels").wait_for()
    press(page, "Back to the newest")
    page.get_by_text("tried against labels").wait_for()
    page.get_by_text("old version").wait_for(state="detached")

    page.get_by_role("link", name="Import", exact=True).click()
    press(page, "Make version 1 of tried the newest again")
    page.get_by_role("dialog").get_by_text("become version 3, the newest").wait_for()
    press(page, "Restore")
    page.get_by_text("Version 1 of tried is the newest again, as version 3.").wait_for()
    assert versions(folder, "tried") == [1, 2, 3]
    assert Project.open(folder / "project").objects("predictions", "tried").count == len(rows)
    page.get_by_text("restored from version 1").wait_for()

    press(page, "Delete version 2 of tried")
    page.get_by_role("dialog").get_by_text("This cannot be undone").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    assert versions(folder, "tried") == [1, 2, 3]
    press(page, "Delete version 2 of tried")
    click_at_rest(page, page.get_by_role("dialog").get_by_role("button", name="Delete"))
    page.get_by_text("Version 2 of tried is deleted.").wait_for()
    assert versions(folder, "tried") == [1, 3]

    press(page, "Give tried another name")
    page.get_by_label("New name").fill("yolo")
    page.get_by_label("New name").press("Enter")
    page.get_by_text("tried is named yolo now.").wait_for()
    assert versions(folder, "yolo") == [1, 3]
    press(page, "Delete yolo with all 2 versions")
    click_at_rest(page, page.get_by_role("dialog").get_by_role("button", name="Delete"))
    page.get_by_text("yolo is deleted.").wait_for()
    assert Project.open(folder / "project").set_names("predictions") == ["model_a"]
