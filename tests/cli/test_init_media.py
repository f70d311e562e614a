"""What ``predscope init`` says of images, videos and archives."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from predscope.cli.parser import main
from tests.test_media_archives import jpeg, write_archive
from tests.video_files import picture, write_video


def said(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> list[str]:
    assert main(arguments) == 0
    return capsys.readouterr().out.splitlines()


def test_images_videos_and_sequences_are_counted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    images = tmp_path / "images"
    write_video(images / "a.mp4", 12)
    write_video(images / "b.avi", 8, "MJPG")
    (images / "broken.mov").write_bytes(b"nothing")
    (images / "one.jpg").write_bytes(jpeg())
    (images / "walk").mkdir()
    for number in range(3):
        cv2.imwrite(str(images / "walk" / f"{number}.png"), picture(number))
    lines = said(["init", str(tmp_path / "project"), "--images", str(images)], capsys)
    project = tmp_path / "project"
    assert lines[0] == f"{project}: 4 images, 3 videos of 20 frames, 1 image sequence, 1 of them unreadable"
    assert any("broken.mov: it is not a video that can be read" in line for line in lines)


def test_photos_alone_are_counted_as_before(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "one.jpg").write_bytes(jpeg())
    lines = said(["init", str(tmp_path / "project"), "--images", str(tmp_path / "images")], capsys)
    assert lines == [f"{tmp_path / 'project'}: 1 image"]


def test_what_an_archive_holds_and_is_not_read_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    photos = write_archive(tmp_path / "photos.zip", {"a.jpg": jpeg(), "../b.jpg": jpeg()})
    lines = said(["init", str(tmp_path / "project"), "--images", str(photos)], capsys)
    assert lines[0].endswith(": 1 image")
    assert any("archive_member_refused" in line for line in lines)
    assert any("../b.jpg: its name leads out of the archive" in line for line in lines)


def test_an_encrypted_or_broken_archive_is_one_clear_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "photos.zip").write_bytes(b"PK nothing")
    assert main(["init", str(tmp_path / "project"), "--images", str(tmp_path / "photos.zip")]) == 2
    assert "cannot be opened" in capsys.readouterr().err
    assert not (tmp_path / "project" / "predscope.json").exists()
