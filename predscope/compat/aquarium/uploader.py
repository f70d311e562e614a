"""One upload from beginning to end: the project it needs, the import, the state that is kept, and what is said."""

from __future__ import annotations

import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from predscope.compat.aquarium.binary_scores import BinaryScores
from predscope.compat.aquarium.class_map import LabelClassMap
from predscope.compat.aquarium.class_plan import inferred_class_map
from predscope.compat.aquarium.datasets import FrameCollection, Inferences, InferenceSet, LabeledDataset
from predscope.compat.aquarium.frames import InferencesFrame, LabeledFrame
from predscope.compat.aquarium.label_set import LabelSet
from predscope.compat.aquarium.locations import Locations
from predscope.compat.aquarium.mask_rows import pixel_values_of
from predscope.compat.aquarium.messages import print_outcome
from predscope.compat.aquarium.previewing import print_links, temporary_folder
from predscope.compat.aquarium.projects import apply_settings, plan_of
from predscope.compat.aquarium.serialized import Addresses, add_embeddings, read_dataset, read_inferences
from predscope.compat.aquarium.store import ProjectStore
from predscope.compat.aquarium.unlabeled import PROPOSALS, UnlabeledDataset, proposals_of, without_labels
from predscope.compat.aquarium.uploading import Target, Upload, upload_inferences, upload_labels
from predscope.compat.aquarium.values import identifier, whole
from predscope.errors import InputError
from predscope.project import MANIFEST_NAME, Project, remove_project
from predscope.project.manifest import now


