from __future__ import annotations

import contextlib
import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hotcoco import mask as rle_codec

from predscope.errors import FileParsingError, InputError
from predscope.formats import open_input
from predscope.formats.tables.cells import OddCell, parsed_cell, polygon_parts, run_lengths
from predscope.formats.tables.columns import read_columns

BOX = [10.0, 20.0, 30.0, 40.0]


def write(folder: Path, text: str, name: str = "objects.csv", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


@pytest.mark.parametrize(
    ("names", "values"),
    [
        ("x,y,w,h", "10,20,30,40"),
        ("left,top,width,height", "10,20,30,40"),
        ("bbox_x,bbox_y,bbox_width,bbox_height", "10,20,30,40"),
        ("xmin,ymin,xmax,ymax", "10,20,40,60"),
        ("XMax,XMin,YMax,YMin", "40,10,60,20"),
        ("x_min,y_min,x_max,y_max", "10,20,40,60"),
        ("x1,y1,x2,y2", "10,20,40,60"),
        ("x0,y0,x1,y1", "10,20,40,60"),
        ("box_left,box_top,box_right,box_bottom", "10,20,40,60"),
        ("cx,cy,w,h", "25,40,30,40"),
        ("x_center,y_center,width,height", "25,40,30,40"),
        ("bbox", '"[10, 20, 30, 40]"'),
        ("bbox", "10 20 30 40"),
        ("bbox_xyxy", '"[10, 20, 40, 60]"'),
        ("bounding_box", '"{""x"": 10, ""y"": 20, ""w"": 30, ""h"": 40}"'),
        ("bbox", '"{""xmin"": 10, ""ymin"": 20, ""xmax"": 40, ""ymax"": 60}"'),
    ],
)
def test_many_spellings_of_a_box(tmp_path: Path, read, names: str, values: str) -> None:
    objects = read(write(tmp_path, f"file_name,class,{names}\na.jpg,cat,{values}\n"))
    assert objects.reading.format == "table"
    assert objects[0]["box"] == BOX
    assert (objects[0]["frame"], objects[0]["class"], objects[0]["relative"]) == ("a.jpg", "cat", False)
    assert objects[0]["place"] == "row 2"
    assert objects.codes == {}


@pytest.mark.parametrize("names", ["xmin_rel,ymin_rel,xmax_rel,ymax_rel", "rel_x1,rel_y1,rel_x2,rel_y2"])
def test_names_may_say_that_boxes_are_fractions(tmp_path: Path, read, names: str) -> None:
    objects = read(write(tmp_path, f"image,label,{names}\na.jpg,cat,.1,.2,.4,.6\n"))
    assert objects[0]["box"] == pytest.approx([0.1, 0.2, 0.3, 0.4])
    assert objects[0]["relative"]


@pytest.mark.parametrize("frame", ["frame", "image", "filename", "image_path", "Image Name", "img"])
@pytest.mark.parametrize("klass", ["class", "label", "category", "Class Name", "category_name"])
def test_many_spellings_of_frames_and_classes(tmp_path: Path, read, frame: str, klass: str) -> None:
    objects = read(write(tmp_path, f"{frame};{klass};Score;x;y;w;h\na.jpg;cat;0,25;1,5;2;3;4\n"), "predictions")
    assert (objects[0]["frame"], objects[0]["class"]) == ("a.jpg", "cat")
    assert (objects[0]["confidence"], objects[0]["box"]) == (0.25, [1.5, 2, 3, 4])


def test_ids_are_ids_and_names_are_names(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, 'image_id,category_id,score,bbox\n7,3,.5,"[1,2,3,4]"\n'), "predictions")
    assert [objects[0][key] for key in ("frame", "frame_is", "class", "class_is")] == ["7", "id", "3", "id"]
    objects = read(write(tmp_path, "file_name,class,x,y,w,h\n0007,3a,1,2,3,4\n"))
    assert [objects[0][key] for key in ("frame", "frame_is", "class", "class_is")] == ["0007", "name", "3a", "name"]


def test_sizes_classes_and_frames_without_objects_are_declared(tmp_path: Path, read) -> None:
    text = (
        "filename,width,height,class,class_id,xmin,ymin,xmax,ymax\n"
        "a.jpg,100,80,cat,4,1,2,30,40\nb.jpg,50,40,,,,,,\n\na.jpg,100,80,dog,7,1,2,3,4\n"
    )
    objects = read(write(tmp_path, text))
    assert [(one.file_name, one.width, one.height) for one in objects.reading.frames] == [
        *(("a.jpg", 100, 80), ("b.jpg", 50, 40))
    ]
    assert [(one.name, one.source_id) for one in objects.reading.classes] == [("cat", "4"), ("dog", "7")]
    assert objects.column("place") == ["row 2", "row 5"]
    assert objects.codes == {"rows_without_object": 1}


