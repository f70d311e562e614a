"""Projects and their class maps, as the client makes and changes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from predscope.compat.aquarium.class_map import ClassMapEntry, ClassMapUpdateEntry, LabelClassMap
from predscope.compat.aquarium.class_plan import ClassPlan
from predscope.compat.aquarium.generations import either_name
from predscope.compat.aquarium.store import STATE_NAME, ProjectStore, stored_projects
from predscope.compat.aquarium.tasks import CustomMetricsDefinition, PrimaryTaskTypes, task_value
from predscope.compat.aquarium.values import confidence, identifier, whole
from predscope.errors import InputError
from predscope.importing import define_classes
from predscope.project import Project, remove_project


class Projects:
    """The part of the client that makes projects."""

    @property
    def home(self) -> Path:
        """Where projects are kept."""
        raise AttributeError("home")

    @either_name
    def create_project(
        self,
        project_id: str,
        label_class_map: LabelClassMap,
        primary_task: Any = None,
        secondary_labels: Any = None,
        frame_links: Sequence[str] | None = None,
        label_links: Sequence[str] | None = None,
        default_camera_target: Sequence[float] | None = None,
        default_camera_position: Sequence[float] | None = None,
        custom_metrics: CustomMetricsDefinition | Sequence[CustomMetricsDefinition] | None = None,
        max_shown_categories: int | None = None,
        stratified_metrics: Sequence[Any] | None = None,
        include_no_gt: bool | None = None,
        metrics_confidence_threshold: float | None = None,
        metrics_iou_threshold: float | None = None,
        external_metadata: Mapping[str, Any] | None = None,
        binary_classification_negative_class: str | None = None,
        **others: Any,
    ) -> None:
        """Make a project, or change one: its classes are added to and coloured anew, none goes away.

        Args:
            label_class_map: at least one class.
            primary_task: see ``PrimaryTaskTypes``.
            metrics_confidence_threshold, metrics_iou_threshold: the operating point; 0.1 and 0.5 if not given.
            binary_classification_negative_class: for binary classification, one of its two classes.
            custom_metrics, stratified_metrics, external_metadata, and the rest: kept.

        Raises:
            InputError: an argument cannot be used.
        """
        project_id = identifier(project_id, "project_id")
        if not isinstance(label_class_map, LabelClassMap) or not label_class_map.entries:
            raise InputError(
                f"expected a LabelClassMap with at least one class, got {label_class_map!r}.", where="label_class_map"
            )
        task = task_value(primary_task)
        if task == PrimaryTaskTypes.BinaryClassification.value:
            _check_binary(label_class_map, binary_classification_negative_class)
        metrics = [custom_metrics] if isinstance(custom_metrics, CustomMetricsDefinition) else custom_metrics
        given = {
            "metrics_confidence_threshold": _threshold(metrics_confidence_threshold, "metrics_confidence_threshold"),
            "metrics_iou_threshold": _threshold(metrics_iou_threshold, "metrics_iou_threshold"),
            "primary_task": task,
            "custom_metrics": None if metrics is None else [entry.to_dict() for entry in metrics],
            "stratified_metrics": None if stratified_metrics is None else [e.to_dict() for e in stratified_metrics],
            "external_metadata": None if external_metadata is None else whole(dict(external_metadata)),
            "binary_classification_negative_class": binary_classification_negative_class,
            "frame_links": None if frame_links is None else list(frame_links),
            "label_links": None if label_links is None else list(label_links),
        }
        store = self._store(project_id)
        with store.changing() as state:
            known = [ClassMapEntry.from_dict(entry) for entry in state["label_class_map"]]
            if state["class_map_is_inferred"]:
                known = []
            state["label_class_map"] = _merged(known, label_class_map.entries).to_dict()
            state["class_map_is_inferred"] = False
            state.update({key: value for key, value in given.items() if value is not None})
        self._define_everywhere(store)

    @either_name
    def update_label_class_map_colors(
        self, project_id: str, changed_label_classes: Sequence[ClassMapUpdateEntry]
    ) -> None:
        """Give classes other colours.

        Raises:
            InputError: the project has no such class.
        """
        store = self._store(project_id)
        store.read()
        with store.changing() as state:
            for change in changed_label_classes:
                found = [
                    entry
                    for entry in state["label_class_map"]
                    if (entry["id"] == change.class_id if change.class_id is not None else entry["name"] == change.name)
                ]
                if not found:
                    raise InputError(
                        f"there is no class {change.name or change.class_id!r}.", where=f"project {project_id!r}"
                    )
                for name in ("color", "train_color"):
                    if getattr(change, name) is not None:
                        found[0][name] = list(getattr(change, name))
        self._define_everywhere(store)

    @either_name
    def update_project_metadata(self, project_id: str, external_metadata: Mapping[str, Any]) -> None:
        """Keep other metadata of a project."""
        store = self._store(project_id)
        store.read()
        with store.changing() as state:
            state["external_metadata"] = whole(dict(external_metadata))

    @either_name
    def delete_project(self, project_id: str) -> None:
        """Remove a project with its data sets; images stay where they are.

        Raises:
            InputError: there is no such project.
        """
        store = self._store(project_id)
        for dataset_id in store.dataset_ids():
            self.delete_dataset(project_id, dataset_id)
        for name in (STATE_NAME, "aquarium.lock"):
            (store.folder / name).unlink(missing_ok=True)
        if not any(store.folder.iterdir()):
            store.folder.rmdir()

    @either_name
    def delete_dataset(self, project_id: str, dataset_id: str) -> None:
        """Remove a data set with its inferences; images stay where they are.

        Raises:
            InputError: there is no such data set.
        """
        store = self._store(project_id)
        store.dataset(dataset_id)
        with store.changing() as state:
            state["datasets"].pop(dataset_id, None)
        if store.dataset_folder(dataset_id).is_dir():
            remove_project(Project.open(store.dataset_folder(dataset_id)))

    def _store(self, project_id: str) -> ProjectStore:
        return ProjectStore(self.home, identifier(project_id, "project_id"))

    def _stores(self) -> list[ProjectStore]:
        return stored_projects(self.home)

    def _define_everywhere(self, store: ProjectStore) -> None:
        """Bring classes and operating point of the data sets in line with the project's."""
        declared = plan_of(store.class_map()).declared()
        for dataset_id in store.dataset_ids():
            if store.has_dataset(dataset_id):
                project = define_classes(Project.open(store.dataset_folder(dataset_id)), declared)
                apply_settings(store, project)


