"""Frames of videos, and images in archives, as frames of a project: listed, read, drawn, kept in the cache."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from predscope import Project
from predscope.errors import InputError
from predscope.payload import project_layers
from predscope.project import frame_images
from predscope.project.frame_images import read_frame, sweep
from predscope.rendering import render_frame
from predscope.schema import FRAME_SCHEMA
from predscope.thumbnails import browser_image_file, crop_file, thumbnail_file
from tests.test_media_archives import jpeg, write_archive
from tests.video_files import HEIGHT, WIDTH, number_of, picture, write_video

COUNT = 40


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Two photos, a sequence of four images, and a video of ``COUNT`` frames."""
    images = tmp_path / "images"
    write_video(images / "clips" / "a.mp4", COUNT, rate=12.5)
    (images / "walk").mkdir()
    for number in range(4):
        cv2.imwrite(str(images / "walk" / f"{number:03d}.png"), picture(number))
    for name in ("one.jpg", "two.jpg"):
        (images / name).write_bytes(jpeg())
    return Project.create(tmp_path / "project", images=images)


def frame_of(project: Project, frame_id: str) -> int:
    index = project.frame_index(frame_id)
    assert index is not None
    return index


def test_each_frame_of_a_video_is_a_frame(project: Project) -> None:
    frames = project.frames
    assert len(frames) == COUNT + 6
    video = frames[frames["sequence"] == "clips/a.mp4"]
    assert video["sequence_index"].tolist() == list(range(COUNT))
    row = video.iloc[12]
    assert (row["frame_id"], row["file_name"]) == ("clips/a/000012", "clips/a.mp4#12")
    assert (row["width"], row["height"], row["image_status"]) == (WIDTH, HEIGHT, "ok")
    assert row["attributes"] == '{"fps":12.5}'
    assert row["modified_ns"] == (project.images_root / "clips/a.mp4").stat().st_mtime_ns
    walk = frames[frames["sequence"] == "walk"]
    assert walk["sequence_index"].tolist() == [0, 1, 2, 3]
    assert frames["sequence"].isna().sum() == 2


def test_pixels_are_those_of_the_frame(project: Project) -> None:
    for number in (12, 0, COUNT - 1, 13):
        index = frame_of(project, f"clips/a/{number:06d}")
        assert number_of(read_frame(project, index)) == number
        file = project.image_file(index)
        assert file is not None
        assert file == browser_image_file(project, index)
        assert project.cache_dir in file.parents
        assert number_of(cv2.imread(str(file))) == number
        assert number_of(render_frame(project, project_layers(project), index)) == number
    image = read_frame(project, index)
    image[:] = 0  # the caller's own
    assert number_of(read_frame(project, index)) == 13
    assert number_of(read_frame(project, frame_of(project, "walk/003"))) == 3