def test_a_video_and_a_number_name_a_frame(tmp_path: Path, read) -> None:
    text = "video,frame,track_id,label,left,top,width,height\nclips/a.mp4,12,t1,car,1,2,3,4\n"
    objects = read(write(tmp_path, text))
    assert (objects[0]["frame"], objects[0]["frame_is"], objects[0]["track_id"]) == ("clips/a.mp4#12", "name", "t1")


def test_other_columns_become_attributes_and_are_said_once(tmp_path: Path, read) -> None:
    text = 'image,class,x,y,w,h,weather,attributes\na.jpg,cat,1,2,3,4,rain,"{""age"": 3}"\nb.jpg,cat,1,2,3,4,,\n'
    objects = read(write(tmp_path, text))
    assert objects.column("attributes") == [{"weather": "rain", "age": 3}, None]
    assert objects.codes == {"unknown_columns": 1}
    assert objects.report.problems["unknown_columns"].examples == ["weather"]


def test_shapes(tmp_path: Path, read) -> None:
    mask = np.zeros((12, 10), np.uint8)
    mask[2:5, 3:7] = 1
    counts = rle_codec.encode(np.asfortranarray(mask))["counts"]
    counts = counts if isinstance(counts, str) else counts.decode()
    rows = [
        {"polygon": json.dumps([[1, 2], [9, 2], [5, 8]])},
        {"polygon": "1 2 9 2 5 8"},
        {"polygon": json.dumps([[1, 2, 9, 2, 5, 8], [1, 2, 3, 2, 3, 3]])},
        {"polygon": json.dumps({"size": [12, 10], "counts": counts})},
        {"rle": counts, "size": "[12, 10]"},
        {"keypoints": json.dumps([1, 2, 2, 0, 0, 0])},
        {"polyline": json.dumps([[1, 2], [3, 4]])},
        {"obb": json.dumps([5, 6, 3, 2, 0.5])},
    ]
    names = ["polygon", "rle", "size", "keypoints", "polyline", "obb"]
    lines = ["\t".join(["a.jpg", "cat", *(row.get(name, "") for name in names)]) for row in rows]
    path = write(tmp_path, "\t".join(["image", "class", *names]) + "\n" + "\n".join(lines), "objects.tsv")
    objects = read(path)
    ring = [1, 2, 9, 2, 5, 8]
    assert objects.column("geometry") == [
        *("polygon", "polygon", "polygon", "mask", "mask", "keypoints", "polyline", "oriented_box")
    ]
    assert objects.column("polygons")[:3] == [[[ring]], [[ring]], [[ring], [[1, 2, 3, 2, 3, 3]]]]
    assert [objects[row]["rle_counts"] for row in (3, 4)] == [counts.encode()] * 2
    assert objects[4]["rle_size"] == [12, 10]
    assert objects[5]["keypoints"] == [1, 2, 2, 0, 0, 0]
    assert objects[6]["polylines"] == [[1, 2, 3, 4]]
    assert objects[7]["oriented_box"] == [5, 6, 3, 2, 0.5]
    assert objects.codes == {}


def test_run_lengths_of_first_pixels_and_lengths() -> None:
    counts, size = run_lengths(parsed_cell("2 3 9 1"), (4, 3))
    mask = rle_codec.decode({"size": list(size), "counts": counts})
    assert np.flatnonzero(np.asarray(mask).ravel(order="F")).tolist() == [1, 2, 3, 8]
    with pytest.raises(OddCell, match="run lengths of 4 x 3"):
        run_lengths([2, 30], (4, 3))
    with pytest.raises(OddCell, match="height and width are not known"):
        run_lengths([2, 3], None)


@pytest.mark.parametrize(
    ("value", "rings"),
    [
        ([0, 0, 4, 0, 4, 4], [[[0, 0, 4, 0, 4, 4]]]),
        ([[0, 0], [4, 0], [4, 4]], [[[0, 0, 4, 0, 4, 4]]]),
        ([{"x": 0, "y": 0}, {"x": 4, "y": 0}, {"x": 4, "y": 4}], [[[0, 0, 4, 0, 4, 4]]]),
        ([[[0, 0], [4, 0], [4, 4]], [[5, 5], [6, 5], [6, 6]]], [[[0, 0, 4, 0, 4, 4]], [[5, 5, 6, 5, 6, 6]]]),
        ([[[0, 0, 4, 0, 4, 4], [1, 1, 2, 1, 2, 2]]], [[[0, 0, 4, 0, 4, 4], [1, 1, 2, 1, 2, 2]]]),
        ({"type": "Polygon", "coordinates": [[[0, 0], [4, 0], [4, 4]]]}, [[[0, 0, 4, 0, 4, 4]]]),
        (
            {"type": "MultiPolygon", "coordinates": [[[[0, 0], [4, 0], [4, 4]]], [[[5, 5], [6, 5], [6, 6]]]]},
            [[[0, 0, 4, 0, 4, 4]], [[5, 5, 6, 5, 6, 6]]],
        ),
    ],
)
def test_ways_of_writing_an_outline(value: object, rings: list) -> None:
    assert polygon_parts(value) == rings


