"""Pickled predictions: those of the original classes are read, and nothing that a pickle names is run."""

from __future__ import annotations

import pickle
import pickletools
import sys
import weakref
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hotcoco import mask as rle_codec

from predscope.errors import FileParsingError
from predscope.formats import detect, open_input
from predscope.formats.base import ObjectBatch, Reading
from predscope.formats.encord.pickle_machine import PickleMachine
from predscope.formats.encord.pickle_memo import ALWAYS_KEPT, numbers_asked_for
from predscope.formats.encord.pickle_objects import Builder, Instance
from predscope.formats.encord.pickle_stream import read_pickled_list
from predscope.formats.encord.pickle_values import PickleError
from predscope.formats.encord.pickled_arrays import PickledArray
from predscope.formats.encord.reader import find_builder
from tests.compat.original_classes import KINDS, original_classes

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)


def reading_of(content: bytes, folder: Path) -> Reading:
    path = folder / "predictions.pkl"
    path.write_bytes(content)
    return open_input(path, role="predictions")


def batches_of(content: bytes, folder: Path) -> tuple[list[ObjectBatch], Reading]:
    reading = reading_of(content, folder)
    return list(reading.batches), reading


def read_pickle(data: Any, find: Callable[[str, str], Builder | None]) -> Any:
    """The object of a pickle, whatever it is."""
    machine = PickleMachine(data, find, part_size=sys.maxsize)
    assert list(machine.parts()) == []
    return machine.found


def make_predictions(classes: SimpleNamespace) -> list[Any]:
    mask = np.zeros((40, 60), np.uint8)
    mask[5:10, 5:20] = 1
    kinds = [
        (classes.Format.BOUNDING_BOX, classes.BoundingBox(x=0.2, y=0.3, w=np.float64(0.1), h=0.4, theta=0)),
        (classes.Format.BOUNDING_BOX, classes.BoundingBox(x=0.2, y=0.3, w=0.1, h=0.4, theta=90)),
        (classes.Format.MASK, mask),
        (classes.Format.MASK, np.asfortranarray(mask)),
        (classes.Format.POLYGON, np.array([[0.2, 0.1], [0.2, 0.4], [0.3, 0.4]])),
        (classes.Format.POLYGON, np.array([[0.2, 0.1], [0.2, 0.4], [0.3, 0.4]], np.float32)[::-1]),
    ]
    found = [
        classes.Prediction(
            data_hash="first",
            frame=position,
            confidence=np.float32(0.5),
            object=classes.ObjectDetection(format=kind, data=data, feature_hash="abc", track_id=position or None),
            classification=None,
        )
        for position, (kind, data) in enumerate(kinds)
    ]
    hashes = classes.FrameClassification(feature_hash="f", attribute_hash="a", option_hash="o")
    found.append(
        classes.Prediction(data_hash=np.str_("second"), frame=None, confidence=1, object=None, classification=hashes)
    )
    return found


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_objects_of_the_original_classes(kind: str, protocol: int, tmp_path: Path) -> None:
    with original_classes(kind) as classes:
        content = pickle.dumps(make_predictions(classes), protocol)
    (batch,), reading = batches_of(content, tmp_path)
    assert (reading.format, reading.role, reading.report.rejected) == ("encord_pickle", "predictions", 0)
    assert [str(entry) for entry in batch.geometry] == [
        "box",
        "oriented_box",
        "mask",
        "mask",
        "polygon",
        "polygon",
        "classification",
    ]
    assert batch.relative
    assert list(batch.frame_ref) == [*(f"first#{frame}" for frame in range(6)), "second"]
    assert list(batch.class_ref) == ["abc"] * 6 + ["o"]
    assert list(batch.confidence) == [0.5] * 6 + [1.0]
    assert batch.box[0].tolist() == [0.2, 0.3, 0.1, 0.4]
    assert batch.oriented_box[1] == pytest.approx([0.25, 0.5, 0.1, 0.4, np.pi / 2])
    for row in (2, 3):
        decoded = rle_codec.decode({"size": [40, 60], "counts": batch.rle_counts[row]})
        assert decoded.sum() == 75
        assert decoded[5:10, 5:20].all()
    assert batch.polygons[4] == [[[0.2, 0.1, 0.2, 0.4, 0.3, 0.4]]]
    assert batch.polygons[5][0][0] == pytest.approx([0.3, 0.4, 0.2, 0.4, 0.2, 0.1])
    assert batch.track_id == [None, "1", "2", "3", "4", "5", None]


