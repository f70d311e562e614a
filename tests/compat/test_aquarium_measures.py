"""Embeddings, custom metrics and metadata of inferences arrive as metrics; previews."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import orjson
import pytest

import predscope.compat.aquarium as al
from predscope import InputError, Project
from predscope.compat.aquarium import previewing
from predscope.metrics import available_metrics, frame_column
from predscope.metrics.sources import embedding_source, source_vectors
from tests.compat.aquarium_data import (
    dataset_of,
    inferences_frame,
    inferences_of,
    labeled_frame,
    make_planes,
    save_images,
    train_of,
)


def vectors_of(project: Project, role: str | None = None, name: str | None = None) -> np.ndarray:
    objects = None if role is None else project.objects(role, name)
    source = embedding_source(project, objects)
    assert source is not None
    return source_vectors(project, source, objects)


def test_embeddings_of_frames_and_crops(tmp_path: Path) -> None:
    images = save_images(tmp_path / "images", "a.png", "b.png")
    frames = [labeled_frame(name, images / f"{name}.png") for name in "ab"]
    given = np.arange(3, dtype=np.float64)
    frames[0].add_frame_embedding(embedding=given, model_id="resnet")
    frames[1].add_frame_embedding(embedding=[4, 5, 6])
    frames[1].add_crop_embedding(label_id="b_0", embedding=(7.0, 8.0))
    given[:] = 99
    client = al.Client(home=tmp_path)
    client.create_dataset("p", "d", dataset=dataset_of(*frames))
    predicted = inferences_frame("a")
    predicted.add_crop_embedding(label_id="a_inf_0", embedding=[1.0, 2.0])
    client.create_inferences("p", "d", "m", inferences=inferences_of(predicted))
    project = Project.open(tmp_path / "p" / "d")
    np.testing.assert_array_equal(vectors_of(project), [[0, 1, 2], [4, 5, 6]])
    np.testing.assert_array_equal(vectors_of(project, "labels"), [[np.nan] * 2, [7, 8]])
    np.testing.assert_array_equal(vectors_of(project, "predictions", "m"), [[1, 2]])


def test_embeddings_of_other_lengths_are_refused_before_anything_is_imported(tmp_path: Path) -> None:
    frames = [labeled_frame("a", None), labeled_frame("b", None)]
    frames[0].add_frame_embedding(embedding=[1.0, 2.0])
    frames[1].add_frame_embedding(embedding=[1.0, 2.0, 3.0])
    with pytest.raises(InputError, match=r"frame 'b'.*same length"):
        al.Client(home=tmp_path).create_dataset("p", "d", dataset=dataset_of(*frames))
    assert not (tmp_path / "p" / "d").exists()
    with pytest.raises(InputError, match=r"frame 'a'.*at least two"):
        frames[0].add_frame_embedding(embedding=[1.0])
    with pytest.raises(InputError, match="NaN"):
        frames[0].add_frame_embedding(embedding=[1.0, float("nan")])


def test_embeddings_of_labelled_frames_stay_those_of_the_frames(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    images = save_images(tmp_path / "images", "a.png")
    frame = labeled_frame("a", images / "a.png")
    frame.add_frame_embedding(embedding=[1.0, 2.0])
    client = al.Client(home=tmp_path)
    client.create_dataset("p", "d", dataset=dataset_of(frame))
    predicted = inferences_frame("a")
    predicted.add_frame_embedding(embedding=[3.0, 4.0])
    client.create_inferences("p", "d", "m", inferences=inferences_of(predicted))
    np.testing.assert_array_equal(vectors_of(Project.open(tmp_path / "p" / "d")), [[1, 2]])
    assert "frame embeddings of inferences 'm' are not used" in capsys.readouterr().out


def test_embeddings_of_inferences_serve_where_the_frames_have_none(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    predicted = inferences_frame("p0")
    predicted.add_frame_embedding(embedding=[3.0, 4.0])
    client.create_inferences("planes", "train", "m", inferences=inferences_of(predicted))
    np.testing.assert_array_equal(vectors_of(train_of(tmp_path)), [[3, 4]])


def test_custom_metrics_and_metadata_of_inferences_are_metrics_of_frames(tmp_path: Path) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 3)
    for name, offset in (("one", 0.0), ("two", 10.0)):
        frames = [inferences_frame(f"p{number}") for number in range(2)]
        for number, frame in enumerate(frames):
            frame.add_custom_metric("loss", offset + number)
            frame.add_user_metadata("mood", "calm" if number else "wild")
        frames[0].add_custom_metric("matrix", [[1, 2], [3, 4]])
        frames[0].add_visualization_asset("heat", "file:///heat.png")
        client.create_inferences("planes", "train", name, inferences=inferences_of(*frames))
    project = train_of(tmp_path)
    assert {"loss", "loss (two)", "mood", "mood (two)"} <= {metric.name for metric in available_metrics(project)}
    np.testing.assert_array_equal(frame_column(project, "loss").values, [0, 1, np.nan])
    np.testing.assert_array_equal(frame_column(project, "loss (two)").values, [10, 11, np.nan])
    kept = orjson.loads((tmp_path / "planes" / "aquarium.json").read_bytes())["datasets"]["train"]["inferences"]["one"]
    assert kept["custom_metrics"] == {"p0": {"matrix": [[1, 2], [3, 4]]}}
    assert kept["visualization_assets"] == {"p0": {"heat": "file:///heat.png"}}
    again = inferences_frame("p2")
    again.add_custom_metric("loss", 5)
    client.create_or_update_inferences("planes", "train", "one", inferences=inferences_of(again))
    np.testing.assert_array_equal(frame_column(train_of(tmp_path), "loss").values, [0, 1, 5])
    client.create_inferences("planes", "train", "one", inferences=inferences_of(again))
    np.testing.assert_array_equal(frame_column(train_of(tmp_path), "loss").values, [np.nan, np.nan, 5])
    with pytest.raises(InputError, match="frame 'p2', custom metric 'loss'"):
        again.add_custom_metric("loss", float("nan"))


class Terminal:
    """Somebody who answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
        self.asked: list[str] = []
        self.answer = answer
        monkeypatch.setattr(previewing, "_can_ask", lambda: True)
        monkeypatch.setattr("builtins.input", self.ask)
        monkeypatch.setattr("predscope.preview.start_app", self.start)

    def ask(self, question: str) -> str:
        self.asked.append(question)
        return self.answer

    def start(self, path: Path) -> object:
        from predscope.running_app import RunningApp

        return RunningApp("http://127.0.0.1:9999")


