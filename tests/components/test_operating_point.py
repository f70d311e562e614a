"""The operating point in the sidebar: what can be compared, and what a choice asks for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from components.operating_point import number
from predscope import Project, import_predictions
from predscope.evaluation.objects import IouType
from predscope.exploration import FrameQuery


def script() -> None:
    import streamlit as st

    from components.operating_point import operating_point

    def changed(fields: dict[str, object]) -> None:
        st.session_state["query"] = st.session_state["query"].with_(**fields)

    operating_point(st.session_state["project"], st.session_state["query"], changed)


def shown(project: Project, **fields: object) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60)
    app.session_state["project"] = project
    app.session_state["query"] = FrameQuery.of(project).with_(**fields)
    return app.run()


def test_a_comparison_is_chosen_where_there_are_several(shapes_project: Project, tmp_path: Path) -> None:
    found = [
        {"image_id": 11, "category_id": 1, "segmentation": [[20, 20, 50, 20, 50, 50, 20, 50]], "score": 0.9},
        {"image_id": 10, "category_id": 2, "keypoints": [70, 22, 2, 70, 78, 2], "score": 0.8},
    ]
    (tmp_path / "shaped.json").write_text(json.dumps(found))
    import_predictions(shapes_project, tmp_path / "shaped.json", name="shaped")
    app = shown(Project.open(shapes_project.path), prediction_sets=("shaped",))
    assert not app.exception
    (choice,) = app.selectbox
    assert choice.label == "Compared by"
    assert choice.options == ["Boxes", "Masks", "Mask boundaries", "Keypoints"]
    assert choice.value == IouType.BBOX
    choice.select("Keypoints").run()
    assert app.session_state["query"].by == "keypoints"
    assert app.slider[1].label == "OKS ≥"
    app.selectbox[0].select("Boxes").run()
    assert app.session_state["query"].by == "", "what comes by itself is not asked for"
    assert app.slider[1].label == "IoU ≥"


def test_with_boxes_alone_there_is_no_choice(seven_frames: Project) -> None:
    app = shown(seven_frames, by="keypoints", iou=0.75)
    assert not app.selectbox
    assert [slider.label for slider in app.slider] == ["Confidence ≥", "IoU ≥"]
    (back,) = app.button
    assert back.label == "Back to .10 and .50"
    back.click().run()
    assert app.session_state["query"].iou == 0.5


@pytest.mark.parametrize(("value", "text"), [(0.5, ".50"), (0.4321, ".4321"), (1.0, "1.00"), (0.0, ".00")])
def test_thresholds_in_words(value: float, text: str) -> None:
    assert number(value) == text
