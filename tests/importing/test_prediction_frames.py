"""Predictions meet frames by one kind of reference, or not at all."""

from __future__ import annotations

import numpy as np
import pytest

from predscope.errors import InputError
from predscope.schema import DeclaredFrame

F = DeclaredFrame


def frames_of(result) -> list[int]:
    return result.objects.table(["frame_index"])["frame_index"].to_pylist()


def test_by_ids_of_the_labels(labelled) -> None:
    result = labelled.predictions(labelled.batch([20, 11, 15, 11], confidence=0.5))
    assert frames_of(result) == [0, 0, 4, 9]
    assert (result.report.frames, result.report.frames_matched) == (3, 3)


@pytest.mark.parametrize("kind", ["id", "name"])
@pytest.mark.parametrize(
    "names",
    [
        ["000012.jpg", "000020.jpg"],
        ["000012", "000020"],
        ["/data/val/000012.jpg", "C:\\x\\000020.jpg"],
        ["https://host/000012.jpg", "gs://bucket/000020.png"],
    ],
)
def test_by_name(labelled, names: list[str], kind: str) -> None:
    assert frames_of(labelled.predictions(labelled.batch(names, frame_ref_is=kind, confidence=0.5))) == [1, 9]


def test_ids_that_are_names_are_joined_by_name_and_said_so(labelled) -> None:
    result = labelled.predictions(labelled.batch(["set/000012.jpg", "set/000013.jpg"], confidence=0.5))
    assert result.report.problems["joined_by_name"].count == 2


def test_numbers_in_file_names(importer) -> None:
    importer.use_images("000000000139.jpg", "000000000285.jpg")
    result = importer.predictions(importer.batch([285, 139], confidence=0.5))
    assert frames_of(result) == [0, 1]
    assert "joined_by_name" in result.report.problems


def test_frame_ids_of_a_project_without_labels(importer) -> None:
    importer.use_images("day/1.jpg", "night/1.jpg")
    result = importer.predictions(importer.batch(["night/1", "day/1"], confidence=0.5))
    assert frames_of(result) == [0, 1]


def test_ids_of_labels_go_before_numbers_in_names(importer) -> None:
    frames = [F("000002.jpg", "1", 100, 80), F("000001.jpg", "2", 100, 80)]
    importer.labels(importer.batch([1, 2]), frames=frames)
    assert frames_of(importer.predictions(importer.batch([1], confidence=0.5))) == [0]


def test_declared_names_win_over_ids_that_contradict_them(importer) -> None:
    importer.labels(importer.batch([1, 2]), frames=[F("a.jpg", "1", 100, 80), F("b.jpg", "2", 100, 80)])
    result = importer.predictions(
        importer.batch([1, 1, 2], confidence=0.5), frames=[F("x/b.jpg", "1"), F("x/a.jpg", "2")]
    )
    assert np.diff(result.objects.offsets).tolist() == [1, 2]
    assert "b.jpg here, a.jpg in the project" in result.report.problems["ids_contradict_names"].examples[0]


def test_ids_hold_where_declared_names_are_unknown(importer) -> None:
    importer.labels(importer.batch([1, 2]), frames=[F("a.jpg", "1", 100, 80), F("b.jpg", "2", 100, 80)])
    result = importer.predictions(importer.batch([2], confidence=0.5), frames=[F("tmp_7f3a", "1"), F("tmp_9c", "2")])
    assert frames_of(result) == [1]


def test_no_frame_in_common_stops_with_five_of_each_side(labelled) -> None:
    before = labelled.project.current_revision()
    with pytest.raises(InputError) as caught:
        labelled.predictions(labelled.batch([f"zebra{number}" for number in range(8)], confidence=0.5))
    text = str(caught.value)
    for words in ("'zebra0'", "'zebra4'", "'000011.jpg'", "'000015.jpg'", "'11'", "0 of 8", "Import the labels"):
        assert words in text
    assert "zebra5" not in text
    assert labelled.project.current_revision() == before
    assert labelled.project.set_names("predictions") == []


def test_few_ids_and_no_names_stop(labelled) -> None:
    with pytest.raises(InputError, match="by id in the labels 10 %"):
        labelled.predictions(labelled.batch([11, *range(500, 530)], confidence=0.5))


def test_unknown_frames_are_rejected_one_by_one(labelled) -> None:
    result = labelled.predictions(labelled.batch([11, 12, 13, 99, 99], confidence=0.5))
    assert (result.report.imported, result.report.rejected) == (3, 2)
    assert result.report.problems["unknown_frame"].examples[0] == "annotations[3]: image id 99"


def test_predictions_for_more_frames_than_the_project_has(labelled) -> None:
    ids = list(range(11, 61))
    result = labelled.predictions(labelled.batch(ids, confidence=0.5))
    assert (result.report.imported, result.report.rejected) == (10, 40)
    assert result.report.problems["few_frames_matched"].count == 40


def test_ambiguous_base_names_are_rejected(importer) -> None:
    importer.use_images("day/1.jpg", "night/1.jpg", "a.jpg", "b.jpg")
    batch = importer.batch(["night/1.jpg", "1.jpg", "a.jpg", "b.jpg"], frame_ref_is="name", confidence=0.5)
    result = importer.predictions(batch)
    assert result.report.problems["ambiguous_frame"].examples == ["annotations[1]: image 1.jpg"]
    names = importer.project.frames["file_name"]
    assert [names[index] for index in frames_of(result)] == ["a.jpg", "b.jpg", "night/1.jpg"]


def test_shifted_ids_are_said(importer) -> None:
    frames = [F(f"img{number}.jpg", str(number), 100, 80) for number in range(1, 11)]
    importer.labels(importer.batch(list(range(1, 11))), frames=frames)
    result = importer.predictions(importer.batch(list(range(10)), confidence=0.5))
    assert "adding 1" in result.report.problems["frame_ids_shifted"].examples[0]
    assert result.report.problems["unknown_frame"].count == 1


def test_project_without_frames(importer) -> None:
    with pytest.raises(InputError, match="no frames yet"):
        importer.predictions(importer.batch([1], confidence=0.5))


def test_no_predictions_at_all(labelled) -> None:
    result = labelled.predictions()
    assert result.objects.count == 0
    assert result.report.problems["no_objects"].count == 1


def test_later_batches_use_the_same_kind(labelled, monkeypatch) -> None:
    monkeypatch.setattr("predscope.importing.importer.SAMPLE_ROWS", 2)
    batches = [labelled.batch([11, 12], confidence=0.5), labelled.batch([13, 77], confidence=0.5)]
    result = labelled.predictions(*batches)
    assert frames_of(result) == [0, 1, 2]


def test_missing_references(labelled) -> None:
    result = labelled.predictions(labelled.batch(["11", None, "12", ""], confidence=0.5))
    assert result.report.problems["unknown_frame"].count == 2
