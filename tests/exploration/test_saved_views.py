"""What saved views are called before anybody names them, and how much they show."""

from __future__ import annotations

import dataclasses

import pytest

from predscope.exploration import FrameQuery, select_frames
from predscope.exploration.object_query import ObjectQuery
from predscope.exploration.object_selection import select_objects
from predscope.exploration.saved_views import (
    at_this_point,
    count_saved,
    frames_in_words,
    objects_in_words,
    suggested_name,
)
from predscope.project import Project
from predscope.project.saved import MAX_NAME_LENGTH, SavedView, check_view_name
from predscope.schema import Role


def saved(page: str, params: dict[str, str | list[str]]) -> SavedView:
    return SavedView("x", page, params, "", "")


@pytest.fixture
def project(shapes_project: Project) -> Project:
    return shapes_project


def test_conditions_are_the_name(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    names = [object_class.name for object_class in project.classes]
    frames = FrameQuery.of(project).with_(label_classes=(names[0],), has="no_predictions")
    assert frames_in_words(project, FrameQuery.of(project)) == "all frames"
    assert frames_in_words(project, frames) == f"label: {names[0]}, no predictions"
    objects = ObjectQuery(FrameQuery.of(project), "model", outcomes=("fn",), klass=names[0])
    assert objects_in_words(project, objects) == f"false negatives, class: {names[0]}"
    assert objects_in_words(project, ObjectQuery(FrameQuery.of(project), "model")) == "all objects"

    assert objects_in_words(project, objects.with_(side="labels", klass=None)) == "false negatives"
    assert objects_in_words(project, objects.with_(side="labels", outcomes=())).endswith("labels only")

    def set_names(self: Project, role: Role) -> list[str]:
        return ["model", "other"] if role == "predictions" else ["labels"]

    monkeypatch.setattr(Project, "set_names", set_names)
    chosen = objects.with_(frames=objects.frames.with_(prediction_sets=("model",)))
    assert objects_in_words(project, objects) == f"model: false negatives, class: {names[0]}"
    assert objects_in_words(project, chosen) == f"model: false negatives, class: {names[0]}", "it is named once"


def test_suggested_names_fit() -> None:
    assert suggested_name("label: car, weather: rain") == "label: car, weather: rain"
    many = ", ".join(f"condition {number}" for number in range(20))
    name = suggested_name(many)
    assert name == "condition 0, condition 1, condition 2, condition 3, condition 4, condition 5…"
    assert len(suggested_name("x" * 200)) == MAX_NAME_LENGTH
    for one in (name, suggested_name("x" * 200)):
        assert check_view_name(one) == one


def test_the_operating_point_is_saved_with_it(project: Project) -> None:
    query = ObjectQuery(FrameQuery.of(project), "model", outcomes=("fp",))
    params = at_this_point(query.to_params(), query.frames)
    assert params == {"conf": "0.1", "iou": "0.5", "set": "model", "outcome": ["fp"]}
    changed = project.change_settings(confidence=0.7, iou=0.3)
    assert ObjectQuery.from_params(params, changed).frames.confidence == 0.1
    assert ObjectQuery.from_params(params, changed).frames.iou == 0.5
    other = query.with_(frames=query.frames.with_(confidence=0.35))
    assert at_this_point(other.to_params(), other.frames)["conf"] == "0.35"


def test_what_a_view_shows_is_counted(project: Project) -> None:
    objects = ObjectQuery(FrameQuery.of(project), "model")
    for outcomes in ((), ("tp",), ("fn",), ("fp",)):
        query = objects.with_(outcomes=outcomes)
        number = len(select_objects(project, query))
        count = count_saved(project, saved("Objects", query.to_params()))
        assert count is not None
        assert (count.number, count.noun) == (number, "object" if number == 1 else "objects")
        assert count.ignored == ()
    frames = FrameQuery.of(project).with_(label_classes=(project.classes[0].name,))
    count = count_saved(project, saved("Explore", frames.to_params()))
    assert count is not None
    assert count.number == len(select_frames(project, frames)) > 0
    assert count.noun == ("frame" if count.number == 1 else "frames")
    assert count_saved(project, saved("Performance", {})) is None


def test_what_is_gone_is_said(project: Project) -> None:
    count = count_saved(project, saved("Objects", {"set": "gone", "om": ["no_such_metric:.1..", "brightness:..0.5"]}))
    assert count is not None
    assert "prediction set “gone”" in count.ignored
    assert "metric “no_such_metric”" in count.ignored
    count = count_saved(project, saved("Explore", {"label": ["no such class"]}))
    assert count is not None
    assert count.ignored == ("label class “no such class”",)
    assert count.number == len(project.frames)


def test_without_predictions_there_is_no_count_of_objects(tmp_path: str) -> None:
    project = Project.create(f"{tmp_path}/empty")
    assert count_saved(project, saved("Objects", {"outcome": "fn"})) is None
    count = count_saved(project, saved("Explore", {}))
    assert dataclasses.astuple(count) == (0, "frames", ())