class Uploader:
    """Uploads into a project.

    Args:
        store: of the project.
        locations: finds files.
    """

    def __init__(self, store: ProjectStore, locations: Locations) -> None:
        self._store = store
        self._locations = locations

    def dataset(
        self,
        dataset_id: str,
        dataset: LabeledDataset | None,
        *,
        data_url: Addresses | None = None,
        embeddings_url: Addresses | None = None,
        preview: bool = False,
        external_metadata: Mapping[str, Any] | None = None,
        adds: bool = False,
    ) -> None:
        """Import labelled frames; ``adds``: beside those of the newest version.

        Raises:
            InputError: something cannot be used; nothing was published then.
        """
        store = self._store
        dataset_id = identifier(dataset_id, "dataset_id")
        if dataset is None and data_url is not None:
            dataset = read_dataset(data_url, self._locations)
        given = _given(dataset, LabeledDataset, "dataset")
        self._add_embeddings(given, embeddings_url)
        frames = list(given.frames.values())
        folder = store.dataset_folder(dataset_id)
        if not frames and not (given.deleted_frame_ids and store.has_dataset(dataset_id)):
            raise _no_frame(f"data set {dataset_id!r}")
        inferred = None if store.exists else self._inferred([frame.label_set for frame in frames])
        if (folder / MANIFEST_NAME).exists():
            project = Project.open(folder)
        else:
            project = Project.create(folder, name=store.dataset_title(dataset_id))
        is_new = not project.set_names("labels")
        target = Target(
            project,
            plan_of(store.class_map() if inferred is None else inferred),
            self._locations,
            f"{store.project_id}/{dataset_id}",
            adds=adds and not is_new,
            deleted=tuple({*given.deleted_frame_ids, *_deleted(frames)}),
            preview=preview,
        )
        upload = Upload(None)
        try:
            is_labeled = not isinstance(given, UnlabeledDataset)
            upload = upload_labels(target, frames if is_labeled else [without_labels(frame) for frame in frames])
        finally:
            if upload.result is None and is_new:
                remove_project(project)  # so that a data set is there with its labels, or not at all
        if upload.result is None:
            print("Nothing was imported.")
            return
        if inferred is not None:
            self._keep_inferred(inferred)
        self._remember_dataset(dataset_id, target, frames, external_metadata or given.external_metadata)
        apply_settings(store, upload.result.project)
        _say(target.origin, upload, len(frames), "labels", expected=() if is_labeled else ("no_objects",))
        proposals = Inferences() if is_labeled else proposals_of(frames)
        if len(proposals):
            self.inferences(dataset_id, PROPOSALS, proposals, adds=adds)

    def inferences(
        self,
        dataset_id: str,
        inferences_id: str,
        inferences: FrameCollection[InferencesFrame] | None,
        *,
        data_url: Addresses | None = None,
        embeddings_url: Addresses | None = None,
        preview: bool = False,
        external_metadata: Mapping[str, Any] | None = None,
        adds: bool = False,
    ) -> None:
        """Import inferences; ``adds``: beside those of the newest version.

        Raises:
            InputError: something cannot be used; nothing was published then.
        """
        store = self._store
        inferences_id = identifier(inferences_id, "inferences_id")
        if inferences is None and data_url is not None:
            inferences = read_inferences(data_url, self._locations)
        given = _given(inferences, (Inferences, InferenceSet), "inferences")
        self._add_embeddings(given, embeddings_url)
        frames = list(given.frames.values())
        known = store.dataset(identifier(dataset_id, "dataset_id"))
        if not frames and not given.deleted_frame_ids:
            raise _no_frame(f"inferences {inferences_id!r}")
        project, plan = Project.open(store.dataset_folder(dataset_id)), plan_of(store.class_map())
        target = Target(
            project,
            plan,
            self._locations,
            f"{store.project_id}/{dataset_id}/{inferences_id}",
            adds=adds,
            deleted=tuple({*given.deleted_frame_ids, *_deleted(frames), *known.get("deleted_frames", ())}),
            preview=preview,
            binary=BinaryScores.of(store.read(), plan, [entry.name for entry in project.classes]),
        )
        upload = upload_inferences(target, [f for f in frames if f.update_type != "DELETE"], inferences_id)
        if upload.result is None:
            print("Nothing was imported.")
            return
        self._remember_inferences(dataset_id, inferences_id, frames, external_metadata or given.external_metadata)
        _say(target.origin, upload, len(frames), "inferences")

    def preview(self, labeled_frame: LabeledFrame, inference_frame: InferencesFrame | None) -> None:
        """Draw a frame as it would be imported, and print links to the picture; the project stays as it is."""
        class_map = self._store.class_map() if self._store.exists else self._inferred([labeled_frame.label_set])
        plan = plan_of(class_map)
        project = Project.create(temporary_folder() / "preview", name=f"Preview of {self._store.project_id}")
        origin = f"preview of {labeled_frame.frame_id}"
        shown = upload_labels(Target(project, plan, self._locations, origin), [labeled_frame])
        if inference_frame is not None:
            project = Project.open(project.path)
            upload_inferences(Target(project, plan, self._locations, origin), [inference_frame], "inferences")
        if shown.result is not None:
            print_links(Project.open(project.path), shown.result.first_frame)

    def _add_embeddings(self, collection: FrameCollection[Any], embeddings_url: Addresses | None) -> None:
        if embeddings_url is not None:
            add_embeddings(collection, embeddings_url, self._locations)

    def _inferred(self, sets: Sequence[LabelSet]) -> LabelClassMap:
        return inferred_class_map(sets, pixel_values_of(sets, self._locations))

    def _keep_inferred(self, class_map: LabelClassMap) -> None:
        with self._store.changing() as state:
            state["label_class_map"] = class_map.to_dict()
            state["class_map_is_inferred"] = True
        names = ", ".join(entry.name for entry in class_map.entries) or "none"
        print(
            f"There was no project {self._store.project_id!r}; it was made with the classes of these labels: {names}."
        )

    def _remember_dataset(
        self,
        dataset_id: str,
        target: Target,
        frames: Sequence[LabeledFrame],
        external_metadata: Mapping[str, Any] | None,
    ) -> None:
        with self._store.changing() as state:
            record = state["datasets"].setdefault(dataset_id, {"created": now(), "inferences": {}})
            record["updated"] = now()
            if external_metadata is not None:
                record["external_metadata"] = whole(dict(external_metadata))
            added = {frame.frame_id for frame in frames if frame.update_type != "DELETE"}
            deleted = {*record.get("deleted_frames", ()), *target.deleted} - added
            record["deleted_frames"] = sorted(deleted)

    def _remember_inferences(
        self,
        dataset_id: str,
        inferences_id: str,
        frames: Sequence[InferencesFrame],
        external_metadata: Mapping[str, Any] | None,
    ) -> None:
        with self._store.changing() as state:
            known = state["datasets"].setdefault(dataset_id, {"created": now(), "inferences": {}})["inferences"]
            record = known.setdefault(inferences_id, {"created": now()})
            record["updated"] = now()
            if external_metadata is not None:
                record["external_metadata"] = whole(dict(external_metadata))
            for frame in frames:
                tables = {name: value for name, value in frame.custom_metrics.items() if isinstance(value, list)}
                for key, value in (("visualization_assets", frame.visualization_assets), ("custom_metrics", tables)):
                    if value:
                        record.setdefault(key, {})[frame.frame_id] = value


def _say(title: str, upload: Upload, frame_count: int, noun: str, expected: Collection[str] = ()) -> None:
    if upload.result is not None:
        print_outcome(title, upload.result, frame_count, noun, upload.notes, expected)
        sys.stdout.flush()


def _given(collection: Any, kind: type | tuple[type, ...], name: str) -> Any:
    if not isinstance(collection, kind):
        kinds = kind if isinstance(kind, tuple) else (kind,)
        expected = " or ".join(entry.__name__ for entry in kinds)
        raise InputError(f"expected {expected}, got {type(collection).__name__}.", where=name)
    return collection


def _no_frame(where: str) -> InputError:
    return InputError("there is no frame in it.", where=where, fix="Add frames with add_frame first.")


def _deleted(frames: Sequence[LabeledFrame] | Sequence[InferencesFrame]) -> list[str]:
    return [frame.frame_id for frame in frames if frame.update_type == "DELETE"]
