"""Frames that labels speak of, and the images that are there."""

from __future__ import annotations

import numpy as np
import pytest

from predscope.errors import InputError
from predscope.schema import DeclaredFrame

F = DeclaredFrame


def test_without_images_frames_come_from_the_labels(importer) -> None:
    result = importer.labels(
        importer.batch([7, 9]),
        frames=[F("night/1.jpg", "7", 100, 80, attributes={"weather": "rain"}), F("night/2.jpg", "9"), F("x.jpg", "3")],
    )
    frames = importer.project.frames
    assert frames["frame_id"].tolist() == ["night/1", "night/2", "x"]
    assert frames["source_id"].tolist() == ["7", "9", "3"]
    assert frames["image_status"].tolist() == ["missing"] * 3
    assert frames["width"].tolist()[0] == 100
    assert frames["attributes"][0] == '{"weather":"rain"}'
    assert "labels_without_image" not in result.report.problems
    assert result.report.problems["frames_without_labels"].examples == ["x.jpg"]
    assert (result.report.frames, result.report.frames_matched) == (3, 3)


def test_labels_meet_images_by_name(importer) -> None:
    importer.use_images("day/1.jpg", "night/1.jpg", "2.jpg")
    result = importer.labels(
        importer.batch([1, 2, 3, 4]),
        frames=[
            F("C:\\set\\night\\1.jpg", "1"),
            F("https://host/set/2.jpg?x=1", "2"),
            F("gone.jpg", "3", 50, 40),
            F("set/day/1.jpg", "4"),
        ],
    )
    frames = importer.project.frames
    assert frames["file_name"].tolist() == ["2.jpg", "day/1.jpg", "night/1.jpg", "gone.jpg"]
    assert frames["source_id"].tolist() == ["2", "4", "1", "3"]
    assert frames["image_status"].tolist() == ["ok", "ok", "ok", "missing"]
    assert result.objects.table(["frame_index"])["frame_index"].to_pylist() == [0, 1, 2, 3]
    problem = result.report.problems["labels_without_image"]
    assert (problem.count, problem.examples) == (1, ["gone.jpg"])
    assert (result.report.frames, result.report.frames_matched) == (4, 3)
    assert result.first_frame == 0


def test_ambiguous_names_are_rejected_not_guessed(importer) -> None:
    importer.use_images("day/1.jpg", "night/1.jpg", "2.jpg")
    result = importer.labels(importer.batch([1, 2]), frames=[F("1.jpg", "1"), F("2.jpg", "2")])
    assert (result.report.imported, result.report.rejected) == (1, 1)
    assert "annotations[0]" in result.report.problems["ambiguous_frame"].examples[0]
    assert len(importer.project.frames) == 3


def test_two_labelled_frames_never_share_one_image_by_base_name(importer) -> None:
    importer.use_images("1.jpg", "2.jpg")
    result = importer.labels(
        importer.batch([1, 2, 3]), frames=[F("train/1.jpg", "1"), F("val/1.jpg", "2"), F("2.jpg", "3")]
    )
    assert result.report.problems["ambiguous_frame"].count == 2
    assert result.report.imported == 1


def test_the_better_fitting_frame_gets_the_image(importer) -> None:
    importer.use_images("train/1.jpg")
    importer.labels(importer.batch([1, 2]), frames=[F("val/1.jpg", "2"), F("train/1.jpg", "1")])
    frames = importer.project.frames
    assert frames["source_id"].tolist() == ["1", "2"]
    assert frames["image_status"].tolist() == ["ok", "missing"]


def test_one_file_under_two_ids_is_two_frames(importer) -> None:
    importer.use_images("1.jpg")
    declared = [F("1.jpg", "5"), F("1.jpg", "6"), F("1.jpg", "6")]
    result = importer.labels(importer.batch([5, 6, 6]), frames=declared)
    frames = importer.project.frames
    assert frames["frame_id"].tolist() == ["1", "1.jpg"]
    assert frames["image_path"].tolist() == ["1.jpg", "1.jpg"]
    assert frames["image_status"].tolist() == ["ok", "ok"]
    assert result.report.problems["duplicate_frame"].count == 1
    assert result.objects.offsets.tolist() == [0, 1, 3]
    again = importer.labels(importer.batch([5, 6, 6]), frames=declared)
    assert len(importer.project.frames) == 2
    assert again.objects.offsets.tolist() == [0, 1, 3]


def test_one_id_for_two_files_rejects_what_refers_to_it(importer) -> None:
    result = importer.labels(importer.batch([5, 6]), frames=[F("1.jpg", "5"), F("2.jpg", "5"), F("3.jpg", "6")])
    assert result.report.problems["duplicate_frame_id"].count == 1
    assert result.report.problems["ambiguous_frame"].count == 1
    assert result.report.imported == 1


def test_annotation_without_image_record_is_rejected(importer) -> None:
    result = importer.labels(importer.batch([5, 99]), frames=[F("1.jpg", "5")])
    assert result.report.problems["unknown_frame"].examples == ["annotations[1]: image id 99"]


def test_no_image_in_common_stops_with_both_sides(importer) -> None:
    importer.use_images("a.jpg", "b.jpg")
    before = importer.project.current_revision()
    with pytest.raises(InputError) as caught:
        importer.labels(importer.batch([1]), frames=[F("x.jpg", "1"), F("y.jpg", "2")])
    for words in ("'x.jpg'", "'y.jpg'", "'a.jpg'", "'b.jpg'", "--images"):
        assert words in str(caught.value)
    assert importer.project.current_revision() == before


