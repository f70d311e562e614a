"""A project on disk: made, opened, found, damaged, moved."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from predscope.errors import InputError, ProjectError
from predscope.media import list_images
from predscope.project import Project
from predscope.project.manifest import folder_name
from predscope.project.own_folders import own_folders
from predscope.schema import FRAME_SCHEMA


def save_images(folder: Path, *names: str, size: tuple[int, int] = (64, 48)) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, "navy").save(folder / name)
    return folder


@pytest.fixture
def images(tmp_path: Path) -> Path:
    folder = save_images(tmp_path / "images", "day/2.jpg", "day/10.jpg", "night/2.jpg", "night/2.png")
    (folder / "broken.jpg").write_bytes(b"nothing of an image")
    return folder


def test_create_makes_a_frame_for_each_image(tmp_path: Path, images: Path) -> None:
    project = Project.create(tmp_path / "project", images=images, name="Streets")
    frames = project.frames
    assert list(frames.columns) == FRAME_SCHEMA.names
    assert frames["frame_id"].tolist() == ["broken", "day/2", "day/10", "night/2", "night/2.png"]
    assert frames["frame_index"].tolist() == list(range(5))
    assert frames["image_status"].tolist() == ["unreadable"] + ["ok"] * 4
    assert frames["width"].tolist()[1:] == [64] * 4
    assert pd.isna(frames["width"][0])
    assert frames["modified_ns"][1] == (images / "day/2.jpg").stat().st_mtime_ns
    assert project.name == "Streets"
    assert project.settings == {"confidence": 0.1, "iou": 0.5}
    assert project.classes == ()
    assert project.set_names("labels") == project.set_names("predictions") == []
    assert project.frame_index("night/2.png") == 4
    assert project.frame_index("nope") is None


def test_open_shows_the_same(tmp_path: Path, images: Path) -> None:
    made = Project.create(tmp_path / "project", images=images)
    opened = Project.open(tmp_path / "project")
    pd.testing.assert_frame_equal(opened.frames, made.frames)
    assert opened.revision == made.revision == opened.current_revision()
    assert opened.images_root == images


def test_image_files(tmp_path: Path, images: Path) -> None:
    project = Project.create(tmp_path / "project", images=images)
    assert project.image_file(2) == images / "day/10.jpg"
    (images / "day/10.jpg").unlink()
    assert project.image_file(2) is None
    with pytest.raises(IndexError):
        project.image_file(5)
    with pytest.raises(IndexError):
        project.image_file(-1)


def test_project_without_images(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    assert len(project.frames) == 0
    assert project.images_root is None
    assert project.name == "project"


def test_create_refuses_what_cannot_work(tmp_path: Path, images: Path) -> None:
    Project.create(tmp_path / "project", images=images)
    with pytest.raises(ProjectError, match="a project here already"):
        Project.create(tmp_path / "project", images=images)
    with pytest.raises(InputError, match="found nothing"):
        Project.create(tmp_path / "other", images=tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="no image in this folder"):
        Project.create(tmp_path / "other", images=tmp_path / "empty")
    assert not (tmp_path / "other").exists()
    (tmp_path / "file").touch()
    with pytest.raises(ProjectError, match="this is a file"):
        Project.create(tmp_path / "file" / "project", images=images)


def test_project_inside_its_images_folder_does_not_list_its_own_files(tmp_path: Path, images: Path) -> None:
    project = Project.create(images / "project", images=images)
    save_images(project.cache_dir, "thumbnail.jpg")
    save_images(project.path / "data", "odd.jpg")
    assert list_images(images, exclude=own_folders(project.path)).paths == project.frames["file_name"].tolist()
    assert len(project.frames) == 5


def test_find_looks_upwards(tmp_path: Path, images: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project.create(tmp_path / "project", images=images)
    deep = project.path / "notes" / "deep"
    deep.mkdir(parents=True)
    assert Project.find(deep).path == project.path
    monkeypatch.chdir(deep)
    assert Project.find().path == project.path
    with pytest.raises(ProjectError, match="predscope init"):
        Project.find(images)


def test_project_and_images_can_move_together(tmp_path: Path) -> None:
    save_images(tmp_path / "set" / "images", "a.jpg")
    Project.create(tmp_path / "set" / "project", images=tmp_path / "set" / "images")
    (tmp_path / "set").rename(tmp_path / "moved")
    project = Project.open(tmp_path / "moved" / "project")
    assert project.image_file(0) == tmp_path / "moved" / "images" / "a.jpg"


def damage(path: Path, **changes: object) -> None:
    record = json.loads(path.read_text())
    record.update(changes)
    path.write_text(json.dumps(record))


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "not JSON"),
        (b'{"format_version": 1, "name"', "not JSON"),
        (b"\xff\xfe\0", "not JSON"),
        (b"[]", "format_version must be 1"),
        (b'{"format_version": "1"}', "format_version must be 1"),
        (b'{"format_version": 1}', "KeyError"),
        (b'{"format_version": 2}', "newer Predscope"),
    ],
)
def test_damaged_manifest_says_what_to_do(tmp_path: Path, content: bytes, words: str) -> None:
    Project.create(tmp_path / "project")
    (tmp_path / "project" / "predscope.json").write_bytes(content)
    with pytest.raises(ProjectError, match=words) as caught:
        Project.open(tmp_path / "project")
    assert "predscope.json" in str(caught.value)


@pytest.mark.parametrize("field", ["classes", "sets", "frames", "revision", "settings"])
def test_wrong_types_in_the_manifest_are_damage(tmp_path: Path, field: str) -> None:
    Project.create(tmp_path / "project")
    damage(tmp_path / "project" / "predscope.json", **{field: 7 if field != "revision" else None})
    if field == "revision":
        Project.open(tmp_path / "project")  # any text will do
    else:
        with pytest.raises(ProjectError, match="damaged"):
            Project.open(tmp_path / "project")


def test_missing_pieces_are_named(tmp_path: Path, images: Path) -> None:
    with pytest.raises(ProjectError, match="not a Predscope project"):
        Project.open(tmp_path / "nowhere")
    project = Project.create(tmp_path / "project", images=images)
    frames = project.path / "data" / "frames" / "1.parquet"
    frames.write_bytes(frames.read_bytes()[:100])
    with pytest.raises(ProjectError, match=r"1\.parquet"):
        Project.open(project.path).frames  # noqa: B018
    with pytest.raises(ProjectError, match="there are no predictions yet"):
        project.objects("predictions")
    with pytest.raises(ProjectError, match="no prepared import"):
        project.open_staged("../../etc")


def test_settings_are_published(tmp_path: Path) -> None:
    project = Project.create(tmp_path / "project")
    newer = project.change_settings(confidence=0.25)
    assert newer.settings == {"confidence": 0.25, "iou": 0.5}
    assert project.settings["confidence"] == 0.1
    assert project.current_revision() == newer.revision != project.revision


def test_folder_names_are_safe_and_never_the_same() -> None:
    names = [
        "model_a",
        "Model_A",
        "a/b",
        "a\\b",
        "..",
        ".",
        "con",
        "CON",
        "x" * 200,
        "ä",
        "a b",
        "a_b",
        "nul.txt",
        "a~b",
        ".hidden",
        " a",
        "a.",
    ]
    folders = [folder_name(name) for name in names]
    assert len({folder.lower() for folder in folders}) == len(names)
    for folder in folders:
        assert len(folder) <= 64
        assert folder.strip(". ")
        assert not set(folder) & set('/\\:*?"<>|')
    assert folder_name("yolo11.v2") == "yolo11.v2"


def test_frames_table_and_pandas_agree(tmp_path: Path, images: Path) -> None:
    project = Project.create(tmp_path / "project", images=images)
    assert project.frames_table.schema.equals(FRAME_SCHEMA)
    widths = project.frames["width"].to_numpy(dtype=float, na_value=np.nan)
    np.testing.assert_array_equal(widths, [np.nan, 64, 64, 64, 64])
