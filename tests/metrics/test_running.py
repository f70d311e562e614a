"""What is computed when: once, and again only where something has changed."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from predscope import Project, import_labels
from predscope.errors import InputError
from predscope.metrics import (
    MetricsMissing,
    frame_column,
    metric,
    object_column,
    pending,
    run_metrics,
    run_state,
    stop_run,
)
from predscope.metrics import registry as registry_module
from predscope.metrics.registry import all_metrics
from predscope.project.versions import delete_version
from tests.metrics.conftest import ALL_BRIGHTNESSES, grey_image, write_images, write_labels


def test_a_second_run_computes_nothing(grey_project: Project, counted_decodes: list[str]) -> None:
    assert not pending(grey_project).is_empty
    with pytest.raises(MetricsMissing, match="predscope metrics run"):
        frame_column(grey_project, "brightness")
    seen: list[tuple[int, int, str]] = []
    first = run_metrics(grey_project, progress=lambda *step: seen.append(step))
    assert (first.images, sorted(counted_decodes)) == (6, [f"{index:03d}.png" for index in range(6)])
    assert (6, 6, "Measuring images") in seen
    assert first.problems == {}
    counted_decodes.clear()
    second = run_metrics(grey_project)
    assert second.is_up_to_date
    assert counted_decodes == []
    assert pending(grey_project).is_empty
    levels = frame_column(grey_project, "brightness").values * 255
    expected = [level + 20 * 200 / (48 * 64) for level in ALL_BRIGHTNESSES]
    np.testing.assert_allclose(levels, expected, atol=1e-6)
    crops = object_column(grey_project, "crop_brightness", "labels").values * 255
    np.testing.assert_allclose(crops[0::2], np.array(ALL_BRIGHTNESSES) + 20, atol=1e-6)
    np.testing.assert_allclose(crops[1::2], ALL_BRIGHTNESSES, atol=1e-6)


def test_one_new_image_is_one_image_computed(grey_project: Project, counted_decodes: list[str], tmp_path: Path) -> None:
    run_metrics(grey_project)
    counted_decodes.clear()
    root = grey_project.images_root
    assert root is not None
    write_images(root, {"new.png": 33, "002.png": 99})
    shutil.copy(root / "000.png", root / "copy.png")
    os.utime(root / "004.png", ns=(1, 1))  # another time, the same content
    boxes = {f"{index:03d}.png": [[10, 10, 20, 10], [40, 20, 10, 10]] for index in range(6)}
    import_labels(grey_project, write_labels(tmp_path / "same.json", boxes), images=root)
    newer = Project.open(grey_project.path)
    assert len(newer.frames_table) == 8
    report = run_metrics(newer)
    assert sorted(counted_decodes) == ["002.png", "new.png"]
    assert report.images == 2
    assert run_metrics(newer).is_up_to_date
    found = dict(zip(newer.frames["frame_id"], frame_column(newer, "brightness").values, strict=True))
    assert found["copy"] == found["000"]
    assert found["002"] == pytest.approx((99 + 20 * 200 / (48 * 64)) / 255)
    assert dict(zip(newer.frames["frame_id"], frame_column(newer, "copies").values, strict=True))["copy"] == 1


def test_another_version_recomputes_only_that_metric(
    grey_project: Project, counted_decodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    run_metrics(grey_project)
    counted_decodes.clear()
    changed = replace(all_metrics()["contrast"], version=99, compute=lambda image: 0.25)
    monkeypatch.setitem(registry_module._metrics, "contrast", changed)
    report = run_metrics(grey_project)
    assert report.values == {"contrast": 6}
    assert len(counted_decodes) == 6
    assert frame_column(grey_project, "contrast").values.tolist() == [0.25] * 6
    kept = {name for part in (grey_project.cache_dir / "metrics" / "frames").iterdir() for name in _columns(part)}
    assert "contrast@1" not in kept
    assert "brightness@1" in kept


def _columns(part: Path) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_schema(part).names)


def test_new_labels_recompute_only_what_is_of_their_objects(
    grey_project: Project, counted_decodes: list[str], tmp_path: Path
) -> None:
    run_metrics(grey_project)
    crowding = object_column(grey_project, "crowding", "labels").values
    counted_decodes.clear()
    boxes = {f"{index:03d}.png": [[10, 10, 20, 10], [40, 20, 10, 10]] for index in range(6)}
    boxes["003.png"] = [[10, 10, 20, 10], [2, 2, 8, 8]]
    import_labels(grey_project, write_labels(tmp_path / "more.json", boxes))
    newer = Project.open(grey_project.path)
    with pytest.raises(MetricsMissing):
        object_column(newer, "crowding", "labels")
    report = run_metrics(newer)
    assert counted_decodes == ["003.png"], "the crops of the other frames are the same"
    assert not set(report.values) & {"brightness", "contrast", "uniqueness", "difficulty"}
    assert report.values["crop_brightness"] == 1
    assert report.values["crowding"] == 12
    assert run_metrics(newer).is_up_to_date
    older = newer.with_versions(newer.versions_named(["labels@1"]))
    assert (object_column(older, "crowding", "labels", "labels@1").values == crowding).all(), "kept from before"
    with pytest.raises(MetricsMissing):
        object_column(older, "annotation_quality", "labels", "labels@1")
    counted_decodes.clear()
    assert set(run_metrics(older).values) <= {"annotation_quality", "shape_outlier"}
    assert not counted_decodes
    assert len(object_column(older, "annotation_quality", "labels", "labels@1")) == 12
    folder = newer.cache_dir / "metrics"
    run_metrics(newer)
    assert (len(list((folder / "objects").iterdir())), len(list((folder / "derived").iterdir()))) == (3, 3)
    newest = delete_version(newer, "labels", "labels", 1)
    run_metrics(newest)
    assert (len(list((folder / "objects").iterdir())), len(list((folder / "derived").iterdir()))) == (2, 2)


def test_a_bad_image_is_a_null_and_a_finding(grey_project: Project, counted_decodes: list[str]) -> None:
    root = grey_project.images_root
    assert root is not None
    (root / "001.png").write_bytes((root / "001.png").read_bytes()[:60])
    (root / "003.png").unlink()
    report = run_metrics(grey_project)
    assert (report.unreadable, report.missing) == (1, 1)
    problem = report.problems["unreadable_image"]
    assert (problem.count, problem.examples) == (1, ["001: the file is cut off"])
    assert np.isnan(frame_column(grey_project, "brightness").values).tolist() == [
        False,
        True,
        False,
        True,
        False,
        False,
    ]
    assert np.isnan(object_column(grey_project, "crop_sharpness", "labels").values[[2, 3, 6, 7]]).all()
    assert np.isnan(frame_column(grey_project, "uniqueness").values[[1, 3]]).all()
    counted_decodes.clear()
    again = run_metrics(grey_project)
    assert again.is_up_to_date
    assert counted_decodes == []
    assert again.problems["unreadable_image"].count == 1, "it is said at every run"
    cv2.imwrite(str(root / "001.png"), grey_image(50))
    assert run_metrics(grey_project).images == 1
    assert frame_column(grey_project, "brightness").values[1] > 0.19


def test_only_some_metrics(grey_project: Project, counted_decodes: list[str]) -> None:
    report = run_metrics(grey_project, only=["brightness"])
    assert report.values == {"brightness": 6}
    assert run_metrics(grey_project, only=["label_density", "weather"]).values == {"label_density": 6}
    assert len(counted_decodes) == 6
    assert frame_column(grey_project, "label_density").values[0] == pytest.approx(300 / (48 * 64))
    with pytest.raises(InputError, match=r"no metric 'brightnes'. Did you mean brightness"):
        run_metrics(grey_project, only=["brightnes"])
    with pytest.raises(MetricsMissing):
        frame_column(grey_project, "contrast")


def test_a_stopped_run_keeps_what_it_has(
    grey_project: Project, counted_decodes: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("predscope.metrics.image_portions.IMAGES_A_BATCH", 2)
    report = run_metrics(grey_project, cancel=lambda: len(counted_decodes) >= 4)
    assert report.is_cancelled
    assert len(counted_decodes) == 4
    assert pending(grey_project).images == 2
    assert np.isnan(frame_column(grey_project, "brightness").values).sum() == 2
    assert not run_metrics(grey_project).is_cancelled
    assert sorted(counted_decodes) == [f"{index:03d}.png" for index in range(6)]


def test_other_processes_see_a_run_and_can_stop_it(
    grey_project: Project, monkeypatch: pytest.MonkeyPatch, counted_decodes: list[str]
) -> None:
    monkeypatch.setattr("predscope.metrics.image_portions.IMAGES_A_BATCH", 1)
    seen: list[Any] = []

    def watch(done: int, total: int, what: str) -> None:
        if what == "Measuring images":
            time.sleep(0.31)
            seen.append(run_state(grey_project))
            if done == 3:
                stop_run(grey_project)

    assert run_state(grey_project) is None
    report = run_metrics(grey_project, progress=watch)
    assert report.is_cancelled
    assert report.images == 3
    assert {state.process_id for state in seen if state} == {os.getpid()}
    assert any(state and state.total == 6 for state in seen)
    assert run_state(grey_project) is None
    assert not run_metrics(grey_project).is_cancelled, "an old wish to stop is forgotten"


def test_a_metric_of_the_users_own(grey_project: Project) -> None:
    @metric("warmth", measured_on="frame", range=(-1, 1))
    def warmth(image: Any) -> float:
        """Red minus blue."""
        blue, _, red = image.small.reshape(-1, 3).mean(axis=0) / 255
        return float(red - blue)

    @metric("box_sum", measured_on="object", needs="objects", version=3)
    def box_sum(objects: Any) -> np.ndarray:
        return objects.box.sum(axis=1)

    run_metrics(grey_project, only=["warmth", "box_sum"])
    column = frame_column(grey_project, "warmth")
    assert column.values.tolist() == [0.0] * 6
    assert (column.metric.title, column.metric.definition) == ("Warmth", "Red minus blue.")
    assert object_column(grey_project, "box_sum", "labels").values.tolist() == [50, 80] * 6
    assert object_column(grey_project, "box_sum", "predictions").values.tolist() == [50.0 + i for i in range(6)]


def test_a_metric_that_fails_is_a_finding_and_is_tried_again(grey_project: Project) -> None:
    fails = {"now": True}

    @metric("moody", measured_on="frame", version=1)
    def moody(image: Any) -> float:
        if fails["now"] and image.bgr[0, 0, 0] > 120:
            raise ValueError("not in the mood")
        return 1.0

    @metric("short", measured_on="object", needs="objects", version=1)
    def short(objects: Any) -> list[float]:
        return [1.0]

    report = run_metrics(grey_project)
    assert report.problems["metric_failed:moody"].count == 3
    assert report.problems["metric_failed:moody"].examples == ["ValueError: not in the mood"]
    assert "expected 12 values, got 1" in report.problems["metric_failed:short"].examples[0]
    assert np.isnan(frame_column(grey_project, "moody").values).tolist() == [False] * 3 + [True] * 3
    fails["now"] = False
    assert run_metrics(grey_project, only=["moody"]).values == {"moody": 3}
    assert frame_column(grey_project, "moody").values.tolist() == [1.0] * 6


def test_a_project_without_images_has_metrics_of_its_objects(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    import_labels(project, write_labels(tmp_path / "labels.json", {"a.jpg": [[0, 0, 10, 10]], "b.jpg": []}))
    project = Project.open(project.path)
    report = run_metrics(project)
    assert report.images == 0
    assert "brightness" not in report.values
    assert frame_column(project, "label_density").values[0] == pytest.approx(100 / (48 * 64))
    assert run_metrics(project).is_up_to_date


def test_nothing_at_all_can_be_measured(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    assert run_metrics(project).is_up_to_date
    assert frame_column(project, "frame_width").values.tolist() == []