def test_objects_may_name_their_frames(importer) -> None:
    importer.use_images("a.jpg", "b.jpg")
    batches = [importer.batch(names, frame_ref_is="name") for names in (["b", "a.jpg"], ["new.jpg", "b.jpg"])]
    result = importer.labels(*batches)
    assert importer.project.frames["file_name"].tolist() == ["a.jpg", "b.jpg", "new.jpg"]
    assert np.diff(result.objects.offsets).tolist() == [1, 2, 1]
    assert result.report.problems["labels_without_image"].examples == ["new.jpg"]


def test_header_wins_over_the_declared_size(importer) -> None:
    importer.use_images("a.jpg", "b.jpg")
    result = importer.labels(importer.batch([1, 2]), frames=[F("a.jpg", "1", 1000, 800), F("b.jpg", "2", 100, 80)])
    assert importer.project.frames["width"].tolist() == [100, 100]
    problem = result.report.problems["size_differs"]
    assert problem.examples == ["a.jpg: 1000 x 800 in the labels, 100 x 80 in the image"]


def test_labels_in_unrotated_pixels_turn_the_rotation_off(importer) -> None:
    importer.use_images("a.jpg", "b.jpg", orientation=6)
    assert importer.project.frames["width"].tolist() == [80, 80]
    assert importer.project.frames["apply_exif"].tolist() == [True, True]
    result = importer.labels(
        importer.batch([1, 2], boxes=[[90, 0, 10, 10], [0, 90, 10, 10]]),
        frames=[F("a.jpg", "1", 100, 80), F("b.jpg", "2", 80, 100)],
    )
    frames = importer.project.frames
    assert frames["apply_exif"].tolist() == [False, True]
    assert frames["width"].tolist() == [100, 80]
    assert result.report.problems["labels_in_unrotated_pixels"].examples == ["a.jpg"]
    assert result.report.problems["exif_orientation"].examples == ["b.jpg"]
    assert result.report.imported == 2
    importer.labels(importer.batch([1]), frames=[F("a.jpg", "1", 80, 100)])
    assert importer.project.frames["apply_exif"].tolist() == [True, True]


def test_images_that_came_later_are_found(importer) -> None:
    importer.use_images("a.jpg")
    importer.save_images("b.jpg", "c.jpg")
    importer.labels(importer.batch([1]), frames=[F("a.jpg", "1")])
    assert importer.project.frames["file_name"].tolist() == ["a.jpg"]
    importer.labels(importer.batch([1, 2]), frames=[F("a.jpg", "1"), F("b.jpg", "2")])
    assert importer.project.frames["file_name"].tolist() == ["a.jpg", "b.jpg", "c.jpg"]
    assert importer.project.frames["image_status"].tolist() == ["ok"] * 3


def test_images_folder_given_after_the_labels(importer) -> None:
    declared = [F("set/a.jpg", "1", 300, 200), F("set/b.jpg", "2", 300, 200)]
    importer.labels(importer.batch([1, 2]), frames=declared)
    importer.save_images("a.jpg", "extra.jpg")
    result = importer.labels(importer.batch([1, 2]), frames=declared, images=importer.images)
    frames = importer.project.frames
    assert frames["file_name"].tolist() == ["set/a.jpg", "set/b.jpg", "extra.jpg"]
    assert frames["image_status"].tolist() == ["ok", "missing", "ok"]
    assert frames["width"].tolist() == [100, 300, 100]
    assert importer.project.image_file(0) == importer.images / "a.jpg"
    assert result.report.problems["labels_without_image"].examples == ["set/b.jpg"]
    assert result.version == 2


def test_another_images_folder_is_refused_unless_it_holds_the_images(importer, tmp_path) -> None:
    importer.use_images("a.jpg", "b.jpg")
    other = tmp_path / "other"
    other.mkdir()
    (other / "z.jpg").write_bytes((importer.images / "a.jpg").read_bytes())
    with pytest.raises(InputError, match="only 0 of 2"):
        importer.labels(importer.batch([1]), frames=[F("a.jpg", "1")], images=other)
    for name in ("a.jpg", "b.jpg"):
        (other / name).write_bytes((importer.images / name).read_bytes())
    importer.labels(importer.batch([1]), frames=[F("a.jpg", "1")], images=other)
    assert importer.project.images_root == other
    assert importer.project.image_file(0) == other / "a.jpg"


def test_unreadable_images_are_named(importer) -> None:
    importer.save_images("a.jpg")
    (importer.images / "bad.jpg").write_bytes(b"\xff\xd8 no")
    importer.use_images("a.jpg")
    result = importer.labels(importer.batch([1, 2]), frames=[F("a.jpg", "1"), F("bad.jpg", "2", 100, 80)])
    assert result.report.problems["image_unreadable"].examples == ["bad.jpg"]
    assert importer.project.frames["width"].tolist() == [100, 100]


def test_newer_ids_hold(importer) -> None:
    importer.labels(importer.batch([1]), frames=[F("a.jpg", "1")])
    result = importer.labels(importer.batch([50]), frames=[F("a.jpg", "50")])
    assert importer.project.frames["source_id"].tolist() == ["50"]
    assert "50, was 1" in result.report.problems["source_ids_changed"].examples[0]


def test_names_that_leave_the_folder_touch_nothing(importer, tmp_path) -> None:
    importer.use_images("a.jpg")
    (tmp_path / "secret.jpg").write_bytes((importer.images / "a.jpg").read_bytes())
    importer.labels(importer.batch([1, 2]), frames=[F("a.jpg", "1"), F("../secret.jpg", "2")])
    assert importer.project.frames["image_status"].tolist() == ["ok", "missing"]
    assert importer.project.frames["frame_id"].tolist() == ["a", "secret"]
    assert importer.project.image_file(1) is None
    # The other way round, a name that ends like an image inside is that image, not one outside.
    importer.labels(importer.batch([1]), frames=[F("../../elsewhere/a.jpg", "1")])
    assert len(importer.project.frames) == 2
