"""Frames: their images, wherever they are; updates; ids of both sides; what lasts between processes."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import orjson
import pytest

import predscope.compat.aquarium as al
from predscope import InputError, Project, ProjectError
from predscope.compat.aquarium import frame_images
from predscope.compat.aquarium.locations import Locations
from predscope.compat.aquarium.store import safe_name
from tests.compat.aquarium_data import (
    dataset_of,
    inferences_frame,
    inferences_of,
    labeled_frame,
    make_planes,
    save_images,
    train_of,
)
from tests.compat.test_aquarium_document import run


def shown(project: Project) -> dict[str, str]:
    return dict(zip(project.frames["frame_id"], project.frames["image_status"], strict=True))


def labels_of(project: Project, name: str = "labels", role: str = "labels") -> list[str]:
    return project.objects(role, name).table(["source_id"])["source_id"].to_pylist()


def test_images_are_read_where_they_are(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = save_images(tmp_path / "data", "here/a.png", "there/ä b.png", "c.png", "url d.png")
    monkeypatch.chdir(images)
    client = al.Client(home=tmp_path, url_map={"http://localhost:5000": images, "http://localhost:5000/deep/": "here"})
    frames = {
        "path": str(images / "there" / "ä b.png"),
        "relative": "c.png",
        "file": (images / "url d.png").as_uri(),
        "mapped": "http://localhost:5000/url%20d.png?signature=secret#part",
        "deep": "http://localhost:5000/deep/a.png",
    }
    client.create_dataset("p", "d", dataset=dataset_of(*(labeled_frame(*frame) for frame in frames.items())))
    project = Project.open(tmp_path / "p" / "d")
    assert set(shown(project).values()) == {"ok"}
    assert project.images_root == images
    assert project.image_file(4) == images / "here" / "a.png"
    assert not any(
        "secret" in path.read_text(errors="replace") for path in (tmp_path / "p").rglob("*") if path.is_file()
    )
    assert not list((tmp_path / "p").rglob("*.png"))


def test_addresses_that_stand_for_nothing_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    images = save_images(tmp_path / "data", "a.png")
    frames = [
        labeled_frame("a", images / "a.png"),
        labeled_frame("cloud", "gs://bucket/b.png?key=secret"),
        labeled_frame("gone", images / "gone.png"),
        labeled_frame("none", None),
    ]
    al.Client(home=tmp_path).create_dataset("p", "d", dataset=dataset_of(*frames))
    said = capsys.readouterr().out
    project = Project.open(tmp_path / "p" / "d")
    assert shown(project) == {"a": "ok", "cloud": "missing", "gone": "missing", "none": "missing"}
    problems = project.objects("labels").report.problems
    assert problems["image_url_unmapped"].examples == ["gs://bucket/b.png"]
    assert problems["image_file_missing"].examples == [f"gone: {images}/gone.png"]
    assert "gs://bucket/b.png" in said
    assert "url_map" in said
    assert "secret" not in said
    assert project.objects("labels").count == 4


def test_no_image_at_all_is_an_error_that_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of the 1 images was found, e\.g\. gs://bucket/a\.png"):
        al.Client(home=tmp_path).create_dataset("p", "d", dataset=dataset_of(labeled_frame("a", "gs://bucket/a.png")))
    assert not (tmp_path / "p").exists() or not list((tmp_path / "p").iterdir())


def test_the_url_map_comes_from_the_environment_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREDSCOPE_URL_MAP", f"gs://one={tmp_path}/one; https://host/a?b=c={tmp_path}/two")
    found = Locations({"gs://one/deeper": tmp_path / "mine"})
    assert found.find("gs://one/a.png") == tmp_path / "one" / "a.png"
    assert found.find("gs://one/deeper/a.png") == tmp_path / "mine" / "a.png"
    assert found.find("gs://onetwo/a.png") is None
    assert found.find("gs://one/../../etc/passwd") is None
    assert found.find("gs://one/%2e%2e/secret") is None
    assert found.find("http://elsewhere/a.png") is None
    assert found.find("file://server/share/a.png") is None
    monkeypatch.setenv("PREDSCOPE_URL_MAP", orjson.dumps({"s3://b/": str(tmp_path)}).decode())
    assert Locations().find("s3://b/x%20y.png") == tmp_path / "x y.png"
    monkeypatch.setenv("PREDSCOPE_URL_MAP", "nonsense")
    with pytest.raises(InputError, match="PREDSCOPE_URL_MAP"):
        Locations()


def test_a_url_map_never_leads_out_of_its_folder(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    assert Locations({"http://h/": inside}).find("http://h//etc/passwd") == inside / "etc" / "passwd"


def test_images_of_no_common_folder_are_linked_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = save_images(tmp_path / "one", "a.png")
    two = save_images(tmp_path / "two", "a.png")
    monkeypatch.setattr(frame_images.os.path, "commonpath", lambda paths: Path(one.anchor))
    client = al.Client(home=tmp_path / "home")
    client.create_dataset(
        "p", "d", dataset=dataset_of(labeled_frame("a", one / "a.png"), labeled_frame("b", two / "a.png"))
    )
    project = Project.open(tmp_path / "home" / "p" / "d")
    assert project.images_root == project.path / "images"
    assert set(shown(project).values()) == {"ok"}
    assert project.image_file(0).read_bytes() == (one / "a.png").read_bytes()
    assert "images_linked" in project.objects("labels").report.problems


def test_a_frame_with_several_images_is_one_frame_a_sensor(tmp_path: Path) -> None:
    images = save_images(tmp_path / "data", "left.png", "right.png")
    frame = al.LabeledFrame(frame_id="f")
    for side in ("left", "right"):
        frame.add_image(sensor_id=side, image_url=images / f"{side}.png")
        frame.add_label_2d_bbox(sensor_id=side, label_id=side, classification="plane", top=1, left=1, width=5, height=5)
    inference = al.InferencesFrame(frame_id="f")
    for sensor in ("right", "top"):
        inference.add_inference_2d_bbox(
            sensor_id=sensor, label_id=sensor, classification="plane", top=1, left=1, width=5, height=5, confidence=0.5
        )
    client = al.Client(home=tmp_path)
    client.create_dataset("p", "d", dataset=dataset_of(frame))
    client.create_inferences("p", "d", "m", inferences=inferences_of(inference))
    project = Project.open(tmp_path / "p" / "d")
    assert shown(project) == {"f/left": "ok", "f/right": "ok"}
    assert project.objects("labels").table(["frame_index"])["frame_index"].to_pylist() == [0, 1]
    predicted = project.objects("predictions", "m")
    assert predicted.table(["frame_index"])["frame_index"].to_pylist() == [1]
    assert predicted.report.problems["unknown_frame"].count == 1
    assert client.get_frame_ids("p", "d") == ["f"]
    assert [label["uuid"] for label in client.get_frame("p", "d", "f")["label_data"]] == ["left", "right"]


def test_with_one_image_the_sensor_does_not_matter(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    frame = al.InferencesFrame(frame_id="p0")
    frame.add_inference_2d_bbox(
        sensor_id="whatever", label_id="x", classification="plane", top=1, left=1, width=5, height=5, confidence=0.5
    )
    client.create_inferences("planes", "train", "m", inferences=inferences_of(frame))
    assert labels_of(train_of(tmp_path), "m", "predictions") == ["x"]


def test_both_differences_between_frames_are_listed(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 4)
    capsys.readouterr()
    given = inferences_of(*(inferences_frame(name) for name in ("p1", "p2", "stray", "P0")))
    client.create_inferences("planes", "train", "m", inferences=given)
    report = train_of(tmp_path).objects("predictions", "m").report
    assert (report.rows, report.imported, report.rejected) == (4, 2, 2)
    assert report.problems["inference_frame_unknown"].examples == ["stray, P0"]
    assert report.problems["labelled_frame_without_inferences"].examples == ["p0, p3"]
    said = capsys.readouterr().out
    assert "stray, P0" in said
    assert "p0, p3" in said
    assert "2 of 4 inferences, 2 rejected" in said


def test_inferences_of_which_no_frame_is_labelled_are_an_error(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 2)
    with pytest.raises(InputError, match=r"none of the 2 inference frames.*'p0\.png', 'p1\.png'.*'p0', 'p1'"):
        client.create_inferences(
            "planes", "train", "m", inferences=inferences_of(inferences_frame("p0.png"), inferences_frame("p1.png"))
        )
    assert train_of(tmp_path).set_names("predictions") == []
    with pytest.raises(InputError, match="has no data set 'other'; there are: train"):
        client.create_inferences("planes", "other", "m", inferences=inferences_of(inferences_frame("p0")))


def test_several_inference_sets_and_versions(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 2)
    for name in ("one", "two", "one"):
        given = inferences_of(*(inferences_frame(f"p{number}") for number in range(1 if name == "two" else 2)))
        client.create_inferences("planes", "train", name, inferences=given)
    project = train_of(tmp_path)
    assert project.set_names("predictions") == ["one", "two"]
    assert [entry.version for entry in project.versions("predictions", "one")] == [1, 2]
    assert project.objects("predictions", "one", 1).count == 2
    told = client.get_datasets("planes", include_archived=True)
    assert [entry["id"] for entry in told] == ["train", "inferences_train_one", "inferences_train_two"]


def test_creating_replaces_and_updating_adds(tmp_path: Path) -> None:
    images = tmp_path / "images"
    client = make_planes(tmp_path, images, 3)
    save_images(images, "p3.png")
    changed = labeled_frame("p1", images / "p1.png", "boat")
    client.create_or_update_dataset(
        "planes", "train", dataset=dataset_of(changed, labeled_frame("p3", images / "p3.png"))
    )
    project = train_of(tmp_path)
    assert labels_of(project) == ["p0_0", "p1_0", "p2_0", "p3_0"]
    assert project.objects("labels").table(["class_id"])["class_id"].to_pylist() == [0, 1, 0, 0]
    assert client.get_frame_ids("planes", "train") == ["p0", "p1", "p2", "p3"]
    client.create_inferences(
        "planes", "train", "m", inferences=inferences_of(inferences_frame("p0"), inferences_frame("p1"))
    )
    client.create_or_update_inferences("planes", "train", "m", inferences=inferences_of(inferences_frame("p1", 0.5)))
    predicted = train_of(tmp_path).objects("predictions", "m")
    assert predicted.table(["confidence"])["confidence"].to_pylist() == [0.9, 0.5]
    client.create_inferences("planes", "train", "m", inferences=inferences_of(inferences_frame("p2")))
    assert labels_of(train_of(tmp_path), "m", "predictions") == ["p2_inf_0"]
    client.create_dataset("planes", "train", dataset=dataset_of(labeled_frame("p0", images / "p0.png")))
    assert labels_of(train_of(tmp_path)) == ["p0_0"]


def test_an_update_carries_every_shape_over(tmp_path: Path) -> None:
    images = save_images(tmp_path / "images", "a.png", "b.png")
    frame = al.LabeledFrame(frame_id="a")
    frame.add_image(image_url=images / "a.png")
    frame.add_label_2d_polygon_list(
        label_id="1", classification="x", polygons=[{"vertices": [(0, 0), (10, 0), (10, 10)]}], user_attrs={"k": [1]}
    )
    frame.add_label_2d_keypoints(label_id="2", classification="x", keypoints=[{"x": 1, "y": 2, "name": "n"}])
    frame.add_label_2d_line_segment(label_id="3", classification="x", x1=1, y1=2, x2=3, y2=4)
    frame.add_label_2d_bbox(label_id="4", classification="y", top=-5, left=-5, width=20, height=20, iscrowd=True)
    frame.add_label_2d_classification(label_id="5", classification="y")
    mask = [[0] * 160 for _ in range(120)]
    mask[5][5] = 1
    frame.add_label_2d_instance_seg(label_id="6", mask_data=mask, instance_mapping=[{"id": 1, "classification": "x"}])
    client = al.Client(home=tmp_path)
    client.create_dataset("p", "d", dataset=dataset_of(frame))
    project = Project.open(tmp_path / "p" / "d")
    before = project.objects("labels").table().to_pylist()
    client.create_or_update_dataset("p", "d", dataset=dataset_of(labeled_frame("b", images / "b.png", "x")))
    after = Project.open(project.path).objects("labels", version=2).table().to_pylist()
    assert after[:-1] == before
    assert len(before) == 6


def test_frames_are_modified_and_deleted(tmp_path: Path) -> None:
    images = tmp_path / "images"
    client = make_planes(tmp_path, images, 3)
    modified = al.LabeledFrame(frame_id="p0", update_type="MODIFY")
    modified.add_user_metadata("weather", "rain")
    modified.add_label_2d_bbox(label_id="new", classification="boat", top=1, left=1, width=5, height=5)
    modified.add_label_2d_bbox(label_id="p0_0", classification="boat", top=1, left=1, width=6, height=6)
    dataset = dataset_of(modified)
    dataset.delete_frame("p2")
    client.create_or_update_dataset("planes", "train", dataset=dataset)
    project = train_of(tmp_path)
    assert sorted(labels_of(project)) == ["new", "p0_0", "p1_0"]
    assert project.objects("labels").of_frame(0, ["w"])["w"].to_pylist() == [5, 6]
    assert shown(project)["p0"] == "ok"
    assert orjson.loads(project.frames["attributes"].iloc[0]) == {"weather": "rain"}
    assert client.get_frame_ids("planes", "train") == ["p0", "p1"]


def test_metadata_become_attributes_of_the_frame(tmp_path: Path) -> None:
    images = save_images(tmp_path / "images", "a.png")
    frame = al.LabeledFrame(frame_id="a", date_captured="2021-02-03", device_id="drone")
    frame.add_image(sensor_id="front", image_url=images / "a.png")
    frame.add_user_metadata("speed", 3.5)
    frame.add_user_metadata("night", False, "bool")
    frame.add_user_metadata_list("tags", ["a", "b"])
    frame.add_geo_latlong_data(52.5, 13.25)
    al.Client(home=tmp_path).create_dataset("p", "d", dataset=dataset_of(frame))
    (text,) = Project.open(tmp_path / "p" / "d").frames["attributes"]
    assert orjson.loads(text) == {
        "sensor": "front",
        "date_captured": "2021-02-03",
        "device_id": "drone",
        "speed": 3.5,
        "night": False,
        "tags": ["a", "b"],
        "latitude": 52.5,
        "longitude": 13.25,
    }
    with pytest.raises(InputError, match=r"frame 'a'.*latitude"):
        frame.add_geo_latlong_data(100, 0)
    with pytest.raises(InputError, match="expected int"):
        frame.add_user_metadata("count", "three", "int")


def test_what_a_client_tells_lasts_between_processes(tmp_path: Path) -> None:
    make_planes(tmp_path, tmp_path / "images", 2)
    script = (
        "import predscope.compat.aquarium as al\nc = al.Client()\n"
        "assert c.project_exists('planes') and not c.project_exists('boats')\n"
        "assert c.dataset_exists('planes', 'train') and c.is_dataset_processed('planes', 'train')\n"
        "assert not c.inferences_exists('planes', 'train', 'm')\n"
        "assert c.get_frame_ids('planes', 'train') == ['p0', 'p1']\n"
        "assert c.get_frames('planes', 'train', ['p1'])['p1']['label_data'][0]['uuid'] == 'p1_0'\n"
        "assert [p['id'] for p in c.get_projects()] == ['planes']\n"
        "c.delete_dataset('planes', 'train')\nassert not c.dataset_exists('planes', 'train')\n"
        "c.delete_project('planes')\nassert c.get_projects() == []\n"
    )
    done = run(script, tmp_path)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "planes").exists()
    assert (tmp_path / "images" / "p0.png").is_file()


def test_ids_are_safe_names_of_folders(tmp_path: Path) -> None:
    for name in ("..", "../up", "a/b", "C:\\x", "", " ", "con", "x.", "ü", ".hidden", "a" * 300, "data", "nul.txt"):
        safe = safe_name(name)
        assert Path(safe).name == safe
        assert safe not in ("..", ".", "data")
        assert len(safe) <= 110
        assert safe.isascii()
    assert safe_name("Planes_v1.2-a") == "Planes_v1.2-a"
    assert safe_name("a/b") != safe_name("a_b")
    images = save_images(tmp_path / "images", "a.png")
    client = al.Client(home=tmp_path / "home")
    client.create_dataset("../p", "../../d", dataset=dataset_of(labeled_frame("../f", images / "a.png")))
    assert client.get_frame_ids("../p", "../../d") == ["../f"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["home", "images"]


def test_a_damaged_state_is_one_clear_error(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    state = tmp_path / "planes" / "aquarium.json"
    content = state.read_bytes()
    for damaged in (b"{", b"[]", b'{"format_version": 99}'):
        state.write_bytes(damaged)
        with pytest.raises(ProjectError, match=r"aquarium\.json"):
            client.get_project("planes")
    state.write_bytes(content)
    state.rename(state.with_name("away.json"))
    assert not client.project_exists("planes")


def test_a_data_set_that_was_not_written_down_is_found_again(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    state = tmp_path / "planes" / "aquarium.json"
    record = orjson.loads(state.read_bytes())
    record["datasets"] = {}
    state.write_bytes(orjson.dumps(record))
    client.create_inferences("planes", "train", "m", inferences=inferences_of(inferences_frame("p0")))
    client.create_dataset("planes", "train", dataset=dataset_of(labeled_frame("p0", tmp_path / "images" / "p0.png")))
    assert len(train_of(tmp_path).versions("labels", "labels")) == 2


def test_assets_stay_where_they_are(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    image = tmp_path / "images" / "p0.png"
    assert client.upload_asset_from_filepath("planes", "train", str(image)) == image.as_uri()
    with pytest.raises(InputError, match="no such file"):
        client.upload_asset_from_filepath("planes", "train", "nowhere.png")


def test_wrong_collections_and_frames_are_refused(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    with pytest.raises(InputError, match="expected LabeledDataset, got NoneType"):
        client.create_dataset("planes", "train")
    with pytest.raises(InputError, match="nothing is fetched"):
        client.create_dataset("planes", "train", "https://host/data.jsonl")
    with pytest.raises(InputError, match="expected Inferences or InferenceSet"):
        client.create_inferences("planes", "train", "m", inferences=dataset_of())
    with pytest.raises(InputError, match="no frame"):
        client.create_dataset("planes", "other", dataset=dataset_of())
    dataset = dataset_of(labeled_frame("a", None))
    with pytest.raises(InputError, match="frame 'a': there is a frame of this id"):
        dataset.add_frame(labeled_frame("a", None))
    with pytest.raises(InputError, match="expected a LabeledFrame"):
        dataset.add_frame(inferences_frame("a"))
    with pytest.raises(InputError, match="frame_id"):
        al.LabeledFrame(frame_id="")


def test_a_failed_upload_changes_nothing(tmp_path: Path) -> None:
    images = tmp_path / "images"
    client = make_planes(tmp_path, images, 1)
    revision = train_of(tmp_path).revision
    frame = al.LabeledFrame(frame_id="p0")
    frame.add_image(image_url=images / "p0.png")
    frame.add_label_2d_bbox(label_id="far", classification="plane", top=5000, left=5000, width=5, height=5)
    with pytest.raises(InputError, match="box_outside_frame"):
        client.create_dataset("planes", "train", dataset=dataset_of(frame))
    assert train_of(tmp_path).revision == revision
    with pytest.raises(InputError, match="box_outside_frame"):
        client.create_dataset("planes", "fresh", dataset=dataset_of(frame))
    assert not client.dataset_exists("planes", "fresh")
    assert not (tmp_path / "planes" / "fresh").exists()


def test_moving_the_home_with_its_images_keeps_everything(tmp_path: Path) -> None:
    home = tmp_path / "all"
    make_planes(home, home / "images", 1)
    shutil.move(home, tmp_path / "moved")
    assert set(shown(Project.open(tmp_path / "moved" / "planes" / "train")).values()) == {"ok"}


@pytest.mark.skipif(sys.platform == "win32", reason="modes of folders")
def test_a_new_images_folder_keeps_the_old_images(tmp_path: Path) -> None:
    client = make_planes(tmp_path / "home", tmp_path / "one", 1)
    other = save_images(tmp_path / "two" / "deep", "b.png")
    client.create_or_update_dataset("planes", "train", dataset=dataset_of(labeled_frame("b", other / "b.png")))
    project = train_of(tmp_path / "home")
    assert project.images_root == tmp_path
    assert project.image_file(0) == tmp_path / "one" / "p0.png"
    assert project.image_file(1) == other / "b.png"
