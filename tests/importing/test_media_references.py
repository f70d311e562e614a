"""Labels and predictions for frames of videos, for image sequences, and out of archives."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from predscope import Project, import_labels, import_predictions
from predscope.errors import InputError
from predscope.importing.frames.names import UNKNOWN, NameIndex
from predscope.importing.in_memory import join_files
from predscope.project.hashes import FrameHashes
from tests.test_media_archives import jpeg, write_archive
from tests.video_files import HEIGHT, WIDTH, write_video

COUNT = 15


def labels_of(names: Sequence[str], **more: Any) -> dict[str, Any]:
    """COCO labels with a box on each frame, as wide as its place in the list, plus one."""
    images = [{"id": 100 + i, "file_name": name, "width": WIDTH, "height": HEIGHT} for i, name in enumerate(names)]
    boxes = [
        {"id": i, "image_id": 100 + i, "category_id": 1, "bbox": [1, 1, i + 1, 9], "area": 9, "iscrowd": 0}
        for i in range(len(names))
    ]
    return {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "ball"}], **more}


def write_json(path: Path, content: Any) -> Path:
    path.write_text(json.dumps(content))
    return path


@pytest.fixture
def images(tmp_path: Path) -> Path:
    write_video(tmp_path / "images" / "clips" / "a.mp4", COUNT)
    write_video(tmp_path / "images" / "clips" / "b.mp4", COUNT)
    return tmp_path / "images"


@pytest.fixture
def project(tmp_path: Path, images: Path) -> Project:
    return Project.create(tmp_path / "project", images=images)


def found_in(project: Project, role: str = "labels", name: str | None = None) -> dict[str, float]:
    """Frame id -> width of its box."""
    table = project.objects(role, name).table(["frame_index", "w"])
    ids = project.frames["frame_id"]
    return {ids[row["frame_index"]]: row["w"] for row in table.to_pylist()}


@pytest.mark.parametrize(
    "spelling",
    [
        *("clips/a.mp4#{}", "a.mp4#{}", "a#{}", "clips/a#{}", "C:\\data\\clips\\a.mp4#{}", "a.mp4#{:06d}", "A.MP4#{}"),
        *("a.mp4#{}.txt", "clips/a.mp4#{}.jpg"),
        *("https://host/data/clips/a.mp4#{}", "https://host/clips/a.mp4%23{}?token=x#z"),
    ],
)
def test_frames_of_a_video_are_found_by_all_their_names(project: Project, tmp_path: Path, spelling: str) -> None:
    numbers = [3, 0, 12]
    labels = write_json(tmp_path / "labels.json", labels_of([spelling.format(number) for number in numbers]))
    labelled = import_labels(project, labels).project
    assert len(labelled.frames) == 2 * COUNT
    assert found_in(labelled) == {f"clips/a/{number:06d}": i + 1 for i, number in enumerate(numbers)}
    results = [{"image_id": spelling.format(7), "category_id": 1, "bbox": [0, 0, 5, 5], "score": 0.5}]
    predicted = import_predictions(labelled, write_json(tmp_path / "results.json", results), name="model").project
    assert list(found_in(predicted, "predictions", "model")) == ["clips/a/000007"]


def test_frame_ids_of_a_video_are_references(project: Project, tmp_path: Path) -> None:
    results = [{"image_id": "clips/b/000004", "category_id": 1, "bbox": [0, 0, 5, 5], "score": 0.5}]
    labelled = import_labels(project, write_json(tmp_path / "labels.json", labels_of(["a.mp4#1"]))).project
    predicted = import_predictions(labelled, write_json(tmp_path / "results.json", results), name="model").project
    assert list(found_in(predicted, "predictions", "model")) == ["clips/b/000004"]


@pytest.mark.parametrize("way", ["frame_id", "data_hash"])
def test_labels_name_frames_as_predictions_do(project: Project, tmp_path: Path, way: str) -> None:
    (project.images_root / "stills").mkdir()
    (project.images_root / "stills" / "000004.jpg").write_bytes(jpeg())  # ends like the id of a frame of the videos
    project = Project.create(tmp_path / "with stills", images=project.images_root)
    index = project.frame_index("clips/b/000004")
    columns = ("frame_id", "file_name", "sequence", "sequence_index")
    hashes = FrameHashes(*(project.frames[column].tolist() for column in columns))
    name = "clips/b/000004" if way == "frame_id" else f"{hashes.data_hashes[index]}#4"
    for place in ("yolo/labels", "kitti/labels"):
        (tmp_path / place / name).parent.mkdir(parents=True)
    (tmp_path / "yolo/labels" / f"{name}.txt").write_text("0 0.5 0.5 0.25 0.25\n")
    (tmp_path / "kitti/labels" / f"{name}.txt").write_text("Car 0 0 0 1 1 5 5 0 0 0 0 0 0 0\n")
    (tmp_path / "rows.csv").write_text(f"frame,class,x,y,w,h\n{name},ball,1,1,4,4\n")
    write_json(tmp_path / "coco.json", labels_of([name]))
    for source in ("yolo", "kitti", "rows.csv", "coco.json"):
        labelled = import_labels(project, tmp_path / source, name=source).project
        assert len(labelled.frames) == len(project.frames), source
        assert list(found_in(labelled, "labels", source)) == ["clips/b/000004"], source
    import_labels(project, tmp_path / "rows.csv")  # does not take the id that COCO's labels gave the frame
    assert Project.open(project.path).frames["source_id"][index] == "100"


@pytest.mark.parametrize("name", ["frame_000003.jpg", "a_000003.jpg", "a-3.png", "000003.jpg", "a.mp4", "c.mp4#3"])
def test_nothing_is_guessed_of_frames_that_were_extracted(name: str) -> None:
    index = NameIndex([f"clips/a.mp4#{number}" for number in range(COUNT)])
    assert index.find(name).index == UNKNOWN


def test_labels_of_other_videos_are_refused(project: Project, tmp_path: Path) -> None:
    labels = write_json(tmp_path / "labels.json", labels_of(["c.mp4#1", "frame_000002.jpg"]))
    with pytest.raises(InputError, match="none of the 2 frames"):
        import_labels(project, labels)


def test_frames_beyond_the_end_of_a_video_are_frames_without_image(project: Project, tmp_path: Path) -> None:
    labels = write_json(tmp_path / "labels.json", labels_of(["clips/a.mp4#14", "clips/a.mp4#15"]))
    result = import_labels(project, labels)
    assert found_in(result.project) == {"clips/a/000014": 1, "clips/a/000015": 2}
    assert result.report.problems["labels_without_image"].examples == ["clips/a.mp4#15"]


def test_labels_may_come_before_their_videos(tmp_path: Path, images: Path) -> None:
    labels = write_json(tmp_path / "labels.json", labels_of(["a.mp4#2", "a.mp4#4"]))
    bare = import_labels(Project.create(tmp_path / "project"), labels).project
    assert bare.frames["image_status"].tolist() == ["missing", "missing"]
    both = import_labels(bare, labels, images=images).project
    assert len(both.frames) == 2 * COUNT
    assert both.frames["image_path"][1] == "clips/a.mp4#4"
    assert both.frames["sequence"][1] == "clips/a.mp4"
    assert both.frames["sequence_index"][1] == 4


def test_videos_that_came_later_are_found(project: Project, tmp_path: Path, images: Path) -> None:
    write_video(images / "late.mp4", 6)
    (images / "late.jpg").write_bytes(jpeg())
    labels = write_json(tmp_path / "labels.json", labels_of(["a.mp4#0", "late.mp4#5"]))
    found = import_labels(project, labels).project
    assert len(found.frames) == 2 * COUNT + 7
    assert found_in(found) == {"clips/a/000000": 1, "late/000005": 2}
    assert found.frames["frame_id"].is_unique


def test_image_sequences_that_came_later_are_found_and_those_of_labels_hold(project: Project, tmp_path: Path) -> None:
    for number in range(3):
        for folder in ("walk", "told"):
            path = project.images_root / folder / f"{number:03d}.jpg"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(jpeg())
    content = labels_of(["walk/000.jpg", "told/000.jpg", "told/001.jpg"])
    for place, image in enumerate(content["images"][1:]):
        image |= {"video_id": "my video", "frame_id": 10 + place}
    result = import_labels(project, write_json(tmp_path / "labels.json", content)).project
    frames = result.frames.set_index("frame_id")
    assert frames.loc["walk/002", "sequence"] == "walk"
    assert frames.loc["walk/002", "sequence_index"] == 2
    assert frames.loc["told/001", "sequence"] == "my video"
    assert frames.loc["told/001", "sequence_index"] == 11


def test_coco_videos_join_by_number(project: Project, tmp_path: Path) -> None:
    content = labels_of(["", "", ""], videos=[{"id": 7, "name": "clips/b.mp4"}, {"id": 8, "file_name": "a.mp4"}])
    for image, (video, number) in zip(content["images"], [(7, 3), (8, 3), (8, 14)], strict=True):
        image |= {"video_id": video, "frame_index": number}
        del image["file_name"]
    found = import_labels(project, write_json(tmp_path / "labels.json", content)).project
    assert found_in(found) == {"clips/b/000003": 1, "clips/a/000003": 2, "clips/a/000014": 3}
    frames = found.frames.set_index("frame_id")
    assert frames.loc["clips/a/000014", "sequence"] == "clips/a.mp4"
    assert frames.loc["clips/a/000014", "attributes"] == '{"fps":25}'


def test_coco_videos_of_images_are_sequences_by_name(tmp_path: Path) -> None:
    content = labels_of(["x/8.jpg", "x/9.jpg"], videos=[{"id": 1, "name": "evening"}])
    for place, image in enumerate(content["images"]):
        image |= {"video_id": 1, "frame_id": place}
    made = import_labels(Project.create(tmp_path / "project"), write_json(tmp_path / "labels.json", content)).project
    assert made.frames["sequence"].tolist() == ["evening", "evening"]
    assert made.frames["sequence_index"].tolist() == [0, 1]


def test_labels_inside_an_archive_are_unpacked_elsewhere(project: Project, tmp_path: Path) -> None:
    content = json.dumps(labels_of(["a.mp4#1", "a.mp4#2", "a.mp4#3"])).encode()
    archive = write_archive(tmp_path / "labels.zip", {"out/labels.json": content, "../evil.json": b"{}"})
    before = sorted(tmp_path.rglob("*"))
    result = import_labels(project, archive)
    assert result.report.source == str(archive)
    assert result.report.imported == 3
    assert result.report.problems["unpacked_archive"].count == 1
    assert "leads out" in result.report.problems["archive_member_refused"].examples[0]
    assert not {path for path in tmp_path.rglob("*") if project.path not in path.parents} - set(before)


def test_an_archive_of_yolo_files_names_itself_in_reports(tmp_path: Path) -> None:
    members = {f"set/labels/{number}.txt": b"0 0.5 0.5 0.2 0.2\n" for number in range(4)}
    members["set/labels/2.txt"] += b"0 0.5 nonsense 0.2 0.2\n"
    members |= {f"set/images/{number}.jpg": jpeg() for number in range(4)}
    members["set/data.yaml"] = b"names: [ball]\ntrain: images\n"
    archive = write_archive(tmp_path / "set.zip", members)
    project = Project.create(tmp_path / "project", images=archive)
    assert len(project.frames) == 4
    report = import_labels(project, archive).report
    assert (report.imported, report.rejected, report.frames_matched) == (4, 1, 4)
    assert "predscope-" not in json.dumps(report.to_json())


def test_errors_name_the_archive(project: Project, tmp_path: Path) -> None:
    archive = write_archive(tmp_path / "labels.zip", {"labels.json": b'{"images": [', "more.txt": b"x"})
    with pytest.raises(InputError) as caught:
        import_labels(project, archive)
    assert str(archive) in str(caught.value)
    assert "predscope-" not in str(caught.value)
    with pytest.raises(InputError, match="nothing in this archive"):
        import_labels(project, write_archive(tmp_path / "empty.zip", {"../x.json": b"{}"}))


def test_archives_that_swell_beyond_measure_are_not_unpacked(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from predscope.formats import archives

    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    archive = write_archive(tmp_path / "labels.zip", {"labels.json": b" " * 2000})
    with pytest.raises(InputError, match="would unpack to"):
        import_labels(project, archive)


def test_files_in_archives_are_compared_without_a_project(tmp_path: Path) -> None:
    names = ["1.jpg", "2.jpg"]
    labels = json.dumps(labels_of(names)).encode()
    results = [{"image_id": 100 + i, "category_id": 1, "bbox": [1, 1, i + 1, 9], "score": 0.5} for i in range(2)]
    joined = join_files(
        write_archive(tmp_path / "labels.zip", {"labels.json": labels}),
        write_archive(tmp_path / "results.zip", {"results.json": json.dumps(results).encode()}),
    )
    assert (joined.labels.num_rows, joined.predictions.num_rows) == (2, 2)
