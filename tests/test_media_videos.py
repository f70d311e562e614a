"""Frames of video files: how many there are, and that each number gives exactly that frame."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from predscope.errors import FileParsingError
from predscope.media import list_images, scan_images, video_index, video_reader
from predscope.media.video_index import VideoIndex, read_index
from predscope.media.video_pool import VideoPool
from predscope.media.video_reader import VideoReader
from predscope.schema import ImageStatus
from tests.video_files import CODECS, HEIGHT, WIDTH, number_of, turn_quarter, write_h264, write_video

COUNT = 130
H264 = {
    "b-frames.mp4": {"bf": "3", "g": "60"},
    "open.mp4": {"x264-params": "open-gop=1:bframes=5:keyint=30:b-adapt=0:scenecut=0:b-pyramid=normal"},
    "open.mkv": {"x264-params": "open-gop=1:bframes=5:keyint=30:b-adapt=0:scenecut=0"},
    "open.mts": {"x264-params": "open-gop=1:bframes=5:keyint=30:b-adapt=0:scenecut=0"},
    "open.avi": {"x264-params": "open-gop=1:bframes=5:keyint=30:b-adapt=0:scenecut=0"},
    "refresh.mp4": {"x264-params": "intra-refresh=1:keyint=40"},
    "uneven.mp4": {"bf": "3"},
    "uneven.mkv": {"bf": "3"},
}


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("videos")


@pytest.fixture(scope="module", params=[*CODECS, *H264])
def video(request: pytest.FixtureRequest, videos: Path) -> Path:
    name = request.param
    if name in CODECS:
        return write_video(videos / name, COUNT, CODECS[name])
    return write_h264(videos / name, COUNT, options=H264[name], is_uneven="uneven" in name)


@pytest.fixture(scope="module")
def reader(video: Path) -> Iterator[VideoReader]:
    with VideoReader(video, read_index(video)) as opened:
        yield opened


def test_frames_are_counted_not_believed(video: Path) -> None:
    index = read_index(video)
    assert len(index) == COUNT
    assert (index.width, index.height) == (WIDTH, HEIGHT)
    assert index.key_frames[0] == 0
    if "uneven" not in video.name and index.is_timed:
        assert index.frames_a_second == 25
    if video.name in ("open.avi", "uneven.mkv"):
        assert index.claimed != COUNT  # what the file says of itself


@settings(max_examples=12, deadline=None)
@given(order=st.lists(st.integers(0, COUNT - 1), min_size=1, max_size=25))
def test_each_number_gives_that_frame_in_any_order(reader: VideoReader, order: list[int]) -> None:
    assert [number_of(reader.read(number)) for number in order] == order


def test_forwards_backwards_and_at_the_ends(reader: VideoReader) -> None:
    order = [*range(20, 60), *range(60, 30, -1), COUNT - 1, 0, COUNT - 1, COUNT - 2, 1]
    assert [number_of(reader.read(number)) for number in order] == order


def test_frames_that_are_not_there_are_refused(reader: VideoReader) -> None:
    for number in (-1, COUNT, 10**8):
        with pytest.raises(FileParsingError, match="not one numbered"):
            reader.read(number)


def test_pictures_are_those_of_plain_decoding(videos: Path) -> None:
    path = write_video(videos / "plain.mp4", 20)
    capture = cv2.VideoCapture(str(path))
    expected = [capture.read()[1] for _ in range(20)]
    with VideoReader(path) as reader:
        for number in (7, 19, 0, 12):
            np.testing.assert_array_equal(reader.read(number), expected[number])


def test_playing_on_grabs_each_frame_once(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(videos / "once.mp4", 80)
    seeks: list[int] = []
    seek = video_reader.seek_before
    monkeypatch.setattr(video_reader, "seek_before", lambda *given: seeks.append(given[2]) or seek(*given))
    with VideoReader(path) as reader:
        assert [number_of(reader.read(number)) for number in range(80)] == list(range(80))
        assert seeks == []
        reader.read(40)
        assert seeks == [40]


def test_a_turned_video_has_the_size_it_is_shown_in(videos: Path) -> None:
    path = write_video(videos / "turned.mp4", 5)
    turn_quarter(path)
    index = read_index(path)
    assert (index.width, index.height) == (HEIGHT, WIDTH)
    with VideoReader(path, index) as reader:
        turned = reader.read(3)
    assert turned.shape == (WIDTH, HEIGHT, 3)
    assert number_of(cv2.rotate(turned, cv2.ROTATE_90_COUNTERCLOCKWISE)) == 3


def test_index_survives_a_file_and_refuses_a_damaged_one(videos: Path) -> None:
    index = read_index(write_video(videos / "index.mp4", 30))
    again = VideoIndex.loads(index.dumps())
    np.testing.assert_array_equal(again.times, index.times)
    np.testing.assert_array_equal(again.key_frames, index.key_frames)
    assert (again.is_timed, again.width, again.claimed) == (True, WIDTH, 30)
    with pytest.raises(ValueError, match="not the index"):
        VideoIndex.loads(index.dumps()[:100])


def test_indexes_are_kept_in_a_folder_and_made_anew_for_another_file(
    videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = write_video(videos / "kept.mp4", 12)
    assert len(video_index.video_index(path, tmp_path / "kept")) == 12
    [stored] = (tmp_path / "kept").glob("*.npz")
    made: list[Path] = []
    read = video_index.read_index
    monkeypatch.setattr(video_index, "read_index", lambda given: made.append(given) or read(given))
    monkeypatch.setattr(video_index, "_indexes", type(video_index._indexes)())  # as in another process
    assert len(video_index.video_index(path, tmp_path / "kept")) == 12
    assert made == []
    monkeypatch.setattr(video_index, "_indexes", type(video_index._indexes)())
    stored.write_bytes(b"damaged")
    assert len(video_index.video_index(path, tmp_path / "kept")) == 12
    assert made == [path]
    write_video(path, 15)
    assert len(video_index.video_index(path, tmp_path / "kept")) == 15


def test_a_cut_off_video_has_the_frames_that_are_there(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.avi", 100, "MJPG").read_bytes()
    (tmp_path / "cut.avi").write_bytes(whole[: len(whole) // 2])
    [*frames] = scan_images(tmp_path, ["cut.avi"])
    assert 30 < len(frames) < 70
    with VideoReader(tmp_path / "cut.avi") as reader:
        assert number_of(reader.read(len(frames) - 2)) == len(frames) - 2


@pytest.mark.parametrize(
    "content",
    [b"", b"\0" * 5000, b"#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n", b"ffconcat version 1.0\nfile other.mp4\n"],
    ids=["empty", "zeros", "playlist", "list"],
)
def test_what_is_no_video_is_one_unreadable_frame(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    [info] = scan_images(tmp_path, list_images(tmp_path).paths)
    assert (info.path, info.status, info.sequence) == ("clip.mp4", ImageStatus.UNREADABLE, None)
    assert info.problem in ("the file is empty", "it is not a video that can be read")


def test_a_headless_video_is_one_unreadable_frame(tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", 60).read_bytes()
    (tmp_path / "whole.mp4").unlink()
    (tmp_path / "clip.mp4").write_bytes(whole[: len(whole) // 2])  # its table of frames is at the end
    [info] = scan_images(tmp_path, list_images(tmp_path).paths)
    assert (info.status, info.problem) == (ImageStatus.UNREADABLE, "it is not a video that can be read")


def test_a_video_is_listed_frame_by_frame(tmp_path: Path) -> None:
    write_video(tmp_path / "clips" / "a.mp4", 3, rate=10)
    infos = scan_images(tmp_path, list_images(tmp_path).paths)
    assert [info.path for info in infos] == ["clips/a.mp4#0", "clips/a.mp4#1", "clips/a.mp4#2"]
    assert [(info.sequence, info.sequence_index) for info in infos] == [("clips/a.mp4", i) for i in range(3)]
    assert {(info.width, info.height, info.frames_a_second) for info in infos} == {(WIDTH, HEIGHT, 10.0)}


def test_pool_gives_exact_frames_to_many_threads(videos: Path) -> None:
    pool = VideoPool()
    paths = [write_video(videos / f"pool{number}.mp4", 90) for number in range(4)]
    dice = np.random.default_rng(2)
    asked = [(paths[int(dice.integers(4))], int(dice.integers(90))) for _ in range(300)]
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda one: number_of(pool.read(*one)), asked))
    assert found == [number for _, number in asked]


def test_pool_decodes_once_what_is_asked_for_nearly_in_order(videos: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_video(videos / "order.mp4", 90)
    read: list[int] = []
    plain = VideoReader.read

    def counting(self: VideoReader, frame: int) -> np.ndarray:
        read.append(frame)
        return plain(self, frame)

    monkeypatch.setattr(VideoReader, "read", counting)
    pool = VideoPool()
    order = [number + shift for number in range(0, 80, 4) for shift in (1, 3, 0, 2)]
    assert [number_of(pool.read(path, number)) for number in order] == order
    assert sorted(set(read)) == list(range(80))
    assert len(read) == len(set(read))
    read.clear()
    assert [number_of(pool.read(path, number)) for number in range(60, 30, -1)] == list(range(60, 30, -1))
    assert len(read) <= 40


def test_pictures_of_the_pool_cannot_be_painted_over(videos: Path) -> None:
    path = write_video(videos / "paint.mp4", 3)
    with pytest.raises(ValueError, match="read-only"):
        VideoPool().read(path, 1)[:] = 0


def test_pool_closes_videos_that_nobody_looks_at(videos: Path) -> None:
    pool = VideoPool()
    paths = [write_video(videos / f"many{number}.mp4", 3) for number in range(12)]
    for path in paths:
        pool.read(path, 1)
    assert sum(map(len, pool._slots.values())) <= 7
    assert threading.active_count() < 50
    with pytest.raises(FileParsingError, match="cannot be read"):
        pool.read(videos / "gone.mp4", 0)