@pytest.mark.parametrize("value", [None, 3, "abc", [], [1], [[1, 2]], [[1, "x"], [2, 3], [4, 5]], {"a": 1}, [[[]]]])
def test_what_is_no_outline(value: object) -> None:
    with pytest.raises(OddCell):
        polygon_parts(value)


def test_rows_that_cannot_be_read_are_named(tmp_path: Path, read) -> None:
    text = (
        "image,class,score,x,y,w,h,polygon\n"
        "a.jpg,cat,.5,1,2,3,4,\n"
        "a.jpg,cat,high,1,2,3,4,\n"
        "a.jpg,cat,.5,one,2,3,4,\n"
        "a.jpg,cat,.5,1,2,3,4,abc\n"
        ",cat,.5,1,2,3,4,\n"
        "a.jpg,cat,.5\n"
        "b.jpg,cat,.5,1,2,3,4,\n"
    )
    objects = read(write(tmp_path, text), "predictions")
    assert objects.column("place") == ["row 2", "row 8"]
    assert objects.codes == {"cell_invalid": 3, "frame_missing": 1, "row_of_other_length": 1}
    examples = objects.report.problems["cell_invalid"].examples
    assert {"row 3: score is 'high', expected a number", "row 4: x is 'one', expected a number"} < set(examples)
    assert objects.report.problems["frame_missing"].examples == ["row 6"]
    assert objects.report.problems["row_of_other_length"].examples[0].startswith("row 7: 3 cells, not 8")
    assert (objects.report.rows, objects.report.rejected) == (5, 5)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings(tmp_path: Path, read, encoding: str) -> None:
    path = write(tmp_path, "Bild,image,class,x,y,w,h\r\n1,Käse.jpg,Möhre,1,2,3,4\r\n", encoding=encoding)
    objects = read(path)
    assert (objects[0]["frame"], objects[0]["class"]) == ("Käse.jpg", "Möhre")
    assert ("encoding_assumed" in objects.codes) == (encoding == "cp1252")


def test_quotes_delimiters_and_lines_inside_cells(tmp_path: Path, read) -> None:
    text = 'image,class,x,y,w,h,note\n"a, b.jpg","big ""cat""",1,2,3,4,"one\ntwo"\nb.jpg,dog,1,2,3,4,x\n'
    objects = read(write(tmp_path, text))
    assert (objects[0]["frame"], objects[0]["class"]) == ("a, b.jpg", 'big "cat"')
    assert objects[0]["attributes"] == {"note": "one\ntwo"}
    assert objects.column("place") == ["row 2", "row 3"]


def test_a_table_without_classes_has_one(tmp_path: Path, read) -> None:
    objects = read(write(tmp_path, 'image_id,width,height,bbox\nb6ab,1024,1024,"[834.0, 222.0, 56.0, 36.0]"\n'))
    assert objects.column("class") == ["object"]
    assert objects.codes == {"class_assumed": 1}


def test_tables_that_are_none_are_refused_in_words(tmp_path: Path) -> None:
    path = write(tmp_path, "class,x,y,w,h\ncat,1,2,3,4\n")
    with pytest.raises(InputError, match="none that names the frame"):
        open_input(path, role="labels")
    with pytest.raises(FileParsingError, match="no column names the frame"):
        open_input(path, role="labels", format="table")
    with pytest.raises(FileParsingError, match="no columns hold boxes"):
        open_input(write(tmp_path, "image,weather\na,b\n"), role="labels", format="table")


def test_classes_of_frames_are_not_taken_away(tmp_path: Path, read) -> None:
    assert read(write(tmp_path, "image,label\na.jpg,cat\n")).reading.format == "classification_csv"