def apply_settings(store: ProjectStore, project: Project) -> Project:
    """Give the Predscope project of a data set the operating point of the project."""
    state = store.read()
    wanted = {"confidence": state["metrics_confidence_threshold"], "iou": state["metrics_iou_threshold"]}
    if all(project.settings.get(name) == value for name, value in wanted.items()):
        return project
    return project.change_settings(**wanted)


def plan_of(class_map: LabelClassMap) -> ClassPlan:
    """What becomes of the classes of a class map."""
    return ClassPlan.of(class_map)


def _merged(known: list[ClassMapEntry], newer: list[ClassMapEntry]) -> LabelClassMap:
    """A class map with what a newer one says; classes that it does not name stay."""
    by_name = {entry.name: entry for entry in newer}
    kept = [by_name.pop(entry.name, entry) for entry in known]
    return LabelClassMap([*kept, *by_name.values()])


def _threshold(value: Any, name: str) -> float | None:
    return confidence(value, name, required=False)


def _check_binary(class_map: LabelClassMap, negative: str | None) -> None:
    names = [entry.name for entry in class_map.entries]
    if len(names) != 2 or negative not in names:
        raise InputError(
            "binary classification needs two classes and binary_classification_negative_class, one of them; got "
            f"{', '.join(names)} and {negative!r}.",
            where="create_project",
        )
