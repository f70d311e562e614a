"""The Export popovers in a real Chromium: what is downloaded is what the page shows."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from predscope import Project
from predscope.exploration import FrameQuery
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from tests.conftest import ROOT


def test_the_objects_shown_are_downloaded(
    app_server: Callable[..., str], streets: Project, new_page: Callable[..., Any]
) -> None:
    app = app_server(ROOT / "app.py", environment={"PREDSCOPE_PROJECT": str(streets.path)})
    query = ObjectQuery(FrameQuery.of(streets), "model_a", outcomes=("fp",), klass="car")
    selection = select_objects(streets, query)
    page = new_page(width=900, color_scheme="dark")
    page.goto(f"{app}/Objects?set=model_a&outcome=fp&class=car")
    page.locator(".tile").first.wait_for()
    page.get_by_role("button", name=re.compile("Export")).click()
    box = page.locator("[data-testid='stPopoverBody']")
    box.get_by_text(f"{len(selection)} objects in {len(np.unique(selection.frame_index))} frames").wait_for()
    shown = box.bounding_box()
    assert shown["x"] >= 0
    assert shown["x"] + shown["width"] <= 900
    with page.expect_download() as download:
        box.get_by_role("button", name=re.compile("Download")).click()
    records = json.loads(download.value.path().read_text(encoding="utf-8"))
    assert download.value.suggested_filename.endswith(".json")
    assert sorted(round(record["score"], 4) for record in records) == pytest.approx(
        sorted(np.round(selection.confidence, 4)), abs=2e-4
    )
