"""Images inside zip archives: read from there, and nothing that lies about itself."""

from __future__ import annotations

import io
import stat
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from predscope.errors import FileParsingError
from predscope.media import archives, list_images, locate, read_image_info, scan_images
from predscope.media.archives import list_members, read_member
from predscope.schema import ImageStatus
from tests.video_files import write_video


def jpeg(width: int = 64, height: int = 48, orientation: int = 1) -> bytes:
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", (width, height), (200, 30, 40)).save(buffer, "JPEG", exif=exif)
    return buffer.getvalue()


def write_archive(path: Path, members: dict[str, bytes], *, compression: int = zipfile.ZIP_STORED) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def encrypt(path: Path, name: str) -> None:
    """Mark a member as encrypted, in its own header and in the directory."""
    data = bytearray(path.read_bytes())
    for signature, flags, name_at in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
        at = -1
        while (at := data.find(signature, at + 1)) >= 0:
            if data[at + name_at : at + name_at + len(name)] == name.encode():
                data[at + flags] |= 1
    path.write_bytes(data)


def test_an_archive_is_an_images_folder(tmp_path: Path) -> None:
    photos = write_archive(
        tmp_path / "photos.zip",
        {"b/10.jpg": jpeg(), "b/2.jpg": jpeg(64, 48, 6), "notes.txt": b"x", "__MACOSX/b/2.jpg": b"x", "b/.x.jpg": b""},
    )
    listing = list_images(photos)
    assert (listing.paths, listing.refused) == (["b/2.jpg", "b/10.jpg"], {})
    infos = scan_images(photos, listing.paths)
    assert [(info.path, info.status, info.width, info.height, info.orientation) for info in infos] == [
        ("b/2.jpg", ImageStatus.OK, 48, 64, 6),
        ("b/10.jpg", ImageStatus.OK, 64, 48, 1),
    ]
    assert infos[0].stored_size == (64, 48)
    assert infos[1].file_size == len(jpeg())
    assert infos[1].modified_ns == photos.stat().st_mtime_ns


def test_archives_in_a_folder_count_where_nothing_else_does(tmp_path: Path) -> None:
    write_archive(tmp_path / "day.zip", {"1.jpg": jpeg()})
    write_archive(tmp_path / "more" / "night.ZIP", {"x/1.jpg": jpeg(), "readme.md": b""})
    (tmp_path / "labels.zip").write_bytes(b"not an archive")
    listing = list_images(tmp_path)
    assert listing.paths == ["day.zip/1.jpg", "more/night.ZIP/x/1.jpg"]
    assert "cannot be opened" in listing.refused["labels.zip"]
    assert [info.status for info in scan_images(tmp_path, listing.paths)] == [ImageStatus.OK] * 2
    (tmp_path / "photo.jpg").write_bytes(jpeg())
    assert list_images(tmp_path).paths == ["photo.jpg"]  # beside images they hold what was unpacked


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("../out.jpg", "leads out"),
        ("a/../../out.jpg", "leads out"),
        ("a\\..\\..\\out.jpg", "leads out"),
        ("/etc/out.jpg", "absolute"),
        ("C:/out.jpg", "absolute"),
        ("\\\\host\\share\\out.jpg", "absolute"),
    ],
)
def test_names_that_lead_elsewhere_are_refused(tmp_path: Path, name: str, why: str) -> None:
    path = write_archive(tmp_path / "photos.zip", {name: jpeg(), "good.jpg": jpeg()})
    listing = list_images(path)
    assert listing.paths == ["good.jpg"]
    [(refused, reason)] = listing.refused.items()
    assert why in reason
    with pytest.raises(FileParsingError, match="not read"):
        read_member(path, refused)