@pytest.mark.parametrize("answer", ["", "exit"])
def test_on_a_terminal_the_preview_asks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture, answer: str
) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    terminal = Terminal(monkeypatch, answer)
    client.create_inferences(
        "planes", "train", "m", inferences=inferences_of(inferences_frame("p0")), preview_first_frame=True
    )
    said = capsys.readouterr().out
    assert len(terminal.asked) == 1
    assert "http://127.0.0.1:9999/Frame?frame=p0&preview=" in said
    assert client.inferences_exists("planes", "train", "m") is (answer == "")
    assert ("Nothing was imported." in said) is (answer == "exit")


def test_a_cancelled_data_set_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    images = save_images(tmp_path / "images", "a.png")
    Terminal(monkeypatch, "exit")
    client = al.Client(home=tmp_path)
    client.create_dataset("p", "d", dataset=dataset_of(labeled_frame("a", images / "a.png")), preview_first_frame=True)
    assert not client.project_exists("p")
    assert not (tmp_path / "p" / "d").exists()


def test_a_frame_can_be_looked_at_by_itself(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    client = make_planes(tmp_path, tmp_path / "images", 1)
    revision = train_of(tmp_path).revision
    capsys.readouterr()
    frame = labeled_frame("new", tmp_path / "images" / "p0.png")
    client.preview_frame("planes", frame, inferences_frame("new"))
    said = capsys.readouterr().out
    picture = Path(said.split("file://")[1].split()[0])
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "Preview of frame 'new'" in said
    assert train_of(tmp_path).revision == revision
    assert client.get_frame_ids("planes", "train") == ["p0"]