def test_thumbnails_and_crops_of_videos(project: Project) -> None:
    index = frame_of(project, "clips/a/000021")
    thumbnail = thumbnail_file(project, index)
    assert thumbnail is not None
    assert number_of(cv2.imread(str(thumbnail))) == 21
    crop = crop_file(project, index, (0, 0, WIDTH // 2, HEIGHT // 2))
    assert crop is not None
    assert cv2.imread(str(crop)).shape == (HEIGHT // 2, WIDTH // 2, 3)
    assert crop_file(project, index, (WIDTH + 5, 0, 10, 10)) is None


def test_a_cached_frame_is_made_anew_for_another_video(project: Project) -> None:
    index = frame_of(project, "clips/a/000005")
    first = project.image_file(index)
    assert project.image_file(index) == first
    path = project.images_root / "clips" / "a.mp4"
    write_video(path, COUNT, "mp4v")
    os.utime(path, ns=(1, 1))
    assert project.image_file(index) not in (None, first)


def test_frames_whose_video_is_gone_or_shorter_cannot_be_read(project: Project) -> None:
    late, early = frame_of(project, "clips/a/000030"), frame_of(project, "clips/a/000003")
    path = write_video(project.images_root / "clips" / "a.mp4", 10)
    assert project.image_file(late) is None
    assert thumbnail_file(project, late) is None
    assert number_of(read_frame(project, early)) == 3
    path.unlink()
    assert project.image_file(early) is None
    with pytest.raises(InputError, match="missing"):
        read_frame(project, early)
    assert render_frame(project, [], early).shape == (HEIGHT, WIDTH, 3)  # grey


def test_an_archive_is_read_in_place(tmp_path: Path) -> None:
    photos = write_archive(tmp_path / "photos.zip", {"day/1.jpg": jpeg(80, 60, 6), "2.png": b"broken", "../3.jpg": b""})
    project = Project.create(tmp_path / "project", images=photos)
    assert project.frames["frame_id"].tolist() == ["2", "day/1"]
    assert project.frames["image_status"].tolist() == ["unreadable", "ok"]
    index = frame_of(project, "day/1")
    assert (project.frames["width"][index], project.frames["height"][index]) == (60, 80)
    assert read_frame(project, index).shape == (80, 60, 3)
    file = browser_image_file(project, index)
    assert file is not None
    assert file.read_bytes() == jpeg(80, 60, 6)
    assert (file.suffix, project.image_file(index)) == (".jpg", file)
    assert thumbnail_file(project, index) is not None
    assert Project.open(project.path).images_root == photos
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos.zip", "project"]


def test_archives_with_nothing_to_show_are_refused_with_the_reason(tmp_path: Path) -> None:
    photos = write_archive(tmp_path / "photos.zip", {"../1.jpg": jpeg()})
    with pytest.raises(InputError, match="leads out of the archive"):
        Project.create(tmp_path / "project", images=photos)


def test_the_cache_stays_below_its_bound(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    for number in range(20):
        file = project.image_file(frame_of(project, f"clips/a/{number:06d}"))
        assert file is not None
        os.utime(file, (number, number))
        sizes.append((file, file.stat().st_size))
    folder = project.cache_dir / "frames"
    total = sum(size for _, size in sizes)
    sweep(folder, total)
    assert all(file.exists() for file, _ in sizes)
    sweep(folder, total / 2)
    left = [file.exists() for file, _ in sizes]
    assert left == sorted(left)  # the oldest went
    assert 0 < sum(size for file, size in sizes if file.exists()) <= total / 2
    monkeypatch.setenv(frame_images.CACHE_BOUND_VARIABLE, "0.00001")
    monkeypatch.setattr(frame_images, "_bounds", frame_images._Bounds())
    project.image_file(frame_of(project, "clips/a/000030"))
    assert sum(path.stat().st_size for path in folder.glob("??/*")) <= 20_000


def test_used_frames_stay_in_the_cache(project: Project) -> None:
    file = project.image_file(frame_of(project, "clips/a/000001"))
    assert file is not None
    os.utime(file, (1, 1))
    assert project.image_file(frame_of(project, "clips/a/000001")) == file
    assert file.stat().st_mtime > 1


def test_the_index_of_a_video_is_kept_with_the_project(project: Project) -> None:
    [index] = (project.cache_dir / "videos").glob("*.npz")
    index.unlink()
    assert number_of(read_frame(Project.open(project.path), frame_of(project, "clips/a/000009"))) == 9


def test_projects_of_photos_keep_no_folder_for_videos(tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "a.jpg").write_bytes(jpeg())
    project = Project.create(tmp_path / "project", images=tmp_path / "images")
    assert not (project.path / "cache").exists()


def test_a_project_from_before_sequences_opens(project: Project) -> None:
    [path] = (project.path / "data" / "frames").glob("*.parquet")
    table = pq.read_table(path)
    assert table.schema.names == FRAME_SCHEMA.names  # no column was added for videos
    older = table.set_column(table.schema.get_field_index("sequence"), "sequence", pa.nulls(len(table), pa.string()))
    pq.write_table(older, path)
    opened = Project.open(project.path)
    assert number_of(read_frame(opened, frame_of(opened, "clips/a/000007"))) == 7


def test_reading_ahead_of_all_frames_gives_all_of_them(project: Project) -> None:
    first = frame_of(project, "clips/a/000000")
    numbers = [number_of(read_frame(project, first + number)) for number in range(COUNT)]
    assert numbers == list(range(COUNT))
    assert np.array_equal(read_frame(project, first + 3), read_frame(project, first + 3))
