"""Versions, staging, and imports that run at the same time."""

from __future__ import annotations

import gc
import json
import shutil
import threading
from pathlib import Path

import numpy as np
import pytest

from predscope.errors import InputError, ProjectError
from predscope.importing import import_labels, stage_reading
from predscope.project import Project
from predscope.schema import DeclaredClass, DeclaredFrame


def xs(objects) -> list[float]:
    return objects.table(["x"])["x"].to_pylist()


def tree(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_every_import_is_a_version_and_the_old_ones_stay(labelled) -> None:
    first = labelled.predictions(labelled.batch([11], boxes=[[1, 1, 5, 5]], confidence=0.5))
    second = labelled.predictions(labelled.batch([12], boxes=[[2, 1, 5, 5]], confidence=0.5))
    other = labelled.predictions(labelled.batch([12], boxes=[[3, 1, 5, 5]], confidence=0.5), name="Other/model")
    project = Project.open(labelled.project.path)
    assert (first.version, second.version, other.version) == (1, 2, 1)
    assert project.set_names("predictions") == ["model", "Other/model"]
    assert [entry.version for entry in project.versions("predictions", "model")] == [1, 2]
    assert xs(project.objects("predictions", "model")) == [2]
    assert xs(project.objects("predictions", "model", 1)) == [1] == xs(first.objects)
    assert xs(project.objects("predictions", "Other/model")) == [3]
    entry = project.versions("predictions", "model")[1]
    assert (entry.rows, entry.imported, entry.format, entry.source) == (1, 1, "hand", "hand.json")
    assert project.objects("predictions", "model", 1).report.to_json() == first.report.to_json()
    with pytest.raises(ProjectError, match="no version 3; there are: 1, 2"):
        project.objects("predictions", "model", 3)
    with pytest.raises(ProjectError, match="there are: model, Other/model"):
        project.objects("predictions", "modle")


@pytest.mark.parametrize("name", ["", "  ", "x" * 201, "a\nb", "a\0b"])
def test_impossible_names(labelled, name: str) -> None:
    with pytest.raises(InputError, match="name of a set"):
        labelled.predictions(labelled.batch([11], confidence=0.5), name=name)


def test_staged_import_is_seen_but_not_published(labelled) -> None:
    before = tree(labelled.project.path / "data")
    revision = labelled.project.current_revision()
    batch = labelled.batch([12, 99], [1, 7], confidence=0.5)
    with labelled.stage(labelled.reading(batch, role="predictions"), "model") as staged:
        assert (staged.role, staged.name, staged.first_frame) == ("predictions", "model", 1)
        assert staged.objects.of_frame(1).num_rows == 1
        assert staged.objects.version == 0
        assert staged.report.rejected == 1
        assert [entry.name for entry in staged.project.classes][-1] == "dog"
        view, objects = Project.open(labelled.project.path).open_staged(staged.staged_id)
        assert objects.of_frame(1).equals(staged.objects.of_frame(1))
        assert len(view.frames) == 10
        report = json.loads((staged.report_folder / "report.json").read_text())
        assert report["rejected"] == 1
    assert labelled.project.current_revision() == revision
    assert tree(labelled.project.path / "data") == before
    assert not list((labelled.project.path / "staging").iterdir())
    with pytest.raises(ProjectError, match="removed before it was published"):
        staged.publish()
    with pytest.raises(ProjectError, match="published or discarded"):
        labelled.project.open_staged(staged.staged_id)
    assert (staged.report_folder / "report.json").is_file()


def test_staged_labels_bring_their_frames_and_classes_to_the_view(importer) -> None:
    reading = importer.reading(
        importer.batch([2]), frames=[DeclaredFrame("a.jpg", "1"), DeclaredFrame("b.jpg", "2", 50, 40)],
        classes=[DeclaredClass("car", "1")],
    )  # fmt: skip
    with importer.stage(reading) as staged:
        assert staged.project.frames["frame_id"].tolist() == ["a", "b"]
        assert staged.project.classes[0].name == "car"
        assert staged.first_frame == 1
        view, _ = importer.project.open_staged(staged.staged_id)
        assert view.frames["width"].tolist()[1] == 50
        assert len(Project.open(importer.project.path).frames) == 0


def test_publishing_twice_is_refused(labelled) -> None:
    staged = labelled.stage(labelled.reading(labelled.batch([11], confidence=0.5), role="predictions"), "model")
    staged.publish()
    staged.discard()
    with pytest.raises(ProjectError, match="removed before"):
        staged.publish()
    assert len(Project.open(labelled.project.path).versions("predictions", "model")) == 1


def test_a_view_is_of_one_revision(labelled) -> None:
    old = labelled.project
    frames = [DeclaredFrame("new.jpg", "500", 10, 10)]
    labelled.labels(labelled.batch([500], [9]), frames=frames, classes=[DeclaredClass("tree", "9")])
    assert len(old.frames) == 10
    assert len(old.classes) == 3
    assert old.objects("labels").version == 1
    assert old.current_revision() != old.revision
    assert len(labelled.project.frames) == 11
    assert len(labelled.project.objects("labels", version=1).offsets) == 12


def label_reading(importer, names: list[str], class_name: str):
    frames = [DeclaredFrame(name, f"{class_name}{index}", 100, 80) for index, name in enumerate(names)]
    batch = importer.batch([frame.source_id for frame in frames], [1] * len(names))
    return importer.reading(batch, frames=frames, classes=[DeclaredClass(class_name, "1")])


def test_two_imports_that_both_add_frames_and_classes_both_land(importer) -> None:
    base = importer.project
    first = stage_reading(base, label_reading(importer, ["a.jpg", "b.jpg"], "car"), name="first")
    second = stage_reading(base, label_reading(importer, ["c.jpg", "b.jpg", "a.jpg"], "bus"), name="second")
    first.publish()
    result = second.publish()
    project = Project.open(base.path)
    assert project.frames["file_name"].tolist() == ["a.jpg", "b.jpg", "c.jpg"]
    assert project.frames["frame_index"].tolist() == [0, 1, 2]
    assert [entry.name for entry in project.classes] == ["car", "bus"]
    table = result.objects.table(["frame_index", "class_id"])
    assert table["frame_index"].to_pylist() == [0, 1, 2]
    assert table["class_id"].to_pylist() == [1, 1, 1]
    np.testing.assert_array_equal(result.objects.offsets, [0, 1, 2, 3])
    assert project.objects("labels", "first").table(["class_id"])["class_id"].to_pylist() == [0, 0]


def test_predictions_staged_before_labels_were_published_keep_their_frames(labelled) -> None:
    batch = labelled.batch([20, 11], ["zebra", "dog"], class_ref_is="name", confidence=0.5)
    staged = labelled.stage(labelled.reading(batch, role="predictions"), "model")
    labelled.labels(
        labelled.batch([5], [2]), frames=[DeclaredFrame("x.jpg", "5", 9, 9)], classes=[DeclaredClass("tram", "2")]
    )
    result = staged.publish()
    names = [entry.name for entry in result.project.classes]
    assert names == ["person", "car", "dog", "tram", "zebra"]
    rows = result.objects.table(["frame_index", "class_id"]).to_pylist()
    assert [(row["frame_index"], names[row["class_id"]]) for row in rows] == [(0, "dog"), (9, "zebra")]


def test_the_same_set_imported_at_once_becomes_two_versions(labelled) -> None:
    errors: list[Exception] = []

    def run(x: float) -> None:
        try:
            reading = labelled.reading(labelled.batch([11], boxes=[[x, 1, 5, 5]], confidence=0.5), role="predictions")
            with stage_reading(labelled.project, reading, name="model") as staged:
                staged.publish()
        except Exception as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(float(number),)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    project = Project.open(labelled.project.path)
    versions = project.versions("predictions", "model")
    assert [entry.version for entry in versions] == [1, 2, 3, 4, 5, 6]
    found = {xs(project.objects("predictions", "model", version))[0] for version in range(1, 7)}
    assert found == set(range(6))


def test_readers_see_whole_revisions_while_others_publish(labelled) -> None:
    done = threading.Event()
    faults: list[str] = []

    def read() -> None:
        while not done.is_set():
            project = Project.open(labelled.project.path)
            for version in project.versions("predictions", "model"):
                objects = project.objects("predictions", "model", version.version)
                if objects.count != version.imported or objects.of_frame(0).num_rows != version.version:
                    faults.append(f"version {version.version}")
            if len(project.frames) != project.manifest.frame_count:
                faults.append("frames")

    threads = [threading.Thread(target=read) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(1, 9):
        labelled.predictions(labelled.batch([11] * number, confidence=0.5))
        labelled.labels(labelled.batch([number]), frames=[DeclaredFrame(f"new{number}.jpg", str(number), 9, 9)])
    done.set()
    for thread in threads:
        thread.join()
    assert not faults


def test_cache_and_staging_may_be_deleted(labelled) -> None:
    labelled.predictions(labelled.batch([11], confidence=0.5))
    path = labelled.project.path
    (labelled.project.cache_dir / "thing").write_text("x")
    shutil.rmtree(path / "cache")
    shutil.rmtree(path / "staging")
    project = Project.open(path)
    assert project.objects("predictions").of_frame(0).num_rows == 1
    assert project.cache_dir.is_dir()
    labelled.predictions(labelled.batch([11], confidence=0.5))
    staged = labelled.stage(labelled.reading(labelled.batch([11], confidence=0.5), role="predictions"), "model")
    shutil.rmtree(path / "staging")
    with pytest.raises(ProjectError, match="removed before it was published"):
        staged.publish()
    assert len(Project.open(path).versions("predictions", "model")) == 2


def test_leftovers_are_swept_but_living_imports_are_not(labelled) -> None:
    path = labelled.project.path
    living = labelled.stage(labelled.reading(labelled.batch([11], confidence=0.5), role="predictions"), "model")
    forgotten = labelled.stage(labelled.reading(labelled.batch([11], confidence=0.5), role="predictions"), "model")
    forgotten_folder = path / "staging" / forgotten.staged_id
    del forgotten
    gc.collect()
    for leftover in ("staging/1-dead/set", "data/predictions/model/7", "data/labels/gone/1"):
        (path / leftover).mkdir(parents=True)
        (path / leftover / "objects.parquet").write_bytes(b"half")
    (path / "data" / "frames" / "99.parquet").write_bytes(b"half")
    (path / "predscope.json.123.part").write_bytes(b"half")
    labelled.predictions(labelled.batch([12], confidence=0.5), name="other")
    for leftover in ("staging/1-dead", "data/predictions/model", "data/labels/gone", "data/frames/99.parquet"):
        assert not (path / leftover).exists(), leftover
    assert not list(path.glob("*.part"))
    assert not forgotten_folder.exists()
    result = living.publish()
    assert result.version == 1
    assert result.objects.of_frame(0).num_rows == 1


def test_nothing_is_ever_written_into_the_images_folder(importer) -> None:
    importer.use_images("a.jpg", "b.jpg", orientation=6)

    def state() -> list:
        return sorted((str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in importer.images.rglob("*"))

    before = state()
    importer.labels(importer.batch([1]), frames=[DeclaredFrame("a.jpg", "1", 100, 80)], images=importer.images)
    importer.predictions(importer.batch([1], confidence=0.5))
    assert state() == before


def test_progress_is_told(labelled) -> None:
    steps: list[tuple[int, int, str]] = []
    batches = [labelled.batch([11, 12], confidence=0.5), labelled.batch([13], confidence=0.5)]
    labelled.predictions(*batches, progress=lambda *step: steps.append(step))
    assert [step for step in dict.fromkeys(steps) if step[0]] == [
        (2, 0, "Importing predictions"),
        (3, 0, "Importing predictions"),
        (3, 3, "Writing predictions"),
    ]


def test_progress_knows_how_many_rows_a_file_holds(importer, tmp_path: Path) -> None:
    labels = {
        "images": [{"id": 1, "file_name": "a.jpg", "width": 100, "height": 80}],
        "annotations": [{"id": row, "image_id": 1, "category_id": 1, "bbox": [row, 2, 3, 4]} for row in range(7)],
        "categories": [{"id": 1, "name": "car"}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    steps: list[tuple[int, int, str]] = []
    import_labels(importer.project, tmp_path / "labels.json", progress=lambda *step: steps.append(step))
    assert (7, 7, "Importing labels") in steps


def test_failure_to_write_is_a_project_error(labelled, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    staged = labelled.stage(labelled.reading(labelled.batch([11], confidence=0.5), role="predictions"), "model")
    before = (labelled.project.path / "predscope.json").read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(ProjectError, match="No space left"):
            staged.publish()
    assert (labelled.project.path / "predscope.json").read_bytes() == before
    staged.discard()
    assert labelled.predictions(labelled.batch([11], confidence=0.5)).version == 1


def test_project_that_may_not_be_written(labelled, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path, *args: object, **options: object) -> None:
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "mkdir", refuse)
        with pytest.raises(ProjectError, match="Permission denied"):
            labelled.predictions(labelled.batch([11], confidence=0.5))
    shutil.rmtree(labelled.project.path)
    with pytest.raises(ProjectError, match="cannot be written"):
        labelled.predictions(labelled.batch([11], confidence=0.5))
