"""Metrics that cannot be computed: nulls and a line in the report; the others are not stopped, and nothing waits."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from predscope import Project, import_labels, import_predictions
from predscope.metrics import (
    MetricsMissing,
    frame_column,
    metric,
    object_column,
    pending,
    run_metrics,
)
from predscope.metrics.blocks import Features, ObjectBlock
from predscope.metrics.reading import available_metrics, is_computed, project_metrics
from predscope.metrics.registry import all_metrics
from predscope.metrics.selection import current_sets
from predscope.metrics.store import Store
from predscope.metrics.tracks import link_tracks
from predscope.project import ObjectSet
from predscope.schema import OBJECT_SCHEMA
from tests.metrics.conftest import HEIGHT, WIDTH, write_images, write_labels

NAMES = [f"{index}.png" for index in range(4)]
BOXES: list[list[float]] = [[5, 5, 20, 20], [30, 10, 15, 15], [1, 1, 9, 9], [40, 30, 10, 10]]


def make_project(folder: Path, boxes: dict[str, list[list[float]]], *, predicted: str | None = None) -> Project:
    """Four images; labels; one prediction, on the image that is named."""
    images = write_images(folder / "images", {name: 40 + 40 * place for place, name in enumerate(NAMES)})
    project = Project.create(folder / "project", images=images)
    import_labels(project, write_labels(folder / "labels.json", boxes))
    if predicted is not None:
        place = list(boxes).index(predicted)
        result = {"image_id": place, "category_id": 1, "bbox": [5, 5, 20, 20], "score": 0.5}
        (folder / "results.json").write_text(json.dumps([result]))
        import_predictions(Project.open(project.path), folder / "results.json", name="model")
    return Project.open(project.path)


def assert_nothing_is_waited_for(project: Project) -> None:
    assert pending(project).is_empty
    assert [entry.name for entry in project_metrics(project) if is_computed(project, entry) is False] == []
    assert run_metrics(project).is_up_to_date


def columns_of_objects(project: Project, objects: ObjectSet) -> dict[str, np.ndarray]:
    return {
        entry.name: object_column(project, entry.name, objects.role, objects.name).is_missing
        for entry in available_metrics(project, objects.role, objects.name)
        if entry.needs in ("pixels", "objects", "embeddings", "sequence")
    }


@pytest.mark.parametrize(
    ("boxes", "damaged"),
    [
        pytest.param({"gone.png": BOXES, "lost.png": BOXES, "0.png": []}, [], id="labels where images are missing"),
        pytest.param(dict.fromkeys(NAMES, BOXES), NAMES, id="no image can be decoded"),
        pytest.param({"0.png": BOXES, "1.png": BOXES, "2.png": []}, NAMES[:2], id="labels on damaged images"),
        pytest.param({"0.png": BOXES[:1]}, [], id="one object"),
        pytest.param({"0.png": [], "1.png": []}, [], id="no object"),
        pytest.param(dict.fromkeys(NAMES, BOXES), [], id="all there"),
    ],
)
@pytest.mark.parametrize("is_predicted", [False, True])
def test_every_metric_has_values_or_nulls(
    tmp_path: Path, boxes: dict[str, list[list[float]]], damaged: list[str], is_predicted: bool
) -> None:
    project = make_project(tmp_path, boxes, predicted=list(boxes)[-1] if is_predicted else None)
    for name in damaged:
        (tmp_path / "images" / name).write_bytes(b"no image")
    report = run_metrics(project)
    assert [code for code in report.problems if code.startswith("metric_failed")] == []
    assert_nothing_is_waited_for(project)
    for objects in current_sets(project):
        for name, is_missing in columns_of_objects(project, objects).items():
            assert len(is_missing) == objects.count, name
    if damaged or "gone.png" in boxes:
        assert object_column(project, "crop_brightness", "labels").is_missing.all()
        assert object_column(project, "annotation_quality", "labels").is_missing.all()


def test_features_of_others_are_no_features(tmp_path: Path) -> None:
    """Thumbnails of the crops of one set are kept, those of the other have never been taken."""
    project = make_project(tmp_path, {"gone.png": BOXES * 4, "0.png": []})
    more = write_labels(tmp_path / "more.json", {"0.png": BOXES * 4, "1.png": BOXES * 4})
    import_labels(project, more, name="second")
    project = Project.open(project.path)
    report = run_metrics(project)
    assert report.problems == {}
    assert_nothing_is_waited_for(project)
    assert object_column(project, "annotation_quality", "labels", "labels").is_missing.all()
    assert not object_column(project, "annotation_quality", "labels", "second").is_missing.any()


def test_vectors_of_keys_that_are_not_kept(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.append(np.array([7], np.uint64), {"thumbnail@1": np.arange(4, dtype=np.uint8)[None]})
    kept = store.read(["thumbnail@1"])
    assert kept.vectors("thumbnail@1", np.array([1, 2], np.uint64), "uint8", 4).shape == (2, 4)
    assert kept.vectors("thumbnail@1", np.zeros(0, np.uint64), "uint8", 4).shape == (0, 4)
    assert kept.vectors("thumbnail@1", np.array([1, 7], np.uint64), "uint8", 4)[1].tolist() == [0, 1, 2, 3]


def test_images_that_are_out_of_reach_are_measured_once_they_are_back(tmp_path: Path) -> None:
    project = make_project(tmp_path, dict.fromkeys(NAMES, BOXES))
    run_metrics(project, only=["brightness"])
    (tmp_path / "images").rename(tmp_path / "away")
    report = run_metrics(project)
    assert report.missing == len(NAMES)
    assert_nothing_is_waited_for(project)
    assert object_column(project, "crop_brightness", "labels").is_missing.all()
    assert object_column(project, "annotation_quality", "labels").is_missing.all()
    assert not frame_column(project, "brightness").is_missing.any()
    (tmp_path / "away").rename(tmp_path / "images")
    assert pending(project).images == len(NAMES)
    run_metrics(project)
    assert_nothing_is_waited_for(project)
    assert not object_column(project, "crop_brightness", "labels").is_missing.any()
    assert not object_column(project, "annotation_quality", "labels").is_missing.any()


def test_a_metric_that_fails_stops_no_other_and_is_not_waited_for(grey_project: Project) -> None:
    fails = {"now": True}

    def fail_or(value: Any) -> Any:
        if fails["now"]:
            raise ValueError("no luck")
        return value

    @metric("of_pixels", measured_on="frame", version=1)
    def of_pixels(image: Any) -> float:
        return fail_or(1.0)

    @metric("of_crops", measured_on="object", version=1)
    def of_crops(image: Any) -> float:
        return fail_or(1.0)

    @metric("of_objects", measured_on="object", needs="objects", version=1)
    def of_objects(objects: ObjectBlock) -> np.ndarray:
        return fail_or(np.ones(len(objects)))

    @metric("of_vectors", measured_on="label", needs="embeddings", version=1)
    def of_vectors(features: Features) -> np.ndarray:
        return fail_or(np.ones(len(features)))

    own = {"of_pixels", "of_crops", "of_objects", "of_vectors"}
    with pytest.raises(MetricsMissing):
        object_column(grey_project, "of_vectors", "labels")
    report = run_metrics(grey_project)
    assert set(report.problems) == {f"metric_failed:{name}" for name in own}
    assert "brightness" in report.values
    assert "annotation_quality" in report.values
    assert pending(grey_project).is_empty
    assert frame_column(grey_project, "of_pixels").is_missing.all()
    for name in own - {"of_pixels"}:
        assert object_column(grey_project, name, "labels").is_missing.tolist() == [True] * 12
    fails["now"] = False
    assert own <= set(run_metrics(grey_project).values), "the next run tries again"
    assert pending(grey_project).is_empty
    for name in own - {"of_pixels"}:
        assert object_column(grey_project, name, "labels").values.tolist() == [1.0] * 12


def test_what_has_been_added_since_is_waited_for(grey_project: Project, tmp_path: Path) -> None:
    run_metrics(grey_project, only=["brightness"])
    with pytest.raises(MetricsMissing):
        frame_column(grey_project, "contrast")
    run_metrics(grey_project)
    import_labels(grey_project, write_labels(tmp_path / "more.json", {"000.png": BOXES}), name="second")
    later = Project.open(grey_project.path)
    with pytest.raises(MetricsMissing):
        object_column(later, "annotation_quality", "labels", "second")
    shutil.rmtree(later.cache_dir / "metrics")
    with pytest.raises(MetricsMissing):
        frame_column(later, "brightness")


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("is_users", [False, True])
@pytest.mark.parametrize("name", [n for n, entry in all_metrics().items() if entry.needs == "embeddings"])
def test_likeness_of_few_things(name: str, is_users: bool, count: int) -> None:
    for vectors in (np.full((count, 8), np.nan, np.float32), np.ones((count, 8), np.float32)):
        given = Features(vectors, is_users, "thumbnail", np.zeros(count, np.int64), 1)
        assert np.shape(all_metrics()[name].compute(given)) == (count,)


@pytest.mark.parametrize("name", [n for n, entry in all_metrics().items() if entry.needs in ("objects", "sequence")])
def test_no_objects_at_all(name: str) -> None:
    entry = all_metrics()[name]
    given: Any
    if entry.needs == "sequence":
        nothing = np.zeros(0, np.int64)
        given = link_tracks(nothing, nothing, np.zeros((0, 4)), [], np.array([0, 0]), np.array([0.0, 1.0]))
    else:
        sizes = np.array([[WIDTH, HEIGHT]] * 2, np.float64)
        given = ObjectBlock.from_table(OBJECT_SCHEMA.empty_table(), "labels", sizes, ["thing"])
    assert np.shape(entry.compute(given)) == ((2,) if entry.of_role else (0,))


def test_a_function_that_fails_when_it_is_asked_for(grey_project: Project) -> None:
    @metric("sums", measured_on="label", needs="values", version=1)
    def sums(objects: ObjectBlock) -> np.ndarray:
        raise ValueError("no luck")

    @metric("few", measured_on="frame", needs="values", version=1)
    def few(frames: Any) -> list[float]:
        return [1.0]

    @metric("kinds", measured_on="frame", needs="values", version=1, is_categorical=True)
    def kinds(frames: Any) -> Any:
        raise KeyError("none")

    with pytest.warns(UserWarning, match=r"sums failed; it has no value \(ValueError: no luck\)"):
        assert object_column(grey_project, "sums", "labels").is_missing.tolist() == [True] * 12
    with pytest.warns(UserWarning, match="expected 6 values, got 1"):
        assert frame_column(grey_project, "few").is_missing.tolist() == [True] * 6
    with pytest.warns(UserWarning, match="KeyError"):
        assert frame_column(grey_project, "kinds").is_missing.tolist() == [True] * 6
