"""Metrics of frames of videos and of images in archives: one decoding each, in one pass."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from predscope import Project
from predscope.media import PixelSource, video_index, video_reader
from predscope.metrics import frame_column, image_portions, run_metrics
from predscope.metrics.image_portions import cuts, portions
from predscope.metrics.image_source import decode, source_content_key
from predscope.metrics.running import pending
from predscope.project.frame_images import read_frame
from tests.test_media_archives import jpeg, write_archive
from tests.video_files import number_of, write_video

COUNT = 120


@pytest.fixture
def project(tmp_path: Path) -> Project:
    images = tmp_path / "images"
    write_video(images / "a.mp4", COUNT)
    write_video(images / "b.mp4", 30)
    (images / "photo.jpg").write_bytes(jpeg())
    (images / "broken.mp4").write_bytes(b"no video")
    return Project.create(tmp_path / "project", images=images)


def test_values_are_those_of_the_decoded_frames(project: Project) -> None:
    report = run_metrics(project, ["brightness"], workers=0)
    assert (report.images, report.unreadable) == (COUNT + 30 + 2, 1)
    assert report.problems["unreadable_image"].examples == ["broken.mp4: it is not a video that can be read"]
    values = frame_column(project, "brightness").values
    for index in (1, 2, COUNT // 2, COUNT + 10):
        image = read_frame(project, index)
        gray = image @ np.array([0.114, 0.587, 0.299]) / 255
        assert values[index] == pytest.approx(gray.mean(), abs=0.005)
    assert np.isnan(values[project.frame_index("broken.mp4")])


def test_a_video_is_decoded_in_one_pass(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    grabbed: list[int] = []
    plain = video_reader.VideoReader._advance

    def counting(self: video_reader.VideoReader, frame: int) -> bool:
        grabbed.append(frame - self._grabbed)
        return plain(self, frame)

    monkeypatch.setattr(video_reader.VideoReader, "_advance", counting)
    run_metrics(project, ["brightness", "sharpness"], workers=0)
    assert grabbed == [1] * (COUNT + 30)


def test_what_is_kept_is_not_decoded_again(project: Project, counted_decodes: list[str]) -> None:
    run_metrics(project, ["brightness"], workers=0)
    assert len(counted_decodes) == COUNT + 30 + 2
    assert pending(project, ["brightness"]).images == 0
    counted_decodes.clear()
    os.utime(project.images_root / "a.mp4", ns=(5, 5))  # touched, not changed
    run_metrics(project, ["brightness"], workers=0)
    assert counted_decodes == []
    write_video(project.images_root / "a.mp4", COUNT, "mp4v", rate=20)
    run_metrics(project, ["brightness"], workers=0)
    assert counted_decodes == ["a.mp4"] * COUNT


def test_workers_find_the_same_values(project: Project) -> None:
    run_metrics(project, ["brightness"], workers=2)
    in_workers = frame_column(project, "brightness").values
    index = project.frame_index("a/000077")
    gray = read_frame(project, index) @ np.array([0.114, 0.587, 0.299]) / 255
    assert in_workers[index] == pytest.approx(gray.mean(), abs=0.005)
    assert np.isfinite(in_workers).sum() == COUNT + 30 + 1


def test_images_in_archives_are_measured_and_known_by_their_bytes(tmp_path: Path, counted_decodes: list[str]) -> None:
    photos = write_archive(tmp_path / "photos.zip", {"a.jpg": jpeg(), "b.jpg": jpeg(80, 60)})
    project = Project.create(tmp_path / "project", images=photos)
    report = run_metrics(project, ["brightness"], workers=0)
    assert (report.images, report.missing, report.unreadable) == (2, 0, 0)
    plain = tmp_path / "a.jpg"
    plain.write_bytes(jpeg())
    keys = [
        source_content_key(source, apply_exif=True)
        for source in (PixelSource(photos, None, "a.jpg"), PixelSource(plain))
    ]
    assert keys[0] == keys[1] != 0
    os.utime(photos, ns=(5, 5))
    counted_decodes.clear()
    run_metrics(project, ["brightness"], workers=0)
    assert counted_decodes == []


def test_frames_of_videos_have_contents_of_their_own(tmp_path: Path) -> None:
    path = write_video(tmp_path / "a.mp4", 5)
    (tmp_path / "copy.mp4").write_bytes(path.read_bytes())
    other = write_video(tmp_path / "b.mp4", 6)
    keys = {source_content_key(PixelSource(path, number), apply_exif=True) for number in range(5)}
    assert len(keys) == 5
    assert source_content_key(PixelSource(tmp_path / "copy.mp4", 3), apply_exif=True) in keys
    assert source_content_key(PixelSource(other, 3), apply_exif=True) not in keys
    assert source_content_key(PixelSource(tmp_path / "gone.mp4", 3), apply_exif=True) == 0
    found = decode(PixelSource(path, 4))
    assert found.pixels is not None
    assert number_of(found.pixels.bgr) == 4
    assert decode(PixelSource(path, 5)).problem == "the video has 5 frames, not one numbered 5"


@given(
    numbers=st.sets(st.integers(0, 900), min_size=1, max_size=400),
    keys=st.sets(st.integers(0, 900), max_size=40),
)
def test_portions_hold_every_frame_once_and_begin_at_key_frames(numbers: set[int], keys: set[int]) -> None:
    rising = np.array(sorted(numbers))
    key_frames = np.array(sorted(keys | {0}))
    stops = cuts(rising, key_frames)
    assert stops[-1] == len(rising)
    assert all(0 < size <= 96 for size in np.diff([0, *stops]))
    for start, stop in zip([0, *stops], stops[:-1], strict=False):
        # A portion that ends elsewhere had no key frame in reach.
        reach = rising[start + image_portions.IMAGES_A_BATCH - 1 : start + 97]
        has_key = [bool(np.any((key_frames > a) & (key_frames <= b))) for a, b in itertools.pairwise(reach)]
        begins_with_key = bool(np.any((key_frames > rising[stop - 1]) & (key_frames <= rising[stop])))
        assert begins_with_key or not any(has_key)


def test_portions_follow_the_order_of_frames(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    everything = range(len(project.frames))
    found = list(portions(project, everything))
    assert [frame for portion in found for frame in portion] == list(everything)
    files = project.frames["image_path"].str.partition("#")[0]
    assert all(len({files[frame] for frame in portion}) == 1 for portion in found[:-1])
    monkeypatch.setattr(video_index, "read_index", lambda path: pytest.fail(f"{path} was read again"))
    assert len(list(portions(Project.open(project.path), everything))) == len(found)