def test_our_own_classes_without_their_module(tmp_path: Path) -> None:
    from predscope.compat import encord

    content = pickle.dumps(
        make_predictions(SimpleNamespace(**{name: getattr(encord, name) for name in encord.__all__}))
    )
    assert b"predscope.compat.encord.predictions" in content
    ours = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("predscope.compat")}
    try:
        (batch,), _ = batches_of(content, tmp_path)
        assert len(batch) == 7
        assert not any(name.startswith("predscope.compat") for name in sys.modules)
    finally:
        sys.modules.update(ours)


@pytest.mark.parametrize("module", ["numpy.core", "numpy._core"])
@pytest.mark.parametrize("protocol", [2, 3])
def test_arrays_of_both_generations_of_numpy(module: str, protocol: int) -> None:
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    content = pickle.dumps(array, protocol)
    written = b"numpy._core" if b"numpy._core" in content else b"numpy.core"
    found = read_pickle(content.replace(written, module.encode()), find_builder)
    assert isinstance(found, PickledArray)
    assert (found.array() == array).all()
    assert find_builder(f"{module}.numeric", "_frombuffer") is find_builder("numpy._core.numeric", "_frombuffer")


def test_members_of_the_format_by_name(tmp_path: Path) -> None:
    """As Python 3.11.0 to 3.11.3 pickled them, through ``getattr``."""
    content = b"\x80\x02cbuiltins\ngetattr\ncencord_active.lib.db.predictions\nFormat\nX\x04\x00\x00\x00MASK\x86R."
    assert read_pickle(content, find_builder) == "mask"


def test_what_is_unusable_is_rejected_with_its_place(tmp_path: Path) -> None:
    with original_classes() as classes:
        good = make_predictions(classes)[0]
        box = classes.BoundingBox(x=0.1, y=0.1, w=0.1, h=0.1, theta=0)

        def of(**changes: Any) -> Any:
            found = {"format": classes.Format.BOUNDING_BOX, "data": box, "feature_hash": "abc", "track_id": None}
            return classes.ObjectDetection(**(found | changes))

        def prediction(**changes: Any) -> Any:
            fields = {"data_hash": "a", "frame": 0, "confidence": 0.5, "object": of(), "classification": None}
            return classes.Prediction(**(fields | changes))

        bad = [
            prediction(object=None),
            prediction(confidence="high"),
            prediction(data_hash=None),
            prediction(frame="3"),
            prediction(object=of(feature_hash=None)),
            prediction(object=of(data=np.zeros((4, 4), np.uint8))),
            prediction(object=of(format=classes.Format.MASK, data=np.zeros(5))),
            prediction(object=of(format=classes.Format.MASK, data=np.arange(9).reshape(3, 3))),
            prediction(object=of(format=classes.Format.POLYGON, data=np.zeros((4, 3)))),
            prediction(object=7),
            "no prediction",
        ]
        content = pickle.dumps([*bad, good])
    (batch,), reading = batches_of(content, tmp_path)
    assert len(batch) == 1
    assert batch.describe_place(0) == f"predictions[{len(bad)}]"
    problem = reading.report.problems["prediction_unusable"]
    assert (reading.report.rows, reading.report.rejected, problem.count) == (len(bad), len(bad), len(bad))
    assert problem.examples[0].startswith("predictions[0]: a prediction needs either an object or a classification")


