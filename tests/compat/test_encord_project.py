"""The project as scripts for Encord's client see it, and by which hashes its frames and classes are found."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
import yaml

from predscope import InputError, Project, ProjectError, import_labels, import_predictions
from predscope.compat.encord import EncordUserClient, PredictionWriter, load_project, write_project_meta
from predscope.ontology import data_mapping, read_ontology
from predscope.project.hashes import text_hash
from tests.compat.encord_project import CLASSES, FIRST, EncordFiles, make_encord_project
from tests.shapes_dataset import ShapesDataset

CAR = "Nzg2ODEx"
BLOCK = """
from pathlib import Path
import yaml
from predscope.compat.encord import EncordUserClient
data_dir = Path(DATA_DIR)
meta = yaml.safe_load((data_dir / "project_meta.yaml").read_text())
private_key = Path(meta["ssh_key_path"]).read_text()
client = EncordUserClient.create_with_ssh_private_key(private_key)
project = client.get_project(project_hash=meta["project_hash"])
print(project.project_hash, project.title)
"""


@pytest.fixture
def files(tmp_path: Path) -> EncordFiles:
    return make_encord_project(tmp_path)


def run_block(data_dir: Path, folder: Path) -> str:
    done = subprocess.run(
        [sys.executable, "-c", BLOCK.replace("DATA_DIR", repr(str(data_dir)))],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_first_block_finds_the_project_from_any_folder(files: EncordFiles, tmp_path: Path) -> None:
    path = write_project_meta(files.path)
    meta = yaml.safe_load(path.read_text())
    assert run_block(files.path, tmp_path) == f"{meta['project_hash']} project"
    assert load_project(files.path).project_hash == meta["project_hash"]


def test_a_meta_file_that_was_there_is_honoured_and_kept(files: EncordFiles, tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text("-----BEGIN OPENSSH PRIVATE KEY-----")
    text = yaml.safe_dump({"project_hash": FIRST, "project_title": "Streets", "ssh_key_path": str(key)})
    (files.path / "project_meta.yaml").write_text(text)
    assert write_project_meta(files.path).read_text() == text
    assert run_block(files.path, tmp_path) == f"{FIRST} Streets"
    project = load_project(files.path)
    assert (project.project_hash, project.title, project.description) == (FIRST, "Streets", "")


def test_no_key_is_read(files: EncordFiles) -> None:
    text = yaml.safe_dump({"project_hash": FIRST, "ssh_key_path": "/nowhere/at/all"})
    (files.path / "project_meta.yaml").write_text(text)
    assert load_project(files.path).project_hash == FIRST


def test_a_moved_project_gets_its_meta_file_anew(files: EncordFiles, tmp_path: Path) -> None:
    before = yaml.safe_load(write_project_meta(files.path).read_text())
    moved = files.path.rename(tmp_path / "moved")
    after = yaml.safe_load(write_project_meta(moved).read_text())
    assert after["ssh_key_path"] == str(moved / "project_meta.yaml")
    assert after["project_hash"] == before["project_hash"]


def test_a_damaged_meta_file_is_said(files: EncordFiles) -> None:
    (files.path / "project_meta.yaml").write_text("project_hash: [")
    with pytest.raises(InputError, match=r"project_meta\.yaml: cannot be read"):
        load_project(files.path)


def test_the_client_knows_no_other_project(files: EncordFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(files.path)
    client = EncordUserClient.create_with_ssh_private_key("key", password=None)
    assert client.get_project(load_project(files.path).project_hash).data_dir == files.path
    with pytest.raises(InputError, match="there is no project with the project_hash 'x'"):
        client.get_project("x")
    with pytest.raises(ProjectError):
        load_project(files.path.parent / "images")


def test_the_ontology_of_objects(files: EncordFiles) -> None:
    project = load_project(files.path)
    assert [entry["name"] for entry in project.ontology["objects"]] == list(CLASSES.values())
    assert {entry["shape"] for entry in project.ontology["objects"]} == {"bounding_box"}
    assert all(entry["color"].startswith("#") for entry in project.ontology["objects"])
    assert project.label_rows[0] == {"data_hash": FIRST, "data_title": f"{FIRST}.png"}


def test_classes_and_frames_without_hashes_get_some(shapes_dataset: ShapesDataset, tmp_path: Path) -> None:
    made = []
    for name in ("one", "two"):
        project = Project.create(tmp_path / name, images=shapes_dataset.images)
        made.append(import_labels(project, shapes_dataset.labels).project)
    first, second = made
    objects = read_ontology(first).to_json()["objects"]
    assert objects == {name: text_hash(name) for name in ("car", "person", "bicycle")}
    assert read_ontology(second).to_json()["objects"] == objects
    assert data_mapping(first) == data_mapping(second)
    assert sorted(data_mapping(first).values()) == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"]


def test_classes_of_whole_frames_are_classifications(shapes_dataset: ShapesDataset, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", images=shapes_dataset.images)
    labels = tmp_path / "labels.csv"
    labels.write_text("frame,class\na.jpg,rain\nb.jpg,sun\n")
    import_labels(project, labels)
    opened = load_project(project.path)
    printed = opened.classes.to_json()
    assert printed["objects"] == {}
    rain, sun = printed["classifications"]["rain"], printed["classifications"]["sun"]
    assert set(rain) == {"feature_hash", "attribute_hash", "option_hash"}
    assert rain["feature_hash"] == sun["feature_hash"]
    assert rain["option_hash"] != sun["option_hash"]
    (question,) = opened.ontology["classifications"]
    assert question["featureNodeHash"] == rain["feature_hash"]
    assert [option["label"] for option in question["attributes"][0]["options"]] == ["rain", "sun"]


def test_every_format_may_name_classes_and_frames_by_hash(shapes_dataset: ShapesDataset, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", images=shapes_dataset.images)
    project = import_labels(project, shapes_dataset.labels).project
    hash_of = {name: data_hash for data_hash, name in data_mapping(project).items()}
    results = [
        {"image_id": hash_of["b.jpg"], "category_id": text_hash("bicycle"), "bbox": [1, 2, 3, 4], "score": 0.5},
        {"image_id": hash_of["c.jpg"], "category_id": "car", "bbox": [1, 2, 3, 4], "score": 0.5},
        {"image_id": hash_of["a.jpg"] + "#0", "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5},
        {"image_id": FIRST, "category_id": 1, "bbox": [1, 2, 3, 4], "score": 0.5},
    ]
    (tmp_path / "results.json").write_text(json.dumps(results))
    result = import_predictions(project, tmp_path / "results.json")
    table = result.objects.table().to_pandas()
    names = result.project.frames["file_name"]
    found = [
        (names[frame], result.project.classes[class_id].name)
        for frame, class_id in zip(table["frame_index"], table["class_id"], strict=True)
    ]
    assert found == [("a.jpg", "car"), ("b.jpg", "bicycle"), ("c.jpg", "car")]
    problems = result.report.problems
    assert problems["unknown_frame"].count == 1
    assert FIRST in problems["unknown_frame"].examples[0]
    assert problems["joined_by_data_hash"].count == 4
    assert problems["classes_by_hash"].examples == [f"{text_hash('bicycle')}: bicycle"]
    assert len(result.project.classes) == 3


def test_a_class_map_may_hold_hashes(shapes_dataset: ShapesDataset, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", images=shapes_dataset.images)
    project = import_labels(project, shapes_dataset.labels).project
    results = [{"image_id": "a.jpg", "category_id": 77, "bbox": [1, 2, 3, 4], "score": 0.5}]
    (tmp_path / "results.json").write_text(json.dumps(results))
    result = import_predictions(project, tmp_path / "results.json", class_map={text_hash("bicycle"): 77})
    assert result.project.classes[result.objects.table()["class_id"][0].as_py()].name == "bicycle"


def test_a_kitti_folder_with_its_class_map_imports_on_the_command_line_too(files: EncordFiles, tmp_path: Path) -> None:
    root = tmp_path / "labels_root"
    (root / "labels").mkdir(parents=True)
    rows = "".join(f"{name} 0 0 0 10 20 30 50 0 0 0 0 0 0 0 0.5\n" for name in ("cyclist", "car"))
    (root / "labels" / f"{FIRST}__x.txt").write_text(rows)
    (root / "ontology_label_map.json").write_text(json.dumps({key: name.lower() for key, name in CLASSES.items()}))
    result = import_predictions(files.project, root, name="predictions")
    assert (result.report.format, result.report.imported) == ("kitti", 2)
    assert list(files.table()["class"]) == ["Cyclist", "Car"]
    assert len(result.project.classes) == 3


def test_labels_may_name_images_by_data_hash(shapes_dataset: ShapesDataset, tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project", images=shapes_dataset.images)
    hash_of = {name: data_hash for data_hash, name in data_mapping(project).items()}
    labels = {
        "images": [{"id": 1, "file_name": f"{hash_of['b.jpg']}__front.png", "width": 160, "height": 120}],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [{"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 3, 4], "area": 12, "iscrowd": 0}],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    result = import_labels(project, tmp_path / "labels.json")
    assert len(result.project.frames) == 3
    assert result.project.frames["file_name"][result.first_frame] == "b.jpg"


def test_frames_of_videos_go_where_their_number_says(tmp_path: Path) -> None:
    labels = {
        "images": [
            {"id": index, "file_name": f"clips/a.mp4#{index}", "width": 100, "height": 50} for index in range(4)
        ],
        "categories": [{"id": 1, "name": "car"}],
        "annotations": [],
    }
    (tmp_path / "labels.json").write_text(json.dumps(labels))
    project = import_labels(Project.create(tmp_path / "project"), tmp_path / "labels.json").project
    project = _as_video(project)
    (video,) = data_mapping(project)
    assert data_mapping(project)[video] == "clips/a.mp4"
    writer = PredictionWriter(project.path)
    with pytest.warns(UserWarning, match="2 of 5"):
        add_boxes(writer, (video, "car"), (2, 0, 3, 9, None))
    assert writer.result is not None
    assert np.diff(writer.result.objects.offsets).tolist() == [1, 0, 1, 1]
    assert writer.report.problems["unknown_frame"].count == 1
    assert writer.report.problems["ambiguous_frame"].count == 1


def test_several_numbers_never_fall_on_one_still_image(files: EncordFiles) -> None:
    writer = PredictionWriter(files.path)
    with pytest.raises(InputError, match="do not belong to the frames"):
        add_boxes(writer, (FIRST, CAR), (1, 2))
    writer = PredictionWriter(files.path)
    add_boxes(writer, (FIRST, CAR), (3, 3))
    assert writer.report.imported == 2
    assert writer.report.problems["frame_number_unused"].examples == [f"{FIRST}#3"]


def add_boxes(writer: PredictionWriter, data_hash_and_class: tuple[str, str], frames: Iterable[int | None]) -> None:
    """The same box in several frames."""
    with writer:
        for frame in frames:
            box = {"x": 0.1, "y": 0.1, "w": 0.1, "h": 0.1}
            writer.add_prediction(*data_hash_and_class, 0.5, bbox=box, frame=frame)


def _as_video(project: Project) -> Project:
    """The same project, its frames being those of a video."""
    from predscope.project.frames import FrameDraft
    from predscope.project.project import apply_change
    from predscope.project.publishing import Change

    draft = FrameDraft(project.frames_table)
    for index in range(len(draft)):
        draft.set(index, "sequence", "clips/a.mp4")
        draft.set(index, "sequence_index", index)
    return Project(project.path, apply_change(project.path, Change(draft.changes())))
