from __future__ import annotations

from pathlib import Path

import pytest

from predscope import Project, import_predictions


def write(folder: Path, text: str) -> Path:
    path = folder / "scores.csv"
    path.write_text(text)
    return path


def test_the_highest_score_is_predicted_and_all_are_kept(tmp_path: Path, read) -> None:
    objects = read(
        write(tmp_path, "image,prob_cat,prob_dog,prob_no cat\na.jpg,.1,.7,.2\nb.jpg,.5,.3,.2\n"), "predictions"
    )
    assert objects.reading.format == "class_scores"
    assert objects.column("class") == ["dog", "cat"]
    assert objects.column("confidence") == [0.7, 0.5]
    assert objects.column("class_scores") == [[0.1, 0.7, 0.2], [0.5, 0.3, 0.2]]
    assert objects.batches[0].score_classes == ["cat", "dog", "no cat"]


def test_labels_of_zeros_and_ones(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, "image,mask,no_mask\na.jpg,1,1\nb.jpg,0,0\n"))
    assert objects.reading.format == "class_scores"
    assert list(zip(objects.column("frame"), objects.column("class"), strict=True)) == [
        *(("a.jpg", "mask"), ("a.jpg", "no_mask"))
    ]
    assert [frame.file_name for frame in objects.reading.frames] == ["a.jpg", "b.jpg"]


def test_rows_that_cannot_be_used_are_named(tmp_path: Path, read) -> None:
    text = "image,cat,dog\na.jpg,.1,.9\nb.jpg,,1\n,.5,.5\n\nc.jpg,x,1\nd.jpg,.2\n"
    objects = read(write(tmp_path, text), "predictions", "class_scores")
    assert objects.column("frame") == ["a.jpg"]
    assert objects.codes == {"cell_invalid": 2, "frame_missing": 1, "row_of_other_length": 1}
    assert objects.report.problems["cell_invalid"].examples == ["row 3: cat is no number", "row 6: cat is no number"]
    assert (objects.report.rows, objects.report.rejected) == (4, 4)


@pytest.mark.parametrize(
    "text",
    ["image,brightness,speed\na.jpg,120,3\n", "image,x,y,w,h\na.jpg,.1,.2,.3,.4\n", "image,class\na.jpg,cat\n"],
)
def test_other_tables_are_not_taken(tmp_path: Path, text: str) -> None:
    from predscope.formats import detect

    names = [reader.name for reader, _ in detect(write(tmp_path, text), "predictions")]
    assert "class_scores" not in names


def test_scores_stand_in_the_order_of_the_classes_of_the_project(shapes_project: Project, tmp_path: Path) -> None:
    assert [one.name for one in shapes_project.classes] == ["car", "person", "bicycle"]
    path = write(tmp_path, "image,bicycle,car\na.jpg,.25,.75\n")
    import_predictions(shapes_project, path, name="classifier")
    project = Project.open(shapes_project.path)
    (row,) = project.objects("predictions", "classifier").table().to_pylist()
    assert (row["class_id"], row["confidence"], row["class_scores"]) == (0, 0.75, [0.75, 0.0, 0.25])