def test_links_and_encrypted_members_are_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "photos.zip", {"good.jpg": jpeg(), "locked.jpg": jpeg()})
    with zipfile.ZipFile(path, "a") as archive:
        link = zipfile.ZipInfo("link.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
    encrypt(path, "locked.jpg")
    listing = list_images(path)
    assert listing.paths == ["good.jpg"]
    assert listing.refused == {"link.jpg": "it is a link", "locked.jpg": "it is encrypted"}
    encrypted = write_archive(tmp_path / "all.zip", {"a.jpg": jpeg()})
    encrypt(encrypted, "a.jpg")
    with pytest.raises(FileParsingError, match=r"encrypted.*password"):
        list_images(encrypted)


def test_members_that_swell_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = {"bomb.jpg": bytes(40 << 20), "good.jpg": jpeg()}
    path = write_archive(tmp_path / "photos.zip", bomb, compression=zipfile.ZIP_DEFLATED)
    listing = list_images(path)
    assert listing.paths == ["good.jpg"]
    assert "times its size" in listing.refused["bomb.jpg"]
    [info] = scan_images(path, ["bomb.jpg"])
    assert info.status is ImageStatus.UNREADABLE
    monkeypatch.setattr(archives, "MOST_BYTES_A_MEMBER", 100)
    assert "GB" in list_images(path).refused["good.jpg"]
    monkeypatch.setattr(archives, "MOST_MEMBERS", 1)
    with pytest.raises(FileParsingError, match="the most"):
        list_members(path)


def test_a_member_that_claims_to_be_packed_to_more_than_the_archive_is_refused(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "photos.zip", {"a.jpg": jpeg(), "b.jpg": jpeg()})
    data = bytearray(path.read_bytes())
    packed_at = data.find(b"PK\x01\x02") + 20
    data[packed_at : packed_at + 4] = (0x7FFFFFFF).to_bytes(4, "little")
    path.write_bytes(data)
    members = list_members(path)
    assert members.names == ["b.jpg"]
    assert members.refused["a.jpg"].startswith("it claims to be packed to 2,147,483,647 bytes from ")


def test_a_member_that_is_damaged_says_so(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "photos.zip", {"a.jpg": jpeg(), "b.jpg": jpeg()})
    data = bytearray(path.read_bytes())
    data[data.index(b"a.jpg") + 200] ^= 0xFF  # the checksum no longer fits
    path.write_bytes(data)
    first, second = scan_images(path, ["a.jpg", "b.jpg"])
    assert (first.status, second.status) == (ImageStatus.UNREADABLE, ImageStatus.OK)
    assert "damaged" in first.problem


@pytest.mark.parametrize("content", [b"", b"PK", jpeg()], ids=["none", "cut", "jpeg"])
def test_what_is_no_archive_is_an_input_error(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "photos.zip").write_bytes(content)
    with pytest.raises(FileParsingError, match="cannot be opened"):
        list_images(tmp_path / "photos.zip")


def test_an_empty_archive_has_no_images(tmp_path: Path) -> None:
    assert list_images(write_archive(tmp_path / "photos.zip", {})).paths == []


def test_a_member_that_is_gone_is_unreadable_and_a_plain_name_wins(tmp_path: Path) -> None:
    write_archive(tmp_path / "photos.zip", {"a.jpg": jpeg()})
    assert read_image_info(tmp_path, "photos.zip/gone.jpg").status is ImageStatus.UNREADABLE
    assert read_image_info(tmp_path, "nothing.zip/gone.jpg").status is ImageStatus.MISSING
    (tmp_path / "folder.zip").mkdir()
    (tmp_path / "folder.zip" / "a.jpg").write_bytes(jpeg())
    source = locate(tmp_path, "folder.zip/a.jpg")
    assert source is not None
    assert source.is_image_file
    assert locate(tmp_path, "../photos.zip/a.jpg") is None


def test_an_archive_is_read_again_when_it_has_changed(tmp_path: Path) -> None:
    path = write_archive(tmp_path / "photos.zip", {"a.jpg": jpeg()})
    assert read_member(path, "a.jpg") == jpeg()
    write_archive(path, {"a.jpg": jpeg(80, 60), "b.jpg": jpeg()})
    assert read_member(path, "a.jpg") == jpeg(80, 60)
    for number in range(10):  # more archives than are kept open
        other = write_archive(tmp_path / f"{number}.zip", {"a.jpg": jpeg()})
        assert read_member(other, "a.jpg") == jpeg()
    assert read_member(path, "b.jpg") == jpeg()


def test_videos_inside_archives_are_left_out_and_said(tmp_path: Path) -> None:
    video = write_video(tmp_path / "clip.mp4", 3).read_bytes()
    path = write_archive(tmp_path / "photos.zip", {"a.jpg": jpeg(), "clip.mp4": video})
    listing = list_images(path)
    assert listing.paths == ["a.jpg"]
    assert "unpack" in listing.refused["clip.mp4"]
