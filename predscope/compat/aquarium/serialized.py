"""Frames in the files that the client writes before it uploads them, for scripts that give ``data_url``.

One JSON object a line and frame: ``task_id``, ``sensor_data``, ``user__KEY``, ``geo_data`` and ``label_data`` of
labelled frames; ``inference_data``, ``custom_metrics`` and ``inference_metadata`` of inferences. A frame may be spread
over several lines and files, as its labels are in files of their own. Embeddings are Arrow files with the columns
``frame_ids``, ``frame_embeddings``, ``crop_ids`` and ``crop_embeddings``. (``to_dict`` and ``write_embeddings_to_file``
of the client's frames and data sets, https://legacy-docs.aquariumlearning.com)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pyarrow as pa

from predscope.compat.aquarium.datasets import FrameCollection, Inferences, LabeledDataset
from predscope.compat.aquarium.frames import InferencesFrame, LabeledFrame
from predscope.compat.aquarium.label_set import USER_PREFIX
from predscope.compat.aquarium.locations import Locations, without_query
from predscope.compat.aquarium.serialized_labels import add_labels
from predscope.compat.aquarium.values import mapping, place_of, sequence
from predscope.errors import InputError

Addresses = str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
Record = dict[str, Any]
_LATITUDE: Final = "geo_EPSG4326_lat"
_LONGITUDE: Final = "geo_EPSG4326_lon"


def read_dataset(data_url: Addresses, locations: Locations) -> LabeledDataset:
    """The labelled frames in a file, or in several.

    Raises:
        InputError: a file is not there or cannot be reached, or a frame or label cannot be used.
    """
    dataset = LabeledDataset()
    for frame_id, record in _records(data_url, locations).items():
        if record.get("change") == "DELETE":
            dataset.delete_frame(frame_id)
        else:
            dataset.add_frame(_labeled_frame(frame_id, record))
    return dataset


def read_inferences(data_url: Addresses, locations: Locations) -> Inferences:
    """The inferences in a file, or in several.

    Raises:
        InputError: as in ``read_dataset``.
    """
    inferences = Inferences()
    for frame_id, record in _records(data_url, locations).items():
        if record.get("change") == "DELETE":
            inferences.delete_frame(frame_id)
        else:
            inferences.add_frame(_inferences_frame(frame_id, record))
    return inferences


def add_embeddings(collection: FrameCollection[Any], embeddings_url: Addresses, locations: Locations) -> None:
    """Give frames and labels the embeddings in a file, or in several.

    Raises:
        InputError: a file is not there or cannot be reached, or is no Arrow file of embeddings.
    """
    owners = {label["uuid"]: frame for frame in collection.frames.values() for label in frame.label_set.label_data}
    for path in _files(embeddings_url, locations, "embeddings_url"):
        table = _arrow_table(path)
        if "frame_ids" in table.column_names:
            for frame_id, vector in _pairs(table, "frame_ids", "frame_embeddings"):
                if frame_id in collection.frames:
                    collection.frames[frame_id].add_frame_embedding(embedding=vector)
        if "crop_ids" in table.column_names:
            for label_ids, vectors in _pairs(table, "crop_ids", "crop_embeddings"):
                for label_id, vector in zip(label_ids or (), vectors or (), strict=False):
                    if label_id in owners:
                        owners[label_id].add_crop_embedding(label_id=label_id, embedding=vector)


def _labeled_frame(frame_id: str, record: Record) -> LabeledFrame:
    frame = LabeledFrame(
        frame_id=frame_id,
        date_captured=record.get("date_captured"),
        device_id=record.get("device_id") or None,
        update_type=record.get("change") or "ADD",
    )
    for sensor in sequence(record.get("sensor_data"), "sensor_data", place_of(frame_id)):
        _add_sensor(frame, mapping(sensor, "sensor_data", place_of(frame_id)))
    place = mapping(record.get("geo_data"), "geo_data", place_of(frame_id))
    if _LATITUDE in place and _LONGITUDE in place:
        frame.add_geo_latlong_data(place[_LATITUDE], place[_LONGITUDE])
    for key, value in record.items():
        if key.startswith(USER_PREFIX):
            frame.add_user_metadata(key.removeprefix(USER_PREFIX), value)
    add_labels(frame.label_set, record.get("label_data"), needs_confidence=False)
    return frame


def _inferences_frame(frame_id: str, record: Record) -> InferencesFrame:
    frame = InferencesFrame(frame_id=frame_id, update_type=record.get("change") or "ADD")
    where = place_of(frame_id)
    for name, value in mapping(record.get("custom_metrics"), "custom_metrics", where).items():
        frame.add_custom_metric(name, value)
    beside = mapping(record.get("inference_metadata"), "inference_metadata", where)
    for name, address in mapping(beside.get("visualization_assets"), "visualization_assets", where).items():
        frame.add_visualization_asset(name, address)
    for key, value in mapping(beside.get("user_metadata"), "user_metadata", where).items():
        frame.add_user_metadata(key, value)
    found = record.get("inference_data", record.get("label_data"))
    add_labels(frame.label_set, found, needs_confidence=True)
    return frame


def _add_sensor(frame: LabeledFrame, sensor: Record) -> None:
    kind = str(sensor.get("sensor_type", "sensor data"))
    where = place_of(frame.frame_id)
    urls = mapping(sensor.get("data_urls"), "data_urls", where)
    if "image_url" not in urls or "OVERLAY" in kind:
        frame.label_set.note_not_shown(kind)
        return
    size = mapping(sensor.get("sensor_metadata"), "sensor_metadata", where)
    frame.add_image(
        sensor_id=sensor.get("sensor_id", "DEFAULT"),
        image_url=urls["image_url"],
        preview_url=urls.get("preview_url"),
        date_captured=sensor.get("date_captured"),
        width=size.get("width"),
        height=size.get("height"),
    )


def _records(data_url: Addresses, locations: Locations) -> dict[str, Record]:
    """Frames by id; what several lines say of one is brought together."""
    found: dict[str, Record] = {}
    for path in _files(data_url, locations, "data_url"):
        for place, record in _lines(path):
            frame_id = record.get("task_id", record.get("frame_id"))
            if not isinstance(frame_id, str) or not frame_id:
                raise InputError("a line has no task_id.", where=place, fix="Expected: one frame a line, as JSON.")
            known = found.setdefault(frame_id, {})
            known.update((key, value) for key, value in record.items() if key != "change" or value != "ADD")
    return found


def _lines(path: Path) -> Iterator[tuple[str, Record]]:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                continue
            try:
                record = orjson.loads(line.removeprefix(b"\xef\xbb\xbf"))
            except orjson.JSONDecodeError as error:
                raise InputError(f"a line is not JSON ({error}).", where=f"{path}:{number}") from None
            if not isinstance(record, dict):
                raise InputError(f"a line is a {type(record).__name__}, not a frame.", where=f"{path}:{number}")
            yield f"{path}:{number}", record


def _files(addresses: Addresses, locations: Locations, name: str) -> list[Path]:
    given = [addresses] if isinstance(addresses, str | os.PathLike) else list(addresses)
    found = []
    for given_address in given:
        address = os.fspath(given_address)
        path = locations.find(address)
        if path is None:
            raise InputError(
                f"{without_query(address)} cannot be reached: nothing is fetched from other machines.",
                where=name,
                fix='Give a path, or say which folder it stands for: Client(url_map={"http://host/": "folder"}).',
            )
        if not path.is_file():
            raise InputError("there is no such file.", where=f"{name}: {path}")
        found.append(path)
    return found


def _arrow_table(path: Path) -> pa.Table:
    try:
        with pa.memory_map(str(path)) as source:
            table = pa.ipc.open_file(source).read_all()
    except (pa.ArrowException, OSError) as error:
        raise InputError(f"is no Arrow file ({str(error).partition(chr(10))[0]}).", where=path) from None
    if not {"frame_ids", "crop_ids"} & set(table.column_names):
        raise InputError(f"has neither frame_ids nor crop_ids, but {', '.join(table.column_names)}.", where=path)
    return table


def _pairs(table: pa.Table, ids: str, vectors: str) -> Iterator[tuple[Any, Any]]:
    if vectors not in table.column_names:
        raise InputError(f"it has {ids} and no {vectors}.", where="embeddings_url")
    return zip(table[ids].to_pylist(), table[vectors].to_pylist(), strict=True)
