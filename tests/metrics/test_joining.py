"""Values, embeddings and metadata that come from elsewhere."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from predscope import Project, import_labels
from predscope.errors import InputError
from predscope.metrics import available_metrics, frame_column, join_values, object_column, run_metrics
from predscope.metrics.sources import project_sources, remove_source
from tests.metrics.conftest import write_labels


def names_of(column: Any) -> list[str | None]:
    return [column.name_of(row) for row in range(len(column))]


def test_metadata_of_frames_are_metrics(grey_project: Project) -> None:
    found = {metric.name: metric for metric in available_metrics(grey_project)}
    assert found["weather"].is_categorical
    assert not found["hour"].is_categorical
    assert names_of(frame_column(grey_project, "weather")) == ["sun", "rain"] * 3
    assert frame_column(grey_project, "hour").values.tolist() == [0, 1, 2, 3, 4, 5]
    assert names_of(object_column(grey_project, "weather", "labels"))[:4] == ["sun", "sun", "rain", "rain"]


def test_metadata_that_says_nothing_or_takes_a_name(tmp_path: Path) -> None:
    boxes: dict[str, list[list[float]]] = {f"{index:02d}.jpg": [] for index in range(30)}
    more = {
        name: {"flickr": f"https://example.org/{name}", "brightness": index, "night": index > 3, "deep": {"a": 1}}
        for index, name in enumerate(boxes)
    }
    project = Project.create(tmp_path / "project")
    import_labels(project, write_labels(tmp_path / "labels.json", boxes, **more))
    project = Project.open(project.path)
    names = {metric.name for metric in available_metrics(project)}
    assert {"night", "frame.brightness"} <= names
    assert not names & {"flickr", "deep", "brightness"}
    assert names_of(frame_column(project, "night"))[2:5] == ["false", "false", "true"]


def test_columns_by_frame(grey_project: Project, tmp_path: Path) -> None:
    path = tmp_path / "weather.csv"
    path.write_text("file_name,temperature,site\nimages/000.png,3.5,Ulm\n003,-1,\nnowhere.png,9,Bonn\n002.png,,Bonn\n")
    result = join_values(grey_project, path, on="frame")
    assert (result.rows, result.matched, result.of, result.unmatched) == (4, 3, 6, ("nowhere.png",))
    project = result.project
    assert project.revision != grey_project.revision
    assert project.current_revision() == project.revision
    values = frame_column(project, "temperature").values
    np.testing.assert_array_equal(values, [3.5, np.nan, np.nan, -1, np.nan, np.nan])
    assert names_of(frame_column(project, "site")) == ["Ulm", None, "Bonn", None, None, None]
    assert names_of(object_column(project, "site", "predictions"))[0] == "Ulm"
    with pytest.raises(InputError, match="no metric 'temperature'"):
        frame_column(grey_project, "temperature")
    path.write_text("frame_id,temperature\n000,7\n")
    newer = join_values(project, path, on="frame").project
    assert frame_column(newer, "temperature").values[0] == 7, "the later one counts"
    removed = remove_source(newer, project_sources(newer)[-1])
    assert frame_column(removed, "temperature").values[0] == 3.5


def test_columns_by_object(grey_project: Project, tmp_path: Path) -> None:
    rows = pd.DataFrame({"row": ["predictions:model:4", "0", "77"], "checked": [True, False, True]})
    rows.to_parquet(tmp_path / "checked.parquet")
    result = join_values(grey_project, tmp_path / "checked.parquet", on="prediction")
    assert (result.matched, result.source.version) == (2, 1)
    assert names_of(object_column(result.project, "checked", "predictions")) == ["no", None, None, None, "yes", None]
    (tmp_path / "labels.csv").write_text("annotation_id,effort\n301,2.5\n0,1\n")
    project = join_values(result.project, tmp_path / "labels.csv", on="label", columns={"effort": "work"}).project
    work = object_column(project, "work", "labels").values
    assert (work[0], work[7], np.isnan(work).sum()) == (1, 2.5, 10)
    # A new version of the labels has other rows, but the ids that the file gives are the same.
    boxes = {f"{index:03d}.png": [[10, 10, 20, 10], [40, 20, 10, 10]] for index in range(6)}
    boxes["000.png"] = []
    import_labels(project, write_labels(tmp_path / "labels2.json", boxes))
    newer = Project.open(project.path)
    assert np.flatnonzero(~np.isnan(object_column(newer, "work", "labels").values)).tolist() == [5]


def test_embeddings_take_the_place_of_the_default(grey_project: Project, tmp_path: Path) -> None:
    run_metrics(grey_project)
    before = frame_column(grey_project, "uniqueness").values
    vectors = np.array([[1, 0], [1, 0], [0, 1], [0, 1], [1, 1], [-1, 0]], np.float32)
    np.save(tmp_path / "vectors.npy", vectors)
    result = join_values(grey_project, tmp_path / "vectors.npy", on="frame")
    assert result.dimensions == 2
    report = run_metrics(result.project)
    assert set(report.values) == {"uniqueness", "difficulty", "diversity"}
    assert report.images == 0
    found = frame_column(result.project, "uniqueness").values
    cosine = 1 - np.cos(np.pi / 4)
    np.testing.assert_allclose(found, [0, 0, 0, 0, cosine / 2, 0.5], atol=1e-6)
    assert not np.array_equal(found, before)
    np.savez(tmp_path / "some.npz", ids=np.array(["003", "001.png"]), embeddings=vectors[:2])
    some = join_values(result.project, tmp_path / "some.npz", on="frame").project
    run_metrics(some)
    assert np.flatnonzero(~np.isnan(frame_column(some, "uniqueness").values)).tolist() == [1, 3]


def test_embeddings_of_objects_from_parquet(grey_project: Project, tmp_path: Path) -> None:
    table = pd.DataFrame({"row": range(12), "vector": [[float(row % 2), 1.0, 0.0] for row in range(12)]})
    table.to_parquet(tmp_path / "vectors.parquet")
    project = join_values(grey_project, tmp_path / "vectors.parquet", on="label").project
    run_metrics(project, only=["annotation_quality"])
    assert object_column(project, "annotation_quality", "labels").values.tolist() == [1.0] * 12


@pytest.mark.parametrize(
    ("name", "content", "options", "message"),
    [
        (
            "a.csv",
            "frame_id,a\nx,1\n",
            {},
            r"none of its 1 rows names a frame of the project; column 'frame_id' holds 'x'",
        ),
        ("a.csv", "who,a\n000,1\n", {}, r"none of its columns \(who, a\) says which frame"),
        ("a.csv", "who,a\n000,1\n", {"key": "when"}, "no column 'when'; it has who, a"),
        (
            "a.csv",
            "frame_id,brightness\n000,1\n",
            {},
            "built-in metric 'brightness'.*--column brightness=my_brightness",
        ),
        ("a.csv", "frame_id\n000\n", {}, "no column beside the key"),
        ("a.csv", "frame_id,a\n000,1\n", {"columns": ["b"]}, "no column 'b' to join; it has a"),
        ("a.csv", "frame_id,a,a\n000,1,2\n", {}, "two of its columns have the same name"),
        ("a.csv", "frame_id,a\n000,1,2,3\n", {}, "cannot be read"),
        ("a.csv", "frame_id,a\n000,1\n", {"on": "tree"}, "--on must be one of frame, label, prediction, got 'tree'"),
        ("a.csv", "frame_id,a\n000,1\n", {"set_name": "labels"}, "frames belong to no set"),
        ("a.xlsx", "x", {}, "expected one of .csv"),
        ("a.parquet", "x", {}, "cannot be read"),
        ("a.npy", "x", {}, "cannot be read"),
        ("a.csv", "row,a\n900,1\n", {"on": "label"}, "none of its 1 rows names an object of labels 'labels'"),
        ("a.csv", "id,a\n7,1\n", {"on": "prediction"}, "have no ids of their own.*row"),
    ],
)
def test_files_that_cannot_be_joined(
    grey_project: Project, tmp_path: Path, name: str, content: str, options: dict[str, Any], message: str
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        join_values(grey_project, tmp_path / name, **{"on": "frame", **options})
    assert project_sources(Project.open(grey_project.path)) == []


def test_arrays_that_cannot_be_joined(grey_project: Project, tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    for array, message in (
        (np.zeros((5, 3)), "one row for each of the 6 frames of the project, got 5"),
        (np.zeros(6), r"shape \(n, dimensions\), got float64 \(6,\)"),
        (np.array([["a"]] * 6), "must be numbers"),
    ):
        np.save(path, array)
        with pytest.raises(InputError, match=message):
            join_values(grey_project, path, on="frame")


def test_a_join_that_is_killed_before_it_is_published_leaves_nothing(
    grey_project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.csv").write_text("frame_id,a\n000,1\n")

    class KilledError(BaseException):
        pass

    def die(*_: Any) -> None:
        raise KilledError

    monkeypatch.setattr("predscope.metrics.sources.apply_change", die)
    with pytest.raises(KilledError):
        join_values(grey_project, tmp_path / "a.csv", on="frame")
    assert Project.open(grey_project.path).revision == grey_project.revision
    assert project_sources(Project.open(grey_project.path)) == []
    manifest = json.loads((grey_project.path / "predscope.json").read_text())
    assert not [name for name in manifest["settings"] if name.startswith("metrics")]