def test_parquet_of_any_types(tmp_path: Path, read) -> None:
    table = pa.table(
        {
            "image": pa.array(["a.jpg", "b.jpg"]).dictionary_encode(),
            "category": pa.array(["cat", "dog"], pa.large_string()),
            "score": pa.array([0.5, 1], pa.float32()),
            "bbox": pa.array([[10, 20, 30, 40], None], pa.list_(pa.float32())),
            "segmentation": pa.array([None, [[1.0, 2, 9, 2, 5, 8]]], pa.list_(pa.list_(pa.float64()))),
            "taken": pa.array([0, None], pa.timestamp("s")),
            "lens": pa.array([35, 50], pa.int16()),
        }
    )
    pq.write_table(table, tmp_path / "objects.parquet")
    objects = read(tmp_path / "objects.parquet", "predictions")
    assert objects.column("geometry") == ["box", "polygon"]
    assert objects[0]["box"] == BOX
    assert objects[1]["polygons"] == [[[1, 2, 9, 2, 5, 8]]]
    assert objects[0]["attributes"] == {"taken": "1970-01-01T00:00:00", "lens": 35}
    assert objects.column("confidence") == [0.5, 1.0]


def test_classes_of_frames_in_parquet_with_scores_of_all(tmp_path: Path, read) -> None:
    scores = [json.dumps({"cat": 0.9, "dog": 0.1}), None]
    table = pa.table({"image": ["a", "b"], "class": ["cat", "dog"], "confidence": [0.9, 0.5], "class_scores": scores})
    pq.write_table(table, tmp_path / "x.parquet")
    objects = read(tmp_path / "x.parquet", "predictions")
    assert objects.column("geometry") == ["classification"] * 2
    assert objects.column("class_scores") == [[0.9, 0.1], None]
    assert objects.batches[0].score_classes == ["cat", "dog"]


def test_a_folder_of_parts(tmp_path: Path, read) -> None:
    for number in range(3):
        write(tmp_path, f"image,class,x,y,w,h\n{number}.jpg,cat,1,2,3,4\n", f"part{number}.csv")
    objects = read(tmp_path)
    assert objects.column("frame") == ["0.jpg", "1.jpg", "2.jpg"]
    assert objects[1]["place"] == "part1.csv: row 2"


def test_large_files_come_in_batches(tmp_path: Path) -> None:
    rows = "".join(f"{n % 1000}.jpg,cat,{n},2,3,4\n" for n in range(120_000))
    path = write(tmp_path, "image,class,x,y,w,h\n" + rows)
    batches = list(open_input(path, role="predictions").batches)
    assert max(map(len, batches)) <= 50_000
    assert sum(map(len, batches)) == 120_000
    assert np.array_equal(np.concatenate([batch.place for batch in batches]), np.arange(2, 120_002))


@pytest.mark.parametrize(
    "content",
    [
        b"image,class,x,y,w,h\n",
        b"image,class,x,y,w,h\na.jpg,cat,1,2,3",
        b'image,class,x,y,w,h\na.jpg,"cat,1,2,3,4\n',
        b"image,class,x,y,w,h\na.jpg,\x00,1,2,3,4\n",
        b"image,class,x,y,w,h\na.jpg,cat,1e400,inf,nan,\xff\n",
        b"image,class,bbox\na.jpg,cat,[[[[[[\n",
        b"image,class,keypoints\na.jpg,cat,[1]\n",
        b"image,class,rle,size\na.jpg,cat,abc,[1e9;1e9]\n",
    ],
)
def test_damaged_tables_end_in_a_report(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with contextlib.suppress(FileParsingError):  # anything else would be a fault of the reader
        reading = open_input(path, role="labels", format="table")
        rows = sum(map(len, reading.batches))
        assert rows + reading.report.rejected <= 1


def test_a_damaged_parquet_file(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    pq.write_table(pa.table({"image": ["a"], "class": ["b"], "bbox": [BOX]}), path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(FileParsingError, match="damaged Parquet file"):
        open_input(path, role="labels", format="table")


def test_each_column_is_used_once() -> None:
    columns = read_columns(["id", "image", "label", "x1", "y1", "x2", "y2", "width", "height", "size", "id"])
    assert (columns.frame, columns.class_name, columns.single["source_id"]) == (1, 2, 0)
    assert (columns.frame_width, columns.frame_height) == (7, 8)
    assert [columns.names[place] for place in columns.others] == ["size", "id"]


def test_bytes_of_no_text_end_the_reading_with_their_place(tmp_path: Path) -> None:
    head = b"image,class,confidence,xmin,ymin,xmax,ymax\n"
    row = b"a.jpg,car,0.9,1,2,31,22\n"
    path = tmp_path / "a.csv"
    path.write_bytes(head + row * 3 + b"caf\xe9\x81.jpg,car,0.9\n" + row)
    with pytest.raises(InputError, match=f"byte {len(head + row * 3) + 5} is no text in CP1252"):
        list(open_input(path, format="table", role="predictions").batches)
