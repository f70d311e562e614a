"""What the client tells of projects, data sets, inferences and frames."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

from predscope.compat.aquarium.frame_plan import FrameLookup
from predscope.compat.aquarium.generations import either_name
from predscope.compat.aquarium.store import ProjectStore
from predscope.compat.aquarium.uploading import LABEL_SET
from predscope.compat.aquarium.values import place_of
from predscope.errors import InputError
from predscope.project import Project

_STATE_KEYS = (
    "label_class_map",
    "primary_task",
    "metrics_confidence_threshold",
    "metrics_iou_threshold",
    "custom_metrics",
    "stratified_metrics",
    "external_metadata",
    "binary_classification_negative_class",
    "created",
)


class Looking:
    """The part of the client that tells; nothing is changed."""

    def _store(self, project_id: str) -> ProjectStore:
        raise AttributeError("_store")

    def _stores(self) -> list[ProjectStore]:
        raise AttributeError("_stores")

    @either_name
    def project_exists(self, project_id: str) -> bool:
        return self._store(project_id).exists

    @either_name
    def dataset_exists(self, project_id: str, dataset_id: str) -> bool:
        return self._store(project_id).has_dataset(dataset_id)

    @either_name
    def inferences_exists(self, project_id: str, dataset_id: str, inferences_id: str) -> bool:
        store = self._store(project_id)
        return store.has_dataset(dataset_id) and inferences_id in store.open_dataset(dataset_id).set_names(
            "predictions"
        )

    def get_projects(self) -> list[dict[str, Any]]:
        """All projects, as ``get_project`` tells them."""
        return [self.get_project(store.project_id) for store in self._stores()]

    @either_name
    def get_project(self, project_id: str) -> dict[str, Any]:
        """A project: ``id``, ``label_class_map`` (entries with ``name``, ``id``, ``category``, ``ignore_in_eval``), and
        what else it was made with.

        Raises:
            InputError: there is no such project.
        """
        state = self._store(project_id).read()
        return {"id": project_id} | {key: state.get(key) for key in _STATE_KEYS}

    @either_name
    def get_datasets(self, project_id: str, include_archived: bool | None = None) -> list[dict[str, Any]]:
        """The data sets of a project, and behind each its inferences, as ``inferences_DATASET_INFERENCES``."""
        store = self._store(project_id)
        found = []
        for dataset_id in store.dataset_ids():
            found.append(self.get_dataset(project_id, dataset_id))
            for name in store.open_dataset(dataset_id).set_names("predictions"):
                found.append(
                    {
                        "id": f"inferences_{dataset_id}_{name}",
                        "inferences_id": name,
                        "dataset_id": dataset_id,
                        "is_inferences": True,
                    }
                )
        return found

    @either_name
    def get_dataset(self, project_id: str, dataset_id: str) -> dict[str, Any]:
        """A data set: ``id``, numbers of frames, labels and versions, its inferences, and the folder it lies in.

        Raises:
            InputError: there is no such data set.
        """
        store = self._store(project_id)
        record = store.dataset(dataset_id)
        project = store.open_dataset(dataset_id)
        labels = project.objects("labels", LABEL_SET)
        return {
            "id": dataset_id,
            "is_inferences": False,
            "created": record["created"],
            "updated": record.get("updated"),
            "external_metadata": record.get("external_metadata"),
            "frame_count": len(self.get_frame_ids(project_id, dataset_id)),
            "label_count": labels.count,
            "version": labels.version,
            "inferences": project.set_names("predictions"),
            "folder": str(project.path),
        }

    @either_name
    def get_frame_ids(self, project_id: str, dataset_id: str) -> list[str]:
        """Ids of the labelled frames, in the order in which they were added."""
        store = self._store(project_id)
        deleted = set(store.dataset(dataset_id).get("deleted_frames", ()))
        lookup = FrameLookup.of_project(store.open_dataset(dataset_id))
        return [frame_id for frame_id in lookup.frame_ids if frame_id not in deleted]

    @either_name
    def get_frame(self, project_id: str, dataset_id: str, frame_id: str) -> dict[str, Any]:
        """A frame: its images, metadata and labels.

        Raises:
            InputError: there is no such frame.
        """
        project = self._store(project_id).open_dataset(dataset_id)
        lookup = FrameLookup.of_project(project)
        if frame_id not in lookup:
            raise InputError(f"data set {dataset_id!r} has no such frame.", where=place_of(frame_id))
        return _frame_record(project, lookup, frame_id)

    @either_name
    def get_frames(
        self, project_id: str, dataset_id: str, frame_ids: Sequence[str] | None = None
    ) -> dict[str, dict[str, Any]]:
        """Frames by id, as ``get_frame`` tells them; None: all."""
        project = self._store(project_id).open_dataset(dataset_id)
        lookup = FrameLookup.of_project(project)
        wanted = self.get_frame_ids(project_id, dataset_id) if frame_ids is None else list(frame_ids)
        missing = [frame_id for frame_id in wanted if frame_id not in lookup]
        if missing:
            raise InputError(f"data set {dataset_id!r} has no such frame.", where=place_of(missing[0]))
        return {frame_id: _frame_record(project, lookup, frame_id) for frame_id in wanted}

    @either_name
    def is_dataset_processed(self, project_id: str, dataset_id: str) -> bool:
        """Whether a data set is there: it is complete as soon as it is."""
        return self.dataset_exists(project_id, dataset_id)

    @either_name
    def is_inferences_processed(self, project_id: str, dataset_id: str, inferences_id: str) -> bool:
        """Whether inferences are there: they are complete as soon as they are."""
        return self.inferences_exists(project_id, dataset_id, inferences_id)

    @either_name
    def is_dataset_archived(self, project_id: str, dataset_id: str) -> bool:
        """Never: data sets are there or deleted."""
        return False

    @either_name
    def current_dataset_process_state(self, project_id: str, dataset_id: str) -> tuple[str, float]:
        """State and percent done."""
        return ("DONE", 100.0) if self.dataset_exists(project_id, dataset_id) else ("PENDING", 0.0)

    @either_name
    def current_inferences_process_state(
        self, project_id: str, dataset_id: str, inferences_id: str
    ) -> tuple[str, float]:
        """State and percent done."""
        exists = self.inferences_exists(project_id, dataset_id, inferences_id)
        return ("DONE", 100.0) if exists else ("PENDING", 0.0)

    @either_name
    def get_dataset_ingest_error_logs(self, project_id: str, dataset_id: str) -> list[dict[str, Any]]:
        """What the import of the labels has found; see ``ImportReport``."""
        project = self._store(project_id).open_dataset(dataset_id)
        return _findings(project.objects("labels", LABEL_SET).report.to_json())

    @either_name
    def get_inferences_ingest_error_logs(
        self, project_id: str, dataset_id: str, inferences_id: str
    ) -> list[dict[str, Any]]:
        """What the import of the inferences has found; see ``ImportReport``."""
        project = self._store(project_id).open_dataset(dataset_id)
        return _findings(project.objects("predictions", inferences_id).report.to_json())


def _findings(report: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"aquarium_dataflow_step": entry["code"], "msg": entry["message"], **entry} for entry in report["problems"]]


def _frame_record(project: Project, lookup: FrameLookup, frame_id: str) -> dict[str, Any]:
    labels = project.objects("labels", LABEL_SET)
    sensors: list[dict[str, Any]] = []
    label_data: list[dict[str, Any]] = []
    metadata: dict[str, Any] = {}
    for key in lookup.keys(frame_id):
        index = project.frame_index(key)
        if index is None:
            continue
        row = project.frames_table.slice(index, 1).to_pylist()[0]
        metadata |= orjson.loads(row["attributes"]) if row["attributes"] else {}
        path: Path | None = project.image_file(index)
        if path is not None or row["image_path"] is not None or row["file_name"] != frame_id:
            sensors.append(
                {
                    "sensor_id": metadata.get("sensor", "DEFAULT"),
                    "data_urls": {"image_url": row["file_name"] if path is None else str(path)},
                    "sensor_metadata": {"width": row["width"], "height": row["height"]},
                }
            )
        label_data += [_label_record(project, record) for record in labels.of_frame(index).to_pylist()]
    return {
        "frame_id": frame_id,
        "task_id": frame_id,
        "sensor_data": sensors,
        "user_metadata": metadata,
        "label_data": label_data,
    }


def _label_record(project: Project, record: dict[str, Any]) -> dict[str, Any]:
    attributes = orjson.loads(record["attributes"]) if record["attributes"] else {}
    shape = {"left": record["x"], "top": record["y"], "width": record["w"], "height": record["h"]}
    name = project.classes[record["class_id"]].name
    return {
        "uuid": record["source_id"],
        "label": attributes.get("class_name", name),
        "label_type": record["geometry"],
        "attributes": {key: value for key, value in shape.items() if value is not None} | attributes,
    }