def test_the_format_decides_and_not_the_shape(tmp_path: Path) -> None:
    """A mask two pixels wide is a mask, and whole numbers of a polygon are fractions where they can be."""
    with original_classes() as classes:

        def of(kind: Any, data: np.ndarray) -> Any:
            found = classes.ObjectDetection(format=kind, data=data, feature_hash="abc", track_id=None)
            return classes.Prediction(data_hash="a", frame=0, confidence=0.5, object=found, classification=None)

        narrow = np.array([[0, 1], [1, 1], [0, 0]], np.uint8)
        content = pickle.dumps(
            [
                of(classes.Format.MASK, narrow),
                of(classes.Format.POLYGON, narrow),
                of(classes.Format.POLYGON, 40 * narrow.astype(int)),
            ]
        )
    batches, reading = batches_of(content, tmp_path)
    fractions, pixels = batches
    assert [str(entry) for entry in fractions.geometry] == ["mask", "polygon"]
    assert fractions.polygons[1] == [[[0, 1, 1, 1, 0, 0]]]
    assert (pixels.relative, pixels.polygons) == (False, [[[[0, 40, 40, 40, 0, 0]]]])
    assert reading.report.problems["polygon_in_pixels"].count == 1


def test_other_pickles_are_known_as_pickles(tmp_path: Path) -> None:
    path = tmp_path / "other.pkl"
    path.write_bytes(pickle.dumps({"a": 1}))
    assert [reader.name for reader, _ in detect(path, "predictions")] == ["encord_pickle"]
    with pytest.raises(FileParsingError, match="not a list of predictions"):
        open_input(path, role="predictions")
    with pytest.raises(FileParsingError, match="predictions, not labels"):
        open_input(path, role="labels")


class _Watched(Instance):
    """An object that can be asked whether it is still there."""

    __slots__ = ("__weakref__",)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_long_lists_come_in_parts_that_are_not_kept(protocol: int) -> None:
    with original_classes() as classes:
        box = classes.BoundingBox(x=0.1, y=0.2, w=0.3, h=0.4, theta=0)  # shared by all, as is every second data_hash
        predictions = [
            classes.Prediction(data_hash=f"{number // 2}", number=number, object=box) for number in range(2_500)
        ]
        content = pickle.dumps(predictions, protocol)
    alive: list[weakref.ref[_Watched]] = []

    def find(module: str, name: str) -> Any:
        def build(arguments: tuple[Any, ...]) -> _Watched:
            made = _Watched(name, arguments)
            alive.append(weakref.ref(made))
            return made

        return build if name == "Prediction" else find_builder(module, name)

    numbers, boxes, most = [], set(), 0
    for part in read_pickled_list(content, find, part_size=100):
        for fields in (prediction.fields() for prediction in part):
            numbers.append((int(fields["data_hash"]), fields["number"]))
            boxes.add(id(fields["object"]))
        most = max(most, sum(reference() is not None for reference in alive))
    assert numbers == [(number // 2, number) for number in range(2_500)]
    assert len(boxes) == 1
    assert most <= 2_100  # pickles have 1000 entries a part, and one part is in the making
    named = [(op.name, value) for op, value, _ in pickletools.genops(content) if "GET" in op.name]
    assert {int(value) for _, value in named if int(value) >= ALWAYS_KEPT} <= numbers_asked_for(content)


def test_a_list_that_lies_in_something_else_is_none_of_predictions() -> None:
    found = [0] * 5_000
    assert [len(part) for part in read_pickled_list(pickle.dumps(found), find_builder)] == [1000] * 5 + [0]
    for other in ((found, 1), {"a": found}, [[found]]):
        parts = read_pickled_list(pickle.dumps(other), find_builder)
        if isinstance(other, list):
            assert list(parts) == [other]
        elif isinstance(other, dict):
            with pytest.raises(PickleError, match="a dict, not a list"):
                list(parts)
        else:
            with pytest.raises(PickleError, match="a tuple, not a list"):
                list(parts)


def test_damage_far_down_ends_the_reading_there(tmp_path: Path) -> None:
    with original_classes() as classes:
        content = pickle.dumps(make_predictions(classes)[:1] * 60_000, 2)  # later ones say sizes beforehand
    reading = reading_of(content[:-20], tmp_path)
    assert len(next(reading.batches)) == 50_000
    with pytest.raises(FileParsingError, match="cannot be read as a pickle of predictions"):
        list(reading.batches)
